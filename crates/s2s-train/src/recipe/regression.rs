//! The recipe of a regression: a number per crystal, such as the formation energies on which the paper pre-trains CGCNN and MEGNet
//! (§4.2).

use std::path::Path;

use s2s_eval::metric::mean_absolute_error;
use s2s_featurize::{AtomFeatures, BatchOrder, BatchSize, BoxedFeaturizer, FeaturizerConfig};
use s2s_model::{
    Architecture, AtomEncoder, BuildNetwork, CheckpointConfig, CrystalStates, Head, ModelConfig, Parameters, Readout,
    Regression,
};
use serde::{Deserialize, Serialize};
use tch::Device;

use super::duration::{falling, optimizer_steps};
use super::scale::fit_scale;
use crate::{
    AdamConfig, FitConfig, Goal, LabeledBatches, Learner, RunIdentity, Settings, TrainError, Watch, evaluate, fit,
    objective::{Deviations, Outcome, RegressionLoss, RegressionObjective, Standard},
    observer::Observer,
};

/// How a network learns to predict a number: a network of this workspace, or of any other [`Architecture`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, bound = "")]
pub struct RegressionRecipe<A: Architecture = ModelConfig> {
    /// The network.
    pub model: A,
    /// What the number is.
    pub quantity: String,
    /// Its unit.
    pub unit: String,
    /// How it learns.
    pub fit: FitConfig,
    /// Crystals per step.
    pub batch: BatchSize,
    /// Crystals that are sorted by size before they are cut into batches.
    pub pool: usize,
    /// What a wrong number costs.
    pub loss: RegressionLoss,
    /// Crystals with more atoms than this are left out of training, and counted.
    pub max_atoms: usize,
    /// Share of the crystals that is held out.
    pub held_out: f64,
}

/// Share of the learning rate that is left at the end.
const FLOOR: f64 = 0.01;

type NumberObjective =
    RegressionObjective<Box<dyn AtomEncoder>, Box<dyn Readout>, Box<dyn Head<CrystalStates, Output = Regression>>>;

/// A network that has learned to predict a number, with the weights of its best epoch.
#[derive(Debug)]
pub struct TrainedRegressor {
    /// The network and its history.
    pub learner: Learner<NumberObjective>,
    /// Numbers of the held-out crystals, in their unit.
    pub held_out: Deviations,
    /// Mean absolute error of giving each of them the mean of the training set.
    pub mean_predictor: f64,
}

impl<A: Architecture> RegressionRecipe<A> {
    /// AdamW with warm-up and a cosine over `steps` steps; the squared error, as CGCNN and MEGNet are published; the epoch with
    /// the smallest mean absolute error; `quantity` is what the number is, and its unit.
    pub fn new(model: A, quantity: [&str; 2], epochs: u64, steps: u64) -> Self {
        let fit = FitConfig {
            optimizer: AdamConfig::adam_w(2e-3, 1e-4),
            schedule: falling(steps, FLOOR),
            clip: Some(1.0),
            watch: Watch { metric: "mae".to_owned(), goal: Goal::Minimize },
            ..FitConfig::plain(epochs, 2e-3, 1)
        };
        let [quantity, unit] = quantity.map(str::to_owned);
        Self {
            model,
            quantity,
            unit,
            fit,
            batch: BatchSize::PaddedAtoms(1024),
            pool: 1024,
            loss: RegressionLoss::Squared,
            max_atoms: 444,
            held_out: 0.05,
        }
    }

    /// What makes of crystals what the network reads.
    ///
    /// # Errors
    ///
    /// [`TrainError::Featurize`] if the configuration is invalid.
    pub fn build_featurizer(&self) -> Result<BoxedFeaturizer, TrainError> {
        Ok(self.model.featurizer().featurizer(self.model.vocabulary())?)
    }

