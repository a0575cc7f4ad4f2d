//! Import of published weights under our names.

mod cgcnn;
mod megnet;
mod released;

use std::fmt;

use s2s_predict::FolderError;
use tch::{Device, Tensor};

use crate::{BuildNetwork, CheckpointConfig, ModelError, NamedTensors, Parameters, Task};

pub use released::{released_config, released_name};

/// Whose weights they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// The authors' released S2SNet code.
    Released,
    /// The published CGCNN.
    Cgcnn,
    /// The published MEGNet (MatGL).
    Megnet,
}

/// Our name of a published parameter, if it has one.
type Rename = Box<dyn Fn(&str) -> Option<String>>;

/// What a published configuration says, and how its tensors become ours.
pub struct Imported {
    /// Everything about the model except the numbers.
    pub config: CheckpointConfig,
    rename: Rename,
    reshape: fn(&str, Tensor) -> Tensor,
}

impl fmt::Debug for Imported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Imported").field("config", &self.config).finish_non_exhaustive()
    }
}

impl Imported {
    /// Reads a published configuration: a JSON object with the sizes as the published code names them.
    ///
    /// # Errors
    ///
    /// [`ModelError::InvalidConfig`] if the text is no such object.
    pub fn read(origin: Origin, json: &str) -> Result<Self, ModelError> {
        match origin {
            Origin::Released => released::read(json),
            Origin::Cgcnn => cgcnn::read(json),
            Origin::Megnet => megnet::read(json),
        }
    }

    /// A parameter tree that holds these tensors.
    ///
    /// # Errors
    ///
    /// As [`Parameters::assign_all`]: every parameter must get its values; tensors that never enter a result are left
    /// out. Tables of constants, which published files lack, keep ours.
    pub fn parameters(&self, tensors: &NamedTensors) -> Result<Parameters, ModelError> {
        let invalid = |error: FolderError| ModelError::InvalidConfig { reason: error.to_string() };
        let vocabulary = self.config.find_vocabulary().map_err(invalid)?;
        let parameters = Parameters::new(0, Device::Cpu);
        self.config.model.build(&self.config.task, &parameters, &*vocabulary)?;
        let mut all: NamedTensors = parameters.all().into_iter().filter(|(name, _)| is_constant(name)).collect();
        for (name, tensor) in tensors {
            if let Some(ours) = (self.rename)(name) {
                let tensor = (self.reshape)(&ours, tensor.shallow_clone());
                all.insert(ours, tensor);
            }
        }
        parameters.assign_all(all.iter().map(|(name, tensor)| (name.as_str(), tensor)))?;
        Ok(parameters)
    }
}

/// Tables that are part of the architecture rather than learned.
fn is_constant(name: &str) -> bool {
    name == "encoder.elements"
}

/// A published regression; "formation energy, eV/atom" is a quantity and its unit.
fn regression(target: &str, normalizer: &cgcnn::Normalizer) -> Task {
    let (quantity, unit) = target.split_once(", ").unwrap_or((target, ""));
    // MatGL's gap model lists its fidelities after the unit.
    let unit = unit.split(';').next().unwrap_or_default();
    Task::Regression {
        quantity: quantity.to_owned(),
        unit: unit.to_owned(),
        mean: normalizer.mean,
        deviation: normalizer.std,
    }
}

/// Copies tensors into a network under the names that `rename` gives them; a tensor without a name is left out.
///
/// # Errors
///
/// As [`Parameters::assign_all`]: every parameter must get its values.
pub fn import(
    parameters: &Parameters,
    tensors: &NamedTensors,
    rename: impl Fn(&str) -> Option<String>,
) -> Result<(), ModelError> {
    let renamed: Vec<_> = tensors.iter().filter_map(|(name, tensor)| Some((rename(name)?, tensor))).collect();
    parameters.assign_all(renamed.iter().map(|(name, tensor)| (name.as_str(), *tensor)))
}
