//! All metrics of a classifier at once.

use serde::{Deserialize, Serialize};

use super::{
    Bootstrap, Confusion, Interval, average_precision, brier_score, expected_calibration_error, log_loss, roc_auc,
    stratified_roc_auc,
};

/// Bins of the expected calibration error.
const CALIBRATION_BINS: usize = 10;

/// How good probabilities are, at the threshold 1/2 where one is needed. `None` where a metric is not defined.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// Number of crystals.
    pub crystals: usize,
    /// Number of positives among them.
    pub positives: usize,
    /// Share of right decisions.
    pub accuracy: Option<f64>,
    /// Area under the ROC curve.
    pub roc_auc: Option<f64>,
    /// Area under the ROC curve over pairs with an equal key; absent without keys.
    #[serde(rename = "matched_roc_auc")]
    pub stratified_roc_auc: Option<f64>,
    /// Average precision.
    pub pr_auc: Option<f64>,
    /// F1 of the positive class.
    pub f1: f64,
    /// Matthews' correlation coefficient.
    pub mcc: f64,
    /// Mean squared error of the probabilities.
    pub brier: Option<f64>,
    /// Mean negative log-likelihood.
    pub log_loss: Option<f64>,
    /// Expected calibration error, 10 bins.
    pub ece: Option<f64>,
    /// Bootstrap interval of the accuracy, where asked for.
    pub accuracy_interval: Option<Interval>,
    /// Bootstrap interval of the ROC-AUC, where asked for.
    pub roc_auc_interval: Option<Interval>,
}

impl Evaluation {
    /// Evaluates probabilities of the positive class.
    ///
    /// # Panics
    ///
    /// If the slices differ in length.
    pub fn new(labels: &[bool], probabilities: &[f64]) -> Self {
        let confusion = Confusion::at(0.5, labels, probabilities);
        Self {
            crystals: labels.len(),
            positives: labels.iter().filter(|l| **l).count(),
            accuracy: confusion.accuracy(),
            roc_auc: roc_auc(labels, probabilities),
            stratified_roc_auc: None,
            pr_auc: average_precision(labels, probabilities),
            f1: confusion.f1(),
            mcc: confusion.matthews_correlation(),
            brier: brier_score(labels, probabilities),
            log_loss: log_loss(labels, probabilities),
            ece: expected_calibration_error(labels, probabilities, CALIBRATION_BINS),
            accuracy_interval: None,
            roc_auc_interval: None,
        }
    }

    /// Adds the ROC-AUC over pairs with equal keys.
    ///
    /// # Panics
    ///
    /// If the slices differ in length.
    pub fn with_strata<K: Ord>(mut self, labels: &[bool], probabilities: &[f64], keys: &[K]) -> Self {
        self.stratified_roc_auc = stratified_roc_auc(labels, probabilities, keys);
        self
    }

    /// Adds the intervals of accuracy and ROC-AUC.
    ///
    /// # Panics
    ///
    /// If the slices differ in length.
    pub fn with_intervals(mut self, labels: &[bool], probabilities: &[f64], bootstrap: Bootstrap) -> Self {
        let pick = |items: &[usize]| -> (Vec<bool>, Vec<f64>) {
            items.iter().map(|i| (labels[*i], probabilities[*i])).unzip()
        };
        self.accuracy_interval = bootstrap.interval(labels.len(), |items| {
            let (labels, probabilities) = pick(items);
            Confusion::at(0.5, &labels, &probabilities).accuracy()
        });
        self.roc_auc_interval = bootstrap.interval(labels.len(), |items| {
            let (labels, probabilities) = pick(items);
            roc_auc(&labels, &probabilities)
        });
        self
    }
}
