//! Strategies that generate features and batches, for property tests downstream.
//!
//! # Examples
//!
//! ```
//! use proptest::prelude::*;
//! use s2s_featurize::{AtomFeaturizerConfig, strategies};
//!
//! proptest!(|(batch in strategies::atom_batch(1..=4, 1..=6, AtomFeaturizerConfig::invariant()))| {
//!     prop_assert!(batch.padding_waste() < 1.0);
//! });
//! ```

use std::ops::RangeInclusive;

use proptest::{collection, prelude::*};
use s2s_crystal::strategies::spaced_crystal;

use crate::{
    AllElements, AtomBatch, AtomFeatures, AtomFeaturizer, AtomFeaturizerConfig, Collate, Featurizer, MaskPolicy,
    MaskedBatch, Masker, PaddedCollate, Replacement,
};

/// Features of ordered crystals of any elements with this many atoms; tokens are those of [`AllElements`].
///
/// # Panics
///
/// If the configuration is invalid.
pub fn atom_features(
    atoms: RangeInclusive<usize>,
    config: AtomFeaturizerConfig,
) -> impl Strategy<Value = AtomFeatures> {
    let featurizer = AtomFeaturizer::new(config, AllElements).expect("the configuration is valid");
    spaced_crystal(atoms).prop_map(move |crystal| {
        featurizer.featurize(&crystal).expect("invariant: the crystal is ordered and its cell is not thin")
    })
}

/// Padded batches of this many crystals with this many atoms each.
pub fn atom_batch(
    crystals: RangeInclusive<usize>,
    atoms: RangeInclusive<usize>,
    config: AtomFeaturizerConfig,
) -> impl Strategy<Value = AtomBatch> {
    items(crystals, atoms, config)
        .prop_map(|items| PaddedCollate.collate(&items).expect("invariant: there is at least one crystal"))
}

/// Padded batches with atoms masked by the paper's policy.
pub fn masked_batch(
    crystals: RangeInclusive<usize>,
    atoms: RangeInclusive<usize>,
    config: AtomFeaturizerConfig,
    replacement: Replacement,
) -> impl Strategy<Value = MaskedBatch> {
    (atom_batch(crystals, atoms, config), any::<u64>(), 0..100_u64).prop_map(move |(batch, seed, epoch)| {
        let indices: Vec<u64> = (0..batch.num_crystals() as u64).collect();
        let masker = Masker::new(MaskPolicy::paper(), replacement, &AllElements, seed);
        masker.apply(batch, epoch, &indices).expect("invariant: there is one index per crystal")
    })
}

fn items(
    crystals: RangeInclusive<usize>,
    atoms: RangeInclusive<usize>,
    config: AtomFeaturizerConfig,
) -> impl Strategy<Value = Vec<AtomFeatures>> {
    collection::vec(atom_features(atoms, config), (*crystals.start()).max(1)..=(*crystals.end()).max(1))
}
