//! The values of a JSON text of any length, one in memory at a time.

use std::io::{BufRead, BufReader, Read};

use super::EntryErrorKind;

/// The elements of a JSON list, or values one after the other as in JSON lines; each as its bytes, which are not checked.
#[derive(Debug)]
pub(super) struct JsonValues<R> {
    source: BufReader<R>,
    state: State,
    limit: usize,
    at: Position,
    /// Where the value began that was given last.
    pub(super) start: Position,
}

/// A position in a text: line and column from 1, the column in characters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Position {
    pub(super) line: usize,
    pub(super) column: usize,
}

impl Position {
    /// Where a text begins.
    pub(super) const START: Self = Self { line: 1, column: 1 };

    /// The position after these bytes.
    pub(super) fn pass(&mut self, bytes: &[u8]) {
        let lines = bytes.iter().filter(|b| **b == b'\n').count();
        let last = bytes.iter().rposition(|b| *b == b'\n').map_or(0, |end| end + 1);
        let characters = bytes[last..].iter().filter(|b| **b & 0xC0 != 0x80).count();
        self.column = characters + if lines == 0 { self.column } else { 1 };
        self.line += lines;
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Start,
    InList,
    Values,
    End,
}

const READ_BYTES: usize = 1 << 18;
/// A page of a thousand crystals takes some tens of megabytes.
const VALUE_BYTES: usize = 1 << 26;

impl<R: Read> JsonValues<R> {
    pub(super) fn new(source: R) -> Self {
        Self::with_limit(BufReader::with_capacity(READ_BYTES, source), VALUE_BYTES)
    }

    /// Values of at most this many bytes.
    pub(super) fn with_limit(source: BufReader<R>, limit: usize) -> Self {
        Self { source, state: State::Start, limit, at: Position::START, start: Position::START }
    }

    /// Whether the values are the elements of a list.
    pub(super) fn are_in_list(&self) -> bool {
        self.state == State::InList
    }

    /// Whether another value follows.
    pub(super) fn has_more(&mut self) -> bool {
        match self.peek() {
            Ok(Some(b']')) => self.state != State::InList,
            Ok(next) => next.is_some(),
            Err(_) => true,
        }
    }

    /// The next byte that is neither space nor comma, which stays where it is.
    fn peek(&mut self) -> Result<Option<u8>, std::io::Error> {
        loop {
            let bytes = self.source.fill_buf()?;
            if bytes.is_empty() {
                return Ok(None);
            }
            let skipped = bytes.iter().position(|b| !b.is_ascii_whitespace() && *b != b',');
            let next = skipped.map(|at| bytes[at]);
            let passed = skipped.unwrap_or(bytes.len());
            self.at.pass(&bytes[..passed]);
            self.source.consume(passed);
            if next.is_some() {
                return Ok(next);
            }
        }
    }

    fn advance(&mut self) -> Result<Option<Vec<u8>>, EntryErrorKind> {
        let mut next = self.peek().map_err(EntryErrorKind::Io)?;
        if self.state == State::Start {
            self.state = if next == Some(b'[') { State::InList } else { State::Values };
            if self.state == State::InList {
                self.source.consume(1);
                self.at.column += 1;
                next = self.peek().map_err(EntryErrorKind::Io)?;
            }
        }
        match (next, self.state) {
            (None, State::InList) => Err(EntryErrorKind::Unclosed),
            (None, _) | (Some(b']'), State::InList) => Ok(None),
            _ => self.value().map(Some),
        }
    }

    /// From here to where the value ends, by its brackets and quotes.
    fn value(&mut self) -> Result<Vec<u8>, EntryErrorKind> {
        self.start = self.at;
        let mut value = Vec::new();
        let (mut depth, mut in_text, mut escaped) = (0_u32, false, false);
        loop {
            let bytes = self.source.fill_buf().map_err(EntryErrorKind::Io)?;
            if bytes.is_empty() {
                return Ok(value);
            }
            let mut end = None;
            for (at, &byte) in bytes.iter().enumerate() {
                if in_text {
                    (in_text, escaped) = (escaped || byte != b'"', !escaped && byte == b'\\');
                    if !in_text && depth == 0 {
                        end = Some(at + 1);
                        break;
                    }
                    continue;
                }
                match byte {
                    b'"' => in_text = true,
                    b'{' | b'[' => depth += 1,
                    // A bare number or word ends before whatever follows it.
                    b',' | b']' | b'}' | b' ' | b'\n' | b'\r' | b'\t' if depth == 0 => {
                        end = Some(at + usize::from(value.is_empty() && at == 0));
                        break;
                    }
                    b'}' | b']' => {
                        depth -= 1;
                        if depth == 0 {
                            end = Some(at + 1);
                            break;
                        }
                    }
                    _ => {}
                }
            }
            let taken = end.unwrap_or(bytes.len());
            if value.len() + taken > self.limit {
                return Err(EntryErrorKind::TooLong { limit: self.limit });
            }
            self.at.pass(&bytes[..taken]);
            value.extend_from_slice(&bytes[..taken]);
            self.source.consume(taken);
            if end.is_some() {
                return Ok(value);
            }
        }
    }
}

impl<R: Read> Iterator for JsonValues<R> {
    type Item = Result<Vec<u8>, EntryErrorKind>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.state == State::End {
            return None;
        }
        let value = self.advance();
        if !matches!(value, Ok(Some(_))) {
            self.state = State::End;
        }
        value.transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Vec<String> {
        let show = |value: Result<Vec<u8>, EntryErrorKind>| match value {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) => format!("error: {error}"),
        };
        // A buffer of one byte makes every boundary one between two reads.
        let mut one = JsonValues::with_limit(BufReader::with_capacity(1, text.as_bytes()), VALUE_BYTES);
        let by_one: Vec<String> = one.by_ref().map(show).collect();
        assert_eq!(by_one, JsonValues::new(text.as_bytes()).map(show).collect::<Vec<_>>());
        by_one
    }

    #[test]
    fn lists_and_lines_give_their_values() {
        assert_eq!(values(r#" [{"a": [1, "}"]}, 2 ,"x\"]", []] "#), [r#"{"a": [1, "}"]}"#, "2", r#""x\"]""#, "[]"]);
        assert_eq!(values("{\"a\": \"\\\\\"}\n\n{}\n"), [r#"{"a": "\\"}"#, "{}"]);
        assert_eq!(values("[]"), [""; 0]);
        assert_eq!(values(""), [""; 0]);
    }

    #[test]
    fn what_is_not_closed_is_told() {
        assert_eq!(values("[{}, {}"), ["{}", "{}", "error: the list has no end"]);
        assert_eq!(values("[{}, {\"a\":"), ["{}", "{\"a\":", "error: the list has no end"]);
        assert_eq!(values("}{}"), ["}", "{}"]);
    }
}
