//! Messages say everything once: what an error prints, none of its sources prints again.

use std::io;

use s2s_featurize::FeaturizeError;
use s2s_model::{
    CheckpointError, Device, Kind, ModelError, PredictError, Tensor,
    device::{DeviceError, NoCuda},
};
use s2s_predict::FolderError;

use crate::error_text::assert_printed_once;

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
