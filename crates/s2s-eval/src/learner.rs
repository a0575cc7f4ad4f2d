//! Learners of tables: trees and kernel machines on descriptors of crystals.

mod auxiliary;
mod boosting;
mod extra_trees;
mod forest;
mod kernel;
mod record_features;
mod row_cache;
mod specification;
mod tree_recipe;
mod validation;

pub use auxiliary::{AuxiliaryFeature, AuxiliaryTarget};
pub use boosting::{Boosting, BoostingConfig, boosted_classifier, boosted_regression, boosted_shares};
pub use extra_trees::{ExtraTreesConfig, extra_trees};
pub use forest::Forest;
pub(crate) use kernel::Inverse;
pub use kernel::{Kernel, KernelConfig};
pub use record_features::RecordFeatures;
pub use row_cache::RowCache;
pub use s2s_predict::{LocalAnswer, LocalKernel, LocalKernelConfig};
pub use specification::Specification;
pub use tree_recipe::{Grown, TreeRecipe};
