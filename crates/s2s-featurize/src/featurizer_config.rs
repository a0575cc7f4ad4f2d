//! The trait of featurizer configurations, plain data that is sealed beside weights.

use std::fmt::Debug;

use rayon::prelude::*;
use s2s_crystal::Composition;
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    AtomFeatures, AtomFeaturizer, AtomFeaturizerConfig, FeaturizeError, Featurizer, LatticeDescriptor, Vocabulary,
};

/// A featurizer as plain data, which is sealed beside the weights of a network that reads its features.
pub trait FeaturizerConfig: Clone + Debug + PartialEq + Serialize + DeserializeOwned + Send + Sync {
    /// Goes up whenever the same configuration gives other numbers.
    const VERSION: u32;

    /// The featurizer, with the tokens of this vocabulary.
    ///
    /// # Errors
    ///
    /// [`FeaturizeError`] if there is no such featurizer.
    fn featurizer(&self, vocabulary: Box<dyn Vocabulary>) -> Result<BoxedFeaturizer, FeaturizeError>;

    /// The features of compositions of which no structure is known, one result each; by itself none has any.
    ///
    /// # Errors
    ///
    /// [`FeaturizeError`] if there is no such featurizer.
    fn featurize_compositions(
        &self,
        vocabulary: Box<dyn Vocabulary>,
        compositions: &[&Composition],
    ) -> Result<Vec<Result<AtomFeatures, FeaturizeError>>, FeaturizeError> {
        let _ = vocabulary;
        let what = "what this featurizer gives";
        Ok(compositions.iter().map(|_| Err(FeaturizeError::NeedsStructure { what })).collect())
    }

    /// What an encoder reads of the features, without what only the readout or the head does; by itself everything.
    fn of_atoms(&self) -> Self {
        self.clone()
    }
}

/// Any featurizer that gives what networks read.
pub type BoxedFeaturizer = Box<dyn Featurizer<Features = AtomFeatures>>;

impl FeaturizerConfig for AtomFeaturizerConfig {
    const VERSION: u32 = AtomFeaturizerConfig::VERSION;

    fn featurizer(&self, vocabulary: Box<dyn Vocabulary>) -> Result<BoxedFeaturizer, FeaturizeError> {
        Ok(Box::new(AtomFeaturizer::new(self.clone(), vocabulary)?))
    }

    fn featurize_compositions(
        &self,
        vocabulary: Box<dyn Vocabulary>,
        compositions: &[&Composition],
    ) -> Result<Vec<Result<AtomFeatures, FeaturizeError>>, FeaturizeError> {
        let featurizer = AtomFeaturizer::new(self.clone(), vocabulary)?;
        Ok(compositions.par_iter().map(|composition| featurizer.featurize_composition(composition)).collect())
    }

    /// Lattice and descriptors are the readout's; whether disordered crystals are read changes nothing for the others.
    fn of_atoms(&self) -> Self {
        Self { lattice: LatticeDescriptor::Omitted, globals: None, weighted_atoms: false, ..self.clone() }
    }
}
