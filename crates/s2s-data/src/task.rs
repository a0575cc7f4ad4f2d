//! Datasets for two tasks, made from a join: [`rebuild`] and [`measured`].
//!
//! The paper's S2S set and [`rebuild`] separate compounds listed in SuperCon from others in the Materials Project. [`measured`] separates
//! measured superconductors from compounds measured without a transition. A model trained on the first task is no better than chance on the
//! second.

mod agreement;
mod negatives;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use self::{
    agreement::{Agreement, AgreementOutcome},
    negatives::{Matching, NegativeSampling, Shortage},
};
use crate::{
    DataError, Dataset, Label, Record,
    join::{JoinReport, MatchTier, StructureOutcome},
    label::{FamilyRule, SuperconductorFamily},
    split::shuffle,
};

/// Measured superconductors against measured non-superconductors: a join without the records of looser tiers.
///
/// # Errors
///
/// None of its own: [`DataError`] as [`Dataset::new`].
pub fn measured(joined: &Dataset, loosest: MatchTier) -> Result<Dataset, DataError> {
    let near_enough = |record: &&Record| record.evidence.as_ref().is_some_and(|e| e.tier <= loosest);
    let was_measured = |record: &&Record| record.label != Some(Label::NotListed);
    Dataset::new(joined.records().iter().filter(near_enough).filter(was_measured).cloned().collect())
}

/// What a rebuilt S2S set consists of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RebuildReport {
    /// How negatives were drawn.
    pub sampling: NegativeSampling,
    /// Number of superconductors.
    pub positives: usize,
    /// Number of crystals that are not listed.
    pub negatives: usize,
    /// Where there were not enough negatives to draw.
    pub shortages: Vec<Shortage>,
}

/// The paper's S2S set, built again: listed superconductors against crystals that are not listed.
///
/// Positives are the superconductors of a join whose structure has the measured composition (tier
/// [`Normalized`](MatchTier::Normalized) or better); negatives are drawn from the structures that are
/// [`NotListed`](StructureOutcome::NotListed): neither measured nor near anything measured. The records come in random
/// order, so that their order carries no information. A pure function of its arguments.
///
/// # Errors
///
/// [`DataError::DuplicateId`] if `records` has an identifier twice.
///
/// # Panics
///
/// If `records` are not those that were joined.
pub fn rebuild(
    joined: &Dataset,
    report: &JoinReport,
    records: &[Record],
    sampling: NegativeSampling,
) -> Result<(Dataset, RebuildReport), DataError> {
    let listed = |record: &&Record| {
        let near_enough = record.evidence.as_ref().is_some_and(|e| e.tier <= MatchTier::Normalized);
        near_enough && matches!(record.label, Some(Label::Superconductor { .. }))
    };
    let positives: Vec<Record> = joined.records().iter().filter(listed).cloned().collect();
    let outcomes = report.structures.iter().enumerate();
    let pool: Vec<usize> =
        outcomes.filter(|(_, outcome)| **outcome == StructureOutcome::NotListed).map(|(i, _)| i).collect();
    let (drawn, shortages) = sampling.draw(&positives, records, &pool);
    let (num_positives, num_negatives) = (positives.len(), drawn.len());
    let mut all = positives;
    all.extend(drawn.into_iter().map(|i| records[i].clone().with_label(Label::NotListed)));
    shuffle(&mut all, sampling.seed, 1);
    let report = RebuildReport { sampling, positives: num_positives, negatives: num_negatives, shortages };
    Ok((Dataset::new(all)?, report))
}

/// Number of other records and of superconductors in each family.
pub fn family_counts(dataset: &Dataset, rule: FamilyRule) -> BTreeMap<SuperconductorFamily, [usize; 2]> {
    let mut counts: BTreeMap<_, _> = SuperconductorFamily::ALL.map(|family| (family, [0; 2])).into();
    for (record, &superconductor) in dataset.records().iter().zip(dataset.labels()) {
        let family = rule.family(&record.crystal.composition());
        counts.entry(family).or_insert([0; 2])[usize::from(superconductor)] += 1;
    }
    counts
}
