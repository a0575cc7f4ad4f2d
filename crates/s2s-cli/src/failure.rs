//! The error of a command.

use std::{
    io,
    path::{Path, PathBuf},
};

use s2s_data::DataError;
use thiserror::Error;

/// An error of whatever library a command calls.
pub(crate) type AnyError = Box<dyn std::error::Error + Send + Sync>;

/// Why nothing, or no more, could be done: one sentence.
#[derive(Debug, Error)]
#[non_exhaustive]
pub(crate) enum Failure {
    /// A file that cannot be read or written.
    #[error("{}: {error}", path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// A stream that cannot be read or written.
    #[error(transparent)]
    Stream(#[from] io::Error),
    /// A result would replace what it is computed from.
    #[error("{} is an input, or lies in an input folder under the name of a structure file: choose another path", path.display())]
    OutputIsInput {
        /// Which file.
        path: PathBuf,
    },
    /// A file exists, and no option allows to replace it.
    #[error("{} is there already: remove it or choose another name", path.display())]
    Exists {
        /// Which file.
        path: PathBuf,
    },
    /// Arguments that do not fit together or to the input.
    #[error("{reason}")]
    Usage {
        /// One sentence.
        reason: String,
    },
    /// Nothing to work on.
    #[error("no structures in {inputs}")]
    NothingToRead {
        /// Where it was looked for.
        inputs: String,
    },
    /// A data set that is not there or cannot be used.
    #[error(transparent)]
    Data(#[from] DataError),
    /// What a library refused.
    #[error(transparent)]
    Library(#[from] AnyError),
}

impl Failure {
    /// A file that cannot be read or written.
    pub(crate) fn file(path: &Path, error: io::Error) -> Self {
        Self::File { path: path.to_owned(), error }
    }

    /// Arguments that do not fit.
    pub(crate) fn usage(reason: impl Into<String>) -> Self {
        Self::Usage { reason: reason.into() }
    }

    /// Nothing to work on at these paths.
    pub(crate) fn nothing_in(paths: &[PathBuf]) -> Self {
        let inputs: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
        Self::NothingToRead { inputs: inputs.join(", ") }
    }

    /// What a library refused, as it says it.
    pub(crate) fn library(error: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Library(Box::new(error))
    }
}
