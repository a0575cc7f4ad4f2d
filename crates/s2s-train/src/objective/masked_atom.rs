//! The masked-atom objective (Eq. 9).

use std::collections::BTreeMap;

use s2s_model::{AtomEncoder, AtomStates, DeviceBatch, ElementLogits, Head, MaskedAtomModel, Mode};
use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

use super::{Objective, Outcome, Step, defined};
use crate::TrainError;

/// Cross-entropy over the element classes of the masked atoms (Eq. 9).
#[derive(Debug)]
pub struct MaskedAtomObjective<E, H>(pub MaskedAtomModel<E, H>);

/// Crystals with some atoms masked.
#[derive(Debug)]
pub struct MaskedAtomBatch {
    /// The crystals, with the mask token in the masked slots.
    pub crystals: DeviceBatch,
    /// Which atoms are masked.
    pub masked: MaskedAtoms,
}

/// The masked atoms of a batch.
#[derive(Debug)]
pub struct MaskedAtoms {
    /// `i64 (M)`: flat slots `crystal · N + atom` of the masked atoms.
    pub slots: Tensor,
    /// `i64 (M)`: their element classes.
    pub targets: Tensor,
    /// `bool (M)`: whether the network sees another atom from there.
    pub neighbored: Tensor,
}

impl<E, H> Objective for MaskedAtomObjective<E, H>
where
    E: AtomEncoder,
    H: Head<AtomStates, Output = ElementLogits>,
{
    type Batch = MaskedAtomBatch;
    type Outcome = MaskedAtomCounts;

    fn step(&self, batch: &MaskedAtomBatch, mode: Mode<'_>) -> Result<Step, TrainError> {
        Ok(batch.masked.step(&self.0.forward(&batch.crystals, &batch.masked.slots, mode)))
    }
}

impl MaskedAtoms {
    /// Cross-entropy of the scores of these atoms, `(M, V)`, and what [`MaskedAtomCounts`] is read from.
    pub(super) fn step(&self, ElementLogits(scores): &ElementLogits) -> Step {
        let loss = scores.cross_entropy_for_logits(&self.targets);
        let right = scores.argmax(-1, false).eq_tensor(&self.targets);
        // Among the five best: the target's score is beaten by fewer than five others.
        let own = scores.gather(-1, &self.targets.unsqueeze(-1), false);
        let better = scores.gt_tensor(&own).sum_dim_intlist(-1, false, Kind::Int64);
        let near = better.lt(5).sum(Kind::Int64);
        let neighbored = &self.neighbored;
        let counts = [&right, neighbored, &right.logical_and(neighbored)].map(|some| some.sum(Kind::Int64));
        let [right, neighbored, neighbored_right] = counts;
        Step { loss, items: self.targets.numel(), seen: vec![right, near, neighbored, neighbored_right] }
    }
}

/// How many masked elements were predicted right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MaskedAtomCounts {
    /// Masked atoms.
    pub atoms: u64,
    /// Those whose element scored best.
    pub right: u64,
    /// Those whose element was among the five best.
    pub among_five: u64,
    /// Masked atoms from which the network sees another atom.
    #[serde(default)]
    pub neighbored: u64,
    /// Those of them whose element scored best.
    #[serde(default)]
    pub neighbored_right: u64,
}

impl Outcome for MaskedAtomCounts {
    fn read(items: usize, seen: &[&[f64]]) -> Self {
        let count = |k: usize| seen[k][0] as u64;
        Self {
            atoms: items as u64,
            right: count(0),
            among_five: count(1),
            neighbored: count(2),
            neighbored_right: count(3),
        }
    }

    fn absorb(&mut self, other: Self) {
        self.atoms += other.atoms;
        self.right += other.right;
        self.among_five += other.among_five;
        self.neighbored += other.neighbored;
        self.neighbored_right += other.neighbored_right;
    }

    fn metrics(&self) -> BTreeMap<String, f64> {
        let share = |part: u64, all: u64| (all > 0).then(|| part as f64 / all as f64);
        let alone = (self.right - self.neighbored_right, self.atoms - self.neighbored);
        defined([
            ("accuracy", share(self.right, self.atoms)),
            ("accuracy_among_five", share(self.among_five, self.atoms)),
            ("accuracy_with_neighbors", share(self.neighbored_right, self.neighbored)),
            ("accuracy_without_neighbors", share(alone.0, alone.1)),
        ])
    }
}
