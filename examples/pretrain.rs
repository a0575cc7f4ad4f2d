//! Pre-trains an encoder on crystals without labels: some elements are hidden and have to be guessed.
//!
//! ```text
//! cargo run --release --features torch --example pretrain -- --preset periodic --epochs 3 --out runs/pretrain
//! ```
//!
//! Several processes can train together, here or on many machines, with `--features dist`: `cargo xtask launch -n 2 --
//! target/release/examples/pretrain --set fit.accumulate=8 …`. They share the `fit.accumulate` batches of every optimizer
//! step; as long as that is a multiple of 1, 2, 4, … processes, the network is the same to the last bit.
//!
//! Crystals that are also in S2S are left out unless told otherwise: 74 % of its superconductors are in the default data
//! but only 14 % of its other crystals, and a network that has seen the one kind can tell it from the other.

mod run_options;

use std::{collections::BTreeMap, error::Error, path::PathBuf, process::ExitCode, time::Duration};

use clap::Parser;
use run_options::RunOptions;
use s2s_data::{DataFolder, Groups, Record, RecordStream, Split};
use s2s_featurize::{AtomFeatures, BatchOrder, BatchSampler};
use s2s_model::write_weights;
use s2s_train::{
    Identity,
    objective::{Hits, Outcome},
    observer::{CheckpointWriter, JsonLines, Observer, ProgressBar, Stopwatch, TensorBoard},
    recipe::{Prepared, PretrainRecipe, RunFolder, command_line, file_sha256},
};
use serde_json::json;

