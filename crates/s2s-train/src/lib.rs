//! Training of S2SNet and its relatives: recipes, objectives, observers, and a loop that resumes exactly.
//!
//! ```no_run,standalone_crate
//! use s2s_data::{Split, reference};
//! use s2s_model::{Device, ModelConfig, S2sNetConfig};
//! use s2s_train::recipe::{FinetuneRecipe, Labeled, Prepared};
//!
//! let records: Vec<_> = reference::crystals().iter().map(|known| known.to_record()).collect();
//! let recipe = FinetuneRecipe::new(ModelConfig::from(S2sNetConfig::periodic()));
//! let prepared = Prepared::new(&records, &recipe.build_featurizer()?)?;
//! let label = |&k: &usize| records[k].label.and_then(|label| label.is_superconductor()) == Some(true);
//! let labels: Vec<bool> = prepared.kept.iter().map(label).collect();
//! let split = Split::stratified(&labels, 0.2, 1)?;
//! let some = |items: &[usize]| Labeled::some(&prepared.features, &labels, items);
//! let (learner, _) = recipe.learner(None, Default::default(), Device::Cpu)?;
//! let trained = recipe.run(learner, 0, some(&split.train), some(&split.test), &mut [])?;
//! println!("best epoch {:?}", trained.best_epoch);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
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
mod evaluation;
mod event_file;
mod fit;
mod joint_benchmark_network;
mod learner;
mod optimizer;
mod progress;
mod run_identity;
mod schedule;
mod settings;
mod timing;
mod validation;

pub(crate) use batches::Collation;
pub use batches::{
    Batches, CollatedLabels, CollatedMasks, CollatedTargets, JointBatches, LabeledBatches, MaskedAtomBatches, Masks,
    View,
};
pub use benchmark_network::BenchmarkNetwork;
pub use checkpoint::Snapshot;
pub use distributed::{Communicator, SingleProcess};
pub use ema::Ema;
pub use error::TrainError;
pub use evaluation::{evaluate, evaluate_together};
pub use event_file::EventWriter;
pub use fit::{fit, fit_together};
pub use joint_benchmark_network::JointBenchmarkNetwork;
pub use learner::{FitConfig, Learner};
pub use objective::Objective;
pub use optimizer::{Adam, AdamConfig, Decay, GroupRule};
pub use progress::{EpochReport, Goal, MetricAccumulator, Progress, Watch};
pub use run_identity::RunIdentity;
pub use schedule::Schedule;
pub use settings::{NetworkRecipe, resolve};
pub use validation::Settings;

/// The README's examples, compiled.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
