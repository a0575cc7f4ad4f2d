//! Kinds of atoms: those that a network cannot tell apart are computed once.

use std::collections::HashMap;

use s2s_featurize::AtomBatch;
use tch::{Device, Tensor};

use super::Run;
use crate::ModelError;

/// Atoms of a crystal with the same token and the same centroid distance, counted as one.
///
/// An encoder without other inputs per atom gives all atoms of a kind the same state, so it may compute one of
/// them, and let it count as often as there are atoms of the kind. Symmetric crystals have many atoms of few kinds.
///
/// # Shapes
///
/// `S` kinds in all crystals, `T` atoms.
#[derive(Debug)]
pub struct Kinds {
    /// `i64 (S)`; flat slot of the first atom of each kind; the crystals with the fewest kinds come first.
    pub slots: Tensor,
    /// `i64 (T)`; which kind each atom is of.
    pub of_atoms: Tensor,
    /// `f32 (S)`; logarithm of the number of atoms of each kind.
    pub log_counts: Tensor,
    /// Consecutive crystals with the same number of kinds.
    pub runs: Vec<Run>,
}

impl Kinds {
    /// The kinds of a batch; `None` if no two atoms of a crystal are alike.
    pub(super) fn find(batch: &AtomBatch, device: Device) -> Result<Option<Self>, ModelError> {
        let crystals: Vec<Crystal> = (0..batch.tokens.nrows()).map(|crystal| Crystal::of(batch, crystal)).collect();
        // Crystals with as many kinds are put together, so that runs are long.
        let mut order: Vec<usize> = (0..crystals.len()).collect();
        order.sort_by_key(|&crystal| crystals[crystal].slots.len());
        let (mut slots, mut counts): (Vec<i64>, Vec<f32>) = Default::default();
        let mut first = vec![0; crystals.len()];
        let mut runs: Vec<Run> = Vec::new();
        for crystal in order {
            first[crystal] = slots.len() as i64;
            slots.extend(&crystals[crystal].slots);
            counts.extend(&crystals[crystal].counts);
            Run::extend(&mut runs, crystals[crystal].slots.len() as i64);
        }
        let mut of_atoms: Vec<i64> = Vec::new();
        for (crystal, first) in crystals.iter().zip(first) {
            of_atoms.extend(crystal.of_atoms.iter().map(|kind| first + kind));
        }
        if slots.len() == of_atoms.len() {
            return Ok(None);
        }
        let send = |tensor: Result<Tensor, tch::TchError>| tensor?.f_to_device(device);
        Ok(Some(Self {
            slots: send(Tensor::f_from_slice(&slots))?,
            of_atoms: send(Tensor::f_from_slice(&of_atoms))?,
            log_counts: send(Tensor::f_from_slice(&counts))?.f_log()?,
            runs,
        }))
    }
}

/// The kinds of one crystal, numbered from zero.
struct Crystal {
    slots: Vec<i64>,
    counts: Vec<f32>,
    of_atoms: Vec<i64>,
}

impl Crystal {
    fn of(batch: &AtomBatch, crystal: usize) -> Self {
        let width = batch.tokens.ncols();
        let mut found = Self { slots: Vec::new(), counts: Vec::new(), of_atoms: Vec::new() };
        let mut known = HashMap::new();
        for atom in (0..width).filter(|atom| batch.present[(crystal, *atom)]) {
            let alike = (batch.tokens[(crystal, atom)], batch.centroid_distances[(crystal, atom)].to_bits());
            let kind = *known.entry(alike).or_insert_with(|| {
                found.slots.push((crystal * width + atom) as i64);
                found.counts.push(0.0);
                found.counts.len() - 1
            });
            found.counts[kind] += 1.0;
            found.of_atoms.push(kind as i64);
        }
        found
    }
}
