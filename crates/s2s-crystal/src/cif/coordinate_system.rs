//! The coordinate-system code of International Tables that a block states: which setting of its space group it uses.
//!
//! A code says nothing without a group. With the number of a group, or with its symbol in the reference setting, it is the
//! setting; beside another symbol it must be one of the settings that the symbol means. Programs that offer the 230 standard
//! symbols alone, such as EasyDiffraction, write the standard symbol of the group as `_space_group_name_H-M_alt` and the setting
//! as a code, so a standard symbol is also taken as the group alone, with a warning.

use crate::{
    cif::{block::Block, symmetry::is_blank, symmetry_statement::Statement, tag::Key, value::Value},
    diagnostic::{DiagnosticKind, Diagnostics},
    parse_error::{Fault, ParseErrorKind, shorten},
    space_group::{self, Setting},
};

/// The name of the group in its reference setting, whatever the setting of the block.
pub(super) const REFERENCE: Key = Key::new("_space_group_name_H-M_ref");

/// Where blocks state a code.
pub(super) static CODES: [Key; 2] =
    [Key::new("_space_group_IT_coordinate_system_code"), Key::new("_symmetry_IT_coordinate_system_code")];

/// Leaves of the settings that each statement can mean those that the code chooses, and adds the code as a statement that the
/// others are compared with.
///
/// # Errors
///
/// The group has no such code, and neither operations nor a Hall symbol say what the setting is; beside those it is a warning.
pub(super) fn choose<'a>(
    block: &Block<'a>,
    statements: &mut Vec<Statement<'a>>,
    diagnostics: &mut Diagnostics,
) -> Result<(), Fault> {
    let mut stated = CODES.iter().filter_map(|key| block.get(key));
    let Some(code) = stated.find(|value| !value.is_absent() && !is_blank(value.bytes())) else { return Ok(()) };
    let group = statements.iter().find_map(|statement| match statement {
        Statement::Group(number, ..) => Some(*number),
        _ => None,
    });
    let Some(number) = group else { return Ok(()) };
    let settings = space_group::by_code(number, &code.text());
    // The first statement gives the operations.
    let setting_is_known = !matches!(statements.first(), Some(Statement::Group(..)));
    if settings.is_empty() {
        let fault = Fault::new(code.offset(), ParseErrorKind::UnknownSpaceGroup, unknown(number, code));
        return match setting_is_known {
            true => diagnostics.warn_of(DiagnosticKind::UnreadableSymmetry, fault),
            false => Err(fault),
        };
    }
    if !setting_is_known {
        let reference = block.get(&REFERENCE).map(Value::offset);
        for statement in statements.iter_mut() {
            if let Statement::Group(of, known, value) = statement
                && *of == number
            {
                let names_the_group = reference == Some(value.offset());
                narrow(known, *value, names_the_group, (&settings, code), diagnostics)?;
            }
        }
    }
    statements.push(Statement::Code(settings, code));
    Ok(())
}

/// Leaves of the settings of a name or number those of the code; all of them, where none is, and the statement is not of the
/// group alone.
fn narrow(
    known: &mut Vec<Setting>,
    value: Value<'_>,
    names_the_group: bool,
    (settings, code): (&[Setting], Value<'_>),
    diagnostics: &mut Diagnostics,
) -> Result<(), Fault> {
    let common: Vec<Setting> = known.iter().filter(|setting| settings.contains(setting)).copied().collect();
    if !common.is_empty() {
        *known = common;
        return Ok(());
    }
    let text = value.bytes();
    let is_number = text.trim_ascii_start().first().is_some_and(u8::is_ascii_digit);
    let names_the_group = names_the_group || is_number;
    if !names_every_origin(known) || !names_the_group && names_axes(known, value) {
        return Ok(());
    }
    if !names_the_group {
        diagnostics.warn(code.offset(), DiagnosticKind::Assumed, || {
            let [name, code] = [text, code.bytes()].map(shorten);
            format!("the space group {name} is taken in the setting of the coordinate-system code {code}")
        })?;
    }
    *known = settings.to_vec();
    Ok(())
}

/// Whether the settings are those of the first axes, with no origin chosen: what a standard symbol means.
fn names_every_origin(known: &[Setting]) -> bool {
    known
        .first()
        .is_some_and(|first| space_group::by_number(first.number).iter().all(|setting| known.contains(setting)))
}

/// Whether a symbol is written in full, as in `P 1 21/c 1`, which says what each axis is.
fn names_axes(known: &[Setting], value: Value<'_>) -> bool {
    let text = value.text();
    known.iter().any(|setting| setting.is_written_in_full(&text))
}

fn unknown(number: u8, code: Value<'_>) -> String {
    let codes = space_group::codes_of(number).join(", ");
    format!("the space group {number} has no coordinate-system code {}: it has {codes}", shorten(code.bytes()))
}
