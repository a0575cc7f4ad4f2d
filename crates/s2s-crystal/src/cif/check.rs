//! Does the cell hold what the file says it holds?

use crate::{
    Element,
    cif::{block::Block, tag::Key},
    diagnostic::{DiagnosticKind, Diagnostics},
    number::{leading_number, number_with_uncertainty},
    parse_error::{Fault, ParseErrorKind, shorten},
    parsed_structure::Placed,
    symbol,
};

/// An element with its amount in a formula, and by how much the written amount may be rounded.
#[derive(Clone, Copy, Debug)]
struct Amount {
    element: Element,
    amount: f64,
    rounding: f64,
}

const FORMULA: Key = Key::new("_chemical_formula_sum");
const UNITS: Key = Key::new("_cell_formula_units_Z");

/// Amounts that differ by less than this share agree.
const RELATIVE: f64 = 1e-3;

/// Amounts that differ by less than this agree.
const ABSOLUTE: f64 = 0.011;

/// Compares the atoms of the cell with the stated formula.
///
/// The formula may be that of the cell, as pymatgen writes it, or that of one of Z formula units.
pub(crate) fn formula(block: &Block<'_>, placed: &[Placed], diagnostics: &mut Diagnostics) -> Result<(), Fault> {
    let Some(value) = block.get(&FORMULA).filter(|value| !value.is_absent()) else {
        return Ok(());
    };
    let stated = parse(&value.text()).ok_or_else(|| {
        let message = format!("_chemical_formula_sum is not a formula: {}", shorten(value.bytes()));
        Fault::new(value.offset(), ParseErrorKind::InvalidFormula, message)
    })?;
    let units = match block.get(&UNITS).filter(|z| !z.is_absent()) {
        None => None,
        Some(z) => Some(number_with_uncertainty(z.bytes()).filter(|z| *z > 0.0).ok_or_else(|| {
            let message = format!("_cell_formula_units_Z is not a positive number: {}", shorten(z.bytes()));
            Fault::new(z.offset(), ParseErrorKind::InvalidNumber, message)
        })?),
    };
    let mut held = [0.0; 119];
    for site in placed {
        for occupant in site.species.occupants() {
            held[usize::from(occupant.element.atomic_number())] += occupant.occupancy;
        }
    }
    let agrees = |factor: f64| first_difference(&held, &stated, factor).is_none();
    let factor = match units {
        Some(z) => {
            if agrees(z) || agrees(1.0) {
                return Ok(());
            }
            z
        }
        None => {
            // Without Z the cell may hold any whole number of the formula.
            let total: f64 = stated.iter().map(|s| s.amount).sum();
            let factor = (held.iter().sum::<f64>() / total).round().max(1.0);
            if agrees(factor) {
                return Ok(());
            }
            factor
        }
    };
    let Some((element, cell, formula)) = first_difference(&held, &stated, factor) else { return Ok(()) };
    let message = format!(
        "the cell holds {} {element}, but the formula {} with Z = {factor} makes it {}",
        rounded(cell),
        shorten(value.bytes()),
        rounded(formula)
    );
    diagnostics.doubt(value.offset(), DiagnosticKind::FormulaMismatch, || message)
}

fn rounded(amount: f64) -> f64 {
    (amount * 1e4).round() / 1e4
}

/// The first element whose amounts differ: in the cell, and by the formula.
fn first_difference(held: &[f64; 119], stated: &[Amount], factor: f64) -> Option<(Element, f64, f64)> {
    let mut expected = [(0.0, 0.0); 119];
    for item in stated {
        let entry = &mut expected[usize::from(item.element.atomic_number())];
        *entry = (entry.0 + item.amount * factor, entry.1 + item.rounding * factor);
    }
    (1..=Element::MAX_ATOMIC_NUMBER).find_map(|number| {
        let (cell, (formula, rounding)) = (held[usize::from(number)], expected[usize::from(number)]);
        let differs = (cell - formula).abs() > rounding + ABSOLUTE + RELATIVE * formula;
        let element = Element::from_atomic_number(number).ok()?;
        differs.then_some((element, cell, formula))
    })
}

/// A sum formula such as `C4 H16 Mg2.5 O` or `Fe2O3`.
fn parse(text: &str) -> Option<Vec<Amount>> {
    let mut rest = text.as_bytes();
    let mut formula = Vec::new();
    loop {
        rest = rest.trim_ascii_start();
        let Some(&first) = rest.first() else { break };
        if !first.is_ascii_uppercase() {
            return None;
        }
        let length = if rest.get(1).is_some_and(u8::is_ascii_lowercase) { 2 } else { 1 };
        let element = symbol::from_type_symbol(&rest[..length])?.element;
        rest = &rest[length..];
        let (mut amount, mut rounding) = (1.0, 0.0);
        if let Some((value, after)) = leading_number(rest).filter(|_| rest[0] != b'+' && rest[0] != b'-') {
            let written = &rest[..rest.len() - after.len()];
            if let Some(point) = written.iter().position(|&b| b == b'.') {
                rounding = 0.5 * 0.1_f64.powi((written.len() - point - 1) as i32);
            }
            amount = value;
            rest = after;
        }
        formula.push(Amount { element, amount, rounding });
    }
    (!formula.is_empty() && formula.iter().map(|f| f.amount).sum::<f64>() > 0.0).then_some(formula)
}
