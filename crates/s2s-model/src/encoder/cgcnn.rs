//! The crystal graph convolutional network of Xie and Grossman.
//!
//! ```text
//! z = W · [vᵢ ; vⱼ ; g(dᵢⱼ)] + b      vᵢ′ = softplus(vᵢ + BN₂(Σⱼ sigmoid(z₁) · softplus(z₂)))      (z₁, z₂) = BN₁(z)
//! ```
//!
//! # Source
//!
//! Xie and Grossman, Phys. Rev. Lett. 120, 145301 (2018); published code `cgcnn/model.py` (MIT).
//!
//! # Deviations
//!
//! | | published code | here |
//! |---|---|---|
//! | neighbors | always twelve, filled up with atom 0 at 9 Å | the pairs of the batch; [`NeighborPadding::FirstAtom`] fills up |
//! | `W · [vᵢ ; vⱼ ; g]` | one product over all pairs | the three parts of `W` apart: those of atoms once per atom |
//!
//! [`NeighborPadding::FirstAtom`]: s2s_featurize::NeighborPadding::FirstAtom

use tch::{Kind, Tensor};

use crate::layer::radial;
use crate::precision::{affine, single};
use crate::{
    AtomEncoder, AtomStates, BatchNorm, CgcnnEncoderConfig, DeviceBatch, GaussianExpansion, Init, Linear, Mode, Scope,
};

/// Gated convolutions over the nearest neighbors.
#[derive(Debug)]
pub struct CgcnnEncoder {
    elements: Tensor,
    embedding: Linear,
    gaussians: GaussianExpansion,
    convolutions: Vec<Convolution>,
}

#[derive(Debug)]
struct Convolution {
    full: Linear,
    gate_norm: BatchNorm,
    sum_norm: BatchNorm,
    width: i64,
}

impl CgcnnEncoder {
    /// An encoder that starts from the rows of `elements`, `f32 (tokens, P)`.
    pub fn new(scope: &Scope<'_>, config: &CgcnnEncoderConfig, elements: &Tensor) -> Self {
        let convolution = |k: usize| Convolution::new(&scope.child("convolutions").child(k), config);
        Self {
            elements: scope.buffer("elements", elements),
            embedding: Linear::new(&scope.child("embedding"), elements.size()[1], config.width, Init::Lecun),
            gaussians: GaussianExpansion::new(&config.basis, scope.device()),
            convolutions: (0..config.convolutions).map(convolution).collect(),
        }
    }

    /// States before the first convolution and after each: `f32 (T, D)` each.
    pub fn trace(&self, batch: &DeviceBatch, mode: Mode<'_>) -> Vec<Tensor> {
        let rows = self.elements.index_select(0, &batch.pack(batch.tokens()));
        let expanded = self.gaussians.forward(batch.pair_distances());
        let mut states = vec![single(self.embedding.forward(&rows))];
        for convolution in &self.convolutions {
            states.push(convolution.forward(&states[states.len() - 1], &expanded, batch, mode));
        }
        states
    }
}

impl Convolution {
    fn new(scope: &Scope<'_>, config: &CgcnnEncoderConfig) -> Self {
        let width = config.width;
        let inputs = 2 * width + radial(&config.basis);
        Self {
            full: Linear::new(&scope.child("full"), inputs, 2 * width, Init::Lecun),
            gate_norm: BatchNorm::new(&scope.child("gate_norm"), 2 * width),
            sum_norm: BatchNorm::new(&scope.child("sum_norm"), width),
            width,
        }
    }

    fn forward(&self, x: &Tensor, expanded: &Tensor, batch: &DeviceBatch, mode: Mode<'_>) -> Tensor {
        let weight = self.full.weight();
        let part = |start: i64, length: i64| weight.narrow(1, start, length);
        let of_atoms = |start: i64| batch.unpack(&single(affine(x, &part(start, self.width), None))).flatten(0, 1);
        let radial = weight.size()[1] - 2 * self.width;
        let z = affine(expanded, &part(2 * self.width, radial), self.full.bias())
            + gather(&of_atoms(0), batch.pair_centers())
            + gather(&of_atoms(self.width), batch.pair_neighbors());
        let z = self.gate_norm.forward(&z, mode);
        let messages = z.narrow(1, 0, self.width).sigmoid() * z.narrow(1, self.width, self.width).softplus();
        let slots = batch.num_crystals() * batch.num_slots();
        let empty = Tensor::zeros([slots, self.width], (Kind::Float, batch.device()));
        let summed = empty.index_add(0, batch.pair_centers(), &messages);
        let summed = batch.pack(&summed.view([batch.num_crystals(), batch.num_slots(), self.width]));
        (x + self.sum_norm.forward(&summed, mode)).softplus()
    }
}

/// Rows of a table; its gradient is summed without atomic operations on the CPU.
fn gather(table: &Tensor, rows: &Tensor) -> Tensor {
    Tensor::embedding(table, rows, -1, false, false)
}

impl AtomEncoder for CgcnnEncoder {
    fn encode(&self, batch: &DeviceBatch, mode: Mode<'_>) -> AtomStates {
        let states = self.trace(batch, mode).pop().expect("invariant: the embedding is always there");
        AtomStates::of_atoms(states, batch)
    }
}
