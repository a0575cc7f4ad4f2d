//! Chemical elements.

mod category;
mod constants;
mod table;

pub use category::ElementCategory;

use std::{fmt, num::NonZeroU8, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::CrystalError;
use table::{Row, TABLE};

/// A chemical element, hydrogen (1) to oganesson (118).
///
/// # Examples
///
/// ```
/// use s2s_crystal::Element;
///
/// let iron: Element = "Fe".parse()?;
/// assert_eq!(iron.atomic_number(), 26);
/// assert_eq!(Element::from_atomic_number(26)?, iron);
/// assert_eq!(Element::FE, iron);
/// # Ok::<(), s2s_crystal::CrystalError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Element(NonZeroU8);

impl Element {
    /// The heaviest known element's atomic number.
    pub const MAX_ATOMIC_NUMBER: u8 = 118;

    /// The element with this number of protons.
    ///
    /// # Errors
    ///
    /// [`CrystalError::UnknownAtomicNumber`] outside 1..=118.
    pub fn from_atomic_number(number: u8) -> Result<Self, CrystalError> {
        match NonZeroU8::new(number) {
            Some(z) if number <= Self::MAX_ATOMIC_NUMBER => Ok(Self(z)),
            _ => Err(CrystalError::UnknownAtomicNumber { number: number.into() }),
        }
    }

    /// The element with this symbol, exactly as written in the periodic table; `None` for anything else.
    pub fn from_symbol(symbol: &str) -> Option<Self> {
        let (first, second) = match *symbol.as_bytes() {
            [first @ b'A'..=b'Z'] => (first, 0),
            [first @ b'A'..=b'Z', second @ b'a'..=b'z'] => (first, second - b'a' + 1),
            _ => return None,
        };
        NonZeroU8::new(NUMBERS[usize::from(first - b'A')][usize::from(second)]).map(Self)
    }

    /// Every element in order of atomic number.
    pub fn all() -> impl Iterator<Item = Self> {
        (1..=Self::MAX_ATOMIC_NUMBER).filter_map(|z| NonZeroU8::new(z).map(Self))
    }

    /// Number of protons, 1..=118.
    pub fn atomic_number(self) -> u8 {
        self.0.get()
    }

    /// Symbol in the periodic table, such as `Fe`.
    pub fn symbol(self) -> &'static str {
        self.row().symbol
    }

    /// English name, such as `Iron`.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// Column of the periodic table, 1..=18; lanthanoids and actinoids count as group 3.
    pub fn group(self) -> u8 {
        self.row().group
    }

    /// Row of the periodic table, 1..=7.
    pub fn period(self) -> u8 {
        self.row().period
    }

    /// The category that it belongs to.
    pub fn category(self) -> ElementCategory {
        self.row().category
    }

    /// Mendeleev number, the rank on Pettifor's chemical scale, 1 (helium) to 103 (hydrogen): neighbors on it form similar structures.
    ///
    /// `None` beyond lawrencium, where the scale ends.
    pub fn mendeleev_number(self) -> Option<u8> {
        Some(self.row().mendeleev).filter(|number| *number > 0)
    }

    /// Standard atomic weight in u; the mass of the longest-lived isotope where there is none.
    pub fn mass(self) -> f64 {
        self.row().mass
    }

    /// Electronegativity on Pauling's scale; `None` for light noble gases and superheavy elements.
    pub fn electronegativity(self) -> Option<f64> {
        self.row().electronegativity
    }

    /// Covalent radius in Å; `None` beyond curium.
    pub fn covalent_radius(self) -> Option<f64> {
        self.row().covalent_radius
    }

    fn row(self) -> &'static Row {
        &TABLE[usize::from(self.0.get() - 1)]
    }
}

impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.symbol())
    }
}

impl fmt::Debug for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.symbol())
    }
}

impl FromStr for Element {
    type Err = CrystalError;

    fn from_str(symbol: &str) -> Result<Self, Self::Err> {
        Self::from_symbol(symbol).ok_or_else(|| CrystalError::UnknownSymbol { symbol: symbol.to_owned() })
    }
}

impl TryFrom<u8> for Element {
    type Error = CrystalError;

    fn try_from(number: u8) -> Result<Self, Self::Error> {
        Self::from_atomic_number(number)
    }
}

impl From<Element> for u8 {
    fn from(element: Element) -> Self {
        element.atomic_number()
    }
}

/// Atomic number by the one or two letters of a symbol, zero where there is no such element: readers look up millions.
static NUMBERS: [[u8; 27]; 26] = {
    let mut numbers = [[0; 27]; 26];
    let mut z = 0;
    while z < TABLE.len() {
        let symbol = TABLE[z].symbol.as_bytes();
        let second = if symbol.len() == 1 { 0 } else { symbol[1] - b'a' + 1 };
        numbers[(symbol[0] - b'A') as usize][second as usize] = z as u8 + 1;
        z += 1;
    }
    numbers
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbol_and_number_agree_for_every_element() {
        assert_eq!(Element::all().count(), 118);
        for element in Element::all() {
            assert_eq!(Element::from_symbol(element.symbol()), Some(element));
            assert_eq!(Element::from_atomic_number(element.atomic_number()).ok(), Some(element));
        }
        assert_eq!(Element::from_symbol("Pb").map(Element::atomic_number), Some(82));
        for unknown in ["fe", "FE", "Fee", "Xx", "", "D", "É"] {
            assert_eq!(Element::from_symbol(unknown), None);
        }
    }
}
