//! Learning to tell superconductors from other crystals (§3.1 item 6 and Eq. 6; frozen layers: end of §3.2).

use std::{collections::BTreeMap, fs, io, path::Path};

use s2s_eval::Platt;
use s2s_featurize::{AtomFeatures, AtomFeaturizerConfig, BatchOrder, BatchSize, PaperVocabulary, Vocabulary};
use s2s_model::{
    AtomEncoder, BinaryLogits, BuildNetwork, Calibration, Checkpoint, CheckpointConfig, CrystalStates, Frozen, Head,
    ModelConfig, NamedTensors, Parameters, Readout, S2sNetConfig, Task, transfer,
};
use serde::{Deserialize, Serialize};
use tch::{Device, Tensor};

use super::{PretrainRecipe, RunFolder, stable_rate};
use crate::{
    Batches, FitConfig, LabeledBatches, Learner, Objective, RunIdentity, Settings, TrainError, Watch, evaluate, fit,
    objective::{LabeledBatch, Scores, SuperconductivityObjective},
    observer::{EarlyStopping, Observer},
};

/// What becomes of the encoder: embedding, aggregation and attention.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Transfer {
    /// Its weights stay as they are: the pre-trained ones (§3.2), or, without pre-training, random ones, a control.
    Frozen,
    /// Its weights are where training starts (released code).
    Initial,
}

/// How a classifier is trained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FinetuneRecipe {
    /// What crystals become.
    pub featurizer: AtomFeaturizerConfig,
    /// The network.
    pub model: S2sNetConfig,
    /// How it learns.
    pub fit: FitConfig,
    /// Crystals per step.
    pub batch: BatchSize,
    /// Crystals that are sorted by size before they are cut into batches; one batch's worth is a plain shuffle.
    pub pool: usize,
    /// Crystals with more atoms than this are left out, and counted: attention takes memory with their square.
    #[serde(default = "max_atoms", skip_serializing_if = "is_standard")]
    pub max_atoms: usize,
    /// Epochs without a better one after which training stops.
    pub patience: usize,
    /// Whether the encoder learns.
    pub transfer: Transfer,
    /// Weight of a superconductor relative to another crystal.
    pub positive_weight: f64,
    /// Share of the label that is spread over both classes.
    pub smoothing: f64,
    /// Whether a second network learns from the validation crystals too, for as many epochs as the first found best.
    #[serde(default)]
    pub refit: bool,
}

/// The largest crystal of the Materials Project of 2018.
fn max_atoms() -> usize {
    444
}

/// The standard is not written down, so that runs of before this setting can go on.
fn is_standard(limit: &usize) -> bool {
    *limit == max_atoms()
}

type Encoder = Box<dyn AtomEncoder>;
type ClassifierHead = Box<dyn Head<CrystalStates, Output = BinaryLogits>>;
type ClassifierObjective = SuperconductivityObjective<Encoder, Box<dyn Readout>, ClassifierHead>;

/// A trained classifier, with the weights of its best epoch.
#[derive(Debug)]
pub struct Finetuned {
    /// The classifier and its history.
    pub learner: Learner<ClassifierObjective>,
    /// Position of the best epoch in the history.
    pub best_epoch: Option<usize>,
    /// Where training diverged, if it did; the weights are those of the best epoch before, or of the start.
    pub diverged: Option<Divergence>,
    /// Tensors taken from the pre-trained encoder.
    pub transferred: usize,
}

/// What a network in training gives to crystals that it does not learn from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Look {
    /// Epochs that were over.
    pub epoch: u64,
    /// Labels and logits, in the order of the crystals.
    pub scores: Scores,
}

/// Where the loss stopped being a number.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Divergence {
    /// Optimizer step.
    pub step: u64,
    /// Epoch, counted from 0.
    pub epoch: u64,
}

impl Divergence {
    /// What `fit` says, if that is all it has to say; other errors stay errors.
    pub(super) fn of(fitted: Result<(), TrainError>) -> Result<Option<Self>, TrainError> {
        match fitted {
            Ok(()) => Ok(None),
            Err(TrainError::Diverged { step, epoch, .. }) => Ok(Some(Self { step, epoch })),
            Err(error) => Err(error),
        }
    }
}

impl FinetuneRecipe {
    /// Trains any network of the family with these defaults: AdamW, best epoch by validation ROC-AUC.
    pub fn new(model: S2sNetConfig) -> Self {
        let rate = stable_rate(&model);
        let fit = FitConfig {
            optimizer: crate::AdamConfig::adam_w(rate, 1e-2),
            clip: Some(1.0),
            watch: Watch::largest("roc_auc"),
            ..FitConfig::plain(40, rate, 1)
        };
        Self {
            featurizer: model.featurizer(),
            model,
            fit,
            batch: BatchSize::Crystals(32),
            pool: 256,
            max_atoms: max_atoms(),
            patience: 12,
            transfer: Transfer::Initial,
            positive_weight: 1.0,
            smoothing: 0.0,
            refit: false,
        }
    }

