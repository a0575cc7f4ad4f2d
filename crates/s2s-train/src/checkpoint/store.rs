//! The store of checkpoints: a folder, the newest complete checkpoint of which always loads.

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
};

use super::{
    file_system::{FileSystem, RealFileSystem},
    manifest::{MANIFEST, Manifest},
};
use crate::TrainError;

const PREFIX: &str = "ckpt-";
const UNFINISHED: &str = ".tmp";

/// Writes checkpoints atomically and finds the newest one that is whole.
///
/// # Examples
///
/// ```no_run,standalone_crate
/// use std::collections::BTreeMap;
/// use s2s_train::checkpoint::CheckpointStore;
///
/// # fn main() -> Result<(), s2s_train::TrainError> {
/// # let folder = std::env::temp_dir().join(format!("s2s-store-{}", std::process::id()));
/// let store = CheckpointStore::new(&folder);
/// store.save(100, &BTreeMap::from([("state.json".to_owned(), b"{}".to_vec())]))?;
/// let found = store.newest()?.restored.expect("just saved");
/// assert_eq!((found.step, found.files["state.json"].as_slice()), (100, b"{}".as_slice()));
/// # std::fs::remove_dir_all(folder).ok();
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct CheckpointStore<F = RealFileSystem> {
    folder: PathBuf,
    keep: usize,
    files: F,
}

/// A checkpoint that is whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// The optimizer step it was written at.
    pub step: u64,
    /// Its files by name.
    pub files: BTreeMap<String, Vec<u8>>,
}

/// The newest whole checkpoint, and why newer ones were passed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The checkpoint; `None` if the folder holds no whole one.
    pub restored: Option<Restored>,
    /// One sentence per damaged checkpoint.
    pub damaged: Vec<String>,
}

impl CheckpointStore {
    /// A store in this folder, which need not exist yet; the newest two checkpoints are kept.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self::with_file_system(folder, RealFileSystem)
    }
}

impl<F: FileSystem> CheckpointStore<F> {
    /// A store on another file system.
    pub fn with_file_system(folder: impl Into<PathBuf>, files: F) -> Self {
        Self { folder: folder.into(), keep: 2, files }
    }

    /// Keeps the newest `count` checkpoints, at least two: the newest may turn out damaged.
    pub fn keeping(self, count: usize) -> Self {
        Self { keep: count.max(2), ..self }
    }

    /// Where the checkpoints are.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Writes a checkpoint, then removes those that are no longer kept.
    ///
    /// # Errors
    ///
    /// [`TrainError::Storage`]; checkpoints written before are untouched.
    pub fn save(&self, step: u64, files: &BTreeMap<String, Vec<u8>>) -> Result<PathBuf, TrainError> {
        let path = self.folder.join(format!("{PREFIX}{step:010}"));
        let unfinished = self.folder.join(format!("{PREFIX}{step:010}{UNFINISHED}"));
        let failed = |error| TrainError::Storage { action: "write the checkpoint", path: path.clone(), error };
        self.files.create_folder(&self.folder).map_err(failed)?;
        self.write_folder(&path, &unfinished, files).map_err(failed)?;
        // The new checkpoint is safe: what cannot be tidied now is tidied after the next one.
        let _ = self.tidy();
        Ok(path)
    }

    /// Reads the newest checkpoint that matches its manifest.
    ///
    /// # Errors
    ///
    /// [`TrainError::Storage`] if the folder itself cannot be listed.
    pub fn newest(&self) -> Result<Found, TrainError> {
        let mut damaged = Vec::new();
        for step in self.steps()?.into_iter().rev() {
            let path = self.folder.join(format!("{PREFIX}{step:010}"));
            match self.read_folder(&path) {
                Ok(files) => return Ok(Found { restored: Some(Restored { step, files }), damaged }),
                Err(reason) => damaged.push(format!("{} is damaged: {reason}", path.display())),
            }
        }
        Ok(Found { restored: None, damaged })
    }

    /// Steps of all finished checkpoints, oldest first.
    ///
    /// # Errors
    ///
    /// [`TrainError::Storage`] if the folder cannot be listed.
    pub fn steps(&self) -> Result<Vec<u64>, TrainError> {
        let failed = |error| TrainError::Storage { action: "list checkpoints", path: self.folder.clone(), error };
        let names = self.files.names(&self.folder).map_err(failed)?;
        let mut steps: Vec<u64> = names.iter().filter_map(|n| n.strip_prefix(PREFIX)?.parse().ok()).collect();
        steps.sort_unstable();
        Ok(steps)
    }

    fn write_folder(&self, path: &Path, unfinished: &Path, files: &BTreeMap<String, Vec<u8>>) -> io::Result<()> {
        self.remove_if_there(unfinished)?;
        self.files.create_folder(unfinished)?;
        for (name, bytes) in files {
            self.files.write(&unfinished.join(name), bytes)?;
            self.files.flush(&unfinished.join(name))?;
        }
        let manifest = unfinished.join(MANIFEST);
        self.files.write(&manifest, &Manifest::new(files).to_bytes())?;
        self.files.flush(&manifest)?;
        self.files.flush(unfinished)?;
        // A run that resumed from an older checkpoint, because this one was damaged, writes it again.
        self.remove_if_there(path)?;
        self.files.rename(unfinished, path)?;
        self.files.flush(&self.folder)
    }

    fn remove_if_there(&self, path: &Path) -> io::Result<()> {
        match self.files.remove_folder(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    fn read_folder(&self, path: &Path) -> Result<BTreeMap<String, Vec<u8>>, String> {
        let read = |name: &str| self.files.read(&path.join(name)).map_err(|e| format!("{name}: {e}"));
        let manifest = Manifest::parse(&read(MANIFEST)?)?;
        let mut files = BTreeMap::new();
        for name in manifest.names() {
            let bytes = read(name)?;
            manifest.check(name, &bytes)?;
            files.insert(name.to_owned(), bytes);
        }
        Ok(files)
    }

    fn tidy(&self) -> io::Result<()> {
        let names = self.files.names(&self.folder)?;
        let finished: Vec<&String> =
            names.iter().filter(|n| n.strip_prefix(PREFIX).is_some_and(|n| n.parse::<u64>().is_ok())).collect();
        let old = finished.len().saturating_sub(self.keep);
        let unfinished = names.iter().filter(|n| n.starts_with(PREFIX) && n.ends_with(UNFINISHED));
        for name in finished.into_iter().take(old).chain(unfinished) {
            self.files.remove_folder(&self.folder.join(name))?;
        }
        Ok(())
    }
}
