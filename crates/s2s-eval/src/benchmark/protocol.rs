//! The folds on which models are compared.

use std::{fmt, str::FromStr};

use s2s_data::{DataError, Dataset, Folds, Groups, Record, Split};
use serde::{Deserialize, Serialize};

/// What must not be on both sides of a fold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sides {
    /// Nothing: any crystal may be on either side.
    Random,
    /// Reduced formulas.
    Formula,
    /// Chemical systems.
    ChemicalSystem,
    /// Clusters of similar compositions.
    Family,
}

/// Clusters of compositions; as many as keep fifty crystals each on S2S.
const FAMILIES: usize = 30;

impl Sides {
    /// Every kind, from the easiest to the hardest.
    pub const EVERY: [Self; 4] = [Self::Random, Self::Formula, Self::ChemicalSystem, Self::Family];

    /// What keeps records together; nothing for the random split.
    pub fn groups(self, records: &[Record], seed: u64) -> Option<Groups> {
        match self {
            Self::Random => None,
            Self::Formula => Some(Groups::by_formula(records)),
            Self::ChemicalSystem => Some(Groups::by_chemical_system(records)),
            Self::Family => Some(Groups::by_composition_cluster(records, FAMILIES, seed)),
        }
    }

    /// The folds of a dataset.
    ///
    /// # Errors
    ///
    /// [`DataError::TooManyFolds`].
    pub fn folds(self, data: &Dataset, folds: usize, seed: u64) -> Result<Folds, DataError> {
        match self.groups(data.records(), seed) {
            None => Folds::stratified(data.labels(), folds, seed),
            Some(groups) => Folds::grouped(data.labels(), &groups, folds, seed),
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Random => "random",
            Self::Formula => "formula",
            Self::ChemicalSystem => "chemical-system",
            Self::Family => "family",
        }
    }
}

impl fmt::Display for Sides {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

impl FromStr for Sides {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        let known = || Self::EVERY.map(Self::word).join(", ");
        Self::EVERY.into_iter().find(|s| s.word() == word).ok_or_else(|| format!("`{word}` is none of {}", known()))
    }
}

/// Repeated cross-validation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Protocol {
    /// What is kept apart; each in its turn.
    pub sides: Vec<Sides>,
    /// Seeds of the folds.
    pub seeds: Vec<u64>,
    /// Number of folds.
    pub folds: usize,
}

/// One fold of one repetition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// What is kept apart.
    pub sides: Sides,
    /// Seed of the folds.
    pub seed: u64,
    /// Number of the fold.
    pub fold: usize,
    /// Who is on which side.
    pub split: Split,
}

impl Protocol {
    /// Every fold of every repetition, seed by seed.
    ///
    /// # Errors
    ///
    /// As [`Sides::folds`].
    pub fn jobs(&self, data: &Dataset) -> Result<Vec<Job>, DataError> {
        let mut jobs = Vec::new();
        for &sides in &self.sides {
            for &seed in &self.seeds {
                let folds = sides.folds(data, self.folds, seed)?;
                jobs.extend(folds.splits().enumerate().map(|(fold, split)| Job { sides, seed, fold, split }));
            }
        }
        Ok(jobs)
    }
}
