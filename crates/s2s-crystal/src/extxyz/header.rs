//! The comment line of an extended XYZ frame.

use crate::{
    diagnostic::{DiagnosticKind, Diagnostics},
    lines::Line,
    number::{count, number},
    parse_error::{Fault, ParseErrorKind, shorten},
};

/// What a word of an atom's row means.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Column {
    Ignored,
    Species,
    Number,
    Position(usize),
}

/// The keys of the comment line that matter.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) name: String,
    pub(super) lattice: Option<([[f64; 3]; 3], usize)>,
    pub(super) periodic: Option<[bool; 3]>,
    pub(super) columns: Vec<Column>,
    /// Whether `Properties` names the columns.
    pub(super) has_properties: bool,
    /// Whether the frame was dumped by LAMMPS, whose rows begin with a number for the type of the atom.
    pub(super) has_types: bool,
}

/// Most words that a row may have.
const MOST_COLUMNS: u64 = 10_000;

impl Header {
    pub(super) fn read(line: Line<'_>, diagnostics: &mut Diagnostics) -> Result<Self, Fault> {
        let mut header = Self::empty(String::new());
        match header.read_keys(line) {
            Ok(()) if header.lattice.is_some() || !header.columns.is_empty() || header.is_periodic() => {}
            Err(fault) if is_extended(line) => return Err(fault),
            outcome => {
                // The comment of a plain XYZ file may look as if it had keys, and as if one of them were at fault.
                header = Self::empty(std::mem::take(&mut header.name));
                if outcome.is_err() && has_key(line.text, b"lattice").is_some() {
                    diagnostics.warn(line.offset, DiagnosticKind::UnreadableValue, || {
                        "the comment names a lattice without nine numbers; it was read as a comment".to_owned()
                    })?;
                }
            }
        }
        header.has_types = line.text.trim_ascii_start().starts_with(b"Atoms. Timestep:");
        header.has_properties = !header.columns.is_empty();
        if header.columns.is_empty() {
            header.columns = vec![Column::Species, Column::Position(0), Column::Position(1), Column::Position(2)];
        }
        Ok(header)
    }

    fn empty(name: String) -> Self {
        Self { name, lattice: None, periodic: None, columns: Vec::new(), has_properties: false, has_types: false }
    }

    fn is_periodic(&self) -> bool {
        self.periodic.is_some_and(|periodic| periodic.contains(&true))
    }

    fn read_keys(&mut self, line: Line<'_>) -> Result<(), Fault> {
        let mut pairs = KeyValuePairs { text: line.text, offset: line.offset, at: 0 };
        let mut after_pbc = false;
        while let Some(Pair { key, value, offset }) = pairs.next()? {
            if after_pbc && key.is_empty() && periodic(value, offset).is_ok() {
                let message = "a further flag of pbc stands outside of quotes";
                return Err(Fault::new(offset, ParseErrorKind::CountMismatch, message));
            }
            after_pbc = key.eq_ignore_ascii_case(b"pbc");
            let is = |name: &[u8]| key.eq_ignore_ascii_case(name);
            if is(b"lattice") {
                let duplicate = self.lattice.replace((lattice(value, offset)?, offset)).is_some();
                refuse_duplicate(duplicate, key, offset)?;
            } else if is(b"pbc") {
                let duplicate = self.periodic.replace(periodic(value, offset)?).is_some();
                refuse_duplicate(duplicate, key, offset)?;
            } else if is(b"properties") {
                refuse_duplicate(!self.columns.is_empty(), key, offset)?;
                self.columns = columns(value, offset)?;
            } else if is(b"occupancy") && is_mixed(value) {
                let message = "the frame states mixed sites under occupancy, which are not read from extended XYZ";
                return Err(Fault::new(offset, ParseErrorKind::Unsupported, message));
            } else if key == b"name" {
                self.name = String::from_utf8_lossy(value).into_owned();
            }
        }
        Ok(())
    }
}

/// Whether a comment line that cannot be read was meant as that of extended XYZ: it has columns, or a whole lattice.
fn is_extended(line: Line<'_>) -> bool {
    if has_key(line.text, b"properties").is_some() {
        return true;
    }
    let Some(start) = has_key(line.text, b"lattice") else { return false };
    let rest = line.text[start..].trim_ascii_start();
    let end = match rest.first() {
        Some(quote @ (b'"' | b'\'')) => rest[1..].iter().position(|b| b == quote).map_or(rest.len(), |at| at + 1),
        Some(b'[' | b'{') => rest.iter().rposition(|b| matches!(b, b']' | b'}')).unwrap_or(rest.len()),
        // Nine numbers without quotes.
        _ => rest.len(),
    };
    let start = usize::from(!rest.first().is_some_and(|b| b.is_ascii_digit() || matches!(b, b'-' | b'+' | b'.')));
    let inside = rest.get(start..end).unwrap_or_default();
    pieces(inside, 0).take(10).filter(|(piece, _)| number(piece).is_some()).count() == 9
}

