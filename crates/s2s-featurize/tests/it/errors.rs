//! Messages say everything once: what an error prints, none of its sources prints again.

use std::{io, path::Path};

use s2s_crystal::CrystalError;
use s2s_featurize::{AllElements, AtomFeaturizer, AtomFeaturizerConfig, FeatureCache, FeaturizeError};

use crate::error_text::assert_printed_once;

#[test]
fn a_wrapped_error_is_neither_hidden_nor_printed_twice() {
    let invalid = CrystalError::InvalidLattice { reason: "flat" };
    assert_printed_once(&FeaturizeError::from(invalid.clone()), "flat");
    assert_printed_once(&FeaturizeError::other(io::Error::other(invalid)), "flat");
    // A file is no folder of a cache.
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    let featurizer = AtomFeaturizer::new(AtomFeaturizerConfig::paper(), AllElements).expect("a valid configuration");
    let error = FeatureCache::open(file, featurizer).expect_err("a file");
    assert_printed_once(&error, "os error");
}
