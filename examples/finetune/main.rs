//! Trains a classifier of superconductors on labelled crystals and tests it on others.
//!
//! ```text
//! cargo run --release --features torch --example finetune -- --seeds 3
//! cargo run --release --features torch --example finetune -- --pretrained runs/pretrain --out runs/finetune
//! cargo run --release --features torch --example finetune -- --data mine.jsonl --test theirs.jsonl --json
//! ```
//!
//! The test crystals take no part in any choice: the epoch is chosen on a validation part of the training crystals.

#[path = "../finetuning/mod.rs"]
mod finetuning;
#[path = "../input/mod.rs"]
mod input;
#[path = "../monitor/mod.rs"]
mod monitor;
#[path = "../number/mod.rs"]
mod number;
#[path = "../output/mod.rs"]
mod output;
#[path = "../run_options/mod.rs"]
mod run_options;
#[path = "../settings/mod.rs"]
mod settings;

mod card;
mod crystals;
mod one_seed;
mod report;

use std::{error::Error, path::PathBuf, process::ExitCode};

use clap::Parser;
use finetuning::Finetuning;
use output::say;
use run_options::RunOptions;
use s2s_data::Dataset;
use s2s_train::recipe::{RunFolder, file_sha256};

use self::{
    crystals::warn_of_known_crystals,
    one_seed::one_seed,
    report::{report, summary},
};

/// Train a classifier of superconductors and test it
#[derive(Parser, Debug)]
struct Options {
    #[command(flatten)]
    start: Finetuning,
    /// Labelled crystals to test on, instead of a part of the data
    #[arg(long, value_name = "FILE")]
    test: Option<PathBuf>,
    /// Share of the data to test on
    #[arg(long, default_value_t = 0.2, value_parser = number::share)]
    test_share: f64,
    /// Share of the training crystals on which the epoch is chosen
    #[arg(long, default_value_t = 0.2, value_parser = number::share)]
    validation_share: f64,
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
    let path = options.start.data()?;
    let pretrained = options.start.weights()?;
    let mut hashes = options.start.hashes(pretrained.as_ref())?;
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
    let mut outcomes = Vec::new();
    for seed in number::seeds(options.seed, options.seeds)? {
        let recipe = options.start.recipe(&options.run, pretrained.as_ref(), options.freeze, seed)?;
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
