//! Structures in JSON: one document, a list of them, a map of names to them, a table, or one on each line.

mod column;
mod level;
mod visit;

use level::{Level, List, Map, Next};
use visit::{Visit, cell, holds_structure, visit};

use crate::{
    diagnostic::{Diagnostic, DiagnosticKind, Severity},
    json::{Documents, Value},
    options::{ReadOptions, Strictness},
    parse_error::{Fault, Locator, ParseError, ParseErrorKind, shorten},
    parsed_structure::ParsedStructure,
};

/// How many lists and objects may lie around a structure.
const DEEPEST: usize = 8;

/// After this many faults without a structure between them the rest of a text is not read.
const MOST_FAULTS: usize = 1000;

/// The structures of a text, one after the other; a fault in one does not hide the others.
pub fn read<'a, T: AsRef<[u8]> + ?Sized>(
    text: &'a T,
    options: &'a ReadOptions,
) -> impl Iterator<Item = Result<ParsedStructure, ParseError>> + 'a {
    Entries::new(text.as_ref(), options)
}

/// The structures of a JSON text, whatever layout each of them has.
struct Entries<'a> {
    text: &'a [u8],
    locator: Locator<'a>,
    /// Where the last thing stands that a map left out: these lie before the structure with which they are said.
    left_out: Locator<'a>,
    options: &'a ReadOptions,
    documents: Documents<'a>,
    /// Lists, maps and columns around the next structure, the innermost last.
    around: Vec<Level<'a>>,
    /// Whether any element of the list that is the whole text holds a structure, once that was looked up.
    rows_hold: Option<bool>,
    /// Where the first row of a table stands, if that is the whole text.
    first_row: usize,
    /// Whether there was a structure, or a fault that says why there was none.
    found: bool,
    /// Whether there was an entry that by its type is no structure.
    skipped: bool,
    faults: usize,
    finished: bool,
}

impl<'a> Entries<'a> {
    fn new(text: &'a [u8], options: &'a ReadOptions) -> Self {
        Self {
            text,
            locator: Locator::new(text),
            left_out: Locator::new(text),
            options,
            documents: Documents::new(text),
            around: Vec::new(),
            rows_hold: None,
            first_row: 0,
            found: false,
            skipped: false,
            faults: 0,
            finished: false,
        }
    }

    /// The next structure; `name` becomes that of its object.
    fn advance(&mut self, name: &mut String) -> Result<Option<ParsedStructure>, Fault> {
        if self.text.len() > self.options.limits.bytes {
            self.finished = true;
            let message = format!("{} bytes exceed the limit of {}", self.text.len(), self.options.limits.bytes);
            return Err(Fault::new(0, ParseErrorKind::LimitExceeded, message));
        }
        loop {
            name.clear();
            let value = match self.around.last_mut().map(Level::next) {
                Some(Some(Next::Value(own, value))) => {
                    *name = own;
                    value
                }
                Some(Some(Next::Cell(own, value))) => {
                    *name = own;
                    self.locator.position(value.offset);
                    return cell(value, name, self.options, self.locator).map(Some);
                }
                Some(None) => {
                    self.leave()?;
                    continue;
                }
                None => match self.documents.next() {
                    Some(value) => value?,
                    None => return Ok(None),
                },
            };
            if value.is_list() {
                self.enter(Level::List(List::new(value)?), value)?;
                continue;
            }
            if !value.is_object() {
                // A row of a table holds other values beside its structure.
                if matches!(self.around.last(), Some(Level::List(_))) && self.is_in_list(self.around.len() - 1) {
                    continue;
                }
                return value.fault(ParseErrorKind::InvalidValue, "a structure should stand here, in an object");
            }
            self.locator.position(value.offset);
            match visit(value, name, self.options, self.locator)? {
                Visit::Structure(parsed) => return Ok(Some(*parsed)),
                Visit::Holds(held) => self.enter(Level::Only(Some(held)), value)?,
                Visit::Column(column) => self.enter(Level::Column(column), value)?,
                Visit::Map { of_entries } => {
                    let is_inner = matches!(self.around.last(), Some(Level::Map(_)));
                    let prefix = if is_inner { name.clone() } else { String::new() };
                    self.enter(Level::Map(Map::new(value, of_entries, prefix)?), value)?;
                }
                Visit::Skip => self.skipped = true,
                Visit::Nothing => return value.fault(ParseErrorKind::Empty, "the object describes no structure"),
            }
        }
    }

