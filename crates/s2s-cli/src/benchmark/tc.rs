//! `s2s benchmark tc`: learns critical temperatures from a table, predicts another one, and says how good that is.
//!
//! ```text
//! s2s benchmark tc --train train.csv --test test.csv --out results
//! s2s benchmark tc --train supercon.csv --split chemical-system --seeds 5 --baselines --out results
//! s2s benchmark tc --train nims.csv --split year --negatives unlabeled --out results
//! s2s benchmark tc --train supercon.csv --split random --models forest,kernel,network --out results
//! s2s benchmark tc --train supercon.csv --split random --structures crystals.jsonl.zst --models forest,forest-structure --out results
//! ```

mod models;

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Read, Write},
    path::{Path, PathBuf},
    str::FromStr,
    time::Instant,
};

use clap::Args;
use s2s_crystal::Composition;
use s2s_data::{
    Groups, Label, Split,
    file::{FileEntry, open_file},
    table::{TcRow, TcTable},
};
use s2s_eval::{
    Summary,
    benchmark::Sides,
    metric::Bootstrap,
    tc::{
        Figure, Negatives, Overlap, Resemblance, Structures, TcExample, TcInput, TcPrediction, TcRecipe, TcRegressor,
        TcReport, median_kelvin,
    },
};
use serde::Serialize;
use serde_json::json;
use sha2::{Digest, Sha256};

use self::models::Model;
use super::command_line;
use crate::{
    Status,
    console::{StandardOutput, note},
    csv_field::quoted,
    destination::Destination,
    failure::Failure,
    records::HeldRecords,
    thread_pool::set_threads,
};

/// The longest table that is read, in bytes.
const TABLE_BYTES: u64 = 64 << 20;

#[derive(Debug, Args)]
#[command(after_long_help = FILES)]
pub(crate) struct Options {
    /// Table to learn from: columns `formula` (or `name`), `Tc` in K (0 for none reported, `<4.2` for none down to there) and,
    /// if there are any, `id`, `tested_to` (lowest temperature in K without a transition) and `year`, in any order
    #[arg(long, value_name = "FILE")]
    train: PathBuf,
    /// Table to predict; its `Tc` may be empty or missing
    #[arg(long, value_name = "FILE", required_unless_present = "split", conflicts_with = "split")]
    test: Option<PathBuf>,
    /// Hold a fifth of the table to learn from out instead, and predict it: random, formula, chemical-system or family say
    /// what must not be on both sides; year holds the latest years out, and leaves out rows without one
    #[arg(long, value_name = "KIND")]
    split: Option<HeldOut>,
    /// Rows without a transition: all are negatives; tested, only those with a limit take part; unlabeled, the others may
    /// have one, with a probability that is learned
    #[arg(long, value_name = "KIND", default_value_t = Negatives::All)]
    negatives: Negatives,
    /// Folder for the results
    #[arg(long, value_name = "DIR")]
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
    #[arg(long, value_name = "FILE")]
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

/// What --split holds out.
#[derive(Clone, Copy, Debug)]
enum HeldOut {
    /// So that nothing of a kind is on both sides.
    Sides(Sides),
    /// The latest years.
    Year,
}

impl FromStr for HeldOut {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        if word == "year" {
            return Ok(Self::Year);
        }
        word.parse().map(Self::Sides).map_err(|error: String| format!("{error}, year"))
    }
}

/// Share of the rows that --split holds out.
const HELD_OUT: f64 = 0.2;

/// A table with the hash of its file.
struct Input {
    table: TcTable,
    name: String,
    sha256: String,
}

/// A run: the training table, the test table, and the folder.
struct Run<'t> {
    seed: u64,
    negatives: Negatives,
    train: Vec<TcExample>,
    test: Vec<&'t TcRow>,
    structures: Option<&'t Structures>,
    folder: PathBuf,
}

