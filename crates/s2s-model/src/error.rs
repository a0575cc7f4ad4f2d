//! Errors of batches, configurations and weights.

use s2s_predict::{ConfigError, NetworkError};
use tch::TchError;
use thiserror::Error;

/// Why something cannot become, or be fed to, a model.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ModelError {
    /// Host arrays that do not describe a batch.
    #[error("invalid batch: {reason}")]
    InvalidBatch {
        /// What does not fit.
        reason: String,
    },
    /// A configuration that no network can have.
    #[error("invalid model configuration: {reason}")]
    InvalidConfig {
        /// What does not fit.
        reason: String,
    },
    /// The tensor library refused an operation on an input.
    #[error("libtorch: {0}")]
    Torch(TchError),
    /// Features could not be made.
    #[error(transparent)]
    Featurize(#[from] s2s_featurize::FeaturizeError),
    /// Bytes that hold no tensors we can read.
    #[error("invalid weights: {reason}")]
    InvalidWeights {
        /// What is wrong with them.
        reason: String,
    },
    /// A tensor that a network needs is not there.
    #[error("tensor {name:?} is missing")]
    MissingTensor {
        /// Its name.
        name: String,
    },
    /// A tensor that no parameter of the network answers to.
    #[error("tensor {name:?} belongs to no parameter of this network")]
    UnknownTensor {
        /// Its name.
        name: String,
    },
    /// A tensor of another shape than the network's.
    #[error("tensor {name:?} has shape {found:?}, the network needs {expected:?}")]
    ShapeMismatch {
        /// Its name.
        name: String,
        /// The shape the network needs.
        expected: Vec<i64>,
        /// The shape that was found.
        found: Vec<i64>,
    },
}

/// By hand, because the message is that of the tensor library already, which a derived `source()` would print again.
impl From<TchError> for ModelError {
    fn from(error: TchError) -> Self {
        Self::Torch(error)
    }
}

impl From<NetworkError> for ModelError {
    fn from(error: NetworkError) -> Self {
        match error {
            NetworkError::Config(error) => error.into(),
            NetworkError::InvalidWeights { reason } => Self::InvalidWeights { reason },
            other => Self::InvalidWeights { reason: other.to_string() },
        }
    }
}

impl From<ConfigError> for ModelError {
    fn from(error: ConfigError) -> Self {
        Self::InvalidConfig { reason: error.reason }
    }
}
