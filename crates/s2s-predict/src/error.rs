//! Errors of model folders.

use std::path::PathBuf;

use thiserror::Error;

/// Why the folder of a model cannot be written or is refused.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FolderError {
    /// A file cannot be read or written.
    #[error("{}: {error}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
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
    /// A file of the model says what no model can be.
    #[error("{}: {reason}", path.display())]
    BadConfig {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// No vocabulary has the name that the model is sealed with.
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
}
