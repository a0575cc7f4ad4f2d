//! The stopwatch: how the time of a run divides into learning, batches and the rest.

use std::{fmt, time::Instant};

use serde::Serialize;

use super::{Observer, Signal, Start, StepReport};
use crate::{EpochReport, TrainError, checkpoint::Snapshot};

/// Adds up the time of all steps. List it last: what the other observers do between two steps counts as overhead.
#[derive(Clone, Debug, Default)]
pub struct Stopwatch {
    totals: Totals,
    last: Option<Instant>,
}

/// Seconds and crystals of all steps of this start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Totals {
    /// Optimizer steps.
    pub steps: u64,
    /// Crystals.
    pub crystals: u64,
    /// Seconds between the starts of steps, validation left out.
    pub seconds: f64,
    /// Seconds of forward, backward and optimizer among them.
    pub learning: f64,
    /// Seconds of making batches among them.
    pub batches: f64,
}

impl Stopwatch {
    /// A stopwatch at zero.
    pub fn new() -> Self {
        Self::default()
    }

    /// What was measured so far.
    pub fn totals(&self) -> Totals {
        self.totals
    }
}

impl Totals {
    /// Crystals per second of training; `None` if there was nothing left to do.
    pub fn throughput(&self) -> Option<f64> {
        (self.steps > 0).then(|| self.crystals as f64 / self.seconds)
    }

    /// Share of the time that is not forward, backward or optimizer; `None` if there was nothing left to do.
    pub fn overhead(&self) -> Option<f64> {
        (self.steps > 0).then(|| 1.0 - self.learning / self.seconds)
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.throughput().zip(self.overhead()) {
            Some((throughput, overhead)) => write!(f, "{throughput:.0} crystals/s, overhead {:.1} %", 100.0 * overhead),
            None => f.write_str("nothing was left to learn"),
        }
    }
}

impl Observer for Stopwatch {
    fn started(&mut self, _start: &Start<'_>) -> Result<Signal, TrainError> {
        self.last = Some(Instant::now());
        Ok(Signal::Continue)
    }

    fn stepped(&mut self, step: &StepReport, _snapshot: &dyn Snapshot) -> Result<Signal, TrainError> {
        self.totals.steps += u64::from(step.whole);
        self.totals.crystals += step.crystals as u64;
        self.totals.learning += step.timing.learning;
        self.totals.batches += step.timing.batch;
        self.totals.seconds += self.last.map_or(0.0, |last| last.elapsed().as_secs_f64());
        self.last = Some(Instant::now());
        Ok(Signal::Continue)
    }

    fn epoch_ended(&mut self, _history: &[EpochReport], _snapshot: &dyn Snapshot) -> Result<Signal, TrainError> {
        self.last = Some(Instant::now());
        Ok(Signal::Continue)
    }
}
