//! An assertion on the text of errors and their sources, shared by the tests of the libraries.

use std::error::Error;

/// The text of the error has this part of what it wraps, and no error of the chain repeats the text of its source.
#[track_caller]
pub(crate) fn assert_printed_once(error: &dyn Error, part: &str) {
    assert!(error.to_string().contains(part), "hidden: {error}");
    let mut outer = error;
    while let Some(inner) = outer.source() {
        assert!(!outer.to_string().contains(&inner.to_string()), "printed twice: {outer} / {inner}");
        outer = inner;
    }
}
