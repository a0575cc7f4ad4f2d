//! The classification objective: superconductor or not (Eq. 6).

use std::collections::BTreeMap;

use s2s_eval::{
    metric::{Confusion, log_loss, roc_auc},
    sigmoid,
};
use s2s_model::{AtomEncoder, BinaryLogits, CrystalStates, Head, Mode, Network, Readout};
use serde::{Deserialize, Serialize};
use tch::{Kind, Reduction, Tensor};

use super::{Compared, LabeledBatch, Objective, Outcome, Step, defined};
use crate::TrainError;

/// Binary cross-entropy of the logit (Eq. 6, without its extra factor ½: steps of Adam do not depend on such a factor, but for ε).
#[derive(Debug)]
pub struct SuperconductivityObjective<E, R, H> {
    /// What is trained.
    pub network: Network<E, R, H>,
    /// Weight of a superconductor relative to another crystal; 1 in the paper.
    pub positive_weight: f64,
    /// Share of the label that is spread evenly over both classes while training; 0 in the paper.
    pub smoothing: f64,
}

impl<E, R, H> SuperconductivityObjective<E, R, H> {
    /// The paper's loss.
    pub fn paper(network: Network<E, R, H>) -> Self {
        Self { network, positive_weight: 1.0, smoothing: 0.0 }
    }
}

impl<E, R, H> Objective for SuperconductivityObjective<E, R, H>
where
    E: AtomEncoder,
    R: Readout,
    H: Head<CrystalStates, Output = BinaryLogits>,
{
    type Batch = LabeledBatch;
    type Outcome = Scores;

    fn step(&self, batch: &LabeledBatch, mode: Mode<'_>) -> Result<Step, TrainError> {
        let (BinaryLogits(logits), members) = batch.predicted_by(&self.network, mode);
        let smoothing = if mode.is_train() { self.smoothing } else { 0.0 };
        let targets = &batch.targets * (1.0 - smoothing) + 0.5 * smoothing;
        let compared = Compared::new(&logits, members, &targets, batch.weights.as_ref(), mode);
        let loss = cross_entropy(compared, self.positive_weight)?;
        Ok(Step::of_crystals(loss, batch, &logits))
    }
}

/// Binary cross-entropy of logits, in which a superconductor counts `positive_weight` times what another crystal does.
pub(super) fn cross_entropy(compared: Compared, positive_weight: f64) -> Result<Tensor, TrainError> {
    let Compared { predictions, targets, weights } = compared;
    // Written on the device: a copy would wait for it.
    let positive = Tensor::f_full([1], positive_weight, (Kind::Float, predictions.device()))?;
    Ok(predictions.f_binary_cross_entropy_with_logits(&targets, weights, Some(positive), Reduction::Mean)?)
}

/// Labels and logits of classified crystals.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Scores {
    /// Whether each crystal is a superconductor.
    pub labels: Vec<bool>,
    /// Its logit.
    pub logits: Vec<f64>,
}

impl Scores {
    /// Probabilities of superconductivity.
    pub fn probabilities(&self) -> Vec<f64> {
        self.logits.iter().map(|logit| sigmoid(*logit)).collect()
    }
}

impl Outcome for Scores {
    fn read(_items: usize, seen: &[&[f64]]) -> Self {
        Self { labels: seen[0].iter().map(|target| *target > 0.5).collect(), logits: seen[1].to_vec() }
    }

    fn absorb(&mut self, other: Self) {
        self.labels.extend(other.labels);
        self.logits.extend(other.logits);
    }

    fn metrics(&self) -> BTreeMap<String, f64> {
        let probabilities = self.probabilities();
        defined([
            ("accuracy", Confusion::at(0.5, &self.labels, &probabilities).accuracy()),
            ("roc_auc", roc_auc(&self.labels, &self.logits)),
            ("log_loss", log_loss(&self.labels, &probabilities)),
        ])
    }
}
