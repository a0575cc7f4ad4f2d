//! Any network of this crate, built from what a checkpoint says about it.

use s2s_featurize::{
    AllElements, AtomFeaturizerConfig, CgcnnVocabulary, MegnetVocabulary, PaperVocabulary, ReleasedVocabulary,
    Vocabulary,
};
use serde::{Deserialize, Serialize};
use tch::Tensor;

use crate::{
    CgcnnConfig, Classifier, DeviceBatch, MegnetConfig, Mode, ModelError, Parameters, Regressor, S2sNetConfig,
};

/// Which network, of whatever family.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "architecture", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ModelConfig {
    /// S2SNet in one of its forms.
    S2sNet(S2sNetConfig),
    /// CGCNN.
    Cgcnn(CgcnnConfig),
    /// MEGNet.
    Megnet(MegnetConfig),
}

/// What a network predicts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Task {
    /// The probability that something is true of a crystal.
    Classification {
        /// What is true of the positive class: "superconductor".
        positive: String,
        /// Turns logits into calibrated ones: `slope · logit + offset` (Platt 1999).
        calibration: Calibration,
    },
    /// A number per crystal: `output · deviation + mean`.
    Regression {
        /// What the number is: "formation energy".
        quantity: String,
        /// Its unit.
        unit: String,
        /// Mean of the training targets.
        mean: f64,
        /// Standard deviation of the training targets.
        deviation: f64,
    },
}

/// A straight line from logits to calibrated logits.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// Below one for an overconfident network.
    pub slope: f64,
    /// Zero for a network that is right on average.
    pub offset: f64,
}

impl Calibration {
    /// Takes logits at their word.
    pub const IDENTITY: Self = Self { slope: 1.0, offset: 0.0 };
}

/// A network of whatever family, ready for a task.
#[derive(Debug)]
pub enum AnyNetwork {
    /// For a classification.
    Classifier(Classifier),
    /// For a regression.
    Regressor(Regressor),
}

impl ModelConfig {
    /// What the network reads.
    pub fn featurizer(&self) -> AtomFeaturizerConfig {
        match self {
            Self::S2sNet(config) => config.featurizer(),
            Self::Cgcnn(config) => config.featurizer(),
            Self::Megnet(config) => config.featurizer(),
        }
    }

    /// The network for a task.
    ///
    /// # Errors
    ///
    /// [`ModelError::InvalidConfig`] if the sizes do not fit together.
    pub fn build(
        &self,
        task: &Task,
        parameters: &Parameters,
        vocabulary: &dyn Vocabulary,
    ) -> Result<AnyNetwork, ModelError> {
        Ok(match task {
            Task::Classification { .. } => AnyNetwork::Classifier(match self {
                Self::S2sNet(config) => config.classifier(parameters, vocabulary)?,
                Self::Cgcnn(config) => config.classifier(parameters, vocabulary)?,
                Self::Megnet(config) => config.classifier(parameters, vocabulary)?,
            }),
            Task::Regression { .. } => AnyNetwork::Regressor(match self {
                Self::S2sNet(config) => config.regressor(parameters, vocabulary)?,
                Self::Cgcnn(config) => config.regressor(parameters, vocabulary)?,
                Self::Megnet(config) => config.regressor(parameters, vocabulary)?,
            }),
        })
    }
}

impl AnyNetwork {
    /// Logits or standardized numbers: `f32 (B)`.
    pub fn forward(&self, batch: &DeviceBatch, mode: Mode<'_>) -> Tensor {
        match self {
            Self::Classifier(network) => network.forward(batch, mode).0,
            Self::Regressor(network) => network.forward(batch, mode).0,
        }
    }
}

/// The vocabulary of this name, if there is one.
pub fn vocabulary_named(name: &str) -> Option<Box<dyn Vocabulary>> {
    let all: [Box<dyn Vocabulary>; 5] = [
        Box::new(PaperVocabulary),
        Box::new(ReleasedVocabulary),
        Box::new(AllElements),
        Box::new(CgcnnVocabulary),
        Box::new(MegnetVocabulary),
    ];
    all.into_iter().find(|vocabulary| vocabulary.name() == name)
}
