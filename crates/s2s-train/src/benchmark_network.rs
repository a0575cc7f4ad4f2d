//! Networks as models of the benchmark of `s2s-eval`, trained by the same recipe as everywhere else.

use std::sync::Arc;

use s2s_crystal::Composition;
use s2s_data::{Record, Split};
use s2s_eval::{
    EvalError,
    benchmark::{BenchmarkModel, Example, Supplement, TrainingRecord},
    fit_platt,
    metric::roc_auc,
    sigmoid,
};
use s2s_featurize::{AtomFeatures, FeaturizeError, FeaturizerConfig};
use s2s_model::{Architecture, BuildNetwork, ModelConfig, Parameters, TransferReport};
use tch::Device;

use crate::{
    RunIdentity, TrainError,
    recipe::{FinetuneRecipe, Labeled, Prepared, PretrainedWeights},
};

/// A network that learns by a recipe.
///
/// A part of the training crystals chooses the epoch and fits the line of Platt that makes probabilities of logits; with
/// `refit` a second network then learns from all of them. Without such a part the network learns from all of them through
/// every epoch, and its own probabilities are taken.
#[derive(Debug)]
pub struct BenchmarkNetwork<A: Architecture = ModelConfig> {
    /// Name of the row.
    pub name: String,
    /// Which network, and how it learns.
    pub recipe: FinetuneRecipe<A>,
    /// A network that has learned something else, of which this one takes over what [`Architecture::transferable`] says.
    pub pretrained: Option<PretrainedWeights<A>>,
    /// Share of the training crystals on which the epoch is chosen; 0 for none.
    pub validation_share: f64,
    /// Compositions with an answer to learn from beside the crystals, of which those are used that share no chemical system with the
    /// test side and of which the vocabulary knows all elements; the epoch is still chosen on crystals.
    pub supplement: Option<Arc<Supplement>>,
    /// Networks per fold, each with a seed and a validation part of its own; their probabilities are averaged.
    pub networks: usize,
    /// Where it runs.
    pub device: Device,
}

impl<A: Architecture + BuildNetwork> BenchmarkNetwork<A> {
    /// What is taken over from the pre-trained weights, if there are any.
    ///
    /// # Errors
    ///
    /// [`TrainError::Config`] if they do not fit the network, [`TrainError::Model`] if it cannot exist.
    pub fn transferred(&self) -> Result<Option<TransferReport>, TrainError> {
        let Some(weights) = &self.pretrained else { return Ok(None) };
        let FinetuneRecipe { model, featurizer, fit, .. } = &self.recipe;
        let parameters = Parameters::new(fit.seed, self.device);
        drop(model.classifier(&parameters, &*model.vocabulary())?);
        weights.hand_over(model, featurizer, &parameters).map(Some)
    }
}

/// Examples beside the crystals of a fold.
#[derive(Default)]
struct More {
    features: Vec<AtomFeatures>,
    labels: Vec<bool>,
    /// What one of them counts, a crystal counting one.
    weight: f32,
}

/// Seeds of the networks of a fold lie so far apart that repetitions with other seeds share none.
const SEED_OF_NEXT: u64 = 1_000_000;

impl<A: Architecture + BuildNetwork> BenchmarkModel for BenchmarkNetwork<A> {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn settings(&self) -> String {
        let recipe = serde_json::to_string(&self.recipe).expect("invariant: a recipe is plain data");
        let weights = self.pretrained.as_ref().map_or("none", |weights| weights.sha256());
        let alone = format!("{recipe}, validation {}, pre-trained weights {weights}", self.validation_share);
        let alone = match &self.supplement {
            Some(supplement) => {
                format!("{alone}, and {} compositions of weight {}", supplement.len(), supplement.weight)
            }
            None => alone,
        };
        // What one network is called is in files of results.
        if self.networks > 1 { format!("{} of {alone}", self.networks) } else { alone }
    }

