//! The progress of a run: epoch, step, metrics and history.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::objective::Outcome;

/// Where a run stands: with weights and moments, all there is to continue it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Progress<O> {
    /// The epoch in progress, counted from 0.
    pub epoch: u64,
    /// Batches of it that are done.
    pub batch: usize,
    /// Optimizer steps taken in all epochs.
    pub step: u64,
    /// Sum over the batches done.
    #[serde(alias = "tally")]
    pub metrics: MetricAccumulator<O>,
    /// Finished epochs.
    pub history: Vec<EpochReport>,
}

impl<O: Outcome> Progress<O> {
    pub(crate) fn new() -> Self {
        Self { epoch: 0, batch: 0, step: 0, metrics: MetricAccumulator::default(), history: Vec::new() }
    }
}

/// Loss and outcome, added up.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MetricAccumulator<O> {
    /// Loss times items.
    pub loss: f64,
    /// Items.
    pub items: u64,
    /// What metrics are made of.
    pub outcome: O,
}

impl<O: Outcome> MetricAccumulator<O> {
    pub(crate) fn add(&mut self, loss: f64, items: usize, outcome: O) {
        self.loss += loss * items as f64;
        self.items += items as u64;
        self.outcome.absorb(outcome);
    }

    /// Mean loss and metrics, by name.
    pub fn metrics(&self) -> BTreeMap<String, f64> {
        let mut metrics = self.outcome.metrics();
        if self.items > 0 {
            metrics.insert("loss".to_owned(), self.loss / self.items as f64);
        }
        metrics
    }
}

/// What one epoch gave.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EpochReport {
    /// The epoch, counted from 0.
    pub epoch: u64,
    /// Optimizer steps taken until its end.
    pub step: u64,
    /// Metrics over its batches, while they were trained on.
    pub train: BTreeMap<String, f64>,
    /// Metrics on the validation set after it.
    pub validation: BTreeMap<String, f64>,
}

/// Which validation metric decides what "best" means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Watch {
    /// Its name, such as `roc_auc` or `loss`.
    pub metric: String,
    /// Which direction is better.
    pub goal: Goal,
}

/// Which direction of a metric is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Goal {
    /// Large values are better.
    Maximize,
    /// Small values are better.
    Minimize,
}

impl Watch {
    /// The smallest validation loss.
    pub fn loss() -> Self {
        Self { metric: "loss".into(), goal: Goal::Minimize }
    }

    /// The largest value of a validation metric.
    pub fn largest(metric: &str) -> Self {
        Self { metric: metric.into(), goal: Goal::Maximize }
    }

    /// Position in the history of the best epoch; the earliest among equals; `None` if none reports the metric.
    pub fn best(&self, history: &[EpochReport]) -> Option<usize> {
        let mut best: Option<(usize, f64)> = None;
        for (k, report) in history.iter().enumerate() {
            let Some(&value) = report.validation.get(&self.metric) else { continue };
            let better = best.is_none_or(|(_, best)| match self.goal {
                Goal::Maximize => value > best,
                Goal::Minimize => value < best,
            });
            if better {
                best = Some((k, value));
            }
        }
        best.map(|(k, _)| k)
    }
}
