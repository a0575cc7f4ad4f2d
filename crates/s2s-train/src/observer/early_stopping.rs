//! Early stopping.

use super::{Observer, Signal, Start};
use crate::{EpochReport, TrainError, Watch, checkpoint::Snapshot};

/// Stops after this many epochs without a better one: a pure function of the history, so that a resumed run agrees.
#[derive(Clone, Debug)]
pub struct EarlyStopping {
    patience: usize,
    watch: Watch,
}

impl EarlyStopping {
    /// Stops once the best epoch is `patience` epochs ago.
    pub fn new(patience: usize, watch: Watch) -> Self {
        Self { patience, watch }
    }

    fn judge(&self, history: &[EpochReport]) -> Signal {
        let best = self.watch.best(history).map_or(0, |k| k + 1);
        if history.len() >= best + self.patience { Signal::Stop } else { Signal::Continue }
    }
}

impl Observer for EarlyStopping {
    fn started(&mut self, start: &Start<'_>) -> Result<Signal, TrainError> {
        Ok(if start.history.is_empty() { Signal::Continue } else { self.judge(start.history) })
    }

    fn epoch_ended(&mut self, history: &[EpochReport], _snapshot: &dyn Snapshot) -> Result<Signal, TrainError> {
        Ok(self.judge(history))
    }
}
