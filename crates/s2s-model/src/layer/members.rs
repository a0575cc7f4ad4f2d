//! Fully connected layers of several networks that share their matrices.
//!
//! ```text
//! yₘ = ((x ⊙ rₘ) · Wᵀ) ⊙ sₘ + bₘ        m = 1 … M
//! ```
//!
//! # Source
//!
//! Wen et al., BatchEnsemble (2020); Gorishniy et al., TabM (2025): signs scale the first inputs at first, ones everything else,
//! and the last layer is each member's own.

use tch::{Kind, Tensor};

use crate::{Activation, Init, Linear, MlpConfig, Mode, Scope, layer::activate, precision::single};

/// `fc1`, `fc2`, … of `M` members, one number each.
#[derive(Debug)]
pub struct MemberMlp {
    layers: Vec<Shared>,
    /// `(M, inputs)` and `(M)`.
    last: (Tensor, Tensor),
    members: i64,
    activation: Activation,
    dropout: f64,
}

/// A layer whose matrix all members share.
#[derive(Debug)]
struct Shared {
    weight: Linear,
    /// `(M, inputs)`.
    inputs: Tensor,
    /// `(M, outputs)`.
    outputs: Tensor,
    /// `(M, outputs)`.
    bias: Tensor,
}

impl MemberMlp {
    /// `inputs → hidden… → 1` for each of so many members.
    pub fn new(scope: &Scope<'_>, config: &MlpConfig, inputs: i64, members: i64) -> Self {
        let (mut layers, mut inputs) = (Vec::new(), inputs);
        for (k, &outputs) in config.hidden.iter().enumerate() {
            let scope = scope.child(format!("fc{}", k + 1));
            layers.push(Shared {
                weight: Linear::without_bias(&scope, inputs, outputs, Init::Kaiming),
                inputs: scope.parameter("inputs", &[members, inputs], if k == 0 { Init::Signs } else { Init::Ones }),
                outputs: scope.parameter("outputs", &[members, outputs], Init::Ones),
                bias: scope.parameter("bias", &[members, outputs], Init::Zeros),
            });
            inputs = outputs;
        }
        let scope = scope.child(format!("fc{}", config.hidden.len() + 1));
        let last = (
            scope.parameter("weight", &[members, inputs], Init::Lecun),
            scope.parameter("bias", &[members], Init::Zeros),
        );
        Self { layers, last, members, activation: config.activation, dropout: config.dropout }
    }

    /// `(B, inputs)` becomes `f32 (B, M)`.
    pub fn forward(&self, x: &Tensor, mode: Mode<'_>) -> Tensor {
        let mut x = x.unsqueeze(0).expand([self.members, -1, -1], false); // (M, B, inputs)
        for Shared { weight, inputs, outputs, bias } in &self.layers {
            let y = single(weight.forward(&(x * inputs.unsqueeze(1)))) * outputs.unsqueeze(1) + bias.unsqueeze(1);
            x = mode.dropout(activate(self.activation, &y), self.dropout);
        }
        let (weight, bias) = &self.last;
        let y = (x * weight.unsqueeze(1)).sum_dim_intlist([-1].as_slice(), false, Kind::Float); // (M, B)
        (y + bias.unsqueeze(-1)).tr().contiguous()
    }
}
