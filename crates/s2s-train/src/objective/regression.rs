//! Predicting a number, such as the formation energy in eV per atom.

use std::collections::BTreeMap;

use s2s_model::{AtomEncoder, CrystalStates, Head, Mode, Network, Readout, Regression};
use serde::{Deserialize, Serialize};
use tch::{Kind, Reduction};

use super::{LabeledBatch, Objective, Outcome, Step, defined, values};
use crate::{
    TrainError,
    metric::{mean_absolute_error, r_squared, root_mean_squared_error},
};

/// What a wrong number costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RegressionLoss {
    /// Its distance (MEGNet reports it).
    Absolute,
    /// Its squared distance (CGCNN and MEGNet train on it).
    Squared,
}

/// Distance of predicted and measured numbers.
#[derive(Debug)]
pub struct RegressionObjective<E, R, H> {
    /// What is trained.
    pub network: Network<E, R, H>,
    /// What a wrong number costs.
    pub loss: RegressionLoss,
}

impl<E, R, H> Objective for RegressionObjective<E, R, H>
where
    E: AtomEncoder,
    R: Readout,
    H: Head<CrystalStates, Output = Regression>,
{
    type Batch = LabeledBatch;
    type Outcome = Deviations;

    fn step(&self, batch: &LabeledBatch, mode: Mode<'_>) -> Result<Step<Deviations>, TrainError> {
        let predictions = self.network.forward(&batch.crystals, mode).0;
        let loss = match self.loss {
            RegressionLoss::Absolute => (&predictions - &batch.targets).abs().mean(Kind::Float),
            RegressionLoss::Squared => predictions.f_mse_loss(&batch.targets, Reduction::Mean)?,
        };
        let outcome = Deviations { targets: values(&batch.targets)?, predictions: values(&predictions)? };
        Ok(Step { loss, items: outcome.targets.len(), outcome })
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
