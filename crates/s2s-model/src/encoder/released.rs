//! The encoder of the authors' released code: a pre-norm transformer over all atoms of the cell.
//!
//! # Source
//!
//! Released code of Liu et al., S2SNet. Nothing of it is copied: it has no license. The equations are re-stated from its
//! behavior.
//!
//! # Deviations
//!
//! | | paper | released code | here |
//! |---|---|---|---|
//! | embedding | not scaled | scaled by √D; 96 rows | as released |
//! | join (Eq. 2) | A″ = A′ + W_α·P̂ | LayerNorm(A′ + dropout(GELU(linear(P̂)))) | as released |
//! | layer | attention alone | x + attention(norm(x)), x + feedforward(norm(x)) | as released |
//! | slots without an atom | – | computed and masked | left out |
//! | atoms of one element and distance | – | each computed | computed once per crystal outside training, on a CPU |
//! | dropout rates | – | exact | rounded to 1/256 |

use tch::Tensor;

use super::with_residual;
use crate::layer::radial;
use crate::{
    AtomEncoder, AtomStates, DeviceBatch, Embedding, GaussianExpansion, Init, Kinds, LayerNorm, Linear, Mode,
    MultiHeadAttention, ReleasedEncoderConfig, Scope, ScoreScaling,
};

/// Scaled embedding, joined positions and transformer layers.
#[derive(Debug)]
pub struct ReleasedEncoder {
    embedding: Embedding,
    scale: f64,
    gaussians: GaussianExpansion,
    position: Linear,
    position_norm: LayerNorm,
    layers: Vec<TransformerLayer>,
    norm: LayerNorm,
    dropout: f64,
}

#[derive(Debug)]
struct TransformerLayer {
    attention_norm: LayerNorm,
    attention: MultiHeadAttention,
    feed_forward_norm: LayerNorm,
    expand: Linear,
    contract: Linear,
    dropout: f64,
}

impl ReleasedEncoder {
    /// A table of `tokens` rows, and the layers.
    pub fn new(scope: &Scope<'_>, config: &ReleasedEncoderConfig, tokens: i64) -> Self {
        let width = config.width;
        let position = scope.child("position");
        let layers = (0..config.layers).map(|k| TransformerLayer::new(&scope.child("layers").child(k), config));
        Self {
            embedding: Embedding::with_init(&scope.child("embedding"), tokens, width, Init::Kaiming),
            scale: (width as f64).sqrt(),
            gaussians: GaussianExpansion::new(&config.basis, scope.device()),
            position: Linear::new(&position.child("linear"), radial(&config.basis), width, Init::Kaiming),
            position_norm: LayerNorm::new(&position.child("norm"), width),
            layers: layers.collect(),
            norm: LayerNorm::new(&scope.child("norm"), width),
            dropout: config.dropout,
        }
    }

    /// What the first layer sees: `f32 (T, D)`.
    pub fn join(&self, batch: &DeviceBatch, mode: Mode<'_>) -> Tensor {
        self.join_atoms(&batch.pack(batch.tokens()), &batch.pack(batch.centroid_distances()), mode)
    }

    fn join_atoms(&self, tokens: &Tensor, distances: &Tensor, mode: Mode<'_>) -> Tensor {
        let embedded = self.embedding.forward(tokens) * self.scale;
        let position = self.position.forward(&self.gaussians.forward(distances)).gelu("none");
        self.position_norm.forward(&mode.dropout_onto(&embedded, &position, self.dropout))
    }

    /// Last states `f32 (T, D)`, computed for one atom of each kind: all that this encoder sees of an atom is the same.
    fn encode_kinds(&self, batch: &DeviceBatch, kinds: &Kinds) -> Tensor {
        let first = |padded: &Tensor| padded.flatten(0, 1).index_select(0, &kinds.slots);
        let mut states = self.join_atoms(&first(batch.tokens()), &first(batch.centroid_distances()), Mode::Eval);
        for layer in &self.layers {
            let heads = |x: &Tensor| layer.attention.heads_of_kinds(x, kinds);
            states = layer.forward(&states, heads, Mode::Eval);
        }
        self.norm.forward(&states).index_select(0, &kinds.of_atoms)
    }

