//! The batches of an epoch: labeled crystals, and crystals with masked atoms.

mod collation;
mod encoded;
mod joint;

use s2s_featurize::{
    AtomBatch, AtomFeatures, BatchOrder, BatchPlan, BatchSampler, BatchSize, Collate, FeaturizeError, MaskPolicy,
    MaskedBatch, Masker, PaddedCollate, Replacement, Vocabulary,
};
use s2s_model::{AtomEncoder, DeviceBatch, device::send};
use tch::{Device, Tensor};

pub(crate) use self::collation::Collation;
use self::encoded::EncodedCrystals;
pub use self::joint::{CollatedTargets, JointBatches};
use crate::{
    TrainError,
    objective::{LabeledBatch, MaskedAtomBatch, MaskedAtoms},
};

/// Plans epochs and makes their batches, each a pure function of seed, epoch and index.
///
/// A batch is made in two steps: it is collated in host memory, by any thread, and moved to the device by the thread that
/// launches the training step.
pub trait Batches: Sync {
    /// What an objective is given.
    type Batch;

    /// The same in host memory.
    type Collated: Send;

    /// Which crystals go together in this epoch, and in which order.
    fn plan(&self, epoch: u64) -> BatchPlan;

    /// The batch of these crystals, in host memory.
    ///
    /// # Errors
    ///
    /// [`TrainError`] if crystals do not fit together.
    fn collate(&self, epoch: u64, crystals: &[u32]) -> Result<Self::Collated, TrainError>;

    /// A collated batch on the device.
    ///
    /// # Errors
    ///
    /// [`TrainError`] if it does not fit there.
    fn upload(&self, collated: Self::Collated) -> Result<Self::Batch, TrainError>;

    /// Whether a thread of its own collates the next batch during the step at hand: worth it where the step runs on another
    /// device. No number depends on it.
    fn collates_ahead(&self) -> bool {
        false
    }

    /// The batch of these crystals on the device.
    ///
    /// # Errors
    ///
    /// As [`collate`](Self::collate) and [`upload`](Self::upload).
    fn batch(&self, epoch: u64, crystals: &[u32]) -> Result<Self::Batch, TrainError> {
        self.upload(self.collate(epoch, crystals)?)
    }
}

impl<B: Batches + ?Sized> Batches for &B {
    type Batch = B::Batch;
    type Collated = B::Collated;

    fn plan(&self, epoch: u64) -> BatchPlan {
        (**self).plan(epoch)
    }

    fn collate(&self, epoch: u64, crystals: &[u32]) -> Result<B::Collated, TrainError> {
        (**self).collate(epoch, crystals)
    }

    fn upload(&self, collated: B::Collated) -> Result<B::Batch, TrainError> {
        (**self).upload(collated)
    }

    fn collates_ahead(&self) -> bool {
        (**self).collates_ahead()
    }
}

/// `None` has no batches: the validation set of a run that uses every crystal to learn from.
impl<B: Batches> Batches for Option<B> {
    type Batch = B::Batch;
    type Collated = B::Collated;

    fn plan(&self, epoch: u64) -> BatchPlan {
        self.as_ref().map(|batches| batches.plan(epoch)).unwrap_or_default()
    }

    fn collate(&self, epoch: u64, crystals: &[u32]) -> Result<B::Collated, TrainError> {
        self.as_ref().ok_or_else(nothing)?.collate(epoch, crystals)
    }

    fn upload(&self, collated: B::Collated) -> Result<B::Batch, TrainError> {
        self.as_ref().ok_or_else(nothing)?.upload(collated)
    }

    fn collates_ahead(&self) -> bool {
        self.as_ref().is_some_and(Batches::collates_ahead)
    }
}

fn nothing() -> TrainError {
    TrainError::Data { reason: "there is nothing to make a batch of".to_owned() }
}

/// Crystals with one target each.
#[derive(Debug)]
pub struct LabeledBatches<'f> {
    features: Vec<&'f AtomFeatures>,
    targets: Vec<f32>,
    /// What each crystal counts; `None` where all count one.
    weights: Option<Vec<f32>>,
    states: Option<EncodedCrystals>,
    sampler: BatchSampler,
    device: Device,
    ahead: bool,
}

/// A batch of [`LabeledBatches`] in host memory.
#[derive(Debug)]
pub struct CollatedLabels {
    crystals: AtomBatch,
    targets: Vec<f32>,
    weights: Option<Vec<f32>>,
    indices: Vec<u32>,
}

