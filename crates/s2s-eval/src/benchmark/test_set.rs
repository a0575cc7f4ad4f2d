//! A test set: crystals of a file of their own, scored once by models that have learned from all of another.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    fs::{self, File, OpenOptions},
    io::Write as _,
    path::{Path, PathBuf},
    time::Instant,
};

use s2s_crystal::Element;
use s2s_data::{
    Dataset, Record,
    file::{AtomicFile, FileEntry},
};
use serde::{Deserialize, Serialize};

use super::{
    BenchmarkModel, Example,
    result::{encode, parse, write_line},
};
use crate::{
    EvalError, Summary,
    metric::{Bootstrap, Evaluation},
};

/// What all results of a test set have in common.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestSetting {
    /// Name of the file that is learned from.
    pub train: String,
    /// Its SHA-256.
    pub train_sha256: String,
    /// Number of crystals that are learned from.
    pub train_crystals: usize,
    /// Name of the file that is tested on.
    pub test: String,
    /// Its SHA-256.
    pub test_sha256: String,
    /// Crystals of that file whose chemical system is in the other one, which take no part.
    pub left_out: usize,
    /// Crystals that are tested on.
    pub crystals: usize,
    /// Superconductors among them.
    pub superconductors: usize,
}

/// What one model gave on the test set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TestResult {
    /// Name of the model.
    pub model: String,
    /// What its results depend on beside data and seed.
    pub settings: String,
    /// Seed of the model.
    pub seed: u64,
    /// How long it took, features included.
    pub seconds: f64,
    /// How good the probabilities are, with bootstrap intervals over the crystals of the test set.
    pub evaluation: Evaluation,
    /// The probabilities in the order of the test set: four hexadecimal digits each, in units of 1/65535.
    pub probabilities: String,
}

/// Models that learn from all crystals of a dataset, and are scored once on the crystals of another whose chemical systems
/// the dataset does not have.
///
/// Results are kept as JSON lines in `test.jsonl`, behind a line with their [`TestSetting`]. A model whose result for a seed
/// is there is not scored again, and none is scored under other settings, so that nothing is chosen by repeated looks at
/// the test set.
#[derive(Debug)]
pub struct TestSet<'d> {
    train: &'d Dataset,
    test: Dataset,
    setting: TestSetting,
    path: PathBuf,
    results: Vec<TestResult>,
}

impl<'d> TestSet<'d> {
    /// The test set of the records that were read from `test_file`, for models that learn from what was read from
    /// `train_file`; its results are in `folder`, which is made if it is not there.
    ///
    /// # Errors
    ///
    /// [`EvalError::Data`] if either side has one class only; [`EvalError::Storage`] if something cannot be read or made;
    /// [`EvalError::Mismatch`] if the folder holds results of other data.
    pub fn open(
        folder: impl Into<PathBuf>,
        train_file: &Path,
        train: &'d Dataset,
        test_file: &Path,
        records: Vec<Record>,
    ) -> Result<Self, EvalError> {
        let known: BTreeSet<Vec<Element>> = train.records().iter().map(chemical_system).collect();
        let before = records.len();
        let apart: Vec<Record> = records.into_iter().filter(|r| !known.contains(&chemical_system(r))).collect();
        let left_out = before - apart.len();
        let test = Dataset::new(apart)?;
        for (side, data) in [("training", train), ("test", &test)] {
            if [0, data.len()].contains(&data.num_superconductors()) {
                let class = if data.is_empty() { "no crystals" } else { "only one class of crystals" };
                return Err(EvalError::Data { reason: format!("the {side} side holds {class}") });
            }
        }
        let name = |path: &Path| path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let setting = TestSetting {
            train: name(train_file),
            train_sha256: sha256(train_file)?,
            train_crystals: train.len(),
            test: name(test_file),
            test_sha256: sha256(test_file)?,
            left_out,
            crystals: test.len(),
            superconductors: test.num_superconductors(),
        };
        let folder = folder.into();
        fs::create_dir_all(&folder).map_err(|error| storage("make a folder", &folder, error))?;
        let path = folder.join("test.jsonl");
        let results = match path.exists() {
            true => read(&path, &setting)?,
            false => Vec::new(),
        };
        Ok(Self { train, test, setting, path, results })
    }

