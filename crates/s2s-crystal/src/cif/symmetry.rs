//! The symmetry operations of a block.

use crate::{
    CrystalError, Lattice, SymOp,
    cif::document::{Block, Value},
    options::{Checks, ReadOptions},
    parse_error::{Fault, ParseErrorKind, shorten},
    reading::{NoteKind, Remarks},
};

/// Where blocks list their operations, newest name first.
const OPERATIONS: [&str; 3] =
    ["_space_group_symop_operation_xyz", "_symmetry_equiv_pos_as_xyz", "_symmetry_equiv_pos_xyz"];

/// Operations that this reader does not know: they also act on magnetic moments.
const MAGNETIC: &str = "_space_group_symop_magn_operation_xyz";

/// How far the lengths and angles of a cell may be off what an operation asks for, relative to its lengths.
const METRIC: f64 = 0.03;

/// The operations of the block; the identity alone where it states no symmetry.
pub(crate) fn operations(
    block: &Block<'_>,
    lattice: &Lattice,
    options: &ReadOptions,
    remarks: &mut Remarks,
) -> Result<Vec<SymOp>, Fault> {
    let (operations, offset) = match OPERATIONS.iter().find_map(|tag| block.column(tag)) {
        Some((rows, column)) => {
            let count = rows.rows as usize;
            if count > options.limits.operations {
                let message = format!("{count} symmetry operations exceed the limit of {}", options.limits.operations);
                return Err(Fault::new(rows.offset as usize, ParseErrorKind::LimitExceeded, message));
            }
            let values = block.rows(rows).skip(column).step_by(rows.columns as usize);
            (listed(values, count, remarks)?, rows.offset as usize)
        }
        None => match block.column(MAGNETIC) {
            Some((rows, _)) => {
                let message = "the block lists magnetic symmetry operations only";
                return Err(Fault::new(rows.offset as usize, ParseErrorKind::Unsupported, message));
            }
            None => named(block, remarks)?,
        },
    };
    if let Some(number) = operations.iter().position(|operation| !fits(lattice, operation)) {
        let message = format!("symmetry operation {} does not fit the cell: {}", number + 1, operations[number]);
        contradiction(options, remarks, offset, ParseErrorKind::InconsistentSymmetry, message)?;
    }
    Ok(operations)
}

/// A failed check: an error, or a remark where the caller asked for that.
pub(crate) fn contradiction(
    options: &ReadOptions,
    remarks: &mut Remarks,
    offset: usize,
    kind: ParseErrorKind,
    message: String,
) -> Result<(), Fault> {
    match options.checks {
        Checks::Enforce => Err(Fault::new(offset, kind, message)),
        Checks::Report => {
            remarks.add(offset, NoteKind::Check, || message);
            Ok(())
        }
    }
}

fn listed<'a>(
    values: impl Iterator<Item = Value<'a>>,
    count: usize,
    remarks: &mut Remarks,
) -> Result<Vec<SymOp>, Fault> {
    let mut operations = Vec::with_capacity(count);
    let mut first = None;
    for value in values {
        first = first.or(Some(value.offset()));
        let (operation, rounded) = SymOp::parse(value.bytes()).map_err(|error| {
            let CrystalError::InvalidOperation { reason } = error else {
                return Fault::new(value.offset(), ParseErrorKind::InvalidOperation, error.to_string());
            };
            let message = format!("the symmetry operation {} is invalid: {reason}", shorten(value.bytes()));
            Fault::new(value.offset(), ParseErrorKind::InvalidOperation, message)
        })?;
        if rounded {
            remarks.add(value.offset(), NoteKind::Rounded, || {
                format!("the symmetry operation {} was read as {operation}", shorten(value.bytes()))
            });
        }
        operations.push(operation);
    }
    if !operations.contains(&SymOp::IDENTITY) {
        let message = "the symmetry operations do not contain x,y,z";
        return Err(Fault::new(first.unwrap_or(0), ParseErrorKind::InconsistentSymmetry, message));
    }
    Ok(operations)
}

/// The operations of the space group that the block names, and where it names it.
fn named(block: &Block<'_>, remarks: &mut Remarks) -> Result<(Vec<SymOp>, usize), Fault> {
    remarks.add(block.heading, NoteKind::Assumed, || {
        "no symmetry is stated; the atoms are taken as those of the whole cell".to_owned()
    });
    Ok((vec![SymOp::IDENTITY], block.heading))
}

/// Whether an operation keeps lengths and angles: Rᵀ·G·R = G for the metric G.
fn fits(lattice: &Lattice, operation: &SymOp) -> bool {
    let rows = lattice.rows();
    let metric = rows.map(|u| rows.map(|v| u[0] * v[0] + u[1] * v[1] + u[2] * v[2]));
    let r = operation.rotation().map(|row| row.map(f64::from));
    let half = metric.map(|row| [0, 1, 2].map(|j| row[0] * r[0][j] + row[1] * r[1][j] + row[2] * r[2][j]));
    (0..3).all(|i| {
        (0..3).all(|j| {
            let turned = r[0][i] * half[0][j] + r[1][i] * half[1][j] + r[2][i] * half[2][j];
            (turned - metric[i][j]).abs() <= METRIC * (metric[i][i] * metric[j][j]).sqrt()
        })
    })
}
