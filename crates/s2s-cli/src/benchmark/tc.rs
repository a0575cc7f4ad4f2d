//! `s2s benchmark tc`: learns critical temperatures from a table, predicts another one, and says how good that is.
//!
//! ```text
//! s2s benchmark tc --train train.csv --test test.csv --out results
//! s2s benchmark tc --train supercon.csv --split chemical-system --seeds 5 --baselines --out results
//! s2s benchmark tc --train nims.csv --split year --negatives unlabeled --out results
//! s2s benchmark tc --train supercon.csv --split random --models forest,kernel,network --out results
//! s2s benchmark tc --train supercon.csv --split random --structures crystals.jsonl.zst --models forest,forest-structure --out results
//! s2s benchmark tc --train mine.csv --column Tc_onset --split formula --out results
//! ```

mod held_out;
mod input;
mod models;
mod run;

use std::{collections::BTreeMap, fs, io::Write, path::PathBuf, time::Instant};

use clap::Args;
use s2s_data::{file::FileEntry, table::TableColumn};
use s2s_eval::{
    Summary,
    tc::{Negatives, Structures, TcRecipe, TcRegressor},
};
use serde_json::json;

use self::{held_out::HeldOut, input::Input, models::Model, run::Run};
use super::command_line;
use crate::{
    Status,
    column_titles::ColumnTitles,
    console::{StandardOutput, note},
    destination::Destination,
    failure::Failure,
    input_path,
    records::HeldRecords,
    thread_pool::set_threads,
};

#[derive(Debug, Args)]
#[command(after_long_help = FILES)]
pub(crate) struct Options {
    /// Table to learn from: columns `formula` (or `name`), `Tc` in K (0 for none reported, `<4.2` for none down to there) and,
    /// if there are any, `id`, `tested_to` (lowest temperature in K without a transition) and `year`, in any order
    #[arg(long, value_name = "FILE", value_parser = input_path::named())]
    train: PathBuf,
    /// Table to predict; its `Tc` may be empty or missing
    #[arg(long, value_name = "FILE", required_unless_present = "split", conflicts_with = "split",
          value_parser = input_path::named())]
    test: Option<PathBuf>,
    #[command(flatten)]
    columns: ColumnTitles,
    /// Hold a fifth of the table to learn from out instead, and predict it: random, formula, chemical-system or family say
    /// what must not be on both sides; year holds the latest years out, and leaves out rows without one
    #[arg(long, value_name = "KIND")]
    split: Option<HeldOut>,
    /// Rows without a transition: all are negatives; tested, only those with a limit take part; unlabeled, the others may
    /// have one, with a probability that is learned
    #[arg(long, value_name = "KIND", default_value_t = Negatives::All)]
    negatives: Negatives,
    /// Folder for the results
    #[arg(long, value_name = "DIR", value_parser = input_path::named())]
    out: PathBuf,
    /// First seed of splits and models
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Number of seeds, with --split
    #[arg(long, default_value_t = 1, requires = "split", value_parser = clap::value_parser!(u64).range(1..=1000))]
    seeds: u64,
    /// Models that are measured, of which the first writes its predictions: blend (what `s2s screen` has, with a gate for
    /// none), its members forest and kernel, network, forest-structure (sees --structures too), boosted and boosted-root
    /// (Magpie features; Tc and its root), median (always that of the table)
    #[arg(long, value_name = "NAMES", value_delimiter = ',', default_value = "blend")]
    models: Vec<Model>,
    /// Also: boosted, boosted-root and median
    #[arg(long)]
    baselines: bool,
    /// Crystals for models that see structures, in the same schema as those of `s2s join`: each row takes that of exactly its
    /// composition. With --split, only rows that have one take part
    #[arg(long, value_name = "FILE", value_parser = input_path::named())]
    structures: Option<PathBuf>,
    #[command(flatten)]
    records: HeldRecords,
    /// Threads to compute with [default: as many as the machine has]
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
}

const FILES: &str = "\
Files of the results:
  predictions.csv  id, formula, Tc_predicted_K, the ends Tc_low_K and Tc_high_K
                   of its 80 % interval, and p_superconductor, the probability
                   of a Tc above zero at the base rate of the training data;
                   with --split, one such file per seed, in seed-N
  report.json      MAE, R2, RMSE, MAE among superconductors, ROC-AUC of some
                   against none, calibration error and coverage of the
                   intervals, each with its 95 % bootstrap interval; duplicates
                   and near duplicates of training compositions; rows that could
                   not be read as written; command, seed and hashes of the files";

