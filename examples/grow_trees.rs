//! Grows a model of boosted trees that `screen` can use: one member per fold of chemical systems, calibrated on what each
//! member has not seen, sealed with a model card.
//!
//! ```text
//! cargo run --release --features benchmark --example grow_trees -- --out crates/s2s-predict/models/listed \
//!     --positive "listed as a superconductor" --card crates/s2s-predict/models/listed.md
//! ```
//!
//! Its metrics are those of the left-out crystals; how the same recipe fares under every split is the business of
//! `examples/benchmark`.

mod input;
mod number;
mod output;

use std::{collections::BTreeMap, error::Error, fs, path::PathBuf, process::ExitCode, sync::Arc};

use clap::Parser;
use output::say;
use s2s_data::{DataFolder, Dataset};
use s2s_eval::{
    learner::{Boosting, BoostingConfig, RowCache, Supplement, TreeRecipe},
    metric::Evaluation,
};
use s2s_featurize::FeatureSet;
use s2s_predict::{Known, KnownCrystal, TreeModel, TreeModelConfig};
use s2s_train::recipe::{command_line, file_sha256};

/// Grow a model of boosted trees
#[derive(Parser, Debug)]
struct Options {
    /// Labelled crystals as JSON lines, zstd-compressed or not [default: s2s.jsonl.zst in $S2S_DATA_DIR]
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,
    /// What a positive label means
    #[arg(long, value_name = "WORDS", default_value = "listed as a superconductor")]
    positive: String,
    /// What the trees see
    #[arg(long, value_name = "SET", default_value = "all")]
    features: String,
    /// SuperCon as `name,Tc`: compositions to learn from too, but for the chemical systems that a member leaves out
    #[arg(long, value_name = "FILE")]
    supplement: Option<PathBuf>,
    /// What one of these compositions counts, a crystal counting one
    #[arg(long, default_value_t = 1.0, value_parser = number::positive)]
    supplement_weight: f64,
    /// Number of members
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(2..=10_000))]
    folds: u16,
    /// Seed of folds and trees
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// What the model card says beside the metrics and the command
    #[arg(long, value_name = "FILE")]
    card: PathBuf,
    /// Folder for the model
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("grow_trees: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let path = options.data.clone().map_or_else(|| DataFolder::from_env().map(|folder| folder.s2s()), Ok)?;
    let data = Dataset::new(input::records(&path)?)?;
    let supplement = match &options.supplement {
        Some(path) => Some(Arc::new(Supplement::of_supercon(&input::supercon(path)?, options.supplement_weight))),
        None => None,
    };
    let features: FeatureSet = options.features.parse()?;
    let boosting = Boosting {
        name: options.positive.clone(),
        rows: Arc::new(RowCache::new(features.clone(), Vec::new())),
        config: if supplement.is_some() { BoostingConfig::large() } else { BoostingConfig::plain() },
        supplement,
    };
    let grown = TreeRecipe { boosting, folds: usize::from(options.folds), seed: options.seed }.grow(&data)?;
    let elements: Vec<usize> = data.records().iter().map(|r| r.crystal.composition().num_elements()).collect();
    let evaluation =
        Evaluation::new(data.labels(), &grown.left_out).with_matched(data.labels(), &grown.left_out, &elements);
    let percent = |value: Option<f64>| value.map_or("–".to_owned(), |x| format!("{:.1} %", 100.0 * x));
    let found = format!(
        "On {} crystals, each judged by the member that had seen none of its chemical system: ACC {}, ROC-AUC {} (matched on \
         the number of elements {}), PR-AUC {}, Brier {:.4}, calibration error {}.",
        data.len(),
        percent(evaluation.accuracy),
        percent(evaluation.roc_auc),
        percent(evaluation.matched_roc_auc),
        percent(evaluation.pr_auc),
        evaluation.brier.unwrap_or(f64::NAN),
        percent(evaluation.ece),
    );
    say!("{found}");
    let measured = [
        ("accuracy", evaluation.accuracy),
        ("roc_auc", evaluation.roc_auc),
        ("matched_roc_auc", evaluation.matched_roc_auc),
        ("pr_auc", evaluation.pr_auc),
        ("brier", evaluation.brier),
        ("ece", evaluation.ece),
    ];
    let metrics: BTreeMap<String, f64> =
        measured.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect();
    let config = TreeModelConfig {
        positive: options.positive.clone(),
        features: features.to_string(),
        calibration: grown.calibration,
        dataset_sha256: file_sha256(&path)?,
        metrics,
    };
    let known = data.records().iter().zip(data.labels());
    let known =
        known.map(|(record, &label)| KnownCrystal::new(record.id.to_string(), &record.crystal, label)).collect();
    let command = command_line().replace("--features torch", "--features benchmark");
    let card = fs::read_to_string(&options.card)?;
    let card = format!("{card}\n## Metrics of the left-out crystals\n\n{found}\n\n## Made by\n\n    {command}\n");
    TreeModel::new(config, grown.members, Known::new(known)?)?.save(&options.out, &card)?;
    say!("{}", options.out.display());
    Ok(())
}
