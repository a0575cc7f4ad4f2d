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
    /// A batch without crystals.
    #[error("a batch needs at least one crystal")]
    EmptyBatch,
}
