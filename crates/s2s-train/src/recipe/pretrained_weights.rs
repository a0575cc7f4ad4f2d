//! Pre-trained weights, from which another network starts.

use std::path::Path;

use s2s_featurize::FeaturizerConfig;
use s2s_model::{
    Architecture, BuildNetwork, Checkpoint, CheckpointConfig, ModelConfig, NamedTensors, Parameters, TransferReport,
    transfer,
};
use s2s_predict::SealedFolder;

use crate::TrainError;

/// Folder of the sealed model inside that of a run.
pub(super) const MODEL_FOLDER: &str = "model";

/// A sealed network that another takes its encoder from: what `pretrain`, `pretrain_energy` and `finetune` write.
#[derive(Debug)]
pub struct PretrainedWeights<A: Architecture = ModelConfig> {
    checkpoint: Checkpoint<A>,
}

impl PretrainedWeights {
    /// Reads the sealed model in this folder, or the one that the run in this folder wrote.
    ///
    /// # Errors
    ///
    /// As [`load_kind`](Self::load_kind).
    pub fn load(folder: impl AsRef<Path>) -> Result<Self, TrainError> {
        Self::load_kind(folder)
    }
}

impl<A: Architecture + BuildNetwork> PretrainedWeights<A> {
    /// Reads the sealed model in this folder, or the one that the run in this folder wrote, if it is of this kind.
    ///
    /// # Errors
    ///
    /// [`TrainError::Unsealed`] if a run of before weights were sealed wrote them, [`TrainError::Checkpoint`] if a byte differs
    /// from what was written, or the weights are not those of the network that the folder describes.
    pub fn load_kind(folder: impl AsRef<Path>) -> Result<Self, TrainError> {
        let folder = folder.as_ref();
        let path = if SealedFolder::is_in(folder) { folder.to_owned() } else { folder.join(MODEL_FOLDER) };
        let plain = folder.join("model.safetensors");
        if !SealedFolder::is_in(&path) && plain.is_file() {
            return Err(TrainError::Unsealed { path: plain });
        }
        let checkpoint = Checkpoint::load_kind(path)?;
        checkpoint.verify()?;
        Ok(Self { checkpoint })
    }
}

impl<A: Architecture> PretrainedWeights<A> {
    /// Network, featurizer, and what was learned.
    pub fn config(&self) -> &CheckpointConfig<A> {
        &self.checkpoint.config
    }

    /// The sealed network itself.
    pub fn checkpoint(&self) -> &Checkpoint<A> {
        &self.checkpoint
    }

    /// SHA-256 of the file of the weights, in hexadecimal digits.
    pub fn sha256(&self) -> &str {
        &self.checkpoint.sha256
    }

    /// Copies the tensors that a network of the kind can start from into its parameters, if its encoder and what that reads are
    /// the same.
    ///
    /// # Errors
    ///
    /// [`TrainError::Config`] if they are not, or a tensor has no counterpart of its shape; [`TrainError::Checkpoint`] names both
    /// featurizers.
    pub(crate) fn hand_over(
        &self,
        model: &A,
        featurizer: &A::Featurizer,
        parameters: &Parameters,
    ) -> Result<TransferReport, TrainError> {
        let CheckpointConfig { featurizer: own, vocabulary, model: from, .. } = self.config();
        let known = model.vocabulary();
        if featurizer.of_atoms() != own.of_atoms() || vocabulary != known.name() {
            self.checkpoint.require(featurizer, &*known)?;
        }
        model.same_encoder(from)?;
        take_over(&self.checkpoint.tensors, parameters, model.transferable())
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
