//! The encoder as the paper prints it: embedding, Gaussian distances, attention among near atoms.
//!
//! # Source
//!
//! Liu et al., S2SNet, §3.1, Eqs. 1, 2, 3, 7 and 8.
//!
//! # Deviations
//!
//! The defaults are those of [`PaperEncoderConfig::paper`]; the last column has what `reading`, the reading of the results at the
//! paper's size, has otherwise. The last two rows lie behind the encoder and are options of [`S2sNetConfig`](crate::S2sNetConfig).
//!
//! | | paper | released code | here: option, default first | `reading` |
//! |---|---|---|---|---|
//! | embedding | 512 | 512, scaled by √512 | not scaled | |
//! | Gaussians (Eq. 1) | 512 from 0 to 5.12 Å, σ = 2 Å | 0, 0.01, … 5.11; σ = 0.5 | `basis`: the paper's | |
//! | distances | to the mean position, in Å | the same of fractional coordinates | the featurizer's: in Å | |
//! | P̂ normalized | no (Eq. 1) | no | [`Expansion`]: as printed; sum of one | |
//! | join (Eq. 2) | A″ = A′ + W_α·P̂ | LayerNorm(A′ + dropout(GELU(linear(P̂)))) | as printed | |
//! | ρ | 2 Å, citing MEGNet, which has 4 Å | – | `cutoff`: 2 Å | 4 Å |
//! | which atoms attend to which | atoms within ρ; periodic images not mentioned | every atom of the cell | [`NeighborScope`](crate::NeighborScope): with images; the cell alone | |
//! | biases of Q, K and V | none printed | yes | [`ProjectionBias`]: learned; omitted | |
//! | scores (Eq. 7) | softmax(q·Kᵀ)/√d | softmax(q·Kᵀ/√d) | [`ScoreScaling`](crate::ScoreScaling): before; after the softmax | |
//! | residual connection | not mentioned | yes | [`Residual`]: omitted; added | added |
//! | layer norm | not mentioned | before each part, and a last one | [`LayerNormPlacement`]: omitted; before; after | before |
//! | feed-forward part | not mentioned | 2048, GELU | none | |
//! | FC1 | before FC2; on which side of the lattice (Eq. 5) is not said | all layers behind Set2Set; the lattice is not used | [`FirstLayer`](crate::FirstLayer): after the lattice; before it | |
//! | layer norm before masked elements are predicted | none (Fig. 2) | has no such head | [`ElementNorm`](crate::ElementNorm): a layer norm; omitted | |

use tch::{Kind, Tensor};

use super::with_residual;
use crate::layer::radial;
use crate::{
    AtomEncoder, AtomStates, DeviceBatch, Embedding, Expansion, GaussianExpansion, Init, LayerNorm, LayerNormPlacement,
    Linear, Mode, MultiHeadAttention, PaperEncoderConfig, ProjectionBias, Residual, Scope, precision::single,
};

/// Embedding, join and attention of §3.1.
#[derive(Debug)]
pub struct PaperEncoder {
    embedding: Embedding,
    gaussians: GaussianExpansion,
    expansion: Expansion,
    position: Linear,
    layers: Vec<Layer>,
    residual: Residual,
    last: Option<LayerNorm>,
}

/// One attention, and the norm beside it.
#[derive(Debug)]
struct Layer {
    attention: MultiHeadAttention,
    before: Option<LayerNorm>,
    after: Option<LayerNorm>,
}

impl PaperEncoder {
    /// Sums of Gaussians are at least this where they are divided by, so that an atom far from every center has zeros.
    const SMALLEST_SUM: f64 = 1e-6;

