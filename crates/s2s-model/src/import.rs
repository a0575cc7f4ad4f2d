//! Published weights under our names.

mod released;

use crate::{ModelError, NamedTensors, Parameters};

pub use released::{released_config, released_name};

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
