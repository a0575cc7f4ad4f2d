//! Structures in JSON: one document, a list of them, a map of names to them, or one on each line.

mod visit;

use visit::{Visit, holds_structure, visit};

use crate::{
    json::{Documents, Elements, Fields, Value, decode},
    options::ReadOptions,
    parse_error::{Fault, Locator, ParseError, ParseErrorKind},
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
    options: &'a ReadOptions,
    documents: Documents<'a>,
    /// Lists and maps around the next structure, the innermost last.
    around: Vec<Level<'a>>,
    /// Whether there was a structure, or a fault that says why there was none.
    found: bool,
    faults: usize,
    finished: bool,
}

#[derive(Debug)]
enum Level<'a> {
    List(Elements<'a>),
    Map(Fields<'a>),
    Only(Option<Value<'a>>),
}

impl<'a> Level<'a> {
    /// The next value, and its key where it has one.
    fn next(&mut self) -> Option<(&'a [u8], Value<'a>)> {
        match self {
            Self::List(elements) => elements.next().map(|value| (&b""[..], value)),
            Self::Only(value) => value.take().map(|value| (&b""[..], value)),
            Self::Map(fields) => fields.find(|(_, value)| holds_structure(*value)),
        }
    }
}

impl<'a> Entries<'a> {
    fn new(text: &'a [u8], options: &'a ReadOptions) -> Self {
        Self {
            text,
            locator: Locator::new(text),
            options,
            documents: Documents::new(text),
            around: Vec::new(),
            found: false,
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
            let (key, value) = match self.around.last_mut() {
                Some(level) => match level.next() {
                    Some(next) => next,
                    None => {
                        self.around.pop();
                        continue;
                    }
                },
                None => match self.documents.next() {
                    Some(value) => (&b""[..], value?),
                    None => return Ok(None),
                },
            };
            name.clear();
            name.push_str(&decode(key));
            if value.is_list() {
                self.enter(Level::List(value.list("the list")?), value)?;
                continue;
            }
            if !value.is_object() {
                // A row of a table holds other values beside its structure.
                let rows = matches!(self.around[..], [.., Level::List(_), Level::List(_)]);
                if rows || matches!(self.around[..], [Level::List(_)]) && self.documents.is_list() {
                    continue;
                }
                return value.fault(ParseErrorKind::InvalidValue, "a structure should stand here, in an object");
            }
            self.locator.position(value.offset);
            match visit(value, name, self.options, self.locator)? {
                Visit::Structure(parsed) => return Ok(Some(*parsed)),
                Visit::Holds(held) => self.enter(Level::Only(Some(held)), value)?,
                Visit::Map(fields) => self.enter(Level::Map(fields), value)?,
                Visit::Skip => {}
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
}

impl Iterator for Entries<'_> {
    type Item = Result<ParsedStructure, ParseError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.finished {
            return None;
        }
        let mut name = String::new();
        match self.advance(&mut name) {
            Ok(Some(parsed)) => {
                (self.found, self.faults) = (true, 0);
                Some(Ok(parsed))
            }
            Ok(None) => {
                self.finished = true;
                let fault = Fault::new(0, ParseErrorKind::Empty, "the text describes no structure");
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
