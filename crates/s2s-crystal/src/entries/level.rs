//! What lies around a structure: lists, maps and columns, with what of them is still to be read.

use super::{
    column::Column,
    visit::{holds_structure, is_record},
};
use crate::{
    diagnostic::DiagnosticKind,
    json::{Elements, Fields, Value, decode},
    parse_error::{Fault, ParseErrorKind, shorten},
};

/// A list, map or column that is being read.
#[derive(Debug)]
pub(super) enum Level<'a> {
    List(List<'a>),
    Map(Map<'a>),
    Column(Column<'a>),
    Only(Option<Value<'a>>),
}

/// A value on its turn.
pub(super) enum Next<'a> {
    /// A value with the name that its place gives it, empty in lists.
    Value(String, Value<'a>),
    /// A cell of a column of structures, with the name of its row.
    Cell(String, Value<'a>),
}

impl<'a> Level<'a> {
    pub(super) fn next(&mut self) -> Option<Next<'a>> {
        match self {
            Self::List(list) => list.next().map(|value| Next::Value(String::new(), value)),
            Self::Only(value) => value.take().map(|value| Next::Value(String::new(), value)),
            Self::Map(map) => map.next().map(|(name, value)| Next::Value(name, value)),
            Self::Column(column) => column.next().map(|(name, cell)| Next::Cell(name, cell)),
        }
    }
}

/// A list; one in a list is the row of a table.
#[derive(Debug)]
pub(super) struct List<'a> {
    value: Value<'a>,
    elements: Elements<'a>,
    /// Whether it holds an object or a list, each of which answers for itself.
    has_inner: bool,
    /// Whether any of its rows holds a structure, once that was looked up.
    rows_hold: Option<bool>,
}

impl<'a> List<'a> {
    pub(super) fn new(value: Value<'a>) -> Result<Self, Fault> {
        Ok(Self { value, elements: value.list("the list")?, has_inner: false, rows_hold: None })
    }

    fn next(&mut self) -> Option<Value<'a>> {
        let value = self.elements.next()?;
        self.has_inner |= value.is_object() || value.is_list();
        Some(value)
    }

    pub(super) fn offset(&self) -> usize {
        self.value.offset
    }

    /// The fault of a row that holds only numbers, nulls and texts, unless they are titles.
    pub(super) fn without_structure(&self) -> Option<Fault> {
        let mut cells = self.value.list("the row").ok()?;
        if self.has_inner || cells.all(Value::is_text) {
            return None;
        }
        Some(Fault::new(self.value.offset, ParseErrorKind::Empty, "the row holds no structure"))
    }

    /// Whether any of the rows of a table holds a structure.
    pub(super) fn rows_hold_structure(&mut self) -> bool {
        let value = self.value;
        let look = || value.list("the table").is_ok_and(|mut rows| rows.any(holds_structure));
        *self.rows_hold.get_or_insert_with(look)
    }
}

/// A map of names to structures, or to objects that hold some.
#[derive(Debug)]
pub(super) struct Map<'a> {
    fields: Fields<'a>,
    /// What stands before each name.
    prefix: String,
    /// Whether its values are entries, each of them a structure or an object with one, and not the parts of one document.
    of_entries: bool,
    /// What is to be said of values that are left out, until it is.
    left_out: Option<Fault>,
}

/// Names of values that a warning lists.
const LISTED: usize = 5;

impl<'a> Map<'a> {
    pub(super) fn new(value: Value<'a>, of_entries: bool, prefix: String) -> Result<Self, Fault> {
        let left_out = if of_entries { left_out(value) } else { None };
        Ok(Self { fields: value.fields("the object")?, prefix, of_entries, left_out })
    }

    fn next(&mut self) -> Option<(String, Value<'a>)> {
        let of_entries = self.of_entries;
        let (key, value) = self.fields.find(|(_, value)| is_read(*value, of_entries))?;
        let key = decode(key);
        Some((if self.prefix.is_empty() { key.into_owned() } else { format!("{}/{key}", self.prefix) }, value))
    }

    /// What it leaves out, if that is not said yet.
    pub(super) fn take_left_out(&mut self) -> Option<Fault> {
        self.left_out.take()
    }
}

/// What is to be said of objects and nulls between the entries of a map: they might be entries that lack their structure, or
/// say something about all of them, as only their author knows.
fn left_out(map: Value<'_>) -> Option<Fault> {
    let is_left_out = |value: Value<'_>| (value.is_object() || value.is_null()) && !is_read(value, true);
    let mut left_out = map.fields("the object").ok()?.filter(|(_, value)| is_left_out(*value)).peekable();
    let (_, first) = *left_out.peek()?;
    let names: Vec<String> = left_out.by_ref().take(LISTED).map(|(key, _)| shorten(&*decode(key))).collect();
    let more = left_out.count();
    let further = if more > 0 { format!(" and {more} more") } else { String::new() };
    let message = format!("left out of the map, because they hold no structure: {}{further}", names.join(", "));
    Some(Fault::new(first.offset, DiagnosticKind::LeftOut.error_kind(), message))
}

/// Whether a value of a map is read.
fn is_read(value: Value<'_>, of_entries: bool) -> bool {
    holds_structure(value) || of_entries && is_record(value)
}
