//! Learning formation energies, as the paper pre-trains CGCNN and MEGNet (§4.2).

use std::path::Path;

use s2s_eval::metric::mean_absolute_error;
use s2s_featurize::{AtomFeatures, AtomFeaturizerConfig, BatchOrder, BatchSize, PaperVocabulary, Vocabulary};
use s2s_model::{
    AtomEncoder, BuildNetwork, CgcnnConfig, Checkpoint, CheckpointConfig, CrystalStates, Head, MegnetConfig,
    ModelConfig, Parameters, Readout, Regression, S2sNetConfig, Task,
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

/// Which network learns energies.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum EnergyNetwork {
    /// CGCNN (Xie and Grossman 2018).
    Cgcnn(CgcnnConfig),
    /// MEGNet (Chen et al. 2019).
    Megnet(MegnetConfig),
    /// One of the S2SNet family.
    S2sNet(S2sNetConfig),
}

impl EnergyNetwork {
    /// Its description, as models are sealed with it.
    pub fn model(&self) -> ModelConfig {
        match self {
            Self::Cgcnn(config) => ModelConfig::Cgcnn(config.clone()),
            Self::Megnet(config) => ModelConfig::Megnet(config.clone()),
            Self::S2sNet(config) => ModelConfig::S2sNet(config.clone()),
        }
    }

    /// What it reads.
    pub fn featurizer(&self) -> AtomFeaturizerConfig {
        self.model().featurizer()
    }
}

/// How a network learns formation energies in eV per atom.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnergyRecipe {
    /// The network.
    pub network: EnergyNetwork,
    /// How it learns.
    pub fit: FitConfig,
    /// Crystals per step.
    pub batch: BatchSize,
    /// Crystals that are sorted by size before they are cut into batches.
    pub pool: usize,
    /// What a wrong energy costs.
    pub loss: RegressionLoss,
    /// Crystals with more atoms than this are left out of training, and counted.
    pub max_atoms: usize,
    /// Share of the crystals that is held out.
    pub held_out: f64,
}

/// Share of the learning rate that is left at the end.
const FLOOR: f64 = 0.01;

type EnergyObjective =
    RegressionObjective<Box<dyn AtomEncoder>, Box<dyn Readout>, Box<dyn Head<CrystalStates, Output = Regression>>>;

/// A network that has learned energies, with the weights of its best epoch.
#[derive(Debug)]
pub struct EnergyTrained {
    /// The network and its history.
    pub learner: Learner<EnergyObjective>,
    /// Energies of the held-out crystals in eV per atom.
    pub held_out: Deviations,
    /// Mean absolute error, in eV per atom, of giving each of them the mean energy of the training set.
    pub mean_predictor: f64,
}

impl EnergyRecipe {
    /// AdamW with warm-up and a cosine over `steps` steps; the squared error, as both peers are published; the epoch with
    /// the smallest mean absolute error.
    pub fn new(network: EnergyNetwork, epochs: u64, steps: u64) -> Self {
        let fit = FitConfig {
            optimizer: AdamConfig::adam_w(2e-3, 1e-4),
            schedule: falling(steps, FLOOR),
            clip: Some(1.0),
            watch: Watch { metric: "mae".to_owned(), goal: Goal::Minimize },
            ..FitConfig::plain(epochs, 2e-3, 1)
        };
        Self {
            network,
            fit,
            batch: BatchSize::PaddedAtoms(1024),
            pool: 1024,
            loss: RegressionLoss::Squared,
            max_atoms: 444,
            held_out: 0.05,
        }
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

    /// The network before training, with the mean and the deviation of these energies.
    ///
    /// # Errors
    ///
    /// [`TrainError::Model`] if it cannot exist, [`TrainError::Data`] if the energies do not vary.
    pub fn learner(
        &self,
        energies: &[f32],
        identity: RunIdentity,
        device: Device,
    ) -> Result<Learner<EnergyObjective>, TrainError> {
        self.check()?;
        let parameters = Parameters::new(self.fit.seed, device);
        let network = self.network.model().regressor(&parameters, &PaperVocabulary)?;
        let standard = Standard::new(&parameters, energies)?;
        let objective = RegressionObjective { network, loss: self.loss, standard };
        Ok(Learner::new(objective, parameters, self.fit.clone(), identity))
    }

    /// Learns the energies of some crystals and reports on others.
    ///
    /// # Errors
    ///
    /// Whatever [`fit`] reports.
    pub fn run(
        &self,
        mut learner: Learner<EnergyObjective>,
        train: (Vec<&AtomFeatures>, Vec<f32>),
        held_out: (Vec<&AtomFeatures>, Vec<f32>),
        observers: &mut [&mut dyn Observer],
    ) -> Result<EnergyTrained, TrainError> {
        let (seed, device) = (self.fit.seed, learner.parameters().device());
        let mean = train.1.iter().map(|&energy| f64::from(energy)).sum::<f64>() / train.1.len() as f64;
        let targets: Vec<f64> = held_out.1.iter().map(|&energy| energy.into()).collect();
        let nothing = || TrainError::Data { reason: "no crystals are held out".to_owned() };
        let mean_predictor = mean_absolute_error(&targets, &vec![mean; targets.len()]).ok_or_else(nothing)?;
        if learner.progress.step == 0 {
            fit_scale(&self.network.model(), learner.parameters(), &train.0)?;
        }
        let order = BatchOrder::Bucketed { pool: self.pool };
        let learned = LabeledBatches::new(train.0, train.1, self.batch, order, seed, device)?;
        let judged = LabeledBatches::new(held_out.0, held_out.1, self.batch, BatchOrder::BySize, 0, device)?;
        fit(&mut learner, &learned, &judged, observers)?;
        learner.use_best()?;
        let held_out = evaluate(&learner.objective, &judged)?.outcome;
        Ok(EnergyTrained { learner, held_out, mean_predictor })
    }
}

impl EnergyTrained {
    /// Writes the network as a sealed folder that [`Predictor`](s2s_model::Predictor) opens, and from which a classifier can
    /// start, in the place of an earlier one.
    ///
    /// # Errors
    ///
    /// [`TrainError::Checkpoint`] if the folder cannot be written; an earlier model is left as it was then.
    pub fn seal(
        &self,
        folder: &Path,
        recipe: &EnergyRecipe,
        dataset_sha256: Option<String>,
        card: &str,
    ) -> Result<(), TrainError> {
        let [mean, deviation] = self.learner.objective.standard.numbers();
        let config = CheckpointConfig {
            model: recipe.network.model(),
            task: Task::Regression { quantity: "formation energy".into(), unit: "eV/atom".into(), mean, deviation },
            featurizer: recipe.network.featurizer(),
            featurizer_version: AtomFeaturizerConfig::VERSION,
            vocabulary: PaperVocabulary.name().to_owned(),
            dataset_sha256,
            metrics: self.held_out.metrics(),
        };
        let mut tensors = self.learner.parameters().all();
        // The task says it.
        tensors.retain(|(name, _)| !name.starts_with(Standard::SCOPE));
        Ok(Checkpoint::replace(folder, &config, &tensors, card)?)
    }

    /// Mean absolute error on the held-out crystals in eV per atom.
    pub fn mean_absolute_error(&self) -> f64 {
        self.held_out.metrics().get("mae").copied().unwrap_or(f64::NAN)
    }
}
