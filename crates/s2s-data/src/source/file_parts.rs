//! Files that are read in parts: lines of JSON, values of JSON, frames of extended XYZ.

use std::{
    io::{self, BufRead, BufReader, Cursor, Read},
    path::PathBuf,
};

use s2s_crystal::Format;

use super::{
    EntryErrorKind,
    input::Input,
    json_values::{JsonValues, Position},
    structure_text::{Content, Layout, SourceError, StructureText},
};
use crate::file::Decompressed;

/// A file that is given in parts.
#[derive(Debug)]
pub(super) struct OpenFile {
    pub(super) path: PathBuf,
    /// Whether it is no fault if the file holds no structure.
    pub(super) optional: bool,
    parts: Parts,
    number: u64,
}

pub(super) type Source = BufReader<Decompressed<Input>>;

/// The file behind the bytes that were read for detection, and these bytes.
pub(super) type Rest = io::Chain<Cursor<Vec<u8>>, Source>;

#[derive(Debug)]
pub(super) enum Parts {
    /// Lines of JSON.
    Lines { source: BufReader<Rest>, layout: Layout, at: Position },
    /// Values of JSON.
    Values { values: Box<JsonValues<Rest>>, layout: Layout },
    /// Frames of extended XYZ.
    Frames { source: BufReader<Rest>, at: Position },
}

/// A part of a file: its bytes or why there are none, where it begins and where its bytes do, whether another follows, and whether
/// none can.
struct Part {
    bytes: Result<Vec<u8>, SourceError>,
    layout: Layout,
    start: Position,
    origin: Position,
    more: bool,
    last: bool,
}

impl OpenFile {
    /// A file of which no part was given yet.
    pub(super) fn new(path: PathBuf, optional: bool, parts: Parts) -> Self {
        Self { path, optional, parts, number: 0 }
    }

    /// The next part, and whether it is the last.
    pub(super) fn next(&mut self, limit: usize, most_atoms: usize) -> Option<(StructureText, bool)> {
        let part = match &mut self.parts {
            Parts::Lines { source, layout, at } => line(source, *layout, at, limit)?,
            Parts::Values { values, layout } => {
                let mut bytes = values.next()?;
                if self.number == 0 && values.are_in_list() && bytes.as_ref().is_ok_and(|row| are_titles(row)) {
                    bytes = values.next().unwrap_or(bytes);
                }
                let mut bytes = bytes.map_err(|error| match error {
                    EntryErrorKind::Io(error) => SourceError::Io(error),
                    EntryErrorKind::TooLong { limit } => SourceError::TooLong { limit },
                    other => SourceError::Io(io::Error::new(io::ErrorKind::UnexpectedEof, other.to_string())),
                });
                let (start, last) = (values.start, bytes.is_err());
                let is_row = |bytes: &&mut Vec<u8>| values.are_in_list() && bytes.starts_with(b"[");
                let origin = match bytes.as_mut().ok().filter(is_row) {
                    Some(row) => enclose(row, start),
                    None => start,
                };
                Part { more: !last && values.has_more(), bytes, layout: *layout, start, origin, last }
            }
            Parts::Frames { source, at } => frame(source, at, limit, most_atoms)?,
        };
        self.number += 1;
        let Part { bytes, layout, start, origin, more, last } = part;
        let text = StructureText {
            path: self.path.clone(),
            content: bytes.map(|bytes| Content { layout, bytes }),
            start,
            origin,
            number: self.number,
            alone: self.number == 1 && !more,
            optional: self.optional,
        };
        Some((text, last))
    }
}

/// Passes over blank lines and the space before the next word.
fn skip_blank(source: &mut BufReader<Rest>, at: &mut Position) -> io::Result<()> {
    loop {
        let bytes = source.fill_buf()?;
        let blank = bytes.iter().position(|b| !b.is_ascii_whitespace()).unwrap_or(bytes.len());
        let ended = blank < bytes.len() || bytes.is_empty();
        at.pass(&bytes[..blank]);
        source.consume(blank);
        if ended {
            return Ok(());
        }
    }
}

