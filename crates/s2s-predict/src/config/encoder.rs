//! Sizes of the encoders of S2SNet.

use s2s_featurize::GaussianBasis;
use serde::{Deserialize, Serialize};

/// Where the factor `1/√d` stands in Eq. 7.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ScoreScaling {
    /// `softmax(q · Kᵀ / √d)`, as in the released code.
    BeforeSoftmax,
    /// `softmax(q · Kᵀ) / √d`, as printed; every layer then shrinks its input by √d.
    AfterSoftmax,
}

/// Sizes of a `ReleasedEncoder`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReleasedEncoderConfig {
    /// Width of a state: 512.
    pub width: i64,
    /// Transformer layers: 5.
    pub layers: usize,
    /// Attention heads: 16.
    pub heads: i64,
    /// Width inside the feed-forward part: 2048.
    pub feed_forward: i64,
    /// Share of values dropped after attention, inside and after the feed-forward part, and of the positions: 0.3.
    pub dropout: f64,
    /// Share of attention scores dropped: 0.1.
    pub attention_dropout: f64,
    /// Expansion of the centroid distance.
    pub basis: GaussianBasis,
}

impl ReleasedEncoderConfig {
    /// As the file of the released code builds it.
    pub fn released() -> Self {
        Self {
            width: 512,
            layers: 5,
            heads: 16,
            feed_forward: 2048,
            dropout: 0.3,
            attention_dropout: 0.1,
            basis: GaussianBasis::released(),
        }
    }
}

/// Sizes of a `PeriodicEncoder`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PeriodicEncoderConfig {
    /// Width of a state, `D`.
    pub width: i64,
    /// Layers of attention and feed-forward.
    pub layers: usize,
    /// Attention heads per layer.
    pub heads: i64,
    /// Numbers per shell that the convolution of a layer sums over neighbors.
    pub channels: i64,
    /// Width inside the feed-forward part.
    pub feed_forward: i64,
    /// Share of values that training drops from what each half of a layer adds.
    pub dropout: f64,
    /// Cutoff of the neighbors, in Å.
    pub cutoff: f64,
    /// Expansion of the distances between atoms.
    pub basis: GaussianBasis,
}

impl PeriodicEncoderConfig {
    /// Width 128, three layers, four heads, sixteen shells up to 5 Å.
    pub fn standard() -> Self {
        let cutoff = 5.0;
        Self {
            width: 128,
            layers: 3,
            heads: 4,
            channels: 16,
            feed_forward: 256,
            dropout: 0.1,
            cutoff,
            basis: GaussianBasis::new(1.0, (cutoff - 1.0) / 15.0, 16, 0.4).expect("invariant: sixteen centers"),
        }
    }
}
