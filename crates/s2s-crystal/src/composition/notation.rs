//! Notations of compositions: reduced, anonymous, Hill and others.

use std::fmt::Write;

use super::{Composition, TOLERANCE, tidy};
use crate::Element;

/// Difference of electronegativity from which on the last two elements are an ionic pair, not a polyanion; pymatgen's.
const IONIC: f64 = 1.65;

impl Composition {
    /// The reduced formula as pymatgen writes it: by electronegativity, with polyanions, such as `Ba(NO3)2`.
    ///
    /// Fractional compositions are written in full, such as `K0.6Ba0.4Fe2As2`; elements that occur as molecules, and
    /// peroxides, keep their two atoms: `O2`, `Li2O2`. Amounts are rounded to eight decimals.
    ///
    /// # Deviations
    ///
    /// Amounts below 10⁻⁴ are written as decimals, not with an exponent.
    pub fn reduced_formula(&self) -> String {
        let mut formula = String::with_capacity(24);
        let sorted = self.by_electronegativity();
        if !self.is_stoichiometric() {
            for (element, amount) in sorted {
                write_amount(&mut formula, element, amount, One::Written);
            }
            return formula;
        }
        let factor = self.common_factor();
        let whole =
            sorted.into_iter().map(|(element, amount)| (element, (amount / factor).round())).collect::<Vec<_>>();
        write_whole(&mut formula, &whole);
        if is_diatomic(&whole) {
            formula.clear();
            for (element, amount) in whole {
                write_amount(&mut formula, element, 2.0 * amount, One::Implied);
            }
        }
        formula
    }

    /// All amounts in Hill's order: carbon, hydrogen, then the alphabet, such as `C2 H6 O`, as CIF writes them.
    ///
    /// Without carbon, hydrogen is sorted alphabetically like the others.
    pub fn hill_formula(&self) -> String {
        let has_carbon = self.elements().any(|element| element.symbol() == "C");
        let mut sorted = self.iter().collect::<Vec<_>>();
        sorted.sort_by_key(|(element, _)| match element.symbol() {
            "C" => (0, "C"),
            "H" if has_carbon => (1, "H"),
            symbol => (2, symbol),
        });
        let mut formula = String::with_capacity(24);
        for (at, (element, amount)) in sorted.into_iter().enumerate() {
            if at > 0 {
                formula.push(' ');
            }
            write_amount(&mut formula, element, amount, One::Implied);
        }
        formula
    }

    /// The reduced formula without the names of the elements: amounts in increasing order, such as `ABC3`.
    ///
    /// Elements beyond the twenty-sixth are written `A'`, `B'` and so on.
    pub fn anonymous_formula(&self) -> String {
        let factor = self.common_factor();
        let mut amounts = self.iter().map(|(_, amount)| amount / factor).collect::<Vec<_>>();
        amounts.sort_by(f64::total_cmp);
        let mut formula = String::with_capacity(16);
        for (at, amount) in amounts.into_iter().enumerate() {
            formula.push(char::from(b'A' + (at % 26) as u8));
            formula.extend(std::iter::repeat_n('\'', at / 26));
            write_number(&mut formula, amount, One::Implied);
        }
        formula
    }

    /// Symbols of the elements in alphabetical order, joined by hyphens, such as `Ba-Cu-O-Y`.
    pub fn chemical_system(&self) -> String {
        let mut symbols = self.elements().map(Element::symbol).collect::<Vec<_>>();
        symbols.sort_unstable();
        symbols.join("-")
    }

    /// Least electronegative element first; elements without electronegativity last; the alphabet between equals.
    fn by_electronegativity(&self) -> Vec<(Element, f64)> {
        let mut sorted = self.iter().collect::<Vec<_>>();
        let electronegativity = |element: Element| element.electronegativity().unwrap_or(f64::INFINITY);
        sorted.sort_by(|(a, _), (b, _)| {
            electronegativity(*a).total_cmp(&electronegativity(*b)).then_with(|| a.symbol().cmp(b.symbol()))
        });
        sorted
    }
}

/// Whether an amount of one is written.
#[derive(Clone, Copy, PartialEq)]
enum One {
    Implied,
    Written,
}

/// Whole amounts without a common factor; the last two of three or more elements may form a polyanion.
fn write_whole(formula: &mut String, amounts: &[(Element, f64)]) {
    let mut shared = 1.0;
    if let [_, .., (next, many), (last, most)] = *amounts {
        let difference = last.electronegativity().zip(next.electronegativity()).map(|(last, next)| last - next);
        if difference.is_some_and(|difference| difference < IONIC) {
            shared = super::greatest_common_divisor(many, most);
        }
    }
    let cations = if shared > 1.0 { amounts.len() - 2 } else { amounts.len() };
    for (element, amount) in &amounts[..cations] {
        write_amount(formula, *element, *amount, One::Implied);
    }
    if shared > 1.0 {
        formula.push('(');
        for (element, amount) in &amounts[cations..] {
            write_amount(formula, *element, amount / shared, One::Implied);
        }
        formula.push(')');
        write_number(formula, shared, One::Implied);
    }
}

/// Elements that occur in pairs, and the peroxides of the alkali metals and hydrogen.
fn is_diatomic(amounts: &[(Element, f64)]) -> bool {
    match *amounts {
        [(only, _)] => matches!(only.symbol(), "H" | "N" | "O" | "F" | "Cl"),
        [(metal, one), (oxygen, other)] => {
            one == 1.0
                && other == 1.0
                && oxygen.symbol() == "O"
                && matches!(metal.symbol(), "H" | "Li" | "Na" | "K" | "Rb" | "Cs")
        }
        _ => false,
    }
}

fn write_amount(formula: &mut String, element: Element, amount: f64, one: One) {
    formula.push_str(element.symbol());
    write_number(formula, amount, one);
}

fn write_number(formula: &mut String, amount: f64, one: One) {
    let amount = tidy(amount);
    if one == One::Implied && (amount - 1.0).abs() < TOLERANCE {
        return;
    }
    if amount.fract() == 0.0 {
        write!(formula, "{amount}").expect("invariant: a string takes every text");
        return;
    }
    write!(formula, "{amount:.8}").expect("invariant: a string takes every text");
    let kept = formula.trim_end_matches('0').len();
    formula.truncate(kept);
}
