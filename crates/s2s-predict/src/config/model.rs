//! Any network, its task and its vocabulary.

use std::fmt::Debug;

use s2s_featurize::{
    AllElements, AtomFeaturizerConfig, CgcnnVocabulary, MegnetVocabulary, NeighborRule, PaperVocabulary,
    ReleasedVocabulary, Vocabulary,
};
use serde::{Deserialize, Serialize};

use super::ConfigError;
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

impl ModelConfig {
    /// The name of the family, as configurations write it.
    pub fn family(&self) -> &'static str {
        match self {
            Self::S2sNet(_) => "s2s-net",
            Self::Cgcnn(_) => "cgcnn",
            Self::Megnet(_) => "megnet",
        }
    }

    /// What the network reads.
    pub fn featurizer(&self) -> AtomFeaturizerConfig {
        match self {
            Self::S2sNet(config) => config.featurizer(),
            Self::Cgcnn(config) => config.featurizer(),
            Self::Megnet(config) => config.featurizer(),
        }
    }

    /// [`reads`](Self::reads) for a network that learns masked elements, which reads no descriptors of the crystal.
    ///
    /// # Errors
    ///
    /// As [`reads`](Self::reads).
    pub fn reads_atoms(&self, featurizer: &AtomFeaturizerConfig) -> Result<(), ConfigError> {
        match self {
            Self::S2sNet(config) => config.reads_atoms(featurizer),
            Self::Cgcnn(_) | Self::Megnet(_) => self.reads(featurizer),
        }
    }

    /// Checks that what a featurizer gives is what this network reads.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] names the first input that is not there, or not of the right kind.
    pub fn reads(&self, featurizer: &AtomFeaturizerConfig) -> Result<(), ConfigError> {
        match self {
            Self::S2sNet(config) => config.reads(featurizer),
            Self::Cgcnn(_) | Self::Megnet(_) => {
                let (own, given) = (self.featurizer().pairs, featurizer.pairs);
                if given == NeighborRule::None {
                    let reason = "the network reads pairs of atoms, and the featurizer gives none".to_owned();
                    return Err(ConfigError { reason });
                }
                if given.radius() < own.radius() {
                    let reason =
                        format!("the network reads pairs of atoms as {own:?}, and the featurizer gives {given:?}");
                    return Err(ConfigError { reason });
                }
                Ok(())
            }
        }
    }

    /// Whether what another network learned before its readout can be taken over: the same encoder, dropout aside.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] names both encoders.
    pub fn same_encoder(&self, other: &Self) -> Result<(), ConfigError> {
        let unequal = |own: &dyn Debug, theirs: &dyn Debug| {
            Err(ConfigError { reason: format!("the pre-trained encoder is {theirs:?}, and this one is {own:?}") })
        };
        match (self, other) {
            (Self::S2sNet(own), Self::S2sNet(theirs)) => {
                let (own, theirs) = (own.encoder.without_dropout(), theirs.encoder.without_dropout());
                if own == theirs { Ok(()) } else { unequal(&own, &theirs) }
            }
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

impl Task {
    /// What the output of a network means: a calibrated logit, or a number in its unit.
    pub fn value(&self, output: f64) -> f64 {
        match self {
            Self::Classification { calibration, .. } => calibration.slope * output + calibration.offset,
            Self::Regression { mean, deviation, .. } => output * deviation + mean,
            Self::MaskedAtoms => output,
        }
    }

    /// Whether another task asks the same question; calibrations and normalizers may differ.
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
