//! The symmetry operations of atoms from magnetic ones.
//!
//! A magnetic operation is a motion, with or without a reversal of time. The reversal acts on moments only: the motions of
//! all operations, multiplied by those of all centerings, are the symmetry of the atoms.

use crate::{
    SymOp,
    cif::{block::Block, tag::Key, value::Value},
    options::ReadOptions,
    parse_error::{Fault, ParseErrorKind, shorten},
};

const OPERATIONS: Key = Key::new("_space_group_symop_magn_operation_xyz");
const CENTERINGS: Key = Key::new("_space_group_symop_magn_centering_xyz");

/// The motions of the magnetic operations and centerings, without the reversal of time, and where they are listed; `None` if
/// the block lists no magnetic operations.
pub(super) fn motions(block: &Block<'_>, options: &ReadOptions) -> Result<Option<(Vec<SymOp>, usize)>, Fault> {
    let Some((rows, _)) = block.column(&OPERATIONS) else { return Ok(None) };
    let offset = rows.offset as usize;
    let operations = listed(block, &OPERATIONS, options)?;
    let mut centerings = listed(block, &CENTERINGS, options)?;
    if centerings.is_empty() {
        centerings.push(SymOp::IDENTITY);
    }
    let too_many = |count: usize| {
        let message = format!("{count} magnetic operations exceed the limit of {}", options.limits.operations);
        Fault::new(offset, ParseErrorKind::LimitExceeded, message)
    };
    let count = operations.len().saturating_mul(centerings.len());
    if count > options.limits.operations {
        return Err(too_many(count));
    }
    let mut motions: Vec<SymOp> = Vec::with_capacity(count);
    for centering in &centerings {
        for operation in &operations {
            let motion = centering.after(operation).ok_or_else(|| {
                let message = format!("the product of {centering} and {operation} is no operation of any crystal");
                Fault::new(offset, ParseErrorKind::InvalidOperation, message)
            })?;
            if !motions.contains(&motion) {
                motions.push(motion);
            }
        }
    }
    Ok((!motions.is_empty()).then_some((motions, offset)))
}

fn listed(block: &Block<'_>, key: &Key, options: &ReadOptions) -> Result<Vec<SymOp>, Fault> {
    // One more than is allowed is enough to exceed the limit.
    let values = block.get_all(key).take(options.limits.operations + 1);
    values.filter(|value| !value.is_absent()).map(motion).collect()
}

/// The motion of `x,y,z,-1`.
fn motion(value: Value<'_>) -> Result<SymOp, Fault> {
    let invalid = |reason: &str| {
        let message = format!("the magnetic operation {} is invalid: {reason}", shorten(value.bytes()));
        Fault::new(value.offset(), ParseErrorKind::InvalidOperation, message)
    };
    let text = value.bytes();
    let comma = text.iter().rposition(|byte| *byte == b',').unwrap_or(text.len());
    let (motion, reversal) = text.split_at(comma);
    if !matches!(reversal.trim_ascii_start(), [b',', rest @ ..] if matches!(rest.trim_ascii(), b"+1" | b"1" | b"-1")) {
        return Err(invalid("its last part is neither +1 nor -1"));
    }
    SymOp::parse(motion).map(|(operation, _)| operation).map_err(|error| invalid(&error.to_string()))
}
