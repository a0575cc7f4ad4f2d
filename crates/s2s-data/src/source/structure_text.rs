//! Structure texts: parts of files that are parsed on their own, such as a file, a frame, a JSON value or a line.

use std::{
    fmt, io,
    path::{Path, PathBuf},
};

use s2s_crystal::{
    Diagnostic, DiagnosticKind, Format, ParseError, ParseErrorKind, ParsedStructure, ReadOptions, Strictness,
};
use thiserror::Error;

use super::{json_values::Position, summary::SkipReason};
use crate::{Label, Record, record::RecordErrorKind};

/// Where a structure comes from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SourceLocation {
    /// The file.
    pub path: PathBuf,
    /// The line on which the structure, or the text that holds it, begins; unless that is the first.
    pub line: Option<usize>,
    /// The name that the text gives the structure, such as that of a CIF's block.
    pub block: Option<String>,
}

impl fmt::Display for SourceLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path.display())?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        match &self.block {
            Some(block) => write!(f, " ({block})"),
            None => Ok(()),
        }
    }
}

/// A structure of a source, or why there is none.
#[derive(Debug)]
pub struct SourceStructure {
    /// Where it comes from.
    pub location: SourceLocation,
    /// The identifier of a record or of an entry of a database; else the name of the file, with the name or number of the
    /// structure where the file holds several.
    pub id: String,
    /// What a record says about its superconductivity.
    pub label: Option<Label>,
    /// The formula that a record states.
    pub formula: Option<Box<str>>,
    /// The structure with the findings of its reader.
    pub structure: Result<ParsedStructure, SourceError>,
}

/// Why a part of a source is no structure.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SourceError {
    /// A file or folder cannot be read, or not to its end.
    #[error("cannot be read: {0}")]
    Io(io::Error),
    /// It is a pipe, a socket or a device, and reading might never end.
    #[error("is {0}, not a file: save what it gives to a file")]
    Special(&'static str),
    /// A text that has to be in memory as a whole is too long.
    #[error("longer than {limit} bytes")]
    TooLong {
        /// The longest text that is read.
        limit: usize,
    },
    /// So many faults in a row that the rest of the file is not read.
    #[error("more than {limit} faults in a row: the rest of the file is not read")]
    TooManyFaults {
        /// As many are reported.
        limit: u32,
    },
    /// Neither the name nor the text tells the format.
    #[error("neither the name nor the text tells the format")]
    UnknownFormat,
    /// The text is no structure.
    #[error("{0}")]
    Parse(ParseError),
    /// The line is no record.
    #[error("{0}")]
    Record(RecordErrorKind),
    /// It holds no structure and is no fault: JSON about other things in a folder, or an entry of another type in an OPTIMADE dump.
    #[error("{0}")]
    PassedOver(SkipReason),
}

impl SourceError {
    /// Whether nothing is wrong but that there is no structure.
    fn is_empty(&self) -> bool {
        match self {
            Self::Parse(error) => matches!(error.kind(), ParseErrorKind::Empty | ParseErrorKind::OtherEntry),
            Self::PassedOver(_) => true,
            _ => false,
        }
    }

    /// Whether the fault lies in something that is a structure, or was meant as one.
    fn is_of_structure(&self) -> bool {
        let of_text = [ParseErrorKind::Syntax, ParseErrorKind::InvalidValue, ParseErrorKind::LimitExceeded];
        !self.is_empty() && matches!(self, Self::Parse(error) if !of_text.contains(&error.kind()))
    }
}

/// A part of a file, not yet read as structures: all of it, a frame of extended XYZ, a value or line of JSON.
#[derive(Debug)]
pub struct StructureText {
    pub(super) path: PathBuf,
    pub(super) content: Result<Content, SourceError>,
    pub(super) start: Position,
    /// Where its bytes begin: before it, where it is the row of a table, which is read as a list of one row.
    pub(super) origin: Position,
    /// Number of the part in its file, from 1.
    pub(super) number: u64,
    /// Whether it is all of its file.
    pub(super) alone: bool,
    /// Whether it is no fault if the text holds no structure: JSON that was found in a folder.
    pub(super) optional: bool,
}

