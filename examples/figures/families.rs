//! Families of superconductors: the paper's (§4.5), as far as their sizes tell them, and narrower ones.
//!
//! The paper does not define its families. S2S has 127 crystals that hold iron, 21 of them superconductors ("all the 21
//! Iron-based superconductors are correctly predicted"), and 124 of 127 is the 97.64 % that it reports; 46 of the 50 that
//! hold copper and oxygen is its 92.00 %. It is also what whoever calls none of the 50 a superconductor gets. No count of
//! S2S crystals that hold hydrogen gives its 96.89 %.

use s2s_crystal::{Composition, Element};

/// A family of compounds; one compound may be in several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Compounds {
    /// Whatever holds iron.
    Iron,
    /// Whatever holds copper and oxygen.
    Cuprate,
    /// Whatever holds hydrogen.
    Hydrogen,
    /// Iron with a pnictogen or chalcogen.
    IronPnictide,
    /// Hydrogen without what makes hydroxides, ammonium salts and molecules of it.
    Hydride,
    /// Metals only.
    Metal,
    /// All compounds.
    All,
}

impl Compounds {
    pub(crate) const EVERY: [Self; 7] =
        [Self::Iron, Self::Cuprate, Self::Hydrogen, Self::IronPnictide, Self::Hydride, Self::Metal, Self::All];

    /// The narrowest family of a compound.
    pub(crate) fn of(composition: &Composition) -> Self {
        let narrow = [Self::IronPnictide, Self::Cuprate, Self::Hydride, Self::Metal];
        narrow.into_iter().find(|family| family.holds(composition)).unwrap_or(Self::All)
    }

    /// Whether a compound is of this family.
    pub(crate) fn holds(self, composition: &Composition) -> bool {
        let has = |symbol: &str| Element::from_symbol(symbol).is_some_and(|e| composition.amount(e) > 0.0);
        let any = |symbols: &[&str]| symbols.iter().any(|symbol| has(symbol));
        match self {
            Self::Iron => has("Fe"),
            Self::Cuprate => has("Cu") && has("O"),
            Self::Hydrogen => has("H"),
            Self::IronPnictide => has("Fe") && any(&["P", "As", "S", "Se", "Te"]),
            Self::Hydride => has("H") && !any(&["C", "N", "O", "F", "Cl", "Br", "I"]),
            Self::Metal => composition.elements().all(is_metal),
            Self::All => true,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Iron => "iron-based",
            Self::Cuprate => "cuprate",
            Self::Hydrogen => "hydrogen-based",
            Self::IronPnictide => "iron pnictide or chalcogenide",
            Self::Hydride => "hydride",
            Self::Metal => "metal",
            Self::All => "all",
        }
    }

    pub(crate) fn definition(self) -> &'static str {
        match self {
            Self::Iron => "holds Fe",
            Self::Cuprate => "holds Cu and O",
            Self::Hydrogen => "holds H",
            Self::IronPnictide => "Fe with P, As, S, Se or Te",
            Self::Hydride => "H without C, N, O or a halogen",
            Self::Metal => "metals only",
            Self::All => "everything",
        }
    }

    /// The accuracy in % that the paper reports.
    pub(crate) fn published(self) -> Option<f64> {
        match self {
            Self::Iron => Some(97.64),
            Self::Cuprate => Some(92.00),
            Self::Hydrogen => Some(96.89),
            _ => None,
        }
    }
}

/// A share in percent.
pub(crate) fn percent(part: usize, whole: usize) -> String {
    if whole == 0 { "–".to_owned() } else { format!("{:.1} %", 100.0 * part as f64 / whole as f64) }
}

fn is_metal(element: Element) -> bool {
    use s2s_crystal::ElementCategory::{
        Actinoid, AlkaliMetal, AlkalineEarthMetal, Lanthanoid, PostTransitionMetal, TransitionMetal,
    };
    let metals = [AlkaliMetal, AlkalineEarthMetal, Lanthanoid, Actinoid, TransitionMetal, PostTransitionMetal];
    metals.contains(&element.category())
}
