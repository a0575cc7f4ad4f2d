//! JSON values with their offsets in the text.
//!
//! A text is checked once, value by value ([`Documents`]). What lies inside a value is then found by looking for quotes
//! and brackets, and only what a structure needs is decoded: nothing is kept of the rest, however much there is of it.

mod documents;
mod scan;

use std::borrow::Cow;

pub(crate) use documents::{Documents, utf_16};
use scan::Scanner;

use crate::{
    number::number,
    parse_error::{Fault, ParseErrorKind, shorten},
};

/// Most keys of an object that is looked into: with more, a text of the largest size holds no structures.
const MOST_KEYS: usize = 1_000_000;

/// A value: its bytes, which are well-formed, and where they begin.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Value<'a> {
    text: &'a [u8],
    pub(crate) offset: usize,
}

impl<'a> Value<'a> {
    pub(crate) fn is_list(self) -> bool {
        self.text.first() == Some(&b'[')
    }

    pub(crate) fn is_object(self) -> bool {
        self.text.first() == Some(&b'{')
    }

    pub(crate) fn is_text(self) -> bool {
        self.text.first() == Some(&b'"')
    }

    pub(crate) fn is_null(self) -> bool {
        self.text == b"null"
    }

    /// The bytes as written.
    pub(crate) fn bytes(self) -> &'a [u8] {
        self.text
    }

    /// What the value is, for a message.
    fn kind(self) -> &'static str {
        match self.text.first() {
            Some(b'{') => "an object",
            Some(b'[') => "a list",
            Some(b'"') => "a text",
            Some(b't' | b'f') => "true or false",
            Some(b'n') => "null",
            _ => "a number",
        }
    }

    pub(crate) fn fault<T>(self, kind: ParseErrorKind, message: impl Into<String>) -> Result<T, Fault> {
        Err(Fault::new(self.offset, kind, message))
    }

    /// Something else stands where `wanted` should.
    fn wrong<T>(self, what: &str, wanted: &str) -> Result<T, Fault> {
        if self.is_null() {
            return self.fault(ParseErrorKind::MissingValue, format!("{wanted} is missing in {what}"));
        }
        let message = format!("{what} should hold {wanted}, not {}: {}", self.kind(), shorten(self.text));
        self.fault(ParseErrorKind::InvalidValue, message)
    }

    /// The elements of a list.
    pub(crate) fn list(self, what: &str) -> Result<Elements<'a>, Fault> {
        if self.is_list() { Ok(Elements(self.inside())) } else { self.wrong(what, "a list") }
    }

    /// The keys and values of an object.
    pub(crate) fn fields(self, what: &str) -> Result<Fields<'a>, Fault> {
        if self.is_object() { Ok(Fields(self.inside())) } else { self.wrong(what, "an object") }
    }

    fn inside(self) -> Scanner<'a> {
        let mut scanner = Scanner::new(self.text, self.offset);
        scanner.at = 1;
        scanner.space();
        scanner
    }

    /// The values of these keys of an object; what is absent or null is `None`, and a key that occurs twice an error.
    pub(crate) fn pick<const N: usize>(self, what: &str, keys: [&str; N]) -> Result<[Option<Self>; N], Fault> {
        let mut found = [None; N];
        for (index, (key, value)) in self.fields(what)?.enumerate() {
            if index == MOST_KEYS {
                let message = format!("{what} exceeds the limit of {MOST_KEYS} keys");
                return value.fault(ParseErrorKind::LimitExceeded, message);
            }
            let key = decode(key);
            let Some(k) = keys.iter().position(|k| *k == key) else { continue };
            if found[k].is_some() {
                return value.fault(ParseErrorKind::DuplicateTag, format!("{} occurs twice in {what}", keys[k]));
            }
            found[k] = Some(value);
        }
        Ok(found.map(|value| value.filter(|v| !v.is_null())))
    }

    /// A value that this object must have.
    pub(crate) fn required(self, value: Option<Self>, key: &str) -> Result<Self, Fault> {
        match value {
            Some(value) => Ok(value),
            None => self.fault(ParseErrorKind::MissingTag, format!("the object has no {key}")),
        }
    }

    /// A finite number.
    pub(crate) fn number(self, what: &str) -> Result<f64, Fault> {
        if let Some(value) = number(self.text) {
            return Ok(value);
        }
        if matches!(self.text.first(), Some(b'-' | b'0'..=b'9' | b'N' | b'I')) {
            let message = format!("{what} is not finite: {}", shorten(self.text));
            return self.fault(ParseErrorKind::InvalidNumber, message);
        }
        self.wrong(what, "a number")
    }

    /// A whole number that is not negative.
    pub(crate) fn count(self, what: &str) -> Result<u64, Fault> {
        let value = self.number(what)?;
        // Whole numbers up to 2⁵³ are exact.
        if value >= 0.0 && value.fract() == 0.0 && value <= 9.0e15 {
            return Ok(value as u64);
        }
        let message = format!("{what} is not a whole number: {}", shorten(self.text));
        self.fault(ParseErrorKind::InvalidNumber, message)
    }

    /// Three of whatever `read` reads.
    fn three<T: Copy + Default>(
        self,
        what: &str,
        mut read: impl FnMut(Self) -> Result<T, Fault>,
    ) -> Result<[T; 3], Fault> {
        let mut three = [T::default(); 3];
        let mut length = 0;
        for element in self.list(what)? {
            if length < 3 {
                three[length] = read(element)?;
            }
            length += 1;
        }
        if length == 3 {
            return Ok(three);
        }
        let message = format!("{what} has {length} values instead of three");
        self.fault(ParseErrorKind::CountMismatch, message)
    }

    /// Three finite numbers.
    pub(crate) fn vector(self, what: &str) -> Result<[f64; 3], Fault> {
        self.three(what, |element| element.number(what))
    }

    /// Three vectors.
    pub(crate) fn matrix(self, what: &str) -> Result<[[f64; 3]; 3], Fault> {
        self.three(what, |row| row.vector(what))
    }

    /// Three flags: true and false, or 1 and 0.
    pub(crate) fn flags(self, what: &str) -> Result<[bool; 3], Fault> {
        self.three(what, |flag| match flag.text {
            b"true" | b"1" => Ok(true),
            b"false" | b"0" => Ok(false),
            _ => flag.wrong(what, "true, false, 1 or 0"),
        })
    }

    /// A text, its escapes resolved.
    pub(crate) fn text(self, what: &str) -> Result<Cow<'a, str>, Fault> {
        if self.is_text() { Ok(self.decoded()) } else { self.wrong(what, "a text") }
    }

    /// A name: a text, or a number as it is written.
    pub(crate) fn name(self) -> Option<Cow<'a, str>> {
        match self.text.first() {
            Some(b'"') => Some(self.decoded()),
            Some(b'-' | b'0'..=b'9') => Some(String::from_utf8_lossy(self.text)),
            _ => None,
        }
    }

    fn decoded(self) -> Cow<'a, str> {
        decode(&self.text[1..self.text.len() - 1])
    }
}

