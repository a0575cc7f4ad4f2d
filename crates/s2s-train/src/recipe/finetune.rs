//! The recipe of a classifier: superconductors against other crystals (§3.1 item 6 and Eq. 6; frozen layers: end of §3.2).

use s2s_featurize::{BatchOrder, BatchSize, BoxedFeaturizer, FeaturizerConfig};
use s2s_model::{
    Architecture, AtomEncoder, BinaryLogits, BuildNetwork, CrystalStates, Frozen, Head, ModelConfig, Parameters,
    Readout, TaskKind,
};
use serde::{Deserialize, Serialize};
use tch::Device;

use super::{Divergence, Finetuned, Labeled, Look, PretrainedWeights, labeled::in_order, scale::fit_scale};
use crate::{
    AdamConfig, FitConfig, GroupRule, LabeledBatches, Learner, NetworkRecipe, RunIdentity, Schedule, Settings,
    TrainError, Watch, fit,
    objective::SuperconductivityObjective,
    observer::{EarlyStopping, Observer},
};

/// What becomes of the encoder: embedding, aggregation and attention.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Transfer {
    /// Its weights stay as they are: the pre-trained ones (§3.2), or, without pre-training, random ones, a control.
    Frozen,
    /// Its weights are where training starts (released code).
    Initial,
}

impl Transfer {
    /// The encoder of a network as it takes part in training; if it is frozen, so are all tensors that can be taken over.
    pub(super) fn of_encoder(self, encoder: Encoder, model: &impl Architecture, parameters: &Parameters) -> Encoder {
        match self {
            Self::Frozen => {
                for prefix in model.transferable() {
                    parameters.freeze(prefix);
                }
                Box::new(Frozen(encoder))
            }
            Self::Initial => encoder,
        }
    }
}

/// How a classifier is trained: a network of this workspace, or of any other [`Architecture`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, bound = "")]
pub struct FinetuneRecipe<A: Architecture = ModelConfig> {
    /// What crystals become.
    pub featurizer: A::Featurizer,
    /// The network.
    pub model: A,
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
pub(super) type ClassifierObjective = SuperconductivityObjective<Encoder, Box<dyn Readout>, ClassifierHead>;

impl FinetuneRecipe {
    /// Takes network and features over from a pre-trained network; a network that reads descriptors and has the pre-trained
    /// encoder stays as it is, because pre-training leaves out what only its head reads.
    pub fn continue_from(&mut self, pretrained: &PretrainedWeights) {
        if self.model.globals().is_some() && self.model.same_encoder(&pretrained.config().model).is_ok() {
            return;
        }
        (self.model, self.featurizer) = (pretrained.config().model.clone(), pretrained.config().featurizer.clone());
        // Pre-training leaves out what only the head reads.
        self.featurizer.globals = self.model.featurizer().globals;
    }
}

impl<A: Architecture> FinetuneRecipe<A> {
    /// Trains any network with these defaults: AdamW, best epoch by validation ROC-AUC; for a network that reads
    /// descriptors a learning rate that falls over the epochs, however many crystals there are, and is five times as high in the head.
    pub fn new(model: A) -> Self {
        let learning_rate = model.learning_rate();
        let mut fit = FitConfig {
            optimizer: AdamConfig::adam_w(learning_rate, 1e-2),
            clip: Some(1.0),
            watch: Watch::largest("roc_auc"),
            ..FitConfig::plain(40, learning_rate, 1)
        };
        let (mut batch, mut patience) = (BatchSize::Crystals(32), 12);
        if model.globals().is_some() {
            fit.schedule = Schedule::Falling { warmup: 0.05, floor: 0.02, epochs: None };
            // One or two layers that read numbers of equal scale.
            fit.groups = vec![GroupRule { prefix: "head.".to_owned(), learning_rate: 5.0, weight_decay: 1.0 }];
            // The best epoch is one of the last, where the learning rate is low.
            (batch, patience) = (BatchSize::Crystals(64), 40);
        }
        Self {
            featurizer: model.featurizer(),
            model,
            fit,
            batch,
            pool: 256,
            max_atoms: max_atoms(),
            patience,
            transfer: Transfer::Initial,
            positive_weight: 1.0,
            smoothing: 0.0,
            refit: false,
        }
    }

    /// The paper (§3.1, Eq. 6, end of §3.2, §4.2): Adam, and encoder layers that stay as they are; no weight decay, no smoothed
    /// labels, no weighted classes, no clipping, no averaged weights, no second training.
    ///
    /// The paper says neither the learning rate ([`Architecture::learning_rate`] here) nor the batch size (8 in the
    /// released code and here) nor the number of epochs (65 in the log of the released notebook and here) nor how the epoch was
    /// chosen: here, as for every recipe, on a validation part of the training crystals. Its 80 and 20 % are drawn at random; whoever
    /// uses a recipe splits, and our examples draw both parts with equal shares of superconductors.
    pub fn paper(model: A) -> Self {
        let fit = FitConfig { watch: Watch::largest("roc_auc"), ..FitConfig::plain(65, model.learning_rate(), 1) };
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

    /// What makes of crystals what the network reads.
    ///
    /// # Errors
    ///
    /// [`TrainError::Featurize`] if the configuration is invalid.
    pub fn build_featurizer(&self) -> Result<BoxedFeaturizer, TrainError> {
        Ok(self.featurizer.featurizer(self.model.vocabulary())?)
    }
}

impl<A: Architecture + BuildNetwork> NetworkRecipe for FinetuneRecipe<A> {
    type Network = A;

