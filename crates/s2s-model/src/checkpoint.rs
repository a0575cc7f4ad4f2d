//! Sealed folders: weights, model, featurizer and vocabulary travel together.
//!
//! ```text
//! my-model/
//!   model.safetensors   parameters under PyTorch-like names; Python's safetensors opens it
//!   config.json         network, task, featurizer, vocabulary, dataset hash, metrics
//!   README.md           model card
//!   MANIFEST.json       format version, size and SHA-256 of every file, and a seal over itself
//! ```
//!
//! An ensemble is a folder of such folders, whose manifest seals theirs.
//!
//! # Invariants
//!
//! * **Any changed byte is refused**, the manifest's own included.
//! * **A folder that exists under its name is complete**: it is written beside its place, flushed, and then renamed.
//! * **No pickle is ever opened.**

mod manifest;
mod transfer;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use s2s_featurize::{AtomFeaturizerConfig, Vocabulary};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{ModelConfig, ModelError, NamedTensors, Parameters, Task, read_weights, write_weights};

pub use manifest::SealedFolder;
pub use transfer::{TransferReport, transfer};

const CONFIG: &str = "config.json";
const WEIGHTS: &str = "model.safetensors";
const CARD: &str = "README.md";

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
    /// Name of the vocabulary that its tokens come from (see [`Vocabulary::name`]).
    pub vocabulary: String,
    /// SHA-256 of the data that it was trained on, in hexadecimal digits.
    pub dataset_sha256: Option<String>,
    /// What was measured on data that it did not see.
    pub metrics: BTreeMap<String, f64>,
}

/// A checkpoint whose every byte has been checked.
#[derive(Debug)]
pub struct Checkpoint {
    /// Everything except the numbers.
    pub config: CheckpointConfig,
    /// The numbers, by name.
    pub tensors: NamedTensors,
}

