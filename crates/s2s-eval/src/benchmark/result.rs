//! Results fold by fold, in a file that a killed benchmark continues.

use std::{
    collections::BTreeMap,
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use s2s_data::{Dataset, Record};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{BenchmarkModel, Example, Job, Sides, TrainingRecord};
use crate::{EvalError, metric::Evaluation, sigmoid};

/// What all results of a file have in common.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting {
    /// Name of the dataset.
    pub data: String,
    /// SHA-256 of its file.
    pub data_sha256: String,
    /// Number of crystals.
    pub crystals: usize,
    /// Number of superconductors.
    pub superconductors: usize,
    /// Number of folds.
    pub folds: usize,
}

/// What one model gave on one fold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FoldResult {
    /// Name of the model; files of results call it `contender`.
    #[serde(rename = "contender")]
    pub model: String,
    /// What its results depend on beside data and seed.
    pub settings: String,
    /// What was kept apart.
    pub sides: Sides,
    /// Seed of folds and model.
    pub seed: u64,
    /// Number of the fold.
    pub fold: usize,
    /// How long it took, features included.
    pub seconds: f64,
    /// How the model learned.
    #[serde(default, skip_serializing_if = "TrainingRecord::is_empty")]
    pub training: TrainingRecord,
    /// How good the probabilities are.
    pub evaluation: Evaluation,
    /// The probabilities in the order of the split's test side: four hexadecimal digits each, in units of 1/65535.
    pub probabilities: String,
}

impl FoldResult {
    /// Those of a model under a kind of split.
    pub(super) fn of_model<'r>(results: &'r [Self], model: &str, sides: Sides) -> Vec<&'r Self> {
        results.iter().filter(|result| result.model == model && result.sides == sides).collect()
    }

    /// Fits a model on a fold and evaluates it.
    ///
    /// # Errors
    ///
    /// As [`BenchmarkModel::fit_score`]; [`EvalError::Data`] if it gives another number of answers than there are questions,
    /// or something that is no probability.
    pub fn of(model: &dyn BenchmarkModel, data: &Dataset, job: &Job) -> Result<Self, EvalError> {
        let (records, labels) = (data.records(), data.labels());
        let example = |&i: &usize| Example { record: &records[i], superconducts: labels[i] };
        let train: Vec<Example<'_>> = job.split.train.iter().map(example).collect();
        let test: Vec<&Record> = job.split.test.iter().map(|&i| &records[i]).collect();
        let started = std::time::Instant::now();
        let (probabilities, training) = model.fit_score_recorded(&train, &test, job.seed)?;
        let seconds = started.elapsed().as_secs_f64();
        let name = model.name();
        if probabilities.len() != test.len() || probabilities.iter().any(|p| !(0.0..=1.0).contains(p)) {
            return Err(EvalError::Data { reason: format!("{name} did not give one probability per crystal") });
        }
        let probabilities = encode(&probabilities);
        // What is evaluated is what is kept, so that the same can be computed from the file.
        let evaluation = evaluate(data, job, &decode(&probabilities)?);
        let seconds = (seconds * 100.0).round() / 100.0;
        let settings = model.settings();
        let Job { sides, seed, fold, .. } = *job;
        Ok(Self { model: name, settings, sides, seed, fold, seconds, training, evaluation, probabilities })
    }

    /// What the mean of the logits of several models gives on the fold that all these results are of.
    ///
    /// Nothing is fitted: the mean takes no part in any choice.
    ///
    /// # Errors
    ///
    /// [`EvalError::Data`] if probabilities are damaged or of another number of crystals.
    pub fn mean(name: &str, results: &[&FoldResult], data: &Dataset, job: &Job) -> Result<Self, EvalError> {
        let mut logits = vec![0.0; job.split.test.len()];
        for result in results {
            let probabilities = result.probabilities()?;
            if probabilities.len() != logits.len() {
                let reason = format!("the results of {} are not of these folds", result.model);
                return Err(EvalError::Data { reason });
            }
            for (logit, p) in logits.iter_mut().zip(probabilities) {
                let p = p.clamp(0.5 / UNITS, 1.0 - 0.5 / UNITS);
                *logit += (p / (1.0 - p)).ln() / results.len() as f64;
            }
        }
        let probabilities: Vec<f64> = logits.into_iter().map(sigmoid).collect();
        let probabilities = encode(&probabilities);
        let evaluation = evaluate(data, job, &decode(&probabilities)?);
        let members: Vec<&str> = results.iter().map(|result| result.settings.as_str()).collect();
        let settings = format!("mean logit of [{}]", members.join("; "));
        let seconds = results.iter().map(|result| result.seconds).sum();
        let Job { sides, seed, fold, .. } = *job;
        let (model, training) = (name.to_owned(), TrainingRecord::default());
        Ok(Self { model, settings, sides, seed, fold, seconds, training, evaluation, probabilities })
    }

    /// Whether it is of this fold.
    pub fn is_of(&self, job: &Job) -> bool {
        (self.sides, self.seed, self.fold) == (job.sides, job.seed, job.fold)
    }

    /// The probabilities in the order of the split's test side.
    ///
    /// # Errors
    ///
    /// [`EvalError::Data`] if they are damaged.
    pub fn probabilities(&self) -> Result<Vec<f64>, EvalError> {
        decode(&self.probabilities)
    }
}

