//! The observer that writes checkpoints.

use std::time::{Duration, Instant};

use super::{Observer, Signal, StepReport};
use crate::{
    EpochReport, TrainError,
    checkpoint::Snapshot,
    checkpoint::{CheckpointStore, FileSystem, RealFileSystem},
};

/// How often to save within an epoch; the end of every epoch is saved in any case.
#[derive(Clone, Copy, Debug)]
enum Interval {
    Steps(u64),
    Time(Duration),
}

/// Writes checkpoints to a store.
#[derive(Debug)]
pub struct CheckpointWriter<'s, F = RealFileSystem> {
    store: &'s CheckpointStore<F>,
    interval: Interval,
    last: (u64, Instant),
}

impl<'s, F: FileSystem> CheckpointWriter<'s, F> {
    /// Saves every `steps` optimizer steps.
    pub fn every_steps(store: &'s CheckpointStore<F>, steps: u64) -> Self {
        Self { store, interval: Interval::Steps(steps.max(1)), last: (0, Instant::now()) }
    }

    /// Saves when this much time has passed since the last time.
    pub fn every(store: &'s CheckpointStore<F>, time: Duration) -> Self {
        Self { store, interval: Interval::Time(time), last: (0, Instant::now()) }
    }

    fn save(&mut self, snapshot: &dyn Snapshot) -> Result<Signal, TrainError> {
        self.store.save(snapshot.step(), &snapshot.files()?)?;
        self.last = (snapshot.step(), Instant::now());
        Ok(Signal::Continue)
    }
}

impl<F: FileSystem> Observer for CheckpointWriter<'_, F> {
    fn awaits(&self, step: u64) -> bool {
        matches!(self.interval, Interval::Steps(steps) if step.is_multiple_of(steps))
    }

    fn stepped(&mut self, step: &StepReport, snapshot: &dyn Snapshot) -> Result<Signal, TrainError> {
        let due = match self.interval {
            Interval::Steps(steps) => step.step.is_multiple_of(steps),
            Interval::Time(time) => self.last.1.elapsed() >= time,
        };
        // The end of the epoch saves the same step again, with its validation.
        let last = step.batch + 1 == step.batches;
        if due && step.whole && !last { self.save(snapshot) } else { Ok(Signal::Continue) }
    }

    fn epoch_ended(&mut self, _history: &[EpochReport], snapshot: &dyn Snapshot) -> Result<Signal, TrainError> {
        self.save(snapshot)
    }
}
