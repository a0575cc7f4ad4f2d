//! Answers on disk, window by window, so that a run that was killed goes on where it stood.

use std::{
    error::Error,
    fs::{self, File},
    io::{self, BufRead, BufReader, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::report::Outcome;

/// A file of JSON lines, and beside it `FILE.progress`, which says how much of it counts.
///
/// Lines reach the disk before the progress that counts them; what a kill left beyond that is cut off, so that the file
/// of a continued run has the bytes of one that was left alone.
#[derive(Debug)]
pub(crate) struct Journal {
    path: PathBuf,
    file: File,
    progress: Progress,
}

#[derive(Debug, Serialize, Deserialize)]
struct Progress {
    /// What is asked of which structures: another question needs another file.
    question: Value,
    /// Files, or lines of JSON-lines files, that are done.
    entries: usize,
    /// Bytes that answer for them.
    bytes: u64,
}

impl Journal {
    /// The journal at this path, begun if it is not there.
    ///
    /// # Errors
    ///
    /// If it answers another question, or cannot be opened.
    pub(crate) fn open(path: &Path, question: Value) -> Result<Self, Box<dyn Error>> {
        let named = |error: io::Error| format!("{}: {error}", path.display());
        let progress = match fs::read(progress_path(path)) {
            Ok(bytes) => {
                serde_json::from_slice(&bytes).map_err(|error| format!("{}: {error}", progress_path(path).display()))?
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound && !path.exists() => {
                Progress { question: question.clone(), entries: 0, bytes: 0 }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(format!("{} is there already, and no run of this program", path.display()).into());
            }
            Err(error) => return Err(named(error).into()),
        };
        if progress.question != question {
            let reason = "belongs to a run with another model, other structures or other options";
            return Err(format!("{} {reason}; choose another file or remove it", path.display()).into());
        }
        let file = File::options().read(true).write(true).create(true).truncate(false).open(path).map_err(named)?;
        if file.metadata()?.len() < progress.bytes {
            return Err(format!("{} is shorter than its progress says", path.display()).into());
        }
        file.set_len(progress.bytes)?;
        Ok(Self { path: path.to_owned(), file, progress })
    }

    /// Files and lines that are done.
    pub(crate) fn entries(&self) -> usize {
        self.progress.entries
    }

    /// Hands over what earlier runs found, in order.
    pub(crate) fn replay(&mut self, mut sink: impl FnMut(Outcome)) -> Result<(), Box<dyn Error>> {
        self.file.seek(SeekFrom::Start(0))?;
        for (number, line) in BufReader::new(&self.file).lines().enumerate() {
            let outcome = serde_json::from_str(&line?);
            sink(outcome.map_err(|error| format!("{}:{}: {error}", self.path.display(), number + 1))?);
        }
        Ok(())
    }

    /// Adds a window of outcomes, durably.
    pub(crate) fn append(&mut self, entries: usize, outcomes: &[Outcome]) -> io::Result<()> {
        let mut lines = Vec::new();
        for outcome in outcomes {
            serde_json::to_writer(&mut lines, outcome)?;
            lines.push(b'\n');
        }
        self.file.seek(SeekFrom::Start(self.progress.bytes))?;
        self.file.write_all(&lines)?;
        self.file.sync_data()?;
        self.progress.entries += entries;
        self.progress.bytes += lines.len() as u64;
        let path = progress_path(&self.path);
        let beside = path.with_extension("progress.part");
        let mut file = File::create(&beside)?;
        file.write_all(&serde_json::to_vec(&self.progress)?)?;
        file.sync_data()?;
        fs::rename(&beside, &path)
    }
}

fn progress_path(journal: &Path) -> PathBuf {
    let mut path = journal.as_os_str().to_owned();
    path.push(".progress");
    path.into()
}
