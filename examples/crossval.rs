//! Cross-validates a classifier of superconductors; the epoch of each fold is chosen inside its training side.
//!
//! ```text
//! cargo run --release --features torch --example crossval -- --split chemical-system --folds 5 --json > ours.json
//! cargo run --release --features torch --example crossval -- --preset released --split chemical-system --compare ours.json
//! ```
//!
//! Several processes or machines share the folds with `--shard K/N --results DIR`; one that was killed is started again and
//! does what is missing. When all folds are there (copied into one folder where there is none in common), the same command
//! without `--shard` gives the report, byte for byte that of a single process with the same `--threads`.

mod finetuning;
mod input;
mod number;
mod output;
mod run_options;
mod settings;

use std::{collections::BTreeMap, error::Error, fs, path::PathBuf, process::ExitCode};

use clap::{Parser, ValueEnum};
use finetuning::Finetuning;
use output::say;
use run_options::RunOptions;
use s2s_data::{Dataset, Folds, Groups, Split};
use s2s_eval::{
    FoldResults, Shard, Summary, cross_validate, cross_validate_shard, fit_platt,
    metric::{Evaluation, ResampledDifference},
};
use s2s_train::{
    RunIdentity, TrainError,
    recipe::{Divergence, FinetuneRecipe, Labeled, Prepared, command_line_without},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Cross-validate a classifier of superconductors
#[derive(Parser, Debug)]
struct Options {
    #[command(flatten)]
    start: Finetuning,
    /// What must not be on both sides of a fold
    #[arg(long, value_enum, default_value_t = Sides::Random)]
    split: Sides,
    /// Number of folds
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(2..=10_000))]
    folds: u16,
    /// Share of the training crystals on which the epoch is chosen
    #[arg(long, default_value_t = 0.2, value_parser = number::share)]
    validation_share: f64,
    /// Keep the encoder as it is: pre-trained, or random as a control [default: what the recipe says after pre-training]
    #[arg(long)]
    freeze: bool,
    /// Seed of folds, weights, order and dropout
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Folds at a time, each on --threads threads
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=1024))]
    parallel: u16,
    /// Folder for the result of every fold, where a killed run continues
    #[arg(long, value_name = "DIR")]
    results: Option<PathBuf>,
    /// Run only the folds of one of several shards, such as 0/4; the first is 0
    #[arg(long, value_name = "K/N", requires = "results", conflicts_with = "compare")]
    shard: Option<Shard>,
    /// JSON of an earlier run on the same folds, to test the difference against
    #[arg(long, value_name = "FILE")]
    compare: Option<PathBuf>,
    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    run: RunOptions,
}

/// What is kept apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Sides {
    /// Nothing: any crystal may be on either side
    Random,
    /// Reduced formulas
    Formula,
    /// Chemical systems
    ChemicalSystem,
    /// Thirty clusters of compositions
    Family,
}

#[derive(Debug, Serialize, Deserialize)]
struct Fold {
    fold: usize,
    epoch: usize,
    /// Where training diverged, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    diverged: Option<Divergence>,
    test: Evaluation,
}

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("crossval: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let device = options.run.settings.prepare()?;
    let path = options.start.data()?;
    let weights = options.start.weights()?;
    let hashes = options.start.hashes(weights.as_ref())?;
    let recipe = options.start.recipe(&options.run, weights.as_ref(), options.freeze, options.seed)?;
    drop(weights);

    let records = input::records_but(options.run.settings.max_errors, &path)?;
    let prepared = Prepared::up_to(recipe.max_atoms, &records, &recipe.build_featurizer()?)?;
    prepared.refused.iter().for_each(|refused| eprintln!("{refused}; skipped"));
    let data = Dataset::new(prepared.kept.iter().map(|&i| records[i].clone()).collect())?;
    let (labels, features) = (data.labels(), &prepared.features);
    let groups = match options.split {
        Sides::Random => None,
        Sides::Formula => Some(Groups::by_formula(data.records())),
        Sides::ChemicalSystem => Some(Groups::by_chemical_system(data.records())),
        Sides::Family => Some(Groups::by_composition_cluster(data.records(), 30, options.seed)),
    };
    let folds = match &groups {
        None => Folds::stratified(labels, usize::from(options.folds), options.seed)?,
        Some(groups) => Folds::grouped(labels, groups, usize::from(options.folds), options.seed)?,
    };
    let splits: Vec<Split> = folds.splits().collect();
    let elements: Vec<usize> = data.records().iter().map(|record| distinct(&record.crystal)).collect();
    let experiment = |fold: usize, split: &Split| -> Result<Fold, TrainError> {
        // The epoch is chosen for crystals that are as strange to the training side as those of the fold.
        let (share, seed) = (options.validation_share, options.seed);
        let inner = match &groups {
            None => split.hold_out(labels, share, seed)?,
            Some(groups) => split.hold_out_groups(labels, groups, share, seed)?,
        };
        // Tensors do not cross threads: each fold reads the weights for itself.
        let weights = options.start.weights()?;
        let (learner, transferred) = recipe.learner(weights.as_ref(), RunIdentity::default(), device)?;
        let some = |items: &[usize]| Labeled::some(features, labels, items);
        let mut trained = recipe.run(learner, transferred, some(&inner.train), some(&inner.test), &mut [])?;
        let chosen = trained.scores(some(&inner.test), recipe.batch)?;
        let calibration = fit_platt(&chosen.labels, &chosen.logits);
        if recipe.refit {
            let second = recipe.of_refit(&trained);
            let (learner, transferred) = second.learner(weights.as_ref(), RunIdentity::default(), device)?;
            trained = trained.refitted(second.run_through(learner, transferred, some(&split.train), &mut [])?);
        }
        let scores = trained.scores(some(&split.test), recipe.batch)?;
        let probabilities: Vec<f64> = scores.logits.iter().map(|z| calibration.probability(*z)).collect();
        let keys: Vec<usize> = split.test.iter().map(|&i| elements[i]).collect();
        let test = Evaluation::new(&scores.labels, &probabilities).with_strata(&scores.labels, &probabilities, &keys);
        if !options.json {
            eprintln!("fold {} of {}: ROC-AUC {:.4}", fold + 1, splits.len(), test.roc_auc.unwrap_or(f64::NAN));
            trained.diverged.iter().for_each(|diverged| eprintln!("fold {}: {diverged}", fold + 1));
        }
        Ok(Fold { fold, epoch: trained.best_epoch.map_or(0, |k| k + 1), diverged: trained.diverged, test })
    };
    let folds = match &options.results {
        None => cross_validate(&splits, usize::from(options.parallel), experiment)?,
        Some(folder) => {
            let question = json!({
                "data_sha256": hashes, "split": options.split, "folds": options.folds, "seed": options.seed,
                "validation_share": options.validation_share, "recipe": recipe,
            });
            let results = FoldResults::open(folder, &question)?;
            let shard = options.shard.unwrap_or(Shard::WHOLE);
            match cross_validate_shard(&splits, usize::from(options.parallel), shard, &results, experiment)? {
                Some(folds) => folds,
                None => {
                    eprintln!("shard {shard} is done; folds of other shards are missing");
                    return Ok(());
                }
            }
        }
    };
    report(options, &hashes, &recipe, &folds)
}

