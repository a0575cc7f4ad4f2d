//! What a sealed folder says about its network.

use std::collections::BTreeMap;

use s2s_featurize::AtomFeaturizerConfig;
use serde::{Deserialize, Serialize};

use super::ConfigError;
use crate::{ModelConfig, Task};

/// Everything about a checkpoint except the numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckpointConfig {
    /// The network.
    pub model: ModelConfig,
    /// What it predicts.
    pub task: Task,
    /// What it reads.
    pub featurizer: AtomFeaturizerConfig,
    /// Name of the vocabulary that its tokens come from (see `Vocabulary::name`).
    pub vocabulary: String,
    /// SHA-256 of the data that it was trained on, in hexadecimal digits.
    pub dataset_sha256: Option<String>,
    /// What was measured on data that it did not see.
    pub metrics: BTreeMap<String, f64>,
}

impl CheckpointConfig {
    /// Reads `config.json`.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if the text describes no network that can exist, or one that cannot read what the featurizer gives.
    pub fn read(json: &[u8]) -> Result<Self, ConfigError> {
        let config: Self = serde_json::from_slice(json).map_err(|error| ConfigError { reason: error.to_string() })?;
        config.model.validate()?;
        config.task.validate()?;
        config.model.reads(&config.featurizer)?;
        Ok(config)
    }
}
