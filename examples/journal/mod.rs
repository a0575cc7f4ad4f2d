//! Answers on disk, window by window, so that a run that was killed goes on where it stood.

use std::{
    error::Error,
    fmt::Display,
    fs::{self, File},
    io::{self, BufRead, BufReader, BufWriter, Seek, SeekFrom, Write},
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
    /// Which of how many shards this is.
    shard: (usize, usize),
    /// Whether all of the shard is there.
    finished: bool,
    /// Files, or lines of JSON-lines files, that are done.
    entries: usize,
    /// Bytes that answer for them.
    bytes: u64,
}

/// A line: what came of a structure, and in which window it was.
#[derive(Debug, Serialize, Deserialize)]
struct Line {
    window: usize,
    #[serde(flatten)]
    outcome: Outcome,
}

impl Journal {
    /// The journal at this path, begun if it is not there.
    ///
    /// # Errors
    ///
    /// If it answers another question, or cannot be opened.
    pub(crate) fn open(path: &Path, question: Value, shard: (usize, usize)) -> Result<Self, Box<dyn Error>> {
        let named = |error: io::Error| format!("{}: {error}", path.display());
        let progress = match fs::read(progress_path(path)) {
            Ok(bytes) => {
                serde_json::from_slice(&bytes).map_err(|error| format!("{}: {error}", progress_path(path).display()))?
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound && !path.exists() => {
                Progress { question: question.clone(), shard, finished: false, entries: 0, bytes: 0 }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(format!("{} is there already, and no run of this program", path.display()).into());
            }
            Err(error) => return Err(named(error).into()),
        };
        if (&progress.question, progress.shard) != (&question, shard) {
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
            sink(parse(&self.path, number, &line?)?.outcome);
        }
        Ok(())
    }

    /// Adds what came of a window that ends after so many files and lines, durably.
    pub(crate) fn append(&mut self, window: usize, end: usize, outcomes: &[Outcome]) -> io::Result<()> {
        #[derive(Serialize)]
        struct Line<'o> {
            window: usize,
            #[serde(flatten)]
            outcome: &'o Outcome,
        }
        let mut lines = Vec::new();
        for outcome in outcomes {
            serde_json::to_writer(&mut lines, &Line { window, outcome })?;
            lines.push(b'\n');
        }
        self.file.seek(SeekFrom::Start(self.progress.bytes))?;
        self.file.write_all(&lines)?;
        self.file.sync_data()?;
        self.progress.entries = end;
        self.progress.bytes += lines.len() as u64;
        self.save()
    }

    /// Notes that nothing is left to answer for.
    pub(crate) fn finish(&mut self) -> io::Result<()> {
        self.progress.finished = true;
        self.save()
    }

    fn save(&self) -> io::Result<()> {
        let path = progress_path(&self.path);
        let beside = path.with_extension("progress.part");
        let mut file = File::create(&beside)?;
        file.write_all(&serde_json::to_vec(&self.progress)?)?;
        file.sync_data()?;
        fs::rename(&beside, &path)
    }
}

/// Writes the journals of all shards as the one that a single run would have left; hands over what is in it, in order.
///
/// # Errors
///
/// If a shard is missing, unfinished or of another run.
pub(crate) fn merge(shards: &[PathBuf], merged: &Path, mut sink: impl FnMut(Outcome)) -> Result<(), Box<dyn Error>> {
    let named = |path: &Path, reason: &dyn Display| format!("{}: {reason}", path.display());
    let mut found: Vec<(Progress, PathBuf)> = Vec::new();
    for path in shards {
        let bytes = fs::read(progress_path(path)).map_err(|error| named(&progress_path(path), &error))?;
        let progress: Progress = serde_json::from_slice(&bytes).map_err(|error| named(&progress_path(path), &error))?;
        if !progress.finished {
            return Err(named(path, &"this shard is not finished; start its run again").into());
        }
        if found.first().is_some_and(|(first, _)| first.question != progress.question) {
            return Err(named(path, &"this shard belongs to another run than the first").into());
        }
        found.push((progress, path.clone()));
    }
    found.sort_by_key(|(progress, _)| progress.shard);
    let complete = found.iter().enumerate().all(|(k, (progress, _))| progress.shard == (k, found.len()));
    if found.is_empty() || !complete {
        let shards: Vec<String> = found.iter().map(|(p, _)| format!("{}/{}", p.shard.0, p.shard.1)).collect();
        return Err(format!("these shards do not make a whole: {}", shards.join(", ")).into());
    }
    let mut readers = Vec::with_capacity(found.len());
    for (_, path) in &found {
        readers.push(
            BufReader::new(File::open(path).map_err(|error| named(path, &error))?).lines().enumerate().peekable(),
        );
    }
    let mut out = BufWriter::new(File::create(merged).map_err(|error| named(merged, &error))?);
    let mut bytes = 0;
    for window in 0.. {
        let (turn, path) = (window % found.len(), &found[window % found.len()].1);
        while let Some((number, line)) = readers[turn].peek() {
            let line = line.as_ref().map_err(|error| named(path, error))?;
            let parsed = parse(path, *number, line)?;
            if parsed.window != window {
                break;
            }
            writeln!(out, "{line}")?;
            bytes += line.len() as u64 + 1;
            sink(parsed.outcome);
            readers[turn].next();
        }
        if readers.iter_mut().all(|reader| reader.peek().is_none()) {
            break;
        }
    }
    let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.sync_data()?;
    let entries = found.iter().map(|(progress, _)| progress.entries).max().unwrap_or(0);
    let question = found.swap_remove(0).0.question;
    let progress = Progress { question, shard: (0, 1), finished: true, entries, bytes };
    Journal { path: merged.to_owned(), file, progress }.save()?;
    Ok(())
}

fn parse(path: &Path, number: usize, line: &str) -> Result<Line, String> {
    serde_json::from_str(line).map_err(|error| format!("{}:{}: {error}", path.display(), number + 1))
}

fn progress_path(journal: &Path) -> PathBuf {
    let mut path = journal.as_os_str().to_owned();
    path.push(".progress");
    path.into()
}
