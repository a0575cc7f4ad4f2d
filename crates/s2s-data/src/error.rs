//! The error of datasets, splits and sources.

use std::path::PathBuf;

use thiserror::Error;

use crate::{MaterialId, excerpt::excerpt};

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
    #[error("cannot read {}: {error}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
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
    /// A field of a record that holds anything but a number.
    #[error("{id}: {field} is {}, not a number", excerpt(found))]
    NotANumber {
        /// The record.
        id: MaterialId,
        /// The field.
        field: String,
        /// What it holds, as JSON.
        found: String,
    },
    /// An item without a target where one is needed.
    #[error("item {item} has no target")]
    NoTarget {
        /// Its index, from 0.
        item: usize,
    },
    /// A weight that is negative, infinite or not a number.
    #[error("the weight of item {item} is {weight}, not a finite number from zero")]
    Weight {
        /// The index of the item, from 0.
        item: usize,
        /// The weight.
        weight: f64,
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
        /// The requested number of folds.
        folds: usize,
        /// How many groups or items there are.
        groups: usize,
    },
}
