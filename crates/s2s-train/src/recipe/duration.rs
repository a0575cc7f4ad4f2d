//! The length of a run in optimizer steps, over which its learning rate falls.

use s2s_featurize::{AtomFeatures, BatchOrder, BatchSampler, BatchSize};

use crate::{FitConfig, Schedule, TrainError};

/// Optimizer steps of all epochs over these crystals.
pub(super) fn optimizer_steps(
    fit: &FitConfig,
    train: &[&AtomFeatures],
    batch: BatchSize,
    pool: usize,
) -> Result<u64, TrainError> {
    let sizes = train.iter().map(|features| features.num_atoms() as u32).collect();
    let batches = BatchSampler::new(sizes, batch, BatchOrder::Bucketed { pool }, fit.seed)?.epoch(0).len();
    Ok(batches.div_ceil(fit.accumulate.max(1)) as u64 * fit.epochs)
}

/// A twentieth of the steps of warm-up, then a cosine down to the floor.
pub(super) fn falling(steps: u64, floor: f64) -> Schedule {
    Schedule::WarmupCosine { warmup_steps: steps / 20, total_steps: steps, floor }
}
