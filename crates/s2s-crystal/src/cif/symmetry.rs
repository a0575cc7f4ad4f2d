//! The symmetry operations of a block.
//!
//! A block may state its symmetry several times: as lists of operations, by Hall symbol, by Hermann–Mauguin symbols and by
//! number. The first statement that can be read gives the operations; one that cannot be read is passed over with a
//! warning. Every further statement is compared with it. Where none of the further ones agrees, the atoms are certain
//! only if they come out the same under both.
//!
//! A coordinate-system code chooses among the settings of the group that a name or number states (`coordinate_system`).

use crate::{
    CrystalError, Lattice, SymOp,
    cif::{block::Block, coordinate_system, magnetic, symmetry_statement::Statement, tag::Key, value::Value},
    diagnostic::{DiagnosticKind, Diagnostics},
    group,
    options::{ReadOptions, Strictness},
    parse_error::{Fault, ParseErrorKind, shorten},
    space_group::{self, Setting},
};

/// Where blocks list their operations, newest name first.
const OPERATIONS: [Key; 3] = [
    Key::new("_space_group_symop_operation_xyz"),
    Key::new("_symmetry_equiv_pos_as_xyz"),
    Key::new("_symmetry_equiv_pos_xyz"),
];

/// Where blocks name their space group.
const HALL: [Key; 2] = [Key::new("_space_group_name_Hall"), Key::new("_symmetry_space_group_name_Hall")];
const NAMES: [Key; 6] = [
    Key::new("_space_group_name_H-M_alt"),
    Key::new("_symmetry_space_group_name_H-M"),
    coordinate_system::REFERENCE,
    Key::new("_space_group_name_H-M"),
    Key::new("_space_group_name_H-M_full"),
    Key::new("_symmetry_space_group_name_H-M_full"),
];
const NUMBERS: [Key; 2] = [Key::new("_space_group_IT_number"), Key::new("_symmetry_Int_Tables_number")];

/// Categories of symmetry that also acts on magnetic moments, or on more than three coordinates.
const HIGHER: [(&str, &str); 5] = [
    ("_space_group_symop_magn", "magnetic"),
    ("_space_group_magn", "magnetic"),
    ("_space_group_symop_ssg", "superspace"),
    ("_space_group_ssg", "superspace"),
    ("_symmetry_ssg", "superspace"),
];

const MODULATION: Key = Key::new("_cell_modulation_dimension");

/// Tags of the symmetry that have one value.
pub(super) fn single_keys() -> impl Iterator<Item = &'static Key> {
    let stated = HALL.iter().chain(&NAMES).chain(&NUMBERS).chain(&coordinate_system::CODES);
    stated.chain(std::iter::once(&MODULATION))
}

/// How far the lengths and angles of a cell may deviate from those that an operation requires, relative to its lengths.
const METRIC: f64 = 0.03;

/// The operations that a block may mean, and where it says so.
#[derive(Debug)]
pub(crate) struct Symmetry {
    /// One set where the block lists its operations; several where it names a group that has several settings.
    pub(crate) choices: Vec<Choice>,
    pub(crate) offset: usize,
    /// A further statement that contradicts the choices, where no further statement agrees with them.
    pub(crate) rival: Option<Rival>,
}

#[derive(Debug)]
pub(crate) struct Choice {
    pub(crate) operations: Vec<SymOp>,
    /// What was assumed, where the operations are not listed.
    pub(crate) assumption: Option<String>,
}

/// A statement of another symmetry.
#[derive(Debug)]
pub(crate) struct Rival {
    pub(crate) offset: usize,
    /// The operations of each of its settings.
    pub(crate) choices: Vec<Vec<SymOp>>,
    /// The contradiction as the beginning of a sentence.
    pub(crate) message: String,
}

