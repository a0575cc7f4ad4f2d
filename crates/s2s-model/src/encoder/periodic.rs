//! Our own encoder: attention over the periodic neighbors of each atom.
//!
//! Atom `i` attends to every image of every atom within the cutoff, and at itself. What lies between them is a row of
//! shells: Gaussians `gₖ(d)` times an envelope `e(d)` that falls smoothly to zero at the cutoff.
//!
//! ```text
//! shells      Gᵏᵢⱼ = Σ_images e(d) · gₖ(d)
//! attention   aᵢⱼ = exp(qᵢ·kⱼ/√d) · wᵢⱼ / Σⱼ …       w = Σₖ cₖ Gᵏ, cₖ > 0      mixedᵢ = Σⱼ aᵢⱼ vⱼ
//! convolution                                                                summedᵢᵏ = Σⱼ Gᵏᵢⱼ uⱼᵏ
//! ```
//!
//! Images of one atom have the same key and value, so their weights may be added before the softmax: each image counts
//! by its own distance, nothing is lost, and the pairs of a crystal become dense `(N, N)` matrices, one per shell, that
//! all layers and heads share. The convolution keeps what a softmax divides out: how many neighbors there are.
//!
//! # Why the answer is the same for every description of a crystal
//!
//! The encoder sees elements and distances to periodic images, so origin, orientation, order and the choice of cell
//! cannot matter. In a supercell the images of one atom are spread over several atoms with equal keys and values; the
//! sums over `j` and over images together run over the same terms.
//!
//! # Weighted atoms
//!
//! Where atoms have weights, an image of atom `j` adds its weight times `e(d) · gₖ(d)` to the shells: a site of two elements is
//! seen as the mean of both. The atoms of one site do not see each other.
//!
//! # Why the matrices are dense
//!
//! An atom has some fifty neighbors within 5 Å, so that rows of neighbors would hold less than `N × N` matrices. They were
//! measured: gathering keys, values and channels of fifty neighbors takes 13 ms per layer of 248 atoms, the dense products
//! take 3 ms, and 1.6 ms with the softmax among them; rows win beyond some 1,500 atoms only.
//!
//! # Deviations
//!
//! | | paper | released code | here |
//! |---|---|---|---|
//! | inputs | element, distance to the mean position | the same | element and its properties |
//! | which atoms attend to which | atoms of the cell within 2 Å | every atom of the cell | every periodic image within the cutoff |
//! | distances | joined to the embedding (Eq. 2) | the same | inside the attention |
//! | layer | attention alone | pre-norm transformer | pre-norm transformer, attention and convolution |

use tch::{Kind, Tensor, no_grad};

use super::with_residual;
use crate::layer::radial;
use crate::precision::product;
use crate::{
    AtomEncoder, AtomStates, DeviceBatch, Embedding, GaussianExpansion, Init, LayerNorm, Linear, Mode,
    PeriodicEncoderConfig, Scope,
};

/// Attention over periodic neighbors.
#[derive(Debug)]
pub struct PeriodicEncoder {
    embedding: Embedding,
    properties: Option<(Tensor, Linear)>,
    gaussians: GaussianExpansion,
    cutoff: f64,
    layers: Vec<PeriodicLayer>,
    norm: LayerNorm,
}

#[derive(Debug)]
struct PeriodicLayer {
    attention_norm: LayerNorm,
    project: Linear,
    shells: Tensor,
    own: Tensor,
    output: Linear,
    feed_forward_norm: LayerNorm,
    expand: Linear,
    contract: Linear,
    width: i64,
    heads: i64,
    channels: i64,
    dropout: f64,
}

/// Keeps the sum over some forty neighbors at the scale of one state.
const SUM_SCALE: f64 = 0.3;

/// Number of slots from which on the shells are written one by one; below, all shells of a pair at once.
const SPREAD: i64 = 128;

/// Stands for the logarithm of zero; its exponential is far below the rounding of any sum.
const SMALLEST_WEIGHT: f64 = 1e-30;

