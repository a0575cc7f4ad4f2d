//! Symmetry operations of the space groups by name, number or Hall symbol, for files that list none.
//!
//! `space_group/settings.txt` has one line for each of the 530 tabulated settings: number, setting code, Hall symbol,
//! short and full Hermann–Mauguin symbol. The operations follow from the Hall symbols.
//!
//! # Source
//!
//! International Tables for Crystallography A and B; list of settings after Seto's table, as spglib and moyo have it.

mod code;
mod hall;
mod identify;
mod invariants;
mod lookup;
mod primitive;
mod spelling;

use std::fmt;

pub(crate) use code::{by_code, codes_of, settings_with_codes};
pub(crate) use hall::operations;
pub(crate) use identify::{digest, is_of_type, same_axes, same_type};
pub(crate) use invariants::{determinant, type_number};
pub(crate) use lookup::{by_hall, by_name, by_name_in_cell, by_number, by_stated_number, every_by_name};
pub(crate) use primitive::spanned;

use lookup::settings;

use crate::{CrystalError, SymOp};

const SETTINGS: &str = include_str!("space_group/settings.txt");

/// One tabulated setting of a space group.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Setting {
    pub(crate) number: u8,
    code: &'static str,
    pub(crate) hall: &'static str,
    short: &'static str,
    full: &'static str,
}

impl Setting {
    /// The letter of the centering.
    pub(crate) fn centering(&self) -> Option<char> {
        self.full.chars().next()
    }

    /// The unique axis of a monoclinic setting: 0, 1 or 2 for a, b or c.
    fn unique_axis(&self) -> Option<usize> {
        let letter = self.code.trim_start_matches('-').chars().next().filter(|_| (3..=15).contains(&self.number))?;
        ['a', 'b', 'c'].iter().position(|axis| *axis == letter)
    }

    /// Whether a name is the full symbol, where that is not the short one.
    pub(crate) fn is_written_in_full(&self, name: &str) -> bool {
        self.full != self.short && spelling::squeezed(name) == spelling::squeezed(self.full)
    }

    /// Whether the axes are the first that are tabulated for the number; any origin, and either cell of a rhombohedral group.
    pub(crate) fn has_first_axes(&self) -> bool {
        // Codes are an origin and an axis transformation; the first setting has no transformation.
        matches!(self.code, "1" | "2" | "H" | "R")
            || lookup::settings_of(self.number).first().is_some_and(|first| first.code == self.code)
    }
}

/// A space group in one of its 530 tabulated settings.
///
/// # Examples
///
/// ```
/// use s2s_crystal::SpaceGroup;
///
/// let diamond = SpaceGroup::from_number(227)?;
/// assert_eq!((diamond.hm(), diamond.hall(), diamond.operations().len()), ("F d -3 m", "-F 4vw 2vw 3", 192));
/// assert_eq!(SpaceGroup::from_hm("Fd-3m")?, diamond);
/// assert_eq!(SpaceGroup::from_hall("-F 4vw 2vw 3")?, diamond);
/// # Ok::<(), s2s_crystal::CrystalError>(())
/// ```
#[derive(Clone, Copy, PartialEq)]
pub struct SpaceGroup(Setting);

impl SpaceGroup {
    /// The group with this number in the International Tables, in its standard setting: unique axis b, hexagonal axes, origin
    /// choice 2; that of `Symmetry::standardized`.
    ///
    /// # Errors
    ///
    /// [`CrystalError::UnknownSpaceGroup`] outside 1..=230.
    pub fn from_number(number: u16) -> Result<Self, CrystalError> {
        let settings = u8::try_from(number).map(by_number).unwrap_or_default();
        standard(&settings).ok_or_else(|| unknown(&number.to_string()))
    }

    /// The group with this Hermann–Mauguin symbol, short or full, in the setting that it names.
    ///
    /// Spaces, underscores and case do not matter; `:1`, `:2`, `:H`, `:R` choose among origins and axes, otherwise those of
    /// [`from_number`](Self::from_number) are taken.
    ///
    /// # Errors
    ///
    /// [`CrystalError::UnknownSpaceGroup`] if no tabulated setting has this symbol.
    pub fn from_hm(symbol: &str) -> Result<Self, CrystalError> {
        standard(&by_name(symbol)).ok_or_else(|| unknown(symbol))
    }

