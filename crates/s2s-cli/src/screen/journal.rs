//! The answers file, from which a killed run resumes: no answer is lost, doubled or taken over from other inputs.
//!
//! One file of JSON lines, which only grows: a [`Header`] (the question, the shard), a line per answer with the name and
//! SHA-256 of its input, and an end that says how many inputs there were. Every line closes with a check that depends on
//! all lines before it, so that a changed, missing or moved line is found.
//!
//! * A line without its end is what a kill leaves: it is cut off, and its input is answered again.
//! * An input that was answered and is changed, gone, or no longer at its position is refused before the file is touched.
//! * Inputs that are new at the end are answered: what a run would have done that was never interrupted.

mod line;
mod merge;

use std::{
    fs::{File, TryLockError},
    io::{self, BufReader, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use serde_json::Value;
use sha2::{Digest, Sha256};
use thiserror::Error;

pub(super) use line::{AnswerLine, Header};
pub(super) use merge::merge;

use super::answer::Outcome;
use crate::{destination::Destination, failure::Failure};
use line::{Chain, Content, End, Lines};

/// Why an answers file is not used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub(super) enum JournalError {
    #[error("{}: {error}", path.display())]
    Io { path: PathBuf, error: io::Error },
    #[error("{} is there already, and holds no answers of this program", path.display())]
    Foreign { path: PathBuf },
    #[error("another process is writing {}", path.display())]
    Locked { path: PathBuf },
    #[error("{}: line {line} {reason}", path.display())]
    Damaged { path: PathBuf, line: usize, reason: String },
    #[error("{} was begun with other {what}: choose another file, or remove it", path.display())]
    Question { path: PathBuf, what: String },
    #[error("{}: {reason}: choose another file, or remove it", path.display())]
    Inputs { path: PathBuf, reason: String },
    #[error("{}: {reason}", path.display())]
    Shard { path: PathBuf, reason: String },
}

impl JournalError {
    fn io(path: &Path, error: io::Error) -> Self {
        Self::Io { path: path.to_owned(), error }
    }
}

impl From<JournalError> for Failure {
    fn from(error: JournalError) -> Self {
        Self::library(error)
    }
}

/// What identifies an input: its name and the SHA-256 of its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Input {
    pub(super) name: String,
    pub(super) sha256: String,
}

/// Sixteen bytes of the hash of an [`Input`]: what is held of each that is answered.
type Mark = [u8; 16];

impl Input {
    fn mark(&self) -> Mark {
        let mut hash = Sha256::new();
        self.feed(&mut hash);
        let digest = hash.finalize();
        std::array::from_fn(|k| digest[k])
    }

    fn feed(&self, hash: &mut Sha256) {
        hash.update((self.name.len() as u64).to_le_bytes());
        hash.update(&self.name);
        hash.update(&self.sha256);
    }
}

/// Where answers go, and which are there.
pub(super) struct Journal {
    path: PathBuf,
    /// `None` where what is written cannot be read again: standard output, a pipe.
    file: Option<File>,
    stream: Option<Box<dyn Write>>,
    header: Header,
    /// Of the inputs that are answered for, in order.
    marks: Vec<Mark>,
    /// Inputs of this shard that the walk has come to.
    walked: usize,
    /// Inputs of all shards that the walk has come to, and their hash.
    entries: usize,
    inputs: Sha256,
    chain: Chain,
    /// Bytes and answers that count.
    bytes: u64,
    answers: usize,
    end: Option<End>,
}

impl Journal {
    /// The journal at this path, created if it is not there; `sink` gets the answers that are.
    ///
    /// # Errors
    ///
    /// If it holds something else or answers to another question, is damaged, or another process is writing it. It is
    /// then as it was.
    pub(super) fn open(
        destination: &Destination,
        header: Header,
        mut sink: impl FnMut(Outcome),
    ) -> Result<Self, JournalError> {
        let mut journal = Self {
            path: PathBuf::from("-"),
            file: None,
            stream: None,
            chain: Chain::default(),
            marks: Vec::new(),
            walked: 0,
            entries: 0,
            inputs: Sha256::new(),
            bytes: 0,
            answers: 0,
            end: None,
            header,
        };
        let path = match destination {
            Destination::File(path) => path,
            Destination::Standard | Destination::Special(_) => {
                journal.stream = Some(destination.stream().map_err(|e| JournalError::io(&journal.path, e))?);
                return Ok(journal);
            }
        };
        let io = |source| JournalError::io(path, source);
        path.clone_into(&mut journal.path);
        let file = File::options().read(true).write(true).create(true).truncate(false).open(path).map_err(io)?;
        lock(&file, path, File::try_lock)?;
        journal.scan(&file, &mut sink)?;
        journal.file = Some(file);
        Ok(journal)
    }

