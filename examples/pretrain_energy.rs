//! Pre-trains a network on formation energies, as the paper does with its peers CGCNN and MEGNet.
//!
//! ```text
//! cargo run --release --features torch --example pretrain_energy -- --preset cgcnn --epochs 10 --out runs/cgcnn-energy
//! cargo run --release --features benchmark --example benchmark -- --out results --split random \
//!     --network energetic=cgcnn,CONFIG.toml,runs/cgcnn-energy --contender energetic
//! ```
//!
//! Crystals that are also in S2S are left out unless told otherwise: 74 % of its superconductors are in the default data
//! but only 14 % of its other crystals, and a network that has seen the one kind can tell it from the other.

use std::{collections::BTreeMap, error::Error, fs, path::PathBuf, process::ExitCode, time::Duration};

use clap::{Parser, ValueEnum};
use s2s_data::{DataFolder, Groups, Record, RecordStream, Split};
use s2s_featurize::{AtomFeatures, BatchOrder, BatchSampler};
use s2s_model::{CgcnnConfig, EncoderConfig, MegnetConfig, S2sNetConfig, device::DeviceChoice, write_weights};
use s2s_train::{
    Identity,
    objective::Outcome,
    observer::{CheckpointWriter, JsonLines, Observer, ProgressBar, Stopwatch, TensorBoard},
    recipe::{EnergyNetwork, EnergyRecipe, Prepared, RunFolder, command_line, file_sha256},
    resolve,
};
use serde_json::json;

/// Pre-train a network on formation energies
#[derive(Parser, Debug)]
struct Options {
    /// Network to start from
    #[arg(long, value_enum)]
    preset: Preset,
    /// Width of `periodic`; the peers have the widths of their published weights
    #[arg(long, default_value_t = 64)]
    width: i64,
    /// Crystals with `mp2018.e_form` as JSON lines, zstd-compressed or not [default: mp2018.jsonl.zst in $S2S_DATA_DIR]
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,
    /// Keep crystals that are also in S2S
    #[arg(long)]
    keep_overlap: bool,
    /// Use only this many crystals, drawn at random
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Times the crystals are seen; the learning rate falls to its floor by then
    #[arg(long, default_value_t = 10)]
    epochs: u64,
    /// Seed of split, weights and order
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Folder for configuration, log, checkpoints and weights; a killed run continues there
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// TOML file with settings over the preset; unknown keys are refused
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Setting over preset and file, such as fit.optimizer.rate=0.001; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    settings: Vec<String>,
    /// Device: auto, cpu, cuda or cuda:N
    #[arg(long, default_value = "auto")]
    device: String,
    /// Threads of the tensor library and of the featurizer [default: all]
    #[arg(long)]
    threads: Option<usize>,
    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,
}

