//! Trains a classifier of superconductors on labelled crystals and tests it on others.
//!
//! ```text
//! cargo run --release --features torch --example finetune -- --seeds 3
//! cargo run --release --features torch --example finetune -- --pretrained runs/pretrain --out runs/finetune
//! cargo run --release --features torch --example finetune -- --data mine.jsonl --test theirs.jsonl --json
//! ```
//!
//! The test crystals take no part in any choice: the epoch is chosen on a validation part of the training crystals.

mod input;
mod monitor;
mod number;
mod output;
mod run_options;
mod settings;

use std::{collections::BTreeMap, error::Error, path::PathBuf, process::ExitCode};

use clap::Parser;
use monitor::Monitor;
use output::say;
use run_options::{Recipe, RunOptions};
use s2s_data::{DataFolder, Dataset, Label, Record, Split};
use s2s_eval::{
    Calibration, fit_platt,
    metric::{Bootstrap, Evaluation, reliability_curve, roc_curve},
};
use s2s_model::Checkpoint;
use s2s_train::{
    RunIdentity, TrainError,
    recipe::{
        About, Divergence, FinetuneRecipe, Labeled, Prepared, PretrainedWeights, RunFolder, Transfer, command_line,
        file_sha256,
    },
};
use serde::Serialize;
use serde_json::{Value, json};
use tch::Device;

/// Train a classifier of superconductors and test it
#[derive(Parser, Debug)]
struct Options {
    /// Labelled crystals as JSON lines, zstd-compressed or not [default: s2s.jsonl.zst in $S2S_DATA_DIR]
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,
    /// Labelled crystals to test on, instead of a part of the data
    #[arg(long, value_name = "FILE")]
    test: Option<PathBuf>,
    /// Share of the data to test on
    #[arg(long, default_value_t = 0.2, value_parser = number::share)]
    test_share: f64,
    /// Share of the training crystals on which the epoch is chosen
    #[arg(long, default_value_t = 0.2, value_parser = number::share)]
    validation_share: f64,
    /// Times the training crystals are seen at most [default: the recipe's]
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    epochs: Option<u64>,
    /// Output folder of `pretrain`, whose encoder is used
    #[arg(long, value_name = "DIR")]
    pretrained: Option<PathBuf>,
    /// Keep the encoder as it is: pre-trained, or random as a control [default: what the recipe says after pre-training]
    #[arg(long)]
    freeze: bool,
    /// Seed of split, weights, order and dropout
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Number of seeds, counted from --seed
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    seeds: u64,
    /// Folder for configuration, log, curves and weights; a killed run continues there
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    run: RunOptions,
}

/// What one seed gave.
#[derive(Debug, Serialize)]
struct Outcome {
    seed: u64,
    /// Epoch with the best validation metric, counted from 1.
    epoch: usize,
    epochs: usize,
    /// Where training diverged, if it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    diverged: Option<Divergence>,
    parameters: usize,
    /// Fitted on the validation crystals.
    calibration: Calibration,
    validation: Evaluation,
    test: Evaluation,
    crystals_per_second: Option<f64>,
    overhead: Option<f64>,
}

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("finetune: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let device = options.run.settings.prepare()?;
    let path = options.data.clone().map_or_else(|| DataFolder::from_env().map(|folder| folder.s2s()), Ok)?;
    let mut hashes = BTreeMap::from([("data".to_owned(), file_sha256(&path)?)]);
    let read = |path: &PathBuf| -> Result<Dataset, Box<dyn Error>> {
        Ok(Dataset::new(input::records_but(options.run.settings.max_errors, path)?)?)
    };
    let data = read(&path)?;
    let test = options.test.as_ref().map(read).transpose()?;
    if let Some(path) = &options.test {
        hashes.insert("test".to_owned(), file_sha256(path)?);
    }
    if let Some(test) = &test {
        warn_of_known_crystals(&data, test);
    }
    let mut preset = match options.run.recipe {
        Recipe::Standard => FinetuneRecipe::new(options.run.model()),
        Recipe::Paper => FinetuneRecipe::paper(options.run.model()),
    };
    let pretrained = options.pretrained.as_ref().map(PretrainedWeights::load).transpose()?;
    if let Some(weights) = &pretrained {
        preset.continue_from(weights);
        hashes.insert("pretrained".to_owned(), weights.sha256().to_owned());
    }
    if let Some(epochs) = options.epochs {
        preset.fit.epochs = epochs;
    }
    // What was never pre-trained has to learn.
    if options.freeze {
        preset.transfer = Transfer::Frozen;
    } else if pretrained.is_none() {
        preset.transfer = Transfer::Initial;
    }
    let mut outcomes = Vec::new();
    for seed in number::seeds(options.seed, options.seeds)? {
        preset.fit.seed = seed;
        let mut recipe: FinetuneRecipe = options.run.settings.resolve(&preset)?;
        recipe.follow_network(&preset);
        let out = match &options.out {
            Some(out) if options.seeds > 1 => Some(RunFolder::create(out.join(format!("seed-{seed}")))?),
            Some(out) => Some(RunFolder::create(out)?),
            None => None,
        };
        let outcome = one_seed(options, &recipe, &data, test.as_ref(), pretrained.as_ref(), &hashes, out, device)?;
        if !options.json {
            say!("seed {seed}: {}", summary(&outcome));
        }
        outcomes.push(outcome);
    }
    report(options, &hashes, &outcomes)
}