    /// Reads what is there, as far as it counts.
    fn scan(&mut self, file: &File, sink: &mut impl FnMut(Outcome)) -> Result<(), JournalError> {
        let expected = Chain::default().close(&Content::Header(self.header.clone()));
        let begins = {
            let mut head = Vec::new();
            let limit = expected.len() as u64;
            BufReader::new(file).take(limit).read_to_end(&mut head).map_err(|e| JournalError::io(&self.path, e))?;
            head
        };
        if begins.len() < expected.len() && expected.as_bytes().starts_with(&begins) {
            // Nothing, or the beginning of the header: a run that was killed at once.
            return Ok(());
        }
        let mut reader = file;
        reader.seek(SeekFrom::Start(0)).map_err(|error| JournalError::io(&self.path, error))?;
        let mut lines = Lines::new(&self.path, BufReader::new(reader));
        self.header.check(&lines.header()?, &self.path)?;
        let mut state = (lines.chain(), lines.bytes());
        let mut pending: Vec<AnswerLine> = Vec::new();
        while let Some(content) = lines.next()? {
            match content {
                Content::Answer(answer) => {
                    let shard = self.header.shard;
                    let position = shard.0 + self.marks.len() * shard.1;
                    answer.follows(pending.len(), position).map_err(|reason| lines.damaged(reason))?;
                    let whole = answer.part + 1 == answer.of;
                    pending.push(*answer);
                    if whole {
                        self.marks.push(pending[0].input().mark());
                        self.answers += pending.len();
                        pending.drain(..).for_each(|answer| sink(answer.outcome));
                        state = (lines.chain(), lines.bytes());
                    }
                }
                Content::End(end) => {
                    let complete = pending.is_empty() && end.answers == self.answers;
                    if !complete {
                        return Err(lines.damaged("does not fit the answers before it".to_owned()));
                    }
                    self.end = Some(end);
                    if lines.next()?.is_some() {
                        return Err(lines.damaged("follows the end".to_owned()));
                    }
                    break;
                }
                Content::Header(_) => return Err(lines.damaged("is a second header".to_owned())),
            }
        }
        (self.chain, self.bytes) = state;
        Ok(())
    }

    /// Whether the next input of the walk has to be answered for: `false` if it is, or belongs to another shard.
    ///
    /// # Errors
    ///
    /// If the answer at its position is of another input.
    pub(super) fn wants(&mut self, input: &Input) -> Result<bool, JournalError> {
        input.feed(&mut self.inputs);
        let (number, (k, n)) = (self.entries, self.header.shard);
        self.entries += 1;
        if number % n != k {
            return Ok(false);
        }
        let position = self.walked;
        self.walked += 1;
        match self.marks.get(position) {
            None => Ok(true),
            Some(mark) if *mark == input.mark() => Ok(false),
            Some(_) => {
                let answered = self.answered(position)?;
                let reason = match answered {
                    Some(answered) if answered.name == input.name => {
                        format!("{} has changed since it was answered", input.name)
                    }
                    Some(answered) => format!("{} was answered where now {} comes", answered.name, input.name),
                    None => format!("{} was not answered at this position", input.name),
                };
                Err(JournalError::Inputs { path: self.path.clone(), reason })
            }
        }
    }