pub(crate) fn run(options: &Options) -> Result<Status, Failure> {
    set_threads(options.threads)?;
    let started = Instant::now();
    let train = Input::read(&options.train)?;
    let test = options.test.as_deref().map(Input::read).transpose()?;
    fs::create_dir_all(&options.out).map_err(|source| Failure::file(&options.out, source))?;
    let recipe = TcRecipe { negatives: options.negatives, ..TcRecipe::standard() };
    let mut kinds = options.models.clone();
    kinds.extend(options.baselines.then_some(Model::BASELINES).into_iter().flatten());
    let mut models: Vec<Box<dyn TcRegressor>> = Vec::new();
    for (place, kind) in kinds.iter().enumerate() {
        if kind.sees_structures() && options.structures.is_none() {
            return Err(Failure::usage(format!("{kind} needs --structures")));
        }
        if !kinds[..place].contains(kind) {
            models.push(kind.build(&recipe));
        }
    }
    let structures = match &options.structures {
        Some(path) => Some(Structures::new(options.records.read(path)?.0)),
        None => None,
    };
    let mut reports = Vec::new();
    let mut unanswered = 0;
    for seed in options.seed..options.seed.saturating_add(options.seeds) {
        let run = match (&test, options.split) {
            (Some(test), _) => {
                let mut examples = examples(&train.table.rows, structures.as_ref());
                examples.retain(|example| options.negatives.include(example));
                let (rows, folder) = (test.table.rows.iter().collect(), options.out.clone());
                let structures = structures.as_ref();
                Run { seed, negatives: options.negatives, train: examples, test: rows, structures, folder }
            }
            (None, Some(held_out)) => Run::held_out(&train.table, structures.as_ref(), held_out, options, seed)?,
            (None, None) => return Err(Failure::usage("--test or --split says what is predicted")),
        };
        fs::create_dir_all(&run.folder).map_err(|source| Failure::file(&run.folder, source))?;
        for (place, model) in models.iter().enumerate() {
            let report = run.report(model.as_ref(), (place == 0).then_some("predictions.csv"))?;
            unanswered += if place == 0 { report.unanswered } else { 0 };
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
        "seconds": started.elapsed().as_secs_f64().round(),
    });
    Destination::new(&options.out.join("report.json"))?.write(format!("{value:#}\n").as_bytes())?;
    let mut out = StandardOutput::lock();
    for (model, figures) in &summary {
        let all: Vec<String> =
            figures.iter().map(|(name, s)| format!("{name} {:.3} ± {:.3}", s.mean, s.deviation)).collect();
        writeln!(out, "{model}: {}", all.join(", "))?;
    }
    writeln!(out, "{} not read as written; results in {}", misread.len(), options.out.display())?;
    out.flush()?;
    Ok(Status::of(unanswered == 0 && inputs.iter().flatten().all(|input| input.table.faults.is_empty())))
}

impl Input {
    fn read(path: &Path) -> Result<Self, Failure> {
        let failed = |source| Failure::file(path, source);
        let source: Box<dyn Read> = match path == Path::new("-") {
            true => Box::new(io::stdin()),
            false => Box::new(open_file(path).map_err(failed)?),
        };
        let mut bytes = Vec::new();
        source.take(TABLE_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
        if bytes.len() as u64 > TABLE_BYTES {
            let message = format!("{}: the table is longer than {} MiB", path.display(), TABLE_BYTES >> 20);
            return Err(Failure::usage(message));
        }
        let table =
            TcTable::read(bytes.as_slice()).map_err(|error| Failure::usage(format!("{}: {error}", path.display())))?;
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Self { table, name, sha256: format!("{:x}", Sha256::digest(&bytes)) })
    }

    /// The file, and its rows by what they say.
    fn counts(&self) -> serde_json::Value {
        let rows = &self.table.rows;
        let count = |wanted: fn(&TcRow) -> bool| rows.iter().filter(|row| wanted(row)).count();
        json!({
            "name": self.name,
            "sha256": self.sha256,
            "rows": rows.len(),
            "lines_without_a_row": self.table.faults.len(),
            "superconductors": count(|row| row.kelvin() > Some(0.0)),
            "no_transition_down_to_a_limit": count(|row| row.label.is_some_and(|label| label.tested_to().is_some())),
            "none_reported": count(|row| row.label == Some(Label::NoneReported)),
            "without_a_tc": count(|row| row.label.is_none()),
            "with_a_year": count(|row| row.year.is_some()),
        })
    }

    /// One line for everything that was not read as it is written.
    fn remarks(&self) -> Vec<String> {
        let rows = self.table.rows.iter().flat_map(|row| {
            let unread = row.composition.as_ref().err();
            unread.into_iter().chain(&row.remarks).map(|what| format!("{} row {}: {what}", self.name, row.row))
        });
        let faults = self.table.faults.iter().map(|fault| format!("{} {fault}", self.name));
        rows.chain(faults).collect()
    }
}