#[expect(clippy::too_many_arguments, reason = "one experiment, spelled out")]
fn one_seed(
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
    let (best_epoch, epochs) = (trained.best_epoch, trained.learner.progress().history.len());
    let diverged = trained.diverged;

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
        match second.run_through(learner, transferred, known.some(&split.train), &mut monitor.observers()) {
            Ok(second) => trained = second,
            Err(error @ TrainError::Diverged { .. }) => eprintln!("seed {seed}: {error}; the first network stays"),
            Err(error) => return Err(error.into()),
        }
    }
    let scores = trained.scores(test.some(&items), recipe.batch)?;
    let probabilities = calibrated(&scores.logits);
    let elements: Vec<usize> = items.iter().map(|&i| test.elements[i]).collect();
    let totals = monitor.stopwatch.totals();
    let outcome = Outcome {
        seed,
        epoch: best_epoch.map_or(0, |k| k + 1),
        epochs,
        diverged,
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

/// A network knows the crystals that it learned from: what it says of them measures nothing.
fn warn_of_known_crystals(data: &Dataset, test: &Dataset) {
    let mut by_formula: BTreeMap<&str, Vec<&Record>> = BTreeMap::new();
    data.records().iter().for_each(|record| by_formula.entry(&record.formula).or_default().push(record));
    let known = |record: &&Record| {
        let alike = by_formula.get(&*record.formula).map_or(&[][..], Vec::as_slice);
        alike.iter().any(|other| other.id == record.id || other.crystal == record.crystal)
    };
    let known = test.records().iter().filter(known).count();
    if known > 0 {
        eprintln!("warning: {known} of {} test crystals are among the crystals to learn from", test.len());
    }
}

/// Crystals that have features, with what is known about them.
struct Known {
    prepared: Prepared,
    labels: Vec<bool>,
    elements: Vec<usize>,
}

impl Known {
    fn new(data: &Dataset, recipe: &FinetuneRecipe) -> Result<Self, Box<dyn Error>> {
        let prepared = Prepared::up_to(recipe.max_atoms, data.records(), &recipe.build_featurizer()?)?;
        prepared.refused.iter().for_each(|refused| eprintln!("{refused}; skipped"));
        let labels = prepared.kept.iter().map(|&i| data.labels()[i]).collect();
        let distinct = |k: usize| {
            let mut tokens: Vec<_> = prepared.features[k].tokens.iter().map(|token| token.0).collect();
            tokens.sort_unstable();
            tokens.dedup();
            tokens.len()
        };
        let elements = (0..prepared.features.len()).map(distinct).collect();
        Ok(Self { labels, elements, prepared })
    }

    fn some(&self, items: &[usize]) -> Labeled<'_> {
        Labeled::some(&self.prepared.features, &self.labels, items)
    }
}

fn percent(value: Option<f64>) -> String {
    value.map_or_else(|| "undefined".to_owned(), |value| format!("{:.2} %", 100.0 * value))
}

fn summary(outcome: &Outcome) -> String {
    let Evaluation { crystals, accuracy, roc_auc, stratified_roc_auc, ece, .. } = &outcome.test;
    let [accuracy, auc, stratified, ece] = [*accuracy, *roc_auc, *stratified_roc_auc, *ece].map(percent);
    format!(
        "ACC {accuracy}, AUC {auc} (among equal numbers of elements {stratified}), calibration error {ece} on {crystals} \
         test crystals; epoch {} of {}, {} parameters",
        outcome.epoch, outcome.epochs, outcome.parameters
    )
}

/// How many training crystals have which label.
#[derive(Clone, Copy)]
struct Labels {
    superconductors: usize,
    /// In a table of measurements, without a transition there.
    measured: usize,
    /// In no list of superconductors; nobody need have looked.
    unlisted: usize,
}

impl Labels {
    fn of(data: &Dataset) -> Self {
        let of = |label: fn(&Label) -> bool| data.records().iter().filter_map(|r| r.label).filter(label).count();
        Self {
            superconductors: of(|label| matches!(label, Label::Superconductor { .. })),
            measured: of(|label| matches!(label, Label::NoTransition { .. } | Label::NoneReported)),
            unlisted: of(|label| *label == Label::NotListed),
        }
    }