    /// The paper (§3.1, Eq. 6, end of §3.2, §4.2): Adam, and encoder layers that stay as they are; no weight decay, no smoothed
    /// labels, no weighted classes, no clipping, no averaged weights, no second training.
    ///
    /// The paper says neither the learning rate ([`stable_rate`](super::stable_rate) here) nor the batch size (8 in the
    /// released code and here) nor the number of epochs (65 in the log of the released notebook and here) nor how the epoch was
    /// chosen: here, as for every recipe, on a validation part of the training crystals.
    pub fn paper(model: S2sNetConfig) -> Self {
        let fit = FitConfig { watch: Watch::largest("roc_auc"), ..FitConfig::plain(65, stable_rate(&model), 1) };
        Self {
            fit,
            batch: BatchSize::Crystals(8),
            // Batches are drawn from a plain shuffle.
            pool: 8,
            patience: 65,
            transfer: Transfer::Frozen,
            ..Self::new(model)
        }
    }

    /// Takes network and features over from the pre-training that ended in this folder.
    ///
    /// # Errors
    ///
    /// As [`RunFolder::read_config`].
    pub fn continue_from(&mut self, pretraining: &RunFolder) -> Result<(), TrainError> {
        let recipe: PretrainRecipe = pretraining.read_config()?;
        recipe.check()?;
        (self.model, self.featurizer) = (recipe.model, recipe.featurizer);
        Ok(())
    }

    /// Lets the features follow a network that differs from that of `preset`, unless they were set on their own.
    pub fn follow_network(&mut self, preset: &Self) {
        if preset.featurizer == preset.model.featurizer() && self.featurizer == preset.featurizer {
            self.featurizer = self.model.featurizer();
        }
    }

    /// The classifier before training, and how many tensors came from the pre-trained network.
    ///
    /// # Errors
    ///
    /// [`TrainError::Model`] if the network cannot exist, does not read what the featurizer gives, or the pre-trained
    /// weights do not fit its encoder.
    pub fn learner(
        &self,
        pretrained: Option<&NamedTensors>,
        identity: RunIdentity,
        device: Device,
    ) -> Result<(Learner<ClassifierObjective>, usize), TrainError> {
        self.check()?;
        self.model.reads(&self.featurizer)?;
        let parameters = Parameters::new(self.fit.seed, device);
        let mut network = self.model.classifier(&parameters, &PaperVocabulary)?;
        let mut transferred = 0;
        if let Some(pretrained) = pretrained {
            let report = transfer(pretrained, &parameters, "encoder.")?;
            if !report.is_complete() {
                let [missing, unequal] = [&report.missing, &report.unequal].map(|names| names.join(", "));
                let reason = format!("the pre-trained encoder does not fit: it lacks [{missing}], [{unequal}] differ");
                return Err(TrainError::Config { reason });
            }
            transferred = report.moved.len();
        }
        if self.transfer == Transfer::Frozen {
            parameters.freeze("encoder.");
            network.encoder = Box::new(Frozen(network.encoder));
        }
        let objective =
            SuperconductivityObjective { network, positive_weight: self.positive_weight, smoothing: self.smoothing };
        Ok((Learner::new(objective, parameters, self.fit.clone(), identity), transferred))
    }

    /// Whether there is something to tell apart, and no crystal too large.
    fn check_data(&self, side: &str, data: &Labeled<'_>) -> Result<(), TrainError> {
        data.require_both_classes(side)?;
        let largest = data.features.iter().map(|features| features.num_atoms()).max().unwrap_or(0);
        if largest > self.max_atoms {
            let reason = format!("a {side} crystal has {largest} atoms, more than max_atoms = {}", self.max_atoms);
            return Err(TrainError::Data { reason });
        }
        Ok(())
    }

