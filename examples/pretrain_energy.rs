//! Pre-trains a network on formation energies, as the paper does with the baselines CGCNN and MEGNet.
//!
//! ```text
//! cargo run --release --features torch --example pretrain_energy -- --preset cgcnn --epochs 10 --out runs/cgcnn-energy
//! cargo run --release --features benchmark --example benchmark -- --out results --split random \
//!     --network energetic=cgcnn,CONFIG.toml,runs/cgcnn-energy --model energetic
//! ```
//!
//! Crystals marked as those of S2S (`s2s_overlap`: the formula and nearly the volume of one) are left out unless told
//! otherwise. In the default data 73 % of the superconductors of S2S have such a crystal but only 14 % of its others, and
//! a network that has seen the one kind can tell it from the other.

mod monitor;
mod output;
mod pretraining;
mod settings;

use std::{collections::BTreeMap, error::Error, process::ExitCode};

use clap::{Parser, ValueEnum};
use monitor::Monitor;
use output::say;
use pretraining::{Lack, Pretraining};
use s2s_data::Record;
use s2s_featurize::AtomFeatures;
use s2s_model::{CgcnnConfig, MegnetConfig, ModelConfig, S2sNetConfig};
use s2s_train::{
    RunIdentity,
    objective::Outcome,
    recipe::{Prepared, RegressionRecipe, RunFolder, command_line, file_sha256},
    resolve,
};
use serde_json::json;
use settings::Settings;

/// Pre-train a network on formation energies
#[derive(Parser, Debug)]
struct Options {
    /// Network to start from
    #[arg(long, value_enum)]
    preset: Preset,
    /// Width of `periodic`; the baselines have the widths of their published weights
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(i64).range(1..=65_536))]
    width: i64,
    #[command(flatten)]
    training: Pretraining,
    /// Times the crystals are seen; the learning rate falls to its floor by then
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    epochs: u64,
    #[command(flatten)]
    settings: Settings,
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
    let Pretraining { seed, json, keep_overlap, limit, .. } = options.training;
    let device = options.settings.prepare()?;
    let hashes = BTreeMap::from([("data".to_owned(), file_sha256(&options.training.data()?)?)]);
    let mut preset = RegressionRecipe::new(network(options), ["formation energy", "eV/atom"], options.epochs, 1000);
    preset.fit.seed = seed;
    let mut recipe: RegressionRecipe = resolve(&preset, options.settings.text()?.as_deref(), &options.settings.set)?;
    let unknown = Lack { name: "of unknown energy", applies: |record| energy(record).is_none() };
    let records = options.training.crystals(recipe.max_atoms, options.settings.max_errors, Some(unknown), false)?;
    let prepared = Prepared::new(&records, &recipe.build_featurizer()?)?;
    prepared.refused.iter().for_each(|refused| eprintln!("{refused}; skipped"));

    let (kept, split) = options.training.split(&records, &prepared, recipe.held_out)?;
    let energies: Vec<f32> = kept.iter().filter_map(energy).collect();
    drop((kept, records));
    let some = |items: &[usize]| -> (Vec<&AtomFeatures>, Vec<f32>) {
        items.iter().map(|&i| (&prepared.features[i], energies[i])).unzip()
    };
    let (train, held_out) = (some(&split.train), some(&split.test));
    // No schedule was given: this one ends where the run does.
    if recipe.fit.schedule == preset.fit.schedule {
        recipe.run_over(&train.0)?;
    }

    let config = json!({"recipe": recipe, "keep_overlap": keep_overlap, "limit": limit});
    let mut learner = recipe.learner(&train.1, RunIdentity { config, data: hashes.clone() }, device)?;
    let out = options.training.out.as_ref().map(RunFolder::create).transpose()?;
    let store = out.as_ref().map(RunFolder::checkpoints);
    if let (Some(out), Some(store)) = (&out, &store) {
        learner.resume(store)?.iter().for_each(|damaged| eprintln!("{damaged}; passed over"));
        out.write_config(&recipe)?;
    }
    let sizes = (train.0.len(), held_out.0.len());
    if !json {
        let parameters = learner.parameters().num_trainable();
        say!("{} crystals to learn from, {} held out, {parameters} parameters", sizes.0, sizes.1);
    }
    let mut monitor = Monitor::new("energy", 50, out.as_ref(), store.as_ref(), json);
    let trained = recipe.run(learner, train, held_out, &mut monitor.observers())?;

    let totals = monitor.stopwatch.totals();
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
        "crystals_per_second": totals.throughput(),
        "overhead": totals.overhead(),
    });
    if let Some(out) = &out {
        let card = pretraining::card("formation energies", sizes.0, &trained.held_out.metrics());
        trained.seal(&out.model(), &recipe, hashes.get("data").cloned(), &card)?;
        pretraining::write_run(out, &hashes, &result, totals.steps)?;
    }
    if json {
        say!("{result}");
        return Ok(());
    }
    say!(
        "mean absolute error on {} held-out crystals: {:.4} eV/atom (always the mean: {:.4})",
        sizes.1,
        trained.mean_absolute_error(),
        trained.mean_predictor
    );
    say!("{totals}");
    if let Some(out) = &out {
        say!("model: {}", out.model().display());
    }
    say!("reproduce: {}", command_line());
    Ok(())
}

fn network(options: &Options) -> ModelConfig {
    match options.preset {
        Preset::Cgcnn => CgcnnConfig::published().into(),
        Preset::Megnet => MegnetConfig::published().into(),
        Preset::Periodic => S2sNetConfig::periodic().with_width(options.width).into(),
    }
}

/// Formation energy in eV per atom.
fn energy(record: &Record) -> Option<f32> {
    record.mp2018.and_then(|known| known.e_form).map(|energy| energy as f32)
}
