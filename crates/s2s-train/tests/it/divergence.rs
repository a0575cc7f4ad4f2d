//! Divergence: a result of a training and of a fold of the benchmark, never their end.

use s2s_data::Record;
use s2s_eval::benchmark::{BenchmarkModel, Example};
use s2s_model::ModelConfig;
use s2s_train::{
    EpochReport, JointBenchmarkNetwork, RunIdentity, Snapshot, TrainError,
    observer::{Observer, Signal},
    recipe::{FinetuneRecipe, Finetuned, JointRecipe},
};
use tch::{Device, no_grad};

use crate::{
    recipes::{all, prepared, small},
    support::{benchmark_network, crystals_of},
};

/// A rate that spoils any weights.
const TOO_FAST: f64 = 1e30;

#[test]
fn a_training_that_diverges_is_a_result() -> Result<(), TrainError> {
    let model = small();
    let (prepared, labels) = prepared(&model, 24)?;
    let data = || all(&prepared, &labels);
    let mut recipe = FinetuneRecipe::new(ModelConfig::from(model));
    (recipe.fit.optimizer.learning_rate, recipe.fit.clip) = (TOO_FAST, None);
    let (learner, transferred) = recipe.learner(None, RunIdentity::default(), Device::Cpu)?;
    let trained = recipe.run(learner, transferred, data(), data(), &mut [])?;
    assert!(trained.diverged.is_some(), "a rate of 10³⁰ should have spoiled the weights");
    let scores = trained.scores(data(), recipe.batch)?;
    assert!(scores.logits.iter().all(|logit| logit.is_finite()), "{:?}", scores.logits);

    // What was good before is what remains.
    (recipe.fit.optimizer.learning_rate, recipe.fit.epochs) = (1e-3, 5);
    let (learner, transferred) = recipe.learner(None, RunIdentity::default(), Device::Cpu)?;
    let (_, weights) = learner.parameters().trainable().swap_remove(0);
    let trained = recipe.run(learner, transferred, data(), data(), &mut [&mut Spoiler { weights, after: 2 }])?;
    assert_eq!(trained.diverged.map(|diverged| diverged.epoch), Some(2));
    assert!(trained.best_epoch.is_some_and(|best| best < 2));
    let scores = trained.scores(data(), recipe.batch)?;
    assert!(scores.logits.iter().all(|logit| logit.is_finite()), "{:?}", scores.logits);
    Ok(())
}

/// Makes weights unusable after some epochs.
#[derive(Debug)]
struct Spoiler {
    weights: tch::Tensor,
    after: usize,
}

impl Observer for Spoiler {
    fn epoch_ended(&mut self, history: &[EpochReport], _snapshot: &dyn Snapshot) -> Result<Signal, TrainError> {
        if history.len() == self.after {
            let _ = no_grad(|| self.weights.fill_(f64::NAN));
        }
        Ok(Signal::Continue)
    }
}

#[test]
fn a_second_network_that_diverges_leaves_the_first() -> Result<(), TrainError> {
    let model = small();
    let (prepared, labels) = prepared(&model, 24)?;
    let data = || all(&prepared, &labels);
    let recipe = |rate: f64, epochs: u64| {
        let mut recipe = FinetuneRecipe::new(ModelConfig::from(model.clone()));
        (recipe.fit.optimizer.learning_rate, recipe.fit.clip, recipe.fit.epochs) = (rate, None, epochs);
        recipe
    };
    let first = |recipe: FinetuneRecipe| -> Result<Finetuned, TrainError> {
        let (learner, transferred) = recipe.learner(None, RunIdentity::default(), Device::Cpu)?;
        recipe.run(learner, transferred, data(), data(), &mut [])
    };
    let second = |recipe: FinetuneRecipe| -> Result<Finetuned, TrainError> {
        let (learner, transferred) = recipe.learner(None, RunIdentity::default(), Device::Cpu)?;
        recipe.run_through(learner, transferred, data(), &mut [])
    };
    let logits = |trained: &Finetuned| trained.scores(data(), recipe(1e-3, 2).batch).map(|scores| scores.logits);
    let (kept, whole) = (first(recipe(1e-3, 2))?, second(recipe(1e-3, 3))?);
    let (of_first, of_second, epoch) = (logits(&kept)?, logits(&whole)?, kept.best_epoch);
    assert_ne!(of_first, of_second);

    let refitted = kept.refitted(whole);
    assert_eq!((logits(&refitted)?, refitted.best_epoch, refitted.diverged), (of_second, epoch, None));
    let refitted = first(recipe(1e-3, 2))?.refitted(second(recipe(TOO_FAST, 3))?);
    assert_eq!((logits(&refitted)?, refitted.best_epoch), (of_first, epoch));
    assert!(refitted.diverged.is_some());
    Ok(())
}

/// Crystals to learn from, and others that are asked about.
fn fold() -> (Vec<Record>, Vec<Record>) {
    tch::set_num_threads(1);
    let mut records: Vec<Record> = crystals_of(1..=4).take(36).collect();
    let test = records.split_off(24);
    (records, test)
}

/// Says where a fold diverged; its scores are probabilities in any case.
fn diverged_at(model: &dyn BenchmarkModel) -> Option<u64> {
    let (train, test) = fold();
    let examples: Vec<Example<'_>> =
        train.iter().enumerate().map(|(k, record)| Example { record, superconducts: k % 3 == 0 }).collect();
    let test: Vec<&Record> = test.iter().collect();
    let (scores, training) = model.fit_score_recorded(&examples, &test, 1).expect("divergence is a result");
    assert_eq!(scores.len(), test.len());
    assert!(scores.iter().all(|score| (0.0..=1.0).contains(score)), "{scores:?}");
    training.diverged_at_step
}

#[test]
fn a_fold_that_diverges_is_recorded() {
    let recipe = |rate: f64, refit: bool| {
        let mut recipe = FinetuneRecipe { refit, ..FinetuneRecipe::new(ModelConfig::from(small())) };
        (recipe.fit.optimizer.learning_rate, recipe.fit.clip, recipe.fit.epochs) = (rate, None, 2);
        recipe
    };
    for (validation_share, refit, networks) in [(0.25, false, 1), (0.25, true, 1), (0.25, false, 2), (0.0, false, 1)] {
        let at = |rate: f64| diverged_at(&benchmark_network(recipe(rate, refit), validation_share, networks));
        assert_eq!(at(1e-3), None);
        assert!(at(TOO_FAST).is_some(), "validation {validation_share}, refit {refit}, {networks} networks");
    }
}

#[test]
fn a_fold_of_several_targets_that_diverges_is_recorded() {
    let at = |rate: f64| {
        let mut recipe = JointRecipe::new(ModelConfig::from(small()), JointBenchmarkNetwork::<ModelConfig>::targets());
        recipe.fit.watch = JointBenchmarkNetwork::<ModelConfig>::watch();
        (recipe.fit.optimizer.learning_rate, recipe.fit.clip, recipe.fit.epochs) = (rate, None, 2);
        diverged_at(&JointBenchmarkNetwork {
            name: "too fast".to_owned(),
            recipe,
            pretrained: None,
            validation_share: 0.25,
            others: crystals_of(1..=4).collect(),
            device: Device::Cpu,
        })
    };
    assert_eq!(at(1e-3), None);
    assert!(at(TOO_FAST).is_some());
}
