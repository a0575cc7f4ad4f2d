//! Draws which atoms a network's answer comes from (Fig. 7): class activations on the structures.
//!
//! ```text
//! cargo run --features torch --example contributions
//! cargo run --features torch --example contributions -- --model MODEL --id mp-22739 --id mp-561243
//! ```
//!
//! The contributions of all atoms sum to the calibrated logit of the crystal less that of the same crystal with all atom
//! states zero; the latter is the part that no atom carries: lattice, statistics of the composition and offset. An
//! ensemble's contributions are the means over its members.

#[allow(dead_code, reason = "other figures draw other things")]
mod drawing;

use std::{
    collections::BTreeMap,
    error::Error,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Parser;
use drawing::{Anchor, Svg, structure};
use s2s_data::{DataFolder, Record, RecordStream};
use s2s_featurize::{AtomFeaturizer, Collate, Featurizer, PaddedCollate};
use s2s_model::{AnyNetwork, Checkpoint, DeviceBatch, Predictor, Task, attribution::class_activation};
use serde_json::{Value, json};
use tch::Device;

/// Draw which atoms a network's answer comes from
#[derive(Parser, Debug)]
struct Options {
    /// Folder of a model or an ensemble [default: the bundled one]
    #[arg(long, value_name = "DIR")]
    model: Option<PathBuf>,
    /// Crystals as JSON lines, zstd-compressed or not [default: mp139k.jsonl.zst in $S2S_DATA_DIR]
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,
    /// Which crystals; may be repeated [default: BaFe2S3, H3S and Sr2CuClO2 of the paper]
    #[arg(long = "id", value_name = "ID")]
    ids: Vec<String>,
    /// Folder for the figure [default: crates/s2s-train/results/figures]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

const BUNDLED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/crates/s2s-predict/models/network");
const FIGURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/crates/s2s-train/results/figures");
/// BaFe2S3, H3S (the one that is a superconductor in S2S) and Sr2CuClO2.
const OF_THE_PAPER: [&str; 3] = ["mp-22739", "mp-1097767", "mp-561243"];

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("contributions: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    tch::set_num_threads(1);
    let model = options.model.clone().unwrap_or_else(|| BUNDLED.into());
    let data = options.data.clone().map_or_else(|| DataFolder::from_env().map(|folder| folder.mp139k()), Ok)?;
    let mut ids = options.ids.clone();
    if ids.is_empty() {
        ids = OF_THE_PAPER.map(str::to_owned).to_vec();
    }
    let records = find(&data, &ids)?;
    let crystals: Vec<_> = records.iter().map(|record| record.crystal.clone()).collect();
    let answers = Predictor::load(&model)?.predict(&crystals);
    let contributions = contributions(&model, &records)?;

    // As wide as a page of text is shown, so that no label is shrunk.
    let (width, height, step, top) = (244.0, 350.0, 272.0, 92.0);
    let title = "Contributions to the logit of the probability of superconductivity";
    let description =
        "Cells with their atoms as circles; atoms in red raise the logit, those in blue lower it; one color scale";
    let mut svg = Svg::new(20.0 + step * records.len() as f64, top + height + 210.0, title, description);
    svg.text([20.0, 26.0], 15.0, Anchor::Start, "ink", title);
    let most = contributions.iter().flatten().fold(1e-6f64, |most, value| most.max(value.abs()));
    let mut lines = Vec::new();
    for (k, ((record, values), answer)) in records.iter().zip(&contributions).zip(answers).enumerate() {
        let left = 20.0 + step * k as f64;
        let probability = answer?.probability.ok_or("the model is no classifier")?;
        let verdict = if probability > 0.5 { "yes" } else { "no" };
        svg.text([left, 54.0], 14.0, Anchor::Start, "ink", format!("{} ({})", formula(record), record.id.as_str()));
        let score = format!("score {probability:.2}: {verdict}");
        svg.text([left, 73.0], 13.0, Anchor::Start, "soft", score);
        structure::draw(&mut svg, [left, top], [width, height], &record.crystal, values, most)?;
        let totals = totals(record, values)?;
        let logit = (probability / (1.0 - probability)).ln();
        let rest = logit - values.iter().sum::<f64>();
        let mut rows: Vec<(String, f64)> =
            totals.iter().map(|total| (format!("{} × {}", total.symbol, total.atoms), total.value)).collect();
        rows.push(("no atom".to_owned(), rest));
        rows.push(("sum: logit of the score".to_owned(), logit));
        for (row, (name, value)) in rows.iter().enumerate() {
            let y = top + height + 24.0 + 20.0 * row as f64;
            svg.text([left, y], 12.5, Anchor::Start, "ink", name);
            svg.text([left + 220.0, y], 12.5, Anchor::End, "ink", format!("{value:+.2}").replace('-', "−"));
        }
        let by_element: serde_json::Map<String, Value> =
            totals.iter().map(|total| (total.symbol.to_owned(), json!(total.value))).collect();
        lines.push(json!({"id": record.id.as_str(), "formula": formula(record), "probability": probability,
            "logit": logit, "contributions": values, "total_by_element": by_element, "no_atom": rest}));
    }
    let below = top + height + 24.0 + 20.0 * 6.0;
    svg.text([20.0, below + 12.0], 12.5, Anchor::Start, "ink", "color: contribution of one atom to the logit");
    structure::scale(&mut svg, [320.0, below], 300.0, most);
    let out = options.out.clone().unwrap_or_else(|| FIGURES.into());
    let weights = model.join("MANIFEST.json");
    let inputs: [&Path; 2] = [&weights, &data];
    drawing::sources::write(&out, "contributions.svg", &svg.finish(), &inputs)?;
    drawing::sources::write(&out, "contributions.json", &format!("{:#}\n", json!(lines)), &inputs)?;
    Ok(())
}

/// The crystals of these ids, in their order.
fn find(path: &PathBuf, ids: &[String]) -> Result<Vec<Record>, Box<dyn Error>> {
    let mut found: BTreeMap<String, Record> = BTreeMap::new();
    for record in RecordStream::open(path)? {
        let record = record?;
        if ids.iter().any(|id| id == record.id.as_str()) {
            found.insert(record.id.as_str().to_owned(), record);
            if found.len() == ids.len() {
                break;
            }
        }
    }
    let take = |id: &String| found.remove(id).ok_or_else(|| format!("{} holds no {id}", path.display()).into());
    ids.iter().map(take).collect()
}

/// One number per atom of each crystal: contributions to the calibrated logit, averaged over the members.
fn contributions(model: &PathBuf, records: &[Record]) -> Result<Vec<Vec<f64>>, Box<dyn Error>> {
    let mut sums: Vec<Vec<f64>> = records.iter().map(|record| vec![0.0; record.crystal.num_sites()]).collect();
    let checkpoints = Checkpoint::load_all(model)?;
    let count = checkpoints.len() as f64;
    for checkpoint in checkpoints {
        let (network, _) = checkpoint.network(Device::Cpu)?;
        let config = checkpoint.config;
        let (AnyNetwork::Classifier(network), Task::Classification { calibration, .. }) = (network, &config.task)
        else {
            return Err("the model is no classifier".into());
        };
        let slope = calibration.slope;
        let featurizer = AtomFeaturizer::new(config.featurizer.clone(), config.find_vocabulary()?)?;
        for (record, sums) in records.iter().zip(&mut sums) {
            let features = featurizer.featurize(&record.crystal)?;
            let batch = DeviceBatch::upload(&PaddedCollate.collate(&[&features])?, Device::Cpu)?;
            let found = class_activation(&network, &batch);
            for (sum, value) in sums.iter_mut().zip(&found.atoms[0]) {
                *sum += slope * value / count;
            }
        }
    }
    Ok(sums)
}

/// The reduced formula.
fn formula(record: &Record) -> String {
    record.crystal.composition().reduced().0.to_string()
}

/// What the atoms of one element contribute together.
struct Total {
    symbol: &'static str,
    value: f64,
    atoms: usize,
}

/// Totals by element, the largest first.
fn totals(record: &Record, values: &[f64]) -> Result<Vec<Total>, Box<dyn Error>> {
    let mut totals: Vec<Total> = Vec::new();
    for (element, value) in record.crystal.ordered_elements()?.into_iter().zip(values) {
        let symbol = element.symbol();
        match totals.iter_mut().find(|total| total.symbol == symbol) {
            Some(total) => (total.value, total.atoms) = (total.value + value, total.atoms + 1),
            None => totals.push(Total { symbol, value: *value, atoms: 1 }),
        }
    }
    totals.sort_by(|a, b| b.value.total_cmp(&a.value));
    Ok(totals)
}
