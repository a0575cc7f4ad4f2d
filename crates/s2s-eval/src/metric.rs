//! Metrics: pure functions on slices, equal to scikit-learn's.
//!
//! A metric that is not defined on its input (ROC-AUC of one class, say) is `None`, never a number that looks like one.

mod bootstrap;
mod confusion;
mod curve;
mod evaluation;
mod paired;
mod probability;
mod ranking;
mod regression;
mod resampled;

pub use bootstrap::{Bootstrap, Interval};
pub use confusion::Confusion;
pub use curve::{Curve, precision_recall_curve, reliability_curve, roc_curve};
pub use evaluation::Evaluation;
pub use paired::{mcnemar, paired_bootstrap};
pub use probability::{brier_score, expected_calibration_error, log_loss};
pub use ranking::{average_precision, precision_at, roc_auc, stratified_roc_auc};
pub use regression::{mean_absolute_error, r_squared, root_mean_squared_error};
pub use resampled::ResampledDifference;
