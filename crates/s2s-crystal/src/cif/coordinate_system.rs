//! The coordinate-system code of International Tables that a block states: which setting of its space group it uses.
//!
//! A code says nothing without a group. With the number of a group, or with its symbol in the reference setting, it is the
//! setting; beside another symbol it must be one of the settings that the symbol means.
//!
//! EasyDiffraction and EasyCrystallography write `_space_group_name_H-M_alt` with a code, and where they were given none, with
//! a default one:
//!
//! | symbol | code | read as |
//! |---|---|---|
//! | `P n m a` | `cab`: the program offers standard symbols alone | the group in the setting of the code, with a warning |
//! | `P b n m` | `abc`: the default of the group, and the symbol is right | refused, because any cell fits both |
//! | `P 1 1 21/b` | `b1`: the same | the symbol, with a warning, where the cell does not fit the code |
//! | `P -3 m 1` | `r`: the default of trigonal groups, which this one does not have | the group, with a warning, because it has one setting |
//!
//! So a code that the group does not have or the cell does not fit is passed over where all that the symbol or number can mean
//! is one setting. Operations and Hall symbols say what the setting is, and a code is only compared with them.

use crate::{
    Lattice,
    cif::{
        block::Block,
        symmetry::{fits, is_blank},
        symmetry_statement::Statement,
        tag::Key,
        value::Value,
    },
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
/// The group has no such code, and nothing else says what the setting is; otherwise it is a warning.
pub(super) fn choose<'a>(
    block: &Block<'a>,
    lattice: &Lattice,
    statements: &mut Vec<Statement<'a>>,
    diagnostics: &mut Diagnostics,
) -> Result<(), Fault> {
    let mut stated = CODES.iter().filter_map(|key| block.get(key));
    let Some(code) = stated.find(|value| !value.is_absent() && !is_blank(value.bytes())) else { return Ok(()) };
    // The first statement gives the operations.
    let setting_is_known = !matches!(statements.first(), Some(Statement::Group(..)));
    let group = statements.iter_mut().find_map(|statement| match statement {
        Statement::Group(number, known, value) => Some((*number, known, *value)),
        _ => None,
    });
    let Some((number, known, value)) = group else { return Ok(()) };
    let reference = block.get(&REFERENCE).map(Value::offset);
    let names_group = |value: &Value<'_>| is_number(value) || reference == Some(value.offset());
    let settings = space_group::by_code(number, &code.text());
    // A triclinic group has a single code, which does not say how a cell is centered.
    let says_nothing = number <= 2;
    let open =
        if setting_is_known || says_nothing { None } else { Some(meant(number, known, value, names_group(&value))) };
    let fitting = |settings: &[Setting]| -> Vec<Setting> {
        settings.iter().copied().filter(|setting| fits_cell(setting, lattice)).collect()
    };
    if settings.is_empty() {
        let fault = Fault::new(code.offset(), ParseErrorKind::UnknownSpaceGroup, unknown(number, code));
        if let Some(open) = open {
            *known = only(&fitting(&open)).ok_or_else(|| fault.clone())?;
        }
        return diagnostics.warn_of(DiagnosticKind::UnreadableSymmetry, fault);
    }
    if says_nothing {
        return Ok(());
    }
    if let Some(open) = open {
        if fitting(&settings).is_empty()
            && let Some(setting) = only(&fitting(&open))
        {
            *known = setting;
            return diagnostics.warn(code.offset(), DiagnosticKind::SymmetryMismatch, || {
                let [group, code] = [value, code].map(|value| shorten(value.bytes()));
                format!("the coordinate-system code {code} does not fit the cell, and the space group {group} is read without it")
            });
        }
        for statement in statements.iter_mut() {
            if let Statement::Group(of, known, value) = statement
                && *of == number
            {
                narrow(known, *value, names_group(value), (&settings, code), diagnostics)?;
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
    let rows = rows(known, &value);
    let common: Vec<Setting> =
        settings.iter().copied().filter(|setting| rows.iter().any(|row| setting.has_symbol_of(row))).collect();
    if !common.is_empty() {
        *known = common;
        return Ok(());
    }
    if !names_every_origin(known) || !names_the_group && names_axes(known, value) {
        return Ok(());
    }
    if !names_the_group {
        diagnostics.warn(code.offset(), DiagnosticKind::Assumed, || {
            let [name, code] = [value, code].map(|value| shorten(value.bytes()));
            format!("the space group {name} is taken in the setting of the coordinate-system code {code}")
        })?;
    }
    *known = settings.to_vec();
    Ok(())
}

/// The settings with a code that a name or number can mean: all of its group, where it says nothing about the setting.
fn meant(number: u8, known: &[Setting], value: Value<'_>, names_the_group: bool) -> Vec<Setting> {
    let is_alone = match names_the_group {
        true => !value.bytes().contains(&b':'),
        false => names_every_origin(known) && !names_axes(known, value),
    };
    let rows = rows(known, &value);
    let mut meant = space_group::settings_with_codes(number);
    meant.retain(|setting| is_alone || rows.iter().any(|row| setting.has_symbol_of(row)));
    meant
}

/// The tabulated settings of a number, or those with the name, however uncommon.
fn rows(known: &[Setting], value: &Value<'_>) -> Vec<Setting> {
    if is_number(value) { known.to_vec() } else { space_group::every_by_name(&value.text()) }
}

/// The first of settings that all have the same operations.
fn only(settings: &[Setting]) -> Option<Vec<Setting>> {
    let digest = |setting: &Setting| space_group::operations(setting.hall).and_then(|own| space_group::digest(&own));
    let first = *settings.first()?;
    let wanted = digest(&first)?;
    settings.iter().all(|setting| digest(setting) == Some(wanted)).then(|| vec![first])
}

fn fits_cell(setting: &Setting, lattice: &Lattice) -> bool {
    space_group::operations(setting.hall).is_some_and(|own| own.iter().all(|operation| fits(lattice, operation)))
}

fn is_number(value: &Value<'_>) -> bool {
    value.bytes().trim_ascii_start().first().is_some_and(u8::is_ascii_digit)
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

#[cfg(test)]
mod tests {
    use crate::{
        cif,
        options::{ReadOptions, Strictness},
        space_group::{by_code, codes_of},
    };

    #[test]
    fn every_code_is_read_in_its_setting_beside_each_of_its_symbols() {
        let options = ReadOptions { strictness: Strictness::Strict, ..ReadOptions::ordered() };
        for number in 1..=230 {
            for code in codes_of(number) {
                let [setting] = by_code(number, &code)[..] else { panic!("{number} {code}") };
                let (c, gamma) = if (143..=194).contains(&number) && code != "r" { (19, 120) } else { (9, 90) };
                for symbol in setting.symbols() {
                    let text = format!(
                        "data_t\n_cell_length_a 9\n_cell_length_b 9\n_cell_length_c {c}\n_cell_angle_alpha 90\n\
                         _cell_angle_beta 90\n_cell_angle_gamma {gamma}\n_space_group_name_H-M_alt '{symbol}'\n\
                         _space_group_IT_coordinate_system_code {code}\nloop_\n_atom_site_type_symbol\n\
                         _atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\nNb 0 0 0\n"
                    );
                    let read = cif::read_one(&text, &options).unwrap_or_else(|error| panic!("{error}\n{text}"));
                    let taken = format!("the operations are those of {symbol} in the setting {}", setting.hall);
                    assert!(
                        read.diagnostics.iter().any(|note| note.message == taken),
                        "{:?}\n{text}",
                        read.diagnostics
                    );
                }
            }
        }
    }
}
