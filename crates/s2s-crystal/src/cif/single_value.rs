//! Tags that have one value in a block: a loop of them whose rows differ is refused.
//!
//! The readers take the first row of a tag. Equal rows, which some programs write, say the same; where rows differ, nothing
//! tells which of them describes the atoms.

use crate::{
    cif::{block::Block, tag::Key, value::Value},
    number::measured,
    parse_error::{Fault, ParseErrorKind, shorten},
};

/// Checks that no tag has two different values.
///
/// # Errors
///
/// A tag is a column of a loop, and a row has another value than the first.
pub(super) fn check(block: &Block<'_>, keys: impl Iterator<Item = &'static Key>) -> Result<(), Fault> {
    for key in keys {
        let is_loop = block.column(key).is_some_and(|(rows, _)| rows.rows > 1);
        if is_loop {
            only(key.name, block.get_all(key))?;
        }
    }
    Ok(())
}

/// The only value of a tag; `None` if the block does not have the tag.
///
/// # Errors
///
/// The tag is a column of a loop, and a row has another value than the first.
pub(super) fn of<'a>(block: &Block<'a>, tag: &str) -> Result<Option<Value<'a>>, Fault> {
    only(tag, block.values(tag))
}

/// The first of equal values.
fn only<'a>(tag: &str, values: impl Iterator<Item = Value<'a>>) -> Result<Option<Value<'a>>, Fault> {
    let mut values = values.enumerate();
    let Some((_, first)) = values.next() else { return Ok(None) };
    let Some((before, other)) = values.find(|(_, value)| !are_equal(first, *value)) else { return Ok(Some(first)) };
    let rows = before + 1 + values.count();
    let [first, second] = [first, other].map(|value| shorten(value.bytes()));
    let message = format!(
        "{tag} has {rows} rows with different values, {first} and {second}: a block has one, so write one structure in each"
    );
    Err(Fault::new(other.offset(), ParseErrorKind::DuplicateTag, message))
}

/// Whether two values are the same text or the same number.
fn are_equal(first: Value<'_>, other: Value<'_>) -> bool {
    let number = |value: Value<'_>| measured(value.bytes()).map(|number| number.value);
    first.bytes() == other.bytes() || number(first).is_some_and(|first| number(other) == Some(first))
}
