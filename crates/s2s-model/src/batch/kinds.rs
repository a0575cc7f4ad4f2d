//! Atoms that a network cannot tell apart.

use std::collections::HashMap;

use s2s_featurize::AtomBatch;
use tch::{Device, Tensor};

use super::Run;
use crate::ModelError;

/// Atoms of a crystal with the same token and the same centroid distance, counted as one.
///
/// An encoder that knows nothing else of an atom gives all atoms of a kind the same state, so it may compute one of
/// them, and let it count as often as there are atoms of the kind. Symmetric crystals have many atoms of few kinds.
///
/// # Shapes
///
/// `S` kinds in all crystals, `T` atoms.
#[derive(Debug)]
pub struct Kinds {
    /// `i64 (S)`; flat place of the first atom of each kind, crystal by crystal.
    pub places: Tensor,
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
        let (mut places, mut of_atoms, mut counts): (Vec<i64>, Vec<i64>, Vec<f32>) = Default::default();
        let mut runs: Vec<Run> = Vec::new();
        let width = batch.tokens.ncols();
        let mut known = HashMap::new();
        for (crystal, present) in batch.present.outer_iter().enumerate() {
            known.clear();
            for atom in (0..width).filter(|atom| present[*atom]) {
                let alike = (batch.tokens[(crystal, atom)], batch.centroid_distances[(crystal, atom)].to_bits());
                let kind = *known.entry(alike).or_insert_with(|| {
                    places.push((crystal * width + atom) as i64);
                    counts.push(0.0);
                    counts.len() - 1
                });
                counts[kind] += 1.0;
                of_atoms.push(kind as i64);
            }
            Run::extend(&mut runs, known.len() as i64);
        }
        if places.len() == of_atoms.len() {
            return Ok(None);
        }
        let send = |tensor: Result<Tensor, tch::TchError>| tensor?.f_to_device(device);
        Ok(Some(Self {
            places: send(Tensor::f_from_slice(&places))?,
            of_atoms: send(Tensor::f_from_slice(&of_atoms))?,
            log_counts: send(Tensor::f_from_slice(&counts))?.f_log()?,
            runs,
        }))
    }
}
