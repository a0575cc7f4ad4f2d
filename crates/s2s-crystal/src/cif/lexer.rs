//! The lexer of CIF: tokens as ranges of the text.
//!
//! The lexer scans bytes and stores only its position: a token is a kind and a range of the text. Lines and
//! columns are worked out from the offset when an error is reported, so that reading never counts them.
//!
//! # Source
//!
//! CIF 1.1 syntax (Hall, Allen & Brown 1991, as revised by COMCIFS); CIF 2.0 (Bernstein et al. 2016). Relaxed after
//! real files: a CIF 1.1 value may begin with a bracket.

use crate::{
    byte_search::end_of_visible,
    parse_error::{Fault, ParseErrorKind, shorten},
};

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `_tag`
    Tag,
    /// A value without quotes.
    Bare,
    /// A value in quotes; the range excludes them.
    Quoted,
    /// A text field; the range excludes the semicolons.
    Text,
    /// A list or table of CIF 2.0; the range includes the brackets.
    Composite,
    /// `data_name`; the range is the name.
    Data,
    /// `save_name`, or `save_` with an empty range.
    Save,
    /// `loop_`
    Loop,
    /// `global_`
    Global,
    /// `stop_`
    Stop,
    /// The end of the text.
    End,
}

/// A word of the text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    /// Where the word begins, quotes included.
    pub(crate) offset: usize,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl Token {
    pub(crate) fn is_value(self) -> bool {
        matches!(self.kind, Kind::Bare | Kind::Quoted | Kind::Text | Kind::Composite)
    }
}

const SPACE: u8 = 1;
const CONTROL: u8 = 2;
/// What a word may begin with that is not just a word: a tag, a keyword.
const RESERVED: u8 = 4;
/// What begins a quoted value, a text field or a comment.
const DELIMITER: u8 = 8;

/// What a byte can mean.
const CLASS: [u8; 256] = {
    let mut class = [0; 256];
    let mut byte = 0;
    while byte < 0x20 {
        class[byte] = CONTROL;
        byte += 1;
    }
    class[0x7F] = CONTROL;
    class[b' ' as usize] = SPACE;
    class[b'\t' as usize] = SPACE;
    class[b'\n' as usize] = SPACE;
    class[b'\r' as usize] = SPACE;
    let reserved = b"_dDlLsSgG";
    let mut i = 0;
    while i < reserved.len() {
        class[reserved[i] as usize] = RESERVED;
        i += 1;
    }
    let delimiters = b"'\";#";
    let mut i = 0;
    while i < delimiters.len() {
        class[delimiters[i] as usize] = DELIMITER;
        i += 1;
    }
    class
};

/// Deepest nesting of lists and tables.
const DEEPEST: usize = 64;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Lexer<'a> {
    pub(crate) text: &'a [u8],
    pub(crate) at: usize,
    /// Whether the text declares itself CIF 2.0.
    pub(crate) second: bool,
}

impl<'a> Lexer<'a> {
    /// A lexer at the beginning of a text.
    pub(crate) fn new(text: &'a [u8]) -> Self {
        let at = if text.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
        Self { text, at, second: text[at..].starts_with(b"#\\#CIF_2.0") }
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.text.get(at).copied()
    }

    /// Whether a byte may follow a complete word.
    fn is_boundary(&self, at: usize) -> bool {
        match self.byte(at) {
            None => true,
            Some(byte) => CLASS[usize::from(byte)] & SPACE != 0 || (self.second && matches!(byte, b']' | b'}' | b':')),
        }
    }

    fn token(&mut self, kind: Kind, offset: usize, start: usize, end: usize, next: usize) -> Token {
        self.at = next;
        Token { kind, offset, start, end }
    }

    /// The next word.
    #[inline]
    pub(crate) fn next(&mut self) -> Result<Token, Fault> {
        let text = self.text;
        let mut at = self.at;
        loop {
            match self.byte(at) {
                None => return Ok(self.token(Kind::End, text.len(), text.len(), text.len(), text.len())),
                Some(byte) if CLASS[usize::from(byte)] & SPACE != 0 => at += 1,
                Some(b'#') => at = self.end_of_line(at),
                Some(byte) => {
                    self.at = at;
                    return match byte {
                        b'\'' | b'"' => self.quoted(byte),
                        b';' if self.begins_line(at) => self.text_field(),
                        b'[' | b'{' if self.second => self.composite(),
                        _ => self.bare(byte),
                    };
                }
            }
        }
    }

