//! Messages say everything once: what an error prints, none of its sources prints again.

use std::{io, path::Path};

use s2s_featurize::FeaturizeError;
use s2s_predict::{ConfigError, FolderError, NetworkError, PredictError, SealedFolder};

use crate::error_text::assert_printed_once;

#[test]
fn a_wrapped_error_is_neither_hidden_nor_printed_twice() {
    let failing = || io::Error::other("the cable is out");
    let folder = FolderError::Io { path: "model".into(), error: failing() };
    let config = ConfigError { reason: "a width is not positive".to_owned() };
    assert_printed_once(&folder, "the cable is out");
    assert_printed_once(&SealedFolder::open(Path::new("/nonexistent")).expect_err("no folder"), "os error");
    assert_printed_once(&NetworkError::from(config), "a width is not positive");
    assert_printed_once(&PredictError::from(FeaturizeError::other(failing())), "the cable is out");
}
