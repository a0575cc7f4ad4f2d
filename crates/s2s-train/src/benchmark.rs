//! Every model behind one trait, on the same folds.
//!
//! ```text
//! Dataset ─ Protocol ─▶ (seed, fold, Split) ─ Contender::fit_score ─▶ probabilities ─▶ FoldResult ─ Table ─▶ Markdown
//! ```
//!
//! A [`Contender`] gets labelled crystals of the training side and bare crystals of the test side, so there is no label
//! that it could look at by mistake. What it chooses, it chooses by splitting its training side again.

mod blend;
mod boosting;
mod contender;
mod fewer;
mod forest;
mod kernel;
mod lesson;
mod network;
mod plan;
mod result;
mod rows;
mod specification;
mod supplement;
mod table;
mod tree_recipe;

pub use crate::tabular::{FeatureBlock, FeatureSet, UnknownBlock};
pub use blend::Blend;
pub use boosting::{Boosting, BoostingConfig};
pub use contender::{Contender, Example, TrainingRecord};
pub use fewer::Fewer;
pub use forest::Forest;
pub use kernel::{Kernel, KernelConfig};
pub use lesson::{Lesson, Subject};
pub use network::{NetworkContender, NetworkKind};
pub use plan::{Job, Protocol, Sides};
pub use result::{FoldResult, ResultFile, Setting};
pub use rows::RowCache;
pub use specification::Specification;
pub use supplement::Supplement;
pub use table::{ScoreTable, Scores};
pub use tree_recipe::{Grown, TreeRecipe};
