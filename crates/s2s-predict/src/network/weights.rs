//! Weights of a network, by name, from a safetensors file.

use std::{
    cell::RefCell,
    collections::{BTreeMap, HashMap},
    fmt,
};

use safetensors::{Dtype, SafeTensors};

use super::NetworkError;

/// Single-precision tensors by name; a network takes each of them once.
#[derive(Debug)]
pub struct Weights {
    tensors: RefCell<BTreeMap<String, HostTensor>>,
}

/// A tensor on the host, its last dimension first in memory.
#[derive(Clone, Debug, PartialEq)]
pub struct HostTensor {
    /// Length of each dimension.
    pub shape: Vec<usize>,
    /// The numbers; all finite.
    pub values: Vec<f32>,
}

impl Weights {
    /// Reads every tensor of a safetensors file.
    ///
    /// # Errors
    ///
    /// [`NetworkError::InvalidWeights`] if the bytes are no such file or hold other numbers than finite ones of single
    /// precision.
    pub fn read(bytes: &[u8]) -> Result<Self, NetworkError> {
        let invalid = |reason: String| NetworkError::InvalidWeights { reason };
        let file = SafeTensors::deserialize(bytes).map_err(|error| invalid(error.to_string()))?;
        let mut tensors = BTreeMap::new();
        for (name, view) in file.iter() {
            if view.dtype() != Dtype::F32 {
                return Err(invalid(format!("tensor {name:?} holds {:?} numbers, not F32", view.dtype())));
            }
            let (numbers, _) = view.data().as_chunks();
            let values: Vec<f32> = numbers.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
            if !values.iter().all(|value| value.is_finite()) {
                return Err(invalid(format!("tensor {name:?} holds a number that is not finite")));
            }
            tensors.insert(name.to_owned(), HostTensor { shape: view.shape().to_vec(), values });
        }
        Ok(Self { tensors: RefCell::new(tensors) })
    }

    /// Name and shape of every tensor.
    pub fn shapes(&self) -> Vec<(String, Vec<usize>)> {
        self.tensors.borrow().iter().map(|(name, tensor)| (name.clone(), tensor.shape.clone())).collect()
    }

    /// All tensors by name.
    pub fn into_tensors(self) -> BTreeMap<String, HostTensor> {
        self.tensors.into_inner()
    }

    /// The root of the tree that the names form.
    pub(crate) fn root(&self) -> Scope<'_> {
        Scope { weights: self, path: String::new() }
    }

    /// Checks that the network has taken everything.
    pub(crate) fn finish(self) -> Result<(), NetworkError> {
        match self.tensors.into_inner().into_keys().next() {
            Some(name) => Err(NetworkError::UnknownTensor { name }),
            None => Ok(()),
        }
    }
}

/// A scope in the tree of names, `encoder.layers.3`.
#[derive(Clone, Debug)]
pub(crate) struct Scope<'w> {
    weights: &'w Weights,
    path: String,
}

impl<'w> Scope<'w> {
    /// The scope `name` under this one.
    pub(crate) fn child(&self, name: impl fmt::Display) -> Scope<'w> {
        Scope { weights: self.weights, path: self.name(name) }
    }

    /// The numbers of a tensor of exactly this shape.
    pub(crate) fn take(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, NetworkError> {
        let name = self.name(name);
        match self.weights.tensors.borrow_mut().remove(&name) {
            None => Err(NetworkError::MissingTensor { name }),
            Some(found) if found.shape != shape => {
                Err(NetworkError::ShapeMismatch { name, expected: shape.to_vec(), found: found.shape })
            }
            Some(found) => Ok(found.values),
        }
    }

    fn name(&self, name: impl fmt::Display) -> String {
        if self.path.is_empty() { name.to_string() } else { format!("{}.{name}", self.path) }
    }
}

/// A safetensors file of single-precision tensors, with what Python's `safe_open(…).metadata()` shall show.
///
/// Equal contents give equal bytes: tensors and metadata are written in the order of their names.
pub fn write_weights<'t>(
    tensors: impl IntoIterator<Item = (&'t str, &'t HostTensor)>,
    metadata: &BTreeMap<String, String>,
) -> Vec<u8> {
    let tensors: BTreeMap<&str, &HostTensor> = tensors.into_iter().collect();
    let mut header = serde_json::Map::new();
    if !metadata.is_empty() {
        let entries = metadata.iter().map(|(key, value)| (key.clone(), value.clone().into()));
        header.insert("__metadata__".to_owned(), serde_json::Value::Object(entries.collect()));
    }
    let mut end = 0;
    for (name, tensor) in &tensors {
        let start = end;
        end += 4 * tensor.values.len();
        let entry = serde_json::json!({"dtype": "F32", "shape": tensor.shape, "data_offsets": [start, end]});
        header.insert((*name).to_owned(), entry);
    }
    // Maps of serde_json are sorted by key, and numbers of four bytes start at a multiple of eight.
    let mut text = serde_json::to_vec(&header).expect("invariant: names and numbers are plain data");
    text.resize(text.len().next_multiple_of(8), b' ');
    let mut bytes = Vec::with_capacity(8 + text.len() + end);
    bytes.extend((text.len() as u64).to_le_bytes());
    bytes.extend(text);
    tensors.values().flat_map(|tensor| &tensor.values).for_each(|value| bytes.extend(value.to_le_bytes()));
    bytes
}

/// What [`write_weights`] was given as metadata.
///
/// # Errors
///
/// [`NetworkError::InvalidWeights`] if the bytes are no safetensors file.
pub fn read_metadata(bytes: &[u8]) -> Result<BTreeMap<String, String>, NetworkError> {
    let (_, metadata) = SafeTensors::read_metadata(bytes)
        .map_err(|error| NetworkError::InvalidWeights { reason: error.to_string() })?;
    let entries: Option<&HashMap<String, String>> = metadata.metadata().as_ref();
    Ok(entries.into_iter().flatten().map(|(key, value)| (key.clone(), value.clone())).collect())
}
