//! Features of one's own beside the atoms, an encoder that reads them, and numbers of a table, in grouped folds.

use std::error::Error;

use s2s_crystal::{Crystal, Element};
use s2s_data::split::{Folds, Groups};
use s2s_data::table::{TargetColumns, TargetTable};
use s2s_featurize::*;
use s2s_model::*;
use s2s_train::objective::RegressionLoss;
use s2s_train::{RunIdentity, recipe::RegressionRecipe};
use serde::{Deserialize, Serialize};

/// The atomic number of each atom as a column beside its token.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Numbered(AtomFeaturizerConfig);

impl FeaturizerConfig for Numbered {
    const VERSION: u32 = 1;
    fn featurizer(&self, vocabulary: Box<dyn Vocabulary>) -> Result<BoxedFeaturizer, FeaturizeError> {
        Ok(Box::new(WithNumbers(self.0.featurizer(vocabulary)?)))
    }
}

#[derive(Debug)]
struct WithNumbers(BoxedFeaturizer);

impl Featurizer for WithNumbers {
    type Features = AtomFeatures;
    fn featurize(&self, crystal: &Crystal) -> Result<AtomFeatures, FeaturizeError> {
        let number = |element: &Element| f32::from(element.atomic_number()) / 50.0;
        let columns = crystal.ordered_elements()?.iter().map(number).collect();
        Ok(AtomFeatures { columns, ..self.0.featurize(crystal)? })
    }
}

/// The columns through one linear layer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Columns {
    width: i64,
}

impl Architecture for Columns {
    type Featurizer = Numbered;
    fn featurizer(&self) -> Numbered {
        Numbered(AtomFeaturizerConfig::invariant())
    }
}

impl BuildNetwork for Columns {
    fn regressor(&self, parameters: &Parameters, _: &dyn Vocabulary) -> Result<Regressor, ModelError> {
        let weight = parameters.scope("encoder").parameter("weight", &[1, self.width], Init::Normal(1.0));
        let layers = MlpConfig::new([16], Activation::Silu);
        let head = RegressionHead::new(&parameters.scope("head"), &layers, self.width);
        Ok(Network::boxed(Linear1(weight), MeanReadout, head))
    }
}

#[derive(Debug)]
struct Linear1(Tensor);

impl AtomEncoder for Linear1 {
    fn encode(&self, batch: &DeviceBatch, _: Mode<'_>) -> AtomStates {
        let columns = batch.columns().expect("the featurizer gives them");
        AtomStates::in_slots(columns.matmul(&self.0), batch)
    }
}

/// Mean absolute error on the left-out groups of the first fold, and that of the mean of the others.
pub(crate) fn errors(crystals: &[Crystal], csv: &str) -> Result<[f64; 2], Box<dyn Error>> {
    let table = TargetTable::<f64>::read(csv.as_bytes(), &TargetColumns::new("formula", "number"))?;
    let compositions: Vec<_> = crystals.iter().map(Crystal::composition).collect();
    let targets = table.beside_compositions(&compositions)?.targets;
    let (known, systems) = (targets.known(), compositions.iter().map(|c| c.reduced_formula()));
    let groups = Groups::by_key(systems).of_items(&known);
    let folds = Folds::grouped(&vec![(); known.len()], &groups, 3, 1)?;
    let split = folds.splits().next().expect("three folds").of_items(&known);
    let mut recipe = RegressionRecipe::new(Columns { width: 8 }, ["number", "1"], 60, 600);
    (recipe.loss, recipe.batch) = (RegressionLoss::Huber(1.0), BatchSize::Crystals(8));
    let features = recipe.model.features(crystals)?;
    let numbers = |items: &[usize]| -> Result<Vec<f32>, Box<dyn Error>> {
        Ok(targets.values(items)?.into_iter().map(|number| number as f32).collect())
    };
    let of = |items: &[usize]| items.iter().map(|&item| &features[item]).collect::<Vec<&AtomFeatures>>();
    let (train, test) = ((of(&split.train), numbers(&split.train)?), (of(&split.test), numbers(&split.test)?));
    let learner = recipe.learner(&train.1, RunIdentity::default(), Device::Cpu)?;
    let trained = recipe.run(learner, train, test, &mut [])?;
    Ok([trained.mean_absolute_error(), trained.mean_predictor])
}
