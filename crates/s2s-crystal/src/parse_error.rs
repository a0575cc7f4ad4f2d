//! Parse errors with line and column.

use std::fmt;

/// Why a text could not be read: where, of which kind, and one sentence.
///
/// Lines and columns count from 1; a column counts characters. Where the fault is something that is missing from a
/// block, the position is the block's heading.
///
/// # Examples
///
/// ```
/// use s2s_crystal::{ParseErrorKind, ReadOptions, cif};
///
/// let cell = "data_x\n_cell_length_a 4.0\n_cell_length_b four\n_cell_length_c 4.0\n";
/// let site = "loop_\n_atom_site_type_symbol\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\nNb 0 0 0\n";
/// let text = format!("{cell}{site}");
/// let error = cif::read_one(&text, &ReadOptions::ordered()).unwrap_err();
/// assert_eq!((error.line(), error.column()), (3, 16));
/// assert_eq!(error.kind(), ParseErrorKind::InvalidNumber);
/// assert_eq!(error.to_string(), "line 3, column 16 (block x): _cell_length_b is not a number: four");
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct ParseError(Box<Located>);

#[derive(Clone, Debug, PartialEq)]
struct Located {
    kind: ParseErrorKind,
    block: Option<String>,
    line: usize,
    column: usize,
    message: String,
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident => $name:literal,)*) => {
        /// The categories of faults in a text.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ParseErrorKind {
            $($(#[$doc])* $variant,)*
        }

        impl ParseErrorKind {
            /// Every kind, in the order of their declaration.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// Stable name in lower case, for logs and tables.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}

kinds! {
    /// A byte that no text of this format holds.
    InvalidCharacter => "invalid_character",
    /// Nothing in the text describes a structure.
    Empty => "empty",
    /// The text holds only entries that by their type are no structures, such as the first line of an OPTIMADE dump.
    OtherEntry => "other_entry",
    /// The name and the content fit no known format.
    UnknownFormat => "unknown_format",
    /// The text breaks the grammar of its format.
    Syntax => "syntax",
    /// A quoted value has no end.
    UnclosedQuote => "unclosed_quote",
    /// A text field has no end.
    UnclosedText => "unclosed_text",
    /// A list or table has no end.
    UnclosedBracket => "unclosed_bracket",
    /// A word where the grammar allows none.
    UnexpectedToken => "unexpected_token",
    /// A value is absent, or says that it is unknown where it is needed.
    MissingValue => "missing_value",
    /// A tag, key or column that the structure needs is absent.
    MissingTag => "missing_tag",
    /// A tag occurs twice.
    DuplicateTag => "duplicate_tag",
    /// Two blocks have one name.
    DuplicateBlock => "duplicate_block",
    /// A loop names no tags, or has no values.
    EmptyLoop => "empty_loop",
    /// The last row of a loop is not full.
    IncompleteLoop => "incomplete_loop",
    /// A number was expected.
    InvalidNumber => "invalid_number",
    /// A value is not one of those allowed.
    InvalidValue => "invalid_value",
    /// Two lists that belong together differ in length.
    CountMismatch => "count_mismatch",
    /// The cell does not span a volume.
    InvalidCell => "invalid_cell",
    /// No element has this symbol or number.
    UnknownElement => "unknown_element",
    /// An occupancy, or the sum of those on a site, is not in (0, 1].
    InvalidOccupancy => "invalid_occupancy",
    /// A symmetry operation cannot be read, or does not keep the volume.
    InvalidOperation => "invalid_operation",
    /// No space group has this name or number.
    UnknownSpaceGroup => "unknown_space_group",
    /// The symmetry operations do not fit together, or not the cell.
    InconsistentSymmetry => "inconsistent_symmetry",
    /// The structure has no atoms.
    NoSites => "no_sites",
    /// The stated formula cannot be read.
    InvalidFormula => "invalid_formula",
    /// The atoms of the cell disagree with the stated formula.
    FormulaMismatch => "formula_mismatch",
    /// The images of a site disagree with its stated multiplicity.
    MultiplicityMismatch => "multiplicity_mismatch",
    /// A site has several or partial occupants where the options exclude them.
    Disordered => "disordered",
    /// The text uses an unsupported feature.
    Unsupported => "unsupported",
    /// The structure, or the text, is larger than the caller allows.
    LimitExceeded => "limit_exceeded",
}

impl ParseError {
    /// Line of the fault, from 1.
    pub fn line(&self) -> usize {
        self.0.line
    }

    /// Column of the fault, from 1, in characters.
    pub fn column(&self) -> usize {
        self.0.column
    }

    /// Category of the fault.
    pub fn kind(&self) -> ParseErrorKind {
        self.0.kind
    }

    /// Name of the block, frame or entry at fault, where the text gives it one.
    pub fn block(&self) -> Option<&str> {
        self.0.block.as_deref()
    }

    /// The same error for a text that begins at this line and column of a longer one.
    pub fn shifted(mut self, line: usize, column: usize) -> Self {
        if self.0.line == 1 {
            self.0.column += column.saturating_sub(1);
        }
        self.0.line += line.saturating_sub(1);
        self
    }

    /// The sentence alone, without the position.
    pub fn message(&self) -> &str {
        &self.0.message
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Located { block, line, column, message, .. } = &*self.0;
        match block {
            Some(block) => write!(f, "line {line}, column {column} (block {block}): {message}"),
            None => write!(f, "line {line}, column {column}: {message}"),
        }
    }
}

impl std::error::Error for ParseError {}

impl fmt::Display for ParseErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A fault at a byte offset: cheap to make, and located only when it reaches the caller.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    pub(crate) offset: usize,
    pub(crate) kind: ParseErrorKind,
    pub(crate) message: String,
}

impl Fault {
    pub(crate) fn new(offset: usize, kind: ParseErrorKind, message: impl Into<String>) -> Self {
        Self { offset, kind, message: message.into() }
    }

    /// The public error.
    pub(crate) fn locate(self, locator: &mut Locator<'_>, block: Option<&str>) -> ParseError {
        let (line, column) = locator.position(self.offset);
        let block = block.map(shorten);
        ParseError(Box::new(Located { kind: self.kind, block, line, column, message: self.message }))
    }
}

/// Turns byte offsets into lines and columns, both from 1; LF, CR and CR LF each end a line.
///
/// It goes on from the last offset, so that many errors in a long text cost one pass over it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Locator<'a> {
    text: &'a [u8],
    at: usize,
    line: usize,
    column: usize,
}

impl<'a> Locator<'a> {
    pub(crate) fn new(text: &'a [u8]) -> Self {
        Self { text, at: 0, line: 1, column: 1 }
    }

    /// Line and column of a byte offset; those of the end for an offset beyond it.
    pub(crate) fn position(&mut self, offset: usize) -> (usize, usize) {
        let offset = offset.min(self.text.len());
        if offset < self.at {
            *self = Self::new(self.text);
        }
        for i in self.at..offset {
            let byte = self.text[i];
            // In CR LF the second byte ends the line, even where the offset lies between the two.
            if byte == b'\n' || (byte == b'\r' && self.text.get(i + 1) != Some(&b'\n')) {
                self.line += 1;
                self.column = 1;
            } else if byte & 0xC0 != 0x80 {
                self.column += 1;
            }
        }
        self.at = offset;
        (self.line, self.column)
    }
}

/// At most this many characters of the input are quoted in a message.
const QUOTED: usize = 40;

/// A piece of the input for a message, cut where it is longer than what is quoted.
pub(crate) fn shorten(text: impl AsRef<[u8]>) -> String {
    excerpt(text, QUOTED)
}

/// A text as one readable line of at most `most` characters, for messages that quote it: control characters become spaces, and what is
/// cut off an ellipsis.
///
/// # Examples
///
/// ```
/// assert_eq!(s2s_crystal::excerpt("Nb\n3Sn", 10), "Nb 3Sn");
/// assert_eq!(s2s_crystal::excerpt("YBa2Cu3O7", 4), "YBa2…");
/// ```
pub fn excerpt(text: impl AsRef<[u8]>, most: usize) -> String {
    let text = text.as_ref();
    // A character takes at most four bytes; one byte more tells whether another follows.
    let text = &text[..text.len().min(most.saturating_mul(4).saturating_add(1))];
    let readable = String::from_utf8_lossy(text);
    let mut characters = readable.chars().map(|c| if c.is_control() { ' ' } else { c });
    let mut short: String = characters.by_ref().take(most).collect();
    if characters.next().is_some() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_ending_counts_once() {
        let text = "a\nb\r\nc\rdé f";
        let mut locator = Locator::new(text.as_bytes());
        let mut at = |needle: &str| locator.position(text.find(needle).unwrap_or(usize::MAX));
        assert_eq!(at("a"), (1, 1));
        assert_eq!(at("b"), (2, 1));
        assert_eq!(at("c"), (3, 1));
        assert_eq!(at("f"), (4, 4));
        assert_eq!(at("b"), (2, 1));
        assert_eq!(at("not there"), (4, 5));
    }

    #[test]
    fn kinds_have_distinct_names() {
        let mut names: Vec<_> = ParseErrorKind::ALL.iter().map(|kind| kind.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ParseErrorKind::ALL.len());
    }
}
