//! Checkpoints: sealed folders of weights, model, featurizer and vocabulary.
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
//! * **A folder that exists under its name is complete**: it is written beside its final path, flushed, and then renamed.
//! * **No pickle is ever opened.**

mod replace;
mod transfer;

use std::path::Path;

use s2s_featurize::Vocabulary;
use s2s_predict::{Architecture, FolderError, ModelConfig, SealedFolder};
use tch::{Device, Tensor};
use thiserror::Error;

use crate::{
    AnyNetwork, BuildNetwork, CheckpointConfig, ModelError, NamedTensors, Parameters, weights::read_own_weights,
    write_weights,
};

pub use transfer::{TransferReport, transfer};

const CONFIG: &str = "config.json";
const WEIGHTS: &str = "model.safetensors";
const CARD: &str = "README.md";

/// A checkpoint whose every byte has been checked.
#[derive(Debug)]
pub struct Checkpoint<A: Architecture = ModelConfig> {
    /// Everything except the numbers.
    pub config: CheckpointConfig<A>,
    /// The numbers, by name.
    pub tensors: NamedTensors,
    /// SHA-256 of the file of the numbers, in hexadecimal digits.
    pub sha256: String,
}

/// Why a checkpoint cannot be written or is refused.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// The folder is not what was written, or cannot be written.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The checkpoint was made with another featurizer.
    #[error("the checkpoint reads {expected}, not {found}")]
    OtherFeaturizer {
        /// What the checkpoint is sealed with.
        expected: String,
        /// What was offered.
        found: String,
    },
    /// Weights and network do not fit.
    #[error(transparent)]
    Model(#[from] ModelError),
}

impl Checkpoint {
    /// Reads a sealed folder of a network of this workspace.
    ///
    /// # Errors
    ///
    /// [`FolderError::Changed`] if any byte differs from what was written, and whatever else is wrong with it.
    pub fn load(folder: impl AsRef<Path>) -> Result<Self, CheckpointError> {
        Self::load_kind(folder)
    }

    /// Seals folders that [`save`](Self::save) has written inside `folder` as one ensemble.
    ///
    /// # Errors
    ///
    /// As [`load`](Self::load) for each member, and [`FolderError::Io`].
    pub fn seal_ensemble(folder: impl AsRef<Path>, members: &[&str]) -> Result<(), CheckpointError> {
        for member in members {
            Self::load(folder.as_ref().join(member))?;
        }
        Ok(SealedFolder::seal_ensemble(folder.as_ref(), members)?)
    }

    /// The model in a folder, or the members of the ensemble in it.
    ///
    /// # Errors
    ///
    /// As [`load`](Self::load).
    pub fn load_all(folder: impl AsRef<Path>) -> Result<Vec<Self>, CheckpointError> {
        Self::load_all_kind(folder)
    }
}

impl<A: Architecture> Checkpoint<A> {
    /// Writes a sealed folder.
    ///
    /// # Errors
    ///
    /// `FolderError::Exists` if there is something under the name; `FolderError::Io`. Nothing is left under
    /// the name then.
    pub fn save(
        folder: impl AsRef<Path>,
        config: &CheckpointConfig<A>,
        parameters: &Parameters,
        card: &str,
    ) -> Result<(), CheckpointError> {
        let files = Self::files(config, &parameters.all(), card)?;
        Ok(SealedFolder::write(folder.as_ref(), &files)?)
    }

    /// Writes a sealed folder in place of an earlier one, which stays until the new one is whole.
    ///
    /// # Errors
    ///
    /// `FolderError::Exists` if something else than a sealed folder has the name; `FolderError::Io`. What was under the name
    /// is there then.
    pub fn replace(
        folder: impl AsRef<Path>,
        config: &CheckpointConfig<A>,
        tensors: &[(String, Tensor)],
        card: &str,
    ) -> Result<(), CheckpointError> {
        Ok(replace::replace(folder.as_ref(), &Self::files(config, tensors, card)?)?)
    }

