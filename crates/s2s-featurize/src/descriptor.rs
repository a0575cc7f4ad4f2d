//! Descriptors: crystals and compositions as rows of named numbers, for models that learn from tables.
//!
//! | descriptor | of | numbers |
//! |---|---|---|
//! | [`ElementCount`] | composition | number of elements |
//! | [`MagpieFeaturizer`] | composition | the 145 numbers of the Magpie set |
//! | [`ElementFractions`] | composition | atomic fraction of every element |
//! | [`CompositionStatistics`] | composition | element families, valence electrons, extremes by electronegativity |
//! | [`ElementPairStatistics`] | composition | differences of properties between all pairs of elements |
//! | [`DopingStatistics`] | composition | amounts per atom of the main metal, formal charges that they leave to it |
//! | [`StructureStatistics`] | crystal | volume, density, packing, distances, whatever the elements are |
//! | [`EnvironmentStatistics`] | crystal | coordination, bond lengths, differences of properties between neighbors |
//! | `SymmetryStatistics` | crystal | space group, orbits, primitive cell; with the feature `symmetry` |
//!
//! Each is a [`Featurizer`] of crystals; those of a composition are featurizers of a [`Composition`] too. All are functions
//! of the physical crystal: origin, orientation, choice of cell, supercell and order of the atoms change no number beyond
//! rounding. A [`FeatureSet`] joins several into one row, and computes what they share only once.

mod composition;
mod doping;
mod element_pairs;
mod environment;
mod feature_set;
mod fractions;
mod shared;
mod structure;
#[cfg(feature = "symmetry")]
mod symmetry;

use s2s_crystal::{Composition, Crystal};

pub use composition::CompositionStatistics;
pub use doping::DopingStatistics;
pub use element_pairs::ElementPairStatistics;
pub use environment::EnvironmentStatistics;
pub use feature_set::{FeatureBlock, FeatureSet, UnknownBlock};
pub use fractions::{ElementCount, ElementFractions};
pub use structure::StructureStatistics;
#[cfg(feature = "symmetry")]
pub use symmetry::SymmetryStatistics;

#[cfg(doc)]
use crate::MagpieFeaturizer;
use crate::{FeaturizeError, Featurizer};

/// A descriptor of compositions, as a featurizer of both: a crystal is described by its reduced composition.
macro_rules! composition_featurizer {
    ($descriptor:ty) => {
        impl Featurizer<Composition> for $descriptor {
            type Features = [f64; <$descriptor>::LEN];

            fn featurize(&self, composition: &Composition) -> Result<Self::Features, FeaturizeError> {
                Ok(self.describe(composition))
            }
        }

        impl Featurizer for $descriptor {
            type Features = [f64; <$descriptor>::LEN];

            /// Of the reduced composition, so that a supercell has the same features.
            fn featurize(&self, crystal: &Crystal) -> Result<Self::Features, FeaturizeError> {
                Ok(self.describe(&crystal.composition().reduced().0))
            }
        }
    };
}

composition_featurizer!(ElementCount);
composition_featurizer!(ElementFractions);
composition_featurizer!(CompositionStatistics);
composition_featurizer!(ElementPairStatistics);
composition_featurizer!(DopingStatistics);
