//! The regression objective: one number per crystal, such as the formation energy in eV per atom.

use std::collections::BTreeMap;

use s2s_eval::metric::{mean_absolute_error, r_squared, root_mean_squared_error};
use s2s_model::{AtomEncoder, CrystalStates, Head, Mode, Network, Parameters, Readout, Regression, Task};
use serde::{Deserialize, Serialize};
use tch::{Reduction, Tensor};

use super::{Compared, LabeledBatch, Objective, Outcome, Step, defined};
use crate::TrainError;

/// What a wrong number costs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum RegressionLoss {
    /// Its distance (MEGNet reports it).
    Absolute,
    /// Its squared distance (CGCNN and MEGNet train on it).
    Squared,
    /// Half its squared distance up to a distance of so many standard deviations, and grows in proportion to the distance from
    /// there on (Huber 1964): outliers pull less.
    Huber(f64),
}

impl RegressionLoss {
    /// Mean loss of predictions, both in standard deviations.
    ///
    /// # Errors
    ///
    /// [`TrainError::Model`] if the shapes differ.
    pub fn of(self, predictions: &Tensor, targets: &Tensor) -> Result<Tensor, TrainError> {
        self.reduced(predictions, targets, Reduction::Mean)
    }

    /// The same of predictions that count by `weights`, of their shape; the mean is over all.
    ///
    /// # Errors
    ///
    /// As [`of`](Self::of).
    pub fn weighted(self, predictions: &Tensor, targets: &Tensor, weights: &Tensor) -> Result<Tensor, TrainError> {
        Ok((self.reduced(predictions, targets, Reduction::None)? * weights).mean(None))
    }

    pub(super) fn compare(self, compared: &Compared) -> Result<Tensor, TrainError> {
        let Compared { predictions, targets, weights } = compared;
        match weights {
            Some(weights) => self.weighted(predictions, targets, weights),
            None => self.of(predictions, targets),
        }
    }

    fn reduced(self, predictions: &Tensor, targets: &Tensor, reduction: Reduction) -> Result<Tensor, TrainError> {
        Ok(match self {
            Self::Absolute => predictions.f_l1_loss(targets, reduction)?,
            Self::Squared => predictions.f_mse_loss(targets, reduction)?,
            Self::Huber(delta) => predictions.f_huber_loss(targets, reduction, delta)?,
        })
    }
}

/// Origin and unit of what a network predicts: mean and standard deviation of the numbers that it learns from.
///
/// Both are tensors of the network, `target.mean` and `target.deviation`, so that they are saved with its weights.
#[derive(Debug)]
pub struct Standard {
    mean: Tensor,
    deviation: Tensor,
}

impl Standard {
    /// Numbers in their unit as distances from the mean in standard deviations.
    pub fn scale(&self, targets: &Tensor) -> Tensor {
        (targets - &self.mean) / &self.deviation
    }

    /// Distances from the mean in standard deviations as numbers in their unit.
    pub fn unscale(&self, predictions: &Tensor) -> Tensor {
        predictions * &self.deviation + &self.mean
    }

    /// What the names of both tensors begin with.
    pub const SCOPE: &'static str = "target.";

    /// Mean and standard deviation, in the unit of the targets.
    pub fn numbers(&self) -> [f64; 2] {
        [&self.mean, &self.deviation].map(|tensor| tensor.double_value(&[]))
    }

    /// The task of a network that predicts such numbers.
    pub fn task(&self, quantity: &str, unit: &str) -> Task {
        let [mean, deviation] = self.numbers();
        Task::Regression { quantity: quantity.to_owned(), unit: unit.to_owned(), mean, deviation }
    }

    /// The standard of these numbers, as buffers of the network.
    ///
    /// # Errors
    ///
    /// [`TrainError::Data`] if the numbers do not vary or are not finite.
    pub fn new(parameters: &Parameters, targets: &[f32]) -> Result<Self, TrainError> {
        let count = targets.len() as f64;
        let mean = targets.iter().map(|&target| f64::from(target)).sum::<f64>() / count;
        let deviation = (targets.iter().map(|&t| (f64::from(t) - mean).powi(2)).sum::<f64>() / count).sqrt();
        if !deviation.is_finite() || deviation == 0.0 {
            let reason = format!("{} targets that vary are needed", targets.len());
            return Err(TrainError::Data { reason });
        }
        let root = parameters.root();
        let scope = root.child("target");
        Ok(Self {
            mean: scope.buffer("mean", &Tensor::from(mean)),
            deviation: scope.buffer("deviation", &Tensor::from(deviation)),
        })
    }
}

/// Distance of predicted and measured numbers, in standard deviations; outcomes are in the unit of the targets.
#[derive(Debug)]
pub struct RegressionObjective<E, R, H> {
    /// What is trained: its number is the distance from the mean in standard deviations.
    pub network: Network<E, R, H>,
    /// What a wrong number costs.
    pub loss: RegressionLoss,
    /// Mean and standard deviation.
    pub standard: Standard,
}

impl<E, R, H> Objective for RegressionObjective<E, R, H>
where
    E: AtomEncoder,
    R: Readout,
    H: Head<CrystalStates, Output = Regression>,
{
    type Batch = LabeledBatch;
    type Outcome = Deviations;

    fn step(&self, batch: &LabeledBatch, mode: Mode<'_>) -> Result<Step, TrainError> {
        let (Regression(predictions), members) = batch.predicted_by(&self.network, mode);
        let targets = self.standard.scale(&batch.targets);
        let loss = self.loss.compare(&Compared::new(&predictions, members, &targets, batch.weights.as_ref(), mode))?;
        Ok(Step::of_crystals(loss, batch, &self.standard.unscale(&predictions.detach())))
    }
}

/// Measured and predicted numbers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Deviations {
    /// Measured.
    pub targets: Vec<f64>,
    /// Predicted.
    pub predictions: Vec<f64>,
}

impl Outcome for Deviations {
    fn read(_items: usize, seen: &[&[f64]]) -> Self {
        Self { targets: seen[0].to_vec(), predictions: seen[1].to_vec() }
    }

    fn absorb(&mut self, other: Self) {
        self.targets.extend(other.targets);
        self.predictions.extend(other.predictions);
    }

    fn metrics(&self) -> BTreeMap<String, f64> {
        defined([
            ("mae", mean_absolute_error(&self.targets, &self.predictions)),
            ("rmse", root_mean_squared_error(&self.targets, &self.predictions)),
            ("r2", r_squared(&self.targets, &self.predictions)),
        ])
    }
}
