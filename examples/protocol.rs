//! The paper's own protocol, many times: a network learns on one random part of the crystals, and is looked at on the others
//! every few epochs.
//!
//! ```text
//! cargo run --release --features torch --example protocol -- --recipe paper --width 128 --out runs/protocol.jsonl
//! cargo run --release --example figures -- protocol --runs runs/protocol.jsonl
//! ```
//!
//! The log of the released notebook is of one such training: 1,462 crystals to learn from, 112 for validation, 111 for testing,
//! and a test accuracy every five epochs. Each line of the output holds what the network gave to the 223 others at every look,
//! so that any division of them into validation and test can be examined afterwards. A killed run continues at the split that
//! it was at.

mod finetuning;
mod input;
mod number;
mod run_options;
mod settings;

use std::{
    collections::BTreeMap,
    error::Error,
    fs::{self, File, OpenOptions, TryLockError},
    io::{Read, Write},
    path::{Path, PathBuf},
    process::ExitCode,
    time::Instant,
};

use clap::Parser;
use finetuning::Finetuning;
use run_options::RunOptions;
use s2s_data::{Dataset, split::shuffle};
use s2s_train::{
    RunIdentity,
    recipe::{FinetuneRecipe, Labeled, Prepared, command_line},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Repeat the paper's protocol
#[derive(Parser, Debug)]
struct Options {
    #[command(flatten)]
    start: Finetuning,
    /// JSON lines, one per split
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Number of random splits
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    splits: u64,
    /// First seed of split, weights and order
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Crystals that are not learned from: for validation and testing
    #[arg(long, default_value_t = 223)]
    held_out: usize,
    /// Epochs from look to look
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    every: u64,
    #[command(flatten)]
    run: RunOptions,
}

/// What all trainings of a file have in common. Files are compared by what they mean: a setting that did not exist when the
/// file was started has its default.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Trainings {
    data_sha256: BTreeMap<String, String>,
    recipe: FinetuneRecipe,
    held_out: usize,
    every: u64,
}

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("protocol: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let device = options.run.settings.prepare()?;
    let path = options.start.data()?;
    let pretrained = options.start.weights()?;
    let hashes = options.start.hashes(pretrained.as_ref())?;
    // Every split has a seed of its own instead.
    let recipe = options.start.recipe(&options.run, pretrained.as_ref(), false, 1)?;

    let records = input::records(&path)?;
    let prepared = Prepared::new(&records, &recipe.build_featurizer()?)?;
    prepared.refused.iter().for_each(|refused| eprintln!("{refused}; skipped"));
    let data = Dataset::new(prepared.kept.iter().map(|&i| records[i].clone()).collect())?;
    let (labels, features) = (data.labels(), &prepared.features);
    if options.held_out == 0 || options.held_out >= labels.len() {
        return Err(format!("{} of {} crystals cannot be held out", options.held_out, labels.len()).into());
    }
    let trainings = Trainings { data_sha256: hashes, recipe, held_out: options.held_out, every: options.every };
    let (mut file, done) = open(&options.out, &trainings)?;
    for seed in number::seeds(options.seed, options.splits)?.filter(|seed| !done.contains(seed)) {
        let started = Instant::now();
        let mut order: Vec<usize> = (0..labels.len()).collect();
        shuffle(&mut order, seed, 0);
        let (held_out, train) = order.split_at(options.held_out);
        let mut recipe = trainings.recipe.clone();
        recipe.fit.seed = seed;
        let (learner, _) = recipe.learner(pretrained.as_ref(), RunIdentity::default(), device)?;
        let some = |items: &[usize]| Labeled::some(features, labels, items);
        let (looks, diverged) = recipe.run_looking(learner, some(train), some(held_out), options.every, &mut [])?;
        let told: Vec<Value> = looks
            .iter()
            .map(|look| {
                let rounded: Vec<f64> = look.scores.logits.iter().map(|z| (z * 1e4).round() / 1e4).collect();
                json!({"epoch": look.epoch, "logits": rounded})
            })
            .collect();
        let own: Vec<u8> = held_out.iter().map(|&i| labels[i].into()).collect();
        let line = json!({
            "seed": seed, "trained_on": train.len(), "labels": own, "looks": told, "diverged": diverged,
            "seconds": started.elapsed().as_secs(),
        });
        writeln!(file, "{line}")?;
        file.sync_data()?;
        let right = |z: &f64, label: &u8| (*z > 0.0) == (*label == 1);
        if let Some(last) = looks.last() {
            let hits = last.scores.logits.iter().zip(&own).filter(|(z, label)| right(z, label)).count();
            eprintln!(
                "seed {seed}: accuracy {:.1} % after {} epochs",
                100.0 * hits as f64 / own.len() as f64,
                last.epoch
            );
        }
    }
    Ok(())
}

/// The file, its first line written or compared, and the seeds whose lines are whole; a line that a kill cut off is removed.
/// One process writes to it at a time.
fn open(path: &Path, trainings: &Trainings) -> Result<(File, Vec<u64>), Box<dyn Error>> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut file = OpenOptions::new().create(true).read(true).append(true).open(path)?;
    if let Err(TryLockError::WouldBlock) = file.try_lock() {
        return Err(format!("another process is writing {}", path.display()).into());
    }
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    let whole = text.rfind('\n').map_or(0, |end| end + 1);
    let mut lines = text[..whole].lines();
    if let Some(first) = lines.next() {
        let first: Value = serde_json::from_str(first)?;
        let found = Trainings::deserialize(&first["question"]).ok();
        if found.as_ref() != Some(trainings) {
            return Err(format!("{} holds other trainings: {}", path.display(), first["question"]).into());
        }
    }
    let mut done = Vec::new();
    for line in lines {
        let line: Value = serde_json::from_str(line)?;
        done.extend(line["seed"].as_u64());
    }
    file.set_len(whole as u64)?;
    if whole == 0 {
        writeln!(file, "{}", json!({"question": trainings, "command": command_line()}))?;
    }
    Ok((file, done))
}
