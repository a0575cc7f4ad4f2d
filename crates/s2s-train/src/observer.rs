//! The trait of observers: everything optional about training.

mod checkpoint_writer;
mod early_stopping;
mod json_lines;
mod progress_lines;
mod stopwatch;
mod tensorboard;

pub use checkpoint_writer::CheckpointWriter;
pub use early_stopping::EarlyStopping;
pub use json_lines::JsonLines;
pub use progress_lines::ProgressLines;
use serde::Serialize;
pub use stopwatch::{Stopwatch, Totals};
pub use tensorboard::TensorBoard;

pub use crate::timing::Timing;
use crate::{EpochReport, TrainError, Watch, checkpoint::Snapshot};

/// Watches a run; every method has an empty default.
pub trait Observer: std::fmt::Debug {
    /// The run starts or continues. `Stop` if it is already over.
    ///
    /// # Errors
    ///
    /// Whatever ends the run.
    fn started(&mut self, _start: &Start<'_>) -> Result<Signal, TrainError> {
        Ok(Signal::Continue)
    }

    /// Whether this optimizer step is to be told before the next one is taken, with the learner as it left it. Other
    /// steps may be told later, several together.
    fn awaits(&self, _step: u64) -> bool {
        false
    }

    /// A batch was learned.
    ///
    /// # Errors
    ///
    /// Whatever ends the run.
    fn stepped(&mut self, _step: &StepReport, _snapshot: &dyn Snapshot) -> Result<Signal, TrainError> {
        Ok(Signal::Continue)
    }

    /// An epoch was learned and validated; it is the last of the history.
    ///
    /// # Errors
    ///
    /// Whatever ends the run.
    fn epoch_ended(&mut self, _history: &[EpochReport], _snapshot: &dyn Snapshot) -> Result<Signal, TrainError> {
        Ok(Signal::Continue)
    }

    /// The run is over, or stopped by a signal.
    ///
    /// # Errors
    ///
    /// Whatever went wrong.
    fn finished(&mut self, _snapshot: &dyn Snapshot) -> Result<Signal, TrainError> {
        Ok(Signal::Continue)
    }
}

/// Whether to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// Go on.
    Continue,
    /// Stop after what is in progress.
    Stop,
}

/// How a run starts.
#[derive(Debug)]
pub struct Start<'r> {
    /// Epochs to come, and those done.
    pub epochs: u64,
    /// Optimizer steps already taken; 0 for a new run.
    pub step: u64,
    /// Epochs already finished.
    pub history: &'r [EpochReport],
    /// What "best" means.
    pub watch: &'r Watch,
}

/// What one batch gave.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct StepReport {
    /// The epoch, counted from 0.
    pub epoch: u64,
    /// The batch, counted from 0.
    pub batch: usize,
    /// Batches of the epoch.
    pub batches: usize,
    /// Crystals of the batch.
    pub crystals: usize,
    /// Optimizer steps taken so far, this one included.
    pub step: u64,
    /// Whether the batch completed an optimizer step; the run can be saved only then.
    pub whole: bool,
    /// Mean loss of the batch.
    pub loss: f64,
    /// Learning rate of the step.
    pub learning_rate: f64,
    /// Norm of the gradient before clipping, where it is clipped.
    pub norm: Option<f64>,
    /// Where the time went.
    pub timing: Timing,
}

/// Tells every observer, and stops if one of them says so.
pub(crate) fn tell(
    observers: &mut [&mut dyn Observer],
    mut message: impl FnMut(&mut dyn Observer) -> Result<Signal, TrainError>,
) -> Result<Signal, TrainError> {
    let mut signal = Signal::Continue;
    for observer in observers {
        if message(*observer)? == Signal::Stop {
            signal = Signal::Stop;
        }
    }
    Ok(signal)
}
