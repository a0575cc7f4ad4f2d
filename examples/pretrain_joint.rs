//! Pre-trains an encoder on several targets at once: masked atoms (§3.2), formation energies and band gaps.
//!
//! ```text
//! cargo run --release --features torch --example pretrain_joint -- --epochs 5 --out runs/joint
//! cargo run --release --features benchmark --example benchmark -- --out results --split random \
//!     --network joint=wide,,runs/joint --model joint
//! ```
//!
//! The encoder is that of `wide` unless set otherwise; what only the head reads is left out, and so are crystals marked as those
//! of S2S, unless told otherwise: `pretrain_energy` says why.

mod monitor;
mod output;
mod pretraining;
mod settings;

use std::{collections::BTreeMap, error::Error, process::ExitCode};

use clap::Parser;
use monitor::Monitor;
use output::say;
use pretraining::Pretraining;
use s2s_data::{Record, target::Targets};
use s2s_model::{ModelConfig, S2sNetConfig};
use s2s_train::{
    NetworkRecipe, RunIdentity,
    objective::Outcome,
    recipe::{
        JointData, JointRecipe, MaskedElements, Prepared, RunFolder, SealedWith, TargetConfig, command_line,
        file_sha256,
    },
};
use serde_json::json;
use settings::Settings;

/// Pre-train an encoder on masked atoms, formation energies and band gaps at once
#[derive(Parser, Debug)]
struct Options {
    #[command(flatten)]
    training: Pretraining,
    /// Times the crystals are seen; the learning rate falls to its floor by then
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    epochs: u64,
    /// Share of the crystals that is held out
    #[arg(long, value_name = "SHARE", default_value_t = 0.05)]
    held_out: f64,
    #[command(flatten)]
    settings: Settings,
}

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("pretrain_joint: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Crystals with more atoms are left out: attention takes memory with their square.
const MAX_ATOMS: usize = 444;

fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let Pretraining { seed, json, keep_overlap, limit, .. } = options.training;
    let device = options.settings.prepare()?;
    let hashes = BTreeMap::from([("data".to_owned(), file_sha256(&options.training.data()?)?)]);
    let model = ModelConfig::from(S2sNetConfig { globals: None, members: None, ..S2sNetConfig::wide() });
    let targets = vec![TargetConfig::number("formation energy", "eV/atom"), TargetConfig::number("band gap", "eV")];
    let preset = |model| {
        let mut preset = JointRecipe::of_many(model, targets.clone(), options.epochs);
        preset.elements = Some(MaskedElements::paper());
        preset.fit.seed = seed;
        preset
    };
    let recipe = JointRecipe::described(model, preset, options.settings.text()?.as_deref(), &options.settings.set)?;
    let records = options.training.crystals(MAX_ATOMS, options.settings.max_errors, None, false)?;
    let prepared = Prepared::new(&records, &recipe.build_featurizer()?)?;
    prepared.refused.iter().for_each(|refused| eprintln!("{refused}; skipped"));

    let (kept, split) = options.training.split(&records, &prepared, options.held_out)?;
    drop(records);
    let known = |number: fn(&Record) -> Option<f64>| Targets::new(kept.iter().map(number));
    let all = JointData::new(&prepared.features)
        .with_numbers(&known(|record| record.mp2018?.e_form))?
        .with_numbers(&known(|record| record.mp2018?.gap_pbe))?;
    let (train, held_out) = (all.of_items(&split.train), all.of_items(&split.test));

    let config = json!({"recipe": recipe, "keep_overlap": keep_overlap, "limit": limit});
    let mut learner = recipe.learner(&train, None, RunIdentity { config, data: hashes.clone() }, device)?;
    let out = options.training.out.as_ref().map(RunFolder::create).transpose()?;
    let store = out.as_ref().map(RunFolder::checkpoints);
    if let (Some(out), Some(store)) = (&out, &store) {
        learner.resume(store)?.iter().for_each(|damaged| eprintln!("{damaged}; passed over"));
        out.write_config(&recipe)?;
    }
    let sizes = (train.features.len(), held_out.features.len());
    if !json {
        let parameters = learner.parameters().num_trainable();
        say!("{} crystals to learn from, {} held out, {parameters} parameters", sizes.0, sizes.1);
    }
    let mut monitor = Monitor::new("joint", 50, out.as_ref(), store.as_ref(), json);
    let trained = recipe.run(learner, &train, &held_out, &mut monitor.observers())?;

    let totals = monitor.stopwatch.totals();
    let (masked, whole) = (recipe.masked_outcome(&trained, &held_out)?, recipe.outcome(&trained, &held_out)?);
    let result = json!({
        "command": command_line(),
        "data_sha256": hashes,
        "crystals": {"train": sizes.0, "held_out": sizes.1},
        "parameters": trained.learner.parameters().num_trainable(),
        "epochs": trained.learner.progress().history.len(),
        "best_epoch": trained.best_epoch.map(|epoch| epoch + 1),
        "diverged": trained.diverged,
        "held_out_with_masked_atoms": masked.metrics(),
        "held_out": whole.metrics(),
        "crystals_per_second": totals.throughput(),
        "overhead": totals.overhead(),
    });
    if let Some(out) = &out {
        let card = pretraining::card("masked atoms, formation energies and band gaps", sizes.0, &masked.metrics());
        let about = SealedWith { dataset_sha256: hashes.get("data").cloned(), outcome: &masked, card: &card };
        recipe.seal_elements(&trained, &out.model(), about)?;
        pretraining::write_run(out, &hashes, &result, totals.steps)?;
    }
    if json {
        say!("{result}");
        return Ok(());
    }
    for (name, value) in masked.metrics() {
        say!("{name} on held-out crystals with masked atoms: {value:.4}");
    }
    trained.diverged.iter().for_each(|diverged| say!("{diverged}"));
    say!("{totals}");
    if let Some(out) = &out {
        say!("model: {}", out.model().display());
    }
    say!("reproduce: {}", command_line());
    Ok(())
}
