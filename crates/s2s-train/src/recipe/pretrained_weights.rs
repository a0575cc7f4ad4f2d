//! Weights of a network that has learned something else, as another starts from them.

use std::path::Path;

use s2s_featurize::{AtomFeaturizerConfig, LatticeDescriptor, PaperVocabulary, Vocabulary};
use s2s_model::{
    Checkpoint, CheckpointConfig, ModelConfig, NamedTensors, Parameters, S2sNetConfig, TransferReport, transfer,
};
use s2s_predict::SealedFolder;

use crate::TrainError;

/// Folder of the sealed model inside that of a run.
pub(super) const MODEL_FOLDER: &str = "model";

/// A sealed network that another takes its encoder from: what `pretrain`, `pretrain_energy` and `finetune` write.
#[derive(Debug)]
pub struct PretrainedWeights {
    checkpoint: Checkpoint,
}

impl PretrainedWeights {
    /// Reads the sealed model in this folder, or the one that the run in this folder wrote.
    ///
    /// # Errors
    ///
    /// [`TrainError::Unsealed`] if a run of before weights were sealed wrote them, [`TrainError::Checkpoint`] if a byte differs
    /// from what was written, or the weights are not those of the network that the folder describes.
    pub fn load(folder: impl AsRef<Path>) -> Result<Self, TrainError> {
        let folder = folder.as_ref();
        let place = if SealedFolder::is_in(folder) { folder.to_owned() } else { folder.join(MODEL_FOLDER) };
        let plain = folder.join("model.safetensors");
        if !SealedFolder::is_in(&place) && plain.is_file() {
            return Err(TrainError::Unsealed { path: plain });
        }
        let checkpoint = Checkpoint::load(place)?;
        checkpoint.verify()?;
        Ok(Self { checkpoint })
    }

    /// Network, featurizer, and what was learned.
    pub fn config(&self) -> &CheckpointConfig {
        &self.checkpoint.config
    }

    /// SHA-256 of the file of the weights, in hexadecimal digits.
    pub fn sha256(&self) -> &str {
        &self.checkpoint.sha256
    }

    /// The network, if it is one of the S2SNet family.
    ///
    /// # Errors
    ///
    /// [`TrainError::Config`] names another family.
    pub fn s2s_net(&self) -> Result<&S2sNetConfig, TrainError> {
        match &self.config().model {
            ModelConfig::S2sNet(config) => Ok(config),
            other => {
                let reason = format!("the pre-trained network is a {}, not one of the S2SNet family", other.family());
                Err(TrainError::Config { reason })
            }
        }
    }

    /// Copies what stands under these prefixes into the parameters of a network, if its encoder and what that reads are the same.
    ///
    /// # Errors
    ///
    /// [`TrainError::Config`] if they are not, or a tensor under a prefix has no counterpart of its shape;
    /// [`TrainError::Checkpoint`] names both featurizers.
    pub(crate) fn hand_over(
        &self,
        model: &ModelConfig,
        featurizer: &AtomFeaturizerConfig,
        parameters: &Parameters,
        prefixes: &[&str],
    ) -> Result<TransferReport, TrainError> {
        // Lattice and descriptors are the readout's, which learns anew.
        let atoms = |config: &AtomFeaturizerConfig| AtomFeaturizerConfig {
            lattice: LatticeDescriptor::Omitted,
            globals: None,
            ..config.clone()
        };
        if atoms(featurizer) != atoms(&self.config().featurizer) || self.config().vocabulary != PaperVocabulary.name() {
            self.checkpoint.require(featurizer, &PaperVocabulary)?;
        }
        model.same_encoder(&self.config().model)?;
        take_over(&self.checkpoint.tensors, parameters, prefixes)
    }
}

/// Copies what stands under some prefixes, every tensor of which must have its values.
fn take_over(tensors: &NamedTensors, parameters: &Parameters, prefixes: &[&str]) -> Result<TransferReport, TrainError> {
    let mut all = TransferReport::default();
    for prefix in prefixes {
        let report = transfer(tensors, parameters, prefix)?;
        all.moved.extend(report.moved);
        all.missing.extend(report.missing);
        all.unknown.extend(report.unknown);
        all.unequal.extend(report.unequal);
    }
    if all.is_complete() && !all.moved.is_empty() {
        return Ok(all);
    }
    let [missing, unequal] = [&all.missing, &all.unequal].map(|names| names.join(", "));
    let reason = format!("the pre-trained network does not fit: it lacks [{missing}], [{unequal}] differ");
    Err(TrainError::Config { reason })
}
