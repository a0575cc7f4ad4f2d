//! Symmetry operations of the space groups by name, number or Hall symbol, for files that list none.
//!
//! `space_group/settings.txt` has one line for each of the 530 tabulated settings: number, setting code, Hall symbol,
//! short and full Hermann–Mauguin symbol. The operations follow from the Hall symbols.
//!
//! # Source
//!
//! International Tables for Crystallography A and B; list of settings after Seto's table, as spglib and moyo have it.

mod hall;

use std::{fmt, sync::LazyLock};

pub(crate) use hall::operations;

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
    /// choice 2; that of [`Symmetry::standardized`](crate::Symmetry).
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

/// A setting with its symbols as they are compared.
struct Row {
    setting: Setting,
    short: String,
    full: String,
    /// `P 1 2_1/n 1` is commonly written `P 21/n`.
    brief: String,
}

static ROWS: LazyLock<Vec<Row>> = LazyLock::new(|| {
    let row = |line: &'static str| {
        let mut fields = line.split('|');
        let mut next = || fields.next();
        let (number, code, hall) = (next()?.parse().ok()?, next()?, next()?);
        let (short, full) = (next()?, next()?);
        let brief = full.split(' ').filter(|part| *part != "1").collect::<Vec<_>>().join(" ");
        let setting = Setting { number, code, hall, short, full };
        Some(Row { setting, short: squeeze(short), full: squeeze(full), brief: squeeze(&brief) })
    };
    SETTINGS.lines().filter_map(row).collect()
});

fn settings() -> impl Iterator<Item = Setting> {
    ROWS.iter().map(|row| row.setting)
}

/// The Hall symbols of all tabulated settings.
#[cfg(any(test, feature = "proptest"))]
pub(crate) fn tabulated_hall_symbols() -> Vec<&'static str> {
    settings().map(|setting| setting.hall).collect()
}

/// The settings that a space-group number can mean: the first tabulated axes, with either origin and either cell.
pub(crate) fn by_number(number: u8) -> Vec<Setting> {
    let all: Vec<_> = settings().filter(|setting| setting.number == number).collect();
    let Some(first) = all.first().copied() else { return Vec::new() };
    // Codes are an origin and an axis transformation; the first setting has no transformation.
    let standard = |setting: &Setting| setting.code == first.code || matches!(setting.code, "1" | "2" | "H" | "R");
    all.into_iter().filter(standard).collect()
}

/// The settings that a Hermann–Mauguin symbol can mean, most common first; empty if there is no such symbol.
///
/// Spaces, underscores and case do not matter; `:1`, `:2`, `:H`, `:R` and the `S`, `Z` and `H` that older files append
/// choose among the settings. Cubic symbols may lack their bar, as in `F m 3 m`: that is how they were printed until 1983.
pub(crate) fn by_name(name: &str) -> Vec<Setting> {
    let (base, choice) = match name.rsplit_once(':') {
        Some((base, choice)) => (base, Some(choice.trim().to_ascii_lowercase())),
        None => (name, None),
    };
    let wanted = squeeze(base);
    let pick = |matches: &dyn Fn(&&Row) -> bool| ROWS.iter().filter(matches).map(|row| row.setting).collect::<Vec<_>>();
    let tabulated = |wanted: &str| {
        let full = pick(&|row| row.full == wanted || row.brief == wanted);
        if full.is_empty() { pick(&|row| row.short == wanted) } else { full }
    };
    let named = |wanted: &str| {
        let found = tabulated(wanted);
        if found.is_empty() { tabulated(&barred(wanted)) } else { found }
    };
    let mut found = named(&wanted);
    let mut choice = choice;
    if found.is_empty() && choice.is_none() {
        for (suffix, meaning) in [('s', "1"), ('z', "2"), ('h', "h"), ('r', "r")] {
            if let Some(base) = wanted.strip_suffix(suffix) {
                found = named(base);
                choice = Some(meaning.to_owned());
                break;
            }
        }
    }
    // A short symbol stands for the first tabulated axes and all origins of those.
    if let Some(first) = found.first().copied() {
        found.retain(|s| s.number == first.number && s.full == first.full);
    }
    match choice.as_deref() {
        None | Some("") => found,
        Some(choice) => {
            let chosen = |s: &Setting| {
                let code = s.code.to_ascii_lowercase();
                code == choice || code.starts_with(choice) && matches!(choice, "1" | "2" | "h" | "r")
            };
            found.into_iter().filter(chosen).collect()
        }
    }
}

/// The symbol with the bar of a cubic threefold axis, which follows the mirror or glide plane across the cell's edges.
fn barred(name: &str) -> String {
    let plane = |letter: char| matches!(letter, 'm' | 'n' | 'a' | 'd');
    match name.split_once('3') {
        Some((before, after)) if before.len() > 1 && before.ends_with(plane) => format!("{before}-3{after}"),
        _ => name.to_owned(),
    }
}

fn squeeze(name: &str) -> String {
    name.chars().filter(|c| !c.is_whitespace() && *c != '_').map(|c| c.to_ascii_lowercase()).collect()
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

    fn halls(found: &[Setting]) -> Vec<&str> {
        found.iter().map(|setting| setting.hall).collect()
    }

    #[test]
    fn names_are_found_however_they_are_spelled() {
        for name in ["P 21/n", "P2_1/n", "P 1 21/n 1", "p121/n1"] {
            assert_eq!(halls(&by_name(name)), ["-P 2yn"], "{name}");
        }
        assert_eq!(halls(&by_name("P 21/c")), ["-P 2ybc"]);
        assert_eq!(halls(&by_name("Pnma")), ["-P 2ac 2n"]);
        assert_eq!(halls(&by_name("P b n m")), ["-P 2c 2ab"]);
        assert_eq!(halls(&by_name("F d -3 m")), ["F 4d 2 3 -1d", "-F 4vw 2vw 3"]);
        assert_eq!(halls(&by_name("F d -3 m :2")), ["-F 4vw 2vw 3"]);
        assert_eq!(halls(&by_name("F d -3 m Z")), ["-F 4vw 2vw 3"]);
        assert_eq!(halls(&by_name("F d -3 m S")), ["F 4d 2 3 -1d"]);
        assert_eq!(halls(&by_name("R -3 m :H")), ["-R 3 2="]);
        assert_eq!(halls(&by_name("R-3m H")), ["-R 3 2="]);
        assert_eq!(halls(&by_name("P 63/m m c")), ["-P 6c 2c"]);
        assert_eq!(halls(&by_name("F m 3 m")), ["-F 4 2 3"]);
        assert_eq!(halls(&by_name("Ia3d")), ["-I 4bd 2c 3"]);
        assert_eq!(halls(&by_name("F d 3 m S")), ["F 4d 2 3 -1d"]);
        for name in ["P 99", "P 3 n", "A 3 m", "P 2 3 m"] {
            assert_eq!(halls(&by_name(name)), Vec::<&str>::new(), "{name}");
        }
    }

    #[test]
    fn numbers_mean_the_first_tabulated_axes() {
        assert_eq!(halls(&by_number(14)), ["-P 2ybc"]);
        assert_eq!(halls(&by_number(166)), ["-R 3 2=", "-P 3* 2"]);
        assert_eq!(halls(&by_number(227)), ["F 4d 2 3 -1d", "-F 4vw 2vw 3"]);
        assert_eq!(by_number(231), Vec::new());
        assert!((1..=230).all(|number| !by_number(number).is_empty()));
    }
}
