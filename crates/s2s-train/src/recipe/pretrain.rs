//! Learning elements from their surroundings, without labels (§3.2).

use s2s_featurize::{
    AtomFeatures, AtomFeaturizerConfig, BatchOrder, BatchSize, MaskPolicy, Masker, PaperVocabulary, Replacement,
};
use s2s_model::{AtomEncoder, AtomStates, ElementLogits, Head, Parameters, S2sNetConfig};
use serde::{Deserialize, Serialize};
use tch::Device;

use super::duration::{falling, optimizer_steps};
use crate::{
    AdamConfig, Batches, FitConfig, Identity, Learner, MaskedAtomBatches, Masks, Team, TrainError, evaluate_together,
    fit_together,
    objective::{Hits, MaskedAtomObjective},
    observer::Observer,
};

/// How an encoder is pre-trained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PretrainRecipe {
    /// What crystals become.
    pub featurizer: AtomFeaturizerConfig,
    /// The network; only its encoder is trained.
    pub model: S2sNetConfig,
    /// How it learns.
    pub fit: FitConfig,
    /// Crystals per step.
    pub batch: BatchSize,
    /// Crystals that are sorted by size before they are cut into batches.
    pub pool: usize,
    /// How many atoms are hidden.
    pub mask: MaskPolicy,
    /// What stands in their place.
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
    /// Hidden atoms of held-out crystals, with the final weights.
    pub held_out: Hits,
    /// Mean cross-entropy of these atoms.
    pub held_out_loss: f64,
    /// The same atoms, guessed from how frequent elements are in the training set.
    pub baseline: Hits,
}

impl PretrainRecipe {
    /// Masked atoms as in the paper; AdamW with warm-up and a cosine over `steps` steps.
    pub fn new(model: S2sNetConfig, epochs: u64, steps: u64) -> Self {
        let fit = FitConfig {
            optimizer: AdamConfig::adam_w(1e-3, 1e-2),
            schedule: falling(steps, FLOOR),
            clip: Some(1.0),
            ..FitConfig::plain(epochs, 1e-3, 1)
        };
        Self {
            featurizer: model.featurizer(),
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

    /// Lets the learning rate fall to its floor by the last step of all epochs over these crystals.
    ///
    /// # Errors
    ///
    /// [`TrainError::Featurize`] if no batch can be made of them.
    pub fn run_over(&mut self, train: &[&AtomFeatures]) -> Result<(), TrainError> {
        self.fit.schedule = falling(optimizer_steps(&self.fit, train, self.batch, self.pool)?, FLOOR);
        Ok(())
    }

    /// The network before training.
    ///
    /// # Errors
    ///
    /// [`TrainError::Model`] if it cannot exist.
    pub fn learner(&self, identity: Identity, device: Device) -> Result<ElementLearner, TrainError> {
        let parameters = Parameters::new(self.fit.seed, device);
        let objective = MaskedAtomObjective(self.model.masked_atom_model(&parameters, &PaperVocabulary)?);
        Ok(Learner::new(objective, parameters, self.fit.clone(), identity))
    }

    /// Trains on some crystals and reports on others, together with other processes that make the same call.
    ///
    /// # Errors
    ///
    /// Whatever [`fit_together`] reports.
    pub fn run(
        &self,
        team: &dyn Team,
        mut learner: ElementLearner,
        train: &[&AtomFeatures],
        held_out: &[&AtomFeatures],
        observers: &mut [&mut dyn Observer],
    ) -> Result<Pretrained, TrainError> {
        let (seed, device) = (self.fit.seed, learner.parameters().device());
        let masker = |seed| Masker::new(self.mask, self.replacement, &PaperVocabulary, seed);
        let order = BatchOrder::Bucketed { pool: self.pool };
        let learned =
            MaskedAtomBatches::new(train.to_vec(), masker(seed), Masks::Fresh, self.batch, order, seed, device)?;
        // Another seed: held-out masks have nothing to do with training masks.
        let judged = MaskedAtomBatches::new(
            held_out.to_vec(),
            masker(seed.wrapping_add(1)),
            Masks::Fixed,
            self.batch,
            BatchOrder::BySize,
            0,
            device,
        )?;
        fit_together(team, &mut learner, &learned, &judged, observers)?;
        learner.use_best()?;
        let tally = evaluate_together(team, &learner.objective, &judged)?;
        let baseline = frequency_baseline(train, &judged)?;
        let held_out_loss = tally.loss / tally.items.max(1) as f64;
        Ok(Pretrained { learner, held_out: tally.outcome, held_out_loss, baseline })
    }
}

/// What always guessing the most frequent elements of the training set gets right.
///
/// # Errors
///
/// [`TrainError`] if a batch cannot be made.
pub fn frequency_baseline(train: &[&AtomFeatures], judged: &MaskedAtomBatches<'_>) -> Result<Hits, TrainError> {
    let mut counts = std::collections::BTreeMap::<i64, u64>::new();
    for token in train.iter().flat_map(|features| &features.tokens) {
        *counts.entry(i64::from(token.0) - 1).or_default() += 1;
    }
    let mut ranked: Vec<(i64, u64)> = counts.into_iter().collect();
    ranked.sort_by_key(|(class, count)| (std::cmp::Reverse(*count), *class));
    let five: Vec<i64> = ranked.iter().take(5).map(|(class, _)| *class).collect();
    let mut hits = Hits::default();
    let plan = judged.plan(0);
    for crystals in plan.batches(0..plan.len()) {
        let targets = Vec::<i64>::try_from(&judged.batch(0, crystals)?.targets)?;
        hits.atoms += targets.len() as u64;
        hits.right += targets.iter().filter(|target| five.first() == Some(target)).count() as u64;
        hits.among_five += targets.iter().filter(|target| five.contains(target)).count() as u64;
    }
    Ok(hits)
}
