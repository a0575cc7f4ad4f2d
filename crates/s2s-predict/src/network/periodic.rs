//! Attention over the periodic neighbors of each kind of atom.
//!
//! ```text
//! shells      Gᵏᵢⱼ = Σ_images e(d) · gₖ(d)
//! attention   aᵢⱼ = wᵢⱼ · exp(qᵢ·kⱼ/√d) / Σⱼ …        w = Σₖ cₖ Gᵏ, cₖ > 0      mixedᵢ = Σⱼ aᵢⱼ vⱼ
//! convolution                                                                 summedᵢᵏ = Σⱼ Gᵏᵢⱼ uⱼᵏ
//! ```
//!
//! Where atoms have weights, an image of atom `j` counts by the weight of `j`.
//!
//! All sums over atoms `j` are sums over kinds, whose shells hold the images of all their atoms. What the first layer sees
//! is a function of the element alone, so its norm and its projection are tables.

use s2s_featurize::{AtomFeatures, RadialBasis};

use super::{
    Kinds, LayerNorm, Linear, NetworkError, Scope,
    kinds::Images,
    simd::{add_scaled, dot, exp, largest, multiply_add, sigmoid, vectorized},
    size,
};
use crate::PeriodicEncoderConfig;

/// Keeps the sum over some forty neighbors at the scale of one state.
const SUM_SCALE: f32 = 0.3;

/// Below this a weight is the same as none.
const SMALLEST_WEIGHT: f32 = 1e-30;

/// Gaussians below e⁻⁵⁰ are zero.
const FAR: f32 = 50.0;

#[derive(Debug)]
pub(super) struct PeriodicEncoder {
    width: usize,
    /// One row per token: its embedding and its properties.
    embedded: Vec<f32>,
    /// One row per token: what the first layer projects it to.
    projected: Vec<f32>,
    centers: Vec<f32>,
    inverse_width: f32,
    cutoff: f32,
    layers: Vec<Layer>,
    norm: LayerNorm,
}

#[derive(Debug)]
struct Layer {
    attention_norm: LayerNorm,
    /// Queries (divided by √d), keys, values, channels of the convolution.
    project: Linear,
    /// `(heads, shells)`: how much each shell weighs.
    shells: Vec<f32>,
    /// How much the atom itself weighs.
    own: Vec<f32>,
    output: Linear,
    feed_forward_norm: LayerNorm,
    expand: Linear,
    contract: Linear,
    width: usize,
    heads: usize,
    channels: usize,
}

impl PeriodicEncoder {
    /// `known` numbers per element stand beside the embedding.
    pub(super) fn read(
        scope: &Scope<'_>,
        config: &PeriodicEncoderConfig,
        tokens: usize,
        known: usize,
    ) -> Result<Self, NetworkError> {
        let width = size(config.width)?;
        let mut embedded = scope.child("embedding").take("weight", &[tokens, width])?;
        if known > 0 {
            let scope = scope.child("properties");
            let table = scope.take("table", &[tokens, known])?;
            let mut added = Vec::new();
            Linear::read(&scope, known, width)?.forward(&table, &mut added);
            embedded.iter_mut().zip(added).for_each(|(sum, value)| *sum += value);
        }
        let mut layers = Vec::new();
        for k in 0..config.layers {
            layers.push(Layer::read(&scope.child("layers").child(k), config)?);
        }
        let mut projected = Vec::new();
        if let Some(first) = layers.first() {
            let mut normal = Vec::new();
            first.attention_norm.forward(&embedded, &mut normal);
            first.project.forward(&normal, &mut projected);
        }
        Ok(Self {
            width,
            embedded,
            projected,
            centers: config.basis.centers().map(|center| center as f32).collect(),
            inverse_width: (1.0 / config.basis.width()) as f32,
            cutoff: config.cutoff as f32,
            layers,
            norm: LayerNorm::read(&scope.child("norm"), width)?,
        })
    }

