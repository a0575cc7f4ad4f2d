//! The record of the pages of a response: one line per page during the download, one object once it is complete.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize, de::IgnoredAny};

use super::PagedDownloadError;
use crate::{
    download::{DownloadError, install},
    file::FileEntry,
};

/// The object of a complete response.
const STATE: &str = "harvest.json";
/// The lines of one that is arriving.
const JOURNAL: &str = "harvest.jsonl";

/// What is known about a response.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    pub(super) question: String,
    pub(super) entries: u64,
    pub(super) pages: Vec<FileEntry>,
    /// Address of the next page; nothing when all are there.
    pub(super) next: Option<String>,
    /// What earlier versions wrote twice: the pages say where they came from.
    #[serde(default, rename = "asked", skip_serializing)]
    _asked: IgnoredAny,
}

impl State {
    fn new(question: String) -> Self {
        Self { entries: 0, pages: Vec::new(), next: Some(question.clone()), question, _asked: IgnoredAny }
    }

    /// Reads the object of a folder.
    pub(super) fn read(folder: &Path, wanted: &str) -> Result<Self, PagedDownloadError> {
        let path = folder.join(STATE);
        let bytes = fs::read(&path).map_err(DownloadError::io(&path))?;
        let state: Self = serde_json::from_slice(&bytes).map_err(|error| invalid(&path, error))?;
        state.answers(folder, wanted)
    }

    /// Writes the object of a complete response.
    pub(super) fn write(&self, folder: &Path) -> Result<(), PagedDownloadError> {
        let path = folder.join(STATE);
        let text = serde_json::to_vec_pretty(self).map_err(|error| DownloadError::io(&path)(error.into()))?;
        Ok(install::write(&path, &text)?)
    }

    /// Adds a page; the number of its entries is recorded with it.
    pub(super) fn push(&mut self, line: Line) {
        self.entries += line.page.records.unwrap_or(0);
        self.pages.push(line.page);
        self.next = line.next;
    }

    fn answers(self, folder: &Path, wanted: &str) -> Result<Self, PagedDownloadError> {
        if self.question == wanted {
            return Ok(self);
        }
        Err(PagedDownloadError::OtherQuestion {
            path: folder.to_owned(),
            found: self.question,
            wanted: wanted.to_owned(),
        })
    }
}

/// The first line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    question: String,
}

/// One of the others.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Line {
    pub(super) page: FileEntry,
    pub(super) next: Option<String>,
}

/// The lines of a response that is being downloaded, to which one process appends.
#[derive(Debug)]
pub(super) struct Journal {
    file: File,
    path: PathBuf,
}

impl Journal {
    /// Opens the lines in a folder, and says what they say; the last one may have been cut off by a kill, and is removed.
    pub(super) fn open(folder: &Path, question: &str) -> Result<(Self, State), PagedDownloadError> {
        let path = folder.join(JOURNAL);
        let opened = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
        let mut file = opened.map_err(DownloadError::io(&path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(DownloadError::Busy { path }.into()),
            Err(TryLockError::Error(error)) => return Err(DownloadError::io(&path)(error).into()),
        }
        let mut text = Vec::new();
        file.read_to_end(&mut text).map_err(DownloadError::io(&path))?;
        let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        file.set_len(whole as u64).map_err(DownloadError::io(&path))?;
        file.seek(SeekFrom::End(0)).map_err(DownloadError::io(&path))?;
        let mut journal = Self { file, path };
        let mut lines = text[..whole].split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        let Some(head) = lines.next() else {
            let state = journal.begin(folder, question)?;
            return Ok((journal, state));
        };
        let head: Head = serde_json::from_slice(head).map_err(|error| invalid(&journal.path, error))?;
        let mut state = State::new(head.question).answers(folder, question)?;
        for line in lines {
            state.push(serde_json::from_slice(line).map_err(|error| invalid(&journal.path, error))?);
        }
        Ok((journal, state))
    }

    /// Begins, with what an earlier version had written into one object.
    fn begin(&mut self, folder: &Path, question: &str) -> Result<State, PagedDownloadError> {
        let state = match folder.join(STATE).exists() {
            true => State::read(folder, question)?,
            false => State::new(question.to_owned()),
        };
        self.write(&Head { question: question.to_owned() })?;
        let last = state.pages.len().saturating_sub(1);
        for (k, page) in state.pages.iter().enumerate() {
            // Only the newest page says where to go on.
            let next = state.next.clone().filter(|_| k == last);
            self.write(&Line { page: page.clone(), next })?;
        }
        Ok(state)
    }

    /// Adds a page that is there.
    pub(super) fn append(&mut self, line: &Line) -> Result<(), PagedDownloadError> {
        self.write(line)?;
        Ok(self.file.sync_data().map_err(DownloadError::io(&self.path))?)
    }

    fn write(&mut self, line: &impl Serialize) -> Result<(), PagedDownloadError> {
        let failed = |error: io::Error| DownloadError::io(&self.path)(error);
        let mut text = serde_json::to_vec(line).map_err(|error| failed(error.into()))?;
        text.push(b'\n');
        Ok(self.file.write_all(&text).map_err(DownloadError::io(&self.path))?)
    }

    /// Removes the lines of a response that is complete and described by one object.
    pub(super) fn remove(self) -> Result<(), PagedDownloadError> {
        Ok(fs::remove_file(&self.path).map_err(DownloadError::io(&self.path))?)
    }
}

fn invalid(path: &Path, error: serde_json::Error) -> PagedDownloadError {
    DownloadError::io(path)(io::Error::new(io::ErrorKind::InvalidData, error)).into()
}