    /// The records that are tested on.
    pub fn records(&self) -> &[Record] {
        self.test.records()
    }

    /// What all results have in common.
    pub fn setting(&self) -> &TestSetting {
        &self.setting
    }

    /// All results, in the order in which they came.
    pub fn results(&self) -> &[TestResult] {
        &self.results
    }

    /// Fits a model on all training crystals and scores it, unless its result is there; whether it was scored now.
    ///
    /// # Errors
    ///
    /// As [`BenchmarkModel::fit_score`]; [`EvalError::Data`] if it does not give one probability per crystal;
    /// [`EvalError::Mismatch`] if a result of it is there with other settings; [`EvalError::Storage`].
    pub fn score(&mut self, model: &dyn BenchmarkModel, seed: u64) -> Result<bool, EvalError> {
        let (name, settings) = (model.name(), model.settings());
        let mut there = self.results.iter().filter(|result| result.model == name);
        if let Some(found) = there.clone().find(|result| result.settings != settings) {
            let reason = format!("{name} was \"{}\", and is not scored with other settings", found.settings);
            return Err(EvalError::Mismatch { path: self.path.clone(), reason });
        }
        if there.any(|result| result.seed == seed) {
            return Ok(false);
        }
        let pairs = self.train.records().iter().zip(self.train.labels());
        let train: Vec<Example<'_>> = pairs.map(|(record, &superconducts)| Example { record, superconducts }).collect();
        let test: Vec<&Record> = self.test.records().iter().collect();
        let started = Instant::now();
        let probabilities = model.fit_score(&train, &test, seed)?;
        let seconds = (started.elapsed().as_secs_f64() * 100.0).round() / 100.0;
        if probabilities.len() != test.len() || probabilities.iter().any(|p| !(0.0..=1.0).contains(p)) {
            return Err(EvalError::Data { reason: format!("{name} did not give one probability per crystal") });
        }
        let labels = self.test.labels();
        let elements: Vec<usize> = test.iter().map(|record| record.crystal.composition().num_elements()).collect();
        let evaluation = Evaluation::new(labels, &probabilities)
            .with_strata(labels, &probabilities, &elements)
            .with_intervals(labels, &probabilities, Bootstrap::standard(seed));
        let probabilities = encode(&probabilities);
        let result = TestResult { model: name, settings, seed, seconds, evaluation, probabilities };
        let is_new = !self.path.exists();
        let file = OpenOptions::new().create(true).append(true).open(&self.path);
        let mut file = file.map_err(|error| storage("open the results", &self.path, error))?;
        let heading = if is_new { write_line(&mut file, &self.setting) } else { Ok(()) };
        let written = heading.and_then(|()| write_line(&mut file, &result));
        written.map_err(|error| storage("write the results", &self.path, error))?;
        self.results.push(result);
        Ok(true)
    }

    /// Writes the table of all results as `test.md` and returns it.
    ///
    /// # Errors
    ///
    /// [`EvalError::Storage`].
    pub fn write_table(&self) -> Result<String, EvalError> {
        let (path, table) = (self.path.with_extension("md"), self.to_string());
        let written = AtomicFile::create(&path).and_then(|mut file| {
            file.write_all(table.as_bytes())?;
            file.commit()
        });
        written.map_err(|error| storage("write", &path, error))?;
        Ok(table)
    }
}

