//! Validation of JSON, which finds where values end without decoding them.

use super::Value;
use crate::{
    byte_search::{end_of_scalar, next_quote_or_backslash, next_quote_or_bracket},
    parse_error::{Fault, ParseErrorKind},
};

/// How deep lists and objects may be nested.
pub(crate) const DEEPEST: u32 = 128;

/// A position in a JSON text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scanner<'a> {
    pub(super) text: &'a [u8],
    pub(super) at: usize,
    /// Where the text begins in that of the caller.
    pub(super) origin: usize,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a [u8], origin: usize) -> Self {
        Self { text, at: 0, origin }
    }

    pub(super) fn byte(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    pub(super) fn space(&mut self) {
        while matches!(self.byte(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    fn from(&self, start: usize) -> Value<'a> {
        Value { text: &self.text[start..self.at], offset: self.origin + start }
    }

    /// The value that begins here, every byte of which is checked against the grammar.
    ///
    /// Beyond RFC 8259 `NaN`, `Infinity` and `-Infinity` are values, as Python writes them, and texts may hold bytes that
    /// are not UTF-8: whether that matters is seen where they are read.
    pub(super) fn checked(&mut self) -> Result<Value<'a>, Fault> {
        let start = self.at;
        // One bit for each list or object around this position, the innermost the lowest: whether it is an object.
        let mut around: u128 = 0;
        let mut depth = 0;
        loop {
            let opened = match self.byte() {
                Some(open @ (b'{' | b'[')) => {
                    if depth == DEEPEST {
                        let message = format!("lists and objects are nested deeper than {DEEPEST} levels");
                        return Err(Fault::new(self.origin + self.at, ParseErrorKind::LimitExceeded, message));
                    }
                    depth += 1;
                    around = around << 1 | u128::from(open == b'{');
                    self.at += 1;
                    self.space();
                    let close = if open == b'{' { b'}' } else { b']' };
                    if self.byte() == Some(close) {
                        false
                    } else {
                        if open == b'{' {
                            self.key()?;
                        }
                        true
                    }
                }
                Some(b'"') => self.string().map(|()| false)?,
                Some(b'-' | b'0'..=b'9') => self.number().map(|()| false)?,
                Some(_) => self.word().map(|()| false)?,
                None => return self.fault("the text ends where a value should stand"),
            };
            if opened {
                continue;
            }
            loop {
                if depth == 0 {
                    return Ok(self.from(start));
                }
                self.space();
                let object = around & 1 == 1;
                match self.byte() {
                    Some(b',') => {
                        self.at += 1;
                        self.space();
                        if object {
                            self.key()?;
                        }
                        break;
                    }
                    Some(b'}') if object => {}
                    Some(b']') if !object => {}
                    None if object => return self.fault("an object has no end"),
                    None => return self.fault("a list has no end"),
                    Some(_) if object => return self.fault("a comma or } is missing"),
                    Some(_) => return self.fault("a comma or ] is missing"),
                }
                self.at += 1;
                around >>= 1;
                depth -= 1;
            }
        }
    }

    /// The value that begins here in a text that was checked.
    pub(super) fn known(&mut self) -> Value<'a> {
        let start = self.at;
        let mut depth = 0_usize;
        loop {
            match self.byte() {
                None => break,
                Some(b'"') => self.known_string(),
                Some(b'{' | b'[') => {
                    depth += 1;
                    self.at += 1;
                }
                Some(b'}' | b']') => {
                    depth = depth.saturating_sub(1);
                    self.at += 1;
                }
                Some(_) if depth == 0 => {
                    self.at = end_of_scalar(self.text, self.at);
                }
                Some(_) => {
                    self.at = next_quote_or_bracket(self.text, self.at);
                    continue;
                }
            }
            if depth == 0 {
                break;
            }
        }
        self.from(start)
    }

    fn known_string(&mut self) {
        self.at += 1;
        loop {
            self.at = next_quote_or_backslash(self.text, self.at);
            match self.byte() {
                None => return,
                Some(b'\\') => self.at += 2,
                Some(_) => {
                    self.at += 1;
                    return;
                }
            }
        }
    }

    /// A key with its colon and the space behind it.
    fn key(&mut self) -> Result<(), Fault> {
        if self.byte() != Some(b'"') {
            return self.fault("a key in double quotes should stand here");
        }
        self.string()?;
        self.space();
        if self.byte() != Some(b':') {
            return self.fault("a colon should follow the key");
        }
        self.at += 1;
        self.space();
        Ok(())
    }

    fn string(&mut self) -> Result<(), Fault> {
        let start = self.at;
        self.at += 1;
        loop {
            match self.byte() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => match self.text.get(self.at + 1) {
                    Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 2,
                    Some(b'u') if self.text.get(self.at + 2..self.at + 6).is_some_and(is_hexadecimal) => self.at += 6,
                    _ => return self.fault("a backslash is followed by what cannot follow it"),
                },
                Some(0..=0x1F) => return self.fault("a text in quotes goes over the end of its line"),
                Some(_) => self.at += 1,
                None => {
                    self.at = start;
                    return self.fault("a text in quotes has no end");
                }
            }
        }
    }

    fn number(&mut self) -> Result<(), Fault> {
        if self.byte() == Some(b'-') {
            self.at += 1;
            if self.byte() == Some(b'I') {
                return self.word();
            }
        }
        let whole = self.at;
        if self.digits() == 0 {
            return self.fault("a digit is missing");
        }
        if self.text[whole] == b'0' && self.at > whole + 1 {
            self.at = whole;
            return self.fault("a number begins with a zero too many");
        }
        if self.byte() == Some(b'.') {
            self.at += 1;
            if self.digits() == 0 {
                return self.fault("a digit is missing");
            }
        }
        if matches!(self.byte(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.byte(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            if self.digits() == 0 {
                return self.fault("a digit is missing");
            }
        }
        Ok(())
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while self.byte().is_some_and(|b| b.is_ascii_digit()) {
            self.at += 1;
        }
        self.at - start
    }

    fn word(&mut self) -> Result<(), Fault> {
        let rest = &self.text[self.at..];
        let words: [&[u8]; 5] = [b"true", b"false", b"null", b"NaN", b"Infinity"];
        let Some(word) = words.into_iter().find(|word| rest.starts_with(word)) else {
            return self.fault("a value should stand here");
        };
        self.at += word.len();
        if self.byte().is_some_and(|b| b.is_ascii_alphanumeric()) {
            self.at -= word.len();
            return self.fault("a value should stand here");
        }
        Ok(())
    }

    pub(super) fn fault<T>(&self, what: &str) -> Result<T, Fault> {
        let message = format!("the JSON is malformed: {what}");
        Err(Fault::new(self.origin + self.at, ParseErrorKind::Syntax, message))
    }
}

fn is_hexadecimal(digits: &[u8]) -> bool {
    digits.iter().all(u8::is_ascii_hexdigit)
}
