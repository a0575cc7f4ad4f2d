//! A network of one's own, trained by an objective of one's own, sealed and loaded again.

use std::{error::Error, path::Path};

use s2s_crystal::Crystal;
use s2s_featurize::*;
use s2s_model::tch::{Device, Kind, Tensor};
use s2s_model::*;
use s2s_train::{objective::*, *};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Lookup {
    pub(crate) width: i64,
}
impl Architecture for Lookup {
    type Featurizer = AtomFeaturizerConfig;
    fn featurizer(&self) -> AtomFeaturizerConfig {
        AtomFeaturizerConfig::invariant()
    }
}
impl BuildNetwork for Lookup {
    fn regressor(&self, parameters: &Parameters, vocabulary: &dyn Vocabulary) -> Result<Regressor, ModelError> {
        let shape = [vocabulary.num_tokens() as i64, self.width];
        let table = parameters.root().child("encoder").parameter("weight", &shape, Init::Normal(1.0));
        let last = MlpConfig { hidden: vec![], activation: Activation::Relu, dropout: 0.0 };
        let head = RegressionHead::new(&parameters.root().child("head"), &last, self.width);
        Ok(Network { encoder: Box::new(Table(table)), readout: Box::new(Largest), head: Box::new(head) })
    }
}
#[derive(Debug)]
struct Table(Tensor);
impl AtomEncoder for Table {
    fn encode(&self, batch: &DeviceBatch, _: Mode<'_>) -> AtomStates {
        AtomStates::new(Tensor::embedding(&self.0, batch.tokens(), -1, false, false), batch.present().shallow_clone())
    }
}
#[derive(Debug)]
struct Largest;
impl Readout for Largest {
    fn read_out(&self, atoms: &AtomStates, _: &DeviceBatch, _: Mode<'_>) -> CrystalStates {
        let padding = atoms.mask.logical_not().unsqueeze(-1);
        CrystalStates(atoms.values().masked_fill(&padding, f64::NEG_INFINITY).amax([1].as_slice(), false))
    }
}
#[derive(Debug)]
struct LogCosh(Regressor, Standard);
impl Objective for LogCosh {
    type Batch = LabeledBatch;
    type Outcome = Deviations;
    fn step(&self, batch: &LabeledBatch, mode: Mode<'_>) -> Result<Step, TrainError> {
        let found = self.0.forward(&batch.crystals, mode).0;
        let loss = (&found - self.1.scale(&batch.targets)).cosh().log().mean(Kind::Float);
        let seen = vec![batch.targets.shallow_clone(), self.1.unscale(&found.detach())];
        Ok(Step { loss, items: batch.targets.numel(), seen })
    }
}
pub(crate) fn trained(crystals: &[Crystal], targets: Vec<f32>, folder: &Path) -> Result<Predictor, Box<dyn Error>> {
    let (model, parameters) = (Lookup { width: 8 }, Parameters::new(1, Device::Cpu));
    let featurizer = model.featurizer().featurizer(Box::new(AllElements))?;
    let features = featurize_all(&featurizer, crystals).into_iter().collect::<Result<Vec<_>, _>>()?;
    let objective = LogCosh(model.regressor(&parameters, &AllElements)?, Standard::new(&parameters, &targets)?);
    let task = objective.1.task("mean atomic number", "1");
    let mut learner = Learner::new(objective, parameters, FitConfig::plain(40, 0.05, 1), RunIdentity::default());
    let (size, order, items) = (BatchSize::Crystals(8), BatchOrder::BySize, features.iter().collect());
    fit(
        &mut learner,
        &LabeledBatches::new(items, targets, size, order, 1, Device::Cpu)?,
        &None::<LabeledBatches<'_>>,
        &mut [],
    )?;
    learner.seal(folder, &CheckpointConfig::new(model, task, &AllElements), "# A table of elements\n")?;
    Ok(Predictor::load_kind::<Lookup>(folder, Device::Cpu)?)
}
