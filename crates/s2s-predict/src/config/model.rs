//! The networks of this workspace, their tasks and their vocabularies.

use std::fmt::Debug;

use s2s_featurize::{
    AllElements, AtomFeaturizerConfig, CgcnnVocabulary, MegnetVocabulary, NeighborRule, PaperVocabulary,
    ReleasedVocabulary, Vocabulary,
};
use serde::{Deserialize, Serialize};

use super::{Architecture, ConfigError, GlobalsConfig};
use crate::{CgcnnConfig, MegnetConfig, S2sNetConfig};

/// Which network, of whatever family.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "architecture", rename_all = "kebab-case")]
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
    /// The elements of masked atoms (§3.2): pre-training, from which another network starts.
    MaskedAtoms,
}

/// What kind of question a network answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskKind {
    /// [`Task::Classification`].
    Classification,
    /// [`Task::Regression`].
    Regression,
    /// [`Task::MaskedAtoms`].
    MaskedAtoms,
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

    /// Log-odds beyond which a probability in double precision is 1.
    pub const MOST_LOG_ODDS: f64 = 36.0;

    /// The calibrated probability of a logit.
    pub fn probability(&self, logit: f64) -> f64 {
        1.0 / (1.0 + (-(self.slope * logit + self.offset)).exp())
    }
}

impl From<S2sNetConfig> for ModelConfig {
    fn from(config: S2sNetConfig) -> Self {
        Self::S2sNet(config)
    }
}

impl From<CgcnnConfig> for ModelConfig {
    fn from(config: CgcnnConfig) -> Self {
        Self::Cgcnn(config)
    }
}

impl From<MegnetConfig> for ModelConfig {
    fn from(config: MegnetConfig) -> Self {
        Self::Megnet(config)
    }
}

impl Architecture for ModelConfig {
    type Featurizer = AtomFeaturizerConfig;

    /// The name of the family, as configurations write it.
    fn family(&self) -> &'static str {
        match self {
            Self::S2sNet(_) => "s2s-net",
            Self::Cgcnn(_) => "cgcnn",
            Self::Megnet(_) => "megnet",
        }
    }

    fn featurizer(&self) -> AtomFeaturizerConfig {
        match self {
            Self::S2sNet(config) => config.featurizer(),
            Self::Cgcnn(config) => config.featurizer(),
            Self::Megnet(config) => config.featurizer(),
        }
    }

    fn validate(&self) -> Result<(), ConfigError> {
        match self {
            Self::S2sNet(config) => config.bounded(),
            Self::Cgcnn(config) => config.bounded(),
            Self::Megnet(config) => config.bounded(),
        }
    }

    /// A network that predicts masked elements reads no descriptors of the crystal.
    fn reads(&self, featurizer: &AtomFeaturizerConfig, task: TaskKind) -> Result<(), ConfigError> {
        if let Self::S2sNet(config) = self {
            return Architecture::reads(config, featurizer, task);
        }
        let (own, given) = (self.featurizer().pairs, featurizer.pairs);
        if given == NeighborRule::None {
            let reason = "the network reads pairs of atoms, and the featurizer gives none".to_owned();
            return Err(ConfigError { reason });
        }
        if given.radius() < own.radius() {
            let reason = format!("the network reads pairs of atoms as {own:?}, and the featurizer gives {given:?}");
            return Err(ConfigError { reason });
        }
        Ok(())
    }

    fn globals(&self) -> Option<&GlobalsConfig> {
        match self {
            Self::S2sNet(config) => config.globals.as_ref(),
            Self::Cgcnn(_) | Self::Megnet(_) => None,
        }
    }

    fn learning_rate(&self) -> f64 {
        match self {
            Self::S2sNet(config) => config.learning_rate(),
            Self::Cgcnn(_) | Self::Megnet(_) => 1e-3,
        }
    }

    /// MEGNet's readout learns too.
    fn transferable(&self) -> &'static [&'static str] {
        match self {
            Self::S2sNet(config) => config.transferable(),
            Self::Cgcnn(_) | Self::Megnet(_) => &["encoder.", "readout."],
        }
    }

    /// The same encoder, dropout aside.
    fn same_encoder(&self, other: &Self) -> Result<(), ConfigError> {
        let unequal = |own: &dyn Debug, theirs: &dyn Debug| {
            Err(ConfigError { reason: format!("the pre-trained encoder is {theirs:?}, and this one is {own:?}") })
        };
        match (self, other) {
            (Self::S2sNet(own), Self::S2sNet(theirs)) => own.same_encoder(theirs),
            (Self::Cgcnn(own), Self::Cgcnn(theirs)) if own.encoder != theirs.encoder => {
                unequal(&own.encoder, &theirs.encoder)
            }
            (Self::Megnet(own), Self::Megnet(theirs)) if own.encoder != theirs.encoder => {
                unequal(&own.encoder, &theirs.encoder)
            }
            (Self::Cgcnn(_), Self::Cgcnn(_)) | (Self::Megnet(_), Self::Megnet(_)) => Ok(()),
            _ => {
                let reason =
                    format!("the pre-trained network is a {}, and this one is a {}", other.family(), self.family());
                Err(ConfigError { reason })
            }
        }
    }
}

