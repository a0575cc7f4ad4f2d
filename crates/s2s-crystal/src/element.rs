//! Chemical elements.

use std::{fmt, num::NonZeroU8, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::CrystalError;

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
        let index = SYMBOLS.iter().position(|&known| known == symbol)?;
        NonZeroU8::new(u8::try_from(index + 1).ok()?).map(Self)
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
        SYMBOLS[usize::from(self.0.get() - 1)]
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

#[rustfmt::skip]
const SYMBOLS: [&str; 118] = [
    "H", "He",
    "Li", "Be", "B", "C", "N", "O", "F", "Ne",
    "Na", "Mg", "Al", "Si", "P", "S", "Cl", "Ar",
    "K", "Ca", "Sc", "Ti", "V", "Cr", "Mn", "Fe", "Co", "Ni", "Cu", "Zn", "Ga", "Ge", "As", "Se", "Br", "Kr",
    "Rb", "Sr", "Y", "Zr", "Nb", "Mo", "Tc", "Ru", "Rh", "Pd", "Ag", "Cd", "In", "Sn", "Sb", "Te", "I", "Xe",
    "Cs", "Ba", "La", "Ce", "Pr", "Nd", "Pm", "Sm", "Eu", "Gd", "Tb", "Dy", "Ho", "Er", "Tm", "Yb", "Lu",
    "Hf", "Ta", "W", "Re", "Os", "Ir", "Pt", "Au", "Hg", "Tl", "Pb", "Bi", "Po", "At", "Rn",
    "Fr", "Ra", "Ac", "Th", "Pa", "U", "Np", "Pu", "Am", "Cm", "Bk", "Cf", "Es", "Fm", "Md", "No", "Lr",
    "Rf", "Db", "Sg", "Bh", "Hs", "Mt", "Ds", "Rg", "Cn", "Nh", "Fl", "Mc", "Lv", "Ts", "Og",
];

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
        assert_eq!(Element::from_symbol("fe"), None);
    }
}
