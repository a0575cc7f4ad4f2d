//! Labels: what is known about the superconductivity of a material.

mod superconductor_family;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use self::superconductor_family::{FamilyRule, SuperconductorFamily};
use crate::join::MatchTier;

/// A temperature in kelvin.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Kelvin(pub f64);

impl Kelvin {
    /// Transition temperatures lie below this one, three times the highest ever claimed: what exceeds it is in another
    /// unit, or a typing error.
    pub const HIGHEST_TRANSITION: Self = Self(1000.0);

    /// Whether a superconductor can have this transition temperature: positive, and at most the highest.
    pub fn is_transition_temperature(self) -> bool {
        self.0 > 0.0 && self <= Self::HIGHEST_TRANSITION
    }
}

impl fmt::Display for Kelvin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} K", self.0)
    }
}

/// What is known about the superconductivity of a material. Not searched for, not reported, and not found down to a stated temperature are
/// different labels.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "answer")]
pub enum Label {
    /// Listed or measured as a superconductor.
    Superconductor {
        /// The transition temperature, where the source states one.
        tc: Option<Kelvin>,
    },
    /// Measured, and no transition found down to a stated temperature.
    NoTransition {
        /// The lowest temperature of the measurements.
        tested_to: Kelvin,
    },
    /// In a table of measurements, without a transition, and without the lowest temperature of the measurement. The zeros of the curated SuperCon table mean this.
    NoneReported,
    /// Measured both with and without a transition, and no policy has decided between them.
    Conflicting {
        /// The highest transition temperature among the contradicting measurements.
        highest: Kelvin,
    },
    /// Not in the list of superconductors; it need not have been measured.
    NotListed,
}

impl Label {
    /// The answer as a classifier's target: `true` for a superconductor, `None` where measurements contradict each other.
    pub fn is_superconductor(self) -> Option<bool> {
        match self {
            Self::Superconductor { .. } => Some(true),
            Self::NoTransition { .. } | Self::NoneReported | Self::NotListed => Some(false),
            Self::Conflicting { .. } => None,
        }
    }

    /// Down to which temperature no transition was found, where that is stated.
    pub fn tested_to(self) -> Option<Kelvin> {
        match self {
            Self::NoTransition { tested_to } => Some(tested_to),
            _ => None,
        }
    }

    /// The transition temperature of a superconductor, where it is known.
    pub fn tc(self) -> Option<Kelvin> {
        match self {
            Self::Superconductor { tc } => tc,
            _ => None,
        }
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Superconductor { tc: Some(tc) } => write!(f, "superconductor, Tc = {tc}"),
            Self::Superconductor { tc: None } => f.write_str("superconductor"),
            Self::NoTransition { tested_to } => write!(f, "measured, no transition down to {tested_to}"),
            Self::NoneReported => f.write_str("no transition reported"),
            Self::Conflicting { highest } => write!(f, "conflicting, no transition or Tc up to {highest}"),
            Self::NotListed => f.write_str("not listed"),
        }
    }
}

/// What a label rests on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// How the composition that was measured and that of the structure agree.
    pub tier: MatchTier,
    /// Share of the atoms in which they differ.
    pub difference: f64,
    /// Weight of the structure among those that carry the same label; their weights add up to one.
    pub weight: f64,
    /// Numbers of the rows of the source, in increasing order.
    pub rows: Vec<u32>,
}
