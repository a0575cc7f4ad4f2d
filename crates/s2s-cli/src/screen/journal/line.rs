//! The lines of an answers file, each closed by a check over all before it.

use std::{
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{Input, JournalError, Outcome};

/// How every answers file begins.
pub(super) const START: &str = r#"{"s2s_answers":1,"#;

/// The first line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::screen) struct Header {
    /// Version of the layout.
    s2s_answers: u32,
    /// Which part of the inputs is answered for: those whose number leaves the first when divided by the second.
    pub(super) shard: (usize, usize),
    /// What the answers depend on besides the inputs.
    question: Value,
}

impl Header {
    pub(in crate::screen) fn new(shard: (usize, usize), question: Value) -> Self {
        Self { s2s_answers: 1, shard, question }
    }

    /// The header of a whole that this is a shard of.
    pub(super) fn whole(&self) -> Self {
        Self { shard: (0, 1), ..self.clone() }
    }

    /// Says in what another header differs.
    pub(super) fn check(&self, found: &Self, path: &Path) -> Result<(), JournalError> {
        let refused = |what: String| Err(JournalError::Question { path: path.to_owned(), what });
        if let (Some(asked), Some(there)) = (self.question.as_object(), found.question.as_object())
            && let Some((key, _)) = asked.iter().find(|(key, value)| there.get(*key) != Some(value))
        {
            return refused(if key == "program" { format!("versions of the {key}") } else { key.clone() });
        }
        if self.question != found.question {
            return refused("options".to_owned());
        }
        if self.shard != found.shard {
            return refused(format!("shards: it is {}/{}", found.shard.0, found.shard.1));
        }
        Ok(())
    }
}

/// What came of one structure of an input.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::screen) struct AnswerLine {
    /// Number of the input among all, from 0.
    pub(super) entry: usize,
    /// Number of the structure in the input, from 0.
    pub(super) part: usize,
    /// How many structures the input holds.
    pub(super) of: usize,
    /// Name of the input.
    pub(super) input: String,
    /// SHA-256 of its content.
    pub(super) sha256: String,
    #[serde(flatten)]
    pub(super) outcome: Outcome,
}

impl AnswerLine {
    pub(super) fn input(&self) -> Input {
        Input { name: self.input.clone(), sha256: self.sha256.clone() }
    }

    /// Whether this is the line that has to come after so many parts of the input with this number.
    pub(super) fn follows(&self, parts: usize, entry: usize) -> Result<(), String> {
        let right = self.entry == entry && self.part == parts && self.part < self.of;
        right.then_some(()).ok_or_else(|| {
            format!("answers part {} of input {} where part {parts} of input {entry} comes", self.part, self.entry)
        })
    }
}

/// The last line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct End {
    pub(super) end: bool,
    /// Inputs of all shards.
    pub(super) entries: usize,
    /// Answers of this file.
    pub(super) answers: usize,
    /// SHA-256 over the names and contents of the inputs of all shards, in order.
    pub(super) inputs: String,
}

/// A line without its check.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Content {
    Header(Header),
    End(End),
    Answer(Box<AnswerLine>),
}

/// A hash over all lines so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Chain(Vec<u8>);

/// Digits of a check.
const DIGITS: usize = 16;

impl Chain {
    /// The line of a content with its check and its end.
    pub(super) fn close(&mut self, content: &Content) -> String {
        let body = serde_json::to_string(content).expect("invariant: names and finite numbers are plain data");
        let check = self.check(&body);
        let open = body.strip_suffix('}').expect("invariant: the content is an object");
        format!("{open},\"check\":\"{check}\"}}\n")
    }

    /// The content of a line without its end, if its check is right.
    fn open(&mut self, line: &str) -> Result<Content, String> {
        let damaged = || "is damaged or has been edited: its check is wrong".to_owned();
        let (open, check) = line.rsplit_once(",\"check\":\"").ok_or_else(damaged)?;
        let check = check.strip_suffix("\"}").filter(|check| check.len() == DIGITS).ok_or_else(damaged)?;
        let body = format!("{open}}}");
        if self.check(&body) != check {
            return Err(damaged());
        }
        serde_json::from_str(&body).map_err(|error| format!("is no answer: {error}"))
    }

