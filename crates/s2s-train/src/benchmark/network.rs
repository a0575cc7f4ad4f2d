//! Networks, trained by the same recipe as everywhere else.

use s2s_data::{Record, Split};
use s2s_featurize::{AtomFeaturizerConfig, PaperVocabulary};
use s2s_model::{
    AtomEncoder, BinaryLogits, CgcnnConfig, CrystalStates, Head, MegnetConfig, NamedTensors, Parameters, Readout,
};
use serde::{Deserialize, Serialize};
use tch::Device;

use super::{Contender, Example};
use crate::{
    Identity, Learner, Platt, TrainError,
    objective::SuperconductivityObjective,
    recipe::{FinetuneRecipe, Labeled, Prepared},
};

type ClassifierHead = Box<dyn Head<CrystalStates, Output = BinaryLogits>>;
type ClassifierObjective = SuperconductivityObjective<Box<dyn AtomEncoder>, Box<dyn Readout>, ClassifierHead>;

/// Which network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NetworkKind {
    /// The S2SNet of the recipe: `paper`, `released` or `periodic`.
    S2sNet,
    /// The crystal graph network of Xie and Grossman (2018).
    Cgcnn(CgcnnConfig),
    /// The graph network of Chen et al. (2019).
    Megnet(MegnetConfig),
}

/// A network that learns by a recipe.
///
/// A part of the training crystals chooses the epoch and fits the [`Platt`] line that makes probabilities of logits; with
/// `refit` a second network then learns from all of them.
#[derive(Debug)]
pub struct NetworkContender {
    /// Name of the row.
    pub name: String,
    /// Which network.
    pub kind: NetworkKind,
    /// How it learns.
    pub recipe: FinetuneRecipe,
    /// Weights of an encoder that has learned something else, and their SHA-256.
    pub pretrained: Option<(NamedTensors, String)>,
    /// Share of the training crystals on which the epoch is chosen.
    pub validation_share: f64,
    /// Where it runs.
    pub device: Device,
}

impl NetworkContender {
    fn featurizer(&self) -> AtomFeaturizerConfig {
        match &self.kind {
            NetworkKind::S2sNet => self.recipe.featurizer.clone(),
            NetworkKind::Cgcnn(config) => config.featurizer(),
            NetworkKind::Megnet(config) => config.featurizer(),
        }
    }

    fn learner(&self, recipe: &FinetuneRecipe) -> Result<(Learner<ClassifierObjective>, usize), TrainError> {
        let parameters = Parameters::new(recipe.fit.seed, self.device);
        let network = match &self.kind {
            NetworkKind::S2sNet => {
                let pretrained = self.pretrained.as_ref().map(|(weights, _)| weights);
                return recipe.learner(pretrained, Identity::default(), self.device);
            }
            NetworkKind::Cgcnn(config) => config.classifier(&parameters, &PaperVocabulary)?,
            NetworkKind::Megnet(config) => config.classifier(&parameters, &PaperVocabulary)?,
        };
        let (positive_weight, smoothing) = (recipe.positive_weight, recipe.smoothing);
        let objective = SuperconductivityObjective { network, positive_weight, smoothing };
        Ok((Learner::new(objective, parameters, recipe.fit.clone(), Identity::default()), 0))
    }
}

impl Contender for NetworkContender {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn settings(&self) -> String {
        let recipe = serde_json::to_string(&self.recipe).expect("invariant: a recipe is plain data");
        let weights = self.pretrained.as_ref().map_or("none", |(_, sha256)| sha256);
        format!("{:?} by {recipe}, validation {}, pre-trained weights {weights}", self.kind, self.validation_share)
    }

    fn fit_score(&self, train: &[Example<'_>], test: &[&Record], seed: u64) -> Result<Vec<f64>, TrainError> {
        let records: Vec<Record> = train.iter().map(|e| e.record).chain(test.iter().copied()).cloned().collect();
        let prepared = Prepared::new(&records, &self.featurizer())?;
        if let Some(refused) = prepared.refused.first() {
            return Err(TrainError::Data { reason: refused.to_string() });
        }
        // The labels of the test side are not known here: their place is filled with what no one reads.
        let mut labels: Vec<bool> = train.iter().map(|example| example.superconducts).collect();
        labels.resize(records.len(), false);
        let all = Split { train: (0..train.len()).collect(), test: (train.len()..records.len()).collect() };
        let inner = all.hold_out(&labels, self.validation_share, seed)?;
        let some = |items: &[usize]| Labeled::some(&prepared.features, &labels, items);

        let mut recipe = self.recipe.clone();
        recipe.fit.seed = seed;
        let (learner, transferred) = self.learner(&recipe)?;
        let mut trained = recipe.run(learner, transferred, some(&inner.train), some(&inner.test), &mut [])?;
        let chosen = trained.scores(some(&inner.test), recipe.batch)?;
        let line = Platt::fit(&chosen.labels, &chosen.logits);
        if recipe.refit {
            let second = recipe.of_refit(&trained);
            let (learner, transferred) = self.learner(&second)?;
            trained = second.run_through(learner, transferred, some(&all.train), &mut [])?;
        }
        let scores = trained.scores(some(&all.test), recipe.batch)?;
        Ok(scores.logits.iter().map(|z| line.probability(*z)).collect())
    }
}
