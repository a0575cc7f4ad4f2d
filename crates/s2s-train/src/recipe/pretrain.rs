//! The recipe of pre-training: masked elements from their surroundings, without labels (§3.2).

use std::path::Path;

use s2s_featurize::{
    AtomFeatures, AtomFeaturizerConfig, BatchOrder, BatchSize, BoxedFeaturizer, FeaturizerConfig, MaskPolicy,
    NeighborRule, Replacement,
};
use s2s_model::{
    Architecture, AtomEncoder, AtomStates, BuildNetwork, CheckpointConfig, ElementLogits, Head, ModelConfig,
    Parameters, S2sNetConfig, Task, TaskKind,
};
use serde::{Deserialize, Serialize};
use tch::Device;

use super::Divergence;
use super::duration::{falling, optimizer_steps};
use crate::{
    AdamConfig, Batches, Communicator, FitConfig, Learner, MaskedAtomBatches, Masks, NetworkRecipe, RunIdentity,
    Settings, TrainError, View, evaluate_together, fit_together,
    objective::{MaskedAtomCounts, MaskedAtomObjective, Outcome},
    observer::Observer,
};

/// How an encoder is pre-trained: that of a form of S2SNet, or of any other [`Architecture`] that reads what an
/// [`AtomFeaturizerConfig`] describes. The elements that it predicts are those of [`Architecture::vocabulary`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, bound = "")]
pub struct PretrainRecipe<A: Architecture = S2sNetConfig> {
    /// What crystals become.
    pub featurizer: AtomFeaturizerConfig,
    /// The network; only its encoder is trained.
    pub model: A,
    /// How it learns.
    pub fit: FitConfig,
    /// Crystals per step.
    pub batch: BatchSize,
    /// Crystals that are sorted by size before they are cut into batches.
    pub pool: usize,
    /// How many atoms are masked.
    pub mask: MaskPolicy,
    /// What replaces those that are learned from; held-out ones are always replaced by the mask.
    pub replacement: Replacement,
    /// Crystals with more atoms than this are left out of training, and counted.
    pub max_atoms: usize,
    /// Share of the crystals that is held out.
    pub held_out: f64,
}

/// Share of the learning rate that is left at the end.
const FLOOR: f64 = 0.02;

type ElementsHead = Box<dyn Head<AtomStates, Output = ElementLogits>>;
type ElementLearner = Learner<MaskedAtomObjective<Box<dyn AtomEncoder>, ElementsHead>>;

/// A pre-trained encoder.
#[derive(Debug)]
pub struct Pretrained {
    /// The network and its history.
    pub learner: ElementLearner,
    /// Masked atoms of held-out crystals, with the final weights.
    pub held_out: MaskedAtomCounts,
    /// Mean cross-entropy of these atoms.
    pub held_out_loss: f64,
    /// The same atoms, predicted from how frequent elements are in the training set.
    pub baseline: MaskedAtomCounts,
    /// Where training diverged, if it did; the weights are those of the best epoch before.
    pub diverged: Option<Divergence>,
}

impl<A: Architecture<Featurizer = AtomFeaturizerConfig>> PretrainRecipe<A> {
    /// Masked atoms as in the paper; AdamW with warm-up and a cosine over `steps` steps.
    pub fn new(model: A, epochs: u64, steps: u64) -> Self {
        let learning_rate = model.learning_rate();
        let fit = FitConfig {
            optimizer: AdamConfig::adam_w(learning_rate, 1e-2),
            schedule: falling(steps, FLOOR),
            clip: Some(1.0),
            ..FitConfig::plain(epochs, learning_rate, 1)
        };
        Self {
            featurizer: of_atoms(&model),
            model,
            fit,
            batch: BatchSize::PaddedAtoms(1024),
            pool: 4096,
            mask: MaskPolicy::paper(),
            replacement: Replacement::Mask,
            max_atoms: 444,
            held_out: 0.05,
        }
    }

    /// The paper (§3.2, Eq. 9, §4.2): 15 % of the atoms and at least two are masked, and Adam at one learning rate minimizes the
    /// cross-entropy; no weight decay, no clipping, no schedule.
    ///
    /// The paper says neither the rate ([`S2sNetConfig::learning_rate`] here), nor the batch size (1,024 slots for atoms
    /// here), nor how often the crystals are seen before "convergence", nor that crystals are held out: here a twentieth, which
    /// chooses the epoch.
    pub fn paper(model: A, epochs: u64) -> Self {
        Self { fit: FitConfig::plain(epochs, model.learning_rate(), 1), ..Self::new(model, epochs, 0) }
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

    /// What makes of crystals what the network reads.
    ///
    /// # Errors
    ///
    /// [`TrainError::Featurize`] if the configuration is invalid.
    pub fn build_featurizer(&self) -> Result<BoxedFeaturizer, TrainError> {
        Ok(self.featurizer.featurizer(self.model.vocabulary())?)
    }
}

impl<A: Architecture<Featurizer = AtomFeaturizerConfig> + BuildNetwork> NetworkRecipe for PretrainRecipe<A> {
    type Network = A;

    fn into_network(self) -> A {
        self.model
    }
}

impl<A: Architecture<Featurizer = AtomFeaturizerConfig> + BuildNetwork> PretrainRecipe<A> {
    /// The network before training.
    ///
    /// # Errors
    ///
    /// [`TrainError::Model`] if it cannot exist, or does not read what the featurizer gives.
    pub fn learner(&self, identity: RunIdentity, device: Device) -> Result<ElementLearner, TrainError> {
        self.check()?;
        self.model.reads(&self.featurizer, TaskKind::MaskedAtoms)?;
        let parameters = Parameters::new(self.fit.seed, device);
        let objective = MaskedAtomObjective(self.model.masked_atom_model(&parameters, &*self.model.vocabulary())?);
        Ok(Learner::new(objective, parameters, self.fit.clone(), identity))
    }

