//! Errors of featurizers.

use std::{error::Error, fmt, sync::Arc};

use s2s_crystal::{CrystalError, Element};
use thiserror::Error as ThisError;

/// Why a crystal, or a featurizer's configuration, is refused.
#[derive(Clone, Debug, PartialEq, ThisError)]
#[non_exhaustive]
pub enum FeaturizeError {
    /// The vocabulary has no class for an element.
    #[error("element {element} is outside the vocabulary {vocabulary:?}")]
    OutOfVocabulary {
        /// The element.
        element: Element,
        /// Name of the vocabulary.
        vocabulary: String,
    },
    /// The crystal itself does not allow the question.
    #[error(transparent)]
    Crystal(#[from] CrystalError),
    /// A composition alone does not say what is asked for.
    #[error("{what} cannot be had from a composition alone: a structure is needed")]
    NeedsStructure {
        /// What is asked for.
        what: &'static str,
    },
    /// The crystal is larger than what is asked for.
    #[error("{atoms} atoms, more than the limit of {limit}")]
    TooManyAtoms {
        /// Atoms of the crystal.
        atoms: usize,
        /// The largest number allowed.
        limit: usize,
    },
    /// A radial basis that cannot be evaluated.
    #[error("invalid radial basis: {reason}")]
    InvalidBasis {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A mask policy that cannot be followed.
    #[error("invalid mask policy: {reason}")]
    InvalidMaskPolicy {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A rule for pairs that cannot be followed.
    #[error("invalid pairs: {reason}")]
    InvalidPairs {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A rule for batches that cannot be followed.
    #[error("invalid batch plan: {reason}")]
    InvalidBatchPlan {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Features of different configurations do not fit in one batch.
    #[error("the crystals of a batch have different {what}")]
    UnequalItems {
        /// What differs.
        what: &'static str,
    },
    /// A batch with another number of crystals than names for them.
    #[error("{indices} indices were given for a batch of {crystals} crystals")]
    WrongNumberOfIndices {
        /// Crystals of the batch.
        crystals: usize,
        /// Indices that were given.
        indices: usize,
    },
    /// A batch without crystals.
    #[error("a batch needs at least one crystal")]
    EmptyBatch,
    /// A featurizer or collate of another crate refuses for a reason of its own.
    #[error(transparent)]
    Other(ForeignError),
}

impl FeaturizeError {
    /// The error of a featurizer or collate of another crate.
    pub fn other(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Other(ForeignError(Arc::from(error.into())))
    }
}

/// An error of another crate; equal to its clones and to nothing else.
#[derive(Clone, Debug)]
pub struct ForeignError(Arc<dyn Error + Send + Sync>);

impl ForeignError {
    /// The error itself.
    pub fn get(&self) -> &(dyn Error + Send + Sync + 'static) {
        &*self.0
    }
}

impl PartialEq for ForeignError {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl fmt::Display for ForeignError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for ForeignError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_foreign_error_is_printed_once_and_keeps_its_source() {
        let inner = "x".parse::<u8>().expect_err("not a number");
        let outer = std::io::Error::other(inner.clone());
        let error = FeaturizeError::other(outer);
        assert_eq!(error.to_string(), inner.to_string());
        assert_eq!(error.clone(), error);
        assert_ne!(FeaturizeError::other("no"), FeaturizeError::other("no"));
        let FeaturizeError::Other(foreign) = &error else { panic!("{error:?}") };
        assert!(foreign.get().downcast_ref::<std::io::Error>().is_some());
    }
}