/// A part that cannot be read, and behind which nothing can.
fn unreadable(error: SourceError, layout: Layout, start: Position) -> Part {
    Part { bytes: Err(error), layout, start, origin: start, more: false, last: true }
}

/// Whether the first row of a table holds only titles.
fn are_titles(row: &[u8]) -> bool {
    serde_json::from_slice::<Vec<&serde_json::value::RawValue>>(row)
        .is_ok_and(|cells| !cells.is_empty() && cells.iter().all(|cell| cell.get().starts_with('"')))
}

/// Makes the row of a table, on its own, one of a list: what is no structure in a row stands beside one. Returns where the list
/// would begin: on the line before, where the row begins a line.
fn enclose(row: &mut Vec<u8>, start: Position) -> Position {
    let (bracket, origin): (&[u8], _) = match start.column {
        1 => (b"[\n", Position { line: start.line - 1, column: 1 }),
        column => (b"[", Position { line: start.line, column: column - 1 }),
    };
    row.splice(0..0, bracket.iter().copied());
    row.push(b']');
    origin
}

/// The next line that is not blank.
fn line(source: &mut BufReader<Rest>, layout: Layout, at: &mut Position, limit: usize) -> Option<Part> {
    if let Err(error) = skip_blank(source, at) {
        return Some(unreadable(SourceError::Io(error), layout, *at));
    }
    let start = *at;
    let mut bytes = Vec::new();
    match source.take(limit as u64 + 1).read_until(b'\n', &mut bytes) {
        Err(error) => Some(unreadable(SourceError::Io(error), layout, start)),
        Ok(0) => None,
        Ok(length) if length > limit => Some(unreadable(SourceError::TooLong { limit }, layout, start)),
        Ok(_) => {
            *at = Position { line: start.line + 1, column: 1 };
            let more = start.line > 1 || source.fill_buf().is_ok_and(|rest| !rest.trim_ascii().is_empty());
            Some(Part { bytes: Ok(bytes), layout, start, origin: start, more, last: false })
        }
    }
}

/// The next frame of extended XYZ: its number of atoms, its comment, and as many lines as it has atoms.
fn frame(source: &mut BufReader<Rest>, at: &mut Position, limit: usize, most_atoms: usize) -> Option<Part> {
    let layout = Layout::Format(Format::ExtXyz);
    if let Err(error) = skip_blank(source, at) {
        return Some(unreadable(SourceError::Io(error), layout, *at));
    }
    let start = *at;
    let mut bytes = Vec::new();
    let (mut lines, mut is_first, mut last) = (1_u64, true, false);
    while lines > 0 {
        let left = (limit - bytes.len()) as u64 + 1;
        match source.take(left).read_until(b'\n', &mut bytes) {
            Err(error) => return Some(unreadable(SourceError::Io(error), layout, start)),
            Ok(0) => {
                last = true;
                break;
            }
            Ok(_) if bytes.len() > limit => return Some(unreadable(SourceError::TooLong { limit }, layout, start)),
            Ok(_) => *at = Position { line: at.line + 1, column: 1 },
        }
        lines -= 1;
        if !is_first {
            continue;
        }
        is_first = false;
        let count = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes).trim_ascii();
        let count = std::str::from_utf8(count).ok().and_then(|count| count.parse::<u64>().ok());
        // Without a valid number of atoms the start of the next frame is unknown: the parser reports the fault.
        match count.filter(|count| *count > 0 && *count <= most_atoms as u64) {
            Some(count) => lines = count + 1,
            None => last = true,
        }
    }
    if bytes.is_empty() && start != Position::START {
        return None;
    }
    let more = !last && source.fill_buf().is_ok_and(|rest| !rest.trim_ascii().is_empty());
    Some(Part { bytes: Ok(bytes), layout, start, origin: start, more, last })
}
