//! The batch sampler: which crystals are in a batch, and in which order batches come.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::{FeaturizeError, RandomStream};

/// How much goes into one batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BatchSize {
    /// This many crystals; the last batch may have fewer.
    Crystals(usize),
    /// As many crystals as fit when all are padded to the largest: crystals × atoms of the largest ≤ this number.
    ///
    /// A crystal that is larger by itself is a batch of its own.
    PaddedAtoms(usize),
}

/// In which order crystals are put into batches, and batches given out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub enum BatchOrder {
    /// As listed, the same in every epoch; for evaluation.
    Listed,
    /// From small to large crystals, the same in every epoch: least padding; for inference.
    BySize,
    /// At random.
    Shuffled,
    /// At random, but crystals of a batch are of like size: the shuffled list is cut into pools, each pool is sorted by
    /// size and cut into batches, and the batches of all pools are shuffled.
    ///
    /// A larger pool wastes less padding and makes the crystals of a batch more alike; one as large as the dataset
    /// sorts everything.
    Bucketed {
        /// Crystals per pool.
        pool: usize,
    },
}

/// Plans epochs: a pure function of `(sizes, size, order, seed, epoch)`.
///
/// # Examples
///
/// ```
/// use s2s_featurize::{BatchOrder, BatchSampler, BatchSize};
///
/// let sizes = vec![3, 90, 4, 88, 2];
/// let sampler = BatchSampler::new(sizes, BatchSize::Crystals(2), BatchOrder::Bucketed { pool: 5 }, 42)?;
/// let plan = sampler.epoch(0);
/// // Resuming in the middle of an epoch needs its number and the number of batches done.
/// assert_eq!(sampler.epoch(0).batches(1..plan.len()).next(), plan.batches(0..plan.len()).nth(1));
/// # Ok::<(), s2s_featurize::FeaturizeError>(())
/// ```
#[derive(Clone, Debug)]
pub struct BatchSampler {
    sizes: Vec<u32>,
    size: BatchSize,
    order: BatchOrder,
    seed: u64,
}

/// The batches of one epoch; every crystal is in exactly one. The default has neither crystals nor batches.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BatchPlan {
    indices: Vec<u32>,
    /// Where each batch lies in `indices`.
    ranges: Vec<Range<usize>>,
    /// Atoms that each has room for.
    slots: Vec<u64>,
    atoms: u64,
}

impl BatchSampler {
    /// A sampler of crystals with these numbers of atoms.
    ///
    /// # Errors
    ///
    /// [`FeaturizeError::EmptyBatch`] without crystals, [`FeaturizeError::InvalidBatchPlan`] if a batch or a pool has
    /// room for nothing.
    pub fn new(sizes: Vec<u32>, size: BatchSize, order: BatchOrder, seed: u64) -> Result<Self, FeaturizeError> {
        if sizes.is_empty() {
            return Err(FeaturizeError::EmptyBatch);
        }
        if matches!(size, BatchSize::Crystals(0) | BatchSize::PaddedAtoms(0)) {
            return Err(FeaturizeError::InvalidBatchPlan { reason: "a batch has room for nothing" });
        }
        if order == (BatchOrder::Bucketed { pool: 0 }) {
            return Err(FeaturizeError::InvalidBatchPlan { reason: "a pool has room for nothing" });
        }
        Ok(Self { sizes, size, order, seed })
    }

    /// The same batches in another order.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn ordered(self, order: BatchOrder, seed: u64) -> Result<Self, FeaturizeError> {
        Self::new(self.sizes, self.size, order, seed)
    }

    /// Number of crystals.
    pub fn num_crystals(&self) -> usize {
        self.sizes.len()
    }

    /// The batches of this epoch.
    pub fn epoch(&self, epoch: u64) -> BatchPlan {
        let mut indices: Vec<u32> = (0..self.sizes.len() as u32).collect();
        let mut stream = RandomStream::new(*b"batches ", self.seed, epoch, 0);
        // Ties keep their order, so that equal sizes stay shuffled.
        let by_size = |indices: &mut [u32]| indices.sort_by_key(|i| self.sizes[*i as usize]);
        match self.order {
            BatchOrder::Listed => {}
            BatchOrder::BySize => by_size(&mut indices),
            BatchOrder::Shuffled => stream.shuffle(&mut indices),
            BatchOrder::Bucketed { pool } => {
                stream.shuffle(&mut indices);
                indices.chunks_mut(pool).for_each(by_size);
            }
        }
        let mut ranges = match self.order {
            BatchOrder::Bucketed { pool } => self.cut(&indices, pool),
            _ => self.cut(&indices, indices.len()),
        };
        if let BatchOrder::Bucketed { .. } = self.order {
            stream.shuffle(&mut ranges);
        }
        let size = |i: &u32| u64::from(self.sizes[*i as usize]);
        let slots = |range: &Range<usize>| {
            let largest = indices[range.clone()].iter().map(size).max().unwrap_or(0);
            range.len() as u64 * largest
        };
        let atoms = indices.iter().map(size).sum();
        BatchPlan { slots: ranges.iter().map(slots).collect(), atoms, ranges, indices }
    }

    /// Cuts every pool into batches.
    fn cut(&self, indices: &[u32], pool: usize) -> Vec<Range<usize>> {
        let mut ranges = Vec::new();
        let (mut start, mut largest) = (0, 0);
        for (position, index) in indices.iter().enumerate() {
            let grown = largest.max(self.sizes[*index as usize]);
            let full = match self.size {
                BatchSize::Crystals(count) => position - start == count,
                BatchSize::PaddedAtoms(limit) => (position + 1 - start) * grown as usize > limit,
            };
            if position > start && (full || position % pool == 0) {
                ranges.push(start..position);
                (start, largest) = (position, self.sizes[*index as usize]);
            } else {
                largest = grown;
            }
        }
        ranges.push(start..indices.len());
        ranges
    }
}

