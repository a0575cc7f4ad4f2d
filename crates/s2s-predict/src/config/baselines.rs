//! Descriptions of the published baselines CGCNN and MEGNet.

use s2s_featurize::{AtomFeaturizerConfig, GaussianBasis, NeighborRule};
use serde::{Deserialize, Serialize};

use crate::{Activation, Logits, MlpConfig};

/// CGCNN (Xie and Grossman 2018): gated convolutions, mean, softplus, one hidden layer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CgcnnConfig {
    /// The convolutions.
    pub encoder: CgcnnEncoderConfig,
    /// The fully connected layers after the mean.
    pub head: MlpConfig,
    /// How many logits a classifier has.
    pub logits: Logits,
}

/// Sizes of a `CgcnnEncoder`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CgcnnEncoderConfig {
    /// Width of a state: 64.
    pub width: i64,
    /// Convolutions: 3 in the paper, 4 in the published weights.
    pub convolutions: usize,
    /// Expansion of the distances between atoms.
    pub basis: GaussianBasis,
}

/// MEGNet (Chen et al. 2019): bonds, atoms and state update each other, two Set2Sets, two hidden layers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MegnetConfig {
    /// The blocks.
    pub encoder: MegnetEncoderConfig,
    /// Rounds of each Set2Set.
    pub steps: usize,
    /// The fully connected layers at the end.
    pub head: MlpConfig,
}

/// Sizes of a `MegnetEncoder`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MegnetEncoderConfig {
    /// Width of the element embedding: 16.
    pub embedding: i64,
    /// Width of the states of atoms, bonds and crystals: 32.
    pub width: i64,
    /// Width inside the multilayer perceptrons: 64.
    pub hidden: i64,
    /// Blocks: 3.
    pub blocks: usize,
    /// Expansion of the bond lengths.
    pub basis: GaussianBasis,
    /// Longest bond in Å.
    pub cutoff: f64,
    /// What the crystal's state starts from.
    pub state: MegnetState,
}

/// What a crystal's state starts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum MegnetState {
    /// Two zeros (formation energy).
    Zeros,
    /// One row of a learned table (multi-fidelity band gap): 0 PBE, 1 GLLB-SC, 2 HSE, 3 SCAN.
    Fidelity {
        /// Rows of the table.
        levels: i64,
        /// The row that is asked for.
        level: i64,
    },
}

impl CgcnnEncoderConfig {
    /// As the published weights have it.
    pub fn published() -> Self {
        Self { width: 64, convolutions: 4, basis: GaussianBasis::cgcnn() }
    }
}

impl MegnetEncoderConfig {
    /// As the published formation-energy weights have it.
    pub fn published() -> Self {
        Self {
            embedding: 16,
            width: 32,
            hidden: 64,
            blocks: 3,
            basis: GaussianBasis::megnet(),
            cutoff: 4.0,
            state: MegnetState::Zeros,
        }
    }
}

impl CgcnnConfig {
    /// As the published weights have it: four convolutions of width 64, 32 hidden numbers, two logits.
    pub fn published() -> Self {
        Self {
            encoder: CgcnnEncoderConfig::published(),
            head: MlpConfig::new([32], Activation::Softplus),
            logits: Logits::Two,
        }
    }

    /// What it reads.
    pub fn featurizer(&self) -> AtomFeaturizerConfig {
        AtomFeaturizerConfig::cgcnn()
    }
}

impl MegnetConfig {
    /// As the published formation-energy weights have it.
    pub fn published() -> Self {
        Self {
            encoder: MegnetEncoderConfig::published(),
            steps: 2,
            head: MlpConfig::new([32, 16], Activation::ShiftedSoftplus),
        }
    }

    /// What it reads.
    pub fn featurizer(&self) -> AtomFeaturizerConfig {
        // The published list counts a pair as within the cutoff if it is no farther than this beyond it.
        let cutoff = self.encoder.cutoff + 1e-8;
        AtomFeaturizerConfig { pairs: NeighborRule::Within { cutoff }, ..AtomFeaturizerConfig::megnet() }
    }
}