fn evaluate(data: &Dataset, job: &Job, probabilities: &[f64]) -> Evaluation {
    let labels: Vec<bool> = job.split.test.iter().map(|&i| data.labels()[i]).collect();
    let elements = |&i: &usize| data.records()[i].crystal.composition().num_elements();
    let keys: Vec<usize> = job.split.test.iter().map(elements).collect();
    Evaluation::new(&labels, probabilities).with_strata(&labels, probabilities, &keys)
}

const UNITS: f64 = 65535.0;

pub(super) fn encode(probabilities: &[f64]) -> String {
    probabilities.iter().map(|p| format!("{:04x}", (p * UNITS).round() as u16)).collect()
}

fn decode(text: &str) -> Result<Vec<f64>, EvalError> {
    let damaged = || EvalError::Data { reason: "damaged probabilities".to_owned() };
    let digits = |four: &[u8]| {
        let four = std::str::from_utf8(four).ok().filter(|four| four.len() == 4);
        four.and_then(|four| u16::from_str_radix(four, 16).ok()).map(|n| f64::from(n) / UNITS).ok_or_else(damaged)
    };
    text.as_bytes().chunks(4).map(digits).collect()
}

/// Results as JSON lines behind a line with their [`Setting`]. Each line is one write at the end of the file, so that several
/// processes may work on different models of one file.
#[derive(Debug)]
pub struct ResultFile {
    path: PathBuf,
    file: File,
    results: Vec<FoldResult>,
}

impl ResultFile {
    /// Opens the file, or starts it. A line that a kill cut off is removed; its fold runs again.
    ///
    /// # Errors
    ///
    /// [`EvalError::Storage`]; [`EvalError::Mismatch`] if the file holds results of other data, or is no such file.
    pub fn open(path: impl Into<PathBuf>, setting: &Setting) -> Result<Self, EvalError> {
        let path = path.into();
        let failed = |action, error| EvalError::Storage { action, path: path.clone(), error };
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(failed("read the results", error)),
        };
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        let mut results = Vec::new();
        let mut lines = text[..whole].lines();
        if let Some(first) = lines.next() {
            let found: Setting = parse(&path, first)?;
            if found != *setting {
                let reason = format!("it holds results of {found:?}, not of {setting:?}");
                return Err(EvalError::Mismatch { path, reason });
            }
            results = lines.map(|line| parse(&path, line)).collect::<Result<_, _>>()?;
        }
        let file = OpenOptions::new().create(true).append(true).open(&path);
        let mut file = file.map_err(|error| failed("open the results", error))?;
        if whole < text.len() {
            file.set_len(whole as u64).map_err(|error| failed("mend the results", error))?;
        }
        if whole == 0 {
            write_line(&mut file, setting).map_err(|error| failed("write the results", error))?;
        }
        Ok(Self { path, file, results })
    }

    /// Whether a model's result on a fold is there.
    ///
    /// # Errors
    ///
    /// [`EvalError::Mismatch`] if it is, but with other settings.
    pub fn has(&self, model: &dyn BenchmarkModel, job: &Job) -> Result<bool, EvalError> {
        let (name, settings) = (model.name(), model.settings());
        let Some(found) = self.results.iter().find(|r| r.model == name) else { return Ok(false) };
        if found.settings != settings {
            let reason = format!("{name} was \"{}\" and is \"{settings}\" now", found.settings);
            return Err(EvalError::Mismatch { path: self.path.clone(), reason });
        }
        Ok(self.results.iter().any(|r| r.model == name && r.is_of(job)))
    }

    /// Appends a result.
    ///
    /// # Errors
    ///
    /// [`EvalError::Storage`].
    pub fn append(&mut self, result: FoldResult) -> Result<(), EvalError> {
        let path = || self.path.clone();
        write_line(&mut self.file, &result).map_err(|error| EvalError::Storage {
            action: "write the results",
            path: path(),
            error,
        })?;
        self.results.push(result);
        Ok(())
    }

    /// All results, in the order in which they came.
    pub fn results(&self) -> &[FoldResult] {
        &self.results
    }

    /// Seconds per model.
    pub fn seconds(&self) -> BTreeMap<String, f64> {
        let mut seconds = BTreeMap::new();
        self.results.iter().for_each(|r| *seconds.entry(r.model.clone()).or_default() += r.seconds);
        seconds
    }
}

pub(super) fn parse<T: DeserializeOwned>(path: &Path, line: &str) -> Result<T, EvalError> {
    serde_json::from_str(line)
        .map_err(|error| EvalError::Mismatch { path: path.to_owned(), reason: format!("damaged results: {error}") })
}

/// One line in one call, so that a kill leaves at most one line cut off.
pub(super) fn write_line(file: &mut File, value: &impl Serialize) -> io::Result<()> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    file.write_all(&line)?;
    file.sync_data()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_survive_to_four_digits() -> Result<(), EvalError> {
        let probabilities = [0.0, 1.0, 0.5, 0.123_456];
        for (found, expected) in decode(&encode(&probabilities))?.iter().zip(probabilities) {
            assert!((found - expected).abs() < 1e-5);
        }
        assert_eq!(decode("00").map_err(|e| e.to_string()), Err("unusable data: damaged probabilities".to_owned()));
        Ok(())
    }
}
