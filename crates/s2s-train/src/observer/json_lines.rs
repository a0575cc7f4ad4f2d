//! The training log: one JSON object per line.

use std::{
    fs::{self, File},
    io::{BufWriter, Write},
    path::PathBuf,
};

use serde::Serialize;
use serde_json::Value;

use super::{Observer, Signal, Start, StepReport};
use crate::{EpochReport, TrainError, checkpoint::Snapshot};

/// Appends `{"event": "step" | "epoch", …}` lines to a file.
///
/// When a killed run continues, lines of steps that are about to be repeated are removed, so that each step is logged
/// once.
#[derive(Debug)]
pub struct JsonLines {
    path: PathBuf,
    every: u64,
    out: Option<BufWriter<File>>,
}

impl JsonLines {
    /// Logs every `every`-th step and every epoch.
    pub fn new(path: impl Into<PathBuf>, every: u64) -> Self {
        Self { path: path.into(), every: every.max(1), out: None }
    }

    fn write(&mut self, event: &str, body: &impl Serialize) -> Result<(), TrainError> {
        let mut line = serde_json::to_value(body).unwrap_or_default();
        if let Value::Object(fields) = &mut line {
            fields.insert("event".to_owned(), event.into());
        }
        if let Some(out) = &mut self.out {
            let written = writeln!(out, "{line}").and_then(|()| out.flush());
            written.map_err(|error| self.failed(error))?;
        }
        Ok(())
    }

    fn failed(&self, error: std::io::Error) -> TrainError {
        TrainError::Storage { action: "write the log", path: self.path.clone(), error }
    }

    /// The lines of an earlier start that still hold.
    fn kept(&self, start: &Start<'_>) -> String {
        let old = fs::read_to_string(&self.path).unwrap_or_default();
        let holds = |line: &&str| {
            let Ok(value) = serde_json::from_str::<Value>(line) else { return false };
            let number = |key: &str| value[key].as_u64();
            match value["event"].as_str() {
                Some("epoch") => number("epoch").is_some_and(|epoch| epoch < start.history.len() as u64),
                _ => number("step").is_some_and(|step| step <= start.step),
            }
        };
        old.lines().filter(holds).flat_map(|line| [line, "\n"]).collect()
    }
}

impl Observer for JsonLines {
    fn started(&mut self, start: &Start<'_>) -> Result<Signal, TrainError> {
        let kept = if start.step == 0 { String::new() } else { self.kept(start) };
        let opened = File::create(&self.path).and_then(|mut file| file.write_all(kept.as_bytes()).map(|()| file));
        self.out = Some(BufWriter::new(opened.map_err(|error| self.failed(error))?));
        Ok(Signal::Continue)
    }

    fn stepped(&mut self, step: &StepReport, _snapshot: &dyn Snapshot) -> Result<Signal, TrainError> {
        if step.whole && step.step.is_multiple_of(self.every) {
            self.write("step", step)?;
        }
        Ok(Signal::Continue)
    }

    fn epoch_ended(&mut self, history: &[EpochReport], _snapshot: &dyn Snapshot) -> Result<Signal, TrainError> {
        history.last().map_or(Ok(()), |report| self.write("epoch", report))?;
        Ok(Signal::Continue)
    }
}