    /// The input whose answer is at this position, read again from the file.
    fn answered(&self, position: usize) -> Result<Option<Input>, JournalError> {
        let Some(mut file) = self.file.as_ref() else { return Ok(None) };
        file.seek(SeekFrom::Start(0)).map_err(|error| JournalError::io(&self.path, error))?;
        let mut lines = Lines::new(&self.path, BufReader::new(file));
        lines.header()?;
        let entry = self.header.shard.0 + position * self.header.shard.1;
        while let Some(content) = lines.next()? {
            if let Content::Answer(answer) = content
                && answer.entry == entry
            {
                return Ok(Some(answer.input()));
            }
        }
        Ok(None)
    }

    /// Adds what came of inputs that [`wants`](Self::wants) asked for, durably: their number in the walk, what identifies
    /// them, and an outcome per structure.
    pub(super) fn append(&mut self, answered: Vec<(usize, Input, Vec<Outcome>)>) -> Result<(), JournalError> {
        let mut text = String::new();
        let mut chain = self.chain.clone();
        if self.bytes == 0 {
            text += &chain.close(&Content::Header(self.header.clone()));
        }
        for (entry, input, outcomes) in answered {
            self.marks.push(input.mark());
            self.answers += outcomes.len();
            let of = outcomes.len();
            for (part, outcome) in outcomes.into_iter().enumerate() {
                let Input { name, sha256 } = input.clone();
                let line = AnswerLine { entry, part, of, input: name, sha256, outcome };
                text += &chain.close(&Content::Answer(Box::new(line)));
            }
        }
        self.put(&text)?;
        self.chain = chain;
        Ok(())
    }

    /// Notes that all inputs are answered for.
    ///
    /// # Errors
    ///
    /// If inputs that were answered for are gone.
    pub(super) fn finish(&mut self) -> Result<(), JournalError> {
        if self.walked < self.marks.len() {
            let gone = self.answered(self.walked)?.map_or_else(|| "an input".to_owned(), |input| input.name);
            let count = self.marks.len() - self.walked;
            let reason = format!("{count} inputs that were answered are gone, the first is {gone}");
            return Err(JournalError::Inputs { path: self.path.clone(), reason });
        }
        let inputs = line::hexadecimal(&self.inputs.clone().finalize());
        let end = End { end: true, entries: self.entries, answers: self.answers, inputs };
        let unchanged = self.end.as_ref() == Some(&end);
        let mut chain = self.chain.clone();
        let mut text = String::new();
        if self.bytes == 0 {
            text += &chain.close(&Content::Header(self.header.clone()));
        }
        text += &chain.close(&Content::End(end));
        let length = self.file.as_ref().and_then(|file| file.metadata().ok()).map(|found| found.len());
        if unchanged && length == Some(self.bytes + text.len() as u64) {
            return Ok(());
        }
        self.put(&text)
    }

    /// Cuts off what does not count and writes on from there.
    fn put(&mut self, text: &str) -> Result<(), JournalError> {
        if let Some(stream) = &mut self.stream {
            let written = stream.write_all(text.as_bytes()).and_then(|()| stream.flush());
            written.map_err(|error| JournalError::io(&self.path, error))?;
        } else if let Some(file) = &mut self.file {
            let mut write = || {
                file.set_len(self.bytes)?;
                file.seek(SeekFrom::Start(self.bytes))?;
                file.write_all(text.as_bytes())?;
                file.sync_data()
            };
            write().map_err(|error| JournalError::io(&self.path, error))?;
        }
        self.bytes += text.len() as u64;
        self.end = None;
        Ok(())
    }
}

/// Takes a lock of a file, which goes with it.
fn lock(file: &File, path: &Path, how: fn(&File) -> Result<(), TryLockError>) -> Result<(), JournalError> {
    match how(file) {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => Err(JournalError::Locked { path: path.to_owned() }),
        Err(TryLockError::Error(source)) => Err(JournalError::io(path, source)),
    }
}

/// Whether a file begins as an answers file does.
pub(super) fn is_answers(path: &Path) -> bool {
    let mut head = Vec::new();
    let start = line::START.as_bytes();
    File::open(path).is_ok_and(|file| file.take(start.len() as u64).read_to_end(&mut head).is_ok()) && head == start
}

/// The question as it stands in a header.
pub(super) fn question(models: Value, options: Value) -> Value {
    serde_json::json!({ "program": concat!("s2s ", env!("CARGO_PKG_VERSION")), "models": models, "options": options })
}