/// Rows that can be learned from, with their structures where they are known.
fn examples<'t>(rows: impl IntoIterator<Item = &'t TcRow>, structures: Option<&Structures>) -> Vec<TcExample> {
    let with_structure = |row: &TcRow| {
        let example = TcExample::of_row(row)?;
        Some(TcExample { crystal: structures.and_then(|known| known.of(&example.composition)), ..example })
    };
    rows.into_iter().filter_map(with_structure).collect()
}

/// The figures of one model in one run.
#[derive(Debug, Serialize)]
struct RunReport {
    model: String,
    seed: u64,
    trained_on: usize,
    /// Training and test rows whose structure is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    with_structure: Option<[usize; 2]>,
    unanswered: usize,
    /// Test rows by how near the nearest training composition is.
    overlap: Overlap,
    /// Of all rows with a Tc.
    #[serde(skip_serializing_if = "Option::is_none")]
    all: Option<TcReport>,
    /// Without duplicates and near duplicates of training compositions.
    #[serde(skip_serializing_if = "Option::is_none")]
    without_near_duplicates: Option<TcReport>,
    seconds: f64,
}

impl<'t> Run<'t> {
    /// A fifth of the usable rows as the test side.
    fn held_out(
        table: &'t TcTable,
        structures: Option<&'t Structures>,
        held_out: HeldOut,
        options: &Options,
        seed: u64,
    ) -> Result<Self, Failure> {
        let usable = |row: &&TcRow| {
            let has_structure = |of: &Composition| structures.is_none_or(|known| known.of(of).is_some());
            TcExample::of_row(row)
                .is_some_and(|example| options.negatives.include(&example) && has_structure(&example.composition))
        };
        let rows: Vec<&TcRow> = table.rows.iter().filter(usable).collect();
        let labels: Vec<bool> = rows.iter().map(|row| row.kelvin() > Some(0.0)).collect();
        let compositions: Vec<Composition> = rows.iter().filter_map(|row| row.composition.clone().ok()).collect();
        let split = match held_out {
            HeldOut::Year => {
                let years: Vec<Option<u16>> = rows.iter().map(|row| row.year).collect();
                if years.iter().flatten().min() == years.iter().flatten().max() {
                    return Err(Failure::usage("--split year needs a column `year` with two different years"));
                }
                let split = Split::temporal(&years, HELD_OUT)?;
                let undated = years.iter().filter(|year| year.is_none()).count();
                if let Some(first) = split.test.iter().filter_map(|&i| years[i]).min() {
                    note(format_args!("predicted: {first} and later; rows without a year, left out: {undated}"));
                }
                split
            }
            HeldOut::Sides(Sides::Random) => Split::stratified(&labels, HELD_OUT, seed)?,
            HeldOut::Sides(Sides::Formula) => {
                let key = |c: &Composition| c.reduced_formula();
                Split::grouped(&labels, &Groups::by_key(compositions.iter().map(key)), HELD_OUT, seed)?
            }
            HeldOut::Sides(Sides::ChemicalSystem) => {
                let key = |c: &Composition| c.elements().collect::<Vec<_>>();
                Split::grouped(&labels, &Groups::by_key(compositions.iter().map(key)), HELD_OUT, seed)?
            }
            HeldOut::Sides(Sides::Family) => {
                let groups = Groups::of_compositions_by_cluster(&compositions, FAMILIES, seed);
                Split::grouped(&labels, &groups, HELD_OUT, seed)?
            }
        };
        let train = examples(split.train.iter().map(|&i| rows[i]), structures);
        let test = split.test.iter().map(|&i| rows[i]).collect();
        let folder = options.out.join(format!("seed-{seed}"));
        Ok(Self { seed, negatives: options.negatives, train, test, structures, folder })
    }

    /// Whether predictions are compared with what a row says.
    fn judges(&self, row: &TcRow) -> bool {
        TcExample::of_row(row).is_some_and(|example| self.negatives.include(&example))
    }

