//! Batch normalization: over the rows of a batch.

use tch::{Kind, Tensor};

use crate::{Init, Mode, Scope, precision::single};

/// Zero mean and unit variance per column (Ioffe and Szegedy 2015): of the batch while training, of all batches seen in
/// evaluation. ε = 1e-5, momentum 0.1.
#[derive(Debug)]
pub struct BatchNorm {
    weight: Tensor,
    bias: Tensor,
    running_mean: Tensor,
    running_var: Tensor,
}

impl BatchNorm {
    const EPSILON: f64 = 1e-5;
    const MOMENTUM: f64 = 0.1;

    /// The identity on columns that are already normal.
    pub fn new(scope: &Scope<'_>, width: i64) -> Self {
        let constant = |value: f64| Tensor::full([width], value, (Kind::Float, tch::Device::Cpu));
        Self {
            weight: scope.parameter("weight", &[width], Init::Ones),
            bias: scope.parameter("bias", &[width], Init::Zeros),
            running_mean: scope.statistic("running_mean", &constant(0.0)),
            running_var: scope.statistic("running_var", &constant(1.0)),
        }
    }

    /// Rows `(R, width)`; shape stays. A single row has no variance and is normalized as in evaluation.
    pub fn forward(&self, x: &Tensor, mode: Mode<'_>) -> Tensor {
        let training = mode.is_train() && x.size()[0] > 1;
        single(x.shallow_clone()).batch_norm(
            Some(&self.weight),
            Some(&self.bias),
            Some(&self.running_mean),
            Some(&self.running_var),
            training,
            Self::MOMENTUM,
            Self::EPSILON,
            true,
        )
    }
}