impl BatchPlan {
    /// Number of batches.
    pub fn len(&self) -> usize {
        self.ranges.len()
    }

    /// Whether there are no batches; never for the plan of a sampler.
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// The crystals of one batch, as indices into the dataset.
    ///
    /// # Panics
    ///
    /// If `batch` is not below [`len`](Self::len).
    pub fn batch(&self, batch: usize) -> &[u32] {
        &self.indices[self.ranges[batch].clone()]
    }

    /// Atoms that one batch has room for, padding included: what its work grows with.
    ///
    /// # Panics
    ///
    /// If `batch` is not below [`len`](Self::len).
    pub fn slots(&self, batch: usize) -> u64 {
        self.slots[batch]
    }

    /// Some batches in order: all of them, or those that an interrupted epoch has left.
    ///
    /// # Panics
    ///
    /// If the range ends beyond [`len`](Self::len).
    pub fn batches(&self, range: Range<usize>) -> impl ExactSizeIterator<Item = &[u32]> + '_ {
        self.ranges[range].iter().map(|r| &self.indices[r.clone()])
    }

    /// Atoms that all batches together have room for.
    pub fn padded_atoms(&self) -> u64 {
        self.slots.iter().sum()
    }

    /// Share of the slots of all batches that hold no atom, in [0, 1).
    pub fn padding_waste(&self) -> f64 {
        let slots = self.padded_atoms();
        if slots == 0 { 0.0 } else { 1.0 - self.atoms as f64 / slots as f64 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sampler(size: BatchSize, order: BatchOrder) -> Result<BatchSampler, FeaturizeError> {
        let sizes = (0..1000_u32).map(|k| 1 + k * k % 97).collect();
        BatchSampler::new(sizes, size, order, 11)
    }

    #[test]
    fn every_crystal_is_in_exactly_one_batch() -> Result<(), FeaturizeError> {
        for size in [BatchSize::Crystals(64), BatchSize::PaddedAtoms(900), BatchSize::PaddedAtoms(5)] {
            for order in [
                BatchOrder::Listed,
                BatchOrder::BySize,
                BatchOrder::Shuffled,
                BatchOrder::Bucketed { pool: 300 },
                BatchOrder::Bucketed { pool: 5000 },
            ] {
                let sampler = sampler(size, order)?;
                let plan = sampler.epoch(3);
                let mut seen = plan.batches(0..plan.len()).flatten().copied().collect::<Vec<u32>>();
                seen.sort_unstable();
                assert_eq!(seen, (0..1000).collect::<Vec<u32>>());
                for (number, batch) in plan.batches(0..plan.len()).enumerate() {
                    let largest = batch.iter().map(|i| sampler.sizes[*i as usize]).max().expect("not empty");
                    assert_eq!(plan.slots(number), batch.len() as u64 * u64::from(largest));
                    match size {
                        BatchSize::Crystals(count) => assert!(batch.len() <= count),
                        BatchSize::PaddedAtoms(limit) => {
                            assert!(batch.len() == 1 || batch.len() * largest as usize <= limit);
                        }
                    }
                }
            }
        }
        Ok(())
    }

    #[test]
    fn epochs_differ_and_repeat_exactly() -> Result<(), FeaturizeError> {
        let sampler = sampler(BatchSize::Crystals(10), BatchOrder::Bucketed { pool: 200 })?;
        assert_eq!(sampler.epoch(4), sampler.epoch(4));
        assert_ne!(sampler.epoch(4), sampler.epoch(5));
        Ok(())
    }

    #[test]
    fn bucketing_wastes_less_than_shuffling() -> Result<(), FeaturizeError> {
        let waste = |order| Ok::<_, FeaturizeError>(sampler(BatchSize::Crystals(10), order)?.epoch(0).padding_waste());
        let (shuffled, bucketed) = (waste(BatchOrder::Shuffled)?, waste(BatchOrder::Bucketed { pool: 500 })?);
        assert!(bucketed < 0.1 && shuffled > 0.4, "{bucketed} {shuffled}");
        assert!(waste(BatchOrder::BySize)? <= bucketed);
        Ok(())
    }
}
