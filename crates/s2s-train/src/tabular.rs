//! Models that learn from tables: a crystal becomes a row of numbers, and many small trees vote on it.
//!
//! ```text
//! Crystal ─ FeatureSet ─▶ row ─ BoostedTrees ─▶ logit ─┐
//!              (one vote per member)                  ├─ mean ─ Platt ─▶ probability ± spread
//!                                                     ┘
//! Composition ─ Known ─▶ nearest known superconductor, and what is unlike anything learned from
//! ```
//!
//! Nothing here touches a tensor. `s2s-eval` grows the trees; a [`TreeModel`] only
//! remembers them, in a sealed folder.

mod assessment;
mod known;
mod model;
mod packed;

pub use assessment::{Assessment, Resemblance, Unfamiliar};
pub use known::{Known, KnownCrystal};
pub use model::{TreeModel, TreeModelConfig};