    /// A table of `tokens` rows, and the layers.
    pub fn new(scope: &Scope<'_>, config: &PaperEncoderConfig, tokens: i64) -> Self {
        let (width, radial) = (config.width, radial(&config.basis));
        let norm = |scope: &Scope<'_>, placement| {
            (config.norm == placement).then(|| LayerNorm::new(&scope.child("norm"), width))
        };
        let layer = |k: usize| {
            let scope = scope.child("layers").child(k);
            let attention = match config.bias {
                ProjectionBias::Learned => MultiHeadAttention::new,
                ProjectionBias::Omitted => MultiHeadAttention::without_bias,
            };
            let attention = attention(&scope.child("attention"), width, 1, config.scaling, 0.0, Init::Lecun);
            Layer {
                attention: match config.norm {
                    LayerNormPlacement::Omitted => attention.keeping_scores(),
                    LayerNormPlacement::Before | LayerNormPlacement::After => attention,
                },
                before: norm(&scope, LayerNormPlacement::Before),
                after: norm(&scope, LayerNormPlacement::After),
            }
        };
        // So that W_α·P̂ begins at the scale of the embedding.
        let spread = match config.expansion {
            Expansion::AsPrinted => Init::Lecun,
            Expansion::UnitSum => Init::Normal((radial as f64).sqrt()),
        };
        Self {
            embedding: Embedding::new(&scope.child("embedding"), tokens, width),
            gaussians: GaussianExpansion::new(&config.basis, scope.device()),
            expansion: config.expansion,
            position: Linear::without_bias(&scope.child("position"), radial, width, spread),
            layers: (0..config.layers).map(layer).collect(),
            residual: config.residual,
            last: norm(scope, LayerNormPlacement::Before),
        }
    }

    /// `A″ = A′ + W_α · P̂` of the atoms without padding: `f32 (T, D)`.
    pub fn join(&self, batch: &DeviceBatch) -> Tensor {
        let embedded = self.embedding.forward(&batch.pack(batch.tokens())); // A′
        let gaussians = self.gaussians.forward(&batch.pack(batch.centroid_distances())); // Eq. 1
        let expanded = match self.expansion {
            Expansion::AsPrinted => gaussians,
            Expansion::UnitSum => {
                let sum = gaussians.sum_dim_intlist([-1].as_slice(), true, Kind::Float);
                gaussians / sum.clamp_min(Self::SMALLEST_SUM)
            }
        };
        embedded + self.position.forward(&expanded) // Eq. 2
    }

    /// States after a layer.
    fn pass(&self, layer: &Layer, states: Tensor, batch: &DeviceBatch, visible: &Tensor, mode: Mode<'_>) -> Tensor {
        let mixed = layer.attention.forward(&layer.input(&states), batch, Some(visible), mode); // Eq. 3
        let result = match self.residual {
            Residual::Omitted => mixed,
            Residual::Added => states + mixed,
        };
        normalized(&layer.after, result)
    }
}

impl Layer {
    /// What attention is given.
    fn input(&self, states: &Tensor) -> Tensor {
        normalized(&self.before, states.shallow_clone())
    }
}

fn normalized(norm: &Option<LayerNorm>, states: Tensor) -> Tensor {
    match norm {
        Some(norm) => norm.forward(&states),
        None => states,
    }
}

impl AtomEncoder for PaperEncoder {
    fn encode(&self, batch: &DeviceBatch, mode: Mode<'_>) -> AtomStates {
        let visible = batch.adjacency().unsqueeze(1); // (B, 1, N, N)
        let mut states = self.join(batch);
        for layer in &self.layers {
            states = self.pass(layer, states, batch, &visible, mode);
        }
        AtomStates::of_atoms(single(normalized(&self.last, states)), batch)
    }

    fn mixing(&self, batch: &DeviceBatch) -> Option<Vec<Tensor>> {
        let visible = batch.adjacency().unsqueeze(1);
        let mut states = self.join(batch);
        let mut mixing = Vec::with_capacity(self.layers.len());
        for layer in &self.layers {
            let shares = layer.attention.scores(&layer.input(&states), batch, &visible);
            mixing.push(match self.residual {
                Residual::Omitted => shares.squeeze_dim(1),
                Residual::Added => with_residual(&shares),
            });
            states = self.pass(layer, states, batch, &visible, Mode::Eval);
        }
        Some(mixing)
    }
}
