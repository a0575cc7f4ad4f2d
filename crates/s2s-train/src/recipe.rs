//! Recipes: whole runs, as `examples/pretrain`, `examples/pretrain_energy`, `examples/finetune` and `examples/crossval` make
//! them.

mod divergence;
mod duration;
mod finetune;
mod finetuned;
mod joint;
mod labeled;
mod prepared;
mod pretrain;
mod pretrained_weights;
mod regression;
mod run_folder;
mod scale;

pub use divergence::Divergence;
pub use finetune::{FinetuneRecipe, Transfer};
pub use finetuned::{About, Finetuned, Look};
pub use joint::{JointData, JointRecipe, MaskedElements, SealedWith, TargetConfig, TargetKind, TrainedJointly};
pub use labeled::Labeled;
pub use prepared::{Prepared, Refused, file_sha256};
pub use pretrain::{PretrainRecipe, Pretrained, frequency_baseline};
pub use pretrained_weights::PretrainedWeights;
pub use regression::{RegressionRecipe, TrainedRegressor};
pub use run_folder::{RunFolder, command_line, command_line_without};
