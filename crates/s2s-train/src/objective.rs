//! What a network is trained for.

mod masked_atom;
mod regression;
mod superconductivity;

use std::{collections::BTreeMap, fmt::Debug};

pub use masked_atom::{Hits, MaskedAtomBatch, MaskedAtomObjective};
pub use regression::{Deviations, RegressionLoss, RegressionObjective, Standard};
use s2s_model::{DeviceBatch, Mode};
use serde::{Serialize, de::DeserializeOwned};
pub use superconductivity::{Scores, SuperconductivityObjective};
use tch::Tensor;

use crate::TrainError;

/// Turns a batch into a loss; [`fit`](crate::fit) does the rest.
///
/// Implement this to train something new: a batch type, a loss, and an [`Outcome`] to report.
pub trait Objective: Debug {
    /// What one step is given.
    type Batch;
    /// What one step reports.
    type Outcome: Outcome;

    /// Loss and outcome of one batch.
    ///
    /// # Errors
    ///
    /// [`TrainError`] if the batch does not fit the network.
    fn step(&self, batch: &Self::Batch, mode: Mode<'_>) -> Result<Step<Self::Outcome>, TrainError>;
}

/// What one batch gave.
#[derive(Debug)]
pub struct Step<O> {
    /// Mean loss over the items: a scalar that knows its gradient.
    pub loss: Tensor,
    /// How many items (crystals, hidden atoms) the mean is over.
    pub items: usize,
    /// What metrics are made of.
    pub outcome: O,
}

/// What metrics are made of: outcomes of batches add up to the outcome of an epoch.
pub trait Outcome: Clone + Debug + Default + Serialize + DeserializeOwned {
    /// Adds the outcome of another batch.
    fn absorb(&mut self, other: Self);

    /// Metrics by name; those that are not defined are left out.
    fn metrics(&self) -> BTreeMap<String, f64>;
}

/// Crystals with one target each.
#[derive(Debug)]
pub struct LabeledBatch {
    /// The crystals.
    pub crystals: DeviceBatch,
    /// `f32 (B)`: 1 for superconductors and 0 for others, or the number to predict.
    pub targets: Tensor,
}

/// Metrics that are defined, by name.
fn defined<const N: usize>(metrics: [(&str, Option<f64>); N]) -> BTreeMap<String, f64> {
    metrics.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

/// The values of a tensor of any kind, as `f64`.
fn values(tensor: &Tensor) -> Result<Vec<f64>, TrainError> {
    let flat = tensor.detach().f_to_device(tch::Device::Cpu)?.f_to_kind(tch::Kind::Double)?.f_reshape([-1])?;
    let mut values = vec![0.0; flat.numel()];
    flat.f_copy_data(&mut values, flat.numel())?;
    Ok(values)
}
