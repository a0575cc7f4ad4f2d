//! Results of the folds of an experiment, on disk.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::EvalError;

/// Results of the folds of one experiment, a file for each, `fold-0000.json` and so on.
///
/// A file that has its name is whole: it is written beside and renamed. Each file carries a hash of the question that it
/// answers, so that the files of several machines can be copied into one folder and those of another run are refused; and
/// its fold and a hash over everything, so that a changed number and a copy under another name are refused too.
#[derive(Debug)]
pub struct FoldResults {
    folder: PathBuf,
    question: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    /// SHA-256 of the question.
    question: String,
    fold: usize,
    result: Value,
    /// SHA-256 of question, fold and result.
    sha256: String,
}

impl Answer {
    fn seal(question: &str, fold: usize, result: &Value) -> String {
        sha256(json!([question, fold, result]).to_string().as_bytes())
    }
}

fn sha256(bytes: &[u8]) -> String {
    format!("{:x}", Sha256::digest(bytes))
}

impl FoldResults {
    /// The results in a folder, which is made if it is not there; `question` is all that they depend on.
    ///
    /// # Errors
    ///
    /// [`EvalError::Storage`] if the folder cannot be made.
    pub fn open(folder: impl Into<PathBuf>, question: &Value) -> Result<Self, EvalError> {
        let folder = folder.into();
        fs::create_dir_all(&folder).map_err(|error| storage("make a folder", &folder, error))?;
        Ok(Self { question: sha256(question.to_string().as_bytes()), folder })
    }

    /// The result of a fold, if it is there.
    ///
    /// # Errors
    ///
    /// [`EvalError::Storage`] if it cannot be read, [`EvalError::Mismatch`] if it answers another question, belongs to
    /// another fold, or is not what was written.
    pub fn read<T: DeserializeOwned>(&self, fold: usize) -> Result<Option<T>, EvalError> {
        let path = self.path(fold);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(storage("read a result", &path, error)),
        };
        let mismatch = |reason: String| EvalError::Mismatch { path: self.folder.clone(), reason };
        let unreadable = |error: serde_json::Error| mismatch(format!("{}: {error}", path.display()));
        let answer: Answer = serde_json::from_slice(&bytes).map_err(unreadable)?;
        let wrong = |reason: &str| Err(mismatch(format!("{} {reason}", path.display())));
        // The question first: the answer to another one may have another form.
        if answer.question != self.question {
            return wrong("belongs to a run with other data or other options; choose another folder or remove it");
        }
        if answer.fold != fold {
            return wrong(&format!("holds the result of fold {}; remove it", answer.fold));
        }
        if answer.sha256 != Answer::seal(&answer.question, fold, &answer.result) {
            return wrong("was changed after it was written; remove it");
        }
        serde_json::from_value(answer.result).map(Some).map_err(unreadable)
    }

    /// Writes the result of a fold, durably.
    ///
    /// # Errors
    ///
    /// [`EvalError::Storage`] if it cannot be written.
    pub fn write<T: Serialize>(&self, fold: usize, result: &T) -> Result<(), EvalError> {
        let path = self.path(fold);
        // Two processes that were given the same shard do not write into each other's file.
        let beside = self.folder.join(format!(".fold-{fold:04}.{}.part", std::process::id()));
        let write = || {
            let result = serde_json::to_value(result)?;
            let sha256 = Answer::seal(&self.question, fold, &result);
            let answer = Answer { question: self.question.clone(), fold, result, sha256 };
            let mut file = File::create(&beside)?;
            file.write_all(&serde_json::to_vec(&answer)?)?;
            file.write_all(b"\n")?;
            file.sync_all()?;
            fs::rename(&beside, &path)?;
            File::open(&self.folder)?.sync_all()
        };
        write().map_err(|error| storage("write a result", &path, error))
    }

    fn path(&self, fold: usize) -> PathBuf {
        self.folder.join(format!("fold-{fold:04}.json"))
    }
}

fn storage(action: &'static str, path: &Path, error: io::Error) -> EvalError {
    EvalError::Storage { action, path: path.to_owned(), error }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_of_another_run_are_refused() -> Result<(), EvalError> {
        let folder = std::env::temp_dir().join(format!("s2s-fold-results-{}", std::process::id()));
        drop(fs::remove_dir_all(&folder));
        let results = FoldResults::open(&folder, &json!({"seed": 1}))?;
        assert_eq!(results.read::<u32>(3)?, None);
        results.write(3, &7_u32)?;
        assert_eq!(results.read::<u32>(3)?, Some(7));
        assert_eq!(FoldResults::open(&folder, &json!({"seed": 1}))?.read::<u32>(3)?, Some(7));
        let other = FoldResults::open(&folder, &json!({"seed": 2}))?.read::<u32>(3);
        let path = folder.display();
        let reason = "belongs to a run with other data or other options; choose another folder or remove it";
        let expected = format!("the run in {path} cannot be continued: {path}/fold-0003.json {reason}");
        assert_eq!(other.map_err(|error| error.to_string()), Err(expected));
        fs::write(folder.join("fold-0003.json"), "{").expect("the file can be written");
        let damaged = results.read::<u32>(3).map_err(|error| error.to_string());
        let said = "EOF while parsing an object at line 1 column 1";
        assert_eq!(damaged, Err(format!("the run in {path} cannot be continued: {path}/fold-0003.json: {said}")));
        fs::remove_dir_all(&folder).expect("the folder can be removed");
        Ok(())
    }

    #[test]
    fn changed_numbers_and_copied_folds_are_refused() -> Result<(), EvalError> {
        let folder = std::env::temp_dir().join(format!("s2s-fold-results-changed-{}", std::process::id()));
        drop(fs::remove_dir_all(&folder));
        let results = FoldResults::open(&folder, &json!({"seed": 1}))?;
        // Needs all its digits.
        let auc = 0.9 + 1.0 / 3e15;
        results.write(0, &json!({"auc": auc, "none": f64::NAN}))?;
        results.write(1, &json!({"auc": 0.5}))?;
        assert_eq!(results.read::<Value>(0)?, Some(json!({"auc": auc, "none": null})));
        let file = |fold: usize| folder.join(format!("fold-{fold:04}.json"));
        let refused = |text: &str| {
            fs::write(file(1), text).expect("the file can be written");
            results.read::<Value>(1).map_err(|error| error.to_string()).expect_err("it must be refused")
        };
        let written = fs::read_to_string(file(1)).expect("the file can be read");
        assert!(refused(&written.replace("0.5", "0.9")).ends_with("was changed after it was written; remove it"));
        let copied = fs::read_to_string(file(0)).expect("the file can be read");
        assert!(refused(&copied).ends_with("holds the result of fold 0; remove it"));
        let renumbered = copied.replace("\"fold\":0", "\"fold\":1");
        assert!(refused(&renumbered).ends_with("was changed after it was written; remove it"));
        assert!(refused(&written.replace("\"fold\":1,", "")).contains("missing field `fold`"));
        fs::write(file(1), &written).expect("the file can be written");
        assert_eq!(results.read::<Value>(1)?, Some(json!({"auc": 0.5})));
        fs::remove_dir_all(&folder).map_err(|error| storage("remove", &folder, error))
    }
}