impl PeriodicEncoder {
    /// A table of `tokens` rows beside the rows of `properties`, `f32 (tokens, P)`, and the layers.
    pub fn new(scope: &Scope<'_>, config: &PeriodicEncoderConfig, tokens: i64, properties: &Tensor) -> Self {
        let width = config.width;
        let layer = |k: usize| PeriodicLayer::new(&scope.child("layers").child(k), config);
        let known = properties.size()[1];
        Self {
            embedding: Embedding::with_init(&scope.child("embedding"), tokens, width, Init::Normal(0.3)),
            properties: (known > 0).then(|| {
                let scope = scope.child("properties");
                (scope.buffer("table", properties), Linear::new(&scope, known, width, Init::Lecun))
            }),
            gaussians: GaussianExpansion::new(&config.basis, scope.device()),
            cutoff: config.cutoff,
            layers: (0..config.layers).map(layer).collect(),
            norm: LayerNorm::new(&scope.child("norm"), width),
        }
    }

    /// What the first layer sees of the atoms without padding: `f32 (T, D)`.
    pub fn embed(&self, batch: &DeviceBatch) -> Tensor {
        let tokens = batch.pack(batch.tokens());
        let embedded = self.embedding.forward(&tokens);
        match &self.properties {
            Some((table, linear)) => embedded + linear.forward(&table.index_select(0, &tokens)),
            None => embedded,
        }
    }

    /// `f32 (B, K, N, N)`: how much of atom `j` lies in shell `k` around atom `i`. Nothing here is learned.
    pub fn shells(&self, batch: &DeviceBatch) -> Tensor {
        let distances = batch.pair_distances();
        let per_pair = self.gaussians.forward(distances) * self.envelope(distances).unsqueeze(-1); // (E, K)
        let per_pair = match batch.weights() {
            Some(weights) => per_pair * weights.view([-1, 1]).index_select(0, batch.pair_neighbors()),
            None => per_pair,
        };
        let (crystals, slots) = (batch.num_crystals(), batch.num_slots());
        let cells = batch.pair_centers() * slots + batch.pair_neighbors().remainder(slots);
        let (shells, square) = (self.gaussians.len(), slots * slots);
        let options = (Kind::Float, batch.device());
        if slots < SPREAD {
            let together = Tensor::zeros([crystals * square, shells], options).index_add_(0, &cells, &per_pair);
            let apart = together.view([crystals, square, shells]).transpose(1, 2).contiguous();
            return apart.view([crystals, shells, slots, slots]);
        }
        // Turning large matrices around costs more than an index per shell.
        let crystal = batch.pair_centers().floor_divide_scalar(slots);
        let first = cells + crystal * ((shells - 1) * square);
        let shell = Tensor::arange(shells, (Kind::Int64, batch.device())) * square;
        let indices_of_all = (first.unsqueeze(0) + shell.unsqueeze(1)).view(-1); // (K E)
        Tensor::zeros([crystals * shells * square], options)
            .scatter_add_(0, &indices_of_all, &per_pair.tr().reshape(-1))
            .view([crystals, shells, slots, slots])
    }

    /// Falls from one to zero at the cutoff, with slope and curvature zero there.
    fn envelope(&self, distances: &Tensor) -> Tensor {
        let x = (distances / self.cutoff).clamp_max(1.0);
        let rest: Tensor = 1.0 - x.square();
        // (1 − x²)³ is smooth in x² and needs no square root or cosine.
        &rest * rest.square()
    }
}

impl PeriodicLayer {
    fn new(scope: &Scope<'_>, config: &PeriodicEncoderConfig) -> Self {
        let (width, inner) = (config.width, config.feed_forward);
        let (attention, feed_forward) = (scope.child("attention"), scope.child("feed_forward"));
        let shells = radial(&config.basis);
        let summed = shells * config.channels;
        Self {
            attention_norm: LayerNorm::new(&scope.child("attention_norm"), width),
            project: Linear::new(&attention.child("project"), width, 3 * width + summed, Init::Lecun),
            shells: attention.parameter("shells", &[config.heads, shells], Init::Normal(1.0)),
            own: attention.parameter("own", &[config.heads, 1, 1], Init::Zeros),
            output: Linear::new(&attention.child("output"), width + summed, width, Init::Lecun),
            feed_forward_norm: LayerNorm::new(&scope.child("feed_forward_norm"), width),
            expand: Linear::new(&feed_forward.child("expand"), width, inner, Init::Kaiming),
            contract: Linear::new(&feed_forward.child("contract"), inner, width, Init::Lecun),
            width,
            heads: config.heads,
            channels: config.channels,
            dropout: config.dropout,
        }
    }