    /// The kinds of atoms, and one state per kind.
    pub(super) fn encode(&self, features: &AtomFeatures, tokens: &mut Vec<usize>) -> (Kinds, Vec<f32>) {
        let mut shells = vec![0.0; features.neighbor_distances.len() * self.centers.len()];
        expand(self, &features.neighbor_distances, &mut shells);
        let (offsets, sites) = (&features.neighbor_offsets, &features.neighbor_sites);
        if !features.weights.is_empty() {
            for (row, site) in shells.chunks_exact_mut(self.centers.len()).zip(sites) {
                row.iter_mut().for_each(|value| *value *= features.weights[*site as usize]);
            }
        }
        let images = Images { offsets, sites, width: self.centers.len(), shells };
        let kinds = Kinds::find(features, &images, self.layers.len());
        tokens.extend(kinds.atoms.iter().map(|atom| usize::from(features.tokens[*atom].0)));
        let table = |rows: &[f32], width: usize| -> Vec<f32> {
            tokens.iter().flat_map(|token| &rows[token * width..(token + 1) * width]).copied().collect()
        };
        let mut states = table(&self.embedded, self.width);
        let mut space = Space::default();
        for (number, layer) in self.layers.iter().enumerate() {
            if number == 0 {
                space.projected = table(&self.projected, layer.project.outputs());
            } else {
                layer.attention_norm.forward(&states, &mut space.normal);
                layer.project.forward(&space.normal, &mut space.projected);
            }
            layer.forward(&mut states, &kinds, &mut space);
        }
        self.norm.forward(&states, &mut space.normal);
        (kinds, space.normal)
    }
}

vectorized! {
    /// `e(d) · gₖ(d)` of every pair.
    fn expand<'a>(encoder: &'a PeriodicEncoder, distances: &'a [f32], shells: &'a mut [f32]) {
        for (row, distance) in shells.chunks_exact_mut(encoder.centers.len()).zip(distances) {
            let x = (distance / encoder.cutoff).min(1.0);
            let rest = 1.0 - x * x;
            let envelope = rest * rest * rest;
            for (value, center) in row.iter_mut().zip(&encoder.centers) {
                let z = (distance - center) * encoder.inverse_width;
                let square = z * z;
                *value = if square > FAR { 0.0 } else { envelope * exp::<S>(-square) };
            }
        }
    }
}

/// Memory that layers share.
#[derive(Debug, Default)]
struct Space {
    normal: Vec<f32>,
    projected: Vec<f32>,
    joined: Vec<f32>,
    added: Vec<f32>,
    inner: Vec<f32>,
    scores: Vec<f32>,
}

impl Layer {
    fn read(scope: &Scope<'_>, config: &PeriodicEncoderConfig) -> Result<Self, NetworkError> {
        let (width, inner) = (size(config.width)?, size(config.feed_forward)?);
        let (heads, channels) = (size(config.heads)?, size(config.channels)?);
        let (attention, feed_forward) = (scope.child("attention"), scope.child("feed_forward"));
        let shells = config.basis.len();
        let summed = shells * channels;
        let project = attention.child("project");
        let mut weight = project.take("weight", &[3 * width + summed, width])?;
        let mut bias = project.take("bias", &[3 * width + summed])?;
        let scale = ((width / heads) as f32).sqrt().recip();
        weight[..width * width].iter_mut().chain(&mut bias[..width]).for_each(|value| *value *= scale);
        let output = attention.child("output");
        let mut mixed = output.take("weight", &[width, width + summed])?;
        for row in mixed.chunks_exact_mut(width + summed) {
            row[width..].iter_mut().for_each(|value| *value *= SUM_SCALE);
        }
        let exponential = |values: Vec<f32>| values.into_iter().map(f32::exp).collect::<Vec<_>>();
        Ok(Self {
            attention_norm: LayerNorm::read(&scope.child("attention_norm"), width)?,
            project: Linear::new(&weight, Some(&bias), width),
            shells: exponential(attention.take("shells", &[heads, shells])?),
            own: exponential(attention.take("own", &[heads, 1, 1])?),
            output: Linear::new(&mixed, Some(&output.take("bias", &[width])?), width + summed),
            feed_forward_norm: LayerNorm::read(&scope.child("feed_forward_norm"), width)?,
            expand: Linear::read(&feed_forward.child("expand"), width, inner)?,
            contract: Linear::read(&feed_forward.child("contract"), inner, width)?,
            width,
            heads,
            channels,
        })
    }

