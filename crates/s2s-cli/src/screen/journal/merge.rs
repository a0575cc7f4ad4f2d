//! The answers of all shards as the file that a single run would have written.

use std::{
    fs::File,
    io::{self, BufReader, BufWriter, Seek, Write},
    path::{Path, PathBuf},
};

use s2s_data::file::open_file;

use super::{
    AnswerLine, Header, JournalError, Outcome,
    line::{Chain, Content, End, Lines},
    lock,
};
use crate::{
    console::StandardOutput,
    destination::{Destination, beside},
    failure::Failure,
};

/// A shard that is read line by line.
struct Shard {
    path: PathBuf,
    header: Header,
    lines: Lines<File>,
    /// Its last line, once that is read.
    end: Option<End>,
}

impl Shard {
    fn open(path: &Path) -> Result<Self, JournalError> {
        let file = open_file(path).map_err(|error| JournalError::io(path, error))?;
        if !file.metadata().is_ok_and(|found| found.is_file()) {
            return Err(JournalError::Shard { path: path.to_owned(), reason: "is not a file".to_owned() });
        }
        lock(&file, path, File::try_lock_shared)?;
        let mut lines = Lines::new(path, BufReader::new(file));
        let header = lines.header()?;
        Ok(Self { path: path.to_owned(), header, lines, end: None })
    }

    fn refused(&self, reason: impl Into<String>) -> JournalError {
        JournalError::Shard { path: self.path.clone(), reason: reason.into() }
    }

    /// All lines of the input with this number; none if the shard ends before it.
    fn answers(&mut self, entry: usize) -> Result<Vec<AnswerLine>, JournalError> {
        let mut answers = Vec::new();
        while self.end.is_none() {
            match self.lines.next()? {
                Some(Content::Answer(answer)) => {
                    answer.follows(answers.len(), entry).map_err(|reason| self.lines.damaged(reason))?;
                    let whole = answer.part + 1 == answer.of;
                    answers.push(*answer);
                    if whole {
                        return Ok(answers);
                    }
                }
                Some(Content::End(end)) if answers.is_empty() => self.end = Some(end),
                Some(_) => return Err(self.lines.damaged("is out of order".to_owned())),
                None => return Err(self.refused("this shard is not finished; start its run again")),
            }
        }
        Ok(answers)
    }
}

/// Writes the answers of all shards as one file, which is not there yet; `sink` gets them in order.
///
/// # Errors
///
/// If the file is there, or a shard is missing, doubled, unfinished, damaged, of another question or of other inputs.
/// Nothing is written then.
pub(in crate::screen) fn merge(
    paths: &[PathBuf],
    destination: &Destination,
    asked: &Header,
    mut sink: impl FnMut(Outcome),
) -> Result<(), Failure> {
    destination.is_none_of(paths)?;
    destination.is_new()?;
    let mut shards = paths.iter().map(|path| Shard::open(path)).collect::<Result<Vec<_>, _>>()?;
    for shard in &shards {
        asked.whole().check(&shard.header.whole(), &shard.path)?;
    }
    shards.sort_by_key(|shard| shard.header.shard);
    let whole = shards.iter().enumerate().all(|(k, shard)| shard.header.shard == (k, shards.len()));
    if !whole {
        let found: Vec<String> = shards.iter().map(|s| format!("{}/{}", s.header.shard.0, s.header.shard.1)).collect();
        return Err(Failure::usage(format!("these shards do not make a whole: {}", found.join(", "))));
    }
    let failed = |source| Failure::file(Path::new("the merged answers"), source);
    let spool = match destination {
        Destination::File(path) => beside(path),
        _ => tempfile::NamedTempFile::new(),
    };
    let mut out = BufWriter::new(spool.map_err(failed)?);
    let mut chain = Chain::default();
    out.write_all(chain.close(&Content::Header(asked.whole())).as_bytes()).map_err(failed)?;
    let (mut entries, mut answers) = (0, 0);
    loop {
        let turn = entries % shards.len();
        let lines = shards[turn].answers(entries)?;
        if lines.is_empty() {
            break;
        }
        entries += 1;
        answers += lines.len();
        for line in lines {
            let outcome = line.outcome.clone();
            out.write_all(chain.close(&Content::Answer(Box::new(line))).as_bytes()).map_err(failed)?;
            sink(outcome);
        }
    }
    let end = end_of(&mut shards, entries, answers)?;
    out.write_all(chain.close(&Content::End(end)).as_bytes()).map_err(failed)?;
    let file = out.into_inner().map_err(|error| failed(error.into_error()))?;
    publish(file, destination)
}

/// The end of the merged file, if all shards have come to theirs and saw the same inputs.
fn end_of(shards: &mut [Shard], entries: usize, answers: usize) -> Result<End, JournalError> {
    let count = shards.len();
    let mut seen: Option<String> = None;
    for (k, shard) in shards.iter_mut().enumerate() {
        // The number that an answer of this shard would have to have now.
        let next = entries + (k + count - entries % count) % count;
        if !shard.answers(next)?.is_empty() {
            return Err(shard.refused("answers inputs beyond the end of another shard"));
        }
        let Some(end) = &shard.end else { return Err(shard.refused("this shard has no end")) };
        if end.entries != entries {
            return Err(shard.refused(format!("this shard is of {} inputs, the shards hold {entries}", end.entries)));
        }
        if seen.get_or_insert_with(|| end.inputs.clone()) != &end.inputs {
            return Err(shard.refused("the inputs changed between the runs of this shard and of the first"));
        }
        if shard.lines.next()?.is_some() {
            return Err(shard.refused("something follows its end"));
        }
    }
    Ok(End { end: true, entries, answers, inputs: seen.unwrap_or_default() })
}

/// Gives the finished file its name, unless the name has been taken meanwhile.
fn publish(mut file: tempfile::NamedTempFile, destination: &Destination) -> Result<(), Failure> {
    match destination {
        Destination::File(path) => {
            file.as_file().sync_data().map_err(|error| Failure::file(path, error))?;
            file.persist_noclobber(path).map_err(|error| Failure::file(path, error.error))?;
            Ok(())
        }
        Destination::Standard => {
            file.rewind()?;
            let mut out = StandardOutput::lock();
            io::copy(&mut file, &mut out)?;
            Ok(out.flush()?)
        }
        Destination::Special(path) => {
            file.rewind()?;
            let mut out = File::options().append(true).open(path).map_err(|error| Failure::file(path, error))?;
            io::copy(&mut file, &mut out).map(drop).map_err(|error| Failure::file(path, error))
        }
    }
}
