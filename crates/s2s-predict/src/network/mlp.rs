//! Fully connected layers with a nonlinearity between them.

use std::f64::consts::{LN_2, SQRT_2};

use super::{Linear, NetworkError, Scope};
use crate::{Activation, MlpConfig};

/// `fc1`, `fc2`, … of one row.
#[derive(Debug)]
pub(super) struct Mlp {
    layers: Vec<Linear>,
    activation: Activation,
}

impl Mlp {
    pub(super) fn read(
        scope: &Scope<'_>,
        config: &MlpConfig,
        inputs: usize,
        outputs: usize,
    ) -> Result<Self, NetworkError> {
        let mut layers = Vec::new();
        let mut inputs = inputs;
        for outputs in config.hidden.iter().map(|width| super::size(*width)).chain([Ok(outputs)]) {
            let outputs = outputs?;
            layers.push(Linear::read(&scope.child(format!("fc{}", layers.len() + 1)), inputs, outputs)?);
            inputs = outputs;
        }
        Ok(Self { layers, activation: config.activation })
    }

    pub(super) fn forward(&self, x: Vec<f32>) -> Vec<f32> {
        let (mut x, mut y) = (x, Vec::new());
        for (number, layer) in self.layers.iter().enumerate() {
            if number > 0 {
                x.iter_mut().for_each(|value| *value = self.activation.of(*value));
            }
            layer.forward(&x, &mut y);
            std::mem::swap(&mut x, &mut y);
        }
        x
    }
}

impl Activation {
    /// Of one number.
    pub(super) fn of(self, x: f32) -> f32 {
        let x = f64::from(x);
        let softplus = || x.max(0.0) + (-x.abs()).exp().ln_1p();
        let value = match self {
            Self::Relu => x.max(0.0),
            Self::Gelu => 0.5 * x * (1.0 + libm::erf(x / SQRT_2)),
            Self::Silu => x / (1.0 + (-x).exp()),
            Self::Softplus => softplus(),
            Self::ShiftedSoftplus => softplus() - LN_2,
        };
        value as f32
    }
}
