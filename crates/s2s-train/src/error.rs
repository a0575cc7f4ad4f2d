//! Errors of training runs.

use std::{io, path::PathBuf};

use s2s_data::DataError;
use s2s_eval::EvalError;
use s2s_featurize::FeaturizeError;
use s2s_model::{CheckpointError, ModelError};
use s2s_predict::{ConfigError, FolderError};
use tch::TchError;
use thiserror::Error;

/// Why a run cannot start, go on or be resumed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TrainError {
    /// A file or folder could not be read or written.
    #[error("cannot {action} at {}: {error}", path.display())]
    Storage {
        /// What was being done.
        action: &'static str,
        /// Where.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// Another process writes to the same folder.
    #[error("another run is writing to {}", path.display())]
    Busy {
        /// The folder.
        path: PathBuf,
    },
    /// A checkpoint is whole but does not belong to this run.
    #[error("the run in {} cannot be continued: {reason}", path.display())]
    Mismatch {
        /// Folder of the run.
        path: PathBuf,
        /// What is different.
        reason: String,
    },
    /// Weights of a run that did not seal them.
    #[error(
        "{} is not sealed with its network and featurizer; repeat the command that wrote it: it continues at its last \
         checkpoint and seals the weights",
        path.display()
    )]
    Unsealed {
        /// The file of weights.
        path: PathBuf,
    },
    /// A configuration that cannot be followed.
    #[error("invalid configuration: {reason}")]
    Config {
        /// What is wrong, and where.
        reason: String,
    },
    /// The data does not allow the run.
    #[error("unusable data: {reason}")]
    Data {
        /// What is missing or wrong.
        reason: String,
    },
    /// The loss stopped being a number.
    #[error("the loss is {loss} at step {step} (epoch {epoch}); lower the learning rate or clip the gradient")]
    Diverged {
        /// Optimizer step.
        step: u64,
        /// Epoch.
        epoch: u64,
        /// The loss.
        loss: f64,
    },
    /// Processes that train together could not go on.
    #[error("{reason}")]
    Communication {
        /// One sentence.
        reason: String,
    },
    /// A crystal could not be featurized or collated.
    #[error(transparent)]
    Featurize(#[from] FeaturizeError),
    /// Records could not be read or split.
    #[error(transparent)]
    Records(#[from] DataError),
    /// Metrics, calibration or cross-validation failed.
    #[error(transparent)]
    Evaluation(#[from] EvalError),
    /// A network, a batch or weights were refused.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// A checkpoint could not be written or read.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// A sealed folder could not be written or read.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The tensor library refused.
    #[error("tensor library: {}", first_line(.0))]
    Tensor(TchError),
}

/// By hand, because the message is that of the tensor library already, which a derived `source()` would print again.
impl From<TchError> for TrainError {
    fn from(error: TchError) -> Self {
        Self::Tensor(error)
    }
}

impl From<ConfigError> for TrainError {
    fn from(error: ConfigError) -> Self {
        Self::Model(error.into())
    }
}

/// libtorch appends a C++ stack to its messages; the sentence is in the first line.
fn first_line(error: &TchError) -> String {
    error.to_string().lines().next().unwrap_or_default().to_owned()
}
