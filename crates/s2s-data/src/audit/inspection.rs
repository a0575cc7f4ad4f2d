//! Inspection of records: duplicates, contradictory labels and implausible structures.

use std::{collections::HashMap, fmt};

use rayon::prelude::*;
use s2s_crystal::{CellList, Composition, Cutoff, NeighborSearch, StructureFingerprint};
use serde::{Deserialize, Serialize};

use crate::{
    Dataset, MaterialId, Record,
    split::{FingerprintError, fingerprint},
};

/// Two records of the same composition and structure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Duplicate {
    /// The earlier record.
    pub first: MaterialId,
    /// The later record.
    pub second: MaterialId,
    /// Whether they have the same label.
    pub same_label: bool,
}

/// A composition that has records of both labels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LabelConflict {
    /// Reduced formula.
    pub formula: String,
    /// Records that are superconductors.
    pub superconductors: Vec<MaterialId>,
    /// Records that are not.
    pub others: Vec<MaterialId>,
}

/// A structure that is implausible.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Suspicion {
    /// The record.
    pub id: MaterialId,
    /// Reduced formula.
    pub formula: String,
    /// Whether the record is a superconductor.
    pub superconductor: bool,
    /// What is wrong with it.
    pub reason: SuspicionReason,
}

/// What is wrong with a structure.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SuspicionReason {
    /// More room per atom, in Å³, than any solid has.
    TooSparse(f64),
    /// Less room per atom, in Å³, than any solid has.
    TooDense(f64),
    /// Two atoms closer, in Å, than half the sum of their covalent radii.
    AtomsOverlap(f64),
    /// An atom without any other within 6 Å.
    IsolatedAtom,
    /// The formula that is written is not that of the atoms.
    WrongFormula,
}

impl fmt::Display for SuspicionReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooSparse(volume) => write!(f, "{volume:.0} Å³ per atom is no solid"),
            Self::TooDense(volume) => write!(f, "{volume:.2} Å³ per atom is too dense"),
            Self::AtomsOverlap(distance) => write!(f, "two atoms are {distance:.2} Å apart"),
            Self::IsolatedAtom => f.write_str("an atom has no neighbor within 6 Å"),
            Self::WrongFormula => f.write_str("the formula that is written is not that of the atoms"),
        }
    }
}

/// The sparsest crystals of metals and molecules stay below this; cesium has 117 Å³ per atom.
const SPARSEST: f64 = 150.0;
/// Diamond has 5.7 Å³ per atom, hydrogen at the pressures of superconducting hydrides about 2.
const DENSEST: f64 = 1.5;
const ISOLATED: f64 = 6.0;
/// Volumes of the same entry, written twice.
const SAME_VOLUME: f64 = 0.03;

/// Pairs of records of one composition, structure and volume.
pub(super) fn duplicates(dataset: &Dataset) -> Result<Vec<Duplicate>, FingerprintError> {
    let records = dataset.records();
    let mut pairs = Vec::new();
    for members in by_composition(records).into_values().filter(|members| members.len() > 1) {
        let fingerprints = members.iter().map(|&i| fingerprint(&records[i])).collect::<Result<Vec<_>, _>>()?;
        for (a, &i) in members.iter().enumerate() {
            for (b, &j) in members.iter().enumerate().skip(a + 1) {
                let volumes = records[i].volume_per_atom() / records[j].volume_per_atom();
                if (volumes - 1.0).abs() < SAME_VOLUME
                    && fingerprints[a].distance(&fingerprints[b]) < StructureFingerprint::SAME
                {
                    pairs.push((i, j));
                }
            }
        }
    }
    pairs.sort_unstable();
    let labels = dataset.labels();
    let describe = |(i, j): (usize, usize)| Duplicate {
        first: records[i].id.clone(),
        second: records[j].id.clone(),
        same_label: labels[i] == labels[j],
    };
    Ok(pairs.into_iter().map(describe).collect())
}

/// Compositions with records of both labels.
pub(super) fn label_conflicts(dataset: &Dataset) -> Vec<LabelConflict> {
    let mut conflicts: Vec<(usize, LabelConflict)> = Vec::new();
    for members in by_composition(dataset.records()).into_values() {
        let (positive, negative): (Vec<usize>, Vec<usize>) = members.iter().partition(|&&i| dataset.labels()[i]);
        if let (Some(_), Some(_)) = (positive.first(), negative.first()) {
            let ids = |members: &[usize]| members.iter().map(|&i| dataset.records()[i].id.clone()).collect();
            let formula = dataset.records()[members[0]].crystal.composition().reduced_formula();
            conflicts
                .push((members[0], LabelConflict { formula, superconductors: ids(&positive), others: ids(&negative) }));
        }
    }
    conflicts.sort_by_key(|(first, _)| *first);
    conflicts.into_iter().map(|(_, conflict)| conflict).collect()
}

/// Implausible structures, with the first reason for each.
pub(super) fn suspicions(dataset: &Dataset) -> Vec<Suspicion> {
    let inspect = |(record, &superconductor): (&Record, &bool)| {
        let formula = || record.crystal.composition().reduced_formula();
        reason(record).map(|reason| Suspicion { id: record.id.clone(), formula: formula(), superconductor, reason })
    };
    dataset.records().par_iter().zip(dataset.labels()).filter_map(inspect).collect()
}

fn reason(record: &Record) -> Option<SuspicionReason> {
    let volume = record.volume_per_atom();
    if volume > SPARSEST {
        return Some(SuspicionReason::TooSparse(volume));
    }
    if volume < DENSEST {
        return Some(SuspicionReason::TooDense(volume));
    }
    let stated: Option<Composition> = record.formula.parse().ok();
    if stated.is_none_or(|stated| stated.fraction_distance(&record.crystal.composition()) > 1e-3) {
        return Some(SuspicionReason::WrongFormula);
    }
    let cutoff = Cutoff::angstrom(ISOLATED).expect("invariant: the reach is a positive number");
    // A cell that is too flat to search is far denser or sparser than the limits above.
    let neighbors = CellList::default().search(&record.crystal, cutoff).ok()?;
    let radius = |site: usize| record.crystal.sites()[site].species.majority_element().covalent_radius().unwrap_or(1.0);
    let mut closest: Option<f64> = None;
    for atom in 0..neighbors.num_atoms() {
        let mut found = false;
        for neighbor in neighbors.of(atom) {
            found = true;
            if neighbor.distance < 0.5 * (radius(atom) + radius(neighbor.site)) {
                closest = Some(closest.map_or(neighbor.distance, |known| known.min(neighbor.distance)));
            }
        }
        if !found {
            return Some(SuspicionReason::IsolatedAtom);
        }
    }
    closest.map(SuspicionReason::AtomsOverlap)
}

/// Records by reduced composition.
fn by_composition(records: &[Record]) -> HashMap<Vec<(u8, u64)>, Vec<usize>> {
    let mut members: HashMap<_, Vec<usize>> = HashMap::new();
    for (i, record) in records.iter().enumerate() {
        let reduced = record.crystal.composition().reduced().0;
        let key = reduced.iter().map(|(e, amount)| (e.atomic_number(), (amount * 1e6).round() as u64)).collect();
        members.entry(key).or_default().push(i);
    }
    members
}
