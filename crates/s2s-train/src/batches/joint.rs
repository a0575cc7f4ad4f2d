//! Batches of crystals with several targets, of which each crystal has some, and with masked atoms on request.

use s2s_data::target::Target;
use s2s_featurize::{
    AtomBatch, AtomFeatures, BatchOrder, BatchPlan, BatchSampler, BatchSize, Collate, Masker, PaddedCollate,
};
use s2s_model::{AtomEncoder, DeviceBatch, device::send};
use tch::{Device, Tensor};

use super::{Batches, CollatedMasks, EncodedCrystals, Masks, View, sampler};
use crate::{TrainError, objective::JointBatch};

/// Crystals with several targets.
#[derive(Debug)]
pub struct JointBatches<'f> {
    features: Vec<&'f AtomFeatures>,
    /// Target by target of each crystal; those that it lacks have the value and the weight zero.
    values: Vec<f32>,
    weights: Vec<f32>,
    targets: usize,
    masking: Option<(Masker, Masks, View)>,
    states: Option<EncodedCrystals>,
    sampler: BatchSampler,
    device: Device,
}

/// A batch of [`JointBatches`] in host memory.
#[derive(Debug)]
pub struct CollatedTargets {
    crystals: CollatedCrystals,
    values: Vec<f32>,
    weights: Vec<f32>,
    indices: Vec<u32>,
}

#[derive(Debug)]
enum CollatedCrystals {
    Whole(AtomBatch),
    Masked(CollatedMasks),
}

impl<'f> JointBatches<'f> {
    /// Batches of these crystals in the order of their sizes, the same in every epoch: for evaluation. Each crystal has a row of
    /// `targets` values, some of which are missing.
    ///
    /// # Errors
    ///
    /// [`TrainError::Data`] unless there is one row of that length per crystal, and each value is finite and each weight finite
    /// and not negative; [`TrainError::Featurize`] if batches cannot be planned.
    pub fn new(
        features: Vec<&'f AtomFeatures>,
        rows: &[Vec<Option<Target<f64>>>],
        targets: usize,
        size: BatchSize,
        device: Device,
    ) -> Result<Self, TrainError> {
        let is_sound = |found: &Target<f64>| found.value.is_finite() && found.weight.is_finite() && found.weight >= 0.0;
        let are_sound = |row: &Vec<Option<Target<f64>>>| row.len() == targets && row.iter().flatten().all(is_sound);
        if features.len() != rows.len() || !rows.iter().all(are_sound) {
            let reason = format!("{} rows of {targets} finite values with weights are needed", features.len());
            return Err(TrainError::Data { reason });
        }
        let cells = || rows.iter().flatten();
        Ok(Self {
            values: cells().map(|cell| cell.map_or(0.0, |found| found.value as f32)).collect(),
            weights: cells().map(|cell| cell.map_or(0.0, |found| found.weight as f32)).collect(),
            targets,
            masking: None,
            states: None,
            sampler: sampler(&features, size)?,
            features,
            device,
        })
    }

    /// The same in another order: for training, one that differs from epoch to epoch.
    ///
    /// # Errors
    ///
    /// [`TrainError::Featurize`] if a pool has room for nothing.
    pub fn ordered(self, order: BatchOrder, seed: u64) -> Result<Self, TrainError> {
        Ok(Self { sampler: self.sampler.ordered(order, seed)?, ..self })
    }

    /// The same with some atoms masked, for a network that sees these others.
    #[must_use]
    pub fn masked(self, masker: Masker, masks: Masks, view: View) -> Self {
        Self { masking: Some((masker, masks, view)), states: None, ..self }
    }

    /// The same with the states that an encoder gives to all atoms, computed once, as
    /// [`LabeledBatches::encoded_by`](super::LabeledBatches::encoded_by) does; crystals with masked atoms are encoded anew each time.
    ///
    /// # Errors
    ///
    /// [`TrainError`] if a batch cannot be made.
    pub fn encoded_by(mut self, encoder: &dyn AtomEncoder) -> Result<Self, TrainError> {
        if self.masking.is_none() {
            self.states = EncodedCrystals::new(&self.features, encoder, self.device)?;
        }
        Ok(self)
    }
}

impl Batches for JointBatches<'_> {
    type Batch = JointBatch;
    type Collated = CollatedTargets;

    fn plan(&self, epoch: u64) -> BatchPlan {
        self.sampler.epoch(epoch)
    }

    fn collate(&self, epoch: u64, crystals: &[u32]) -> Result<CollatedTargets, TrainError> {
        let items: Vec<&AtomFeatures> = crystals.iter().map(|&i| self.features[i as usize]).collect();
        let collated = PaddedCollate.collate(&items)?;
        let rows = |all: &[f32]| -> Vec<f32> {
            let row = |&i: &u32| &all[i as usize * self.targets..][..self.targets];
            crystals.iter().flat_map(row).copied().collect()
        };
        Ok(CollatedTargets {
            values: rows(&self.values),
            weights: rows(&self.weights),
            crystals: match &self.masking {
                None => CollatedCrystals::Whole(collated),
                Some((masker, masks, view)) => {
                    let indices: Vec<u64> = crystals.iter().map(|&i| i.into()).collect();
                    let masked = masker.apply(collated, masks.epoch(epoch), &indices)?;
                    CollatedCrystals::Masked(CollatedMasks::new(masked, *view))
                }
            },
            indices: crystals.to_vec(),
        })
    }

    fn upload(&self, collated: CollatedTargets) -> Result<JointBatch, TrainError> {
        let shape = [collated.indices.len() as i64, self.targets as i64];
        let table = |numbers: &[f32]| send(&Tensor::f_from_slice(numbers)?.f_view(shape)?, self.device);
        let (targets, weights) = (table(&collated.values)?, table(&collated.weights)?);
        let (crystals, masked) = match collated.crystals {
            CollatedCrystals::Whole(crystals) => (DeviceBatch::upload(&crystals, self.device)?, None),
            CollatedCrystals::Masked(masks) => {
                let (crystals, masked) = masks.upload(self.device)?;
                (crystals, Some(masked))
            }
        };
        let states = self.states.as_ref().map(|all| all.of(&collated.indices));
        Ok(JointBatch { crystals, targets, weights, masked, states })
    }

    fn collates_ahead(&self) -> bool {
        self.device.is_cuda()
    }
}
