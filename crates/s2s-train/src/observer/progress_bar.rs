//! What a person watching wants to know.

use std::{
    io::{IsTerminal, stderr},
    time::Instant,
};

use indicatif::{ProgressBar as Bar, ProgressDrawTarget, ProgressStyle};

use super::{Observer, Signal, Start, StepReport};
use crate::{EpochReport, TrainError, checkpoint::Snapshot};

/// Loss, metrics, throughput and time left on the standard error: a bar on a terminal, one line per epoch elsewhere.
#[derive(Debug)]
pub struct ProgressBar {
    name: String,
    epochs: u64,
    bar: Option<Bar>,
    begun: Instant,
    first_epoch: u64,
    crystals: u64,
}

impl ProgressBar {
    /// A bar with this name in front.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), epochs: 0, bar: None, begun: Instant::now(), first_epoch: 0, crystals: 0 }
    }

    fn summary(&self, report: &EpochReport) -> String {
        let metrics: Vec<String> = report.validation.iter().map(|(name, value)| format!("{name} {value:.4}")).collect();
        let seconds = self.begun.elapsed().as_secs_f64();
        let done = report.epoch + 1;
        let left = seconds / (done - self.first_epoch).max(1) as f64 * self.epochs.saturating_sub(done) as f64;
        format!(
            "{} epoch {done}/{}: training loss {:.4}; validation {}; {:.0} crystals/s, {:.0} s left",
            self.name,
            self.epochs,
            report.train.get("loss").copied().unwrap_or(f64::NAN),
            metrics.join(", "),
            self.crystals as f64 / seconds,
            left,
        )
    }
}

impl Observer for ProgressBar {
    fn started(&mut self, start: &Start<'_>) -> Result<Signal, TrainError> {
        self.epochs = start.epochs;
        self.first_epoch = start.history.len() as u64;
        self.begun = Instant::now();
        if stderr().is_terminal() {
            let bar = Bar::with_draw_target(Some(0), ProgressDrawTarget::stderr_with_hz(5));
            let style = "{prefix} [{bar:30}] {pos}/{len} batches, {msg}, {eta} left in this epoch";
            bar.set_style(ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar()));
            self.bar = Some(bar);
        }
        Ok(Signal::Continue)
    }

    fn stepped(&mut self, step: &StepReport, _snapshot: &dyn Snapshot) -> Result<Signal, TrainError> {
        self.crystals += step.crystals as u64;
        if let Some(bar) = &self.bar {
            if step.batch == 0 {
                bar.reset();
            }
            bar.set_length(step.batches as u64);
            bar.set_prefix(format!("{} epoch {}/{}", self.name, step.epoch + 1, self.epochs));
            bar.set_position(step.batch as u64 + 1);
            let rate = self.crystals as f64 / self.begun.elapsed().as_secs_f64();
            bar.set_message(format!("loss {:.4}, {rate:.0} crystals/s", step.loss));
        }
        Ok(Signal::Continue)
    }

    fn epoch_ended(&mut self, history: &[EpochReport], _snapshot: &dyn Snapshot) -> Result<Signal, TrainError> {
        if let Some(report) = history.last() {
            let summary = self.summary(report);
            match &self.bar {
                Some(bar) => bar.println(summary),
                None => eprintln!("{summary}"),
            }
        }
        Ok(Signal::Continue)
    }

    fn finished(&mut self, _snapshot: &dyn Snapshot) -> Result<Signal, TrainError> {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
        Ok(Signal::Continue)
    }
}
