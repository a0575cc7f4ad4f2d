//! Errors of evaluations.

use std::{error::Error, io, path::PathBuf};

use s2s_data::DataError;
use s2s_featurize::FeaturizeError;
use thiserror::Error;

/// Why a model cannot be evaluated, or an evaluation be continued.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum EvalError {
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
    /// Results on disk do not belong to this run.
    #[error("the run in {} cannot be continued: {reason}", path.display())]
    Mismatch {
        /// File or folder of the results.
        path: PathBuf,
        /// What is different.
        reason: String,
    },
    /// A configuration that cannot be followed.
    #[error("invalid configuration: {reason}")]
    Config {
        /// What is wrong, and where.
        reason: String,
    },
    /// The data does not allow the evaluation.
    #[error("unusable data: {reason}")]
    Data {
        /// What is missing or wrong.
        reason: String,
    },
    /// A crystal could not be turned into features.
    #[error(transparent)]
    Featurize(#[from] FeaturizeError),
    /// Records could not be split.
    #[error(transparent)]
    Records(#[from] DataError),
    /// A model from outside this crate failed.
    #[error(transparent)]
    Model(Box<dyn Error + Send + Sync>),
}

impl EvalError {
    /// The error of a model from outside this crate.
    pub fn model(error: impl Error + Send + Sync + 'static) -> Self {
        Self::Model(Box::new(error))
    }
}
