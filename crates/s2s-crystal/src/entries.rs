//! Structures in JSON: one document, a list of them, or one on each line.

use serde_json::value::RawValue;

use crate::{
    json::{Source, documents},
    options::ReadOptions,
    parse_error::{Fault, ParseError, ParseErrorKind},
    reading::Reading,
};

/// What a JSON object turned out to be.
pub(crate) enum Visit<'a> {
    /// A structure.
    Structure(Box<Reading>),
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
    /// Objects still to visit, the next one last.
    waiting: Vec<&'a RawValue>,
    found: bool,
    finished: bool,
}

impl<'a> Entries<'a, ()> {
    pub(crate) fn new(
        text: &'a [u8],
        options: &'a ReadOptions,
        visitor: Visitor,
    ) -> Entries<'a, impl Iterator<Item = Result<&'a RawValue, Fault>>> {
        let source = Source { text };
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
    fn advance(&mut self) -> Result<Option<Reading>, Fault> {
        if self.source.text.len() > self.options.limits.bytes {
            self.finished = true;
            let message = format!("{} bytes exceed the limit of {}", self.source.text.len(), self.options.limits.bytes);
            return Err(Fault::new(0, ParseErrorKind::LimitExceeded, message));
        }
        loop {
            let raw = match self.waiting.pop() {
                Some(raw) => raw,
                None => match self.documents.next() {
                    Some(raw) => raw?,
                    None => return Ok(None),
                },
            };
            let mut held = raw;
            for depth in 0.. {
                if depth == DEEPEST {
                    let message = format!("the structure lies deeper than {DEEPEST} objects");
                    return Err(Fault::new(self.source.offset(held), ParseErrorKind::LimitExceeded, message));
                }
                if held.get().starts_with('[') {
                    let list = self.source.list(held, "the list")?;
                    self.waiting.extend(list.into_iter().rev());
                    break;
                }
                match (self.visitor)(self.source, held, self.options)? {
                    Visit::Structure(reading) => return Ok(Some(*reading)),
                    Visit::Holds(raw) => held = raw,
                    Visit::Other => break,
                }
            }
        }
    }
}

impl<'a, D: Iterator<Item = Result<&'a RawValue, Fault>>> Iterator for Entries<'a, D> {
    type Item = Result<Reading, ParseError>;

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
                (!self.found).then(|| Err(fault.locate(self.source.text, None)))
            }
            Err(fault) => {
                self.found = true;
                Some(Err(fault.locate(self.source.text, None)))
            }
        }
    }
}