/// Where the value of a key begins, which is written in either case and is a word of its own.
fn has_key(text: &[u8], key: &[u8]) -> Option<usize> {
    let starts = text.windows(key.len()).enumerate().filter(|(_, window)| window.eq_ignore_ascii_case(key));
    starts.map(|(start, _)| start).find_map(|start| {
        let alone = start == 0 || text[start - 1].is_ascii_whitespace();
        let rest = &text[start + key.len()..];
        let spaces = rest.len() - rest.trim_ascii_start().len();
        (alone && rest.get(spaces) == Some(&b'=')).then_some(start + key.len() + spaces + 1)
    })
}

/// Whether the occupancies that ASE keeps for each kind of site, such as `_JSON {"0": {"Nb": 0.8, "Zr": 0.2}}`, are others
/// than one element that fills its site.
fn is_mixed(value: &[u8]) -> bool {
    let is_separator = |b: &u8| matches!(b, b'{' | b'}');
    let kinds = value.split(is_separator).filter(|kind| kind.contains(&b':') && !kind.trim_ascii_end().ends_with(b":"));
    let share = |part: &[u8]| part.rsplit(|b| *b == b':').next().and_then(|share| number(share.trim_ascii()));
    let fills = |share: Option<f64>| share.is_some_and(|share| (share - 1.0).abs() < 1e-3);
    kinds.into_iter().any(|kind| !kind.split(|b| *b == b',').map(share).map(fills).eq([true]))
}

fn refuse_duplicate(duplicate: bool, key: &[u8], offset: usize) -> Result<(), Fault> {
    if !duplicate {
        return Ok(());
    }
    Err(Fault::new(offset, ParseErrorKind::DuplicateTag, format!("{} occurs twice", shorten(key))))
}

/// A key with its value, and where the value stands.
struct Pair<'a> {
    key: &'a [u8],
    value: &'a [u8],
    offset: usize,
}

/// Iterator over the `key=value` pairs of a line.
struct KeyValuePairs<'a> {
    text: &'a [u8],
    offset: usize,
    at: usize,
}

impl<'a> KeyValuePairs<'a> {
    fn byte(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn next(&mut self) -> Result<Option<Pair<'a>>, Fault> {
        while self.byte().is_some_and(|b| b == b' ' || b == b'\t') {
            self.at += 1;
        }
        if self.byte().is_none() {
            return Ok(None);
        }
        let (key, key_at) = self.word(true)?;
        let before = self.at;
        while self.byte().is_some_and(|b| b == b' ' || b == b'\t') {
            self.at += 1;
        }
        if self.byte() != Some(b'=') {
            // A word alone is a flag, and none of them says anything about the atoms.
            self.at = before;
            return Ok(Some(Pair { key: b"", value: key, offset: key_at }));
        }
        self.at += 1;
        while self.byte().is_some_and(|b| b == b' ' || b == b'\t') {
            self.at += 1;
        }
        let (value, offset) = self.word(false)?;
        Ok(Some(Pair { key, value, offset }))
    }

    /// A quoted, bracketed or bare word and where its content begins.
    fn word(&mut self, key: bool) -> Result<(&'a [u8], usize), Fault> {
        let start = self.at;
        let unclosed = |kind, what| Err(Fault::new(self.offset + start, kind, format!("{what} has no end")));
        match self.byte() {
            Some(quote @ (b'"' | b'\'')) => {
                let mut end = start + 1;
                while self.text.get(end).is_some_and(|&b| b != quote) {
                    end += if self.text[end] == b'\\' { 2 } else { 1 };
                }
                if end >= self.text.len() {
                    return unclosed(ParseErrorKind::UnclosedQuote, "a quoted value");
                }
                self.at = end + 1;
                Ok((&self.text[start + 1..end], self.offset + start + 1))
            }
            Some(b'[' | b'{') => {
                let mut depth = 0_usize;
                let mut end = start;
                while let Some(&byte) = self.text.get(end) {
                    match byte {
                        b'[' | b'{' => depth += 1,
                        b']' | b'}' => depth -= 1,
                        _ => {}
                    }
                    end += 1;
                    if depth == 0 {
                        self.at = end;
                        return Ok((&self.text[start + 1..end - 1], self.offset + start + 1));
                    }
                }
                unclosed(ParseErrorKind::UnclosedBracket, "a bracketed value")
            }
            _ => {
                let is_end = |&b: &u8| matches!(b, b' ' | b'\t') || (key && b == b'=');
                let length = self.text[start..].iter().position(is_end).unwrap_or(self.text.len() - start);
                // An equals sign without a key must not end the iteration.
                self.at = start + length.max(usize::from(key && length == 0));
                Ok((&self.text[start..start + length], self.offset + start))
            }
        }
    }
}

/// The pieces of an array, with their offsets.
fn pieces(value: &[u8], offset: usize) -> impl Iterator<Item = (&[u8], usize)> {
    let is_separator = |b: &u8| matches!(b, b' ' | b'\t' | b',' | b'[' | b']' | b'{' | b'}' | b'"');
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + value[at..].iter().position(|b| !is_separator(b))?;
        let rest = &value[start..];
        let length = rest.iter().position(is_separator).unwrap_or(rest.len());
        at = start + length;
        Some((&rest[..length], offset + start))
    })
}

