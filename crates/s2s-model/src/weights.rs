//! Named tensors as safetensors bytes. No pickle is ever opened.

use std::collections::BTreeMap;

use s2s_predict::{HostTensor, Weights};
use safetensors::{Dtype, SafeTensors};
use tch::{Kind, Tensor};

use crate::ModelError;

/// Tensors by name, on the host.
pub type NamedTensors = BTreeMap<String, Tensor>;

/// Reads every tensor of a safetensors file.
///
/// # Errors
///
/// [`ModelError::InvalidWeights`] if the bytes are no such file, or hold a number type other than 32- and 64-bit floats
/// and 32- and 64-bit integers.
pub fn read_weights(bytes: &[u8]) -> Result<NamedTensors, ModelError> {
    let file = SafeTensors::deserialize(bytes).map_err(|e| ModelError::InvalidWeights { reason: e.to_string() })?;
    let mut tensors = NamedTensors::new();
    for (name, view) in file.iter() {
        let kind = match view.dtype() {
            Dtype::F32 => Kind::Float,
            Dtype::F64 => Kind::Double,
            Dtype::I32 => Kind::Int,
            Dtype::I64 => Kind::Int64,
            other => {
                let reason = format!("tensor {name:?} holds {other:?} numbers");
                return Err(ModelError::InvalidWeights { reason });
            }
        };
        let shape: Vec<i64> = view.shape().iter().map(|&n| n as i64).collect();
        tensors.insert(name.to_owned(), Tensor::f_from_data_size(view.data(), &shape, kind)?);
    }
    Ok(tensors)
}

/// Writes 32-bit floats as a safetensors file, with what Python's `safe_open(…).metadata()` shall show.
///
/// Equal tensors and metadata give equal bytes.
///
/// # Errors
///
/// [`ModelError::Torch`] if a tensor cannot be copied to the host.
pub fn write_weights(tensors: &[(String, Tensor)], metadata: &BTreeMap<String, String>) -> Result<Vec<u8>, ModelError> {
    let mut contents = Vec::with_capacity(tensors.len());
    for (name, tensor) in tensors {
        let shape: Vec<usize> = tensor.size().iter().map(|&n| n as usize).collect();
        let host = tensor.detach().f_to_device(tch::Device::Cpu)?.f_to_kind(Kind::Float)?.f_contiguous()?;
        let mut values = vec![0.0_f32; host.numel()];
        host.f_copy_data(&mut values, host.numel())?;
        contents.push((name.as_str(), HostTensor { shape, values }));
    }
    Ok(s2s_predict::write_weights(contents.iter().map(|(name, tensor)| (*name, tensor)), metadata))
}

/// The tensors of a checkpoint, which are finite and of single precision, unlike those of other origins.
pub(crate) fn read_own_weights(bytes: &[u8]) -> Result<NamedTensors, ModelError> {
    let tensors = Weights::read(bytes)?.into_tensors();
    let on_host = |(name, HostTensor { shape, values }): (String, HostTensor)| {
        let shape: Vec<i64> = shape.into_iter().map(|n| n as i64).collect();
        Ok((name, Tensor::f_from_slice(&values)?.f_view(shape.as_slice())?))
    };
    tensors.into_iter().map(on_host).collect()
}
