//! Snapshots, from which checkpoints are made.

use std::collections::BTreeMap;

use crate::TrainError;

/// What can be saved of a run at any of its optimizer steps.
pub trait Snapshot {
    /// Optimizer steps taken.
    fn step(&self) -> u64;

    /// All files of a checkpoint, by name.
    ///
    /// # Errors
    ///
    /// [`TrainError::Model`] if tensors cannot be copied to the host.
    fn files(&self) -> Result<BTreeMap<String, Vec<u8>>, TrainError>;
}
