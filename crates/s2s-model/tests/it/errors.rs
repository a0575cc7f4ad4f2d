//! Messages say everything once: what an error prints, none of its sources prints again.

use std::{error::Error, io};

use s2s_featurize::FeaturizeError;
use s2s_model::{
    CheckpointError, Device, Kind, ModelError, PredictError, Tensor,
    device::{DeviceError, NoCuda},
};
use s2s_predict::FolderError;

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
    let [two, three] = [2, 3].map(|length| Tensor::zeros([length], (Kind::Float, Device::Cpu)));
    let refused = || ModelError::from(two.f_add(&three).expect_err("another length"));
    let foreign = || FeaturizeError::other(failing());
    assert_printed_once(&refused(), "must match the size");
    assert_printed_once(&ModelError::from(foreign()), "the cable is out");
    assert_printed_once(&CheckpointError::from(refused()), "must match the size");
    let folder = FolderError::Io { path: "model".into(), error: failing() };
    assert_printed_once(&CheckpointError::from(folder), "the cable is out");
    assert_printed_once(&PredictError::from(foreign()), "the cable is out");
    assert_printed_once(&PredictError::from(refused()), "must match the size");
    assert_printed_once(&DeviceError::NoCuda(NoCuda::NoDriver), "no NVIDIA driver");
}
