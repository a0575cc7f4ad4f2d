//! The encoder as the paper prints it, with every option of its configuration.
//!
//! ```text
//! A″ = A′ + W_α·P̂ (Eq. 2)      scores = softmax(q·Kᵀ/√d)      a‴ᵢ = Σⱼ scoresᵢⱼ·vⱼ (Eqs. 3, 7, 8)
//! ```
//!
//! An atom sees itself and every atom that its pairs name, once each.

use s2s_featurize::{AtomFeatures, RadialBasis};

use super::{
    Kinds, LayerNorm, Linear, NetworkError, Scope,
    kinds::Images,
    simd::{add_scaled, dot, exp, largest, vectorized},
    size,
};
use crate::{Expansion, LayerNormPlacement, PaperEncoderConfig, ProjectionBias, Residual, ScoreScaling};

/// Sums of Gaussians are at least this where they are divided by.
const SMALLEST_SUM: f32 = 1e-6;

/// Gaussians below e⁻⁵⁰ are zero.
const FAR: f32 = 50.0;

#[derive(Debug)]
pub(super) struct PaperEncoder {
    width: usize,
    /// One row per token.
    embedding: Vec<f32>,
    centers: Vec<f32>,
    inverse_width: f32,
    expansion: Expansion,
    position: Linear,
    layers: Vec<Layer>,
    residual: Residual,
    scaling: ScoreScaling,
    last: Option<LayerNorm>,
}

#[derive(Debug)]
struct Layer {
    /// Queries, keys and values, one behind the other.
    project: Linear,
    before: Option<LayerNorm>,
    after: Option<LayerNorm>,
}

impl PaperEncoder {
    pub(super) fn read(scope: &Scope<'_>, config: &PaperEncoderConfig, tokens: usize) -> Result<Self, NetworkError> {
        let width = size(config.width)?;
        let norm = |scope: &Scope<'_>, placement| {
            (config.norm == placement).then(|| LayerNorm::read(&scope.child("norm"), width)).transpose()
        };
        let mut layers = Vec::new();
        for k in 0..config.layers {
            let scope = scope.child("layers").child(k);
            let (mut weight, mut bias) = (Vec::new(), Vec::new());
            for name in ["query", "key", "value"] {
                let scope = scope.child("attention").child(name);
                weight.extend(scope.take("weight", &[width, width])?);
                match config.bias {
                    ProjectionBias::Learned => bias.extend(scope.take("bias", &[width])?),
                    ProjectionBias::Omitted => bias.resize(bias.len() + width, 0.0),
                }
            }
            if config.scaling == ScoreScaling::BeforeSoftmax {
                let scale = (width as f32).sqrt().recip();
                weight[..width * width].iter_mut().chain(&mut bias[..width]).for_each(|value| *value *= scale);
            }
            layers.push(Layer {
                project: Linear::new(&weight, Some(&bias), width),
                before: norm(&scope, LayerNormPlacement::Before)?,
                after: norm(&scope, LayerNormPlacement::After)?,
            });
        }
        Ok(Self {
            width,
            embedding: scope.child("embedding").take("weight", &[tokens, width])?,
            position: Linear::read_without_bias(&scope.child("position"), config.basis.len(), width)?,
            centers: config.basis.centers().map(|center| center as f32).collect(),
            inverse_width: (1.0 / config.basis.width()) as f32,
            expansion: config.expansion,
            layers,
            residual: config.residual,
            scaling: config.scaling,
            last: norm(scope, LayerNormPlacement::Before)?,
        })
    }

    /// The kinds of atoms, and one state per kind.
    pub(super) fn encode(&self, features: &AtomFeatures, tokens: &mut Vec<usize>) -> (Kinds, Vec<f32>) {
        let (offsets, sites) = visible(features);
        let images = Images { offsets: &offsets, sites: &sites, width: 1, shells: vec![1.0; sites.len()] };
        let kinds = Kinds::find(features, &images, self.layers.len());
        tokens.extend(kinds.atoms.iter().map(|atom| usize::from(features.tokens[*atom].0)));
        let mut states = self.join(features, &kinds, tokens);
        let (mut normal, mut projected, mut mixed) = (Vec::new(), Vec::new(), Vec::new());
        for layer in &self.layers {
            let input = normalized(&layer.before, &states, &mut normal);
            layer.project.forward(input, &mut projected);
            mixed.clear();
            mixed.resize(states.len(), 0.0);
            mix(self, &kinds, &projected, &mut mixed);
            match self.residual {
                Residual::Omitted => std::mem::swap(&mut states, &mut mixed),
                Residual::Added => states.iter_mut().zip(&mixed).for_each(|(state, added)| *state += added),
            }
            if let Some(norm) = &layer.after {
                norm.forward(&states, &mut normal);
                std::mem::swap(&mut states, &mut normal);
            }
        }
        let states = normalized(&self.last, &states, &mut normal).to_vec();
        (kinds, states)
    }

    /// `A″ = A′ + W_α·P̂` of each kind.
    fn join(&self, features: &AtomFeatures, kinds: &Kinds, tokens: &[usize]) -> Vec<f32> {
        let mut expanded = vec![0.0; kinds.len() * self.centers.len()];
        let distances: Vec<f32> = kinds.atoms.iter().map(|atom| features.centroid_distances[*atom]).collect();
        expand(self, &distances, &mut expanded);
        let mut states = Vec::new();
        self.position.forward(&expanded, &mut states);
        for (state, token) in states.chunks_exact_mut(self.width).zip(tokens) {
            let embedded = &self.embedding[token * self.width..(token + 1) * self.width];
            state.iter_mut().zip(embedded).for_each(|(sum, value)| *sum += value);
        }
        states
    }
}