    /// Trains on some crystals and keeps the epoch that is best on others; if training diverges, the best before, or the
    /// weights of the start.
    ///
    /// # Errors
    ///
    /// [`TrainError::Data`] if one of the two has one class only, or a crystal has too many atoms; whatever [`fit`]
    /// reports, except [`TrainError::Diverged`].
    pub fn run(
        &self,
        mut learner: Learner<ClassifierObjective>,
        transferred: usize,
        train: Labeled<'_>,
        validation: Labeled<'_>,
        observers: &mut [&mut dyn Observer],
    ) -> Result<Finetuned, TrainError> {
        self.check_data("training", &train)?;
        self.check_data("validation", &validation)?;
        let order = BatchOrder::Bucketed { pool: self.pool };
        let train = self.batches(&learner, train, order, self.fit.seed)?;
        let validation = self.batches(&learner, validation, BatchOrder::BySize, 0)?;
        let copy = |(name, tensor): (String, Tensor)| (name, tensor.detach().copy());
        let start: NamedTensors = learner.parameters().all().into_iter().map(copy).collect();
        let mut stopping = EarlyStopping::new(self.patience, self.fit.watch.clone());
        let mut all: Vec<&mut dyn Observer> = vec![&mut stopping];
        all.extend(observers.iter_mut().map(|o| &mut **o as &mut dyn Observer));
        let diverged = Divergence::of(fit(&mut learner, &train, &validation, &mut all))?;
        let best_epoch = self.fit.watch.best(&learner.progress().history);
        if diverged.is_some() && best_epoch.is_none() {
            learner.parameters().assign_all(start.iter().map(|(name, tensor)| (name.as_str(), tensor)))?;
        }
        learner.use_best()?;
        Ok(Finetuned { learner, best_epoch, diverged, transferred })
    }

    /// Batches of some crystals; what an encoder that does not learn gives to their atoms is computed once.
    fn batches<'f>(
        &self,
        learner: &Learner<ClassifierObjective>,
        data: Labeled<'f>,
        order: BatchOrder,
        seed: u64,
    ) -> Result<LabeledBatches<'f>, TrainError> {
        let batches = data.batches(self.batch, order, seed, learner.parameters().device())?;
        match self.transfer {
            Transfer::Frozen => self.fit.precision.compute(|| batches.encoded_by(&learner.objective.network.encoder)),
            Transfer::Initial => Ok(batches),
        }
    }

    /// The recipe of a second network that sees the validation crystals too: as many epochs as the first found best,
    /// at the same rates.
    pub fn of_refit(&self, first: &Finetuned) -> Self {
        let mut recipe = self.clone();
        recipe.fit.epochs = first.best_epoch.map_or(self.fit.epochs, |best| best as u64 + 1);
        recipe
    }

    /// Trains through all epochs and scores other crystals every so many of them, as the released notebook prints test accuracies
    /// every five; nothing is chosen. If training diverges, the looks before are what there is.
    ///
    /// # Errors
    ///
    /// [`TrainError::Config`] if `every` is zero, and whatever [`fit`] reports, except [`TrainError::Diverged`].
    pub fn run_looking(
        &self,
        mut learner: Learner<ClassifierObjective>,
        train: Labeled<'_>,
        watched: Labeled<'_>,
        every: u64,
        observers: &mut [&mut dyn Observer],
    ) -> Result<(Vec<Look>, Option<Divergence>), TrainError> {
        if every == 0 {
            return Err(TrainError::Config { reason: "there is a look every 0 epochs".to_owned() });
        }
        let train = self.batches(&learner, train, BatchOrder::Bucketed { pool: self.pool }, self.fit.seed)?;
        let watched = self.batches(&learner, watched, BatchOrder::BySize, 0)?;
        let mut looks = Vec::new();
        while learner.progress.epoch < self.fit.epochs {
            learner.config.epochs = (learner.progress.epoch + every).min(self.fit.epochs);
            let diverged = Divergence::of(fit(&mut learner, &train, &None::<LabeledBatches<'_>>, observers))?;
            if diverged.is_some() {
                return Ok((looks, diverged));
            }
            let scores = in_order(&learner.objective, &watched)?;
            looks.push(Look { epoch: learner.progress.epoch, scores });
        }
        Ok((looks, None))
    }

    /// Trains through all epochs; there are no other crystals to choose one on.
    ///
    /// # Errors
    ///
    /// Whatever [`fit`] reports, [`TrainError::Diverged`] included.
    pub fn run_through(
        &self,
        mut learner: Learner<ClassifierObjective>,
        transferred: usize,
        train: Labeled<'_>,
        observers: &mut [&mut dyn Observer],
    ) -> Result<Finetuned, TrainError> {
        self.check_data("training", &train)?;
        let train = self.batches(&learner, train, BatchOrder::Bucketed { pool: self.pool }, self.fit.seed)?;
        fit(&mut learner, &train, &None::<LabeledBatches<'_>>, observers)?;
        learner.use_average();
        Ok(Finetuned { learner, best_epoch: None, diverged: None, transferred })
    }
}

impl Finetuned {
    /// Writes the network of the best epoch as a sealed folder that [`Predictor`](s2s_model::Predictor) opens, in the
    /// place of an earlier one.
    ///
    /// # Errors
    ///
    /// [`TrainError::Checkpoint`] if the folder cannot be written.
    pub fn seal(&self, folder: &Path, about: About<'_>) -> Result<(), TrainError> {
        let Platt { slope, offset } = about.calibration;
        // A line that falls belongs to a network that is worse than chance; no model is sealed with one.
        let calibration = Some(Calibration { slope, offset }).filter(|line| line.validate().is_ok());
        let config = CheckpointConfig {
            model: ModelConfig::S2sNet(about.recipe.model.clone()),
            task: Task::Classification {
                positive: "superconductor".into(),
                calibration: calibration.unwrap_or(Calibration::IDENTITY),
            },
            featurizer: about.recipe.featurizer.clone(),
            vocabulary: PaperVocabulary.name().to_owned(),
            dataset_sha256: about.dataset_sha256,
            metrics: about.metrics,
        };
        match fs::remove_dir_all(folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                let path = folder.to_owned();
                return Err(TrainError::Storage { action: "replace the model", path, error });
            }
            _ => Checkpoint::save(folder, &config, self.learner.parameters(), about.card)?,
        }
        Ok(())
    }

    /// Labels and logits of other crystals, in their order.
    ///
    /// # Errors
    ///
    /// [`TrainError`] if they cannot be batched.
    pub fn scores(&self, data: Labeled<'_>, batch: BatchSize) -> Result<Scores, TrainError> {
        let device = self.learner.parameters().device();
        let batches = data.batches(batch, BatchOrder::BySize, 0, device)?;
        in_order(&self.learner.objective, &batches)
    }
}

/// What is sealed beside the weights.
#[derive(Debug)]
pub struct About<'r> {
    /// How the network was trained.
    pub recipe: &'r FinetuneRecipe,
    /// Fitted on validation data.
    pub calibration: Platt,
    /// SHA-256 of the data file.
    pub dataset_sha256: Option<String>,
    /// What was measured on data that was not seen.
    pub metrics: BTreeMap<String, f64>,
    /// The model card, in Markdown.
    pub card: &'r str,
}