    /// States before the first layer and after each, the last one normalized: `f32 (T, D)` each.
    pub fn trace(&self, batch: &DeviceBatch, mode: Mode<'_>) -> Vec<Tensor> {
        let mut states = vec![self.join(batch, mode)];
        for layer in &self.layers {
            let last = &states[states.len() - 1];
            states.push(layer.forward_atoms(last, batch, mode));
        }
        let last = states[states.len() - 1].shallow_clone();
        states.push(self.norm.forward(&last));
        states
    }
}

impl TransformerLayer {
    fn new(scope: &Scope<'_>, config: &ReleasedEncoderConfig) -> Self {
        let (width, inner) = (config.width, config.feed_forward);
        let (attention, feed_forward) = (scope.child("attention"), scope.child("feed_forward"));
        let scaling = ScoreScaling::BeforeSoftmax;
        Self {
            attention_norm: LayerNorm::new(&scope.child("attention_norm"), width),
            attention: MultiHeadAttention::new(
                &attention,
                width,
                config.heads,
                scaling,
                config.attention_dropout,
                Init::Kaiming,
            ),
            feed_forward_norm: LayerNorm::new(&scope.child("feed_forward_norm"), width),
            expand: Linear::new(&feed_forward.child("expand"), width, inner, Init::Kaiming),
            contract: Linear::new(&feed_forward.child("contract"), inner, width, Init::Kaiming),
            dropout: config.dropout,
        }
    }

    fn forward_atoms(&self, x: &Tensor, batch: &DeviceBatch, mode: Mode<'_>) -> Tensor {
        self.forward(x, |x| self.attention.heads(x, batch, None, mode), mode)
    }

    fn forward(&self, x: &Tensor, heads: impl FnOnce(&Tensor) -> Tensor, mode: Mode<'_>) -> Tensor {
        let heads = heads(&self.attention_norm.forward(x));
        let x = match self.attention.output() {
            Some(output) => self.add(x, output, &heads, mode),
            None => mode.dropout_onto(x, &heads, self.dropout),
        };
        let inner = self.expand.forward(&self.feed_forward_norm.forward(&x)).relu_();
        self.add(&x, &self.contract, &mode.dropout(inner, self.dropout), mode)
    }

    /// `x + dropout(map(inner))`.
    fn add(&self, x: &Tensor, map: &Linear, inner: &Tensor, mode: Mode<'_>) -> Tensor {
        match mode {
            Mode::Train(_) if self.dropout > 0.0 => mode.dropout_onto(x, &map.forward(inner), self.dropout),
            _ => map.forward_onto(inner, x),
        }
    }
}

impl AtomEncoder for ReleasedEncoder {
    fn encode(&self, batch: &DeviceBatch, mode: Mode<'_>) -> AtomStates {
        let states = match (batch.kinds(), mode) {
            (Some(kinds), Mode::Eval) => self.encode_kinds(batch, kinds),
            // Dropout makes atoms of one kind differ.
            _ => {
                let first = self.join(batch, mode);
                let last = self.layers.iter().fold(first, |x, layer| layer.forward_atoms(&x, batch, mode));
                self.norm.forward(&last)
            }
        };
        AtomStates::of_atoms(states, batch)
    }

    fn mixing(&self, batch: &DeviceBatch) -> Option<Vec<Tensor>> {
        let visible = batch.present().unsqueeze(1).unsqueeze(1);
        let states = self.trace(batch, Mode::Eval);
        let scores = |(layer, x): (&TransformerLayer, &Tensor)| {
            with_residual(&layer.attention.scores(&layer.attention_norm.forward(x), batch, &visible))
        };
        Some(self.layers.iter().zip(&states).map(scores).collect())
    }
}
