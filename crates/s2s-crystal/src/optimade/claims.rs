//! What an OPTIMADE structure says about its own composition, against its sites.
//!
//! `elements` and `nelements` name the elements, `elements_ratios`, `chemical_formula_reduced` and `chemical_formula_hill` say
//! how much of each there is, and `chemical_formula_descriptive` is free text that is not compared.

use crate::{
    Element,
    diagnostic::{DiagnosticKind, Diagnostics},
    json::Value,
    number::leading_number,
    parse_error::{Fault, ParseErrorKind, shorten},
    parsed_structure::Placed,
};

/// Shares of the atoms that differ by less than this agree: servers round reduced formulas of mixed sites.
const SHARE: f64 = 2e-2;

/// Compares the composition of the sites with what is stated.
pub(super) fn check(attributes: Value<'_>, placed: &[Placed], diagnostics: &mut Diagnostics) -> Result<(), Fault> {
    let [elements, nelements, ratios, reduced, hill] = attributes.pick(
        "the attributes",
        ["elements", "nelements", "elements_ratios", "chemical_formula_reduced", "chemical_formula_hill"],
    )?;
    if placed.is_empty() {
        return Ok(());
    }
    let mut amounts = [0.0; 119];
    for occupant in placed.iter().flat_map(|site| site.species.occupants()) {
        amounts[usize::from(occupant.element.atomic_number())] += occupant.occupancy;
    }
    let held = Held { amounts, total: amounts.iter().sum() };
    let mut contradiction = |value: Value<'_>, message: String| {
        diagnostics.doubt(value.offset, DiagnosticKind::FormulaMismatch, || message)
    };
    if let Some(stated) = elements {
        let named = stated.list("elements")?.map(symbol).collect::<Result<Vec<_>, _>>()?;
        let missing = held.elements().find(|element| !named.contains(element));
        if let Some(element) = missing {
            contradiction(stated, format!("the sites hold {element}, which elements does not name"))?;
        } else if let Some(element) = named.iter().find(|element| held.share(**element) == 0.0) {
            contradiction(stated, format!("elements names {element}, which no site holds"))?;
        } else if let Some(ratios) = ratios {
            let shares = ratios.list("elements_ratios")?.map(|ratio| ratio.number("elements_ratios"));
            let shares = shares.collect::<Result<Vec<_>, _>>()?;
            if shares.len() != named.len() {
                contradiction(ratios, format!("{} ratios belong to {} elements", shares.len(), named.len()))?;
            } else if let Some((element, share)) =
                named.iter().zip(&shares).find(|(element, share)| (held.share(**element) - **share).abs() > SHARE)
            {
                let found = rounded(held.share(*element));
                contradiction(
                    ratios,
                    format!("elements_ratios makes {share} of the atoms {element}, the sites {found}"),
                )?;
            }
        }
    }
    if let Some(stated) = nelements {
        let (count, found) = (stated.count("nelements")?, held.elements().count() as u64);
        if count != found {
            contradiction(stated, format!("nelements is {count}, but the sites hold {found} elements"))?;
        }
    }
    for (name, stated) in [("chemical_formula_reduced", reduced), ("chemical_formula_hill", hill)] {
        if let Some(stated) = stated {
            check_formula(name, stated, &held, diagnostics)?;
        }
    }
    Ok(())
}

/// Compares a stated formula with the sites.
fn check_formula(name: &str, stated: Value<'_>, held: &Held, diagnostics: &mut Diagnostics) -> Result<(), Fault> {
    let text = stated.text(name)?;
    let Some(formula) = parse(text.as_bytes()) else {
        let message = format!("{name} is not a formula and was not compared: {}", shorten(&*text));
        return diagnostics.warn(stated.offset, DiagnosticKind::UncheckedFormula, || message);
    };
    let total: f64 = formula.iter().sum();
    let differs = Element::all().find(|element| {
        let share = formula[usize::from(element.atomic_number())] / total;
        // A trace of an element is still an element that one of the two does not have.
        (share > 0.0) != (held.share(*element) > 0.0) || (share - held.share(*element)).abs() > SHARE
    });
    let Some(element) = differs else { return Ok(()) };
    let (share, found) = (formula[usize::from(element.atomic_number())] / total, held.share(element));
    diagnostics.doubt(stated.offset, DiagnosticKind::FormulaMismatch, || {
        let (share, found) = (rounded(share), rounded(found));
        format!("the formula {} makes {share} of the atoms {element}, the sites {found}", shorten(&*text))
    })
}

/// The atoms of the cell by atomic number.
struct Held {
    amounts: [f64; 119],
    total: f64,
}

impl Held {
    fn share(&self, element: Element) -> f64 {
        self.amounts[usize::from(element.atomic_number())] / self.total
    }

    fn elements(&self) -> impl Iterator<Item = Element> + '_ {
        Element::all().filter(|element| self.share(*element) > 0.0)
    }
}

fn symbol(value: Value<'_>) -> Result<Element, Fault> {
    let text = value.text("elements")?;
    match Element::from_symbol(&text) {
        Some(element) => Ok(element),
        None => value.fault(ParseErrorKind::UnknownElement, format!("{} is no element", shorten(&*text))),
    }
}

fn rounded(share: f64) -> f64 {
    (share * 1e4).round() / 1e4
}

/// Amounts by atomic number of a formula such as `Al2O3`; `None` if it is none.
fn parse(mut rest: &[u8]) -> Option<[f64; 119]> {
    let mut amounts = [0.0; 119];
    while let Some(first) = rest.first() {
        if !first.is_ascii_uppercase() {
            return None;
        }
        let length = 1 + rest[1..].iter().take_while(|b| b.is_ascii_lowercase()).count();
        let element = Element::from_symbol(std::str::from_utf8(&rest[..length]).ok()?)?;
        rest = &rest[length..];
        let (amount, after) = match rest.first() {
            Some(b'0'..=b'9' | b'.') => leading_number(rest)?,
            _ => (1.0, rest),
        };
        amounts[usize::from(element.atomic_number())] += amount;
        rest = after;
    }
    let total: f64 = amounts.iter().sum();
    (total > 0.0 && total.is_finite()).then_some(amounts)
}
