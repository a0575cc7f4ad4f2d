//! The configuration of a checkpoint: network, task, featurizer, vocabulary and metrics.

use std::collections::BTreeMap;

use s2s_featurize::{FeaturizerConfig, Vocabulary};
use serde::{Deserialize, Serialize};

use super::{Architecture, ConfigError, vocabulary_named};
use crate::{FolderError, ModelConfig, Task};

/// Everything about a checkpoint except the numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, bound = "")]
pub struct CheckpointConfig<A: Architecture = ModelConfig> {
    /// The network.
    pub model: A,
    /// What it predicts.
    pub task: Task,
    /// What it reads.
    pub featurizer: A::Featurizer,
    /// Version of the featurizer: the same configuration gave other numbers under another one. A file that does not say so means
    /// the first.
    #[serde(default = "first_version", skip_serializing_if = "is_first_version")]
    pub featurizer_version: u32,
    /// Name of the vocabulary that its tokens come from (see `Vocabulary::name`).
    pub vocabulary: String,
    /// SHA-256 of the data that it was trained on, in hexadecimal digits.
    pub dataset_sha256: Option<String>,
    /// What was measured on data that it did not see.
    pub metrics: BTreeMap<String, f64>,
}

fn first_version() -> u32 {
    1
}

fn is_first_version(version: &u32) -> bool {
    *version == first_version()
}

impl<A: Architecture> CheckpointConfig<A> {
    /// A network that reads what its description says; data and metrics are not known.
    pub fn new(model: A, task: Task) -> Self {
        Self {
            featurizer: model.featurizer(),
            featurizer_version: A::Featurizer::VERSION,
            vocabulary: model.vocabulary().name().to_owned(),
            model,
            task,
            dataset_sha256: None,
            metrics: BTreeMap::new(),
        }
    }

    /// The vocabulary: that of the network's description if it has the name, or one of this workspace.
    ///
    /// # Errors
    ///
    /// [`FolderError::UnknownVocabulary`] if none has the name.
    pub fn find_vocabulary(&self) -> Result<Box<dyn Vocabulary>, FolderError> {
        let own = Some(self.model.vocabulary()).filter(|own| own.name() == self.vocabulary);
        let unknown = || FolderError::UnknownVocabulary { name: self.vocabulary.clone() };
        own.or_else(|| vocabulary_named(&self.vocabulary)).ok_or_else(unknown)
    }

    /// Reads `config.json`.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if the text describes no network that can exist, or one that cannot read what the featurizer gives.
    pub fn read(json: &[u8]) -> Result<Self, ConfigError> {
        let config: Self = serde_json::from_slice(json).map_err(|error| ConfigError { reason: error.to_string() })?;
        let (read, own) = (config.featurizer_version, A::Featurizer::VERSION);
        if read != own {
            let reason = format!("the network reads features of version {read}, and this program makes version {own}");
            return Err(ConfigError { reason });
        }
        config.model.validate()?;
        config.task.validate()?;
        config.model.reads(&config.featurizer, config.task.kind())?;
        Ok(config)
    }
}

#[cfg(test)]
mod tests {
    use s2s_featurize::{AtomFeaturizerConfig, PaperVocabulary, Vocabulary};

    use super::*;
    use crate::{Calibration, S2sNetConfig};

    #[test]
    fn features_of_another_version_are_refused() {
        let model = S2sNetConfig::periodic();
        let config = CheckpointConfig::<ModelConfig> {
            featurizer: model.featurizer(),
            featurizer_version: AtomFeaturizerConfig::VERSION,
            model: ModelConfig::S2sNet(model),
            task: Task::Classification { positive: "superconductor".into(), calibration: Calibration::IDENTITY },
            vocabulary: PaperVocabulary.name().to_owned(),
            dataset_sha256: None,
            metrics: BTreeMap::new(),
        };
        let text = serde_json::to_vec(&config).expect("plain data");
        assert_eq!(CheckpointConfig::<ModelConfig>::read(&text).expect("its own text"), config);
        let other = CheckpointConfig { featurizer_version: AtomFeaturizerConfig::VERSION + 1, ..config };
        let text = serde_json::to_vec(&other).expect("plain data");
        let message = CheckpointConfig::<ModelConfig>::read(&text).expect_err("another version").to_string();
        assert!(message.contains("features of version 2, and this program makes version 1"), "{message}");
    }
}