/// Crystals with their labels.
#[derive(Clone, Debug)]
pub struct Labeled<'f> {
    /// Their features.
    pub features: Vec<&'f AtomFeatures>,
    /// Whether each is a superconductor.
    pub labels: Vec<bool>,
}

impl<'f> Labeled<'f> {
    /// Some of all crystals.
    ///
    /// # Panics
    ///
    /// If an item is not below the number of crystals.
    pub fn some(features: &'f [AtomFeatures], labels: &[bool], items: &[usize]) -> Self {
        Self {
            features: items.iter().map(|&i| &features[i]).collect(),
            labels: items.iter().map(|&i| labels[i]).collect(),
        }
    }

    /// Whether there are superconductors and others: of one class alone, every classifier is right.
    ///
    /// # Errors
    ///
    /// [`TrainError::Data`] names the side, as in "training", and the class that it lacks.
    pub fn require_both_classes(&self, side: &str) -> Result<(), TrainError> {
        let superconductors = self.labels.iter().filter(|label| **label).count();
        let lacking = match (superconductors, self.labels.len() - superconductors) {
            (0, _) => "superconductor",
            (_, 0) => "crystal that is none",
            _ => return Ok(()),
        };
        Err(TrainError::Data { reason: format!("among the {} {side} crystals is no {lacking}", self.labels.len()) })
    }

    fn batches(
        self,
        size: BatchSize,
        order: BatchOrder,
        seed: u64,
        device: Device,
    ) -> Result<LabeledBatches<'f>, TrainError> {
        let targets = self.labels.iter().map(|&label| f32::from(u8::from(label))).collect();
        LabeledBatches::new(self.features, targets, size, order, seed, device)
    }
}

/// Scores put back from batch order to crystal order.
fn in_order<O>(objective: &O, batches: &LabeledBatches<'_>) -> Result<Scores, TrainError>
where
    O: Objective<Batch = LabeledBatch, Outcome = Scores>,
{
    let scores = evaluate(objective, batches)?.outcome;
    let plan = batches.plan(0);
    let mut rows: Vec<(u32, bool, f64)> = plan
        .batches(0..plan.len())
        .flatten()
        .zip(scores.labels.iter().zip(&scores.logits))
        .map(|(&crystal, (&label, &logit))| (crystal, label, logit))
        .collect();
    rows.sort_unstable_by_key(|row| row.0);
    Ok(Scores { labels: rows.iter().map(|r| r.1).collect(), logits: rows.iter().map(|r| r.2).collect() })
}