/// Finds the symmetry operations of a block with this lattice; the identity alone where it states no symmetry.
pub(crate) fn find(
    block: &Block<'_>,
    lattice: &Lattice,
    options: &ReadOptions,
    diagnostics: &mut Diagnostics,
) -> Result<Symmetry, Fault> {
    if block.get(&MODULATION).is_some_and(|value| !value.is_absent() && value.bytes() != b"0") {
        let offset = block.get(&MODULATION).map_or(block.heading, Value::offset);
        diagnostics.warn(offset, DiagnosticKind::SymmetryMismatch, || {
            "the structure is modulated, and only its basic structure is read".to_owned()
        })?;
    }
    let mut statements = statements(block, lattice, options, diagnostics)?.into_iter();
    let Some(first) = statements.next() else {
        if let Some((category, what)) = HIGHER.iter().find(|(category, _)| block.has_category(category)) {
            let offset = block.first_of_category(category).unwrap_or(block.heading);
            let message = format!("the block states {what} symmetry only");
            if options.strictness == Strictness::Lenient
                && let Some((mut operations, offset)) = magnetic::motions(block, options)?
            {
                diagnostics.doubt(offset, DiagnosticKind::SymmetryMismatch, || {
                    format!("{message}, and its motions are applied to the atoms without the reversal of time")
                })?;
                add_identity(&mut operations, offset, diagnostics)?;
                check_group(&operations, |_| offset, diagnostics)?;
                let choice = Choice { operations, assumption: None };
                return Ok(Symmetry { choices: vec![choice], offset, rival: None });
            }
            return Err(Fault::new(offset, ParseErrorKind::Unsupported, message));
        }
        if let Some((tag, value)) = unread_name(block) {
            let message =
                format!("the space group is stated as {tag} {} only, which is not read", shorten(value.bytes()));
            return Err(Fault::new(value.offset(), ParseErrorKind::UnknownSpaceGroup, message));
        }
        if let Some(fault) = ["_space_group", "_symmetry"].iter().find_map(|category| block.damage_of(category)) {
            return Err(fault);
        }
        let assumption = "no symmetry is stated; the atoms are taken as those of the whole cell".to_owned();
        let choice = Choice { operations: vec![SymOp::IDENTITY], assumption: Some(assumption) };
        return Ok(Symmetry { choices: vec![choice], offset: block.heading, rival: None });
    };
    let (offset, name) = (first.offset(), first.describe());
    let by_name = matches!(first, Statement::Group(..));
    let choices: Vec<Choice> = match first {
        Statement::Operations(operations, _) => vec![Choice { operations, assumption: None }],
        Statement::Hall(operations, value) => {
            let assumption = format!("the operations follow from the Hall symbol {}", shorten(value.bytes()));
            vec![Choice { operations, assumption: Some(assumption) }]
        }
        Statement::Group(_, settings, value) => {
            let choice = |setting: Setting| {
                let operations = space_group::operations(setting.hall)?;
                let stated = shorten(value.bytes());
                let assumption = format!("the operations are those of {stated} in the setting {}", setting.hall);
                Some(Choice { operations, assumption: Some(assumption) })
            };
            settings.into_iter().filter_map(choice).collect()
        }
        // A code alone names no group.
        Statement::Code(..) => Vec::new(),
    };
    let agrees = |statement: &Statement<'_>| {
        choices.iter().any(|choice| match statement {
            Statement::Code(settings, _) if by_name => are_of_a_setting(&choice.operations, settings),
            _ => statement.agrees(&choice.operations),
        })
    };
    let mut contradictions = Vec::new();
    let mut confirmed = false;
    for statement in statements {
        if agrees(&statement) {
            confirmed |= !matches!(statement, Statement::Code(..));
        } else {
            contradictions.push(statement);
        }
    }
    let listed = choices.iter().all(|choice| choice.assumption.is_none());
    let contradiction = |statement: &Statement<'_>| {
        let taken = if listed { "the listed symmetry operations".to_owned() } else { name.clone() };
        match statement {
            Statement::Operations(..) => "two lists of symmetry operations differ".to_owned(),
            other => format!("{taken} and {} contradict each other", other.describe()),
        }
    };
    let mut rival = None;
    for statement in contradictions {
        // A number confirms a group, not the setting that a name and a code disagree about.
        let open = matches!(statement, Statement::Code(..)) && by_name;
        if confirmed && !open {
            let kind = DiagnosticKind::SymmetryMismatch;
            diagnostics.warn(statement.offset(), kind, || contradiction(&statement))?;
        } else if rival.is_none() {
            let (offset, message) = (statement.offset(), contradiction(&statement));
            rival = Some(Rival { offset, message, choices: statement.into_choices() });
        }
    }
    Ok(Symmetry { choices, offset, rival })
}

