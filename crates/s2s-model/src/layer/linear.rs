//! The linear layer, `y = x · Wᵀ + b`.

use tch::Tensor;

use crate::{Init, Precision, Scope, precision::affine};

/// An affine map of the last dimension.
#[derive(Debug)]
pub struct Linear {
    weight: Tensor,
    bias: Option<Tensor>,
}

impl Linear {
    /// `inputs → outputs`, with a bias that starts at zero.
    pub fn new(scope: &Scope<'_>, inputs: i64, outputs: i64, init: Init) -> Self {
        let bias = Some(scope.parameter("bias", &[outputs], Init::Zeros));
        Self { weight: scope.parameter("weight", &[outputs, inputs], init), bias }
    }

    /// `inputs → outputs`, without a bias.
    pub fn without_bias(scope: &Scope<'_>, inputs: i64, outputs: i64, init: Init) -> Self {
        Self { weight: scope.parameter("weight", &[outputs, inputs], init), bias: None }
    }

    /// `(…, inputs)` becomes `(…, outputs)`, in the [`Precision`](crate::Precision) in force.
    pub fn forward(&self, x: &Tensor) -> Tensor {
        affine(x, &self.weight, self.bias.as_ref())
    }

    /// `onto (T, outputs)` plus what `x (T, inputs)` becomes: the product adds to what is already there.
    pub fn forward_onto(&self, x: &Tensor, onto: &Tensor) -> Tensor {
        match &self.bias {
            Some(bias) if Precision::in_force().takes_single() => (onto + bias).addmm_(x, &self.weight.tr()),
            _ => onto + self.forward(x),
        }
    }

    /// `(outputs, inputs)`.
    pub fn weight(&self) -> &Tensor {
        &self.weight
    }

    /// `(outputs)`, if there is a bias.
    pub fn bias(&self) -> Option<&Tensor> {
        self.bias.as_ref()
    }
}
