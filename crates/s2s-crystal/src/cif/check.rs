//! Checks of the atoms of a CIF against its stated formula, density and number of formula units.

use crate::{
    Element, Lattice,
    cif::{block::Block, stated_formula, tag::Key, value::Value},
    diagnostic::{DiagnosticKind, Diagnostics},
    number::measured,
    parse_error::{Fault, shorten},
    parsed_structure::ParsedSite,
};

pub(crate) use stated_formula::Amount;

const FORMULA: Key = Key::new("_chemical_formula_sum");
const UNITS: Key = Key::new("_cell_formula_units_Z");
const VOLUME: Key = Key::new("_cell_volume");

/// Tags of what the atoms are checked against, which have one value.
pub(super) fn single_keys() -> impl Iterator<Item = &'static Key> {
    [&FORMULA, &UNITS, &VOLUME].into_iter()
}

/// Amounts that differ by less than this share agree.
const RELATIVE: f64 = 1e-3;

/// Amounts that differ by less than this agree.
const ABSOLUTE: f64 = 0.011;

/// No cell holds more formula units.
const MOST_UNITS: f64 = 1e6;

const HYDROGEN: usize = 1;

/// The amounts of elements in the cell, by atomic number.
struct Held {
    amounts: [f64; Element::MAX_ATOMIC_NUMBER as usize + 1],
    /// One bit for each atomic number that is in the cell.
    present: u128,
}

impl Held {
    fn count(parsed_sites: &[ParsedSite]) -> Self {
        let mut held = Self { amounts: [0.0; Element::MAX_ATOMIC_NUMBER as usize + 1], present: 0 };
        for occupant in parsed_sites.iter().flat_map(|site| site.species.occupants()) {
            let number = occupant.element.atomic_number();
            held.amounts[usize::from(number)] += occupant.occupancy;
            held.present |= 1 << number;
        }
        held
    }
}

/// The elements of the stated formula; `None` where there is none that can be read in one way only.
pub(crate) fn stated_elements(block: &Block<'_>) -> Option<Vec<Element>> {
    let value = block.get(&FORMULA).filter(|value| !value.is_absent())?;
    let text = value.text();
    let plain = stated_formula::parse(&text)?;
    if stated_formula::parse_capitals(&text).is_some() {
        return None;
    }
    Some(plain.iter().filter(|item| item.amount > 0.0).map(|item| item.element).collect())
}

/// Compares the atoms of the cell with the stated formula.
///
/// The formula may be that of the cell, as pymatgen writes it, or that of one of Z formula units.
pub(crate) fn formula(
    block: &Block<'_>,
    parsed_sites: &[ParsedSite],
    diagnostics: &mut Diagnostics,
) -> Result<(), Fault> {
    let Some(value) = block.get(&FORMULA).filter(|value| !value.is_absent()) else {
        return Ok(());
    };
    let text = value.text();
    let Some(stated) = stated_formula::parse(&text) else {
        return diagnostics.warn(value.offset(), DiagnosticKind::UncheckedFormula, || {
            format!("the formula {} cannot be read and was not compared with the atoms", shorten(value.bytes()))
        });
    };
    let units = units(block, diagnostics)?;
    let held = Held::count(parsed_sites);
    let verdict = compare(&held, &stated, units);
    if matches!(verdict, Verdict::Agrees) {
        return Ok(());
    }
    // In capitals, `NB3 SN` may be niobium and tin.
    if let Some(other) = stated_formula::parse_capitals(&text)
        && matches!(compare(&held, &other, units), Verdict::Agrees)
    {
        return Ok(());
    }
    let stated = shorten(value.bytes());
    match verdict {
        Verdict::Agrees => Ok(()),
        Verdict::Units { held, stated: units } => {
            diagnostics.warn(value.offset(), DiagnosticKind::FormulaMismatch, || {
                format!("the cell holds {held} formula units of {stated}, not the stated Z = {units}")
            })
        }
        Verdict::Hydrogen { cell, formula, factor } => {
            diagnostics.warn(value.offset(), DiagnosticKind::MissingHydrogen, || {
                let [cell, formula] = [cell, formula].map(rounded);
                format!("the cell holds {cell} H, but the formula {stated} with Z = {factor} makes it {formula}")
            })
        }
        Verdict::Differs { element, cell, formula, factor } => {
            diagnostics.doubt(value.offset(), DiagnosticKind::FormulaMismatch, || {
                let [cell, formula] = [cell, formula].map(rounded);
                format!(
                    "the cell holds {cell} {element}, but the formula {stated} with Z = {factor} makes it {formula}"
                )
            })
        }
    }
}

/// The stated number of formula units; none, with a warning, where it is no number that a cell can have.
fn units(block: &Block<'_>, diagnostics: &mut Diagnostics) -> Result<Option<f64>, Fault> {
    let Some(z) = block.get(&UNITS).filter(|z| !z.is_absent()) else { return Ok(None) };
    match measured(z.bytes().trim_ascii()).map(|z| z.value) {
        Some(units) if units > 0.0 && units <= MOST_UNITS => Ok(Some(units)),
        _ => {
            diagnostics.warn(z.offset(), DiagnosticKind::UncheckedFormula, || {
                format!("{} is no number of formula units and was ignored", shorten(z.bytes()))
            })?;
            Ok(None)
        }
    }
}