    fn files(
        config: &CheckpointConfig<A>,
        tensors: &[(String, Tensor)],
        card: &str,
    ) -> Result<[(&'static str, Vec<u8>); 3], CheckpointError> {
        let text = serde_json::to_vec_pretty(config).expect("invariant: a configuration is plain data");
        let metadata = [
            ("format", "pt".to_owned()),
            ("s2s.format", SealedFolder::VERSION.to_string()),
            ("s2s.vocabulary", config.vocabulary.clone()),
            ("s2s.config", serde_json::to_string(&config.model).expect("invariant: a configuration is plain data")),
            (
                "s2s.featurizer",
                serde_json::to_string(&config.featurizer).expect("invariant: a configuration is plain data"),
            ),
        ];
        let metadata = metadata.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        let weights = write_weights(tensors, &metadata)?;
        Ok([(WEIGHTS, weights), (CONFIG, text), (CARD, card.as_bytes().to_vec())])
    }

    /// Reads a sealed folder of a network of this kind.
    ///
    /// # Errors
    ///
    /// [`FolderError::Changed`] if any byte differs from what was written, and whatever else is wrong with it.
    pub fn load_kind(folder: impl AsRef<Path>) -> Result<Self, CheckpointError> {
        let folder = folder.as_ref();
        let sealed = SealedFolder::open(folder)?;
        if !sealed.contains(CONFIG) {
            return Err(FolderError::WrongKind { path: folder.to_owned(), found: "an ensemble" }.into());
        }
        Self::read(&sealed)
    }

    /// The model in a folder, or the members of the ensemble in it.
    ///
    /// # Errors
    ///
    /// As [`load_kind`](Self::load_kind).
    pub fn load_all_kind(folder: impl AsRef<Path>) -> Result<Vec<Self>, CheckpointError> {
        let folder = folder.as_ref();
        let sealed = SealedFolder::open(folder)?;
        if sealed.contains(CONFIG) {
            return Ok(vec![Self::read(&sealed)?]);
        }
        let members = sealed.members()?;
        if members.is_empty() {
            return Err(FolderError::WrongKind { path: folder.to_owned(), found: "no model" }.into());
        }
        members.iter().map(Self::read).collect()
    }

    fn read(sealed: &SealedFolder) -> Result<Self, CheckpointError> {
        let (text, weights) = (sealed.read(CONFIG)?, sealed.read(WEIGHTS)?);
        sealed.verify_others(&[CONFIG, WEIGHTS])?;
        let config = CheckpointConfig::read(&text)
            .map_err(|error| FolderError::BadConfig { path: sealed.path(CONFIG), reason: error.to_string() })?;
        let sha256 = sealed.sha256(WEIGHTS).unwrap_or_default().to_owned();
        Ok(Self { config, tensors: read_own_weights(&weights)?, sha256 })
    }

    /// The network that the folder describes, with these numbers, and the tree of its tensors.
    ///
    /// # Errors
    ///
    /// [`ModelError::MissingTensor`], [`ModelError::ShapeMismatch`] or [`ModelError::UnknownTensor`] unless the numbers are exactly
    /// those of the network; a description of which no network can be made.
    pub fn network(&self, device: Device) -> Result<(AnyNetwork, Parameters), CheckpointError>
    where
        A: BuildNetwork,
    {
        let tensors = self.tensors.iter().map(|(name, tensor)| (name.clone(), tensor.detach())).collect();
        let parameters = Parameters::of_tensors(tensors, device);
        let CheckpointConfig { model, task, .. } = &self.config;
        let network = model.build(task, &parameters, &*self.config.find_vocabulary()?)?;
        parameters.complete()?;
        Ok((network, parameters))
    }

    /// Checks that the numbers are exactly those of the network that the folder describes.
    ///
    /// # Errors
    ///
    /// As [`network`](Self::network).
    pub fn verify(&self) -> Result<(), CheckpointError>
    where
        A: BuildNetwork,
    {
        self.network(Device::Cpu).map(drop)
    }

    /// Checks that a featurizer and a vocabulary are those that the network was trained with.
    ///
    /// # Errors
    ///
    /// [`CheckpointError::OtherFeaturizer`] names both.
    pub fn require(&self, featurizer: &A::Featurizer, vocabulary: &dyn Vocabulary) -> Result<(), CheckpointError> {
        let describe = |featurizer: &A::Featurizer, vocabulary: &str| {
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