/// What a text or a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Holding {
    /// Nothing that describes a structure.
    Nothing,
    /// Faults, and nothing that could be known as a structure.
    Faults,
    /// A structure, read or with a fault.
    Structure,
}

/// Text of one of the layouts.
#[derive(Debug)]
pub(super) struct Content {
    pub(super) layout: Layout,
    pub(super) bytes: Vec<u8>,
}

/// How a text is read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Layout {
    Format(Format),
    /// A line of this crate's own schema.
    Record,
}

impl StructureText {
    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The text, unpacked where the file is compressed; empty where it could not be read.
    pub fn bytes(&self) -> &[u8] {
        self.content.as_ref().map_or(&[], |content| &content.bytes)
    }

    /// A name for this part: the path, with the line on which the part begins where it is not all of its file.
    pub fn name(&self) -> String {
        if self.alone {
            self.path.display().to_string()
        } else {
            format!("{}:{}", self.path.display(), self.start.line)
        }
    }

    /// The structures of this part, one after the other.
    ///
    /// Where it is no fault that there is none, the error is [`SourceError::PassedOver`]: a file of a folder that is all JSON without
    /// a structure gives this item alone.
    pub fn structures<'a>(&'a mut self, options: &'a ReadOptions) -> Box<dyn Iterator<Item = SourceStructure> + 'a> {
        if !self.optional {
            return self.all_structures(options);
        }
        let reason = if self.alone { SkipReason::NoStructure } else { SkipReason::EmptyRecord };
        let passed_over = self.failed(SourceError::PassedOver(reason));
        let mut structures = self.all_structures(options);
        // Few are held back: readers stop after a thousand faults in a row.
        let mut empty = Vec::new();
        let first = loop {
            match structures.next() {
                Some(found) if found.structure.as_ref().is_err_and(SourceError::is_empty) => empty.push(found),
                other => break other,
            }
        };
        match first {
            Some(first) => Box::new(empty.into_iter().chain([first]).chain(structures)),
            None => Box::new(std::iter::once(passed_over)),
        }
    }

    /// What the text holds.
    pub(super) fn holding(&mut self, options: &ReadOptions) -> Holding {
        if self.content.is_err() {
            return Holding::Faults;
        }
        let mut holding = Holding::Nothing;
        for found in self.all_structures(options) {
            match found.structure {
                Ok(_) => return Holding::Structure,
                Err(error) if error.is_of_structure() => return Holding::Structure,
                Err(error) if error.is_empty() => {}
                Err(_) => holding = Holding::Faults,
            }
        }
        holding
    }

    /// As [`structures`](Self::structures), without regard to whether it is a fault that there is none.
    fn all_structures<'a>(&'a mut self, options: &'a ReadOptions) -> Box<dyn Iterator<Item = SourceStructure> + 'a> {
        let content = match &mut self.content {
            Ok(content) => content,
            failed @ Err(_) => {
                let empty = Content { layout: Layout::Record, bytes: Vec::new() };
                let error = std::mem::replace(failed, Ok(empty)).map(drop);
                let structure = self.failed(error.err().unwrap_or(SourceError::UnknownFormat));
                return Box::new(std::iter::once(structure));
            }
        };
        let format = match content.layout {
            Layout::Format(format) => format,
            Layout::Record => {
                let record = Record::from_json(content.bytes.trim_ascii());
                return Box::new(std::iter::once(self.record(record, options)));
            }
        };
        let text = &*self;
        let bytes = text.bytes();
        let mut parsed = format.read(bytes, options).peekable();
        let mut number = 0;
        Box::new(std::iter::from_fn(move || {
            let structure = parsed.next()?;
            number += 1;
            let several = number > 1 || parsed.peek().is_some();
            Some(text.located(structure, format, several.then_some(number)))
        }))
    }

