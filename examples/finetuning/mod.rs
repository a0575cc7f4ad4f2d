//! What every example that trains a classifier shares: which crystals, for how long, and from which weights.

use std::{collections::BTreeMap, error::Error, path::PathBuf};

use clap::Args;
use s2s_data::DataFolder;
use s2s_model::Architecture;
use s2s_train::{
    NetworkRecipe, TrainError,
    recipe::{FinetuneRecipe, PretrainedWeights, Transfer, file_sha256},
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

    /// SHA-256 of what is learned from, by name.
    pub(crate) fn hashes(
        &self,
        weights: Option<&PretrainedWeights>,
    ) -> Result<BTreeMap<String, String>, Box<dyn Error>> {
        let mut hashes = BTreeMap::from([("data".to_owned(), file_sha256(&self.data()?)?)]);
        hashes.extend(weights.map(|weights| ("pretrained".to_owned(), weights.sha256().to_owned())));
        Ok(hashes)
    }

    /// The recipe of this seed with the file and the settings applied. The network is that of the weights, or else that of the options.
    pub(crate) fn recipe(
        &self,
        run: &RunOptions,
        weights: Option<&PretrainedWeights>,
        freeze: bool,
        seed: u64,
    ) -> Result<FinetuneRecipe, Box<dyn Error>> {
        let mut start = FinetuneRecipe::new(run.model());
        if let Some(weights) = weights {
            start.continue_from(weights);
        }
        // Features that were set on their own in the pre-training stay; others follow the network.
        let features = (start.featurizer != start.model.featurizer()).then_some(start.featurizer);
        let preset = |model| {
            let mut preset = match run.recipe {
                Recipe::Standard => FinetuneRecipe::new(model),
                Recipe::Paper => FinetuneRecipe::paper(model),
            };
            if let Some(features) = &features {
                preset.featurizer = features.clone();
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
            preset.fit.seed = seed;
            preset
        };
        Ok(FinetuneRecipe::described(start.model, preset, run.settings.text()?.as_deref(), &run.settings.set)?)
    }
}
