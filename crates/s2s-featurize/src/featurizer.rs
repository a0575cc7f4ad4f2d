//! The trait of featurizers: of crystals, or of compositions.

use std::{borrow::Borrow, fmt};

use rayon::prelude::*;
use s2s_crystal::Crystal;

use crate::FeaturizeError;

/// Turns a crystal, or whatever else `Input` is, into what a model reads.
///
/// `Input` is a [`Crystal`] unless said otherwise; descriptors of compositions are featurizers of a
/// [`Composition`](s2s_crystal::Composition) as well.
pub trait Featurizer<Input: ?Sized = Crystal>: fmt::Debug + Send + Sync {
    /// What one input becomes.
    type Features: Send;

    /// The features of one input.
    ///
    /// # Errors
    ///
    /// A [`FeaturizeError`] that says what about the input does not fit; never a panic, never a value that is not finite.
    fn featurize(&self, input: &Input) -> Result<Self::Features, FeaturizeError>;
}

impl<I: ?Sized, F: Featurizer<I> + ?Sized> Featurizer<I> for &F {
    type Features = F::Features;

    fn featurize(&self, input: &I) -> Result<Self::Features, FeaturizeError> {
        (**self).featurize(input)
    }
}

impl<I: ?Sized, F: Featurizer<I> + ?Sized> Featurizer<I> for Box<F> {
    type Features = F::Features;

    fn featurize(&self, input: &I) -> Result<Self::Features, FeaturizeError> {
        (**self).featurize(input)
    }
}

/// The features of many crystals, or of what borrows them, on all threads of the current rayon pool: input order, one result
/// per input.
pub fn featurize_all<F: Featurizer>(
    featurizer: &F,
    crystals: &[impl Borrow<Crystal> + Sync],
) -> Vec<Result<F::Features, FeaturizeError>> {
    featurize_each(featurizer, crystals)
}

/// [`featurize_all`] for a featurizer of something else than crystals.
pub fn featurize_each<I: ?Sized, F: Featurizer<I>>(
    featurizer: &F,
    inputs: &[impl Borrow<I> + Sync],
) -> Vec<Result<F::Features, FeaturizeError>> {
    inputs.par_iter().with_max_len(PIECE).map(|input| featurizer.featurize(input.borrow())).collect()
}

/// Crystals that one thread takes at a time: few, because their sizes differ so much.
pub(crate) const PIECE: usize = 16;
