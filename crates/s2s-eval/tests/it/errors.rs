//! Messages say everything once: what an error prints, none of its sources prints again.

use std::{error::Error, io};

use s2s_data::DataError;
use s2s_eval::EvalError;
use s2s_featurize::FeaturizeError;

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
    let failing = || io::Error::other("the cable is out");
    let data = || DataError::Io { path: "records.jsonl".into(), error: failing() };
    let errors = [
        EvalError::Storage { action: "read results", path: "results".into(), error: failing() },
        EvalError::from(FeaturizeError::other(failing())),
        EvalError::from(data()),
        EvalError::model(data()),
    ];
    for error in errors {
        assert_printed_once(&error, "the cable is out");
    }
}
