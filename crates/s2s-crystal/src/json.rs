//! JSON values that know where they stand in the text.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::parse_error::{Fault, Locator, ParseErrorKind, shorten};

/// A JSON text from which raw values were borrowed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Source<'a> {
    pub(crate) text: &'a [u8],
    /// Where the structure begins.
    pub(crate) locator: Locator<'a>,
}

impl<'a> Source<'a> {
    /// Where a borrowed value begins.
    pub(crate) fn offset(self, raw: &RawValue) -> usize {
        (raw.get().as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize)
    }

    /// Reads a value as what it should be; `what` names it in the error.
    pub(crate) fn parse<T: Deserialize<'a>>(self, raw: &'a RawValue, what: &str) -> Result<T, Fault> {
        serde_json::from_str(raw.get()).map_err(|error| {
            let start = self.offset(raw);
            let at = start + offset_in(raw.get().as_bytes(), &error);
            // The value is well-formed, so that it can only be of the wrong kind.
            Fault::new(
                at.max(start),
                ParseErrorKind::InvalidValue,
                format!("{what} is malformed: {}", sentence(&error)),
            )
        })
    }

    /// A value that an object must have.
    pub(crate) fn required(
        self,
        value: Option<&'a RawValue>,
        owner: &RawValue,
        key: &str,
    ) -> Result<&'a RawValue, Fault> {
        value.ok_or_else(|| {
            Fault::new(self.offset(owner), ParseErrorKind::MissingTag, format!("the object has no {key}"))
        })
    }

    /// The elements of a list.
    pub(crate) fn list(self, raw: &'a RawValue, what: &str) -> Result<Vec<&'a RawValue>, Fault> {
        self.parse(raw, what)
    }

    /// A finite number.
    pub(crate) fn number(self, raw: &'a RawValue, what: &str) -> Result<f64, Fault> {
        let value: f64 = self.parse(raw, what)?;
        if value.is_finite() {
            return Ok(value);
        }
        Err(Fault::new(self.offset(raw), ParseErrorKind::InvalidNumber, format!("{what} is not finite")))
    }

    /// Three numbers.
    pub(crate) fn vector(self, raw: &'a RawValue, what: &str) -> Result<[f64; 3], Fault> {
        self.parse(raw, what)
    }

    /// Three vectors.
    pub(crate) fn matrix(self, raw: &'a RawValue, what: &str) -> Result<[[f64; 3]; 3], Fault> {
        self.parse(raw, what)
    }
}

/// The values of a text, one after the other: one document, or one on each line.
pub(crate) fn documents<'a>(text: &'a [u8]) -> impl Iterator<Item = Result<&'a RawValue, Fault>> + 'a {
    let start = if text.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
    let mut stream = serde_json::Deserializer::from_slice(&text[start..]).into_iter::<&'a RawValue>();
    let mut failed = false;
    std::iter::from_fn(move || {
        if failed {
            return None;
        }
        let document = stream.next()?;
        failed = document.is_err();
        Some(document.map_err(|error| {
            let at = start + offset_in(&text[start..], &error);
            Fault::new(at, ParseErrorKind::Syntax, format!("the JSON is malformed: {}", sentence(&error)))
        }))
    })
}

/// Byte offset of a JSON error: serde counts lines by LF and columns in bytes.
fn offset_in(text: &[u8], error: &serde_json::Error) -> usize {
    let mut start = 0;
    for _ in 1..error.line() {
        match text[start..].iter().position(|&b| b == b'\n') {
            Some(length) => start += length + 1,
            None => break,
        }
    }
    (start + error.column().saturating_sub(1)).min(text.len())
}

/// The error without serde's own position.
fn sentence(error: &serde_json::Error) -> String {
    let message = error.to_string();
    let end = message.rfind(" at line ").unwrap_or(message.len());
    shorten_message(&message[..end])
}

fn shorten_message(message: &str) -> String {
    if message.len() <= 120 { message.to_owned() } else { shorten(message) }
}
