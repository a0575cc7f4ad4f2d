//! Messages say everything once: what an error prints, none of its sources prints again.

use std::{error::Error, io, path::Path};

use s2s_crystal::CrystalError;
use s2s_featurize::{AllElements, AtomFeaturizer, AtomFeaturizerConfig, FeatureCache, FeaturizeError};

/// Whether what the error wraps is printed by it, and by none of its sources again.
#[track_caller]
fn assert_printed_once(error: &dyn Error, part: &str) {
    assert!(error.to_string().contains(part), "hidden: {error}");
    let mut outer = error;
    while let Some(inner) = outer.source() {
        assert!(!outer.to_string().contains(&inner.to_string()), "printed twice: {outer} / {inner}");
        outer = inner;
    }
}

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
