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
        let Some((rows, _)) = block.column(key).filter(|(rows, _)| rows.rows > 1) else { continue };
        let mut values = block.get_all(key);
        let Some(first) = values.next() else { continue };
        if let Some(other) = values.find(|value| !are_equal(first, *value)) {
            let [first, second] = [first, other].map(|value| shorten(value.bytes()));
            let message = format!(
                "{} has {} rows with different values, {first} and {second}: a block has one, so write one structure in each",
                key.name, rows.rows
            );
            return Err(Fault::new(other.offset(), ParseErrorKind::DuplicateTag, message));
        }
    }
    Ok(())
}

/// Whether two values are the same text or the same number.
fn are_equal(first: Value<'_>, other: Value<'_>) -> bool {
    let number = |value: Value<'_>| measured(value.bytes()).map(|number| number.value);
    first.bytes() == other.bytes() || number(first).is_some_and(|first| number(other) == Some(first))
}
