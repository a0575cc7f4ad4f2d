//! Fold files: published splits by identifier, in the layout of matbench.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{MaterialId, Record, Split, unique_map::unique_map};

/// Splits by identifier, as matbench publishes them.
///
/// The layout is that of `matbench_v0.1_validation.json`: under `splits`, for each task, `fold_0`, `fold_1`, …, each with a
/// list of identifiers to train on and one to test on.
///
/// # Examples
///
/// ```
/// use s2s_data::split::FoldFile;
///
/// let text = r#"{"splits": {"my_task": {"fold_0": {"train": ["a", "b"], "test": ["c"]}}}}"#;
/// let file = FoldFile::from_json(text.as_bytes())?;
/// assert_eq!(file.tasks().collect::<Vec<_>>(), ["my_task"]);
/// # Ok::<(), s2s_data::split::FoldFileError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct FoldFile {
    #[serde(deserialize_with = "unique_map")]
    splits: BTreeMap<String, TaskFolds>,
}

#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
struct TaskFolds(#[serde(deserialize_with = "unique_map")] BTreeMap<String, FoldEntry>);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct FoldEntry {
    train: Vec<MaterialId>,
    test: Vec<MaterialId>,
}

/// Most identifiers of a file, those of all folds together: the thirteen tasks of matbench have two million.
const MOST_IDS: usize = 3_000_000;

/// Why published folds do not split a dataset.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FoldFileError {
    /// Not JSON, or not of the layout.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// More identifiers than any published split has.
    #[error("more than {limit} identifiers")]
    TooLong {
        /// The most that are read.
        limit: usize,
    },
    /// No task of this name.
    #[error("no task {task:?}, only {known:?}")]
    UnknownTask {
        /// The requested task.
        task: String,
        /// The tasks that there are.
        known: Vec<String>,
    },
    /// A fold is not named `fold_` and a number, or the numbers are not 0, 1, 2, ….
    #[error("{task}: {fold:?} is not the name of a fold: they are fold_0, fold_1, … without a gap")]
    FoldName {
        /// The task.
        task: String,
        /// The name as written.
        fold: String,
    },
    /// An identifier that the dataset does not have.
    #[error("{task}, {fold}: the dataset has no {id}")]
    UnknownId {
        /// The task.
        task: String,
        /// The fold.
        fold: String,
        /// The identifier.
        id: MaterialId,
    },
    /// An identifier that the dataset has twice.
    #[error("the dataset has two records {id}")]
    Ambiguous {
        /// The identifier.
        id: MaterialId,
    },
    /// An identifier that a fold has twice, on one side or on both.
    #[error("{task}, {fold}: {id} appears twice")]
    Repeated {
        /// The task.
        task: String,
        /// The fold.
        fold: String,
        /// The identifier.
        id: MaterialId,
    },
}

impl FoldFile {
    /// Reads a fold file.
    ///
    /// # Errors
    ///
    /// [`FoldFileError::Json`] if it has another layout, [`FoldFileError::TooLong`] if it names more than three million
    /// records.
    pub fn from_json(bytes: &[u8]) -> Result<Self, FoldFileError> {
        // Each identifier stands between two quotes, and takes some forty bytes in memory however short it is.
        if bytes.iter().filter(|byte| **byte == b'"').count() > 2 * MOST_IDS {
            return Err(FoldFileError::TooLong { limit: MOST_IDS });
        }
        Ok(serde_json::from_slice(bytes)?)
    }

    /// Writes splits of a dataset under a task name, `fold_0` first.
    ///
    /// # Panics
    ///
    /// If a split has a record number that is not below `records.len()`.
    pub fn insert(&mut self, task: &str, records: &[Record], splits: impl IntoIterator<Item = Split>) {
        let ids = |side: &[usize]| side.iter().map(|&i| records[i].id.clone()).collect();
        let entry = |split: Split| FoldEntry { train: ids(&split.train), test: ids(&split.test) };
        let folds = splits.into_iter().enumerate().map(|(k, split)| (format!("fold_{k}"), entry(split)));
        self.splits.insert(task.to_owned(), TaskFolds(folds.collect()));
    }

    /// The file as JSON; the same splits give the same bytes.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("invariant: maps of strings are valid JSON")
    }

    /// Names of the tasks.
    pub fn tasks(&self) -> impl Iterator<Item = &str> {
        self.splits.keys().map(String::as_str)
    }

    /// The splits of a task as record numbers, `fold_0` first; records that a fold does not mention are on neither side.
    ///
    /// # Errors
    ///
    /// [`FoldFileError`] if the task is unknown, a fold has another name, an identifier is not in the dataset, or one
    /// appears twice in a fold.
    pub fn splits(&self, task: &str, records: &[Record]) -> Result<Vec<Split>, FoldFileError> {
        let known = || self.tasks().map(str::to_owned).collect();
        let folds = self.splits.get(task);
        let folds = folds.ok_or_else(|| FoldFileError::UnknownTask { task: task.to_owned(), known: known() })?;
        let mut indices: HashMap<&MaterialId, usize> = HashMap::with_capacity(records.len());
        for (i, record) in records.iter().enumerate() {
            if indices.insert(&record.id, i).is_some() {
                return Err(FoldFileError::Ambiguous { id: record.id.clone() });
            }
        }
        let mut splits = BTreeMap::new();
        for (fold, entry) in &folds.0 {
            let named = || (task.to_owned(), fold.clone());
            let number = fold.strip_prefix("fold_").and_then(|digits| digits.parse::<usize>().ok());
            // Other spellings of a number would name the same fold twice.
            let number = number.filter(|number| *number < folds.0.len() && *fold == format!("fold_{number}"));
            let Some(number) = number else {
                let (task, fold) = named();
                return Err(FoldFileError::FoldName { task, fold });
            };
            let mut seen = HashSet::new();
            let mut index_of = |id: &MaterialId| {
                let ((task, fold), id) = (named(), id.clone());
                match indices.get(&id) {
                    None => Err(FoldFileError::UnknownId { task, fold, id }),
                    Some(&i) if seen.insert(i) => Ok(i),
                    Some(_) => Err(FoldFileError::Repeated { task, fold, id }),
                }
            };
            let mut side = |ids: &[MaterialId]| {
                let mut numbers = ids.iter().map(&mut index_of).collect::<Result<Vec<_>, _>>()?;
                numbers.sort_unstable();
                Ok::<_, FoldFileError>(numbers)
            };
            splits.insert(number, Split { train: side(&entry.train)?, test: side(&entry.test)? });
        }
        Ok(splits.into_values().collect())
    }
}