impl<'f> LabeledBatches<'f> {
    /// Batches of these crystals in the order of their sizes, the same in every epoch: for evaluation.
    ///
    /// # Errors
    ///
    /// [`TrainError::Data`] unless there is one finite target per crystal, [`TrainError::Featurize`] if batches cannot be
    /// planned.
    pub fn new(
        features: impl IntoIterator<Item = &'f AtomFeatures>,
        targets: Vec<f32>,
        size: BatchSize,
        device: Device,
    ) -> Result<Self, TrainError> {
        let features: Vec<&AtomFeatures> = features.into_iter().collect();
        if features.len() != targets.len() || targets.iter().any(|target| !target.is_finite()) {
            let reason = format!("{} finite targets are needed", features.len());
            return Err(TrainError::Data { reason });
        }
        let sampler = sampler(&features, size)?;
        Ok(Self { features, targets, weights: None, states: None, sampler, device, ahead: device.is_cuda() })
    }

    /// The same in another order: for training, one that differs from epoch to epoch.
    ///
    /// # Errors
    ///
    /// [`TrainError::Featurize`] if a pool has room for nothing.
    pub fn ordered(self, order: BatchOrder, seed: u64) -> Result<Self, TrainError> {
        Ok(Self { sampler: self.sampler.ordered(order, seed)?, ..self })
    }

    /// The same crystals, each of which counts so much in the loss.
    ///
    /// # Errors
    ///
    /// [`TrainError::Data`] unless there is one finite weight per crystal that is not negative.
    pub fn weighted(self, weights: Vec<f32>) -> Result<Self, TrainError> {
        if weights.len() != self.features.len() || !weights.iter().all(|weight| weight.is_finite() && *weight >= 0.0) {
            let reason = format!("{} weights that are not negative are needed", self.features.len());
            return Err(TrainError::Data { reason });
        }
        Ok(Self { weights: Some(weights), ..self })
    }

    /// The same with batches [collated ahead](Batches::collates_ahead), or not; unless set, they are on a GPU.
    #[must_use]
    pub fn collated_ahead(self, ahead: bool) -> Self {
        Self { ahead, ..self }
    }

    /// The same with the states that an encoder gives to all atoms, computed once: for an encoder that does not learn and is
    /// not random. An encoder with states of more than atoms, as MEGNet's, runs on every batch as before.
    ///
    /// # Errors
    ///
    /// [`TrainError`] if a batch cannot be made.
    pub fn encoded_by(mut self, encoder: &dyn AtomEncoder) -> Result<Self, TrainError> {
        self.states = EncodedCrystals::new(&self.features, encoder, self.device)?;
        Ok(self)
    }
}

impl Batches for LabeledBatches<'_> {
    type Batch = LabeledBatch;
    type Collated = CollatedLabels;

    fn plan(&self, epoch: u64) -> BatchPlan {
        self.sampler.epoch(epoch)
    }

    fn collate(&self, _epoch: u64, crystals: &[u32]) -> Result<CollatedLabels, TrainError> {
        let items: Vec<&AtomFeatures> = crystals.iter().map(|&i| self.features[i as usize]).collect();
        let of_batch = |all: &Vec<f32>| crystals.iter().map(|&i| all[i as usize]).collect();
        let (targets, weights) = (of_batch(&self.targets), self.weights.as_ref().map(of_batch));
        Ok(CollatedLabels { crystals: PaddedCollate.collate(&items)?, targets, weights, indices: crystals.to_vec() })
    }

    fn upload(&self, collated: CollatedLabels) -> Result<LabeledBatch, TrainError> {
        let states = self.states.as_ref().map(|all| all.of(&collated.indices));
        Ok(LabeledBatch {
            crystals: DeviceBatch::upload(&collated.crystals, self.device)?,
            targets: send(&Tensor::f_from_slice(&collated.targets)?, self.device)?,
            weights: match &collated.weights {
                Some(weights) => Some(send(&Tensor::f_from_slice(weights)?, self.device)?),
                None => None,
            },
            states,
        })
    }

    fn collates_ahead(&self) -> bool {
        self.ahead
    }
}

/// Crystals with other atoms masked in every epoch.
#[derive(Debug)]
pub struct MaskedAtomBatches<'f> {
    features: Vec<&'f AtomFeatures>,
    masker: Masker,
    masks: Masks,
    view: View,
    sampler: BatchSampler,
    device: Device,
    ahead: bool,
}

/// A batch of [`MaskedAtomBatches`] in host memory.
#[derive(Debug)]
pub struct CollatedMasks {
    masked: MaskedBatch,
    neighbored: Vec<bool>,
}

impl CollatedMasks {
    fn new(masked: MaskedBatch, view: View) -> Self {
        let neighbored = neighbored(&masked, view);
        Self { masked, neighbored }
    }

    fn upload(self, device: Device) -> Result<(DeviceBatch, MaskedAtoms), TrainError> {
        let Self { masked, neighbored } = self;
        let send_slots = |values: Vec<i64>| send(&Tensor::f_from_slice(&values)?, device);
        let atoms = MaskedAtoms {
            slots: send_slots(masked.slots.to_vec())?,
            targets: send_slots(masked.targets.to_vec())?,
            neighbored: send(&Tensor::f_from_slice(&neighbored)?, device)?,
        };
        Ok((DeviceBatch::upload(&masked.batch, device)?, atoms))
    }
}