/// Pre-train an encoder on hidden elements
#[derive(Parser, Debug)]
struct Options {
    /// Crystals as JSON lines, zstd-compressed or not [default: mp2018.jsonl.zst in $S2S_DATA_DIR]
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,
    /// Keep crystals that are also in S2S
    #[arg(long)]
    keep_overlap: bool,
    /// Use only this many crystals, drawn at random
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Times the crystals are seen; the learning rate falls to its floor by then
    #[arg(long, default_value_t = 3)]
    epochs: u64,
    /// Seed of split, weights, order and masks
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Folder for configuration, log, checkpoints and weights; a killed run continues there
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
            eprintln!("pretrain: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let device = options.run.prepare()?;
    let team = RunOptions::team()?;
    // Everybody computes the same; one speaks and writes.
    let leads = team.rank() == 0;
    let path = options.data.clone().map_or_else(|| DataFolder::from_env().map(|folder| folder.mp2018()), Ok)?;
    let hashes = BTreeMap::from([("data".to_owned(), file_sha256(&path)?)]);
    let mut preset = PretrainRecipe::new(options.run.model(), options.epochs, 1000);
    preset.fit.seed = options.seed;
    let mut recipe: PretrainRecipe = options.run.resolve(&preset)?;
    let records = read(&path, options, &recipe)?;
    let prepared = Prepared::new(&records, &recipe.featurizer)?;
    prepared.refused.iter().for_each(|refused| eprintln!("{refused}; skipped"));

    // No reduced formula on both sides.
    let formulas: Vec<Record> = prepared.kept.iter().map(|&i| records[i].clone()).collect();
    let groups = Groups::by_formula(&formulas);
    let split = Split::grouped(&vec![false; formulas.len()], &groups, recipe.held_out, options.seed)?;
    drop((formulas, records));
    let some = |items: &[usize]| items.iter().map(|&i| &prepared.features[i]).collect::<Vec<&AtomFeatures>>();
    let (train, held_out) = (some(&split.train), some(&split.test));
    let settled = options.run.settings.iter().any(|setting| setting.starts_with("fit.schedule"));
    if !settled {
        let sizes = train.iter().map(|features| features.num_atoms() as u32).collect();
        let order = BatchOrder::Bucketed { pool: recipe.pool };
        let per_epoch = BatchSampler::new(sizes, recipe.batch, order, options.seed)?.epoch(0).len() as u64;
        recipe.fit.schedule = PretrainRecipe::new(recipe.model.clone(), 0, per_epoch * recipe.fit.epochs).fit.schedule;
    }

    let config = json!({"recipe": recipe, "keep_overlap": options.keep_overlap, "limit": options.limit});
    let mut learner = recipe.learner(Identity { config, data: hashes.clone() }, device)?;
    let out = options.out.as_ref().map(RunFolder::create).transpose()?;
    if let Some(out) = &out {
        learner
            .resume_together(&*team, &out.checkpoints())?
            .iter()
            .for_each(|damaged| eprintln!("{damaged}; passed over"));
    }
    let out = out.filter(|_| leads);
    let store = out.as_ref().map(RunFolder::checkpoints);
    if let Some(out) = &out {
        out.write_config(&recipe)?;
    }
    if !options.json && leads {
        println!(
            "{} crystals to learn from, {} held out, {} parameters",
            train.len(),
            held_out.len(),
            learner.parameters().num_trainable()
        );
    }
    let (mut bar, mut stopwatch) = (ProgressBar::new("pretrain"), Stopwatch::new());
    let mut log = out.as_ref().map(|out| JsonLines::new(out.path().join("log.jsonl"), 50));
    let mut board = out.as_ref().map(|out| TensorBoard::new(out.path().join("tensorboard"), 50));
    let mut writer = store.as_ref().map(|store| CheckpointWriter::every(store, Duration::from_secs(60)));
    let mut observers: Vec<&mut dyn Observer> = Vec::new();
    if !options.json && leads {
        observers.push(&mut bar);
    }
    observers.extend(log.as_mut().map(|o| o as &mut dyn Observer));
    observers.extend(board.as_mut().map(|o| o as &mut dyn Observer));
    observers.extend(writer.as_mut().map(|o| o as &mut dyn Observer));
    observers.push(&mut stopwatch);
    let trained = recipe.run(&*team, learner, &train, &held_out, &mut observers)?;

    if !leads {
        return Ok(());
    }
    let totals = stopwatch.totals();
    let accuracy = |hits: &Hits| hits.metrics();
    let result = json!({
        "command": command_line(),
        "data_sha256": hashes,
        "crystals": {"train": train.len(), "held_out": held_out.len()},
        "parameters": trained.learner.parameters().num_trainable(),
        "epochs": trained.learner.progress().history.len(),
        "held_out": accuracy(&trained.held_out),
        "held_out_loss": trained.held_out_loss,
        "held_out_atoms": trained.held_out.atoms,
        "frequency_baseline": accuracy(&trained.baseline),
        "history": trained.learner.progress().history,
        "crystals_per_second": totals.rate(),
        "overhead": totals.overhead(),
    });
    if let Some(out) = &out {
        out.write("model.safetensors", &write_weights(&trained.learner.parameters().all(), &BTreeMap::new())?)?;
        out.write_run(&hashes, &result)?;
    }
    if options.json {
        println!("{result}");
        return Ok(());
    }
    for (name, hits) in [("network", &trained.held_out), ("most frequent elements", &trained.baseline)] {
        let share = |part: u64| 100.0 * part as f64 / hits.atoms as f64;
        println!(
            "{name}: {:.2} % of {} hidden atoms right, {:.2} % among the five best",
            share(hits.right),
            hits.atoms,
            share(hits.among_five)
        );
    }
    println!("{:.0} crystals/s, overhead {:.1} %", totals.rate(), 100.0 * totals.overhead());
    println!("reproduce: {}", command_line());
    Ok(())
}

/// The crystals to use; what is left out is counted on the standard error.
fn read(path: &PathBuf, options: &Options, recipe: &PretrainRecipe) -> Result<Vec<Record>, Box<dyn Error>> {
    let (mut records, mut overlapping, mut large) = (Vec::new(), 0, 0);
    for record in RecordStream::open(path)? {
        match record {
            Err(error) => eprintln!("{}: {error}; skipped", path.display()),
            Ok(record) if !options.keep_overlap && record.s2s_overlap == Some(true) => overlapping += 1,
            Ok(record) if record.crystal.num_sites() > recipe.max_atoms => large += 1,
            Ok(record) => records.push(record),
        }
    }
    if let Some(limit) = options.limit {
        s2s_data::shuffle(&mut records, options.seed, 0);
        records.truncate(limit);
    }
    eprintln!(
        "{} crystals; left out: {overlapping} of S2S, {large} with more than {} atoms",
        records.len(),
        recipe.max_atoms
    );
    Ok(records)
}