/// Everything that the block states about its symmetry and that can be read, the most explicit first.
fn statements<'a>(
    block: &Block<'a>,
    lattice: &Lattice,
    options: &ReadOptions,
    diagnostics: &mut Diagnostics,
) -> Result<Vec<Statement<'a>>, Fault> {
    let mut statements = Vec::new();
    for key in &OPERATIONS {
        let Some((rows, column)) = block.column(key) else { continue };
        let (count, offset) = (rows.rows as usize, rows.offset as usize);
        if count > options.limits.operations {
            let message = format!("{count} symmetry operations exceed the limit of {}", options.limits.operations);
            return Err(Fault::new(offset, ParseErrorKind::LimitExceeded, message));
        }
        let mut values = block.rows(rows).skip(column).step_by(rows.columns as usize);
        // Some programs write the list with nothing in it.
        if count > 1 || block.rows(rows).nth(column).is_some_and(|value| !value.is_absent()) {
            let operations = listed(values.clone(), count, diagnostics)?;
            check_group(&operations, |index| values.nth(index).map_or(offset, |value| value.offset()), diagnostics)?;
            statements.push(Statement::Operations(operations, offset));
        }
    }
    let angles = lattice.angles();
    let mut unreadable = Vec::new();
    // The letters of the centerings that symbols begin with, readable or not.
    let mut letter = None;
    let stated = |keys: &'static [Key]| {
        keys.iter().filter_map(|key| block.get(key)).filter(|value| !value.is_absent() && !is_blank(value.bytes()))
    };
    for value in stated(&HALL) {
        match space_group::by_hall(&value.text()) {
            Some(operations) => statements.push(Statement::Hall(operations, value)),
            None => {
                letter = letter.or(centering(value.bytes()));
                unreadable.push(("Hall symbol", value));
            }
        }
    }
    for value in stated(&NAMES) {
        let settings = space_group::by_name_in_cell(&value.text(), angles);
        match settings.first() {
            Some(first) => statements.push(Statement::Group(first.number, settings, value)),
            None => {
                letter = letter.or(centering(value.bytes()));
                unreadable.push(("name", value));
            }
        }
    }
    for value in stated(&NUMBERS) {
        match space_group::by_stated_number(value.text().trim(), angles) {
            // A number says nothing about the cell: it does not stand in for a symbol of another centering.
            Some((number, mut settings)) => {
                settings.retain(|setting| letter.is_none() || setting.centering() == letter);
                if !settings.is_empty() {
                    statements.push(Statement::Group(number, settings, value));
                }
            }
            None => unreadable.push(("number", value)),
        }
    }
    let unknown =
        |what: &str, value: Value<'_>| format!("there is no space group with the {what} {}", shorten(value.bytes()));
    if statements.is_empty()
        && let Some(&(what, value)) = unreadable.first()
        && !HIGHER.iter().any(|(category, _)| block.has_category(category))
    {
        return Err(Fault::new(value.offset(), ParseErrorKind::UnknownSpaceGroup, unknown(what, value)));
    }
    for (what, value) in unreadable {
        diagnostics.warn(value.offset(), DiagnosticKind::UnreadableSymmetry, || unknown(what, value))?;
    }
    coordinate_system::choose(block, lattice, &mut statements, diagnostics)?;
    Ok(statements)
}

/// Whether the operations are those of one of the settings, with its origin.
fn are_of_a_setting(operations: &[SymOp], settings: &[Setting]) -> bool {
    let digest = space_group::digest(operations);
    let of = |setting: &Setting| space_group::operations(setting.hall).and_then(|own| space_group::digest(&own));
    digest.is_some() && settings.iter().any(|setting| of(setting) == digest)
}

/// A name of the space group under a tag that is not read, such as `_space_group_name_Schoenflies`.
fn unread_name<'a>(block: &Block<'a>) -> Option<(String, Value<'a>)> {
    let names = [
        "_space_group_name",
        "_space_group.name",
        "_symmetry_space_group_name",
        "_symmetry.space_group_name",
        "_space_group_IT_coordinate",
        "_space_group.IT_coordinate",
        "_symmetry_IT_coordinate",
        "_symmetry.IT_coordinate",
    ];
    let tags = block.tags().filter(|tag| {
        names.iter().any(|name| tag.get(..name.len()).is_some_and(|head| head.eq_ignore_ascii_case(name)))
    });
    tags.filter_map(|tag| block.value(&tag).map(|value| (tag.into_owned(), value)))
        .find(|(_, value)| !value.is_absent() && !is_blank(value.bytes()))
}

/// Whether a quoted value says nothing.
pub(super) fn is_blank(text: &[u8]) -> bool {
    matches!(text.trim_ascii(), b"" | b"?" | b".")
        || text.eq_ignore_ascii_case(b"unknown")
        || text.eq_ignore_ascii_case(b"none")
}

/// The letter of the centering that a symbol begins with.
fn centering(symbol: &[u8]) -> Option<char> {
    let letter = *symbol.trim_ascii().iter().find(|byte| **byte != b'-')?;
    let letter = char::from(letter.to_ascii_uppercase());
    matches!(letter, 'P' | 'A' | 'B' | 'C' | 'I' | 'F' | 'R').then_some(letter)
}

/// Whether the listed operations are a group; a contradiction where a product of two of them is not listed.
///
/// A list that stops short, or holds generators only, would leave out atoms without a word.
fn check_group(
    operations: &[SymOp],
    offset_of: impl FnOnce(usize) -> usize,
    diagnostics: &mut Diagnostics,
) -> Result<(), Fault> {
    let Some((first, second)) = group::missing_product(operations) else { return Ok(()) };
    let offset = offset_of(first.max(second));
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
    add_identity(&mut operations, first.unwrap_or(0), diagnostics)?;
    Ok(operations)
}

/// Adds the identity to operations that lack it, which is a contradiction.
fn add_identity(operations: &mut Vec<SymOp>, offset: usize, diagnostics: &mut Diagnostics) -> Result<(), Fault> {
    if !operations.contains(&SymOp::IDENTITY) {
        let message = || "the symmetry operations do not contain x,y,z".to_owned();
        diagnostics.doubt(offset, DiagnosticKind::SymmetryMismatch, message)?;
        operations.push(SymOp::IDENTITY);
    }
    Ok(())
}

/// Whether an operation keeps lengths and angles: Rᵀ·G·R = G for the metric G.
pub(super) fn fits(lattice: &Lattice, operation: &SymOp) -> bool {
    let rows = lattice.vectors();
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