/// The characters that the inside of a quoted text stands for.
pub(crate) fn decode(written: &[u8]) -> Cow<'_, str> {
    if !written.contains(&b'\\') {
        return str::from_utf8(written).map_or_else(|_| String::from_utf8_lossy(written), Cow::Borrowed);
    }
    let mut bytes = Vec::with_capacity(written.len());
    let mut rest = written;
    let unit = |digits: &[u8]| {
        let digits = digits.get(..4).and_then(|d| std::str::from_utf8(d).ok());
        digits.and_then(|d| u32::from_str_radix(d, 16).ok()).unwrap_or(0xFFFD)
    };
    while let [first, after @ ..] = rest {
        rest = after;
        let (b'\\', [escape, after @ ..]) = (*first, after) else {
            bytes.push(*first);
            continue;
        };
        rest = after;
        match escape {
            b'b' => bytes.push(8),
            b'f' => bytes.push(12),
            b'n' => bytes.push(b'\n'),
            b'r' => bytes.push(b'\r'),
            b't' => bytes.push(b'\t'),
            b'u' => {
                let mut code = unit(rest);
                rest = rest.get(4..).unwrap_or_default();
                if let (0xD800..0xDC00, [b'\\', b'u', low @ ..]) = (code, rest)
                    && let low_code @ 0xDC00..0xE000 = unit(low)
                {
                    code = 0x10000 + ((code - 0xD800) << 10) + (low_code - 0xDC00);
                    rest = &low[4..];
                }
                let character = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
                bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            }
            other => bytes.push(*other),
        }
    }
    Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
}

/// The elements of a list, one after the other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Elements<'a>(Scanner<'a>);

impl<'a> Iterator for Elements<'a> {
    type Item = Value<'a>;

    fn next(&mut self) -> Option<Value<'a>> {
        if matches!(self.0.byte(), None | Some(b']')) {
            return None;
        }
        let value = self.0.known();
        next_item(&mut self.0);
        Some(value)
    }
}

/// The keys and values of an object, one after the other; keys as written between their quotes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fields<'a>(Scanner<'a>);

impl<'a> Iterator for Fields<'a> {
    type Item = (&'a [u8], Value<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.byte() != Some(b'"') {
            return None;
        }
        let key = self.0.known();
        self.0.space();
        self.0.at += 1;
        self.0.space();
        let value = self.0.known();
        next_item(&mut self.0);
        Some((&key.text[1..key.text.len() - 1], value))
    }
}

fn next_item(scanner: &mut Scanner<'_>) {
    scanner.space();
    if scanner.byte() == Some(b',') {
        scanner.at += 1;
        scanner.space();
    }
}
