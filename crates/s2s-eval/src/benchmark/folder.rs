//! The folder of a benchmark: results fold by fold, and the table of all of them.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File, OpenOptions},
    io::Write,
    ops::Range,
    path::{Path, PathBuf},
};

use s2s_data::{
    Dataset, MaterialId,
    file::{AtomicFile, FileEntry},
};
use serde::Serialize;
use serde_json::json;

use super::{
    BenchmarkModel, Comparison, DifferenceTable, FoldResult, Job, Protocol, ResultFile, ScoreTable, Setting, Sides,
};
use crate::EvalError;

/// Results of any models on the same folds of one dataset.
///
/// | file | what it holds |
/// |---|---|
/// | `folds.jsonl` | a line per model and fold, with the out-of-fold probabilities: [`ResultFile`] |
/// | `table.md`, `summary.json` | mean and standard deviation of every metric: [`ScoreTable`] |
/// | `differences.md`, `differences.json` | ROC-AUC of models minus that of another: [`DifferenceTable`] |
/// | `doubtful.json` | crystals whose label the models contradict |
/// | `commands.jsonl` | a line per command that was run here |
///
/// A run that was killed goes on in its folder: the folds whose results are there are not run again.
#[derive(Debug)]
pub struct BenchmarkFolder<'d> {
    path: PathBuf,
    data: &'d Dataset,
    setting: Setting,
    file: ResultFile,
    /// All folds of which there are results, in order.
    jobs: Vec<Job>,
    /// Whether a result was added since the folder was opened.
    has_new: bool,
}

/// A crystal whose label is contradicted.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DoubtfulLabel {
    /// Identifier of the record.
    pub id: MaterialId,
    /// Formula of the record.
    pub formula: Box<str>,
    /// The label.
    pub superconductor: bool,
    /// Mean probability of superconductivity while the crystal was in the test side.
    pub p: f64,
}

/// Probability of a label below which it is doubtful.
const DOUBTFUL: f64 = 0.1;

impl<'d> BenchmarkFolder<'d> {
    /// The results in a folder, which is made if it is not there, of the dataset that was read from `file`.
    ///
    /// # Errors
    ///
    /// [`EvalError::Data`] if all crystals are of one class; [`EvalError::Storage`] if something cannot be read or made;
    /// [`EvalError::Mismatch`] if the folder holds results of other data or of another number of folds.
    pub fn open(path: impl Into<PathBuf>, file: &Path, data: &'d Dataset, folds: usize) -> Result<Self, EvalError> {
        let path = path.into();
        if [0, data.len()].contains(&data.num_superconductors()) {
            let class = if data.is_empty() { "no crystals" } else { "only one class of crystals" };
            return Err(EvalError::Data { reason: format!("{} holds {class}", file.display()) });
        }
        let read = File::open(file).and_then(FileEntry::of_stream);
        let data_sha256 =
            read.map_err(|error| EvalError::Storage { action: "read the records", path: file.into(), error })?.sha256;
        fs::create_dir_all(&path).map_err(|error| storage("make a folder", &path, error))?;
        let setting = Setting {
            data: file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
            data_sha256,
            crystals: data.len(),
            superconductors: data.num_superconductors(),
            folds,
        };
        let file = ResultFile::open(path.join("folds.jsonl"), &setting)?;
        let run: BTreeSet<(Sides, u64)> = file.results().iter().map(|r| (r.sides, r.seed)).collect();
        let mut folder = Self { path, data, setting, file, jobs: Vec::new(), has_new: false };
        run.into_iter().try_for_each(|(sides, seed)| folder.make_folds(sides, seed))?;
        Ok(folder)
    }

    /// Runs a model on every fold of some splits and seeds whose result is not there; `done` is told of each.
    ///
    /// # Errors
    ///
    /// As [`Sides::folds`], [`FoldResult::of`], [`ResultFile::has`] and [`ResultFile::append`].
    pub fn run(
        &mut self,
        model: &dyn BenchmarkModel,
        sides: &[Sides],
        seeds: Range<u64>,
        mut done: impl FnMut(&FoldResult),
    ) -> Result<(), EvalError> {
        for (&sides, seed) in sides.iter().flat_map(|sides| seeds.clone().map(move |seed| (sides, seed))) {
            self.make_folds(sides, seed)?;
            for job in self.jobs.iter().filter(|job| (job.sides, job.seed) == (sides, seed)) {
                if !self.file.has(model, job)? {
                    let result = FoldResult::of(model, self.data, job)?;
                    done(&result);
                    self.file.append(result)?;
                    self.has_new = true;
                }
            }
        }
        Ok(())
    }

    /// Adds a row `name`: the mean of the logits of some models, on every fold that all of them have run.
    ///
    /// # Errors
    ///
    /// As [`FoldResult::mean`] and [`ResultFile::append`].
    pub fn add_mean(&mut self, name: &str, members: &[&str]) -> Result<(), EvalError> {
        let fold = |r: &FoldResult| (r.model.clone(), r.sides, r.seed, r.fold);
        for result in self.means(name, members, &self.jobs)? {
            if !self.file.results().iter().any(|r| fold(r) == fold(&result)) {
                self.file.append(result)?;
            }
        }
        Ok(())
    }