/// Networks that can learn energies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Preset {
    /// Xie and Grossman 2018
    Cgcnn,
    /// Chen et al. 2019
    Megnet,
    /// Our S2SNet
    Periodic,
}

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("pretrain_energy: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    if let Some(threads) = options.threads {
        tch::set_num_threads(i32::try_from(threads)?);
        rayon::ThreadPoolBuilder::new().num_threads(threads).build_global()?;
    }
    let device = options.device.parse::<DeviceChoice>()?.resolve()?;
    let path = options.data.clone().map_or_else(|| DataFolder::from_env().map(|folder| folder.mp2018()), Ok)?;
    let hashes = BTreeMap::from([("data".to_owned(), file_sha256(&path)?)]);
    let mut preset = EnergyRecipe::new(network(options), options.epochs, 1000);
    preset.fit.seed = options.seed;
    let text = options.config.as_ref().map(fs::read_to_string).transpose()?;
    let mut recipe: EnergyRecipe = resolve(&preset, text.as_deref(), &options.settings)?;
    let records = read(&path, options, &recipe)?;
    let prepared = Prepared::new(&records, &recipe.network.featurizer())?;
    prepared.refused.iter().for_each(|refused| eprintln!("{refused}; skipped"));

    // No reduced formula on both sides.
    let kept: Vec<Record> = prepared.kept.iter().map(|&i| records[i].clone()).collect();
    let split = Split::grouped(&vec![false; kept.len()], &Groups::by_formula(&kept), recipe.held_out, options.seed)?;
    let energies: Vec<f32> = kept.iter().filter_map(energy).collect();
    drop((kept, records));
    let some = |items: &[usize]| -> (Vec<&AtomFeatures>, Vec<f32>) {
        items.iter().map(|&i| (&prepared.features[i], energies[i])).unzip()
    };
    let (train, held_out) = (some(&split.train), some(&split.test));
    if !options.settings.iter().any(|setting| setting.starts_with("fit.schedule")) {
        let sizes = train.0.iter().map(|features| features.num_atoms() as u32).collect();
        let order = BatchOrder::Bucketed { pool: recipe.pool };
        let per_epoch = BatchSampler::new(sizes, recipe.batch, order, options.seed)?.epoch(0).len() as u64;
        recipe.run_over(per_epoch * recipe.fit.epochs);
    }

    let config = json!({"recipe": recipe, "keep_overlap": options.keep_overlap, "limit": options.limit});
    let mut learner = recipe.learner(&train.1, Identity { config, data: hashes.clone() }, device)?;
    let out = options.out.as_ref().map(RunFolder::create).transpose()?;
    let store = out.as_ref().map(RunFolder::checkpoints);
    if let (Some(out), Some(store)) = (&out, &store) {
        learner.resume(store)?.iter().for_each(|damaged| eprintln!("{damaged}; passed over"));
        out.write_config(&recipe)?;
    }
    let sizes = (train.0.len(), held_out.0.len());
    if !options.json {
        let parameters = learner.parameters().num_trainable();
        println!("{} crystals to learn from, {} held out, {parameters} parameters", sizes.0, sizes.1);
    }
    let (mut bar, mut stopwatch) = (ProgressBar::new("energy"), Stopwatch::new());
    let mut log = out.as_ref().map(|out| JsonLines::new(out.path().join("log.jsonl"), 50));
    let mut board = out.as_ref().map(|out| TensorBoard::new(out.path().join("tensorboard"), 50));
    let mut writer = store.as_ref().map(|store| CheckpointWriter::every(store, Duration::from_secs(60)));
    let mut observers: Vec<&mut dyn Observer> = Vec::new();
    if !options.json {
        observers.push(&mut bar);
    }
    observers.extend(log.as_mut().map(|o| o as &mut dyn Observer));
    observers.extend(board.as_mut().map(|o| o as &mut dyn Observer));
    observers.extend(writer.as_mut().map(|o| o as &mut dyn Observer));
    observers.push(&mut stopwatch);
    let trained = recipe.run(learner, train, held_out, &mut observers)?;

    let totals = stopwatch.totals();
    let result = json!({
        "command": command_line(),
        "data_sha256": hashes,
        "crystals": {"train": sizes.0, "held_out": sizes.1},
        "parameters": trained.learner.parameters().num_trainable(),
        "epochs": trained.learner.progress().history.len(),
        "unit": "eV/atom",
        "held_out": trained.held_out.metrics(),
        "mean_predictor": {"mae": trained.mean_predictor},
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
    println!(
        "mean absolute error on {} held-out crystals: {:.4} eV/atom (always the mean: {:.4})",
        sizes.1,
        trained.mean_absolute_error(),
        trained.mean_predictor
    );
    println!("{:.0} crystals/s, overhead {:.1} %", totals.rate(), 100.0 * totals.overhead());
    println!("reproduce: {}", command_line());
    Ok(())
}

fn network(options: &Options) -> EnergyNetwork {
    match options.preset {
        Preset::Cgcnn => EnergyNetwork::Cgcnn(CgcnnConfig::published()),
        Preset::Megnet => EnergyNetwork::Megnet(MegnetConfig::published()),
        Preset::Periodic => {
            let mut config = S2sNetConfig::periodic();
            if let EncoderConfig::Periodic(encoder) = &mut config.encoder {
                (encoder.width, encoder.feed_forward) = (options.width, 2 * options.width);
            }
            config.head.hidden = vec![options.width];
            EnergyNetwork::S2sNet(config)
        }
    }
}

/// Formation energy in eV per atom.
fn energy(record: &Record) -> Option<f32> {
    record.mp2018.and_then(|known| known.e_form).map(|energy| energy as f32)
}

/// The crystals to use, all of known energy; what is left out is counted on the standard error.
fn read(path: &PathBuf, options: &Options, recipe: &EnergyRecipe) -> Result<Vec<Record>, Box<dyn Error>> {
    let (mut records, mut overlapping, mut large, mut unknown) = (Vec::new(), 0, 0, 0);
    for record in RecordStream::open(path)? {
        match record {
            Err(error) => eprintln!("{}: {error}; skipped", path.display()),
            Ok(record) if energy(&record).is_none() => unknown += 1,
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
        "{} crystals; left out: {unknown} of unknown energy, {overlapping} of S2S, {large} with more than {} atoms",
        records.len(),
        recipe.max_atoms
    );
    Ok(records)
}
