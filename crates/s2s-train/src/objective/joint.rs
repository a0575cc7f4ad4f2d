//! The objective of several targets at once: one encoder and one readout, and a head for each target.

use std::collections::BTreeMap;

use s2s_model::{
    AtomEncoder, AtomStates, BinaryLogits, CrystalStates, DeviceBatch, ElementLogits, Head, Mode, Readout, Regression,
};
use serde::{Deserialize, Serialize};
use tch::Tensor;

use super::{
    Compared, Deviations, MaskedAtomCounts, MaskedAtoms, Objective, Outcome, RegressionLoss, Scores, Standard, Step,
    predicted, superconductivity::cross_entropy,
};
use crate::TrainError;

/// Weighted sum of the losses of several targets, and of the masked atoms if there are any.
///
/// ```text
/// L = Σₜ λₜ (1/B) Σᵦ wᵦₜ ℓₜ(ŷᵦₜ, yᵦₜ) + λₑ L_elements
/// ```
///
/// A crystal that lacks a target has the weight `w = 0` there. The mean is over all crystals of the batch, so that an answer
/// counts the same however many others a batch has.
#[derive(Debug)]
pub struct JointObjective {
    /// From the batch to one vector per atom.
    pub encoder: Box<dyn AtomEncoder>,
    /// From there to one vector per crystal.
    pub readout: Box<dyn Readout>,
    /// From there to each target, in the order of the columns of [`JointBatch::targets`].
    pub heads: Vec<TargetHead>,
    /// From the atoms to the elements of those that are masked, and `λₑ`.
    pub elements: Option<(Box<dyn Head<AtomStates, Output = ElementLogits>>, f64)>,
}

/// The head of one target.
#[derive(Debug)]
pub struct TargetHead {
    /// What its metrics begin with.
    pub name: String,
    /// `λₜ`.
    pub weight: f64,
    /// What it predicts.
    pub head: CrystalHead,
}

/// What a head predicts of a crystal.
#[derive(Debug)]
pub enum CrystalHead {
    /// Whether something is true of it: binary cross-entropy.
    Label(Box<dyn Head<CrystalStates, Output = BinaryLogits>>),
    /// A number, of which the network predicts the distance from the mean in standard deviations.
    Number {
        /// The network.
        head: Box<dyn Head<CrystalStates, Output = Regression>>,
        /// Mean and standard deviation.
        standard: Standard,
        /// What a wrong number costs.
        loss: RegressionLoss,
    },
}

/// Crystals with several targets.
#[derive(Debug)]
pub struct JointBatch {
    /// The crystals, with the mask token in the masked slots.
    pub crystals: DeviceBatch,
    /// `f32 (B, T)`: labels and numbers; zero where a crystal lacks one.
    pub targets: Tensor,
    /// `f32 (B, T)`: what each counts; zero where a crystal lacks one.
    pub weights: Tensor,
    /// Which atoms are masked.
    pub masked: Option<MaskedAtoms>,
    /// `f32 (T, D)`: the encoder's states of the atoms, where they are precomputed.
    pub states: Option<Tensor>,
}

impl CrystalHead {
    /// Loss of one target, and what is predicted of each crystal: logits, or numbers in their unit.
    fn loss(
        &self,
        states: &CrystalStates,
        targets: &Tensor,
        weights: &Tensor,
        mode: Mode<'_>,
    ) -> Result<(Tensor, Tensor), TrainError> {
        match self {
            Self::Label(head) => {
                let (BinaryLogits(logits), members) = predicted(head, states, mode);
                let compared = Compared::new(&logits, members, targets, Some(weights), mode);
                Ok((cross_entropy(compared, 1.0)?, logits.detach()))
            }
            Self::Number { head, standard, loss } => {
                let (Regression(numbers), members) = predicted(head, states, mode);
                let compared = Compared::new(&numbers, members, &standard.scale(targets), Some(weights), mode);
                Ok((loss.compare(&compared)?, standard.unscale(&numbers.detach())))
            }
        }
    }

    /// The outcome of the crystals that have the target: targets, weights and predictions of all.
    fn outcome(&self, targets: &[f64], weights: &[f64], predictions: &[f64]) -> TargetOutcome {
        let of_known = |numbers: &[f64]| -> Vec<f64> {
            numbers.iter().zip(weights).filter(|(_, weight)| **weight > 0.0).map(|(number, _)| *number).collect()
        };
        let (targets, predictions) = (of_known(targets), of_known(predictions));
        let seen = [targets.as_slice(), predictions.as_slice()];
        match self {
            Self::Label(_) => TargetOutcome::Label(Scores::read(targets.len(), &seen)),
            Self::Number { .. } => TargetOutcome::Number(Deviations::read(targets.len(), &seen)),
        }
    }
}

