//! Statistics of the composition, for the readout that is shifted by them.

use super::{Kinds, Linear, NetworkError, Scope};

/// `b + W · s + w`, where `s` are statistics of element properties and the shares of all elements.
#[derive(Debug)]
pub(super) struct CompositionShift {
    /// One row per token.
    properties: Vec<f32>,
    known: usize,
    pub(super) weight: Linear,
}

/// Two norms of the shares, and the number of elements.
const NORMS: usize = 3;

impl CompositionShift {
    pub(super) fn read(scope: &Scope<'_>, tokens: usize, known: usize, width: usize) -> Result<Self, NetworkError> {
        Ok(Self {
            properties: scope.take("properties", &[tokens, known])?,
            known,
            weight: Linear::read(scope, 4 * known + tokens + NORMS, width)?,
        })
    }

    /// Mean, deviation, smallest and largest value of each property, norms of the shares, the shares.
    pub(super) fn statistics(&self, kinds: &Kinds, tokens: &[usize]) -> Vec<f32> {
        let known = self.known;
        let atoms: f32 = kinds.counts.iter().sum();
        let mut shares = vec![0.0; self.properties.len() / known.max(1)];
        for (token, count) in tokens.iter().zip(&kinds.counts) {
            shares[*token] += count / atoms;
        }
        let present: Vec<(usize, f32)> = shares.iter().copied().enumerate().filter(|(_, share)| *share > 0.0).collect();
        let row = |token: usize| &self.properties[token * known..(token + 1) * known];
        let (mut mean, mut deviation) = (vec![0.0; known], vec![0.0; known]);
        let (mut smallest, mut largest) = (vec![f32::INFINITY; known], vec![f32::NEG_INFINITY; known]);
        for (token, share) in &present {
            for (k, value) in row(*token).iter().enumerate() {
                mean[k] += share * value;
                smallest[k] = smallest[k].min(*value);
                largest[k] = largest[k].max(*value);
            }
        }
        for (token, share) in &present {
            for (k, value) in row(*token).iter().enumerate() {
                deviation[k] += share * (value - mean[k]).abs();
            }
        }
        let norm = |p: i32| shares.iter().map(|share| share.powi(p)).sum::<f32>().powf(1.0 / p as f32);
        let norms = [norm(2), norm(3), present.len() as f32 * 0.25];
        [mean, deviation, smallest, largest, norms.to_vec(), shares].concat()
    }
}