    /// Passes over words that are plain values whatever stands around them; their number, and where the last begins.
    #[inline]
    pub(crate) fn skip_plain(&mut self) -> (u32, usize) {
        let mut count = 0;
        let mut last = self.at;
        // Brackets end the words of CIF 2.0.
        while !self.second
            && let Some((start, end)) = self.plain(RESERVED | DELIMITER | CONTROL)
        {
            self.at = end;
            last = start;
            count += 1;
        }
        (count, last)
    }

    /// The next word of the rows of a loop that has been read before.
    #[inline]
    pub(crate) fn next_value(&mut self) -> Option<Token> {
        if !self.second
            && let Some((start, end)) = self.plain(DELIMITER)
        {
            return Some(self.token(Kind::Bare, start, start, end, end));
        }
        self.next().ok().filter(|token| token.is_value())
    }

    /// The range of the next word, unless it begins with a byte of these classes or holds a control character.
    #[inline]
    fn plain(&self, refused: u8) -> Option<(usize, usize)> {
        let class = |at: usize| self.text.get(at).map(|&byte| CLASS[usize::from(byte)]);
        let mut start = self.at;
        while class(start).is_some_and(|class| class & SPACE != 0) {
            start += 1;
        }
        if class(start)? & refused != 0 {
            return None;
        }
        let end = end_of_visible(self.text, start + 1);
        match class(end) {
            Some(class) if class & CONTROL != 0 => None,
            _ => Some((start, end)),
        }
    }

    fn begins_line(&self, at: usize) -> bool {
        at == 0 || matches!(self.text[at - 1], b'\n' | b'\r')
    }

    fn end_of_line(&self, at: usize) -> usize {
        let length = self.text[at..].iter().position(|&b| b == b'\n' || b == b'\r');
        length.map_or(self.text.len(), |length| at + length)
    }

    #[inline]
    fn bare(&mut self, first: u8) -> Result<Token, Fault> {
        let start = self.at;
        let mut end = end_of_visible(self.text, start);
        if let Some(byte) = self.byte(end).filter(|&b| CLASS[usize::from(b)] & CONTROL != 0) {
            let message = format!("byte 0x{byte:02X} is not allowed in a CIF");
            return Err(Fault::new(end, ParseErrorKind::InvalidCharacter, message));
        }
        if first == b'_' {
            return Ok(self.token(Kind::Tag, start, start, end, end));
        }
        if self.second {
            // Inside and outside of lists a bracket ends a bare word of CIF 2.0.
            let bracket = self.text[start..end].iter().position(|b| matches!(b, b'[' | b']' | b'{' | b'}'));
            if let Some(length) = bracket {
                if length == 0 {
                    let message = format!("{} closes nothing", first as char);
                    return Err(Fault::new(start, ParseErrorKind::UnexpectedToken, message));
                }
                end = start + length;
            }
        }
        if matches!(first, b'd' | b'D' | b'l' | b'L' | b's' | b'S' | b'g' | b'G')
            && let Some(token) = self.keyword(start, end)
        {
            return Ok(token);
        }
        Ok(self.token(Kind::Bare, start, start, end, end))
    }

    /// A word that the grammar reserves.
    fn keyword(&mut self, start: usize, end: usize) -> Option<Token> {
        let word = &self.text[start..end];
        let begins = |keyword: &[u8]| word.get(..5).is_some_and(|head| head.eq_ignore_ascii_case(keyword));
        let kind = if begins(b"data_") {
            return Some(self.token(Kind::Data, start, start + 5, end, end));
        } else if begins(b"save_") {
            return Some(self.token(Kind::Save, start, start + 5, end, end));
        } else if word.eq_ignore_ascii_case(b"loop_") {
            Kind::Loop
        } else if word.eq_ignore_ascii_case(b"global_") {
            Kind::Global
        } else if word.eq_ignore_ascii_case(b"stop_") {
            Kind::Stop
        } else {
            return None;
        };
        Some(self.token(kind, start, start, end, end))
    }