/// Nine components, or the three of a cell with right angles.
fn lattice(value: &[u8], offset: usize) -> Result<[[f64; 3]; 3], Fault> {
    let mut numbers = [0.0; 9];
    let mut found = 0;
    for (piece, at) in pieces(value, offset) {
        let component = number(piece).ok_or_else(|| {
            let message = format!("a component of Lattice is not a number: {}", shorten(piece));
            Fault::new(at, ParseErrorKind::InvalidNumber, message)
        })?;
        if found < 9 {
            numbers[found] = component;
        }
        found += 1;
    }
    let [ax, ay, az, bx, by, bz, cx, cy, cz] = numbers;
    match found {
        9 => Ok([[ax, ay, az], [bx, by, bz], [cx, cy, cz]]),
        3 => Ok([[ax, 0.0, 0.0], [0.0, ay, 0.0], [0.0, 0.0, az]]),
        _ => {
            let message = format!("Lattice has {found} components instead of nine");
            Err(Fault::new(offset, ParseErrorKind::CountMismatch, message))
        }
    }
}

fn periodic(value: &[u8], offset: usize) -> Result<[bool; 3], Fault> {
    let mut flags = Vec::with_capacity(3);
    for (piece, at) in pieces(value, offset).take(4) {
        flags.push(match piece {
            b"T" | b"t" | b"True" | b"true" | b"TRUE" | b"1" => true,
            b"F" | b"f" | b"False" | b"false" | b"FALSE" | b"0" => false,
            _ => {
                let message = format!("pbc is neither T nor F: {}", shorten(piece));
                return Err(Fault::new(at, ParseErrorKind::InvalidValue, message));
            }
        });
    }
    match flags[..] {
        [all] => Ok([all; 3]),
        [a, b, c] => Ok([a, b, c]),
        _ => Err(Fault::new(offset, ParseErrorKind::CountMismatch, "pbc does not have three flags")),
    }
}

/// The columns of the rows, from triples such as `species:S:1:pos:R:3`.
fn columns(value: &[u8], offset: usize) -> Result<Vec<Column>, Fault> {
    let fault = |at, kind, message: String| Err(Fault::new(at, kind, message));
    let mut at = offset;
    let mut parts = value.split(|&b| b == b':').map(|part| {
        let here = at;
        at += part.len() + 1;
        (part, here)
    });
    let mut columns = Vec::new();
    while let Some((name, start)) = parts.next() {
        let (Some((kind, kind_at)), Some((width, width_at))) = (parts.next(), parts.next()) else {
            return fault(start, ParseErrorKind::CountMismatch, "Properties is not made of triples".to_owned());
        };
        if !matches!(kind, b"S" | b"R" | b"I" | b"L") {
            let message = format!("a column type is none of S, R, I and L: {}", shorten(kind));
            return fault(kind_at, ParseErrorKind::InvalidValue, message);
        }
        let Some(width) = count(width).filter(|w| (1..=MOST_COLUMNS).contains(w)) else {
            let message = format!("the width of a column is not a whole number: {}", shorten(width));
            return fault(width_at, ParseErrorKind::InvalidNumber, message);
        };
        if columns.len() as u64 + width > MOST_COLUMNS {
            let message = format!("the rows exceed the limit of {MOST_COLUMNS} columns");
            return fault(start, ParseErrorKind::LimitExceeded, message);
        }
        let twice = |column| columns.contains(&column);
        let again = match name {
            b"species" | b"symbols" | b"element" => twice(Column::Species),
            b"Z" | b"numbers" => twice(Column::Number),
            b"pos" | b"positions" => twice(Column::Position(0)),
            _ => false,
        };
        if again {
            let message = format!("Properties names {} after a column of the same meaning", shorten(name));
            return fault(start, ParseErrorKind::DuplicateTag, message);
        }
        match (name, width) {
            (b"species" | b"symbols" | b"element", 1) => columns.push(Column::Species),
            (b"Z" | b"numbers", 1) => columns.push(Column::Number),
            (b"pos" | b"positions", 3) => columns.extend([0, 1, 2].map(Column::Position)),
            (b"species" | b"symbols" | b"element" | b"Z" | b"numbers" | b"pos" | b"positions", _) => {
                let message = format!("{} has a width of {width}", shorten(name));
                return fault(width_at, ParseErrorKind::InvalidValue, message);
            }
            _ => columns.extend((0..width).map(|_| Column::Ignored)),
        }
    }
    if !columns.contains(&Column::Position(0)) {
        return fault(offset, ParseErrorKind::MissingTag, "Properties names no column pos".to_owned());
    }
    if !columns.contains(&Column::Species) && !columns.contains(&Column::Number) {
        return fault(offset, ParseErrorKind::MissingTag, "Properties names no column species".to_owned());
    }
    Ok(columns)
}