/// Whether masks change from epoch to epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Masks {
    /// Other atoms in every epoch: for training.
    Fresh,
    /// The same atoms always: for evaluation, so that epochs can be compared.
    Fixed,
}

impl Masks {
    /// The epoch whose masks are those of an epoch.
    fn epoch(self, epoch: u64) -> u64 {
        match self {
            Self::Fresh => epoch,
            Self::Fixed => 0,
        }
    }

    /// What masks crystals by this policy: those that are learned from with this replacement and seed, held-out ones with their own.
    pub(crate) fn masker(
        self,
        policy: MaskPolicy,
        replacement: Replacement,
        vocabulary: &dyn Vocabulary,
        seed: u64,
    ) -> Masker {
        match self {
            Self::Fresh => Masker::new(policy, replacement, vocabulary, seed),
            // By the mask alone: of BERT's replacements a tenth show the element that is asked for. Another seed: held-out masks have
            // nothing to do with training masks.
            Self::Fixed => Masker::new(policy, Replacement::Mask, vocabulary, seed.wrapping_add(1)),
        }
    }
}

/// Which other atoms a network sees from an atom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// Those with which it makes a listed pair.
    Pairs,
    /// All of its cell: a network for which no pairs are listed.
    Cell,
}

impl<'f> MaskedAtomBatches<'f> {
    /// Batches of these crystals in the order of their sizes, the same in every epoch: for evaluation.
    ///
    /// # Errors
    ///
    /// [`TrainError::Featurize`] if batches cannot be planned.
    pub fn new(
        features: impl IntoIterator<Item = &'f AtomFeatures>,
        masker: Masker,
        masks: Masks,
        size: BatchSize,
        device: Device,
    ) -> Result<Self, TrainError> {
        let features: Vec<&AtomFeatures> = features.into_iter().collect();
        let sampler = sampler(&features, size)?;
        Ok(Self { features, masker, masks, view: View::Pairs, sampler, device, ahead: device.is_cuda() })
    }

    /// The same with batches [collated ahead](Batches::collates_ahead), or not; unless set, they are on a GPU.
    #[must_use]
    pub fn collated_ahead(self, ahead: bool) -> Self {
        Self { ahead, ..self }
    }

    /// The same in another order: for training, one that differs from epoch to epoch.
    ///
    /// # Errors
    ///
    /// [`TrainError::Featurize`] if a pool has room for nothing.
    pub fn ordered(self, order: BatchOrder, seed: u64) -> Result<Self, TrainError> {
        Ok(Self { sampler: self.sampler.ordered(order, seed)?, ..self })
    }

    /// The same for a network that sees others: atoms with and without a neighbor are counted apart.
    #[must_use]
    pub fn seen_by(self, view: View) -> Self {
        Self { view, ..self }
    }
}

impl Batches for MaskedAtomBatches<'_> {
    type Batch = MaskedAtomBatch;
    type Collated = CollatedMasks;

    fn plan(&self, epoch: u64) -> BatchPlan {
        self.sampler.epoch(epoch)
    }

    fn collate(&self, epoch: u64, crystals: &[u32]) -> Result<CollatedMasks, TrainError> {
        let items: Vec<&AtomFeatures> = crystals.iter().map(|&i| self.features[i as usize]).collect();
        let indices: Vec<u64> = crystals.iter().map(|&i| i.into()).collect();
        let masked = self.masker.apply(PaddedCollate.collate(&items)?, self.masks.epoch(epoch), &indices)?;
        Ok(CollatedMasks::new(masked, self.view))
    }

    fn upload(&self, collated: CollatedMasks) -> Result<MaskedAtomBatch, TrainError> {
        let (crystals, masked) = collated.upload(self.device)?;
        Ok(MaskedAtomBatch { crystals, masked })
    }

    fn collates_ahead(&self) -> bool {
        self.ahead
    }
}

/// Whether another atom is seen from each masked slot; images of the atom itself are none.
fn neighbored(masked: &MaskedBatch, view: View) -> Vec<bool> {
    let batch = &masked.batch;
    let (crystals, width) = batch.tokens.dim();
    let mut seen = vec![false; crystals * width];
    match view {
        View::Pairs => {
            for (&center, &neighbor) in batch.pair_centers.iter().zip(&batch.pair_neighbors) {
                seen[center as usize] |= center != neighbor;
            }
        }
        View::Cell => {
            for (row, slots) in batch.present.outer_iter().zip(seen.chunks_mut(width.max(1))) {
                slots.fill(row.iter().filter(|present| **present).count() > 1);
            }
        }
    }
    masked.slots.iter().map(|&slot| seen[slot as usize]).collect()
}

fn sampler(features: &[&AtomFeatures], size: BatchSize) -> Result<BatchSampler, FeaturizeError> {
    BatchSampler::new(features.iter().map(|f| f.num_atoms() as u32).collect(), size, BatchOrder::BySize, 0)
}
