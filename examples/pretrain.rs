//! Pre-trains an encoder on crystals without labels: some elements are masked and have to be predicted.
//!
//! ```text
//! cargo run --release --features torch --example pretrain -- --preset periodic --epochs 3 --out runs/pretrain
//! ```
//!
//! Several processes can train together, here or on many machines, with `--features dist`: `cargo xtask launch -n 2 --
//! target/release/examples/pretrain --set fit.accumulate=8 …`. They share the `fit.accumulate` batches of every optimizer
//! step; as long as that is a multiple of 1, 2, 4, … processes, the network is the same to the last bit.
//!
//! Crystals marked as those of S2S (`s2s_overlap`: the formula and nearly the volume of one) are left out unless told
//! otherwise. In the default data 73 % of the superconductors of S2S have such a crystal but only 14 % of its others, and
//! a network that has seen the one kind can tell it from the other.

mod monitor;
mod output;
mod pretraining;
mod run_options;
mod settings;

use std::{collections::BTreeMap, error::Error, process::ExitCode};

use clap::Parser;
use monitor::Monitor;
use output::say;
use pretraining::Pretraining;
use run_options::{Recipe, RunOptions};
use s2s_featurize::AtomFeatures;
use s2s_model::ModelConfig;
use s2s_train::{
    Communicator, NetworkRecipe, RunIdentity, SingleProcess,
    objective::{MaskedAtomCounts, Outcome},
    recipe::{Prepared, PretrainRecipe, RunFolder, command_line, file_sha256},
};
use serde_json::json;
use tch::Device;

/// Pre-train an encoder on masked elements
#[derive(Parser, Debug)]
struct Options {
    #[command(flatten)]
    training: Pretraining,
    /// Times the crystals are seen; the learning rate falls to its floor by then
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    epochs: u64,
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

/// The processes that train together: those that the environment describes, or this one alone. Of several on one machine
/// each takes a GPU of its own, as far as there are enough.
fn join(device: Device) -> Result<(Device, Box<dyn Communicator>), Box<dyn Error>> {
    #[cfg(feature = "dist")]
    if let Some(rendezvous) = s2s_dist::Rendezvous::from_env()? {
        let gpus = s2s_model::device::available().iter().filter(|device| device.is_cuda()).count();
        let device = rendezvous.device(device, gpus);
        return Ok((device, Box::new(s2s_dist::ProcessGroup::join_on(&rendezvous, "s2s", device)?)));
    }
    Ok((device, Box::new(SingleProcess)))
}

fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let RunOptions { settings, .. } = &options.run;
    let Pretraining { seed, json, keep_overlap, limit, .. } = options.training;
    let (device, communicator) = join(settings.prepare()?)?;
    // All processes compute the same; one of them prints and writes.
    let leads = communicator.rank() == 0;
    let hashes = BTreeMap::from([("data".to_owned(), file_sha256(&options.training.data()?)?)]);
    let ModelConfig::S2sNet(model) = options.run.model() else {
        return Err("CGCNN and MEGNet do not predict masked elements".into());
    };
    let preset = |model| {
        let mut preset = match options.run.recipe {
            Recipe::Standard => PretrainRecipe::new(model, options.epochs, 1000),
            Recipe::Paper => PretrainRecipe::paper(model, options.epochs),
        };
        preset.fit.seed = seed;
        preset
    };
    let mut recipe = PretrainRecipe::described(model, preset, settings.text()?.as_deref(), &settings.set)?;
    let records = options.training.crystals(recipe.max_atoms, settings.max_errors, None, !leads)?;
    let prepared = Prepared::new(&records, &recipe.build_featurizer()?)?;
    prepared.refused.iter().for_each(|refused| eprintln!("{refused}; skipped"));

    let (_, split) = options.training.split(&records, &prepared, recipe.held_out)?;
    drop(records);
    let some = |items: &[usize]| items.iter().map(|&i| &prepared.features[i]).collect::<Vec<&AtomFeatures>>();
    let (train, held_out) = (some(&split.train), some(&split.test));
    // No schedule was given: this one ends where the run does.
    if options.run.recipe == Recipe::Standard && recipe.fit.schedule == preset(recipe.model.clone()).fit.schedule {
        recipe.run_over(&train)?;
    }

    let config = json!({"recipe": recipe, "keep_overlap": keep_overlap, "limit": limit});
    let mut learner = recipe.learner(RunIdentity { config, data: hashes.clone() }, device)?;
    // One process of the group writes.
    let open = |out| if leads { RunFolder::create(out) } else { RunFolder::follow(out) };
    let out = options.training.out.as_ref().map(open).transpose()?;
    if let Some(out) = &out {
        learner
            .resume_together(&*communicator, &out.checkpoints())?
            .iter()
            .for_each(|damaged| eprintln!("{damaged}; passed over"));
    }
    let out = out.filter(|_| leads);
    let store = out.as_ref().map(RunFolder::checkpoints);
    if let Some(out) = &out {
        out.write_config(&recipe)?;
    }
    if !json && leads {
        say!(
            "{} crystals to learn from, {} held out, {} parameters",
            train.len(),
            held_out.len(),
            learner.parameters().num_trainable()
        );
    }
    let mut monitor = Monitor::new("pretrain", 50, out.as_ref(), store.as_ref(), json || !leads);
    let trained = recipe.run(&*communicator, learner, &train, &held_out, &mut monitor.observers())?;

    if !leads {
        return Ok(());
    }
    let totals = monitor.stopwatch.totals();
    let accuracy = |guessed: &MaskedAtomCounts| guessed.metrics();
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
        "diverged": trained.diverged,
        "history": trained.learner.progress().history,
        "crystals_per_second": totals.throughput(),
        "overhead": totals.overhead(),
    });
    if let Some(out) = &out {
        let card = pretraining::card("masked elements", train.len(), &trained.held_out.metrics());
        trained.seal(&out.model(), &recipe, hashes.get("data").cloned(), &card)?;
        pretraining::write_run(out, &hashes, &result, totals.steps)?;
    }
    if json {
        say!("{result}");
        return Ok(());
    }
    for (name, guessed) in [("network", &trained.held_out), ("most frequent elements", &trained.baseline)] {
        let share = |part: u64| 100.0 * part as f64 / guessed.atoms as f64;
        say!(
            "{name}: accuracy {:.2} % on {} masked atoms, {:.2} % among the five most likely",
            share(guessed.right),
            guessed.atoms,
            share(guessed.among_five)
        );
        let metrics = guessed.metrics();
        for (key, atoms) in [("with", guessed.neighbored), ("without", guessed.atoms - guessed.neighbored)] {
            if let Some(accuracy) = metrics.get(&format!("accuracy_{key}_neighbors")) {
                say!("  on {atoms} {key} a neighbor: accuracy {:.2} %", 100.0 * accuracy);
            }
        }
    }
    if let Some(diverged) = trained.diverged {
        say!("{diverged}; these are the weights of the best epoch before");
    }
    say!("{totals}");
    if let Some(out) = &out {
        say!("pre-trained weights: {}", out.model().display());
    }
    say!("reproduce: {}", command_line());
    Ok(())
}
