//! States of atoms and crystals, between encoder, readout and head.

use std::cell::OnceCell;

use tch::Tensor;

use crate::{DeviceBatch, batch::unpack};

/// One vector per atom.
///
/// Where an encoder works without padding, slots without an atom are made only when they are needed.
#[derive(Debug)]
pub struct AtomStates {
    /// `bool (B, N)`; `true` where an atom is.
    pub mask: Tensor,
    /// What some encoders know besides atoms.
    pub graph: Option<GraphStates>,
    padded: OnceCell<Tensor>,
    packed: Option<Packed>,
}

/// States without slots for atoms that are not there.
#[derive(Debug)]
struct Packed {
    values: Tensor,
    atoms: Tensor,
}

impl AtomStates {
    /// States in slots, `f32 (B, N, D)`, of atoms alone; where `mask`, `bool (B, N)`, is false they may be anything.
    pub fn new(values: Tensor, mask: Tensor) -> Self {
        Self { mask, graph: None, padded: values.into(), packed: None }
    }

    /// States in the slots of a batch, `f32 (B, N, D)`; those of padding may be anything.
    pub fn in_slots(values: Tensor, batch: &DeviceBatch) -> Self {
        Self::new(values, batch.present().shallow_clone())
    }

    /// States `f32 (T, D)` of the atoms of a batch, one after another.
    pub fn of_atoms(values: Tensor, batch: &DeviceBatch) -> Self {
        let packed = Packed { values, atoms: batch.atoms().shallow_clone() };
        Self { mask: batch.present().shallow_clone(), graph: None, padded: OnceCell::new(), packed: Some(packed) }
    }

    /// `f32 (B, N, D)`; rows where the mask is false are unspecified.
    pub fn values(&self) -> &Tensor {
        self.padded.get_or_init(|| {
            let packed = self.packed.as_ref().expect("invariant: states are padded, packed or both");
            unpack(&packed.values, &packed.atoms, self.mask.size2().expect("invariant: a mask has two axes"))
        })
    }

    /// `f32 (B, N, D)`; the states in their slots, with this number in those of padding.
    pub fn padded_with(&self, number: f64) -> Tensor {
        self.values().masked_fill(&self.mask.logical_not().unsqueeze(-1), number)
    }

    /// `f32 (T, D)`; the states of the atoms of the batch that they were made of, one after another.
    pub fn packed(&self, batch: &DeviceBatch) -> Tensor {
        self.packed.as_ref().map_or_else(|| batch.pack(self.values()), |packed| packed.values.shallow_clone())
    }

    /// Width `D` of a state.
    pub fn width(&self) -> i64 {
        match &self.packed {
            Some(packed) => packed.values.size()[1],
            None => self.values().size()[2],
        }
    }

    /// The states at some flat slots `crystal · N + atom`, as one crystal of that many atoms.
    pub fn at(&self, slots: &Tensor) -> AtomStates {
        let values = self.values().reshape([-1, self.width()]).index_select(0, slots).unsqueeze(0);
        AtomStates::new(values, self.mask.reshape([-1]).index_select(0, slots).unsqueeze(0))
    }
}

/// States of pairs and of whole crystals, for encoders that update them too (MEGNet).
#[derive(Debug)]
pub struct GraphStates {
    /// `f32 (E, D)`; one row per directed pair of the batch, in the batch's order.
    pub pairs: Tensor,
    /// `f32 (B, D)`.
    pub crystals: Tensor,
}

/// One vector per crystal: `f32 (B, W)`.
#[derive(Debug)]
pub struct CrystalStates(pub Tensor);

/// One logit per crystal: `f32 (B)`; the probability of the positive class is its sigmoid.
#[derive(Debug)]
pub struct BinaryLogits(pub Tensor);

impl BinaryLogits {
    /// The logit of the mean of the probabilities of several members' logits, `f32 (B, M)`.
    pub fn of_members(logits: &Tensor) -> Self {
        // log σ(z) = −softplus(−z)
        let log_of_sum = |negative: &Tensor| negative.softplus().neg().logsumexp([1].as_slice(), false);
        Self(log_of_sum(&logits.neg()) - log_of_sum(logits))
    }

    /// Probabilities in (0, 1): `f32 (B)`.
    pub fn probabilities(&self) -> Tensor {
        self.0.sigmoid()
    }
}

/// One score per atom and element class: `f32 (…, V)`; class `k` is token `k + 1`.
#[derive(Debug)]
pub struct ElementLogits(pub Tensor);

/// One number per crystal: `f32 (B)`, in the unit of the training targets.
#[derive(Debug)]
pub struct Regression(pub Tensor);