    fn fit_score(&self, train: &[Example<'_>], test: &[&Record], seed: u64) -> Result<Vec<f64>, EvalError> {
        Ok(self.fit_score_recorded(train, test, seed)?.0)
    }

    fn fit_score_recorded(
        &self,
        train: &[Example<'_>],
        test: &[&Record],
        seed: u64,
    ) -> Result<(Vec<f64>, TrainingRecord), EvalError> {
        self.train_and_score(train, test, seed).map_err(EvalError::model)
    }
}

impl<A: Architecture + BuildNetwork> BenchmarkNetwork<A> {
    fn train_and_score(
        &self,
        train: &[Example<'_>],
        test: &[&Record],
        seed: u64,
    ) -> Result<(Vec<f64>, TrainingRecord), TrainError> {
        let records: Vec<Record> = train.iter().map(|e| e.record).chain(test.iter().copied()).cloned().collect();
        let prepared = Prepared::all(&records, &self.recipe.build_featurizer()?)?;
        // The labels of the test side are not known here: they are filled with values that are not read.
        let mut labels: Vec<bool> = train.iter().map(|example| example.superconducts).collect();
        labels.resize(records.len(), false);
        let all = Split { train: (0..train.len()).collect(), test: (train.len()..records.len()).collect() };
        let more = self.more(test)?;
        let one = |seed: u64| self.train_one(&prepared, &labels, &all, &more, seed);
        let (mut scores, mut training) = one(seed)?;
        for number in 1..self.networks.max(1) as u64 {
            let (others, next) = one(seed + number * SEED_OF_NEXT)?;
            training.diverged_at_step = training.diverged_at_step.or(next.diverged_at_step);
            scores.iter_mut().zip(others).for_each(|(sum, other)| *sum += other);
        }
        Ok((scores.into_iter().map(|sum| sum / self.networks.max(1) as f64).collect(), training))
    }

    /// What is learned from beside the crystals.
    fn more(&self, test: &[&Record]) -> Result<More, TrainError> {
        let Some(supplement) = &self.supplement else { return Ok(More::default()) };
        let examples = supplement.apart_from(test);
        let compositions: Vec<&Composition> = examples.iter().map(|(composition, _)| composition).collect();
        let FinetuneRecipe { model, featurizer, .. } = &self.recipe;
        let mut more = More { weight: supplement.weight as f32, ..More::default() };
        let found = featurizer.featurize_compositions(model.vocabulary(), &compositions)?;
        for (features, (_, superconducts)) in found.into_iter().zip(examples) {
            match features {
                Ok(features) => {
                    more.features.push(features);
                    more.labels.push(*superconducts);
                }
                Err(FeaturizeError::OutOfVocabulary { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(more)
    }

    /// One network: probabilities of the test side, and what its training was like.
    fn train_one(
        &self,
        prepared: &Prepared,
        labels: &[bool],
        all: &Split,
        more: &More,
        seed: u64,
    ) -> Result<(Vec<f64>, TrainingRecord), TrainError> {
        let some = |items: &[usize]| Labeled::some(&prepared.features, labels, items);
        let learned_from = |items: &[usize]| match more.features.is_empty() {
            true => some(items),
            false => some(items).and(&more.features, &more.labels, more.weight),
        };
        let mut recipe = self.recipe.clone();
        recipe.fit.seed = seed;
        let (learner, transferred) = recipe.learner(self.pretrained.as_ref(), RunIdentity::default(), self.device)?;
        if self.validation_share == 0.0 {
            let trained = recipe.run_through(learner, transferred, learned_from(&all.train), &mut [])?;
            let scores = trained.scores(some(&all.test), recipe.batch)?;
            let diverged_at_step = trained.diverged.map(|diverged| diverged.step);
            let training = TrainingRecord { diverged_at_step, ..TrainingRecord::default() };
            return Ok((scores.logits.iter().map(|z| sigmoid(*z)).collect(), training));
        }
        let inner = all.hold_out(labels, self.validation_share, seed)?;
        let mut trained = recipe.run(learner, transferred, learned_from(&inner.train), some(&inner.test), &mut [])?;
        let chosen = trained.scores(some(&inner.test), recipe.batch)?;
        let line = fit_platt(&chosen.labels, &chosen.logits);
        if recipe.refit {
            let second = recipe.of_refit(&trained);
            let (learner, transferred) =
                second.learner(self.pretrained.as_ref(), RunIdentity::default(), self.device)?;
            trained = trained.refitted(second.run_through(learner, transferred, learned_from(&all.train), &mut [])?);
        }
        let training = TrainingRecord {
            epoch: Some(trained.best_epoch.map_or(0, |k| k + 1)),
            validation_roc_auc: roc_auc(&chosen.labels, &chosen.logits),
            diverged_at_step: trained.diverged.map(|diverged| diverged.step),
        };
        let scores = trained.scores(some(&all.test), recipe.batch)?;
        Ok((scores.logits.iter().map(|z| line.probability(*z)).collect(), training))
    }
}
