//! The trait of every model of the benchmark.

use std::fmt;

use s2s_data::Record;
use serde::{Deserialize, Serialize};

use crate::EvalError;

/// A crystal whose answer is known.
#[derive(Clone, Copy, Debug)]
pub struct Example<'r> {
    /// The crystal.
    pub record: &'r Record,
    /// Whether it is a superconductor.
    pub superconducts: bool,
}

/// How a model learned on a fold.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainingRecord {
    /// Number of the epoch whose weights were used, counted from 1; 0 if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<usize>,
    /// ROC-AUC on the validation part of the training side: the only figure by which settings may be chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validation_roc_auc: Option<f64>,
    /// Optimizer step at which training diverged, if it did; the weights are then those of the best epoch before, or of the
    /// start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diverged_at_step: Option<u64>,
}

impl TrainingRecord {
    /// Whether nothing was recorded.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A classifier that learns from labelled crystals and gives others a probability.
///
/// Implement it for whatever should be a row of the benchmark; `fit_score` is all there is to a model here.
///
/// # Examples
///
/// ```
/// use s2s_data::Record;
/// use s2s_eval::{EvalError, benchmark::{BenchmarkModel, Example}};
///
/// /// Gives every crystal the share of superconductors among those that it has seen.
/// #[derive(Debug)]
/// struct BaseRate;
///
/// impl BenchmarkModel for BaseRate {
///     fn name(&self) -> String {
///         "base-rate".to_owned()
///     }
///
///     fn fit_score(&self, train: &[Example<'_>], test: &[&Record], _seed: u64) -> Result<Vec<f64>, EvalError> {
///         let positives = train.iter().filter(|example| example.superconducts).count();
///         Ok(vec![positives as f64 / train.len() as f64; test.len()])
///     }
/// }
/// ```
pub trait BenchmarkModel: fmt::Debug {
    /// What its row is called; no two models of a benchmark have the same name.
    fn name(&self) -> String;

    /// Learns from the examples and gives each of the other crystals its probability of superconducting, in their order.
    ///
    /// A pure function of its arguments.
    ///
    /// # Errors
    ///
    /// [`EvalError`] if the examples do not suffice, or a crystal cannot be turned into numbers; [`EvalError::model`] wraps
    /// the error of a model with a type of its own.
    fn fit_score(&self, train: &[Example<'_>], test: &[&Record], seed: u64) -> Result<Vec<f64>, EvalError>;

    /// The same, with what is worth recording about how it learned; nothing, unless a model says so.
    ///
    /// # Errors
    ///
    /// As [`fit_score`](Self::fit_score).
    fn fit_score_recorded(
        &self,
        train: &[Example<'_>],
        test: &[&Record],
        seed: u64,
    ) -> Result<(Vec<f64>, TrainingRecord), EvalError> {
        Ok((self.fit_score(train, test, seed)?, TrainingRecord::default()))
    }

    /// What its results depend on beside data and seed, so that results of other settings are not taken for its own.
    fn settings(&self) -> String {
        String::new()
    }
}

impl<M: BenchmarkModel + ?Sized> BenchmarkModel for Box<M> {
    fn name(&self) -> String {
        (**self).name()
    }

    fn fit_score(&self, train: &[Example<'_>], test: &[&Record], seed: u64) -> Result<Vec<f64>, EvalError> {
        (**self).fit_score(train, test, seed)
    }

    fn fit_score_recorded(
        &self,
        train: &[Example<'_>],
        test: &[&Record],
        seed: u64,
    ) -> Result<(Vec<f64>, TrainingRecord), EvalError> {
        (**self).fit_score_recorded(train, test, seed)
    }

    fn settings(&self) -> String {
        (**self).settings()
    }
}