    /// Trains, predicts, writes the predictions if they get a name, and measures them.
    fn report(&self, model: &dyn TcRegressor, file: Option<&str>) -> Result<RunReport, Failure> {
        let started = Instant::now();
        let answered: Vec<(&TcRow, &Composition)> =
            self.test.iter().filter_map(|row| Some((*row, row.composition.as_ref().ok()?))).collect();
        let compositions: Vec<&Composition> = answered.iter().map(|(_, composition)| *composition).collect();
        let crystals: Vec<_> = compositions.iter().map(|of| self.structures.and_then(|known| known.of(of))).collect();
        let asked = compositions.iter().zip(&crystals);
        let asked: Vec<TcInput<'_>> =
            asked.map(|(&composition, crystal)| TcInput { composition, crystal: crystal.as_deref() }).collect();
        let predictions = model.fit_predict(&self.train, &asked, self.seed).map_err(Failure::library)?;
        if let Some(file) = file {
            Destination::new(&self.folder.join(file))?.write(csv(&self.test, &predictions).as_bytes())?;
        }
        let (overlap, resemblances) = Overlap::of(&self.train, &compositions);
        let median = median_kelvin(&self.train).unwrap_or(0.0);
        let figures = |wanted: &dyn Fn(Resemblance) -> bool| {
            let rows: Vec<usize> =
                (0..answered.len()).filter(|&k| self.judges(answered[k].0) && wanted(resemblances[k])).collect();
            let kelvin: Vec<f64> = rows.iter().filter_map(|&k| answered[k].0.kelvin()).collect();
            let picked: Vec<TcPrediction> = rows.iter().map(|&k| predictions[k]).collect();
            let compositions: Vec<&Composition> = rows.iter().map(|&k| compositions[k]).collect();
            let bootstrap = Bootstrap::standard(self.seed);
            (!rows.is_empty()).then(|| TcReport::new(&compositions, &kelvin, &picked, median, bootstrap))
        };
        let repeats = |what| matches!(what, Resemblance::Duplicate | Resemblance::NearDuplicate);
        Ok(RunReport {
            model: model.name(),
            seed: self.seed,
            trained_on: self.train.len(),
            with_structure: self.structures.map(|_| {
                let known = self.train.iter().filter(|example| example.crystal.is_some()).count();
                [known, crystals.iter().flatten().count()]
            }),
            unanswered: self.test.len() - answered.len(),
            overlap,
            all: figures(&|_| true),
            without_near_duplicates: figures(&|what| !repeats(what)),
            seconds: (10.0 * started.elapsed().as_secs_f64()).round() / 10.0,
        })
    }
}

/// Clusters of compositions of the split by family.
const FAMILIES: usize = 30;

impl RunReport {
    /// One line for the terminal.
    fn line(&self) -> String {
        let Overlap { duplicates, near_duplicates, new_system, .. } = self.overlap;
        let known = format!(
            "{duplicates} duplicates and {near_duplicates} near duplicates of training compositions, {new_system} of \
             chemical systems that it has not"
        );
        let value = |figure: Option<Figure>| figure.map_or("–".to_owned(), |figure| format!("{:.3}", figure.value));
        let figures = self.all.as_ref().map_or("no Tc to compare with".to_owned(), |all| {
            let (mae, r2, auc) = (value(all.mae_k), value(all.r2), value(all.roc_auc));
            format!("MAE {mae} K, R2 {r2}, ROC-AUC {auc} on {} rows", all.rows)
        });
        format!("{}, seed {}: {figures}; {known}; {} s", self.model, self.seed, self.seconds)
    }
}

/// Mean and standard deviation of every figure over the seeds, by model.
fn summary(reports: &[RunReport]) -> BTreeMap<String, BTreeMap<&'static str, Summary>> {
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

/// The predictions of all rows; a row that could not be read has none.
fn csv(rows: &[&TcRow], predictions: &[TcPrediction]) -> String {
    let mut text = "id,formula,Tc_predicted_K,Tc_low_K,Tc_high_K,p_superconductor\n".to_owned();
    let mut predictions = predictions.iter();
    for row in rows {
        let prediction = row.composition.as_ref().ok().and_then(|_| predictions.next());
        let numbers = prediction
            .map_or(",,,".to_owned(), |p| format!("{:.3},{:.3},{:.3},{:.4}", p.kelvin, p.low, p.high, p.probability));
        text += &format!("{},{},{numbers}\n", quoted(&row.id), quoted(&row.formula));
    }
    text
}
