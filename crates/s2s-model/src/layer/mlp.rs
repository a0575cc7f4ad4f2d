//! Fully connected layers with a nonlinearity between them.

use serde::{Deserialize, Serialize};
use tch::Tensor;

use crate::{Init, Linear, Mode, Precision, Scope, precision::single};

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

impl Activation {
    /// Shape stays.
    pub fn forward(self, x: &Tensor) -> Tensor {
        match self {
            Self::Relu => x.relu(),
            Self::Gelu => x.gelu("none"),
            Self::Silu => x.silu(),
            Self::Softplus => x.softplus(),
            Self::ShiftedSoftplus => x.softplus() - std::f64::consts::LN_2,
        }
    }
}

/// The hidden layers of an [`Mlp`].
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

/// `fc1`, `fc2`, … with a nonlinearity between them.
#[derive(Debug)]
pub struct Mlp {
    layers: Vec<Linear>,
    config: MlpConfig,
}

impl Mlp {
    /// `inputs → hidden… → outputs`.
    pub fn new(scope: &Scope<'_>, config: &MlpConfig, inputs: i64, outputs: i64) -> Self {
        let sizes: Vec<i64> = [inputs].into_iter().chain(config.hidden.iter().copied()).chain([outputs]).collect();
        let layer = |(k, pair): (usize, &[i64])| {
            // The last layer feeds a loss, not a rectifier.
            let init = if k == config.hidden.len() { Init::Lecun } else { Init::Kaiming };
            Linear::new(&scope.child(format!("fc{}", k + 1)), pair[0], pair[1], init)
        };
        Self { layers: sizes.windows(2).enumerate().map(layer).collect(), config: config.clone() }
    }

    /// `(…, inputs)` becomes `f32 (…, outputs)`.
    pub fn forward(&self, x: &Tensor, mode: Mode<'_>) -> Tensor {
        let (last, inner) = self.layers.split_last().expect("invariant: there is a last layer");
        let mut x = x.shallow_clone();
        for layer in inner {
            x = mode.dropout(self.config.activation.forward(&layer.forward(&x)), self.config.dropout);
        }
        // Rounding a result is no bargain.
        Precision::Single.compute(|| last.forward(&single(x)))
    }

    /// The layers, first to last.
    pub fn layers(&self) -> &[Linear] {
        &self.layers
    }
}
