//! Lines and words of plain-text formats, with their offsets.

/// Walks over the lines of a text; LF, CR LF and CR end a line.
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
        let length = rest.iter().position(|&b| b == b'\n' || b == b'\r').unwrap_or(rest.len());
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
        let mut at = 0;
        std::iter::from_fn(move || {
            let start = at + self.text[at..].iter().position(|b| !matches!(b, b' ' | b'\t'))?;
            let rest = &self.text[start..];
            let length = rest.iter().position(|b| matches!(b, b' ' | b'\t')).unwrap_or(rest.len());
            at = start + length;
            Some(Word { text: &rest[..length], offset: self.offset + start })
        })
    }

    /// Offset just behind the line's last visible character.
    pub(crate) fn end(self) -> usize {
        self.offset + self.text.trim_ascii_end().len()
    }
}