    fn quoted(&mut self, quote: u8) -> Result<Token, Fault> {
        let offset = self.at;
        let triple = self.second && self.text[offset..].starts_with(&[quote; 3]);
        if triple {
            let start = offset + 3;
            let length = self.text[start..].windows(3).position(|w| w == [quote; 3]);
            let Some(length) = length else {
                return Err(Fault::new(offset, ParseErrorKind::UnclosedQuote, "a triple-quoted value has no end"));
            };
            return Ok(self.token(Kind::Quoted, offset, start, start + length, start + length + 3));
        }
        let start = offset + 1;
        let mut at = start;
        loop {
            match self.byte(at) {
                None | Some(b'\n' | b'\r') => {
                    let value = shorten(&self.text[offset..at]);
                    let message = format!("a quoted value has no end: {value}");
                    return Err(Fault::new(offset, ParseErrorKind::UnclosedQuote, message));
                }
                // In CIF 1.1 a quote inside a word does not close the value, as in 'a dog's life'.
                Some(byte) if byte == quote && (self.second || self.is_boundary(at + 1)) => {
                    if !self.is_boundary(at + 1) {
                        let message = "a quoted value is followed by another word without a space";
                        return Err(Fault::new(at + 1, ParseErrorKind::UnexpectedToken, message));
                    }
                    return Ok(self.token(Kind::Quoted, offset, start, at, at + 1));
                }
                Some(_) => at += 1,
            }
        }
    }

    fn text_field(&mut self) -> Result<Token, Fault> {
        let offset = self.at;
        let mut at = offset + 1;
        loop {
            at = self.end_of_line(at);
            if at == self.text.len() {
                return Err(Fault::new(offset, ParseErrorKind::UnclosedText, "a text field has no closing semicolon"));
            }
            let end = at;
            at += 1;
            // The end of line before the semicolon is not part of the value.
            if self.byte(at) == Some(b';') {
                let end = if end > offset + 1 && self.text[end] == b'\n' && self.text[end - 1] == b'\r' {
                    end - 1
                } else {
                    end
                };
                if !self.is_boundary(at + 1) {
                    let message = "the semicolon that closes a text field is followed by another word without a space";
                    return Err(Fault::new(at + 1, ParseErrorKind::UnexpectedToken, message));
                }
                return Ok(self.token(Kind::Text, offset, (offset + 1).min(end), end, at + 1));
            }
        }
    }

    /// A list or table, as one token.
    fn composite(&mut self) -> Result<Token, Fault> {
        let offset = self.at;
        let mut open: [u8; DEEPEST] = [0; DEEPEST];
        let mut depth = 0;
        loop {
            while let Some(byte) = self.byte(self.at) {
                match byte {
                    b'#' => self.at = self.end_of_line(self.at),
                    b':' => self.at += 1,
                    _ if CLASS[usize::from(byte)] & SPACE != 0 => self.at += 1,
                    _ => break,
                }
            }
            let here = self.at;
            match self.byte(here) {
                None => {
                    return Err(Fault::new(offset, ParseErrorKind::UnclosedBracket, "a list or table has no end"));
                }
                Some(byte @ (b'[' | b'{')) => {
                    if depth == DEEPEST {
                        let message = format!("lists are nested deeper than {DEEPEST} levels");
                        return Err(Fault::new(here, ParseErrorKind::LimitExceeded, message));
                    }
                    open[depth] = byte;
                    depth += 1;
                    self.at += 1;
                }
                Some(byte @ (b']' | b'}')) => {
                    depth -= 1;
                    let expected = if open[depth] == b'[' { b']' } else { b'}' };
                    if byte != expected {
                        let message = format!("{} closes a bracket that {} opened", byte as char, open[depth] as char);
                        return Err(Fault::new(here, ParseErrorKind::UnexpectedToken, message));
                    }
                    self.at += 1;
                    if depth == 0 {
                        return Ok(self.token(Kind::Composite, offset, offset, here + 1, here + 1));
                    }
                }
                Some(_) => {
                    let inner = self.next()?;
                    if !inner.is_value() {
                        return Err(Fault::new(offset, ParseErrorKind::UnclosedBracket, "a list or table has no end"));
                    }
                }
            }
        }
    }
}
