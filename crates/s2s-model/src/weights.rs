//! Named tensors as safetensors bytes. No pickle is ever opened.

use std::collections::{BTreeMap, HashMap};

use safetensors::{Dtype, SafeTensors, tensor::TensorView};
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
/// # Errors
///
/// [`ModelError::Torch`] if a tensor cannot be copied to the host.
pub fn write_weights(tensors: &[(String, Tensor)], metadata: &BTreeMap<String, String>) -> Result<Vec<u8>, ModelError> {
    let mut contents = Vec::with_capacity(tensors.len());
    for (name, tensor) in tensors {
        let shape: Vec<usize> = tensor.size().iter().map(|&n| n as usize).collect();
        let host = tensor.detach().f_to_device(tch::Device::Cpu)?.f_to_kind(Kind::Float)?.f_contiguous()?;
        let mut bytes = vec![0; host.numel() * 4];
        host.f_copy_data_u8(&mut bytes, host.numel())?;
        contents.push((name, shape, bytes));
    }
    let views = contents.iter().map(|(name, shape, bytes)| {
        let view = TensorView::new(Dtype::F32, shape.clone(), bytes).expect("invariant: four bytes per number");
        (name.as_str(), view)
    });
    let metadata: HashMap<String, String> = metadata.iter().map(|(k, v)| (k.clone(), v.clone())).collect();
    safetensors::serialize(views, Some(metadata)).map_err(|e| ModelError::InvalidWeights { reason: e.to_string() })
}
