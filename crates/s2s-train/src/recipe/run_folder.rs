//! The folder of a run: configuration, checkpoints, model and results, from which it can be repeated.

use std::{
    collections::BTreeMap,
    env,
    fs::{self, File, TryLockError},
    io::Write,
    path::{Path, PathBuf},
    sync::Arc,
};

use s2s_data::file::AtomicFile;
use serde::Serialize;
use serde_json::json;

use super::pretrained_weights::MODEL_FOLDER;
use crate::{TrainError, checkpoint::CheckpointStore};

/// A folder with `config.toml`, `run.json`, `log.jsonl`, `checkpoints/`, `tensorboard/` and the sealed `model/`.
///
/// One run writes to it at a time: the lock on `.lock` is given back when the last copy of this value is dropped, and by
/// the system when the process ends in any other way.
#[derive(Clone, Debug)]
pub struct RunFolder {
    path: PathBuf,
    /// None where the folder is only read.
    _lock: Option<Arc<File>>,
}

impl RunFolder {
    /// The folder at this path for this run alone, created if it is missing.
    ///
    /// # Errors
    ///
    /// [`TrainError::Busy`] if another run writes to it, [`TrainError::Storage`] if it cannot be made.
    pub fn create(path: impl Into<PathBuf>) -> Result<Self, TrainError> {
        let mut folder = Self::follow(path)?;
        let failed = |error| TrainError::Storage { action: "lock the run folder", path: folder.path.clone(), error };
        let lock = File::create(folder.path.join(".lock")).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(TrainError::Busy { path: folder.path }),
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        folder._lock = Some(Arc::new(lock));
        Ok(folder)
    }

    /// The folder of a run to which another process writes: this one reads its checkpoints.
    ///
    /// # Errors
    ///
    /// [`TrainError::Storage`] if it cannot be made.
    pub fn follow(path: impl Into<PathBuf>) -> Result<Self, TrainError> {
        let path = path.into();
        let failed = |error| TrainError::Storage { action: "create the run folder", path: path.clone(), error };
        fs::create_dir_all(&path).map_err(failed)?;
        Ok(Self { path, _lock: None })
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where the trained network is sealed.
    pub fn model(&self) -> PathBuf {
        self.path.join(MODEL_FOLDER)
    }

    /// Where its checkpoints go.
    pub fn checkpoints(&self) -> CheckpointStore {
        CheckpointStore::new(self.path.join("checkpoints"))
    }

    /// Writes the resolved configuration.
    ///
    /// # Errors
    ///
    /// [`TrainError::Storage`], and [`TrainError::Config`] if it has no TOML form.
    pub fn write_config(&self, config: &impl Serialize) -> Result<(), TrainError> {
        let invalid = |error: toml::ser::Error| TrainError::Config { reason: error.to_string() };
        let table = toml::Table::try_from(config).map_err(invalid)?;
        self.write("config.toml", toml::to_string(&table).map_err(invalid)?.as_bytes())
    }

    /// Whether a run has ended here: what it measured of itself stays when it is started again and nothing is left to learn.
    pub fn has_run(&self) -> bool {
        self.path.join("run.json").is_file()
    }

    /// Writes `run.json`: what was computed, from which data, by which versions, and how to compute it again.
    ///
    /// # Errors
    ///
    /// [`TrainError::Storage`].
    pub fn write_run(&self, data: &BTreeMap<String, String>, metrics: &impl Serialize) -> Result<(), TrainError> {
        let run = json!({
            "command": command_line(),
            "data_sha256": data,
            "versions": {"s2s-train": env!("CARGO_PKG_VERSION"), "torch": "2.11", "tch": "0.24"},
            "metrics": metrics,
        });
        self.write("run.json", format!("{run:#}\n").as_bytes())
    }

    /// Writes a file; what it held before stays until the new content is whole.
    ///
    /// # Errors
    ///
    /// [`TrainError::Storage`].
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<(), TrainError> {
        let path = self.path.join(name);
        let written = AtomicFile::create(&path).and_then(|mut file| file.write_all(bytes).and_then(|()| file.commit()));
        written.map_err(|error| TrainError::Storage { action: "write the file", path, error })
    }
}

/// How this process was started, as one would type it.
pub fn command_line() -> String {
    command_line_without(&[])
}

/// The same without some options that take a value: what only says which part of the work is done here.
pub fn command_line_without(options: &[&str]) -> String {
    let mut words = env::args();
    let program = words.next().unwrap_or_default();
    let example = Path::new(&program).file_stem().map_or(String::new(), |name| name.to_string_lossy().into_owned());
    let quote = |word: String| {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_=./,:+".contains(c);
        if !word.is_empty() && word.chars().all(plain) { word } else { format!("'{}'", word.replace('\'', r"'\''")) }
    };
    let mut arguments = String::new();
    while let Some(word) = words.next() {
        if options.contains(&word.as_str()) {
            words.next();
        } else if !options.iter().any(|option| word.strip_prefix(option).is_some_and(|rest| rest.starts_with('='))) {
            arguments.extend([" ", &quote(word)]);
        }
    }
    format!("cargo run --release --features torch --example {example} --{arguments}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_runs_in_one_folder_are_refused() -> Result<(), TrainError> {
        let path = env::temp_dir().join(format!("s2s-run-folder-{}", std::process::id()));
        let first = RunFolder::create(&path)?;
        let copy = first.clone();
        let message = RunFolder::create(&path).map_err(|error| error.to_string()).err();
        assert_eq!(message, Some(format!("another run is writing to {}", path.display())));
        RunFolder::follow(&path)?;
        drop(first);
        assert!(RunFolder::create(&path).is_err());
        drop(copy);
        RunFolder::create(&path)?.write("x", b"whole")?;
        fs::remove_dir_all(&path).map_err(|error| TrainError::Storage { action: "remove", path, error })
    }
}
