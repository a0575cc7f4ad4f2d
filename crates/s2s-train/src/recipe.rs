//! Whole runs: what `examples/pretrain`, `examples/pretrain_energy`, `examples/finetune` and `examples/crossval` do.

mod duration;
mod energy;
mod finetune;
mod prepared;
mod pretrain;
mod rate;
mod run_folder;

pub use energy::{EnergyNetwork, EnergyRecipe, EnergyTrained};
pub use finetune::{About, Divergence, FinetuneRecipe, Finetuned, Labeled, Look, Transfer};
pub use prepared::{Prepared, Refused, file_sha256};
pub use pretrain::{PretrainRecipe, Pretrained, frequency_baseline};
pub use rate::stable_rate;
pub use run_folder::{RunFolder, command_line, command_line_without};
