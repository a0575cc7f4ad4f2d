//! Atom states that an encoder which does not learn gives to crystals, computed once.

use std::sync::{Mutex, PoisonError};

use s2s_featurize::{AtomFeatures, BatchOrder, BatchSampler, BatchSize, Collate, PaddedCollate};
use s2s_model::{AtomEncoder, DeviceBatch, Mode};
use tch::{Device, Tensor, no_grad};

use crate::TrainError;

/// `f32 (n, D)` for each crystal of `n` atoms.
///
/// Locked, because libtorch's tensors may be sent to other threads and not shared with them.
#[derive(Debug)]
pub(super) struct EncodedCrystals(Mutex<Vec<Tensor>>);

/// Padded atoms that an encoder is given at once.
const PADDED_ATOMS: usize = 1024;

impl EncodedCrystals {
    /// The states of these crystals; `None` for an encoder with states of more than atoms, as MEGNet's.
    pub(super) fn new(
        features: &[&AtomFeatures],
        encoder: &dyn AtomEncoder,
        device: Device,
    ) -> Result<Option<Self>, TrainError> {
        let mut states: Vec<Option<Tensor>> = features.iter().map(|_| None).collect();
        let sizes = features.iter().map(|features| features.num_atoms() as u32).collect();
        let plan = BatchSampler::new(sizes, BatchSize::PaddedAtoms(PADDED_ATOMS), BatchOrder::BySize, 0)?.epoch(0);
        for crystals in plan.batches(0..plan.len()) {
            let items: Vec<&AtomFeatures> = crystals.iter().map(|&i| features[i as usize]).collect();
            let batch = DeviceBatch::upload(&PaddedCollate.collate(&items)?, device)?;
            let found = no_grad(|| encoder.encode(&batch, Mode::Eval));
            if found.graph.is_some() {
                return Ok(None);
            }
            let atoms: Vec<i64> = items.iter().map(|features| features.num_atoms() as i64).collect();
            for (&crystal, of_crystal) in
                crystals.iter().zip(found.packed(&batch).split_with_sizes(atoms.as_slice(), 0))
            {
                // A view would keep the states of the whole batch.
                states[crystal as usize] = Some(of_crystal.copy());
            }
        }
        Ok(states.into_iter().collect::<Option<_>>().map(|states| Self(Mutex::new(states))))
    }

    /// `f32 (T, D)`: the states of the atoms of some crystals, one crystal after the other.
    pub(super) fn of(&self, crystals: &[u32]) -> Tensor {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of_crystals: Vec<&Tensor> = crystals.iter().map(|&i| &all[i as usize]).collect();
        Tensor::cat(&of_crystals, 0)
    }
}