impl Objective for JointObjective {
    type Batch = JointBatch;
    type Outcome = JointOutcome;

    fn step(&self, batch: &JointBatch, mode: Mode<'_>) -> Result<Step, TrainError> {
        let atoms = match &batch.states {
            Some(states) => AtomStates::of_atoms(states.shallow_clone(), &batch.crystals),
            None => self.encoder.encode(&batch.crystals, mode),
        };
        let states = self.readout.read_out(&atoms, &batch.crystals, mode);
        let mut seen = Vec::new();
        let mut losses = Vec::new();
        for (column, TargetHead { weight, head, .. }) in self.heads.iter().enumerate() {
            let [targets, weights] = [&batch.targets, &batch.weights].map(|table| table.select(1, column as i64));
            let (loss, predictions) = head.loss(&states, &targets, &weights, mode)?;
            losses.push(loss * *weight);
            seen.extend([targets, weights, predictions]);
        }
        if let (Some((head, weight)), Some(masked)) = (&self.elements, &batch.masked) {
            let scores = head.predict(&atoms.at(&masked.slots), mode).0.squeeze_dim(0);
            let step = masked.step(&ElementLogits(scores));
            losses.push(step.loss * *weight);
            seen.push(masked.slots.ones_like().sum(tch::Kind::Int64));
            seen.extend(step.seen);
        }
        Ok(Step {
            loss: Tensor::f_stack(&losses, 0)?.sum(tch::Kind::Float),
            items: batch.targets.size()[0] as usize,
            seen,
        })
    }

    fn outcome(&self, _items: usize, seen: &[&[f64]]) -> JointOutcome {
        let (of_heads, of_elements) = seen.split_at(3 * self.heads.len());
        let of_head =
            |(head, seen): (&TargetHead, &[&[f64]])| (head.name.clone(), head.head.outcome(seen[0], seen[1], seen[2]));
        let mut targets: BTreeMap<_, _> = self.heads.iter().zip(of_heads.chunks_exact(3)).map(of_head).collect();
        if let [atoms, counts @ ..] = of_elements {
            let counts = MaskedAtomCounts::read(atoms[0] as usize, counts);
            targets.insert(JointOutcome::ELEMENTS.to_owned(), TargetOutcome::Elements(counts));
        }
        JointOutcome(targets)
    }
}

/// Outcomes of the targets, by name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct JointOutcome(pub BTreeMap<String, TargetOutcome>);

/// The outcome of one target, over the crystals that have it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TargetOutcome {
    /// Of a label.
    Label(Scores),
    /// Of a number.
    Number(Deviations),
    /// Of the elements of masked atoms.
    Elements(MaskedAtomCounts),
}

impl JointOutcome {
    /// What the outcome of masked atoms is called, and no target may be.
    pub const ELEMENTS: &'static str = "elements";
}

impl Outcome for JointOutcome {
    /// What the numbers mean, [`JointObjective`] alone knows.
    fn read(_items: usize, _seen: &[&[f64]]) -> Self {
        Self::default()
    }

    fn absorb(&mut self, other: Self) {
        for (name, outcome) in other.0 {
            match (self.0.get_mut(&name), outcome) {
                (Some(TargetOutcome::Label(own)), TargetOutcome::Label(other)) => own.absorb(other),
                (Some(TargetOutcome::Number(own)), TargetOutcome::Number(other)) => own.absorb(other),
                (Some(TargetOutcome::Elements(own)), TargetOutcome::Elements(other)) => own.absorb(other),
                (_, outcome) => drop(self.0.insert(name, outcome)),
            }
        }
    }

    /// Metrics of each target, as `NAME.roc_auc`.
    fn metrics(&self) -> BTreeMap<String, f64> {
        let of_target = |(name, outcome): (&String, &TargetOutcome)| {
            let metrics = match outcome {
                TargetOutcome::Label(scores) => scores.metrics(),
                TargetOutcome::Number(deviations) => deviations.metrics(),
                TargetOutcome::Elements(counts) => counts.metrics(),
            };
            metrics.into_iter().map(|(metric, value)| (format!("{name}.{metric}"), value)).collect::<Vec<_>>()
        };
        self.0.iter().flat_map(of_target).collect()
    }
}