    /// Trains on some crystals and reports on others, together with other processes that make the same call; if training
    /// diverges, on the best epoch before.
    ///
    /// # Errors
    ///
    /// Whatever [`fit_together`] reports, [`TrainError::Diverged`] only if no epoch had ended by then.
    pub fn run(
        &self,
        communicator: &dyn Communicator,
        mut learner: ElementLearner,
        train: &[&AtomFeatures],
        held_out: &[&AtomFeatures],
        observers: &mut [&mut dyn Observer],
    ) -> Result<Pretrained, TrainError> {
        let (seed, device) = (self.fit.seed, learner.parameters().device());
        let vocabulary = self.model.vocabulary();
        let order = BatchOrder::Bucketed { pool: self.pool };
        let view = if self.featurizer.pairs == NeighborRule::None { View::Cell } else { View::Pairs };
        let masker = |masks: Masks| masks.masker(self.mask, self.replacement, &*vocabulary, seed);
        let learned = MaskedAtomBatches::new(train.to_vec(), masker(Masks::Fresh), Masks::Fresh, self.batch, device)?
            .ordered(order, seed)?
            .seen_by(view);
        let masker = masker(Masks::Fixed);
        let judged = MaskedAtomBatches::new(held_out.to_vec(), masker, Masks::Fixed, self.batch, device)?.seen_by(view);
        let fitted = fit_together(communicator, &mut learner, &learned, &judged, observers);
        let diverged = match self.fit.watch.best(&learner.progress().history) {
            Some(_) => Divergence::of(fitted)?,
            None => fitted.map(|()| None)?,
        };
        learner.use_best()?;
        let metrics = evaluate_together(communicator, &learner.objective, &judged)?;
        let baseline = frequency_baseline(train, &judged)?;
        let held_out_loss = metrics.loss / metrics.items.max(1) as f64;
        Ok(Pretrained { learner, held_out: metrics.outcome, held_out_loss, baseline, diverged })
    }
}

/// What the encoder of a network reads: no descriptors of the crystal, which cost more than all its atoms.
fn of_atoms(model: &impl Architecture<Featurizer = AtomFeaturizerConfig>) -> AtomFeaturizerConfig {
    AtomFeaturizerConfig { globals: None, ..model.featurizer() }
}

impl Pretrained {
    /// Writes the encoder of a form of S2SNet and the head behind it as a sealed folder that [`PretrainedWeights`] opens, in
    /// place of an earlier one.
    ///
    /// # Errors
    ///
    /// [`TrainError::Checkpoint`] if the folder cannot be written; earlier weights are left as they were then.
    ///
    /// [`PretrainedWeights`]: super::PretrainedWeights
    pub fn seal(
        &self,
        folder: &Path,
        recipe: &PretrainRecipe,
        dataset_sha256: Option<String>,
        card: &str,
    ) -> Result<(), TrainError> {
        self.seal_as::<S2sNetConfig, ModelConfig>(folder, recipe, dataset_sha256, card)
    }

    /// [`seal`](Self::seal) of any kind of network `A`, whose folder describes it as an `M`: as itself, or as one of a family.
    ///
    /// # Errors
    ///
    /// As [`seal`](Self::seal).
    pub fn seal_as<A, M>(
        &self,
        folder: &Path,
        recipe: &PretrainRecipe<A>,
        dataset_sha256: Option<String>,
        card: &str,
    ) -> Result<(), TrainError>
    where
        A: Architecture<Featurizer = AtomFeaturizerConfig>,
        M: Architecture<Featurizer = AtomFeaturizerConfig> + From<A>,
    {
        let config = CheckpointConfig {
            featurizer: recipe.featurizer.clone(),
            dataset_sha256,
            metrics: self.held_out.metrics(),
            ..CheckpointConfig::new(M::from(recipe.model.clone()), Task::MaskedAtoms)
        };
        self.learner.seal(folder, &config, card)
    }
}

/// What always guessing the most frequent elements of the training set gets right.
///
/// # Errors
///
/// [`TrainError`] if a batch cannot be made.
pub fn frequency_baseline(
    train: &[&AtomFeatures],
    judged: &MaskedAtomBatches<'_>,
) -> Result<MaskedAtomCounts, TrainError> {
    let mut counts = std::collections::BTreeMap::<i64, u64>::new();
    for token in train.iter().flat_map(|features| &features.tokens) {
        *counts.entry(i64::from(token.0) - 1).or_default() += 1;
    }
    let mut ranked: Vec<(i64, u64)> = counts.into_iter().collect();
    ranked.sort_by_key(|(class, count)| (std::cmp::Reverse(*count), *class));
    let five: Vec<i64> = ranked.iter().take(5).map(|(class, _)| *class).collect();
    let mut guessed = MaskedAtomCounts::default();
    let plan = judged.plan(0);
    for crystals in plan.batches(0..plan.len()) {
        let batch = judged.batch(0, crystals)?;
        let (targets, neighbored) =
            (Vec::<i64>::try_from(&batch.masked.targets)?, Vec::<bool>::try_from(&batch.masked.neighbored)?);
        for (target, neighbored) in targets.iter().zip(neighbored) {
            let right = five.first() == Some(target);
            guessed.absorb(MaskedAtomCounts {
                atoms: 1,
                right: right.into(),
                among_five: five.contains(target).into(),
                neighbored: neighbored.into(),
                neighbored_right: (right && neighbored).into(),
            });
        }
    }
    Ok(guessed)
}
