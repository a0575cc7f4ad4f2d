//! Messages say everything once: what an error prints, none of its sources prints again.

use std::{error::Error, io};

use s2s_data::DataError;
use s2s_eval::EvalError;
use s2s_featurize::FeaturizeError;
use s2s_model::{CheckpointError, Device, Kind, ModelError, Tensor, tch::TchError};
use s2s_predict::{ConfigError, FolderError};
use s2s_train::TrainError;

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
    let folder = || FolderError::Io { path: "model".into(), error: failing() };
    let errors = [
        TrainError::Storage { action: "write the log", path: "log.jsonl".into(), error: failing() },
        TrainError::from(FeaturizeError::other(failing())),
        TrainError::from(DataError::Io { path: "records.jsonl".into(), error: failing() }),
        TrainError::from(EvalError::model(failing())),
        TrainError::from(ModelError::from(FeaturizeError::other(failing()))),
        TrainError::from(CheckpointError::from(folder())),
        TrainError::from(folder()),
        TrainError::from(ConfigError { reason: "the cable is out".to_owned() }),
        TrainError::from(TchError::from(failing())),
    ];
    for error in errors {
        assert_printed_once(&error, "the cable is out");
    }
    let [two, three] = [2, 3].map(|length| Tensor::zeros([length], (Kind::Float, Device::Cpu)));
    let refused = TrainError::from(two.f_add(&three).expect_err("another length"));
    assert_printed_once(&refused, "must match the size");
    assert!(!refused.to_string().contains('\n'), "without libtorch's stack: {refused}");
}