    fn into_network(self) -> A {
        self.model
    }
}

impl<A: Architecture + BuildNetwork> FinetuneRecipe<A> {
    /// The classifier before training, and how many tensors came from the pre-trained network.
    ///
    /// # Errors
    ///
    /// [`TrainError::Model`] if the network cannot exist, or does not read what the featurizer gives; [`TrainError::Config`] or
    /// [`TrainError::Checkpoint`] if the pre-trained network has another encoder or reads other features.
    pub fn learner(
        &self,
        pretrained: Option<&PretrainedWeights<A>>,
        identity: RunIdentity,
        device: Device,
    ) -> Result<(Learner<ClassifierObjective>, usize), TrainError> {
        self.check()?;
        self.model.reads(&self.featurizer, TaskKind::Classification)?;
        let parameters = Parameters::new(self.fit.seed, device);
        let mut network = self.model.classifier(&parameters, &*self.model.vocabulary())?;
        let mut transferred = 0;
        if let Some(pretrained) = pretrained {
            transferred = pretrained.hand_over(&self.model, &self.featurizer, &parameters)?.moved.len();
        }
        network.encoder = self.transfer.of_encoder(network.encoder, &self.model, &parameters);
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
        self.prepare(&learner, &train)?;
        let train = self.shuffled(self.batches(&learner, train)?)?;
        let validation = self.batches(&learner, validation)?;
        let mut stopping = EarlyStopping::new(self.patience, self.fit.watch.clone());
        let mut all: Vec<&mut dyn Observer> = vec![&mut stopping];
        all.extend(observers.iter_mut().map(|o| &mut **o as &mut dyn Observer));
        let diverged = Divergence::of_training(&mut learner, |learner| fit(learner, &train, &validation, &mut all))?;
        let best_epoch = self.fit.watch.best(&learner.progress().history);
        learner.use_best()?;
        Ok(Finetuned { learner, best_epoch, diverged, transferred })
    }

    /// What a network takes from the crystals that it learns from before its first step.
    fn prepare(&self, learner: &Learner<ClassifierObjective>, train: &Labeled<'_>) -> Result<(), TrainError> {
        if learner.progress.step > 0 {
            return Ok(());
        }
        fit_scale(&self.model, learner.parameters(), &train.features)
    }

    /// Batches in the order of training.
    fn shuffled<'f>(&self, batches: LabeledBatches<'f>) -> Result<LabeledBatches<'f>, TrainError> {
        batches.ordered(BatchOrder::Bucketed { pool: self.pool }, self.fit.seed)
    }

    /// Batches of some crystals; what an encoder that does not learn gives to their atoms is computed once.
    fn batches<'f>(
        &self,
        learner: &Learner<ClassifierObjective>,
        data: Labeled<'f>,
    ) -> Result<LabeledBatches<'f>, TrainError> {
        let batches = data.batches(self.batch, learner.parameters().device())?;
        match self.transfer {
            Transfer::Frozen => self.fit.precision.compute(|| batches.encoded_by(&learner.objective.network.encoder)),
            Transfer::Initial => Ok(batches),
        }
    }

    /// The recipe of a second network that sees the validation crystals too: as many epochs as the first found best,
    /// at the same learning rates.
    pub fn of_refit(&self, first: &Finetuned) -> Self {
        let mut recipe = self.clone();
        recipe.fit.schedule = self.whole_schedule();
        recipe.fit.epochs = first.best_epoch.map_or(self.fit.epochs, |best| best as u64 + 1);
        recipe
    }

    /// The schedule, whose length does not depend on when training ends.
    fn whole_schedule(&self) -> Schedule {
        match self.fit.schedule {
            Schedule::Falling { warmup, floor, epochs: None } => {
                Schedule::Falling { warmup, floor, epochs: Some(self.fit.epochs) }
            }
            other => other,
        }
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
        self.prepare(&learner, &train)?;
        learner.config.schedule = self.whole_schedule();
        let train = self.shuffled(self.batches(&learner, train)?)?;
        let watched = self.batches(&learner, watched)?;
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

    /// Trains through all epochs; there are no other crystals to choose one on. If training diverges, the weights are those of the
    /// start.
    ///
    /// # Errors
    ///
    /// Whatever [`fit`] reports, except [`TrainError::Diverged`].
    pub fn run_through(
        &self,
        mut learner: Learner<ClassifierObjective>,
        transferred: usize,
        train: Labeled<'_>,
        observers: &mut [&mut dyn Observer],
    ) -> Result<Finetuned, TrainError> {
        self.check_data("training", &train)?;
        self.prepare(&learner, &train)?;
        let train = self.shuffled(self.batches(&learner, train)?)?;
        let unjudged = None::<LabeledBatches<'_>>;
        let diverged = Divergence::of_training(&mut learner, |learner| fit(learner, &train, &unjudged, observers))?;
        if diverged.is_none() {
            learner.use_average();
        }
        Ok(Finetuned { learner, best_epoch: None, diverged, transferred })
    }
}