    /// Whether an error says that this is an entry of an OPTIMADE dump that is no structure: a dump describes its fields first,
    /// and may list references.
    fn is_other_entry(&self, format: Format, error: &ParseError) -> bool {
        format == Format::Optimade && !self.alone && error.kind() == ParseErrorKind::OtherEntry
    }

    fn failed(&self, error: SourceError) -> SourceStructure {
        SourceStructure {
            location: self.location(None),
            id: self.id("", None),
            label: None,
            formula: None,
            structure: Err(error),
        }
    }

    fn record(&self, record: Result<Record, RecordErrorKind>, options: &ReadOptions) -> SourceStructure {
        match record.and_then(|record| with_close_atoms(record, options)) {
            Ok(record) => {
                let id = record.id.to_string();
                let sites_listed = record.crystal.num_sites();
                let structure = ParsedStructure {
                    name: id.clone(),
                    crystal: record.crystal,
                    sites_listed,
                    diagnostics: record.diagnostics,
                };
                SourceStructure {
                    location: self.location(Some(&id)),
                    id,
                    label: record.label,
                    formula: Some(record.formula),
                    structure: Ok(structure),
                }
            }
            Err(kind) => self.failed(SourceError::Record(kind)),
        }
    }

    /// A structure of this text with its location in the file.
    fn located(
        &self,
        structure: Result<ParsedStructure, ParseError>,
        format: Format,
        number: Option<u64>,
    ) -> SourceStructure {
        let Position { line, column } = self.origin;
        let structure = match structure {
            Ok(mut structure) => {
                for diagnostic in &mut structure.diagnostics {
                    if diagnostic.line == 1 {
                        diagnostic.column += column - 1;
                    }
                    diagnostic.line += line - 1;
                }
                Ok(structure)
            }
            Err(error) => Err(error.shifted(line, column)),
        };
        let block = match &structure {
            // What a POSCAR says about itself is a comment, not a name.
            Ok(structure) if format != Format::Poscar => Some(structure.name.as_str()),
            Ok(_) => None,
            Err(error) => error.block(),
        };
        let block = block.filter(|block| !block.is_empty());
        let from_database = matches!(format, Format::Pymatgen | Format::Optimade | Format::Ase);
        let id = match block.filter(|_| from_database) {
            Some(own) => own.to_owned(),
            None => self.id(block.unwrap_or_default(), number),
        };
        let location = self.location(block);
        let structure = structure.map_err(|error| match self.is_other_entry(format, &error) {
            true => SourceError::PassedOver(SkipReason::OtherEntry),
            false => SourceError::Parse(error),
        });
        SourceStructure { location, id, label: None, formula: None, structure }
    }

    fn location(&self, block: Option<&str>) -> SourceLocation {
        let line = Some(self.start.line).filter(|line| *line > 1 || !self.alone);
        SourceLocation { path: self.path.clone(), line, block: block.map(str::to_owned) }
    }

    /// The name of the file, and which of its structures this is where it holds several.
    fn id(&self, block: &str, number: Option<u64>) -> String {
        let file = self
            .path
            .file_name()
            .map_or_else(|| self.path.display().to_string(), |name| name.to_string_lossy().into_owned());
        let number = number.or((!self.alone).then_some(self.number));
        match number {
            None => file,
            Some(_) if !block.is_empty() => format!("{file}:{block}"),
            Some(number) => format!("{file}:{number}"),
        }
    }
}

/// A record with the warning that other readers give of atoms that are too close: an error if strict.
fn with_close_atoms(mut record: Record, options: &ReadOptions) -> Result<Record, RecordErrorKind> {
    if record.diagnostics.iter().any(|found| found.kind == DiagnosticKind::CloseAtoms) {
        return Ok(record);
    }
    let Some(warning) = record.crystal.close_atoms() else { return Ok(record) };
    if options.strictness == Strictness::Strict {
        return Err(RecordErrorKind::Contradiction(warning.message));
    }
    record.diagnostics.push(Diagnostic { block: Some(record.id.to_string()), ..warning });
    Ok(record)
}
