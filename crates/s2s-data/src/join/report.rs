//! The report of a join: the outcome of every row and of every structure.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

use super::JoinRules;
use crate::MaterialId;

/// How the composition of a row and that of a structure agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MatchTier {
    /// The same reduced formula in whole numbers.
    Exact,
    /// The same formula once amounts are divided by their sum, up to rounding.
    Normalized,
    /// The nearest composition, some of whose atoms are replaced.
    Nearest,
}

/// What became of a row of measurements.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "fate")]
#[non_exhaustive]
pub enum RowOutcome {
    /// It is part of the label of a structure.
    Labels {
        /// How the compositions agree.
        tier: MatchTier,
        /// Share of atoms in which they differ.
        difference: f64,
        /// The structure, or the first of several.
        structure: MaterialId,
    },
    /// It contradicts other rows of its composition, and the rules do not decide: the structure has no label.
    Conflict {
        /// How the compositions agree.
        tier: MatchTier,
        /// The structure that remains without a label, or the first of several.
        structure: MaterialId,
    },
    /// It lost against rows of its own composition that say the opposite.
    Outvoted {
        /// The structure that the others label, or the first of several.
        structure: MaterialId,
    },
    /// The structure that is nearest to it has rows of a nearer composition.
    Superseded {
        /// Share of atoms in which this row differs from the structure.
        difference: f64,
        /// Share of atoms in which the nearer rows differ from it.
        nearer: f64,
        /// The structure.
        structure: MaterialId,
    },
    /// No structure has a composition near enough.
    NoStructure,
    /// The row cannot be used.
    Malformed {
        /// Why.
        reason: String,
    },
}

/// What became of a structure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "fate")]
#[non_exhaustive]
pub enum StructureOutcome {
    /// It is in the dataset.
    Labelled {
        /// How its composition agrees with that of the rows behind the label.
        tier: MatchTier,
    },
    /// Another structure of the same composition carries the label.
    RankedLower {
        /// The other structure.
        chosen: MaterialId,
    },
    /// The rows of its composition contradict each other.
    Conflict,
    /// Some row is near its composition, but another composition is nearer to that row.
    NearMeasured {
        /// Share of atoms in which it differs from the nearest such row.
        difference: f64,
    },
    /// No row is near its composition.
    NotListed,
}

/// Where every row and every structure of a join went.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JoinReport {
    /// The rules that were followed.
    pub rules: JoinRules,
    /// The outcome of every row, by its number in the source.
    pub rows: BTreeMap<u32, RowOutcome>,
    /// The outcome of every structure, in the order in which they were indexed.
    pub structures: Vec<StructureOutcome>,
}

impl JoinReport {
    /// Number of rows by outcome; the numbers add up to the number of rows of the source.
    pub fn row_counts(&self) -> BTreeMap<&'static str, usize> {
        count(self.rows.values().map(|outcome| match outcome {
            RowOutcome::Labels { tier: MatchTier::Exact, .. } => "labels, exact formula",
            RowOutcome::Labels { tier: MatchTier::Normalized, .. } => "labels, normalized formula",
            RowOutcome::Labels { tier: MatchTier::Nearest, .. } => "labels, nearest formula",
            RowOutcome::Conflict { .. } => "conflict",
            RowOutcome::Outvoted { .. } => "outvoted",
            RowOutcome::Superseded { .. } => "superseded by a nearer formula",
            RowOutcome::NoStructure => "no structure",
            RowOutcome::Malformed { .. } => "malformed",
        }))
    }

    /// Number of structures by outcome; the numbers add up to the number of structures.
    pub fn structure_counts(&self) -> BTreeMap<&'static str, usize> {
        count(self.structures.iter().map(|outcome| match outcome {
            StructureOutcome::Labelled { tier: MatchTier::Exact } => "labelled, exact formula",
            StructureOutcome::Labelled { tier: MatchTier::Normalized } => "labelled, normalized formula",
            StructureOutcome::Labelled { tier: MatchTier::Nearest } => "labelled, nearest formula",
            StructureOutcome::RankedLower { .. } => "ranked lower",
            StructureOutcome::Conflict => "conflict",
            StructureOutcome::NearMeasured { .. } => "near a measured formula",
            StructureOutcome::NotListed => "not listed",
        }))
    }
}

impl fmt::Display for JoinReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (what, total, counts) in [
            ("rows", self.rows.len(), self.row_counts()),
            ("structures", self.structures.len(), self.structure_counts()),
        ] {
            writeln!(f, "{total:>7} {what}")?;
            for (outcome, number) in counts {
                writeln!(f, "{number:>9}  {outcome}")?;
            }
        }
        Ok(())
    }
}

fn count<'a>(outcomes: impl Iterator<Item = &'a str>) -> BTreeMap<&'a str, usize> {
    let mut counts = BTreeMap::new();
    for outcome in outcomes {
        *counts.entry(outcome).or_insert(0) += 1;
    }
    counts
}