pub(crate) fn run(options: &Options) -> Result<Status, Failure> {
    set_threads(options.threads)?;
    let started = Instant::now();
    let titles = options.columns.by_column().map_err(Failure::usage)?;
    if let Some(unread) = titles.keys().find(|column| !READ.contains(column)) {
        let read = READ.map(TableColumn::word).join(", ");
        return Err(Failure::usage(format!("--column: this command reads {read}, not {unread}")));
    }
    // A title is given because there is such a column, if only where temperatures are known.
    let needed: Vec<TableColumn> = titles.keys().copied().chain([TableColumn::Tc]).collect();
    let train = Input::read(&options.train, &titles, &needed)?;
    let test = options.test.as_deref().map(|path| Input::read(path, &titles, &[])).transpose()?;
    fs::create_dir_all(&options.out).map_err(|source| Failure::file(&options.out, source))?;
    let recipe = TcRecipe { negatives: options.negatives, ..TcRecipe::standard() };
    let models = options.models(&recipe)?;
    let structures = match &options.structures {
        Some(path) => Some(Structures::new(options.records.read(path)?.0)),
        None => None,
    };
    let mut reports = Vec::new();
    let mut unanswered = 0;
    for seed in options.seed..options.seed.saturating_add(options.seeds) {
        let (negatives, known, out) = (options.negatives, structures.as_ref(), &options.out);
        let run = match (&test, options.split) {
            (Some(test), _) => Run::between(&train.table, &test.table, known, negatives, seed, out),
            (None, Some(held_out)) => Run::held_out(&train.table, known, held_out, negatives, seed, out)?,
            (None, None) => return Err(Failure::usage("--test or --split says what is predicted")),
        };
        fs::create_dir_all(&run.folder).map_err(|source| Failure::file(&run.folder, source))?;
        for (index, model) in models.iter().enumerate() {
            let report = run.report(model.as_ref(), (index == 0).then_some("predictions.csv"))?;
            unanswered += if index == 0 { report.unanswered } else { 0 };
            note(format_args!("{}", report.line()));
            reports.push(report);
        }
    }
    let inputs = [Some(&train), test.as_ref()];
    let misread: Vec<String> = inputs.iter().flatten().flat_map(|input| input.remarks()).collect();
    misread.iter().for_each(|remark| note(format_args!("{remark}")));
    let summary = summary(&reports);
    let value = json!({
        "schema": "s2s-benchmark-tc",
        "version": 1,
        "command": command_line(),
        "program": env!("CARGO_PKG_VERSION"),
        "recipe": recipe,
        "structures": options.structures.as_deref().map(|path| -> Result<_, Failure> {
            let entry = FileEntry::of(path).map_err(|error| Failure::usage(error.to_string()))?;
            let left_out = structures.as_ref().map_or(0, Structures::polymorphs);
            Ok(json!({ "sha256": entry.sha256, "other_structures_of_a_composition": left_out }))
        }).transpose()?,
        "files": inputs.iter().flatten().map(|input| input.counts()).collect::<Vec<_>>(),
        "not_read_as_written": { "count": misread.len(), "rows": misread },
        "rows_without_a_prediction": unanswered,
        "runs": reports,
        "means": summary,
    });
    Destination::new(&options.out.join("report.json"))?.write(format!("{value:#}\n").as_bytes())?;
    let mut out = StandardOutput::lock();
    for (model, figures) in &summary {
        let all: Vec<String> =
            figures.iter().map(|(name, s)| format!("{name} {:.3} ± {:.3}", s.mean, s.deviation)).collect();
        writeln!(out, "{model}: {}", all.join(", "))?;
    }
    let seconds = started.elapsed().as_secs_f64();
    writeln!(out, "{} not read as written; results in {}, {seconds:.0} s", misread.len(), options.out.display())?;
    out.flush()?;
    Ok(Status::of(unanswered == 0 && inputs.iter().flatten().all(|input| input.is_complete())))
}

/// Columns that are read; that of identifiers has its usual title.
const READ: [TableColumn; 4] = [TableColumn::Formula, TableColumn::Tc, TableColumn::TestedTo, TableColumn::Year];

impl Options {
    /// The models that are asked for, each once.
    fn models(&self, recipe: &TcRecipe) -> Result<Vec<Box<dyn TcRegressor>>, Failure> {
        let mut kinds = self.models.clone();
        kinds.extend(self.baselines.then_some(Model::BASELINES).into_iter().flatten());
        let mut models = Vec::new();
        for (index, kind) in kinds.iter().enumerate() {
            if kind.sees_structures() && self.structures.is_none() {
                return Err(Failure::usage(format!("{kind} needs --structures")));
            }
            if !kinds[..index].contains(kind) {
                models.push(kind.build(recipe));
            }
        }
        Ok(models)
    }
}

/// Mean and standard deviation of every figure over the seeds, by model.
fn summary(reports: &[run::RunReport]) -> BTreeMap<String, BTreeMap<&'static str, Summary>> {
    let mut values: BTreeMap<String, BTreeMap<&'static str, Vec<f64>>> = BTreeMap::new();
    for report in reports {
        let Some(all) = &report.all else { continue };
        let of_model = values.entry(report.model.clone()).or_default();
        let novel = report.without_near_duplicates.as_ref().and_then(|report| report.mae_k);
        for (name, figure) in [
            ("mae_k", all.mae_k),
            ("mae_without_near_duplicates_k", novel),
            ("rmse_k", all.rmse_k),
            ("r2", all.r2),
            ("mae_superconductors_k", all.mae_superconductors_k),
            ("roc_auc", all.roc_auc),
            ("calibration_error", all.calibration_error),
            ("coverage", all.coverage),
        ] {
            of_model.entry(name).or_default().extend(figure.map(|figure| figure.value));
        }
    }
    let summarize = |figures: BTreeMap<&'static str, Vec<f64>>| {
        figures.into_iter().filter_map(|(name, values)| Some((name, Summary::of(&values)?))).collect()
    };
    values.into_iter().map(|(model, figures)| (model, summarize(figures))).collect()
}
