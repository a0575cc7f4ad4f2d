//! The rules of a join: tolerances, and policies for conflicts, temperatures and polymorphs.

use serde::{Deserialize, Serialize};

/// The named choices of a join.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct JoinRules {
    /// Difference of composition, as a share of the atoms, up to which two formulas are roundings of the same one.
    pub rounding: f64,
    /// Difference of composition, as a share of the atoms, up to which a doped sample may take the structure of its host.
    pub doping: f64,
    /// What to do where one composition was measured both with and without a transition.
    pub conflicts: ConflictPolicy,
    /// Which transition temperature stands for several.
    pub temperatures: TcPolicy,
    /// What to do where one composition has several structures.
    pub polymorphs: Polymorphs,
}

impl JoinRules {
    /// Only structures of the measured composition; contradictions stay contradictions.
    pub fn same_composition() -> Self {
        Self {
            rounding: 0.002, // 0.333 for a third in YBa2Cu3O7 is 0.0003
            doping: 0.0,
            conflicts: ConflictPolicy::KeepApart,
            temperatures: TcPolicy::Median,
            polymorphs: Polymorphs::Best,
        }
    }

    /// Also structures of the host of a doped sample, up to a tenth of the atoms replaced, as in 3DSC (Sommer et al. 2023).
    pub fn doped() -> Self {
        Self { doping: 0.1, ..Self::same_composition() }
    }
}

/// What to do where one composition was measured both with and without a transition.
///
/// None of these averages a temperature with "no transition": they are not two values of one quantity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ConflictPolicy {
    /// The label is [`Label::Conflicting`](crate::Label::Conflicting), and the structure enters no dataset.
    KeepApart,
    /// One observed transition outweighs any number of samples without one: purity and temperature hide transitions.
    TransitionWins,
    /// The more frequent answer wins; equal numbers stay a contradiction.
    Majority,
}

/// Which transition temperature stands for several measured ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TcPolicy {
    /// The middle one; the mean of the two middle ones of an even number.
    Median,
    /// The highest.
    Highest,
}

impl TcPolicy {
    pub(super) fn choose(self, temperatures: &mut [f64]) -> Option<f64> {
        temperatures.sort_by(f64::total_cmp);
        let n = temperatures.len();
        match self {
            Self::Highest => temperatures.last().copied(),
            Self::Median if n == 0 => None,
            Self::Median => Some((temperatures[(n - 1) / 2] + temperatures[n / 2]) / 2.0),
        }
    }
}

/// What to do where one composition has several structures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Polymorphs {
    /// The first of the index' ranking carries the label; the others are reported as ranked lower.
    Best,
    /// All carry it, each with an equal share of the weight.
    All,
}