    fn enter(&mut self, level: Level<'a>, value: Value<'a>) -> Result<(), Fault> {
        if self.around.len() == DEEPEST {
            let message = format!("structures lie deeper than {DEEPEST} lists and objects");
            return value.fault(ParseErrorKind::LimitExceeded, message);
        }
        self.around.push(level);
        Ok(())
    }

    /// Leaves the innermost level, which is read to its end.
    ///
    /// # Errors
    ///
    /// If it is the row of a table of structures and holds none, or a map of which nothing could be read says what it left out.
    fn leave(&mut self) -> Result<(), Fault> {
        let ended = self.around.pop();
        if let Some(Level::List(row)) = &ended
            && self.around.is_empty()
            && self.first_row == 0
        {
            self.first_row = row.offset();
        }
        if let Some(Level::List(row)) = &ended
            && self.is_in_list(self.around.len())
            && let Some(fault) = row.without_structure()
        {
            let of_structures = match self.around.last_mut() {
                Some(Level::List(table)) => table.rows_hold_structure(),
                _ => {
                    let text = self.text;
                    let look = || Documents::new(text).map_while(Result::ok).any(holds_structure);
                    *self.rows_hold.get_or_insert_with(look)
                }
            };
            return if of_structures { Err(fault) } else { Ok(()) };
        }
        match ended {
            Some(Level::Map(mut map)) => map.take_left_out().map_or(Ok(()), Err),
            _ => Ok(()),
        }
    }

    /// Whether what lies at this depth is the element of a list.
    fn is_in_list(&self, depth: usize) -> bool {
        match depth.checked_sub(1) {
            Some(outer) => matches!(self.around[outer], Level::List(_)),
            None => self.documents.is_list(),
        }
    }

    /// Says with a structure what its map leaves out: an error if strict.
    fn with_left_out(&mut self, mut parsed: ParsedStructure, name: &str) -> Result<ParsedStructure, Fault> {
        let maps = self.around.iter_mut().filter_map(|level| match level {
            Level::Map(map) => map.take_left_out(),
            _ => None,
        });
        let mut faults: Vec<Fault> = maps.collect();
        faults.sort_unstable_by_key(|fault| fault.offset);
        for fault in faults {
            if self.options.strictness == Strictness::Strict {
                return Err(fault);
            }
            let (line, column) = self.left_out.position(fault.offset);
            parsed.diagnostics.push(Diagnostic {
                severity: Severity::Warning,
                kind: DiagnosticKind::LeftOut,
                block: Some(name).filter(|name| !name.is_empty()).map(shorten),
                line,
                column,
                message: fault.message,
            });
        }
        Ok(parsed)
    }
}

impl Iterator for Entries<'_> {
    type Item = Result<ParsedStructure, ParseError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.finished {
            return None;
        }
        let mut name = String::new();
        let next = self.advance(&mut name);
        let next = next.and_then(|parsed| parsed.map(|parsed| self.with_left_out(parsed, &name)).transpose());
        match next {
            Ok(Some(parsed)) => {
                (self.found, self.faults) = (true, 0);
                Some(Ok(parsed))
            }
            Ok(None) => {
                self.finished = true;
                let kind = if self.skipped { ParseErrorKind::OtherEntry } else { ParseErrorKind::Empty };
                let fault = Fault::new(self.first_row, kind, "the text describes no structure");
                (!self.found).then(|| Err(fault.locate(&mut self.locator, None)))
            }
            Err(mut fault) => {
                (self.found, self.faults) = (true, self.faults + 1);
                if self.faults > MOST_FAULTS {
                    self.finished = true;
                    fault.kind = ParseErrorKind::LimitExceeded;
                    fault.message = format!("more than {MOST_FAULTS} faults in a row: the rest is not read");
                }
                Some(Err(fault.locate(&mut self.locator, Some(&*name).filter(|name| !name.is_empty()))))
            }
        }
    }
}
