//! Messages say everything once: what an error prints, none of its sources prints again.

use std::io;

use s2s_data::DataError;
use s2s_eval::EvalError;
use s2s_featurize::FeaturizeError;

use crate::error_text::assert_printed_once;

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