vectorized! {
    /// P̂ of each distance.
    fn expand<'a>(encoder: &'a PaperEncoder, distances: &'a [f32], expanded: &'a mut [f32]) {
        for (row, distance) in expanded.chunks_exact_mut(encoder.centers.len()).zip(distances) {
            for (value, center) in row.iter_mut().zip(&encoder.centers) {
                let z = (distance - center) * encoder.inverse_width;
                let square = z * z;
                *value = if square > FAR { 0.0 } else { exp::<S>(-square) };
            }
            if encoder.expansion == Expansion::UnitSum {
                let sum = row.iter().sum::<f32>().max(SMALLEST_SUM);
                row.iter_mut().for_each(|value| *value /= sum);
            }
        }
    }
}

vectorized! {
    /// Attention of each kind over the kinds that it sees.
    fn mix<'a>(encoder: &'a PaperEncoder, kinds: &'a Kinds, projected: &'a [f32], mixed: &'a mut [f32]) {
        let width = encoder.width;
        let part = |kind: usize, which: usize| &projected[(3 * kind + which) * width..][..width];
        let after = match encoder.scaling {
            ScoreScaling::BeforeSoftmax => 1.0,
            ScoreScaling::AfterSoftmax => (width as f32).sqrt().recip(),
        };
        let mut shares: Vec<f32> = Vec::new();
        for (kind, mixed) in mixed.chunks_exact_mut(width).enumerate() {
            let (seen, counts) = (kinds.rows.kinds(kind), kinds.rows.shells(kind));
            shares.clear();
            shares.resize(seen.len(), 0.0);
            for (share, other) in shares.iter_mut().zip(seen) {
                *share = dot::<S>(part(kind, 0), part(*other as usize, 1));
            }
            let top = largest(&shares);
            let mut total = 0.0;
            for (share, count) in shares.iter_mut().zip(counts) {
                *share = count * exp::<S>(*share - top);
                total += *share;
            }
            for (share, other) in shares.iter().zip(seen) {
                add_scaled::<S>(mixed, share / total * after, part(*other as usize, 2));
            }
        }
    }
}

fn normalized<'v>(norm: &Option<LayerNorm>, states: &'v [f32], normal: &'v mut Vec<f32>) -> &'v [f32] {
    match norm {
        Some(norm) => {
            norm.forward(states, normal);
            normal
        }
        None => states,
    }
}

/// Every atom that each atom sees, itself among them, once each.
fn visible(features: &AtomFeatures) -> (Vec<u32>, Vec<u32>) {
    let (mut offsets, mut sites) = (vec![0], Vec::new());
    let mut row = Vec::new();
    for atom in 0..features.num_atoms() {
        row.clear();
        row.extend(features.neighbors(atom).map(|(site, _)| site as u32));
        row.push(atom as u32);
        row.sort_unstable();
        row.dedup();
        sites.extend_from_slice(&row);
        offsets.push(sites.len() as u32);
    }
    (offsets, sites)
}