    fn check(&mut self, body: &str) -> String {
        let mut hash = Sha256::new();
        hash.update(&self.0);
        hash.update(body);
        self.0 = hash.finalize().to_vec();
        hexadecimal(&self.0)[..DIGITS].to_owned()
    }
}

pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The lines of a file that are whole, checked one after the other.
#[derive(Debug)]
pub(super) struct Lines<R> {
    path: PathBuf,
    reader: BufReader<R>,
    chain: Chain,
    bytes: u64,
    line: usize,
}

impl<R: Read> Lines<R> {
    pub(super) fn new(path: &Path, reader: BufReader<R>) -> Self {
        Self { path: path.to_owned(), reader, chain: Chain::default(), bytes: 0, line: 0 }
    }

    /// The state after the line that was read last.
    pub(super) fn chain(&self) -> Chain {
        self.chain.clone()
    }

    /// Bytes up to the end of the line that was read last.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The first line.
    pub(super) fn header(&mut self) -> Result<Header, JournalError> {
        let foreign = || JournalError::Foreign { path: self.path.clone() };
        let starts = self.reader.fill_buf().is_ok_and(|head| head.starts_with(START.as_bytes()));
        if !starts {
            return Err(foreign());
        }
        match self.next()? {
            Some(Content::Header(header)) if header.shard.0 < header.shard.1 => Ok(header),
            _ => Err(JournalError::Foreign { path: self.path.clone() }),
        }
    }

    /// The next line, unless only a part of one is left: that is what a kill leaves.
    pub(super) fn next(&mut self) -> Result<Option<Content>, JournalError> {
        let mut line = Vec::new();
        self.reader.read_until(b'\n', &mut line).map_err(|error| JournalError::io(&self.path, error))?;
        if line.pop() != Some(b'\n') {
            return Ok(None);
        }
        self.line += 1;
        let text = std::str::from_utf8(&line).map_err(|_| self.damaged("is no text".to_owned()))?;
        let content = self.chain.open(text).map_err(|reason| self.damaged(reason))?;
        self.bytes += line.len() as u64 + 1;
        Ok(Some(content))
    }

    /// What is wrong with the line that was read last.
    pub(super) fn damaged(&self, reason: String) -> JournalError {
        JournalError::Damaged { path: self.path.clone(), line: self.line, reason }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn lines() -> Vec<String> {
        let mut chain = Chain::default();
        let end = |answers| Content::End(End { end: true, entries: 1, answers, inputs: String::new() });
        let header = Content::Header(Header::new((0, 1), json!({ "models": [] })));
        [header, end(1), end(2)].iter().map(|content| chain.close(content)).collect()
    }

    fn read(text: &str) -> Result<usize, JournalError> {
        let mut lines = Lines::new(Path::new("a"), BufReader::new(text.as_bytes()));
        lines.header()?;
        let mut count = 0;
        while lines.next()?.is_some() {
            count += 1;
        }
        Ok(count)
    }

    #[test]
    fn every_changed_byte_of_a_whole_line_is_found() {
        let whole = lines().concat();
        assert_eq!(read(&whole).ok(), Some(2));
        for at in 0..whole.len() {
            let mut bytes = whole.clone().into_bytes();
            bytes[at] ^= 1;
            let Ok(text) = String::from_utf8(bytes) else { continue };
            // A line whose end is gone is one that was not finished.
            let unfinished = at == whole.len() - 1;
            assert_eq!(read(&text).is_ok(), unfinished, "byte {at}");
        }
    }

    #[test]
    fn missing_moved_and_doubled_lines_are_found() {
        let lines = lines();
        for order in [vec![0, 2], vec![0, 2, 1], vec![0, 1, 1, 2], vec![1, 2], vec![0, 0, 1, 2]] {
            let text: String = order.iter().map(|&line| lines[line].clone()).collect();
            assert!(read(&text).is_err(), "{order:?}");
        }
        let half = lines.concat();
        assert_eq!(read(&half[..half.len() - 5]).ok(), Some(1));
    }
}
