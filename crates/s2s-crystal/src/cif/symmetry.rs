//! The symmetry operations of a block.

use crate::{
    CrystalError, Lattice, SymOp,
    cif::{block::Block, tag::Key, value::Value},
    diagnostic::{DiagnosticKind, Diagnostics},
    group,
    number::count,
    options::ReadOptions,
    parse_error::{Fault, ParseErrorKind, shorten},
    space_group,
};

/// Where blocks list their operations, newest name first.
const OPERATIONS: [Key; 3] = [
    Key::new("_space_group_symop_operation_xyz"),
    Key::new("_symmetry_equiv_pos_as_xyz"),
    Key::new("_symmetry_equiv_pos_xyz"),
];

/// Operations that this reader does not know: they also act on magnetic moments.
const MAGNETIC: Key = Key::new("_space_group_symop_magn_operation_xyz");

/// How far the lengths and angles of a cell may be off what an operation asks for, relative to its lengths.
const METRIC: f64 = 0.03;

/// The operations that a block may mean, and where it says so.
#[derive(Debug)]
pub(crate) struct Symmetry {
    /// One set where the block lists its operations; several where it names a group that has several settings.
    pub(crate) choices: Vec<Choice>,
    pub(crate) offset: usize,
}

#[derive(Debug)]
pub(crate) struct Choice {
    pub(crate) operations: Vec<SymOp>,
    /// What was assumed, where the operations are not listed.
    pub(crate) assumption: Option<String>,
}

/// Finds the symmetry operations of a block; the identity alone where it states no symmetry.
pub(crate) fn find(block: &Block<'_>, options: &ReadOptions, diagnostics: &mut Diagnostics) -> Result<Symmetry, Fault> {
    if let Some((rows, column)) = OPERATIONS.iter().find_map(|tag| block.column(tag)) {
        let count = rows.rows as usize;
        let offset = rows.offset as usize;
        if count > options.limits.operations {
            let message = format!("{count} symmetry operations exceed the limit of {}", options.limits.operations);
            return Err(Fault::new(offset, ParseErrorKind::LimitExceeded, message));
        }
        let values = block.rows(rows).skip(column).step_by(rows.columns as usize);
        // Some programs write the list with nothing in it.
        if count > 1 || block.rows(rows).nth(column).is_some_and(|value| !value.is_absent()) {
            let operations = listed(values.clone(), count, diagnostics)?;
            check_group(&operations, values, diagnostics)?;
            return Ok(Symmetry { choices: vec![Choice { operations, assumption: None }], offset });
        }
    }
    if let Some((rows, _)) = block.column(&MAGNETIC) {
        let message = "the block lists magnetic symmetry operations only";
        return Err(Fault::new(rows.offset as usize, ParseErrorKind::Unsupported, message));
    }
    named(block)
}

/// Whether the listed operations are a group; a contradiction where a product of two of them is not listed.
///
/// A list that stops short, or holds generators only, would leave out atoms without a word.
fn check_group<'a>(
    operations: &[SymOp],
    mut values: impl Iterator<Item = Value<'a>>,
    diagnostics: &mut Diagnostics,
) -> Result<(), Fault> {
    let Some((first, second)) = group::missing_product(operations) else { return Ok(()) };
    let offset = values.nth(first.max(second)).map_or(0, |value| value.offset());
    let [left, right] = [operations[first], operations[second]];
    let product = left.after(&right).map_or("no operation of any crystal".to_owned(), |product| product.to_string());
    let message =
        format!("the symmetry operations are no group: {left} after {right} is {product}, which is not listed");
    diagnostics.doubt(offset, DiagnosticKind::SymmetryMismatch, || message)
}

/// Whether the operations fit the cell; a contradiction where they do not.
pub(crate) fn check_fit(
    operations: &[SymOp],
    lattice: &Lattice,
    offset: usize,
    diagnostics: &mut Diagnostics,
) -> Result<(), Fault> {
    match operations.iter().position(|operation| !fits(lattice, operation)) {
        None => Ok(()),
        Some(number) => {
            let message = format!("symmetry operation {} does not fit the cell: {}", number + 1, operations[number]);
            diagnostics.doubt(offset, DiagnosticKind::SymmetryMismatch, || message)
        }
    }
}

fn listed<'a>(
    values: impl Iterator<Item = Value<'a>>,
    count: usize,
    diagnostics: &mut Diagnostics,
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
            diagnostics.note(value.offset(), DiagnosticKind::Rounded, || {
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

/// Where blocks name their space group.
const HALL: [Key; 2] = [Key::new("_space_group_name_Hall"), Key::new("_symmetry_space_group_name_Hall")];
const NAMES: [Key; 3] = [
    Key::new("_space_group_name_H-M_alt"),
    Key::new("_symmetry_space_group_name_H-M"),
    Key::new("_space_group_name_H-M_full"),
];
const NUMBERS: [Key; 2] = [Key::new("_space_group_IT_number"), Key::new("_symmetry_Int_Tables_number")];

/// The operations of the space group that the block names by Hall symbol, Hermann–Mauguin symbol or number.
fn named(block: &Block<'_>) -> Result<Symmetry, Fault> {
    let stated = |keys: &[Key]| keys.iter().find_map(|key| block.get(key).filter(|value| !value.is_absent()));
    let unknown = |value: Value<'_>, what: &str| {
        let message = format!("there is no space group with the {what} {}", shorten(value.bytes()));
        Fault::new(value.offset(), ParseErrorKind::UnknownSpaceGroup, message)
    };
    if let Some(value) = stated(&HALL) {
        let operations = space_group::operations(&value.text()).ok_or_else(|| unknown(value, "Hall symbol"))?;
        let assumption = format!("the operations follow from the Hall symbol {}", shorten(value.bytes()));
        return Ok(Symmetry {
            choices: vec![Choice { operations, assumption: Some(assumption) }],
            offset: value.offset(),
        });
    }
    let number = match stated(&NUMBERS) {
        None => None,
        Some(value) => {
            let number = count(value.bytes()).and_then(|n| u8::try_from(n).ok()).filter(|n| (1..=230).contains(n));
            Some((number.ok_or_else(|| unknown(value, "number"))?, value))
        }
    };
    let (settings, value) = match (stated(&NAMES), number) {
        (None, None) => return Ok(unstated(block)),
        (None, Some((number, value))) => (space_group::by_number(number), value),
        (Some(name), number) => {
            let settings = space_group::by_name(&name.text());
            let wrong = |(stated, _): &(u8, Value<'_>)| settings.first().is_some_and(|s| s.number != *stated);
            if let Some((stated, value)) = number.filter(wrong) {
                let message = format!("the space group {} does not have the number {stated}", shorten(name.bytes()));
                return Err(Fault::new(value.offset(), ParseErrorKind::InconsistentSymmetry, message));
            }
            if settings.is_empty() {
                return Err(unknown(name, "name"));
            }
            (settings, name)
        }
    };
    let choice = |setting: space_group::Setting| {
        let operations = space_group::operations(setting.hall)?;
        let assumption =
            format!("the operations are those of {} in the setting {}", shorten(value.bytes()), setting.hall);
        Some(Choice { operations, assumption: Some(assumption) })
    };
    Ok(Symmetry { choices: settings.into_iter().filter_map(choice).collect(), offset: value.offset() })
}

fn unstated(block: &Block<'_>) -> Symmetry {
    let assumption = "no symmetry is stated; the atoms are taken as those of the whole cell".to_owned();
    let choice = Choice { operations: vec![SymOp::IDENTITY], assumption: Some(assumption) };
    Symmetry { choices: vec![choice], offset: block.heading }
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
