//! Sizes of fully connected layers.

use serde::{Deserialize, Serialize};

/// A nonlinearity, applied to each number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Activation {
    /// `max(0, x)`.
    Relu,
    /// `x · Φ(x)`, exact (Hendrycks and Gimpel 2016).
    Gelu,
    /// `x · sigmoid(x)`.
    Silu,
    /// `ln(1 + eˣ)`.
    Softplus,
    /// `ln(1 + eˣ) − ln 2`: zero at zero (MEGNet's softplus2).
    ShiftedSoftplus,
}

/// The hidden layers of an `Mlp`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MlpConfig {
    /// Width of each hidden layer, first to last.
    pub hidden: Vec<i64>,
    /// Between all layers, not after the last.
    pub activation: Activation,
    /// Share of the hidden values that training drops.
    pub dropout: f64,
}

impl MlpConfig {
    /// Hidden layers of these widths, of which training drops nothing.
    pub fn new(hidden: impl Into<Vec<i64>>, activation: Activation) -> Self {
        Self { hidden: hidden.into(), activation, dropout: 0.0 }
    }

    /// No hidden layer: one affine map.
    pub fn linear() -> Self {
        Self::new([], Activation::Relu)
    }
}
