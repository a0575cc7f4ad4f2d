//! The door from crystals to features.

use std::fmt;

use rayon::prelude::*;
use s2s_crystal::Crystal;

use crate::FeaturizeError;

/// Turns a crystal into what a model reads.
pub trait Featurizer: fmt::Debug + Send + Sync {
    /// What one crystal becomes.
    type Features: Send;

    /// The features of one crystal.
    ///
    /// # Errors
    ///
    /// A [`FeaturizeError`] that says what about the crystal does not fit; never a panic, never a value that is not finite.
    fn featurize(&self, crystal: &Crystal) -> Result<Self::Features, FeaturizeError>;
}

impl<F: Featurizer + ?Sized> Featurizer for &F {
    type Features = F::Features;

    fn featurize(&self, crystal: &Crystal) -> Result<Self::Features, FeaturizeError> {
        (**self).featurize(crystal)
    }
}

impl<F: Featurizer + ?Sized> Featurizer for Box<F> {
    type Features = F::Features;

    fn featurize(&self, crystal: &Crystal) -> Result<Self::Features, FeaturizeError> {
        (**self).featurize(crystal)
    }
}

/// The features of many crystals on all threads of the current rayon pool: input order, one result per crystal.
pub fn featurize_all<F: Featurizer>(featurizer: &F, crystals: &[Crystal]) -> Vec<Result<F::Features, FeaturizeError>> {
    crystals.par_iter().with_max_len(PIECE).map(|crystal| featurizer.featurize(crystal)).collect()
}

/// Crystals that one thread takes at a time: few, because their sizes differ so much.
pub(crate) const PIECE: usize = 16;
