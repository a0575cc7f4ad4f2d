//! Training S2SNet: a loop that can be killed, resumed, trusted and read.
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

#![forbid(unsafe_code)]

pub mod checkpoint;
pub mod objective;
pub mod observer;
pub mod recipe;

mod average;
mod batches;
mod benchmark_network;
mod bucket;
mod deal;
mod error;
mod event_file;
mod fit;
mod identity;
mod learner;
mod ledger;
mod optimizer;
mod progress;
mod schedule;
mod settings;
mod team;

pub use average::Average;
pub use batches::{Batches, LabeledBatches, MaskedAtomBatches, Masks, View};
pub use benchmark_network::{BenchmarkNetwork, NetworkKind};
pub use error::TrainError;
pub use event_file::EventWriter;
pub use fit::{fit, fit_together};
pub use identity::Identity;
pub use learner::{FitConfig, Learner, Snapshot, evaluate, evaluate_together};
pub use objective::Objective;
pub use optimizer::{Adam, AdamConfig, Decay, GroupRule};
pub use progress::{EpochReport, Goal, Progress, Tally, Watch};
pub use schedule::Schedule;
pub use settings::resolve;
pub use team::{Alone, Team};

/// The README's examples, compiled.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
