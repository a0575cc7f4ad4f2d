//! What can go wrong between a source and a dataset.

use std::path::PathBuf;

use thiserror::Error;

use crate::MaterialId;

/// Why a dataset, a split or a source is refused.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DataError {
    /// The folder of the shared data is not set.
    #[error("the environment variable {variable} does not name the data folder")]
    NoDataFolder {
        /// The variable that should name it.
        variable: &'static str,
    },
    /// A file or folder cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A record without a label where every record needs one.
    #[error("{id} has no label")]
    Unlabelled {
        /// The record.
        id: MaterialId,
    },
    /// A record whose label is contradictory where a decision is needed.
    #[error("{id} has a conflicting label: resolve it with a policy first")]
    Undecided {
        /// The record.
        id: MaterialId,
    },
    /// Two records of a dataset with the same identifier.
    #[error("{id} appears twice")]
    DuplicateId {
        /// The identifier.
        id: MaterialId,
    },
    /// A share that is not between zero and one.
    #[error("a share of {share} is not between 0 and 1")]
    InvalidShare {
        /// The share.
        share: f64,
    },
    /// Something that was written down and that nothing of this crate would have made.
    #[error("{reason}")]
    Malformed {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Fewer than two folds, or more folds than there are groups to put in them.
    #[error("{groups} groups cannot fill {folds} folds")]
    TooManyFolds {
        /// How many folds were asked for.
        folds: usize,
        /// How many groups or items there are.
        groups: usize,
    },
}