    fn forward(&self, x: &Tensor, batch: &DeviceBatch, shells: &Tensor, mode: Mode<'_>) -> Tensor {
        let projected = batch.unpack(&self.project.forward(&self.attention_norm.forward(x))); // (B, N, 3 D + K C)
        let split = |start: i64, length: i64, parts: i64| {
            projected.narrow(2, start, length).unflatten(2, [parts, -1]).transpose(1, 2)
        };
        let [query, key, value] = [0, 1, 2].map(|k| split(k * self.width, self.width, self.heads)); // (B, H, N, D/H)
        let summed = product(shells, &split(3 * self.width, shells.size()[1] * self.channels, shells.size()[1]));
        let mixed = match mode {
            // In one operation, which would not be one where the weights have a gradient, nor in two precisions.
            Mode::Eval if value.kind() == Kind::Float => {
                let weights = self.log_weights(shells);
                Tensor::scaled_dot_product_attention(&query, &key, &value, Some(&weights), 0.0, false, None, false)
            }
            _ => product(&self.shares(&query, &key, shells), &value),
        };
        let join = |parts: &Tensor| parts.transpose(1, 2).flatten(2, 3);
        let joined = Tensor::cat(&[join(&mixed), join(&summed) * SUM_SCALE], 2);
        let added = self.output.forward(&batch.pack(&joined));
        let x = x + mode.dropout(added, self.dropout);
        let inner = self.expand.forward(&self.feed_forward_norm.forward(&x)).silu();
        let added = self.contract.forward(&inner);
        x + mode.dropout(added, self.dropout)
    }

    /// Attention shares `(B, H, N, N)` of the states `(T, D)`.
    fn attention(&self, x: &Tensor, batch: &DeviceBatch, shells: &Tensor) -> Tensor {
        let projected = batch.unpack(&self.project.forward(&self.attention_norm.forward(x)));
        let [query, key] = [0, 1].map(|k| {
            let part = projected.narrow(2, k * self.width, self.width);
            part.unflatten(2, [self.heads, -1]).transpose(1, 2)
        });
        self.shares(&query, &key, shells)
    }

    /// The same of queries and keys `(B, H, N, D/H)`.
    fn shares(&self, query: &Tensor, key: &Tensor, shells: &Tensor) -> Tensor {
        let depth = (query.size()[3] as f64).sqrt();
        let scores = product(&(query / depth), &key.transpose(-2, -1));
        (scores + self.log_weights(shells)).softmax(-1, Kind::Float)
    }

    /// `ln w` of the neighbors, and of the atom itself: `f32 (B, H, N, N)`.
    fn log_weights(&self, shells: &Tensor) -> Tensor {
        let slots = shells.size()[2];
        let weights = self.shells.exp().matmul(&shells.flatten(2, 3)).unflatten(2, [slots, slots]);
        let _ = weights.diagonal(0, 2, 3).g_add_(&self.own.exp().squeeze_dim(-1));
        weights.clamp_min(SMALLEST_WEIGHT).log()
    }
}

impl AtomEncoder for PeriodicEncoder {
    fn encode(&self, batch: &DeviceBatch, mode: Mode<'_>) -> AtomStates {
        let shells = no_grad(|| self.shells(batch));
        let mut states = self.embed(batch);
        for layer in &self.layers {
            states = layer.forward(&states, batch, &shells, mode);
        }
        AtomStates::of_atoms(self.norm.forward(&states), batch)
    }

    /// The attention's part; the convolution beside it is no share of anything.
    fn mixing(&self, batch: &DeviceBatch) -> Option<Vec<Tensor>> {
        let shells = self.shells(batch);
        let mut states = self.embed(batch);
        let mut mixing = Vec::with_capacity(self.layers.len());
        for layer in &self.layers {
            mixing.push(with_residual(&layer.attention(&states, batch, &shells)));
            states = layer.forward(&states, batch, &shells, Mode::Eval);
        }
        Some(mixing)
    }
}
