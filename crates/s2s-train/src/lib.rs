//! Training of S2SNet and its relatives: recipes, objectives, observers, and a loop that resumes exactly.
//!
//! ```text
//! Dataset ──Batches──▶ Objective::step ──▶ Step{loss, seen} ──▶ fit ──▶ observers, checkpoints
//! ```
//!
//! # Invariants
//!
//! * **A resumed run equals one that never stopped**: order, masks and dropout are pure functions of
//!   `(seed, epoch, step)`, and all state is in the checkpoint.
//! * **A checkpoint that has a name is whole**; the newest two are kept.
//! * **What is chosen is chosen on validation data**; a test set is looked at once.

#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

pub mod checkpoint;
pub mod objective;
pub mod observer;
pub mod recipe;

mod batches;
mod benchmark_network;
mod distributed;
mod ema;
mod error;
mod event_file;
mod fit;
mod learner;
mod optimizer;
mod progress;
mod run_identity;
mod schedule;
mod settings;
mod timing;
mod validation;

pub(crate) use batches::Collation;
pub use batches::{Batches, CollatedLabels, CollatedMasks, LabeledBatches, MaskedAtomBatches, Masks, View};
pub use benchmark_network::BenchmarkNetwork;
pub use checkpoint::Snapshot;
pub use distributed::{Communicator, SingleProcess};
pub use ema::Ema;
pub use error::TrainError;
pub use event_file::EventWriter;
pub use fit::{fit, fit_together};
pub use learner::{FitConfig, Learner, evaluate, evaluate_together};
pub use objective::Objective;
pub use optimizer::{Adam, AdamConfig, Decay, GroupRule};
pub use progress::{EpochReport, Goal, MetricAccumulator, Progress, Watch};
pub use run_identity::RunIdentity;
pub use schedule::Schedule;
pub use settings::resolve;
pub use validation::Settings;

/// The README's examples, compiled.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
