//! The values of a JSON text: one document, the elements of one list, or documents one behind the other.

use super::{Scanner, Value};
use crate::parse_error::{Fault, ParseErrorKind};

/// Iterator over the values of a text, each checked when it is reached.
///
/// A fault ends the iteration, unless the text goes on with an object at the beginning of a line, as JSON lines do.
#[derive(Debug)]
pub(crate) struct Documents<'a> {
    scanner: Scanner<'a>,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Start,
    /// Inside a list that is the whole text, behind an element.
    List,
    Values,
    End,
}

impl<'a> Documents<'a> {
    pub(crate) fn new(text: &'a [u8]) -> Self {
        let mut scanner = Scanner::new(text, 0);
        if text.starts_with(b"\xEF\xBB\xBF") {
            scanner.at = 3;
        }
        Self { scanner, state: State::Start }
    }

    /// Whether the values are the elements of a list.
    pub(crate) fn is_list(&self) -> bool {
        self.state == State::List
    }

    fn advance(&mut self) -> Result<Option<Value<'a>>, Fault> {
        self.scanner.space();
        match self.state {
            State::End => return Ok(None),
            State::Start if self.scanner.byte() == Some(b'[') => {
                self.scanner.at += 1;
                self.scanner.space();
                self.state = State::List;
                if self.scanner.byte() == Some(b']') {
                    return self.end_of_list();
                }
            }
            State::Start => self.state = State::Values,
            State::List => match self.scanner.byte() {
                Some(b',') => {
                    self.scanner.at += 1;
                    self.scanner.space();
                }
                Some(b']') => return self.end_of_list(),
                None => return self.scanner.fault("a list has no end"),
                Some(_) => return self.scanner.fault("a comma or ] is missing"),
            },
            State::Values => {}
        }
        if self.state == State::Values && self.scanner.byte().is_none() {
            return Ok(None);
        }
        self.scanner.checked().map(Some)
    }

    /// Another value may follow a list, as it may follow any value.
    fn end_of_list(&mut self) -> Result<Option<Value<'a>>, Fault> {
        self.scanner.at += 1;
        self.state = State::Values;
        self.advance()
    }

    /// Goes on with the next line that begins with an object.
    fn resume(&mut self, start: usize) {
        let next = self.scanner.text[start..].windows(2).position(|pair| pair == b"\n{");
        match next {
            Some(next) if self.state == State::Values => self.scanner.at = start + next + 1,
            _ => self.state = State::End,
        }
    }
}

impl<'a> Iterator for Documents<'a> {
    type Item = Result<Value<'a>, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.state == State::Start
            && let Some(name) = utf_16(self.scanner.text)
        {
            self.state = State::End;
            return Some(Err(name));
        }
        self.scanner.space();
        let start = self.scanner.at;
        let value = self.advance();
        if value.is_err() {
            self.resume(start);
        }
        value.transpose()
    }
}

/// Says that a text is UTF-16, where it is.
pub(crate) fn utf_16(text: &[u8]) -> Option<Fault> {
    let marked = text.starts_with(b"\xFF\xFE") || text.starts_with(b"\xFE\xFF");
    // Every format begins with a character that takes one byte in UTF-8.
    let unmarked = matches!(text, [1..=0x7F, 0, 1..=0x7F, 0, ..] | [0, 1..=0x7F, 0, 1..=0x7F, ..])
        || matches!(text, [b'{' | b'[', 0, ..] | [0, b'{' | b'[', ..]);
    let message = "the text is UTF-16: save it as UTF-8";
    (marked || unmarked).then(|| Fault::new(0, ParseErrorKind::Unsupported, message))
}