    /// What is true of the positive class; `s2s screen --model` names its column by it.
    fn positive(self) -> &'static str {
        if self.unlisted > 0 { "superconductor" } else { "found to superconduct when it is measured" }
    }

    /// What the probability does not mean.
    fn limit(self) -> &'static str {
        if self.unlisted > 0 {
            "The network asks whether a crystal is reported as a superconductor, against others, most of which nobody has \
             measured: it does not tell measured superconductors from measured non-superconductors."
        } else {
            "The network asks whether a transition is reported when a crystal is measured; what nobody has measured may be \
             outside its training range."
        }
    }
}

/// Of what a model card tells.
struct Training<'t> {
    recipe: &'t FinetuneRecipe,
    data: &'t Dataset,
    hashes: &'t BTreeMap<String, String>,
    pretrained: Option<&'t PretrainedWeights>,
    /// Whether the test crystals come from a file of their own.
    on_others: bool,
}

/// What a user of the model should know.
fn card(training: &Training<'_>, outcome: &Outcome) -> String {
    let Training { recipe, data, hashes, pretrained, on_others } = training;
    let pretraining = match (pretrained, recipe.transfer) {
        (None, _) => "not pre-trained".to_owned(),
        (Some(weights), transfer) => {
            let frozen = if transfer == Transfer::Frozen { ", and frozen" } else { "" };
            format!("pre-trained (weights of SHA-256 {}){frozen}", weights.sha256())
        }
    };
    let labels = Labels::of(data);
    let Labels { superconductors, measured, unlisted } = labels;
    let question = labels.limit();
    let tested = if *on_others { "crystals of another file" } else { "held-out crystals" };
    format!(
        "---\nlicense: mit\ntags: [materials-science, superconductivity, crystal]\nmetrics: [accuracy, roc_auc]\n---\n\n\
         # Superconductor or not, from the crystal structure\n\n\
         A network of {} parameters; encoder {pretraining}; trained on labelled crystals: {superconductors} superconductors, \
         {measured} of the table without a transition, {unlisted} not listed.\n\n\
         On {tested}: {}.\n\n\
         ## Limits\n\n\
         * {question}\n\
         * No transition temperature is predicted, and doping and pressure are not seen.\n\
         * Much of the signal is how simple the formula is: see the AUC among equal numbers of elements.\n\n\
         ## Data\n\n\
         {}; SHA-256 {}.\n\n\
         ## Made by\n\n    {}\n",
        outcome.parameters,
        summary(outcome),
        sources(data),
        hashes.get("data").map_or("unknown", String::as_str),
        command_line()
    )
}

/// Where structures and labels come from, as far as the records say so.
fn sources(data: &Dataset) -> &'static str {
    let of_materials_project = |record: &Record| record.id.as_str().starts_with("mp-");
    if data.records().iter().all(of_materials_project) {
        "Structures of the Materials Project (CC-BY 4.0, Jain et al., APL Mater. 1, 011002 (2013)); labels of the data file"
    } else {
        "Structures and labels of the data file"
    }
}

fn report(options: &Options, hashes: &BTreeMap<String, String>, outcomes: &[Outcome]) -> Result<(), Box<dyn Error>> {
    let mean = |metric: fn(&Evaluation) -> Option<f64>, side: fn(&Outcome) -> &Evaluation| {
        let values: Option<Vec<f64>> = outcomes.iter().map(|outcome| metric(side(outcome))).collect();
        values.filter(|v| !v.is_empty()).map(|v| v.iter().sum::<f64>() / v.len() as f64)
    };
    let both = |side: fn(&Outcome) -> &Evaluation| {
        json!({
            "accuracy": mean(|e| e.accuracy, side), "roc_auc": mean(|e| e.roc_auc, side),
            "matched_roc_auc": mean(|e| e.stratified_roc_auc, side), "pr_auc": mean(|e| e.pr_auc, side),
        })
    };
    let result: Value = json!({
        "command": command_line(), "data_sha256": hashes, "seeds": outcomes,
        "mean": {"validation": both(|o| &o.validation), "test": both(|o| &o.test)},
    });
    if options.json {
        say!("{result}");
    } else {
        let [accuracy, auc] = [mean(|e| e.accuracy, |o| &o.test), mean(|e| e.roc_auc, |o| &o.test)].map(percent);
        say!("mean of {} seed(s): ACC {accuracy}, AUC {auc}\nreproduce: {}", outcomes.len(), command_line());
    }
    if let (Some(out), true) = (&options.out, options.seeds > 1) {
        // The models of all seeds together answer as an ensemble.
        let members: Vec<String> = outcomes.iter().map(|outcome| format!("seed-{}/model", outcome.seed)).collect();
        Checkpoint::seal_ensemble(out, &members.iter().map(String::as_str).collect::<Vec<_>>())?;
        // A run that found nothing left to learn has measured no speed, and says nothing else that is new.
        let is_new = outcomes.iter().any(|outcome| outcome.crystals_per_second.is_some());
        if is_new || !out.join("seeds.json").exists() {
            RunFolder::create(out)?.write("seeds.json", format!("{result:#}\n").as_bytes())?;
        }
        if !options.json {
            say!("ensemble of all seeds: {}", out.display());
        }
    }
    Ok(())
}
