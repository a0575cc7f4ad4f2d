//! Evaluation of classifiers of crystals: metrics, calibration, cross-validation, and a benchmark on the same folds.
//!
//! ```
//! use s2s_eval::metric::Evaluation;
//!
//! let found = Evaluation::new(&[true, true, false, false], &[0.9, 0.4, 0.6, 0.1]);
//! assert_eq!(found.roc_auc, Some(0.75));
//! ```
//!
//! ```text
//! labels, scores ─ metric ─▶ Evaluation          logits ─ fit_platt, Temperature, Isotonic ─▶ probabilities
//! Dataset ─ Protocol ─▶ (seed, fold, Split) ─ BenchmarkModel::fit_score ─▶ probabilities ─▶ FoldResult ─ ScoreTable ─▶ Markdown
//! ```
//!
//! * [`metric`]: pure functions on slices, equal to scikit-learn's, with bootstrap intervals and paired tests.
//! * [`fit_platt`], [`Temperature`], [`Isotonic`]: calibration of probabilities on validation data.
//! * [`cross_validate`], [`FoldResults`]: the same experiment on every fold, in parallel, sharded, resumable.
//! * [`benchmark`]: any model behind one trait, on the same folds.
//! * `learner`: models that learn from tables; with the feature `learners`.
//! * `tc`: critical temperatures with intervals; with the feature `learners`.
//!
//! # Invariants
//!
//! * **This crate never mentions a tensor library.** Networks join the benchmark from outside, through the trait.
//! * **A metric that is not defined on its input is `None`**, never a number that looks like one.
//! * **What is chosen is chosen on the training side**: a [`BenchmarkModel`](benchmark::BenchmarkModel) sees no label of
//!   the test side.

#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

pub mod benchmark;
#[cfg(feature = "learners")]
pub mod learner;
pub mod metric;
#[cfg(feature = "learners")]
pub mod tc;

mod calibration;
mod cross_validation;
mod error;
mod fold_results;

pub use calibration::{Isotonic, Temperature, fit_platt, sigmoid};
pub use cross_validation::{Shard, Summary, cross_validate, cross_validate_shard};
pub use error::EvalError;
pub use fold_results::FoldResults;
pub use s2s_predict::{BoostedTrees, Calibration, TreeNode, TreesError};

/// The README's examples, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
