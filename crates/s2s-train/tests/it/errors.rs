//! Messages say everything once: what an error prints, none of its sources prints again.

use std::io;

use s2s_data::DataError;
use s2s_eval::EvalError;
use s2s_featurize::FeaturizeError;
use s2s_model::{CheckpointError, Device, Kind, ModelError, Tensor, tch::TchError};
use s2s_predict::{ConfigError, FolderError};
use s2s_train::TrainError;

use crate::error_text::assert_printed_once;

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