    /// Lets the learning rate fall to its floor by the last step of all epochs over these crystals.
    ///
    /// # Errors
    ///
    /// [`TrainError::Featurize`] if no batch can be made of them.
    pub fn run_over(&mut self, train: &[&AtomFeatures]) -> Result<(), TrainError> {
        self.fit.schedule = falling(optimizer_steps(&self.fit, train, self.batch, self.pool)?, FLOOR);
        Ok(())
    }
}

impl<A: Architecture + BuildNetwork> RegressionRecipe<A> {
    /// The network before training, with the mean and the deviation of these targets.
    ///
    /// # Errors
    ///
    /// [`TrainError::Model`] if it cannot exist, [`TrainError::Data`] if the targets do not vary.
    pub fn learner(
        &self,
        targets: &[f32],
        identity: RunIdentity,
        device: Device,
    ) -> Result<Learner<NumberObjective>, TrainError> {
        self.check()?;
        let parameters = Parameters::new(self.fit.seed, device);
        let network = self.model.regressor(&parameters, &*self.model.vocabulary())?;
        let standard = Standard::new(&parameters, targets)?;
        let objective = RegressionObjective { network, loss: self.loss, standard };
        Ok(Learner::new(objective, parameters, self.fit.clone(), identity))
    }

    /// Learns the numbers of some crystals and reports on others.
    ///
    /// # Errors
    ///
    /// Whatever [`fit`] reports.
    pub fn run(
        &self,
        mut learner: Learner<NumberObjective>,
        train: (Vec<&AtomFeatures>, Vec<f32>),
        held_out: (Vec<&AtomFeatures>, Vec<f32>),
        observers: &mut [&mut dyn Observer],
    ) -> Result<TrainedRegressor, TrainError> {
        let (seed, device) = (self.fit.seed, learner.parameters().device());
        let mean = train.1.iter().map(|&target| f64::from(target)).sum::<f64>() / train.1.len() as f64;
        let targets: Vec<f64> = held_out.1.iter().map(|&target| target.into()).collect();
        let nothing = || TrainError::Data { reason: "no crystals are held out".to_owned() };
        let mean_predictor = mean_absolute_error(&targets, &vec![mean; targets.len()]).ok_or_else(nothing)?;
        if learner.progress.step == 0 {
            fit_scale(&self.model, learner.parameters(), &train.0)?;
        }
        let order = BatchOrder::Bucketed { pool: self.pool };
        let learned = LabeledBatches::new(train.0, train.1, self.batch, device)?.ordered(order, seed)?;
        let judged = LabeledBatches::new(held_out.0, held_out.1, self.batch, device)?;
        fit(&mut learner, &learned, &judged, observers)?;
        learner.use_best()?;
        let held_out = evaluate(&learner.objective, &judged)?.outcome;
        Ok(TrainedRegressor { learner, held_out, mean_predictor })
    }
}

impl TrainedRegressor {
    /// Writes the network as a sealed folder that [`Predictor`](s2s_model::Predictor) opens, and from which a classifier can
    /// start, in place of an earlier one.
    ///
    /// # Errors
    ///
    /// [`TrainError::Checkpoint`] if the folder cannot be written; an earlier model is left as it was then.
    pub fn seal<A: Architecture>(
        &self,
        folder: &Path,
        recipe: &RegressionRecipe<A>,
        dataset_sha256: Option<String>,
        card: &str,
    ) -> Result<(), TrainError> {
        let task = self.learner.objective.standard.task(&recipe.quantity, &recipe.unit);
        let config = CheckpointConfig {
            dataset_sha256,
            metrics: self.held_out.metrics(),
            ..CheckpointConfig::new(recipe.model.clone(), task)
        };
        self.learner.seal(folder, &config, card)
    }

    /// Mean absolute error on the held-out crystals, in the unit of the numbers.
    pub fn mean_absolute_error(&self) -> f64 {
        self.held_out.metrics().get("mae").copied().unwrap_or(f64::NAN)
    }
}
