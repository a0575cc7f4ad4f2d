//! Structures in JSON: one document, a list of them, or one on each line.

use serde_json::value::RawValue;

use crate::{
    json::{Source, documents},
    options::ReadOptions,
    parse_error::{Fault, Locator, ParseError, ParseErrorKind},
    parsed_structure::ParsedStructure,
};

/// What a JSON object turned out to be.
pub(crate) enum Visit<'a> {
    /// A structure.
    Structure(Box<ParsedStructure>),
    /// A list of objects to visit, or a single one.
    Holds(&'a RawValue),
    /// Nothing that describes a structure.
    Other,
}

type Visitor = for<'a> fn(Source<'a>, &'a RawValue, &ReadOptions) -> Result<Visit<'a>, Fault>;

/// Walks over the structures of a JSON text.
pub(crate) struct Entries<'a, D> {
    source: Source<'a>,
    options: &'a ReadOptions,
    visitor: Visitor,
    documents: D,
    /// Objects still to visit, the next one last, with the number of lists and objects around them.
    waiting: Vec<(&'a RawValue, usize)>,
    found: bool,
    finished: bool,
}

impl<'a> Entries<'a, ()> {
    pub(crate) fn new(
        text: &'a [u8],
        options: &'a ReadOptions,
        visitor: Visitor,
    ) -> Entries<'a, impl Iterator<Item = Result<&'a RawValue, Fault>>> {
        let source = Source { text, locator: Locator::new(text) };
        Entries {
            source,
            options,
            visitor,
            documents: documents(text),
            waiting: Vec::new(),
            found: false,
            finished: false,
        }
    }
}

/// How often an object may hold another before a structure comes.
const DEEPEST: usize = 8;

impl<'a, D: Iterator<Item = Result<&'a RawValue, Fault>>> Entries<'a, D> {
    fn advance(&mut self) -> Result<Option<ParsedStructure>, Fault> {
        if self.source.text.len() > self.options.limits.bytes {
            self.finished = true;
            let message = format!("{} bytes exceed the limit of {}", self.source.text.len(), self.options.limits.bytes);
            return Err(Fault::new(0, ParseErrorKind::LimitExceeded, message));
        }
        loop {
            let (raw, depth) = match self.waiting.pop() {
                Some(waiting) => waiting,
                None => match self.documents.next() {
                    Some(raw) => (raw?, 0),
                    None => return Ok(None),
                },
            };
            let offset = self.source.offset(raw);
            if depth == DEEPEST {
                let message = format!("structures lie deeper than {DEEPEST} lists and objects");
                return Err(Fault::new(offset, ParseErrorKind::LimitExceeded, message));
            }
            if raw.get().starts_with('[') {
                let list = self.source.list(raw, "the list")?;
                self.waiting.extend(list.into_iter().rev().map(|raw| (raw, depth + 1)));
                continue;
            }
            self.source.locator.position(offset);
            match (self.visitor)(self.source, raw, self.options)? {
                Visit::Structure(reading) => return Ok(Some(*reading)),
                Visit::Holds(raw) => self.waiting.push((raw, depth + 1)),
                Visit::Other => {}
            }
        }
    }
}

impl<'a, D: Iterator<Item = Result<&'a RawValue, Fault>>> Iterator for Entries<'a, D> {
    type Item = Result<ParsedStructure, ParseError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.finished {
            return None;
        }
        match self.advance() {
            Ok(Some(reading)) => {
                self.found = true;
                Some(Ok(reading))
            }
            Ok(None) => {
                self.finished = true;
                let fault = Fault::new(0, ParseErrorKind::Empty, "the text describes no structure");
                (!self.found).then(|| Err(fault.locate(&mut self.source.locator, None)))
            }
            Err(fault) => {
                self.found = true;
                Some(Err(fault.locate(&mut self.source.locator, None)))
            }
        }
    }
}
