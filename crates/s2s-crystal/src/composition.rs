//! Compositions: the amount of each element.

mod distance;
mod formula;
mod notation;

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

pub use formula::{Formula, FormulaError, FormulaErrorKind};

use crate::{Crystal, CrystalError, Element};

/// Amounts closer than this are equal, and an amount below it is none; as in pymatgen.
const TOLERANCE: f64 = 1e-8;

/// Elements with their amounts, in order of atomic number; never empty, every amount positive and finite.
///
/// # Examples
///
/// ```
/// use s2s_crystal::Composition;
///
/// let pnictide: Composition = "Ba0.4K0.6Fe2As2".parse()?;
/// assert_eq!(pnictide.num_atoms(), 5.0);
/// assert_eq!(pnictide.chemical_system(), "As-Ba-Fe-K");
///
/// let phosphate: Composition = "Li4Fe4(PO4)4".parse()?;
/// assert_eq!(phosphate.reduced_formula(), "LiFePO4");
/// assert_eq!(phosphate.anonymous_formula(), "ABCD4");
/// # Ok::<(), s2s_crystal::FormulaError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Vec<(Element, f64)>", into = "Vec<(Element, f64)>")]
pub struct Composition {
    amounts: Vec<(Element, f64)>,
}

impl Composition {
    /// The composition with these amounts; several amounts of one element add up, amounts below 10⁻⁸ count as none.
    ///
    /// # Errors
    ///
    /// [`CrystalError::InvalidAmount`] if an amount or a sum is negative or not finite, [`CrystalError::EmptyComposition`]
    /// if nothing is left.
    pub fn new(amounts: impl IntoIterator<Item = (Element, f64)>) -> Result<Self, CrystalError> {
        let mut sorted: Vec<(Element, f64)> = Vec::with_capacity(8);
        for (element, amount) in amounts {
            if !(amount.is_finite() && amount >= 0.0) {
                return Err(CrystalError::InvalidAmount { element, amount });
            }
            add(&mut sorted, element, amount);
        }
        Self::from_sorted(sorted)
    }

    /// As [`new`](Self::new), from amounts that are sorted, distinct and not negative.
    fn from_sorted(mut amounts: Vec<(Element, f64)>) -> Result<Self, CrystalError> {
        amounts.retain(|(_, amount)| *amount >= TOLERANCE);
        if amounts.is_empty() {
            return Err(CrystalError::EmptyComposition);
        }
        if !amounts.iter().map(|(_, amount)| amount).sum::<f64>().is_finite() {
            let (element, amount) = amounts[0];
            return Err(CrystalError::InvalidAmount { element, amount });
        }
        Ok(Self { amounts })
    }

    /// Elements with their amounts, in order of atomic number.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (Element, f64)> + '_ {
        self.amounts.iter().copied()
    }

    /// The elements, in order of atomic number.
    pub fn elements(&self) -> impl ExactSizeIterator<Item = Element> + '_ {
        self.amounts.iter().map(|(element, _)| *element)
    }

    /// Number of distinct elements.
    pub fn num_elements(&self) -> usize {
        self.amounts.len()
    }

    /// Sum of all amounts.
    pub fn num_atoms(&self) -> f64 {
        self.amounts.iter().map(|(_, amount)| amount).sum()
    }

    /// Amount of one element, zero where it is absent.
    pub fn amount(&self, element: Element) -> f64 {
        self.amounts.binary_search_by_key(&element, |(known, _)| *known).map_or(0.0, |at| self.amounts[at].1)
    }

    /// Share of one element among all atoms, in 0..=1.
    pub fn fraction(&self, element: Element) -> f64 {
        self.amount(element) / self.num_atoms()
    }

    /// Elements with their shares among all atoms, in order of atomic number.
    pub fn fractions(&self) -> impl ExactSizeIterator<Item = (Element, f64)> + '_ {
        let total = self.num_atoms();
        self.iter().map(move |(element, amount)| (element, amount / total))
    }

    /// Mass in u of one formula unit.
    pub fn mass(&self) -> f64 {
        self.iter().map(|(element, amount)| amount * element.mass()).sum()
    }

    /// Whether every amount is a whole number.
    pub fn is_stoichiometric(&self) -> bool {
        self.amounts.iter().all(|(_, amount)| (amount - amount.round()).abs() < TOLERANCE)
    }

    /// The smallest composition with whole amounts in the same ratio, and how many of it there are.
    ///
    /// Fractional amounts are left as they are, with a factor of one: `Fe1.01Se` is already written as it is meant.
    pub fn reduced(&self) -> (Self, f64) {
        let factor = self.common_factor();
        let amounts = self.iter().map(|(element, amount)| (element, tidy(amount / factor))).collect();
        (Self { amounts }, factor)
    }

    /// Largest whole number that divides every amount; one if an amount is fractional.
    fn common_factor(&self) -> f64 {
        if !self.is_stoichiometric() {
            return 1.0;
        }
        self.amounts.iter().fold(0.0, |common, (_, amount)| greatest_common_divisor(common, amount.round()))
    }
}

impl fmt::Display for Composition {
    /// The [reduced formula](Composition::reduced_formula).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.reduced_formula())
    }
}

impl FromStr for Composition {
    type Err = FormulaError;

    /// The composition of a [`Formula`]; a charge is read and not kept.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Formula::from_str(text)?.into_composition())
    }
}

impl TryFrom<Vec<(Element, f64)>> for Composition {
    type Error = CrystalError;

    fn try_from(amounts: Vec<(Element, f64)>) -> Result<Self, Self::Error> {
        Self::new(amounts)
    }
}

impl From<Composition> for Vec<(Element, f64)> {
    fn from(composition: Composition) -> Self {
        composition.amounts
    }
}

impl Crystal {
    /// What the cell contains, partial occupancies counted as they are.
    pub fn composition(&self) -> Composition {
        let mut totals = [0.0; Element::MAX_ATOMIC_NUMBER as usize + 1];
        for occupant in self.sites().iter().flat_map(|site| site.species.occupants()) {
            totals[usize::from(occupant.element.atomic_number())] += occupant.occupancy;
        }
        // An occupancy below the tolerance is still there: a crystal without any atom cannot be written down.
        let amounts = Element::all().map(|element| (element, totals[usize::from(element.atomic_number())]));
        Composition { amounts: amounts.filter(|(_, amount)| *amount > 0.0).collect() }
    }
}

/// Adds to a list that is sorted by element; compositions have few elements, mostly in no particular order.
fn add(sorted: &mut Vec<(Element, f64)>, element: Element, amount: f64) {
    match sorted.binary_search_by_key(&element, |(known, _)| *known) {
        Ok(at) => sorted[at].1 += amount,
        Err(at) => sorted.insert(at, (element, amount)),
    }
}

/// A whole number where it is one but for rounding.
fn tidy(amount: f64) -> f64 {
    if (amount - amount.round()).abs() < TOLERANCE { amount.round() } else { amount }
}

/// Euclid's algorithm on whole numbers of any size.
fn greatest_common_divisor(mut a: f64, mut b: f64) -> f64 {
    while b > 0.0 {
        (a, b) = (b, a % b);
    }
    a
}