/// What gives the same report in one process.
fn command() -> String {
    command_line_without(&["--results", "--shard"])
}

/// Number of different elements.
fn distinct(crystal: &s2s_crystal::Crystal) -> usize {
    let mut numbers: Vec<u8> =
        crystal.ordered_elements().unwrap_or_default().iter().map(|e| e.atomic_number()).collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers.len()
}

fn report(
    options: &Options,
    hashes: &BTreeMap<String, String>,
    recipe: &FinetuneRecipe,
    folds: &[Fold],
) -> Result<(), Box<dyn Error>> {
    type Metric = fn(&Evaluation) -> Option<f64>;
    let metrics: [(&str, Metric); 4] = [
        ("accuracy", |e| e.accuracy),
        ("roc_auc", |e| e.roc_auc),
        ("matched_roc_auc", |e| e.stratified_roc_auc),
        ("pr_auc", |e| e.pr_auc),
    ];
    let mut summaries = BTreeMap::new();
    for (name, metric) in metrics {
        let values: Vec<f64> = folds.iter().filter_map(|fold| metric(&fold.test)).collect();
        summaries.extend(Summary::of(&values).map(|summary| (name, summary)));
    }
    let mut result: Value = json!({
        "command": command(), "data_sha256": hashes, "split": options.split, "recipe": recipe,
        "folds": folds, "summary": summaries,
    });
    let mut comparison = None;
    if let Some(path) = &options.compare {
        let other: Value = serde_json::from_str(&fs::read_to_string(path)?)?;
        let theirs = other["folds"].as_array().map_or(&[][..], Vec::as_slice);
        let pairs = folds.iter().zip(theirs);
        let differences: Vec<f64> =
            pairs.filter_map(|(ours, theirs)| Some(ours.test.roc_auc? - theirs["test"]["roc_auc"].as_f64()?)).collect();
        if theirs.len() != folds.len()
            || other["split"] != result["split"]
            || other["recipe"]["fit"]["seed"] != result["recipe"]["fit"]["seed"]
            || other["data_sha256"]["data"] != hashes["data"]
        {
            return Err(format!("{} is not of the same folds", path.display()).into());
        }
        // Folds of equal size: one of k is tested on, the others are learned from.
        let found = ResampledDifference::of(&differences, 1.0 / (folds.len() as f64 - 1.0));
        result["comparison"] = json!({"with": path, "roc_auc_differences": differences, "resampled": found});
        comparison = found;
    }
    if options.json {
        say!("{result}");
        return Ok(());
    }
    for (name, summary) in &summaries {
        say!("{name:16} {:.2} ± {:.2} %", 100.0 * summary.mean, 100.0 * summary.deviation);
    }
    if let Some(found) = comparison {
        say!("ROC-AUC minus the other's: {:+.2} %", 100.0 * found.mean);
        if let Some(((low, high), p)) = found.interval.zip(found.p) {
            let [low, high] = [low, high].map(|x| 100.0 * x);
            say!("95 % interval [{low:+.2}, {high:+.2}], p = {p:.4} (corrected resampled t-test)");
        }
    }
    say!("reproduce: {}", command());
    Ok(())
}