/// Why a checkpoint cannot be written or is refused.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// A file cannot be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// There is already something under the name.
    #[error("{} exists already", path.display())]
    Exists {
        /// The name.
        path: PathBuf,
    },
    /// The manifest is not what this crate writes.
    #[error("{}: {reason}", path.display())]
    BadManifest {
        /// The manifest.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A file is not what the manifest says.
    #[error("{} has been changed: its {what} is not that of the manifest", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
        /// Size or SHA-256.
        what: &'static str,
    },
    /// The configuration cannot be read.
    #[error("{}: {reason}", path.display())]
    BadConfig {
        /// The configuration.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The checkpoint was made with another featurizer.
    #[error("the checkpoint reads {expected}, not {found}")]
    OtherFeaturizer {
        /// What the checkpoint is sealed with.
        expected: String,
        /// What was offered.
        found: String,
    },
    /// No vocabulary of this crate has the name that the checkpoint is sealed with.
    #[error("unknown vocabulary {name:?}")]
    UnknownVocabulary {
        /// The name.
        name: String,
    },
    /// The folder holds an ensemble where a single model was asked for, or the other way around.
    #[error("{} holds {found}", path.display())]
    WrongKind {
        /// The folder.
        path: PathBuf,
        /// What it holds.
        found: &'static str,
    },
    /// The members of an ensemble do not answer the same question.
    #[error("the members of the ensemble {} differ in their {what}", path.display())]
    UnequalMembers {
        /// The folder.
        path: PathBuf,
        /// What they differ in.
        what: &'static str,
    },
    /// Weights and network do not fit.
    #[error(transparent)]
    Model(#[from] ModelError),
}

impl Checkpoint {
    /// Writes a sealed folder.
    ///
    /// # Errors
    ///
    /// [`CheckpointError::Exists`] if there is something under the name; [`CheckpointError::Io`]. Nothing is left under
    /// the name then.
    pub fn save(
        folder: impl AsRef<Path>,
        config: &CheckpointConfig,
        parameters: &Parameters,
        card: &str,
    ) -> Result<(), CheckpointError> {
        let text = serde_json::to_vec_pretty(config).expect("invariant: a configuration is plain data");
        let metadata = [
            ("format", "pt".to_owned()),
            ("s2s.format", manifest::VERSION.to_string()),
            ("s2s.vocabulary", config.vocabulary.clone()),
            ("s2s.config", serde_json::to_string(&config.model).expect("invariant: a configuration is plain data")),
            (
                "s2s.featurizer",
                serde_json::to_string(&config.featurizer).expect("invariant: a configuration is plain data"),
            ),
        ];
        let metadata = metadata.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        let weights = write_weights(&parameters.all(), &metadata)?;
        let files = [(WEIGHTS, weights), (CONFIG, text), (CARD, card.as_bytes().to_vec())];
        SealedFolder::write(folder.as_ref(), &files)
    }

    /// Reads a sealed folder.
    ///
    /// # Errors
    ///
    /// [`CheckpointError::Changed`] if any byte differs from what was written, and whatever else is wrong with it.
    pub fn load(folder: impl AsRef<Path>) -> Result<Self, CheckpointError> {
        let folder = folder.as_ref();
        let sealed = SealedFolder::open(folder)?;
        if !sealed.contains(CONFIG) {
            return Err(CheckpointError::WrongKind { path: folder.to_owned(), found: "an ensemble" });
        }
        let (text, weights) = (sealed.read(CONFIG)?, sealed.read(WEIGHTS)?);
        sealed.verify_others(&[CONFIG, WEIGHTS])?;
        let config = serde_json::from_slice(&text)
            .map_err(|e| CheckpointError::BadConfig { path: folder.join(CONFIG), reason: e.to_string() })?;
        Ok(Self { config, tensors: read_weights(&weights)? })
    }

    /// Seals folders that [`save`](Self::save) has written inside `folder` as one ensemble.
    ///
    /// # Errors
    ///
    /// As [`load`](Self::load) for each member, and [`CheckpointError::Io`].
    pub fn seal_ensemble(folder: impl AsRef<Path>, members: &[&str]) -> Result<(), CheckpointError> {
        for member in members {
            Self::load(folder.as_ref().join(member))?;
        }
        let paths: Vec<String> = members.iter().map(|m| format!("{m}/{}", manifest::MANIFEST)).collect();
        manifest::seal(folder.as_ref(), &paths)
    }

    /// The model in a folder, or the members of the ensemble in it.
    ///
    /// # Errors
    ///
    /// As [`load`](Self::load).
    pub fn load_all(folder: impl AsRef<Path>) -> Result<Vec<Self>, CheckpointError> {
        let folder = folder.as_ref();
        let sealed = SealedFolder::open(folder)?;
        if sealed.contains(CONFIG) {
            return Ok(vec![Self::load(folder)?]);
        }
        sealed.verify_others(&[])?;
        let members: Vec<PathBuf> = sealed.names().filter_map(|n| Some(folder.join(Path::new(n).parent()?))).collect();
        if members.is_empty() {
            return Err(CheckpointError::WrongKind { path: folder.to_owned(), found: "no model" });
        }
        members.into_iter().map(Self::load).collect()
    }

    /// Checks that a featurizer and a vocabulary are those that the network was trained with.
    ///
    /// # Errors
    ///
    /// [`CheckpointError::OtherFeaturizer`] names both.
    pub fn require(
        &self,
        featurizer: &AtomFeaturizerConfig,
        vocabulary: &dyn Vocabulary,
    ) -> Result<(), CheckpointError> {
        let describe = |featurizer: &AtomFeaturizerConfig, vocabulary: &str| {
            let text = serde_json::to_string(featurizer).expect("invariant: a configuration is plain data");
            format!("{text} with the vocabulary {vocabulary:?}")
        };
        if self.config.featurizer == *featurizer && self.config.vocabulary == vocabulary.name() {
            return Ok(());
        }
        Err(CheckpointError::OtherFeaturizer {
            expected: describe(&self.config.featurizer, &self.config.vocabulary),
            found: describe(featurizer, vocabulary.name()),
        })
    }
}
