//! Transfer of weights from one network to another.

use crate::{ModelError, NamedTensors, Parameters};

/// Which tensors moved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TransferReport {
    /// Names that both sides have, with the same shape: copied.
    pub moved: Vec<String>,
    /// Names of the network under the prefix that the tensors lack: left as they were.
    pub missing: Vec<String>,
    /// Names of the tensors under the prefix that the network lacks.
    pub unknown: Vec<String>,
    /// Names whose shapes differ: left as they were.
    pub unequal: Vec<String>,
}

impl TransferReport {
    /// Whether every tensor of the network under the prefix has got its values.
    pub fn is_complete(&self) -> bool {
        self.missing.is_empty() && self.unequal.is_empty()
    }
}

/// Copies what `tensors` and the network have in common under a prefix, `encoder.` for pre-training (§3.2).
///
/// # Errors
///
/// [`ModelError::Torch`] if a copy fails; whatever does not fit is in the report instead.
pub fn transfer(tensors: &NamedTensors, parameters: &Parameters, prefix: &str) -> Result<TransferReport, ModelError> {
    let mut report = TransferReport::default();
    for (name, tensor) in parameters.all().into_iter().filter(|(name, _)| name.starts_with(prefix)) {
        match tensors.get(&name) {
            None => report.missing.push(name),
            Some(values) if values.size() != tensor.size() => report.unequal.push(name),
            Some(values) => {
                parameters.assign(&name, values)?;
                report.moved.push(name);
            }
        }
    }
    let known = |name: &&String| !report.moved.contains(name) && !report.unequal.contains(name);
    report.unknown = tensors.keys().filter(|name| name.starts_with(prefix)).filter(known).cloned().collect();
    Ok(report)
}
