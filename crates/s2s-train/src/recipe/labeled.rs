//! Labeled crystals, in batches and back in order.

use s2s_featurize::{AtomFeatures, BatchPlan, BatchSize};
use tch::Device;

use crate::{
    Batches, LabeledBatches, Objective, TrainError, evaluate,
    objective::{LabeledBatch, Scores},
};

/// Crystals with their labels.
#[derive(Clone, Debug)]
pub struct Labeled<'f> {
    /// Their features.
    pub features: Vec<&'f AtomFeatures>,
    /// Whether each is a superconductor.
    pub labels: Vec<bool>,
    /// What each counts while it is learned from; empty where all count one.
    pub weights: Vec<f32>,
}

impl<'f> Labeled<'f> {
    /// Some of all crystals.
    ///
    /// # Panics
    ///
    /// If an item is not below the number of crystals.
    pub fn some(features: &'f [AtomFeatures], labels: &[bool], items: &[usize]) -> Self {
        Self {
            features: items.iter().map(|&i| &features[i]).collect(),
            labels: items.iter().map(|&i| labels[i]).collect(),
            weights: Vec::new(),
        }
    }

    /// These and some more, each of which counts `weight`.
    #[must_use]
    pub fn and(mut self, features: &'f [AtomFeatures], labels: &[bool], weight: f32) -> Self {
        self.weights.resize(self.features.len(), 1.0);
        self.features.extend(features);
        self.labels.extend(labels);
        self.weights.resize(self.features.len(), weight);
        self
    }

    /// Whether there are superconductors and others: of one class alone, every classifier is right.
    ///
    /// # Errors
    ///
    /// [`TrainError::Data`] names the side, as in "training", and the class that it lacks.
    pub fn require_both_classes(&self, side: &str) -> Result<(), TrainError> {
        let superconductors = self.labels.iter().filter(|label| **label).count();
        let lacking = match (superconductors, self.labels.len() - superconductors) {
            (0, _) => "superconductor",
            (_, 0) => "crystal that is none",
            _ => return Ok(()),
        };
        Err(TrainError::Data { reason: format!("among the {} {side} crystals is no {lacking}", self.labels.len()) })
    }

    pub(super) fn batches(self, size: BatchSize, device: Device) -> Result<LabeledBatches<'f>, TrainError> {
        let targets = self.labels.iter().map(|&label| f32::from(u8::from(label))).collect();
        let batches = LabeledBatches::new(self.features, targets, size, device)?;
        if self.weights.is_empty() { Ok(batches) } else { batches.weighted(self.weights) }
    }
}

/// Scores put back from batch order to crystal order.
pub(super) fn in_order<O>(objective: &O, batches: &LabeledBatches<'_>) -> Result<Scores, TrainError>
where
    O: Objective<Batch = LabeledBatch, Outcome = Scores>,
{
    let scores = evaluate(objective, batches)?.outcome;
    let plan = batches.plan(0);
    Ok(Scores { labels: of_items(&plan, scores.labels), logits: of_items(&plan, scores.logits) })
}

/// What was found batch by batch, put back from batch order to item order.
pub(super) fn of_items<T>(plan: &BatchPlan, found: Vec<T>) -> Vec<T> {
    let mut rows: Vec<(u32, T)> = plan.batches(0..plan.len()).flatten().copied().zip(found).collect();
    rows.sort_unstable_by_key(|(item, _)| *item);
    rows.into_iter().map(|(_, found)| found).collect()
}