    /// One layer, from what `space` holds as the projection of the states.
    fn forward(&self, states: &mut [f32], kinds: &Kinds, space: &mut Space) {
        let summed = self.project.outputs() - 3 * self.width;
        space.joined.clear();
        space.joined.resize(kinds.len() * (self.width + summed), 0.0);
        gather(self, kinds, &space.projected, &mut space.scores, &mut space.joined);
        self.output.forward(&space.joined, &mut space.added);
        states.iter_mut().zip(&space.added).for_each(|(state, added)| *state += added);
        self.feed_forward_norm.forward(states, &mut space.normal);
        self.expand.forward(&space.normal, &mut space.inner);
        silu(&mut space.inner);
        self.contract.forward(&space.inner, &mut space.added);
        states.iter_mut().zip(&space.added).for_each(|(state, added)| *state += added);
    }

    #[inline(always)]
    fn attend<S: pulp::Simd>(
        &self,
        kind: usize,
        kinds: &Kinds,
        projected: &[f32],
        shares: &mut Vec<f32>,
        mixed: &mut [f32],
    ) {
        let (stride, depth) = (self.project.outputs(), self.width / self.heads);
        let (seen, shells) = (kinds.rows.kinds(kind), kinds.rows.shells(kind));
        let width = shells.len() / seen.len();
        let part = |kind: usize, which: usize, head: usize| {
            &projected[kind * stride + which * self.width + head * depth..][..depth]
        };
        for head in 0..self.heads {
            let query = part(kind, 0, head);
            shares.clear();
            shares.resize(seen.len(), 0.0);
            for (share, other) in shares.iter_mut().zip(seen) {
                *share = dot::<S>(query, part(*other as usize, 1, head));
            }
            let top = largest(shares);
            let weights = &self.shells[head * width..(head + 1) * width];
            let mut total = 0.0;
            for ((share, other), shells) in shares.iter_mut().zip(seen).zip(shells.chunks_exact(width)) {
                let own = if *other as usize == kind { self.own[head] } else { 0.0 };
                let weight = dot::<S>(weights, shells) + own;
                *share = weight.max(SMALLEST_WEIGHT) * exp::<S>(*share - top);
                total += *share;
            }
            let mixed = &mut mixed[head * depth..(head + 1) * depth];
            for (share, other) in shares.iter().zip(seen) {
                add_scaled::<S>(mixed, share / total, part(*other as usize, 2, head));
            }
        }
    }

    #[inline(always)]
    fn convolve<S: pulp::Simd>(&self, kind: usize, kinds: &Kinds, projected: &[f32], summed: &mut [f32]) {
        let stride = self.project.outputs();
        let (seen, shells) = (kinds.rows.kinds(kind), kinds.rows.shells(kind));
        let width = shells.len() / seen.len();
        for (shell, sums) in summed.chunks_exact_mut(self.channels).enumerate() {
            let first = 3 * self.width + shell * self.channels;
            // Eight channels at a time stay in a register over all neighbors.
            let (blocks, rest) = sums.as_chunks_mut::<8>();
            let rest_at = first + 8 * blocks.len();
            for (block, sums) in blocks.iter_mut().enumerate() {
                let mut kept = *sums;
                for (other, shells) in seen.iter().zip(shells.chunks_exact(width)) {
                    let channels = &projected[*other as usize * stride + first + 8 * block..][..8];
                    for lane in 0..8 {
                        kept[lane] = multiply_add::<S>(shells[shell], channels[lane], kept[lane]);
                    }
                }
                *sums = kept;
            }
            for (other, shells) in seen.iter().zip(shells.chunks_exact(width)) {
                let channels = &projected[*other as usize * stride + rest_at..][..rest.len()];
                for (sum, channel) in rest.iter_mut().zip(channels) {
                    *sum = multiply_add::<S>(shells[shell], *channel, *sum);
                }
            }
        }
    }
}

vectorized! {
    /// What every kind sees through attention and through the convolution, side by side.
    fn gather<'a>(
        layer: &'a Layer,
        kinds: &'a Kinds,
        projected: &'a [f32],
        scores: &'a mut Vec<f32>,
        joined: &'a mut [f32],
    ) {
        let stride = joined.len() / kinds.len();
        for (kind, joined) in joined.chunks_exact_mut(stride).enumerate() {
            let (mixed, summed) = joined.split_at_mut(layer.width);
            layer.attend::<S>(kind, kinds, projected, scores, mixed);
            layer.convolve::<S>(kind, kinds, projected, summed);
        }
    }
}

vectorized! {
    /// `x · sigmoid(x)` of each number.
    fn silu<'a>(values: &'a mut [f32]) {
        values.iter_mut().for_each(|value| *value *= sigmoid::<S>(*value));
    }
}
