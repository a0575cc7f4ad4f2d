//! Fully connected layers with a nonlinearity between them.

use tch::Tensor;

use crate::{Activation, Init, Linear, MlpConfig, Mode, Precision, Scope, precision::single};

/// A nonlinearity of each number of a tensor; shape stays.
pub(crate) fn activate(activation: Activation, x: &Tensor) -> Tensor {
    match activation {
        Activation::Relu => x.relu(),
        Activation::Gelu => x.gelu("none"),
        Activation::Silu => x.silu(),
        Activation::Softplus => x.softplus(),
        Activation::ShiftedSoftplus => x.softplus() - std::f64::consts::LN_2,
    }
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
            x = mode.dropout(activate(self.config.activation, &layer.forward(&x)), self.config.dropout);
        }
        // Rounding a result is no bargain.
        Precision::Single.compute(|| last.forward(&single(x)))
    }

    /// The layers, first to last.
    pub fn layers(&self) -> &[Linear] {
        &self.layers
    }
}
