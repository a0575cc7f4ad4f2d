//! Families of superconductors by composition: iron-based, cuprates, hydrides, others.

use std::fmt;

use s2s_crystal::{Composition, Element};
use serde::{Deserialize, Serialize};

/// A family of superconductors, told from the composition alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SuperconductorFamily {
    /// Iron pnictides and chalcogenides, and related compounds.
    IronBased,
    /// Copper oxides.
    Cuprate,
    /// Hydrogen-rich compounds.
    Hydride,
    /// Everything else.
    Other,
}

impl SuperconductorFamily {
    /// Every family, in the order of Table A1.
    pub const ALL: [Self; 4] = [Self::IronBased, Self::Cuprate, Self::Hydride, Self::Other];
}

impl fmt::Display for SuperconductorFamily {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::IronBased => "iron-based",
            Self::Cuprate => "cuprate",
            Self::Hydride => "hydride",
            Self::Other => "other",
        })
    }
}

/// Which compositions count as which family.
///
/// | | [`Elements`](Self::Elements) | [`Chemistry`](Self::Chemistry) |
/// |---|---|---|
/// | iron-based | Fe | Fe with at least as much P, As, S, Se and Te together |
/// | cuprate | Cu and O | Cu with at least as much O, and Cu is the only or the most abundant 3d metal |
/// | hydride | H | at least half of the atoms are H, and there is no C, N, O or halogen |
///
/// The first rule that fits decides, except that a compound with both Fe and Cu belongs to the more abundant of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FamilyRule {
    /// By the presence of elements alone: the only rule under which S2S has the 21 iron-based superconductors of §4.6.
    Elements,
    /// What a physicist means: keeps hydrates, copper carbonates and iron silicides out.
    Chemistry,
}

impl FamilyRule {
    /// The family of a composition.
    ///
    /// # Examples
    ///
    /// ```
    /// use s2s_data::label::{FamilyRule, SuperconductorFamily};
    ///
    /// let family = |formula: &str| Ok::<_, s2s_crystal::FormulaError>(FamilyRule::Chemistry.family(&formula.parse()?));
    /// assert_eq!(family("Ba0.6K0.4Fe2As2")?, SuperconductorFamily::IronBased);
    /// assert_eq!(family("YBa2Cu2.9Fe0.1O6.9")?, SuperconductorFamily::Cuprate);
    /// assert_eq!(family("H3S")?, SuperconductorFamily::Hydride);
    /// assert_eq!(family("CaSO4(H2O)2")?, SuperconductorFamily::Other);
    /// # Ok::<(), s2s_crystal::FormulaError>(())
    /// ```
    pub fn family(self, composition: &Composition) -> SuperconductorFamily {
        let amount = |symbol: &str| Element::from_symbol(symbol).map_or(0.0, |element| composition.amount(element));
        let sum = |symbols: &[&str]| symbols.iter().map(|s| amount(s)).sum::<f64>();
        let (iron, copper, oxygen, hydrogen) = (amount("Fe"), amount("Cu"), amount("O"), amount("H"));
        let (iron_based, cuprate, hydride) = match self {
            Self::Elements => (iron > 0.0, copper > 0.0 && oxygen > 0.0, hydrogen > 0.0),
            Self::Chemistry => (
                iron > 0.0 && sum(&["P", "As", "S", "Se", "Te"]) >= iron,
                copper > 0.0
                    && oxygen >= copper
                    && ["Sc", "Ti", "V", "Cr", "Mn", "Fe", "Co", "Ni"].iter().all(|s| amount(s) <= copper),
                hydrogen >= 0.5 * composition.num_atoms() && sum(&["C", "N", "O", "F", "Cl", "Br", "I"]) == 0.0,
            ),
        };
        match (iron_based, cuprate, hydride) {
            (true, true, _) if copper > iron => SuperconductorFamily::Cuprate,
            (true, _, _) => SuperconductorFamily::IronBased,
            (_, true, _) => SuperconductorFamily::Cuprate,
            (_, _, true) => SuperconductorFamily::Hydride,
            _ => SuperconductorFamily::Other,
        }
    }
}