/// The description alone, as recipes of pre-training hold it.
impl Architecture for S2sNetConfig {
    type Featurizer = AtomFeaturizerConfig;

    fn featurizer(&self) -> AtomFeaturizerConfig {
        self.featurizer()
    }

    fn validate(&self) -> Result<(), ConfigError> {
        self.bounded()
    }

    fn reads(&self, featurizer: &AtomFeaturizerConfig, task: TaskKind) -> Result<(), ConfigError> {
        match task {
            TaskKind::MaskedAtoms => self.reads_atoms(featurizer),
            TaskKind::Classification | TaskKind::Regression => self.reads(featurizer),
        }
    }

    fn globals(&self) -> Option<&GlobalsConfig> {
        self.globals.as_ref()
    }

    fn learning_rate(&self) -> f64 {
        self.learning_rate()
    }

    /// The same encoder, dropout aside.
    fn same_encoder(&self, other: &Self) -> Result<(), ConfigError> {
        let (own, theirs) = (self.encoder.without_dropout(), other.encoder.without_dropout());
        if own == theirs {
            return Ok(());
        }
        Err(ConfigError { reason: format!("the pre-trained encoder is {theirs:?}, and this one is {own:?}") })
    }
}

impl Task {
    /// The kind of question.
    pub fn kind(&self) -> TaskKind {
        match self {
            Self::Classification { .. } => TaskKind::Classification,
            Self::Regression { .. } => TaskKind::Regression,
            Self::MaskedAtoms => TaskKind::MaskedAtoms,
        }
    }

    /// Checks that a network of this task has an answer about a crystal.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] for a network that predicts masked elements.
    pub fn answers(&self) -> Result<(), ConfigError> {
        if self.kind() != TaskKind::MaskedAtoms {
            return Ok(());
        }
        let reason = "a network that predicts masked elements has no answer about a crystal; fine-tune it first";
        Err(ConfigError { reason: reason.to_owned() })
    }

    /// What the output of a network means: a calibrated logit, or a number in its unit.
    pub fn value(&self, output: f64) -> f64 {
        match self {
            Self::Classification { calibration, .. } => calibration.slope * output + calibration.offset,
            Self::Regression { mean, deviation, .. } => output * deviation + mean,
            Self::MaskedAtoms => output,
        }
    }

    /// Whether another task has the same target; calibrations and normalizers may differ.
    pub fn asks_the_same_as(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Classification { positive: a, .. }, Self::Classification { positive: b, .. }) => a == b,
            (Self::Regression { quantity: a, unit: u, .. }, Self::Regression { quantity: b, unit: v, .. }) => {
                (a, u) == (b, v)
            }
            (Self::MaskedAtoms, Self::MaskedAtoms) => true,
            _ => false,
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
