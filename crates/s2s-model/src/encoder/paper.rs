//! The encoder as the paper prints it: embedding, Gaussian distances, attention among near atoms.
//!
//! # Source
//!
//! Liu et al., S2SNet, §3.1, Eqs. 1, 2, 3, 7 and 8.
//!
//! # Deviations
//!
//! | | paper | released code | here |
//! |---|---|---|---|
//! | embedding | 512 | 512, scaled by √512 | not scaled |
//! | Gaussians (Eq. 1) | 512 from 0 to 5.12 Å, σ = 2 Å | 0, 0.01, … 5.11; σ = 0.5 | a parameter |
//! | distances | to the mean position, in Å | the same of fractional coordinates | the featurizer's |
//! | join (Eq. 2) | A″ = A′ + W_α·P̂ | LayerNorm(A′ + dropout(GELU(linear(P̂)))) | as printed |
//! | who sees whom | atoms within ρ = 2 Å | every atom of the cell | the pairs of the batch |
//! | layer | attention alone | pre-norm transformer layer | attention alone |
//! | scores (Eq. 7) | softmax(q·Kᵀ)/√d | softmax(q·Kᵀ/√d) | [`ScoreScaling`] |

use s2s_featurize::GaussianBasis;
use serde::{Deserialize, Serialize};
use tch::Tensor;

use crate::layer::radial;
use crate::{
    AtomEncoder, AtomStates, DeviceBatch, GaussianExpansion, Init, Linear, Mode, MultiHeadAttention, Scope,
    ScoreScaling, precision::single,
};

/// Sizes of a [`PaperEncoder`].
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
}

impl PaperEncoderConfig {
    /// Width 512, ten layers, the Gaussians of Eq. 1, and scores scaled before the softmax.
    ///
    /// As printed, Eq. 7 divides by √512 after the softmax. Ten such layers without a residual shrink their input by a
    /// factor of 10¹³, and nothing can be learned; choose [`ScoreScaling::AfterSoftmax`] to see it.
    pub fn paper() -> Self {
        Self { width: 512, layers: 10, basis: GaussianBasis::paper(), scaling: ScoreScaling::BeforeSoftmax }
    }
}

/// Embedding, join and attention of §3.1.
#[derive(Debug)]
pub struct PaperEncoder {
    embedding: Tensor,
    gaussians: GaussianExpansion,
    position: Linear,
    layers: Vec<MultiHeadAttention>,
}

impl PaperEncoder {
    /// A table of `tokens` rows, and the layers.
    pub fn new(scope: &Scope<'_>, config: &PaperEncoderConfig, tokens: i64) -> Self {
        let width = config.width;
        let layer = |k: usize| {
            let scope = scope.child("layers").child(k).child("attention");
            MultiHeadAttention::new(&scope, width, 1, config.scaling, 0.0, Init::Lecun)
        };
        Self {
            embedding: scope.child("embedding").parameter("weight", &[tokens, width], Init::Normal(1.0)),
            gaussians: GaussianExpansion::new(&config.basis, scope.device()),
            position: Linear::without_bias(&scope.child("position"), radial(&config.basis), width, Init::Lecun),
            layers: (0..config.layers).map(layer).collect(),
        }
    }

    /// `A″ = A′ + W_α · P̂` of the atoms without padding: `f32 (T, D)`.
    pub fn join(&self, batch: &DeviceBatch) -> Tensor {
        let tokens = batch.pack(batch.tokens());
        let embedded = Tensor::embedding(&self.embedding, &tokens, -1, false, false); // A′
        let expanded = self.gaussians.forward(&batch.pack(batch.centroid_distances())); // Eq. 1
        embedded + self.position.forward(&expanded) // Eq. 2
    }
}

impl AtomEncoder for PaperEncoder {
    fn encode(&self, batch: &DeviceBatch, mode: Mode<'_>) -> AtomStates {
        let visible = batch.adjacency().unsqueeze(1); // (B, 1, N, N)
        let mut states = self.join(batch);
        for layer in &self.layers {
            states = layer.forward(&states, batch, Some(&visible), mode); // Eq. 3
        }
        AtomStates::of_atoms(single(states), batch)
    }

    fn mixing(&self, batch: &DeviceBatch) -> Option<Vec<Tensor>> {
        let visible = batch.adjacency().unsqueeze(1);
        let mut states = self.join(batch);
        let mut mixing = Vec::with_capacity(self.layers.len());
        for layer in &self.layers {
            mixing.push(layer.scores(&states, batch, &visible).squeeze_dim(1));
            states = layer.forward(&states, batch, Some(&visible), Mode::Eval);
        }
        Some(mixing)
    }
}
