//! Why a crystal cannot be turned into features.

use s2s_crystal::{CrystalError, Element};
use thiserror::Error;

/// Why a crystal, or a featurizer's configuration, is refused.
#[derive(Clone, Debug, PartialEq, Error)]
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
}
