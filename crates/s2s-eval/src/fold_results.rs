//! Results of the folds of an experiment, on disk.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::EvalError;

/// Results of the folds of one experiment, a file for each, `fold-0000.json` and so on.
///
/// A file that has its name is whole: it is written beside and renamed. Each file carries a hash of the question that it
/// answers, so that the files of several machines can be copied into one folder and those of another run are refused.
#[derive(Debug)]
pub struct FoldResults {
    folder: PathBuf,
    question: String,
}

#[derive(Serialize, Deserialize)]
struct Answer<T> {
    /// SHA-256 of the question.
    question: String,
    result: T,
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
        Ok(Self { question: format!("{:x}", Sha256::digest(question.to_string().as_bytes())), folder })
    }

    /// The result of a fold, if it is there.
    ///
    /// # Errors
    ///
    /// [`EvalError::Storage`] if it cannot be read, [`EvalError::Mismatch`] if it answers another question.
    pub fn read<T: DeserializeOwned>(&self, fold: usize) -> Result<Option<T>, EvalError> {
        let path = self.path(fold);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(storage("read a result", &path, error)),
        };
        let mismatch = |reason: String| EvalError::Mismatch { path: self.folder.clone(), reason };
        // The question first: the answer to another one may have another form.
        let told: Answer<Value> =
            serde_json::from_slice(&bytes).map_err(|error| mismatch(format!("{}: {error}", path.display())))?;
        if told.question != self.question {
            let reason = "belongs to a run with other data or other options; choose another folder or remove it";
            return Err(mismatch(format!("{} {reason}", path.display())));
        }
        let answer: Answer<T> =
            serde_json::from_slice(&bytes).map_err(|error| mismatch(format!("{}: {error}", path.display())))?;
        Ok(Some(answer.result))
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
            let mut file = File::create(&beside)?;
            file.write_all(&serde_json::to_vec(&Answer { question: self.question.clone(), result })?)?;
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
    use serde_json::json;

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
        let place = folder.display();
        let reason = "belongs to a run with other data or other options; choose another folder or remove it";
        let expected = format!("the run in {place} cannot be continued: {place}/fold-0003.json {reason}");
        assert_eq!(other.map_err(|error| error.to_string()), Err(expected));
        fs::write(folder.join("fold-0003.json"), "{").expect("the file can be written");
        let damaged = results.read::<u32>(3).map_err(|error| error.to_string());
        let said = "EOF while parsing an object at line 1 column 1";
        assert_eq!(damaged, Err(format!("the run in {place} cannot be continued: {place}/fold-0003.json: {said}")));
        fs::remove_dir_all(&folder).expect("the folder can be removed");
        Ok(())
    }
}
