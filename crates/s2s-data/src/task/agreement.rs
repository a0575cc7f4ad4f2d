//! The agreement of a published set with a rebuilt one.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
};

use s2s_crystal::{Composition, StructureFingerprint};
use serde::{Deserialize, Serialize};

use crate::{
    Dataset, MaterialId,
    split::{FingerprintError, fingerprint},
    table::SuperCon,
};

/// What became of a superconductor of the published set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "outcome")]
#[non_exhaustive]
pub enum AgreementOutcome {
    /// Found with the same label, composition and structure.
    SameStructure {
        /// Its name in the rebuilt set.
        id: MaterialId,
    },
    /// Found with the same label and composition; the rebuilt set has another structure.
    OtherStructure {
        /// The name of the other structure.
        id: MaterialId,
        /// How far apart the fingerprints of the two structures are.
        distance: f64,
    },
    /// The table has its composition, but no structure with this composition was given.
    NoStructure,
    /// The table has its composition only without a transition.
    MeasuredWithout,
    /// The table has its composition both with and without a transition.
    Conflicting,
    /// The table does not have its composition.
    NotInTable,
}

/// What became of every superconductor of a published set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Agreement(pub BTreeMap<MaterialId, AgreementOutcome>);

/// Distances of fingerprints end here; those of roundings of one composition may be infinite.
const FARTHEST: f64 = 2.0;

impl Agreement {
    /// Looks for the superconductors of `published` in `rebuilt`, and for the reason where they are not there.
    ///
    /// # Errors
    ///
    /// [`FingerprintError`] for a structure whose surroundings cannot be found.
    pub fn new(published: &Dataset, rebuilt: &Dataset, table: &SuperCon) -> Result<Self, FingerprintError> {
        let mut found: HashMap<_, Vec<_>> = HashMap::new();
        for (record, _) in rebuilt.records().iter().zip(rebuilt.labels()).filter(|(_, superconductor)| **superconductor)
        {
            found.entry(key(&record.crystal.composition())).or_default().push(record);
        }
        // Numbers of rows without and with a transition.
        let mut rows: HashMap<_, [usize; 2]> = HashMap::new();
        for row in &table.rows {
            rows.entry(key(&row.composition)).or_default()[usize::from(row.measurement.is_transition())] += 1;
        }
        let mut outcomes = BTreeMap::new();
        for (record, _) in
            published.records().iter().zip(published.labels()).filter(|(_, superconductor)| **superconductor)
        {
            let key = key(&record.crystal.composition());
            let own = fingerprint(record)?;
            let mut nearest: Option<(f64, &MaterialId)> = None;
            for candidate in found.get(&key).into_iter().flatten() {
                let distance = own.distance(&fingerprint(candidate)?).min(FARTHEST);
                if nearest.is_none_or(|(best, _)| distance < best) {
                    nearest = Some((distance, &candidate.id));
                }
            }
            let outcome = match (nearest, rows.get(&key)) {
                (Some((distance, id)), _) if distance <= StructureFingerprint::SAME => {
                    AgreementOutcome::SameStructure { id: id.clone() }
                }
                (Some((distance, id)), _) => AgreementOutcome::OtherStructure { id: id.clone(), distance },
                (None, None) => AgreementOutcome::NotInTable,
                (None, Some([_, 0])) => AgreementOutcome::MeasuredWithout,
                (None, Some([0, _])) => AgreementOutcome::NoStructure,
                (None, Some(_)) => AgreementOutcome::Conflicting,
            };
            outcomes.insert(record.id.clone(), outcome);
        }
        Ok(Self(outcomes))
    }

    /// Number of superconductors by outcome, in words.
    pub fn counts(&self) -> BTreeMap<&'static str, usize> {
        let mut counts = BTreeMap::new();
        for outcome in self.0.values() {
            let words = match outcome {
                AgreementOutcome::SameStructure { .. } => "same label and structure",
                AgreementOutcome::OtherStructure { .. } => "same label, other structure",
                AgreementOutcome::NoStructure => "no structure of this composition at hand",
                AgreementOutcome::MeasuredWithout => "in the table only without a transition",
                AgreementOutcome::Conflicting => "in the table with and without a transition",
                AgreementOutcome::NotInTable => "not in the table",
            };
            *counts.entry(words).or_insert(0) += 1;
        }
        counts
    }
}

impl fmt::Display for Agreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:>7} superconductors", self.0.len())?;
        for (outcome, number) in self.counts() {
            let share = 100.0 * number as f64 / self.0.len() as f64;
            writeln!(f, "{number:>9}  {share:>5.1} %  {outcome}")?;
        }
        Ok(())
    }
}

/// Atomic fractions, rounded to a thousandth: a formula that was written with two decimals is still the same.
fn key(composition: &Composition) -> Vec<(u8, u32)> {
    composition.fractions().map(|(element, x)| (element.atomic_number(), (x * 1e3).round() as u32)).collect()
}
