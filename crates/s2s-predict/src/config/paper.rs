//! The sizes of the paper's encoder, and what the paper leaves open about it, as named options.

use s2s_featurize::{GaussianBasis, NeighborRule};
use serde::{Deserialize, Serialize};

use crate::ScoreScaling;

/// Sizes and options of the paper's encoder.
///
/// An option that a file does not name is what it was before there was a choice, so that older files keep their meaning.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PaperEncoderConfig {
    /// Width of a state: 512 (§3.1 item 1).
    pub width: i64,
    /// How often attention is performed: 10 (Fig. 1); Table 3 compares 5, 10 and 15.
    pub layers: usize,
    /// Expansion of the centroid distance (Eq. 1).
    pub basis: GaussianBasis,
    /// Where 1/√d stands (Eq. 7).
    pub scaling: ScoreScaling,
    /// Whether P̂ is normalized before W_α (Eq. 2); printed as it is.
    #[serde(default = "before::expansion")]
    pub expansion: Expansion,
    /// How far an atom's neighbors may be, ρ, in Å: 2 (§3.1 item 3, which cites MEGNet, whose own cutoff is 4 Å).
    #[serde(default = "before::cutoff")]
    pub cutoff: f64,
    /// Whether periodic images are neighbors; the paper does not say.
    #[serde(default = "before::neighbors")]
    pub neighbors: NeighborScope,
    /// Whether W_Q, W_K and W_V have biases; none are printed.
    #[serde(default = "before::bias")]
    pub bias: ProjectionBias,
    /// Whether a layer's input is added to its result; not mentioned by the paper.
    #[serde(default = "before::residual")]
    pub residual: Residual,
    /// Where layer normalization stands; not mentioned by the paper.
    #[serde(default = "before::norm")]
    pub norm: LayerNormPlacement,
}

/// What stands for P̂ in Eq. 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Expansion {
    /// The Gaussians themselves (Eq. 1), which add up to about 330 for a distance within the centers.
    AsPrinted,
    /// The Gaussians divided by their sum, and W_α that begins larger by as much: an optimizer step that changes each
    /// weight by at most `r` then changes W_α·P̂ by at most `r`, as it does the embedding, and not by 330 `r`.
    UnitSum,
}

/// Which atoms within ρ are neighbors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NeighborScope {
    /// Atoms of the cell, as its positions are written.
    Cell,
    /// Atoms of the cell and their periodic images; an atom of which any image is within ρ counts once.
    Images,
}

/// Whether queries, keys and values have a bias.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProjectionBias {
    /// `W · x`, as printed.
    Omitted,
    /// `W · x + b`.
    Learned,
}

/// What becomes of a layer's input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Residual {
    /// The result replaces it (Eq. 3 as printed).
    Omitted,
    /// The result is added to it (Vaswani et al. 2017).
    Added,
}

/// Where a layer normalizes states (Ba et al. 2016).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LayerNormPlacement {
    /// Nowhere.
    Omitted,
    /// Before each attention, and once after the last layer (released code).
    Before,
    /// After each layer, residual included (Vaswani et al. 2017).
    After,
}

impl PaperEncoderConfig {
    /// §3.1 with ten layers of width 512: as printed, except for the position of 1/√d, and with one choice each where the
    /// paper is silent.
    ///
    /// As printed, Eq. 7 divides by √512 after the softmax. Ten such layers without a residual shrink their input by a
    /// factor of 10¹³, and nothing can be learned; choose [`ScoreScaling::AfterSoftmax`] to see it. Periodic images are
    /// neighbors and projections have biases, which the paper neither says nor denies.
    pub fn paper() -> Self {
        Self {
            width: 512,
            layers: 10,
            basis: GaussianBasis::paper(),
            scaling: ScoreScaling::BeforeSoftmax,
            expansion: Expansion::AsPrinted,
            cutoff: 2.0,
            neighbors: NeighborScope::Images,
            bias: ProjectionBias::Learned,
            residual: Residual::Omitted,
            norm: LayerNormPlacement::Omitted,
        }
    }

    /// The formulas to the letter: [`paper`](Self::paper) with 1/√d after the softmax, the atoms of the cell alone as
    /// neighbors, and projections without biases.
    pub fn printed() -> Self {
        Self {
            scaling: ScoreScaling::AfterSoftmax,
            neighbors: NeighborScope::Cell,
            bias: ProjectionBias::Omitted,
            ..Self::paper()
        }
    }

    /// [`paper`](Self::paper) as a transformer is built today: residual connections, and a layer norm before each attention
    /// and after the last.
    pub fn residual() -> Self {
        Self { residual: Residual::Added, norm: LayerNormPlacement::Before, ..Self::paper() }
    }

    /// The pairs of atoms that see each other.
    pub fn pairs(&self) -> NeighborRule {
        match self.neighbors {
            NeighborScope::Cell => NeighborRule::WithinCell { cutoff: self.cutoff },
            NeighborScope::Images => NeighborRule::Within { cutoff: self.cutoff },
        }
    }
}

/// What each option was before there was a choice.
mod before {
    use super::{Expansion, LayerNormPlacement, NeighborScope, PaperEncoderConfig, ProjectionBias, Residual};

    pub(super) fn expansion() -> Expansion {
        PaperEncoderConfig::paper().expansion
    }

    pub(super) fn cutoff() -> f64 {
        PaperEncoderConfig::paper().cutoff
    }

    pub(super) fn neighbors() -> NeighborScope {
        PaperEncoderConfig::paper().neighbors
    }

    pub(super) fn bias() -> ProjectionBias {
        PaperEncoderConfig::paper().bias
    }

    pub(super) fn residual() -> Residual {
        PaperEncoderConfig::paper().residual
    }

    pub(super) fn norm() -> LayerNormPlacement {
        PaperEncoderConfig::paper().norm
    }
}
