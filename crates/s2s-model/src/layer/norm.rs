//! Layer normalization: over the last dimension.

use tch::Tensor;

use crate::{Init, Scope, precision::single};

/// Zero mean and unit variance over the last dimension, then a learned scale and shift (Ba et al. 2016), ε = 1e-5.
#[derive(Debug)]
pub struct LayerNorm {
    weight: Tensor,
    bias: Tensor,
    width: i64,
}

impl LayerNorm {
    const EPSILON: f64 = 1e-5;

    /// The identity on values that are already normal.
    pub fn new(scope: &Scope<'_>, width: i64) -> Self {
        let weight = scope.parameter("weight", &[width], Init::Ones);
        Self { weight, bias: scope.parameter("bias", &[width], Init::Zeros), width }
    }

    /// Shape stays; `f32` whatever the states are.
    pub fn forward(&self, x: &Tensor) -> Tensor {
        single(x.shallow_clone()).layer_norm([self.width], Some(&self.weight), Some(&self.bias), Self::EPSILON, true)
    }
}
