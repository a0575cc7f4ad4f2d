//! The trait of objectives, which turn a batch into a loss.

mod joint;
mod masked_atom;
mod regression;
mod superconductivity;

use std::{collections::BTreeMap, fmt::Debug};

pub use joint::{CrystalHead, JointBatch, JointObjective, JointOutcome, TargetHead, TargetOutcome};
pub use masked_atom::{MaskedAtomBatch, MaskedAtomCounts, MaskedAtomObjective, MaskedAtoms};
pub use regression::{Deviations, RegressionLoss, RegressionObjective, Standard};
use s2s_model::{AtomEncoder, AtomStates, CrystalStates, DeviceBatch, Head, Mode, Network, Readout};
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

    /// Loss of one batch, and what its outcome is made of.
    ///
    /// Nothing is read from the tensors here: that would wait for a GPU.
    ///
    /// # Errors
    ///
    /// [`TrainError`] if the batch does not fit the network.
    fn step(&self, batch: &Self::Batch, mode: Mode<'_>) -> Result<Step, TrainError>;

    /// The outcome of one batch, from the numbers of each tensor of [`Step::seen`]: [`Outcome::read`], unless what the numbers mean
    /// depends on the objective.
    fn outcome(&self, items: usize, seen: &[&[f64]]) -> Self::Outcome {
        Self::Outcome::read(items, seen)
    }
}

/// What one batch gave.
#[derive(Debug)]
pub struct Step {
    /// Mean loss over the items: a scalar that requires grad.
    pub loss: Tensor,
    /// How many items (crystals, masked atoms) the mean is over.
    pub items: usize,
    /// What the outcome is made of, where it was computed: [`Objective::outcome`] is given the numbers later.
    pub seen: Vec<Tensor>,
}

impl Step {
    /// The loss of a batch of labeled crystals and what is predicted of each, `f32 (B)`: the outcome is read from targets and
    /// predictions, as [`Scores`] and [`Deviations`] are.
    pub fn of_crystals(loss: Tensor, batch: &LabeledBatch, predictions: &Tensor) -> Self {
        let seen = vec![batch.targets.shallow_clone(), predictions.detach()];
        Self { loss, items: batch.targets.numel(), seen }
    }
}

/// What metrics are made of: outcomes of batches add up to the outcome of an epoch.
pub trait Outcome: Clone + Debug + Default + Serialize + DeserializeOwned {
    /// The outcome of one batch of so many items: the numbers of each tensor of [`Step::seen`], in order.
    fn read(items: usize, seen: &[&[f64]]) -> Self;

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
    /// `f32 (B)`: what each crystal counts in the loss, the mean of which is over all crystals; `None` where all count one.
    pub weights: Option<Tensor>,
    /// `f32 (T, D)`: the encoder's states of the atoms, where they are precomputed.
    pub states: Option<Tensor>,
}

/// What a loss compares: tensors of one shape.
struct Compared {
    predictions: Tensor,
    targets: Tensor,
    weights: Option<Tensor>,
}

impl LabeledBatch {
    /// What a network predicts, from the states of the atoms if they are at hand, and what each of its members predicts, `(B, M)`,
    /// if it has members.
    fn predicted_by<E, R, H>(&self, network: &Network<E, R, H>, mode: Mode<'_>) -> (H::Output, Option<Tensor>)
    where
        E: AtomEncoder,
        R: Readout,
        H: Head<CrystalStates>,
    {
        let states = match &self.states {
            Some(states) => {
                let atoms = AtomStates::of_atoms(states.shallow_clone(), &self.crystals);
                network.readout.read_out(&atoms, &self.crystals, mode)
            }
            None => network.states(&self.crystals, mode),
        };
        predicted(&network.head, &states, mode)
    }
}

/// What a head predicts, and what each of its members does, `(B, M)`, if it has members.
fn predicted<H: Head<CrystalStates>>(head: &H, states: &CrystalStates, mode: Mode<'_>) -> (H::Output, Option<Tensor>) {
    match head.predict_members(states, mode) {
        Some((members, together)) => (together, Some(members)),
        None => (head.predict(states, mode), None),
    }
}

impl Compared {
    /// Predictions against targets and their weights, both `f32 (B)`.
    ///
    /// While they learn, each member has a loss of its own: members that are judged together become alike.
    fn new(
        together: &Tensor,
        members: Option<Tensor>,
        targets: &Tensor,
        weights: Option<&Tensor>,
        mode: Mode<'_>,
    ) -> Self {
        let by_member = members.filter(|_| mode.is_train());
        let predictions = by_member.as_ref().unwrap_or(together).shallow_clone();
        let spread = |of_crystals: &Tensor| match by_member {
            Some(_) => of_crystals.unsqueeze(1).expand_as(&predictions),
            None => of_crystals.shallow_clone(),
        };
        Self { targets: spread(targets), weights: weights.map(spread), predictions }
    }
}

/// Metrics that are defined, by name.
fn defined<const N: usize>(metrics: [(&str, Option<f64>); N]) -> BTreeMap<String, f64> {
    metrics.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}
