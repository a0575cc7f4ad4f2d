//! Values of a CIF as ranges of the text.

use std::borrow::Cow;

use crate::{
    cif::lexer::{Kind, Token},
    number::leading_number,
};

/// A value with its offset in the text.
#[derive(Clone, Copy, Debug)]
pub struct Value<'a> {
    pub(super) text: &'a [u8],
    pub(super) token: Token,
}

impl<'a> Value<'a> {
    /// The bytes of the value, without its quotes or semicolons.
    #[inline]
    pub(crate) fn bytes(self) -> &'a [u8] {
        &self.text[self.token.start..self.token.end]
    }

    /// The number that is all of the value, where nothing else stands in it.
    #[inline]
    pub(crate) fn plain_number(self) -> Option<f64> {
        // A number is read more quickly where the text goes on behind it.
        let (number, rest) = leading_number(&self.text[self.token.start..])?;
        (self.text.len() - rest.len() == self.token.end).then_some(number)
    }

    #[inline]
    pub(crate) fn offset(self) -> usize {
        self.token.offset
    }

    /// Whether the value is an unquoted `.` or `?`.
    #[inline]
    pub fn is_absent(self) -> bool {
        self.token.kind == Kind::Bare && matches!(self.bytes(), b"." | b"?")
    }

    /// The value as text, without its quotes or semicolons; folded lines of text fields are joined.
    pub fn text(self) -> Cow<'a, str> {
        let raw = String::from_utf8_lossy(self.bytes());
        if self.token.kind == Kind::Text { unfold(raw) } else { raw }
    }
}

/// Undoes the line-folding and text-prefix protocols of CIF 2.0 text fields.
fn unfold(raw: Cow<'_, str>) -> Cow<'_, str> {
    let Some((heading, body)) = raw.split_once('\n') else { return raw };
    let heading = heading.trim_end();
    let Some(stripped) = heading.strip_suffix('\\') else { return raw };
    let (prefix, fold) = match stripped.strip_suffix('\\') {
        Some(prefix) => (prefix, true),
        None => (stripped, stripped.is_empty()),
    };
    let mut text = String::with_capacity(body.len());
    let mut lines = body.split('\n').peekable();
    while let Some(line) = lines.next() {
        let line = line.strip_suffix('\r').unwrap_or(line);
        let line = line.strip_prefix(prefix).unwrap_or(line);
        match line.trim_end().strip_suffix('\\').filter(|_| fold) {
            Some(begun) => text.push_str(begun),
            None => {
                text.push_str(line);
                if lines.peek().is_some() {
                    text.push('\n');
                }
            }
        }
    }
    Cow::Owned(text)
}