    /// The tabulated setting with the operations of this Hall symbol.
    ///
    /// # Errors
    ///
    /// [`CrystalError::UnknownSpaceGroup`] if the symbol cannot be read, or its operations are those of no tabulated setting.
    pub fn from_hall(symbol: &str) -> Result<Self, CrystalError> {
        let named = settings().find(|setting| setting.hall == symbol.trim());
        let found = named.or_else(|| {
            let wanted = operations(symbol)?;
            let same = |known: &[SymOp]| known.len() == wanted.len() && known.iter().all(|op| wanted.contains(op));
            settings().find(|setting| operations(setting.hall).is_some_and(|known| same(&known)))
        });
        found.map(Self).ok_or_else(|| unknown(symbol))
    }

    /// Number in the International Tables, 1..=230.
    pub fn number(&self) -> u16 {
        self.0.number.into()
    }

    /// Short Hermann–Mauguin symbol, such as `F d -3 m`.
    pub fn hm(&self) -> &'static str {
        self.0.short
    }

    /// Full Hermann–Mauguin symbol, such as `F 4_1/d -3 2/m`.
    pub fn full_hm(&self) -> &'static str {
        self.0.full
    }

    /// Hall symbol, which names the setting as well.
    pub fn hall(&self) -> &'static str {
        self.0.hall
    }

    /// How many primitive cells the conventional cell holds.
    pub(crate) fn centering_translations(&self) -> usize {
        match self.0.centering() {
            Some('A' | 'B' | 'C' | 'I') => 2,
            Some('R') => 3,
            Some('F') => 4,
            _ => 1,
        }
    }

    /// All operations of a conventional cell, centering included, the identity first.
    pub fn operations(&self) -> Vec<SymOp> {
        operations(self.0.hall).expect("invariant: a tabulated symbol has operations")
    }
}

impl fmt::Debug for SpaceGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SpaceGroup({} {}, {})", self.number(), self.hm(), self.hall())
    }
}

/// The Hermann–Mauguin symbol.
impl fmt::Display for SpaceGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.hm())
    }
}

/// Of the settings that a name can mean, the one with origin choice 2, or with hexagonal axes; else the first.
fn standard(settings: &[Setting]) -> Option<SpaceGroup> {
    let chosen = settings.iter().find(|setting| setting.code.starts_with('2') || setting.code == "H");
    chosen.or(settings.first()).copied().map(SpaceGroup)
}

fn unknown(name: &str) -> CrystalError {
    CrystalError::UnknownSpaceGroup { name: name.to_owned() }
}

/// The Hall symbols of all tabulated settings.
#[cfg(any(test, feature = "proptest"))]
pub(crate) fn tabulated_hall_symbols() -> Vec<&'static str> {
    settings().map(|setting| setting.hall).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_has_a_standard_setting_that_its_symbols_find() -> Result<(), CrystalError> {
        for number in 1..=230 {
            let group = SpaceGroup::from_number(number)?;
            assert_eq!(SpaceGroup::from_hm(group.full_hm())?.number(), number);
            assert_eq!(SpaceGroup::from_hall(group.hall())?, group);
            assert_eq!(group.operations()[0], SymOp::IDENTITY);
        }
        for number in [0, 231, 1000] {
            assert_eq!(SpaceGroup::from_number(number), Err(unknown(&number.to_string())));
        }
        assert_eq!(
            SpaceGroup::from_hm("P 99").map_err(|e| e.to_string()),
            Err("unknown space group \"P 99\"".to_owned())
        );
        assert_eq!(SpaceGroup::from_hm("R -3 m :R")?.hall(), "-P 3* 2");
        assert_eq!(SpaceGroup::from_hall("P 2z (z,x,y)")?.hall(), "P 2x", "the same operations in other words");
        Ok(())
    }
}
