//! Where the batches of an epoch come from.

use s2s_featurize::{
    AtomFeatures, BatchOrder, BatchPlan, BatchSampler, BatchSize, Collate, FeaturizeError, Masker, PaddedCollate,
};
use s2s_model::{DeviceBatch, device::send};
use tch::{Device, Tensor};

use crate::{
    TrainError,
    objective::{LabeledBatch, MaskedAtomBatch},
};

/// Plans epochs and makes their batches, each a pure function of its place.
pub trait Batches {
    /// What an objective is given.
    type Batch;

    /// Which crystals go together in this epoch, and in which order.
    fn plan(&self, epoch: u64) -> BatchPlan;

    /// The batch of these crystals.
    ///
    /// # Errors
    ///
    /// [`TrainError`] if crystals do not fit together or onto the device.
    fn batch(&self, epoch: u64, crystals: &[u32]) -> Result<Self::Batch, TrainError>;
}

impl<B: Batches + ?Sized> Batches for &B {
    type Batch = B::Batch;

    fn plan(&self, epoch: u64) -> BatchPlan {
        (**self).plan(epoch)
    }

    fn batch(&self, epoch: u64, crystals: &[u32]) -> Result<B::Batch, TrainError> {
        (**self).batch(epoch, crystals)
    }
}

/// `None` has no batches: the validation set of a run that uses every crystal to learn from.
impl<B: Batches> Batches for Option<B> {
    type Batch = B::Batch;

    fn plan(&self, epoch: u64) -> BatchPlan {
        self.as_ref().map(|batches| batches.plan(epoch)).unwrap_or_default()
    }

    fn batch(&self, epoch: u64, crystals: &[u32]) -> Result<B::Batch, TrainError> {
        let nothing = || TrainError::Data { reason: "there is nothing to make a batch of".to_owned() };
        self.as_ref().ok_or_else(nothing)?.batch(epoch, crystals)
    }
}

/// Crystals with one target each.
#[derive(Debug)]
pub struct LabeledBatches<'f> {
    features: Vec<&'f AtomFeatures>,
    targets: Vec<f32>,
    sampler: BatchSampler,
    device: Device,
}

impl<'f> LabeledBatches<'f> {
    /// Batches of these crystals.
    ///
    /// # Errors
    ///
    /// [`TrainError::Data`] unless there is one finite target per crystal, [`TrainError::Featurize`] if batches cannot be
    /// planned.
    pub fn new(
        features: Vec<&'f AtomFeatures>,
        targets: Vec<f32>,
        size: BatchSize,
        order: BatchOrder,
        seed: u64,
        device: Device,
    ) -> Result<Self, TrainError> {
        if features.len() != targets.len() || targets.iter().any(|target| !target.is_finite()) {
            let reason = format!("{} finite targets are needed", features.len());
            return Err(TrainError::Data { reason });
        }
        let sampler = sampler(&features, size, order, seed)?;
        Ok(Self { features, targets, sampler, device })
    }
}

impl Batches for LabeledBatches<'_> {
    type Batch = LabeledBatch;

    fn plan(&self, epoch: u64) -> BatchPlan {
        self.sampler.epoch(epoch)
    }

    fn batch(&self, _epoch: u64, crystals: &[u32]) -> Result<LabeledBatch, TrainError> {
        let items: Vec<&AtomFeatures> = crystals.iter().map(|&i| self.features[i as usize]).collect();
        let targets: Vec<f32> = crystals.iter().map(|&i| self.targets[i as usize]).collect();
        Ok(LabeledBatch {
            crystals: DeviceBatch::upload(&PaddedCollate.collate(&items)?, self.device)?,
            targets: send(&Tensor::f_from_slice(&targets)?, self.device)?,
        })
    }
}

/// Crystals with other atoms hidden in every epoch.
#[derive(Debug)]
pub struct MaskedAtomBatches<'f> {
    features: Vec<&'f AtomFeatures>,
    masker: Masker,
    masks: Masks,
    sampler: BatchSampler,
    device: Device,
}

/// Whether masks change from epoch to epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Masks {
    /// Other atoms in every epoch: for training.
    Fresh,
    /// The same atoms always: for evaluation, so that epochs can be compared.
    Fixed,
}

impl<'f> MaskedAtomBatches<'f> {
    /// Batches of these crystals.
    ///
    /// # Errors
    ///
    /// [`TrainError::Featurize`] if batches cannot be planned.
    pub fn new(
        features: Vec<&'f AtomFeatures>,
        masker: Masker,
        masks: Masks,
        size: BatchSize,
        order: BatchOrder,
        seed: u64,
        device: Device,
    ) -> Result<Self, TrainError> {
        let sampler = sampler(&features, size, order, seed)?;
        Ok(Self { features, masker, masks, sampler, device })
    }
}

impl Batches for MaskedAtomBatches<'_> {
    type Batch = MaskedAtomBatch;

    fn plan(&self, epoch: u64) -> BatchPlan {
        self.sampler.epoch(epoch)
    }

    fn batch(&self, epoch: u64, crystals: &[u32]) -> Result<MaskedAtomBatch, TrainError> {
        let items: Vec<&AtomFeatures> = crystals.iter().map(|&i| self.features[i as usize]).collect();
        let indices: Vec<u64> = crystals.iter().map(|&i| i.into()).collect();
        let epoch = if self.masks == Masks::Fixed { 0 } else { epoch };
        let hidden = self.masker.apply(PaddedCollate.collate(&items)?, epoch, &indices)?;
        let send = |values: Vec<i64>| send(&Tensor::f_from_slice(&values)?, self.device);
        Ok(MaskedAtomBatch {
            crystals: DeviceBatch::upload(&hidden.batch, self.device)?,
            places: send(hidden.places.to_vec())?,
            targets: send(hidden.targets.to_vec())?,
        })
    }
}

fn sampler(
    features: &[&AtomFeatures],
    size: BatchSize,
    order: BatchOrder,
    seed: u64,
) -> Result<BatchSampler, FeaturizeError> {
    BatchSampler::new(features.iter().map(|f| f.num_atoms() as u32).collect(), size, order, seed)
}
