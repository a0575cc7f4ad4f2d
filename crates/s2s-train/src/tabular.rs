//! Models that learn from tables: a crystal becomes a row of numbers, and many small trees vote on it.
//!
//! ```text
//! Record ─ FeatureSet ─▶ row ─ BoostedTrees ─▶ logit ─┐
//!              (one vote per member)                  ├─ mean ─ Platt ─▶ probability ± spread
//!                                                     ┘
//! Composition ─ Known ─▶ nearest known superconductor, and what is unlike anything learned from
//! ```
//!
//! Nothing here touches a tensor. How the trees are grown is the business of the feature `benchmark`; a [`TreeModel`] only
//! remembers them, in a sealed folder.

mod assessment;
mod features;
mod known;
mod model;
mod packed;
mod trees;

pub use assessment::{Assessment, Resemblance, Unfamiliar};
pub use features::{FeatureBlock, FeatureSet, UnknownBlock};
pub use known::{Known, KnownCrystal};
pub use model::{TreeModel, TreeModelConfig};
pub use trees::{BoostedTrees, TreeNode, TreesError};