/// A table in Markdown with one row per model, the highest ROC-AUC first.
impl fmt::Display for TestSet<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let TestSetting { train, train_crystals, test, crystals, superconductors, left_out, .. } = &self.setting;
        writeln!(
            f,
            "Learned from the {train_crystals} crystals of {train}; tested on {crystals} of {test}, {superconductors} of them \
             superconductors, whose chemical systems {train} does not have ({left_out} others left out).\n"
        )?;
        let mut models: BTreeMap<&str, Vec<&Evaluation>> = BTreeMap::new();
        for result in &self.results {
            models.entry(&result.model).or_default().push(&result.evaluation);
        }
        if models.values().any(|seeds| seeds.len() > 1) {
            writeln!(
                f,
                "Where a model has several seeds: mean ± standard deviation over the seeds, and means of the intervals' ends.\n"
            )?;
        }
        writeln!(
            f,
            "| model | ACC | ROC-AUC [95 % interval] | AUC, equal numbers of elements | PR-AUC | ECE | seeds |\n\
             |---|---|---|---|---|---|---|"
        )?;
        let mut rows: Vec<(f64, String)> = models.iter().map(|(name, seeds)| row(name, seeds)).collect();
        rows.sort_by(|a, b| b.0.total_cmp(&a.0));
        rows.iter().try_for_each(|(_, row)| writeln!(f, "{row}"))
    }
}

/// The row of a model in the table, behind the mean of its ROC-AUC.
fn row(name: &str, seeds: &[&Evaluation]) -> (f64, String) {
    let summary = |metric: fn(&Evaluation) -> Option<f64>| {
        let values: Option<Vec<f64>> = seeds.iter().map(|evaluation| metric(evaluation)).collect();
        values.and_then(|values| Summary::of(&values))
    };
    let percent = |metric: fn(&Evaluation) -> Option<f64>| match summary(metric) {
        None => "–".to_owned(),
        Some(s) if s.count > 1 => format!("{:.1} ± {:.1}", 100.0 * s.mean, 100.0 * s.deviation),
        Some(s) => format!("{:.1}", 100.0 * s.mean),
    };
    let ends = [summary(|e| e.roc_auc_interval.map(|i| i.low)), summary(|e| e.roc_auc_interval.map(|i| i.high))];
    let ends = match ends {
        [Some(low), Some(high)] => format!(" [{:.1}, {:.1}]", 100.0 * low.mean, 100.0 * high.mean),
        _ => String::new(),
    };
    let [accuracy, area] = [percent(|e| e.accuracy), percent(|e| e.roc_auc)];
    let [stratified, precision, ece] = [percent(|e| e.stratified_roc_auc), percent(|e| e.pr_auc), percent(|e| e.ece)];
    let row = format!("| {name} | {accuracy} | {area}{ends} | {stratified} | {precision} | {ece} | {} |", seeds.len());
    (summary(|e| e.roc_auc).map_or(f64::NEG_INFINITY, |s| s.mean), row)
}

fn chemical_system(record: &Record) -> Vec<Element> {
    record.crystal.composition().elements().collect::<BTreeSet<_>>().into_iter().collect()
}

fn sha256(path: &Path) -> Result<String, EvalError> {
    let read = File::open(path).and_then(FileEntry::of_stream);
    Ok(read.map_err(|error| storage("read the records", path, error))?.sha256)
}

fn read(path: &Path, setting: &TestSetting) -> Result<Vec<TestResult>, EvalError> {
    let text = fs::read_to_string(path).map_err(|error| storage("read the results", path, error))?;
    let mut lines = text.lines();
    let found: Option<TestSetting> = lines.next().map(|line| parse(path, line)).transpose()?;
    if found.as_ref() != Some(setting) {
        let reason = format!("it holds results of {found:?}, not of {setting:?}");
        return Err(EvalError::Mismatch { path: path.to_owned(), reason });
    }
    lines.map(|line| parse(path, line)).collect()
}

fn storage(action: &'static str, path: &Path, error: std::io::Error) -> EvalError {
    EvalError::Storage { action, path: path.to_owned(), error }
}
