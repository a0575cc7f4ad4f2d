//! The split, training, calibration, test and sealing of one seed.

use std::{collections::BTreeMap, error::Error};

use s2s_data::{Dataset, Split};
use s2s_eval::{
    Calibration, fit_platt,
    metric::{Bootstrap, Evaluation, reliability_curve, roc_curve},
};
use s2s_train::{
    RunIdentity,
    recipe::{About, Divergence, FinetuneRecipe, PretrainedWeights, RunFolder},
};
use serde::Serialize;
use serde_json::json;
use tch::Device;

use super::{
    Options,
    card::{Labels, Training, card},
    crystals::Known,
    monitor::Monitor,
    output::say,
};

/// What one seed gave.
#[derive(Debug, Serialize)]
pub(crate) struct Outcome {
    pub(crate) seed: u64,
    /// Epoch with the best validation metric, counted from 1.
    pub(crate) epoch: usize,
    pub(crate) epochs: usize,
    /// Where training diverged, if it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) diverged: Option<Divergence>,
    pub(crate) parameters: usize,
    /// Fitted on the validation crystals.
    pub(crate) calibration: Calibration,
    pub(crate) validation: Evaluation,
    pub(crate) test: Evaluation,
    pub(crate) crystals_per_second: Option<f64>,
    pub(crate) overhead: Option<f64>,
}

#[expect(clippy::too_many_arguments, reason = "one experiment, spelled out")]
pub(crate) fn one_seed(
    options: &Options,
    recipe: &FinetuneRecipe,
    data: &Dataset,
    test: Option<&Dataset>,
    pretrained: Option<&PretrainedWeights>,
    hashes: &BTreeMap<String, String>,
    out: Option<RunFolder>,
    device: Device,
) -> Result<Outcome, Box<dyn Error>> {
    let seed = recipe.fit.seed;
    let known = Known::new(data, recipe)?;
    let held = test.map(|test| Known::new(test, recipe)).transpose()?;
    let all = (0..known.labels.len()).collect();
    let split = match held {
        Some(_) => Split { train: all, test: Vec::new() },
        None => Split::stratified(&known.labels, options.test_share, seed)?,
    };
    let inner = split.hold_out(&known.labels, options.validation_share, seed)?;
    let (test, items) = match &held {
        Some(held) => (held, (0..held.labels.len()).collect()),
        None => (&known, split.test),
    };

    test.some(&items).require_both_classes("test")?;
    let config = json!({"recipe": recipe, "test_share": options.test_share, "validation": options.validation_share});
    let identity = RunIdentity { config, data: hashes.clone() };
    let (mut learner, transferred) = recipe.learner(pretrained, identity, device)?;
    let parameters = learner.parameters().num_trainable();
    let store = out.as_ref().map(RunFolder::checkpoints);
    if let Some(store) = &store {
        learner.resume(store)?.iter().for_each(|damaged| eprintln!("{damaged}; passed over"));
    }
    if let Some(out) = &out {
        out.write_config(recipe)?;
    }
    let mut monitor = Monitor::new(format!("seed {seed}"), 10, out.as_ref(), store.as_ref(), options.json);
    let validation = known.some(&inner.test);
    let mut trained =
        recipe.run(learner, transferred, known.some(&inner.train), validation.clone(), &mut monitor.observers())?;
    let epochs = trained.learner.progress().history.len();

    let chosen = trained.scores(validation, recipe.batch)?;
    let calibration = fit_platt(&chosen.labels, &chosen.logits);
    let calibrated = |logits: &[f64]| logits.iter().map(|z| calibration.probability(*z)).collect::<Vec<f64>>();
    if recipe.refit {
        let second = recipe.of_refit(&trained);
        let config = json!({"recipe": second, "test_share": options.test_share, "refit": options.validation_share});
        let (mut learner, transferred) =
            second.learner(pretrained, RunIdentity { config, data: hashes.clone() }, device)?;
        let out = out.as_ref().map(|out| RunFolder::create(out.path().join("refit"))).transpose()?;
        let store = out.as_ref().map(RunFolder::checkpoints);
        if let Some(store) = &store {
            learner.resume(store)?.iter().for_each(|damaged| eprintln!("{damaged}; passed over"));
        }
        let mut monitor = Monitor::new(format!("seed {seed}, refit"), 10, out.as_ref(), store.as_ref(), options.json);
        let all = known.some(&split.train);
        trained = trained.refitted(second.run_through(learner, transferred, all, &mut monitor.observers())?);
    }
    let scores = trained.scores(test.some(&items), recipe.batch)?;
    let probabilities = calibrated(&scores.logits);
    let elements: Vec<usize> = items.iter().map(|&i| test.elements[i]).collect();
    let totals = monitor.stopwatch.totals();
    let outcome = Outcome {
        seed,
        epoch: trained.best_epoch.map_or(0, |k| k + 1),
        epochs,
        diverged: trained.diverged,
        parameters,
        calibration,
        validation: Evaluation::new(&chosen.labels, &calibrated(&chosen.logits)),
        test: Evaluation::new(&scores.labels, &probabilities)
            .with_strata(&scores.labels, &probabilities, &elements)
            .with_intervals(&scores.labels, &probabilities, Bootstrap::standard(seed)),
        crystals_per_second: totals.throughput(),
        overhead: totals.overhead(),
    };
    if let Some(out) = &out {
        for curve in
            [roc_curve(&scores.labels, &probabilities), Some(reliability_curve(&scores.labels, &probabilities, 10))]
                .into_iter()
                .flatten()
        {
            out.write(&format!("{}.svg", curve.title.to_lowercase()), curve.to_svg().as_bytes())?;
        }
        let card = card(&Training { recipe, data, hashes, pretrained, on_others: held.is_some() }, &outcome);
        let model = out.model();
        let metrics = [("test_accuracy", outcome.test.accuracy), ("test_roc_auc", outcome.test.roc_auc)];
        trained.seal(
            &model,
            About {
                recipe,
                positive: Labels::of(data).positive(),
                calibration,
                dataset_sha256: hashes.get("data").cloned(),
                metrics: metrics.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect(),
                card: &card,
            },
        )?;
        // What an earlier start measured of itself stays where this one found nothing left to learn.
        if totals.steps > 0 || !out.has_run() {
            out.write_run(hashes, &outcome)?;
        }
        if !options.json {
            say!("model: {}", model.display());
        }
    }
    Ok(outcome)
}
