//! Progress lines: loss, metrics, throughput and time left after every epoch.

use std::{
    fmt::Debug,
    io::{Stderr, Write, stderr},
    time::Instant,
};

use super::{Observer, Signal, Start, StepReport};
use crate::{EpochReport, TrainError, checkpoint::Snapshot};

/// Writes loss, metrics, throughput and time left after every epoch, to the standard error or elsewhere.
#[derive(Debug)]
pub struct ProgressLines<W = Stderr> {
    name: String,
    out: W,
    epochs: u64,
    begun: Instant,
    first_epoch: u64,
    crystals: u64,
}

impl ProgressLines {
    /// Lines with this name in front, on the standard error.
    pub fn new(name: impl Into<String>) -> Self {
        Self::to(stderr(), name)
    }
}

impl<W> ProgressLines<W> {
    /// The same, written elsewhere.
    pub fn to(out: W, name: impl Into<String>) -> Self {
        Self { name: name.into(), out, epochs: 0, begun: Instant::now(), first_epoch: 0, crystals: 0 }
    }

    /// The name in front, with the epoch, counted from 0, among all: `pretrain epoch 1/10`.
    pub fn heading(&self, epoch: u64) -> String {
        format!("{} epoch {}/{}", self.name, epoch + 1, self.epochs)
    }

    /// Crystals per second since the start, validation included.
    pub fn throughput(&self) -> f64 {
        self.crystals as f64 / self.begun.elapsed().as_secs_f64()
    }

    fn line(&self, report: &EpochReport) -> String {
        let metrics: Vec<String> = report.validation.iter().map(|(name, value)| format!("{name} {value:.4}")).collect();
        let done = report.epoch + 1;
        let seconds_per_epoch = self.begun.elapsed().as_secs_f64() / (done - self.first_epoch).max(1) as f64;
        format!(
            "{}: training loss {:.4}; validation {}; {:.0} crystals/s, {:.0} s left",
            self.heading(report.epoch),
            report.train.get("loss").copied().unwrap_or(f64::NAN),
            metrics.join(", "),
            self.throughput(),
            seconds_per_epoch * self.epochs.saturating_sub(done) as f64,
        )
    }
}

impl<W: Write + Debug> Observer for ProgressLines<W> {
    fn started(&mut self, start: &Start<'_>) -> Result<Signal, TrainError> {
        self.epochs = start.epochs;
        self.first_epoch = start.history.len() as u64;
        self.begun = Instant::now();
        Ok(Signal::Continue)
    }

    fn stepped(&mut self, step: &StepReport, _snapshot: &dyn Snapshot) -> Result<Signal, TrainError> {
        self.crystals += step.crystals as u64;
        Ok(Signal::Continue)
    }

    fn epoch_ended(&mut self, history: &[EpochReport], _snapshot: &dyn Snapshot) -> Result<Signal, TrainError> {
        if let Some(report) = history.last() {
            let line = self.line(report);
            // Training does not end because nobody reads how far it is.
            let _ = writeln!(self.out, "{line}");
        }
        Ok(Signal::Continue)
    }
}