enum Verdict {
    Agrees,
    /// The composition agrees, the number of formula units does not.
    Units {
        held: f64,
        stated: f64,
    },
    /// Only hydrogen is missing.
    Hydrogen {
        cell: f64,
        formula: f64,
        factor: f64,
    },
    Differs {
        element: Element,
        cell: f64,
        formula: f64,
        factor: f64,
    },
}

fn compare(held: &Held, stated: &[Amount], units: Option<f64>) -> Verdict {
    let agrees = |factor: f64| first_difference(held, stated, factor, 1).is_none();
    if units.is_some_and(agrees) || units.is_some() && agrees(1.0) {
        return Verdict::Agrees;
    }
    // The cell may hold any whole number of the formula. Hydrogen does not count: it is missing from many files.
    let is_heavy = |item: &&Amount| usize::from(item.element.atomic_number()) != HYDROGEN;
    let heavy: f64 = stated.iter().filter(is_heavy).map(|item| item.amount).sum();
    let (part, whole) = if heavy > 0.0 {
        (held.amounts[HYDROGEN + 1..].iter().sum::<f64>(), heavy)
    } else {
        (held.amounts.iter().sum::<f64>(), stated.iter().map(|item| item.amount).sum())
    };
    let whole_number = (part / whole).round().max(1.0);
    let hydrogen = |factor: f64| {
        let cell = held.amounts[HYDROGEN];
        let formula = amount_of(stated, HYDROGEN) * factor;
        (first_difference(held, stated, factor, HYDROGEN + 1).is_none() && cell < formula)
            .then_some(Verdict::Hydrogen { cell, formula, factor })
    };
    if agrees(whole_number) {
        return match units {
            None => Verdict::Agrees,
            Some(stated) => Verdict::Units { held: whole_number, stated },
        };
    }
    if let Some(verdict) = units.into_iter().chain([whole_number]).find_map(hydrogen) {
        return verdict;
    }
    let factor = units.unwrap_or(whole_number);
    let difference = first_difference(held, stated, factor, HYDROGEN + 1);
    match difference.or_else(|| first_difference(held, stated, factor, HYDROGEN)) {
        Some((element, cell, formula)) => Verdict::Differs { element, cell, formula, factor },
        None => Verdict::Agrees,
    }
}

fn amount_of(stated: &[Amount], number: usize) -> f64 {
    stated.iter().filter(|item| usize::from(item.element.atomic_number()) == number).map(|item| item.amount).sum()
}

fn rounded(amount: f64) -> f64 {
    (amount * 1e4).round() / 1e4
}

/// The first element, from this atomic number on, whose amounts differ: in the cell, and by the formula.
///
/// An element that only one of them has differs, however little of it there is.
fn first_difference(held: &Held, stated: &[Amount], factor: f64, from: usize) -> Option<(Element, f64, f64)> {
    let mut left = stated.iter().fold(held.present, |all, item| all | 1 << item.element.atomic_number());
    left &= u128::MAX << from;
    while left != 0 {
        let number = left.trailing_zeros() as usize;
        left &= left - 1;
        let same = stated.iter().filter(|item| usize::from(item.element.atomic_number()) == number);
        let (formula, rounding) = same.fold((0.0, 0.0), |(formula, rounding), item| {
            (formula + item.amount * factor, rounding + item.rounding * factor)
        });
        let cell = held.amounts[number];
        if (cell - formula).abs() > rounding + ABSOLUTE + RELATIVE * formula || (cell > 0.0) != (formula > 0.0) {
            let element = Element::from_atomic_number(u8::try_from(number).ok()?).ok()?;
            return Some((element, cell, formula));
        }
    }
    None
}

/// How far a stated volume may be off beyond what rounding explains, relative to the volume.
const VOLUME_RELATIVE: f64 = 2e-3;

/// Compares the cell volume that the block states with that of the cell.
pub(crate) fn volume(
    block: &Block<'_>,
    lattice: &Lattice,
    cell: &[Option<Value<'_>>; 6],
    diagnostics: &mut Diagnostics,
) -> Result<(), Fault> {
    let Some(value) = block.get(&VOLUME).filter(|value| !value.is_absent()) else { return Ok(()) };
    let Some(stated) = measured(value.bytes()) else {
        return diagnostics.warn(value.offset(), DiagnosticKind::UnreadableValue, || {
            format!("_cell_volume is not a number: {}", shorten(value.bytes()))
        });
    };
    let volume = lattice.volume();
    let apart = (stated.value - volume).abs();
    if apart <= VOLUME_RELATIVE * volume {
        return Ok(());
    }
    // What the last digits of lengths and angles leave open.
    let open = cell.iter().enumerate().filter_map(|(index, value)| {
        let number = measured(value.as_ref()?.bytes())?;
        Some(if index < 3 { number.rounding / number.value } else { number.rounding.to_radians() })
    });
    let rounding = volume * open.sum::<f64>();
    let digits = if stated.rounding > 0.0 { stated.rounding } else { 0.5 };
    if apart <= VOLUME_RELATIVE * volume + rounding + digits + 3.0 * stated.uncertainty {
        return Ok(());
    }
    diagnostics.warn(value.offset(), DiagnosticKind::CellMismatch, || {
        format!("the stated cell volume is {} Å³, that of the cell {volume:.4} Å³", shorten(value.bytes()))
    })
}
