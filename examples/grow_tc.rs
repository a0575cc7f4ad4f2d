//! Grows the model of critical temperatures of `s2s screen`: learns from the superconductors of a table, measures what it
//! says about held-out ones, and seals it with a model card.
//!
//! ```text
//! cargo run --release --features learners --example grow_tc -- --data supercon.csv \
//!     --card crates/s2s-predict/models/tc.md --out my-tc
//! ```

use std::{
    collections::BTreeMap,
    error::Error,
    fs::{self, File},
    path::PathBuf,
};

use clap::Parser;
use s2s_crystal::{Composition, Element};
use s2s_data::{Groups, Split, file::FileEntry, label::SuperconductorFamily, table::TcTable};
use s2s_eval::{
    Summary,
    metric::Bootstrap,
    tc::{TcExample, TcModel, TcRecipe, TcReport, median_kelvin, superconductors},
};

/// Grow a model of critical temperatures
#[derive(Parser, Debug)]
struct Options {
    /// Columns `formula` (or `name`) and `Tc` in K
    #[arg(long, value_name = "FILE")]
    data: PathBuf,
    /// What the model card says beside the metrics and the command
    #[arg(long, value_name = "FILE")]
    card: PathBuf,
    /// Held-out fifths of each kind that are predicted; with 0 the card has no figures
    #[arg(long, default_value_t = 5)]
    seeds: u64,
    /// Folder for the model
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::parse();
    let table = TcTable::read(File::open(&options.data)?)?;
    let all: Vec<TcExample> = table.rows.iter().filter_map(TcExample::of_row).collect();
    let examples = superconductors(&all);
    eprintln!("{} superconductors of {} rows with a Tc, one per composition", examples.len(), all.len());
    let recipe = TcRecipe::small();
    let mut figures: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for seed in 1..=options.seeds {
        for (kind, report) in reports(&examples, &recipe, seed)? {
            eprintln!("{kind}, seed {seed}: MAE {:?}", report.mae_k.map(|figure| figure.value));
            let mut add = |name: String, value: Option<f64>| figures.entry(name).or_default().extend(value);
            let value = |figure: Option<s2s_eval::tc::Figure>| figure.map(|figure| figure.value);
            add(format!("{kind}: mae_k"), value(report.mae_k));
            add(format!("{kind}: r2"), value(report.r2));
            add(format!("{kind}: coverage"), value(report.coverage));
            add(format!("{kind}: mae_of_median_k"), report.mae_of_median_k);
            for family in SuperconductorFamily::ALL {
                let rows = report.coverage_by_family.get(&family).map(|(rows, _)| *rows as f64);
                add(format!("{kind}: {family}: rows"), rows);
                add(
                    format!("{kind}: {family}: coverage"),
                    report.coverage_by_family.get(&family).map(|(_, share)| *share),
                );
            }
        }
    }
    let mut rows = String::new();
    let mut metrics = BTreeMap::new();
    for (name, values) in &figures {
        let Some(summary) = Summary::of(values) else { continue };
        rows += &format!("| {name} | {:.3} ± {:.3} |\n", summary.mean, summary.deviation);
        metrics.insert(name.clone(), summary.mean);
    }
    let model =
        TcModel::fit(&examples, &recipe, 1)?.into_sealed(&examples, FileEntry::of(&options.data)?.sha256, metrics)?;
    let data = options.data.file_name().unwrap_or_default().to_string_lossy();
    let mut card = fs::read_to_string(&options.card)?;
    if options.seeds > 0 {
        card += &format!(
            "\n## Metrics of held-out superconductors\n\nA fifth held out, {} times by random and by chemical system; mean ± ",
            options.seeds
        );
        card += &format!("standard deviation.\n\n| figure | value |\n|---|---|\n{rows}");
    }
    card += "\n## Made by\n\n    cargo run --release --features learners --example grow_tc -- --data ";
    card += &format!("{} --card tc.md --seeds {} --out tc\n", data, options.seeds);
    model.save(&options.out, &card)?;
    println!("{}\n{rows}", options.out.display());
    Ok(())
}

/// A held-out fifth at random, and one of chemical systems that are not learned from, predicted and measured.
fn reports(
    examples: &[TcExample],
    recipe: &TcRecipe,
    seed: u64,
) -> Result<Vec<(&'static str, TcReport)>, Box<dyn Error>> {
    let labels = vec![true; examples.len()];
    let systems =
        Groups::by_key(examples.iter().map(|example| example.composition.elements().collect::<Vec<Element>>()));
    let splits = [
        ("random", Split::stratified(&labels, 0.2, seed)?),
        ("chemical system", Split::grouped(&labels, &systems, 0.2, seed)?),
    ];
    let mut reports = Vec::new();
    for (kind, split) in splits {
        let train: Vec<TcExample> = split.train.iter().map(|&k| examples[k].clone()).collect();
        let test: Vec<&Composition> = split.test.iter().map(|&k| &examples[k].composition).collect();
        let kelvin: Vec<f64> = split.test.iter().map(|&k| examples[k].kelvin).collect();
        let predicted = TcModel::fit(&train, recipe, seed)?.predict_all(&test);
        let median = median_kelvin(&train).ok_or("there are no examples")?;
        reports.push((kind, TcReport::new(&test, &kelvin, &predicted, median, Bootstrap::standard(seed))));
    }
    Ok(reports)
}
