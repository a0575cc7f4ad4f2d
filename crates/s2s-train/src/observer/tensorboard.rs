//! The TensorBoard log.

use std::{
    fs::{self, File},
    io::{self, BufWriter},
    path::PathBuf,
    process,
    time::{SystemTime, UNIX_EPOCH},
};

use super::{Observer, Signal, Start, StepReport};
use crate::{EpochReport, EventWriter, TrainError, checkpoint::Snapshot};

/// Writes an event file into a folder that `tensorboard --logdir` is pointed at.
///
/// Every start that has something to log writes a file of its own, which hides the steps that a killed run had logged beyond its checkpoint.
#[derive(Debug)]
pub struct TensorBoard {
    folder: PathBuf,
    every: u64,
    start: u64,
    events: Option<EventWriter<BufWriter<File>>>,
}

impl TensorBoard {
    /// Logs every `every`-th step and every epoch.
    pub fn new(folder: impl Into<PathBuf>, every: u64) -> Self {
        Self { folder: folder.into(), every: every.max(1), start: 0, events: None }
    }

    fn open(&self) -> io::Result<EventWriter<BufWriter<File>>> {
        let step = self.start;
        fs::create_dir_all(&self.folder)?;
        let now = now();
        let name = format!("events.out.tfevents.{}.s2s.{}.{step}", now as u64, process::id());
        EventWriter::new(BufWriter::new(File::create(self.folder.join(name))?), now, step as i64)
    }

    fn scalars(&mut self, step: u64, values: Vec<(String, f64)>) -> Result<Signal, TrainError> {
        let mut events = match self.events.take() {
            Some(events) => events,
            None => self.open().map_err(|error| self.failed(error))?,
        };
        let pairs = values.iter().map(|(tag, value)| (tag.as_str(), *value));
        events.scalars(now(), step as i64, pairs).map_err(|error| self.failed(error))?;
        self.events = Some(events);
        Ok(Signal::Continue)
    }

    fn flush(&mut self) -> Result<Signal, TrainError> {
        let flushed = self.events.as_mut().map_or(Ok(()), EventWriter::flush);
        flushed.map_err(|error| self.failed(error))?;
        Ok(Signal::Continue)
    }

    fn failed(&self, error: io::Error) -> TrainError {
        TrainError::Storage { action: "write events", path: self.folder.clone(), error }
    }
}

impl Observer for TensorBoard {
    fn started(&mut self, start: &Start<'_>) -> Result<Signal, TrainError> {
        self.start = start.step;
        Ok(Signal::Continue)
    }

    fn stepped(&mut self, step: &StepReport, _snapshot: &dyn Snapshot) -> Result<Signal, TrainError> {
        if !step.whole || !step.step.is_multiple_of(self.every) {
            return Ok(Signal::Continue);
        }
        let mut values =
            vec![("step/loss".to_owned(), step.loss), ("step/learning_rate".to_owned(), step.learning_rate)];
        values.extend(step.norm.map(|norm| ("step/gradient_norm".to_owned(), norm)));
        self.scalars(step.step, values)
    }

    fn epoch_ended(&mut self, history: &[EpochReport], _snapshot: &dyn Snapshot) -> Result<Signal, TrainError> {
        let Some(report) = history.last() else { return Ok(Signal::Continue) };
        let named = |side: &str, metrics: &std::collections::BTreeMap<String, f64>| {
            metrics.iter().map(|(name, value)| (format!("{side}/{name}"), *value)).collect::<Vec<_>>()
        };
        let values = [named("train", &report.train), named("validation", &report.validation)].concat();
        self.scalars(report.step, values)?;
        self.flush()
    }

    fn finished(&mut self, _snapshot: &dyn Snapshot) -> Result<Signal, TrainError> {
        self.flush()
    }
}

fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |time| time.as_secs_f64())
}
