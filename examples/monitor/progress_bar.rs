//! A progress bar over the batches of an epoch, above which the lines of finished epochs stand.

use indicatif::{ProgressBar as Bar, ProgressDrawTarget, ProgressStyle};
use s2s_train::{
    EpochReport, TrainError,
    checkpoint::Snapshot,
    observer::{Observer, ProgressLines, Signal, Start, StepReport},
};

/// Progress on the standard error: a bar and lines on a terminal, the lines alone elsewhere.
#[derive(Debug)]
pub(crate) struct ProgressBar {
    lines: ProgressLines,
    bar: Bar,
}

impl ProgressBar {
    /// A bar with this name in front.
    pub(crate) fn new(name: impl Into<String>) -> Self {
        // Nothing is drawn where the standard error is no terminal.
        let bar = Bar::with_draw_target(Some(0), ProgressDrawTarget::stderr_with_hz(5));
        let style = "{prefix} [{bar:30}] {pos}/{len} batches, {msg}, {eta} left in this epoch";
        bar.set_style(ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar()));
        Self { lines: ProgressLines::new(name), bar }
    }
}

impl Observer for ProgressBar {
    fn started(&mut self, start: &Start<'_>) -> Result<Signal, TrainError> {
        self.lines.started(start)
    }

    fn stepped(&mut self, step: &StepReport, snapshot: &dyn Snapshot) -> Result<Signal, TrainError> {
        if step.batch == 0 {
            self.bar.reset();
        }
        self.bar.set_length(step.batches as u64);
        self.bar.set_prefix(self.lines.heading(step.epoch));
        self.bar.set_position(step.batch as u64 + 1);
        let signal = self.lines.stepped(step, snapshot);
        self.bar.set_message(format!("loss {:.4}, {:.0} crystals/s", step.loss, self.lines.throughput()));
        signal
    }

    fn epoch_ended(&mut self, history: &[EpochReport], snapshot: &dyn Snapshot) -> Result<Signal, TrainError> {
        self.bar.suspend(|| self.lines.epoch_ended(history, snapshot))
    }

    fn finished(&mut self, _snapshot: &dyn Snapshot) -> Result<Signal, TrainError> {
        self.bar.finish_and_clear();
        Ok(Signal::Continue)
    }
}