    /// Crystals to whose label the mean of some models gives less than one in ten, over all seeds of the random split and
    /// of the one by chemical system, the most contradicted first; also written as `doubtful.json`.
    ///
    /// # Errors
    ///
    /// As [`FoldResult::mean`]; [`EvalError::Storage`] if the file cannot be written.
    pub fn doubtful(&self, members: &[&str]) -> Result<Vec<DoubtfulLabel>, EvalError> {
        let mut sums = vec![(0.0, 0_u32); self.data.len()];
        let mut jobs = self.jobs.clone();
        jobs.retain(|job| [Sides::Random, Sides::ChemicalSystem].contains(&job.sides));
        for result in self.means("mean", members, &jobs)? {
            let job = jobs.iter().find(|job| result.is_of(job)).expect("invariant: means are of these folds");
            for (&i, p) in job.split.test.iter().zip(result.probabilities()?) {
                sums[i] = (sums[i].0 + p, sums[i].1 + 1);
            }
        }
        let mut found = Vec::new();
        for ((record, &superconductor), (sum, count)) in self.data.records().iter().zip(self.data.labels()).zip(sums) {
            let p = sum / f64::from(count);
            let of_label = if superconductor { p } else { 1.0 - p };
            if of_label < DOUBTFUL {
                let (id, formula) = (record.id.clone(), record.formula.clone());
                found.push((of_label, DoubtfulLabel { id, formula, superconductor, p }));
            }
        }
        found.sort_by(|a, b| a.0.total_cmp(&b.0));
        let found: Vec<DoubtfulLabel> = found.into_iter().map(|(_, label)| label).collect();
        self.write_json("doubtful.json", &found)?;
        Ok(found)
    }

    /// Writes the table of all results that are there, of every process, with differences from the model `against`.
    ///
    /// # Errors
    ///
    /// As [`ScoreTable::new`]; [`EvalError::Storage`] if a file cannot be written.
    pub fn write_table(&self, against: Option<&str>) -> Result<ScoreTable, EvalError> {
        let results = self.file.results();
        let table = ScoreTable::new(self.data, &self.jobs, results, against)?;
        let settings: BTreeMap<&str, &str> = results.iter().map(|r| (r.model.as_str(), r.settings.as_str())).collect();
        let seconds = self.file.seconds();
        // Summaries call models contenders.
        let summary = json!({"setting": self.setting, "table": table, "contenders": settings, "seconds": seconds});
        self.write_json("summary.json", &summary)?;
        self.write("table.md", &table.to_string())?;
        Ok(table)
    }

    /// Writes how much ROC-AUC some models have more than others, on the folds that both have.
    ///
    /// # Errors
    ///
    /// As [`DifferenceTable::new`]; [`EvalError::Storage`] if a file cannot be written.
    pub fn write_differences(&self, comparisons: &[Comparison]) -> Result<DifferenceTable, EvalError> {
        let table = DifferenceTable::new(&self.jobs, self.file.results(), comparisons)?;
        self.write_json("differences.json", &json!({"setting": self.setting, "table": table}))?;
        self.write("differences.md", &table.to_string())?;
        Ok(table)
    }

    /// Appends to `commands.jsonl` how this was run: the command and the version or commit of the code. Nothing is written
    /// if no model was run on any fold since the folder was opened.
    ///
    /// # Errors
    ///
    /// [`EvalError::Storage`] if the file cannot be written.
    pub fn record_command(&self, command: &str, code: &str) -> Result<(), EvalError> {
        if !self.has_new {
            return Ok(());
        }
        let line = json!({"command": command, "commit": code, "data_sha256": self.setting.data_sha256});
        let path = self.path.join("commands.jsonl");
        let file = OpenOptions::new().create(true).append(true).open(&path);
        let written = file.and_then(|mut file| file.write_all(format!("{line}\n").as_bytes()));
        written.map_err(|error| storage("write a command", &path, error))
    }

    /// Makes the folds of a split and a seed, once.
    fn make_folds(&mut self, sides: Sides, seed: u64) -> Result<(), EvalError> {
        if !self.jobs.iter().any(|job| (job.sides, job.seed) == (sides, seed)) {
            let protocol = Protocol { sides: vec![sides], seeds: vec![seed], folds: self.setting.folds };
            self.jobs.extend(protocol.jobs(self.data)?);
            self.jobs.sort_by_key(|job| (job.sides, job.seed, job.fold));
        }
        Ok(())
    }

    fn means(&self, name: &str, members: &[&str], jobs: &[Job]) -> Result<Vec<FoldResult>, EvalError> {
        let mut means = Vec::new();
        for job in jobs {
            let of = |member: &&str| self.file.results().iter().find(|r| r.is_of(job) && r.model == **member);
            if let Some(all) = members.iter().map(of).collect::<Option<Vec<&FoldResult>>>() {
                means.push(FoldResult::mean(name, &all, self.data, job)?);
            }
        }
        Ok(means)
    }

    fn write_json(&self, name: &str, value: &impl Serialize) -> Result<(), EvalError> {
        let value = json!(value);
        self.write(name, &format!("{value:#}\n"))
    }

    fn write(&self, name: &str, text: &str) -> Result<(), EvalError> {
        let path = self.path.join(name);
        let written = AtomicFile::create(&path).and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.commit()
        });
        written.map_err(|error| storage("write", &path, error))
    }
}

fn storage(action: &'static str, path: &Path, error: std::io::Error) -> EvalError {
    EvalError::Storage { action, path: path.to_owned(), error }
}
