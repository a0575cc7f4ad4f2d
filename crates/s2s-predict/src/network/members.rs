//! Fully connected layers of several networks that share their matrices.

use super::{Linear, NetworkError, Scope};
use crate::{Activation, MlpConfig};

/// `fc1`, `fc2`, … of one row: the inputs of each layer are scaled by numbers of each member, and so are its outputs; the last
/// layer is each member's own.
#[derive(Debug)]
pub(super) struct MemberMlp {
    members: usize,
    layers: Vec<Shared>,
    activation: Activation,
    /// `(members, inputs)` and `(members)`.
    last: (Vec<f32>, Vec<f32>),
}

/// A layer whose matrix all members share.
#[derive(Debug)]
struct Shared {
    weight: Linear,
    /// `(members, inputs)`.
    inputs: Vec<f32>,
    /// `(members, outputs)`.
    outputs: Vec<f32>,
    /// `(members, outputs)`.
    bias: Vec<f32>,
}

impl MemberMlp {
    pub(super) fn read(
        scope: &Scope<'_>,
        config: &MlpConfig,
        inputs: usize,
        members: usize,
    ) -> Result<Self, NetworkError> {
        let (mut layers, mut inputs) = (Vec::new(), inputs);
        for outputs in config.hidden.iter().map(|width| super::size(*width)) {
            let (outputs, scope) = (outputs?, scope.child(format!("fc{}", layers.len() + 1)));
            layers.push(Shared {
                weight: Linear::read_without_bias(&scope, inputs, outputs)?,
                inputs: scope.take("inputs", &[members, inputs])?,
                outputs: scope.take("outputs", &[members, outputs])?,
                bias: scope.take("bias", &[members, outputs])?,
            });
            inputs = outputs;
        }
        let scope = scope.child(format!("fc{}", layers.len() + 1));
        let last = (scope.take("weight", &[members, inputs])?, scope.take("bias", &[members])?);
        Ok(Self { members, layers, activation: config.activation, last })
    }

    /// One number per member.
    pub(super) fn forward(&self, x: Vec<f32>) -> Vec<f32> {
        let mut rows: Vec<f32> = x.repeat(self.members);
        let mut next = Vec::new();
        for layer in &self.layers {
            rows.iter_mut().zip(&layer.inputs).for_each(|(value, scale)| *value *= scale);
            layer.weight.forward(&rows, &mut next);
            for (value, (scale, bias)) in next.iter_mut().zip(layer.outputs.iter().zip(&layer.bias)) {
                *value = self.activation.of(*value * scale + bias);
            }
            std::mem::swap(&mut rows, &mut next);
        }
        let (weight, bias) = &self.last;
        let width = weight.len() / self.members;
        let sum = |(row, own): (&[f32], &[f32])| row.iter().zip(own).map(|(value, weight)| value * weight).sum::<f32>();
        rows.chunks_exact(width)
            .zip(weight.chunks_exact(width))
            .map(sum)
            .zip(bias)
            .map(|(sum, bias)| sum + bias)
            .collect()
    }
}
