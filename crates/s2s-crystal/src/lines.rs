//! Lines and words of plain-text formats, with their offsets.

use crate::byte_search::end_of_visible;

/// Iterator over the lines of a text; LF, CR LF and CR end a line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lines<'a> {
    text: &'a [u8],
    at: usize,
}

/// A line without its end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line<'a> {
    pub(crate) text: &'a [u8],
    pub(crate) offset: usize,
}

/// A word of a line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Word<'a> {
    pub(crate) text: &'a [u8],
    pub(crate) offset: usize,
}

impl<'a> Lines<'a> {
    pub(crate) fn new(text: &'a [u8]) -> Self {
        Self { text, at: if text.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 } }
    }

    /// Bytes not yet read.
    pub(crate) fn left(&self) -> usize {
        self.text.len() - self.at
    }

    /// The text not yet read.
    pub(crate) fn rest(&self) -> &'a [u8] {
        &self.text[self.at..]
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = Line<'a>;

    #[inline]
    fn next(&mut self) -> Option<Line<'a>> {
        let rest = &self.text[self.at..];
        if rest.is_empty() {
            return None;
        }
        let offset = self.at;
        let length = memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
        let end = match rest[length..] {
            [b'\r', b'\n', ..] => 2,
            [_, ..] => 1,
            [] => 0,
        };
        self.at += length + end;
        Some(Line { text: &rest[..length], offset })
    }
}

impl<'a> Line<'a> {
    pub(crate) fn is_blank(self) -> bool {
        self.text.trim_ascii().is_empty()
    }

    /// The words of the line, separated by spaces and tabs.
    pub(crate) fn words(self) -> impl Iterator<Item = Word<'a>> + Clone {
        let text = self.text;
        let mut at = 0;
        std::iter::from_fn(move || {
            while matches!(text.get(at)?, b' ' | b'\t') {
                at += 1;
            }
            let start = at;
            at = end_of_visible(text, start);
            // Other control characters are part of a word.
            while text.get(at).is_some_and(|b| !matches!(b, b' ' | b'\t')) {
                at = end_of_visible(text, at + 1);
            }
            Some(Word { text: &text[start..at], offset: self.offset + start })
        })
    }

    /// Offset just behind the line's last visible character.
    pub(crate) fn end(self) -> usize {
        self.offset + self.text.trim_ascii_end().len()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn words_are_what_stands_between_spaces_and_tabs(text in "[a-c \\t\\u{b}\\u{7f}]{0,30}") {
            let line = Line { text: text.as_bytes(), offset: 5 };
            let words: Vec<&[u8]> = line.words().map(|word| word.text).collect();
            let expected: Vec<&[u8]> = text.split([' ', '\t']).filter(|word| !word.is_empty()).map(str::as_bytes).collect();
            prop_assert_eq!(words, expected);
            for word in line.words() {
                prop_assert_eq!(&text.as_bytes()[word.offset - 5..][..word.text.len()], word.text);
            }
        }
    }
}
