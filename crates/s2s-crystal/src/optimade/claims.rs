//! Checks of an OPTIMADE structure's stated composition against its sites.
//!
//! `elements` and `nelements` name the elements; `elements_ratios`, `chemical_formula_reduced` and `chemical_formula_hill` say
//! how much of each there is, `chemical_formula_anonymous` says it without names, and `chemical_formula_descriptive` is free
//! text that is not compared.

use crate::{
    Element,
    diagnostic::{DiagnosticKind, Diagnostics},
    json::Value,
    number::leading_number,
    parse_error::{Fault, ParseErrorKind, shorten},
    parsed_structure::ParsedSite,
};

/// Shares of the atoms that differ by less than this agree: servers round reduced formulas of mixed sites.
const SHARE: f64 = 2e-2;

/// Compares the composition of the sites with what is stated.
///
/// The claims are the values of `elements`, `nelements`, `elements_ratios`, `chemical_formula_reduced`, `chemical_formula_hill` and
/// `chemical_formula_anonymous`.
pub(super) fn check(
    [elements, nelements, ratios, reduced, hill, anonymous]: [Option<Value<'_>>; 6],
    parsed_sites: &[ParsedSite],
    diagnostics: &mut Diagnostics,
) -> Result<(), Fault> {
    if parsed_sites.is_empty() {
        return Ok(());
    }
    let mut amounts = [0.0; 119];
    for occupant in parsed_sites.iter().flat_map(|site| site.species.occupants()) {
        amounts[usize::from(occupant.element.atomic_number())] += occupant.occupancy;
    }
    let held = Held { amounts, total: amounts.iter().sum() };
    // The elements that the ratios belong to, where that is certain.
    let order = if let Some(stated) = elements {
        let named = stated.list("elements")?.map(symbol).collect::<Result<Vec<_>, _>>()?;
        let twice = named.iter().enumerate().find(|(at, element)| named[..*at].contains(element));
        let contradiction = if let Some(element) = held.elements().find(|element| !named.contains(element)) {
            Some(format!("the sites hold {element}, which elements does not name"))
        } else if let Some(element) = named.iter().find(|element| held.share(**element) == 0.0) {
            Some(format!("elements names {element}, which no site holds"))
        } else {
            twice.map(|(_, element)| format!("elements names {element} twice"))
        };
        match contradiction {
            Some(message) => {
                diagnostics.doubt(stated.offset, DiagnosticKind::FormulaMismatch, || message)?;
                None
            }
            None => Some(named),
        }
    } else {
        // The specification sorts elements, and their ratios with them, by symbol.
        let mut sorted: Vec<Element> = held.elements().collect();
        sorted.sort_by_key(|element| element.symbol());
        Some(sorted)
    };
    if let (Some(stated), Some(order)) = (ratios, order) {
        check_ratios(stated, &order, &held, diagnostics)?;
    }
    if let Some(stated) = nelements {
        let (count, found) = (stated.count("nelements")?, held.elements().count() as u64);
        if count != found {
            diagnostics.doubt(stated.offset, DiagnosticKind::FormulaMismatch, || {
                format!("nelements is {count}, but the sites hold {found} elements")
            })?;
        }
    }
    for (name, stated) in [("chemical_formula_reduced", reduced), ("chemical_formula_hill", hill)] {
        if let Some(stated) = stated {
            check_formula(name, stated, &held, diagnostics)?;
        }
    }
    match anonymous {
        Some(stated) => check_anonymous(stated, &held, diagnostics),
        None => Ok(()),
    }
}

/// Compares the stated share of each element with that of the sites.
fn check_ratios(stated: Value<'_>, order: &[Element], held: &Held, diagnostics: &mut Diagnostics) -> Result<(), Fault> {
    let shares = stated.list("elements_ratios")?.map(|ratio| ratio.number("elements_ratios"));
    let shares = shares.collect::<Result<Vec<_>, _>>()?;
    let message = if shares.len() != order.len() {
        format!("{} ratios belong to {} elements", shares.len(), order.len())
    } else if let Some((element, share)) =
        order.iter().zip(&shares).find(|(element, share)| !agree(held.share(**element), **share))
    {
        let found = rounded(held.share(*element));
        format!("elements_ratios makes {share} of the atoms {element}, the sites {found}")
    } else {
        return Ok(());
    };
    diagnostics.doubt(stated.offset, DiagnosticKind::FormulaMismatch, || message)
}

/// Compares the shares of a formula such as `A3B2`, whose letters stand for elements in falling order of their share.
fn check_anonymous(stated: Value<'_>, held: &Held, diagnostics: &mut Diagnostics) -> Result<(), Fault> {
    let text = stated.text("chemical_formula_anonymous")?;
    let Some(mut shares) = anonymous_shares(text.as_bytes()) else {
        let message = format!("chemical_formula_anonymous is not a formula and was not compared: {}", shorten(&*text));
        return diagnostics.warn(stated.offset, DiagnosticKind::UncheckedFormula, || message);
    };
    let mut found: Vec<f64> = held.elements().map(|element| held.share(element)).collect();
    for shares in [&mut shares, &mut found] {
        shares.sort_by(|a, b| b.total_cmp(a));
    }
    if shares.len() == found.len() && shares.iter().zip(&found).all(|(share, found)| agree(*share, *found)) {
        return Ok(());
    }
    diagnostics.doubt(stated.offset, DiagnosticKind::FormulaMismatch, || {
        let found = found.iter().map(|share| rounded(*share).to_string()).collect::<Vec<_>>().join(", ");
        format!("the sites, with shares of {found}, are not of the formula {}", shorten(&*text))
    })
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
        (share > 0.0) != (held.share(*element) > 0.0) || !agree(share, held.share(*element))
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

/// Whether two shares are equal within what servers round.
fn agree(share: f64, other: f64) -> bool {
    (share - other).abs() <= SHARE
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

/// Shares of the letters of a formula such as `A3B2`; `None` if it is none.
fn anonymous_shares(mut rest: &[u8]) -> Option<Vec<f64>> {
    let mut amounts: Vec<(&[u8], f64)> = Vec::new();
    while let Some(first) = rest.first() {
        if !first.is_ascii_uppercase() {
            return None;
        }
        let length = 1 + rest[1..].iter().take_while(|b| b.is_ascii_lowercase()).count();
        let (letter, after) = rest.split_at(length);
        let (amount, after) = match after.first() {
            Some(b'0'..=b'9' | b'.') => leading_number(after)?,
            _ => (1.0, after),
        };
        if amount <= 0.0 || amounts.len() == 118 || amounts.iter().any(|(known, _)| *known == letter) {
            return None;
        }
        amounts.push((letter, amount));
        rest = after;
    }
    let total: f64 = amounts.iter().map(|(_, amount)| amount).sum();
    (total > 0.0 && total.is_finite()).then(|| amounts.iter().map(|(_, amount)| amount / total).collect())
}
