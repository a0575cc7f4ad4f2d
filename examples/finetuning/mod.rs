//! What every example that trains a classifier shares: which crystals, for how long, and from which weights.

use std::{collections::BTreeMap, error::Error, path::PathBuf};

use clap::Args;
use s2s_data::DataFolder;
use s2s_train::{
    TrainError,
    recipe::{FinetuneRecipe, PretrainedWeights, Transfer},
};

use crate::run_options::{Recipe, RunOptions};

/// Which crystals, for how long, and from which weights.
#[derive(Args, Debug)]
pub(crate) struct Finetuning {
    /// Labelled crystals as JSON lines, zstd-compressed or not [default: s2s.jsonl.zst in $S2S_DATA_DIR]
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,
    /// Times the training crystals are seen at most [default: the recipe's]
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    epochs: Option<u64>,
    /// Output folder of `pretrain`, whose encoder is used
    #[arg(long, value_name = "DIR")]
    pretrained: Option<PathBuf>,
}

impl Finetuning {
    /// The file of crystals.
    pub(crate) fn data(&self) -> Result<PathBuf, Box<dyn Error>> {
        Ok(self.data.clone().map_or_else(|| DataFolder::from_env().map(|folder| folder.s2s()), Ok)?)
    }

    /// The weights to start from, if there are any.
    pub(crate) fn weights(&self) -> Result<Option<PretrainedWeights>, TrainError> {
        self.pretrained.as_ref().map(PretrainedWeights::load).transpose()
    }

    /// The recipe before `--set`, with the hash of the pre-trained weights added to `hashes`.
    pub(crate) fn preset(
        &self,
        run: &RunOptions,
        weights: Option<&PretrainedWeights>,
        freeze: bool,
        hashes: &mut BTreeMap<String, String>,
    ) -> FinetuneRecipe {
        let mut preset = match run.recipe {
            Recipe::Standard => FinetuneRecipe::new(run.model()),
            Recipe::Paper => FinetuneRecipe::paper(run.model()),
        };
        if let Some(weights) = weights {
            preset.continue_from(weights);
            hashes.insert("pretrained".to_owned(), weights.sha256().to_owned());
        }
        if let Some(epochs) = self.epochs {
            preset.fit.epochs = epochs;
        }
        if freeze {
            preset.transfer = Transfer::Frozen;
        } else if weights.is_none() {
            // An encoder without pre-training has to learn.
            preset.transfer = Transfer::Initial;
        }
        preset
    }
}
