//! Categories of chemical elements.

use serde::{Deserialize, Serialize};

/// The category that a chemist sorts an element into; every element has exactly one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ElementCategory {
    /// Li to Fr.
    AlkaliMetal,
    /// Be to Ra.
    AlkalineEarthMetal,
    /// La to Lu.
    Lanthanoid,
    /// Ac to Lr.
    Actinoid,
    /// Groups 3 to 12 but for the two families before; zinc, cadmium and mercury belong to it, as in pymatgen.
    TransitionMetal,
    /// Al, Ga, In, Sn, Tl, Pb, Bi and Nh to Lv.
    PostTransitionMetal,
    /// B, Si, Ge, As, Sb.
    Metalloid,
    /// H, C, N, P.
    ReactiveNonmetal,
    /// O, S, Se, Te, Po.
    Chalcogen,
    /// F to Ts.
    Halogen,
    /// He to Og.
    NobleGas,
}

impl ElementCategory {
    /// Every category, from the left of the periodic table to the right.
    pub const ALL: [Self; 11] = [
        Self::AlkaliMetal,
        Self::AlkalineEarthMetal,
        Self::Lanthanoid,
        Self::Actinoid,
        Self::TransitionMetal,
        Self::PostTransitionMetal,
        Self::Metalloid,
        Self::ReactiveNonmetal,
        Self::Chalcogen,
        Self::Halogen,
        Self::NobleGas,
    ];

    /// Name in words, such as `alkaline earth metal`.
    pub fn name(self) -> &'static str {
        match self {
            Self::AlkaliMetal => "alkali metal",
            Self::AlkalineEarthMetal => "alkaline earth metal",
            Self::Lanthanoid => "lanthanoid",
            Self::Actinoid => "actinoid",
            Self::TransitionMetal => "transition metal",
            Self::PostTransitionMetal => "post-transition metal",
            Self::Metalloid => "metalloid",
            Self::ReactiveNonmetal => "reactive nonmetal",
            Self::Chalcogen => "chalcogen",
            Self::Halogen => "halogen",
            Self::NobleGas => "noble gas",
        }
    }
}
