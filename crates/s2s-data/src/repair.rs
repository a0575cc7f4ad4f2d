//! The repair of a labelled set by comparison with reference structures of the same formula.
//!
//! Every record is compared with the reference structures of its formula, first by which elements surround which, then by
//! [`Crystal::matches`], both ways. Where that fails, the blocks of equal elements in its list of species are put into every
//! other order: a list of species that was joined to a list of positions in another order is found, and undone, that way.
//!
//! `results/join.md` says what that changed in S2S-repaired, and which results were computed before.

mod surroundings;

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
};

use rayon::prelude::*;
use s2s_crystal::{Crystal, Element, MatchTolerance, Site};
use serde::{Deserialize, Serialize};

use self::surroundings::Surroundings;
use crate::{DataError, Dataset, MaterialId, Record};

/// When two structures are the same, and what is tried to make them so.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RepairRules {
    /// Largest difference of two mean distances of structures that count as the same, in units of the cube root of the volume
    /// per atom.
    pub tolerance: f64,
    /// Cells with more atoms are not compared.
    pub max_atoms: usize,
    /// Lists of species with more blocks are not reordered: seven blocks have 5,040 orders.
    pub max_blocks: usize,
    /// Ratio of the volumes per atom from which on a structure is replaced, because no relaxation explains it.
    pub impossible_volume_ratio: f64,
}

impl RepairRules {
    /// Cells of at most 60 atoms, and a quarter of an Å on the distances of a typical metal.
    pub fn careful() -> Self {
        Self { tolerance: 0.1, max_atoms: 60, max_blocks: 6, impossible_volume_ratio: 3.0 }
    }
}

/// What the comparison of a record with the references found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "finding")]
#[non_exhaustive]
pub enum Finding {
    /// It is one of the references.
    Same {
        /// The nearest reference.
        reference: MaterialId,
        /// How far they are apart.
        distance: f64,
    },
    /// It is one of the references once its elements are put on other sites; the repaired set has it so.
    SpeciesOnWrongSites {
        /// The reference.
        reference: MaterialId,
        /// How far the record as written is from the nearest reference.
        before: f64,
        /// How far it is with the elements in the other order.
        after: f64,
        /// The blocks of the list of species as they should be, such as `Ni2 B2 C1 Y1`.
        order: String,
    },
    /// No solid has its volume; the repaired set has the reference in its place.
    ImpossibleVolume {
        /// The reference.
        reference: MaterialId,
        /// Volume per atom divided by that of the reference.
        ratio: f64,
    },
    /// It is none of the references, and no order of its elements makes it one: another polymorph, or another fault.
    OtherStructure {
        /// The nearest reference.
        reference: MaterialId,
        /// How far they are apart.
        distance: f64,
    },
    /// No reference has its formula.
    NoReference,
    /// It has too many atoms, or mixed sites, to be compared.
    NotCompared,
}

/// What was found, record by record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RepairReport {
    /// The rules that were followed.
    pub rules: RepairRules,
    /// What was found, in the order of the dataset: identifier, label, finding.
    pub findings: Vec<(MaterialId, bool, Finding)>,
}

impl RepairReport {
    /// Number of other records and of superconductors by finding.
    pub fn counts(&self) -> BTreeMap<&'static str, [usize; 2]> {
        let mut counts = BTreeMap::new();
        for (_, superconductor, finding) in &self.findings {
            let words = match finding {
                Finding::Same { .. } => "same structure",
                Finding::SpeciesOnWrongSites { .. } => "species on wrong sites",
                Finding::ImpossibleVolume { .. } => "impossible volume",
                Finding::OtherStructure { .. } => "other structure",
                Finding::NoReference => "no reference",
                Finding::NotCompared => "not compared",
            };
            counts.entry(words).or_insert([0; 2])[usize::from(*superconductor)] += 1;
        }
        counts
    }

    /// The records that the repaired set has otherwise, with the reason.
    pub fn changes(&self) -> impl Iterator<Item = (&MaterialId, &Finding)> {
        let changed = |f: &&(MaterialId, bool, Finding)| {
            matches!(f.2, Finding::SpeciesOnWrongSites { .. } | Finding::ImpossibleVolume { .. })
        };
        self.findings.iter().filter(changed).map(|(id, _, finding)| (id, finding))
    }
}

impl fmt::Display for RepairReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<26}{:>16}{:>10}", "", "superconductors", "others")?;
        for (finding, [others, superconductors]) in self.counts() {
            writeln!(f, "{finding:<26}{superconductors:>16}{others:>10}")?;
        }
        Ok(())
    }
}

/// Compares a dataset with references and mends what the comparison explains.
///
/// The repaired dataset has the records of the given one in the same order, with the same labels; those of
/// [`RepairReport::changes`] have another crystal. A pure function of its arguments.
///
/// # Errors
///
/// None of its own: [`DataError`] as [`Dataset::new`].
pub fn repair(
    dataset: &Dataset,
    references: &[Record],
    rules: RepairRules,
) -> Result<(Dataset, RepairReport), DataError> {
    let mut by_formula: HashMap<_, Vec<&Record>> = HashMap::new();
    for reference in references.iter().filter(|r| r.crystal.num_sites() <= 4 * rules.max_atoms) {
        by_formula.entry(key(&reference.crystal)).or_default().push(reference);
    }
    let inspect = |record: &Record| {
        let candidates = by_formula.get(&key(&record.crystal)).map_or(&[][..], Vec::as_slice);
        inspect(record, candidates, &rules)
    };
    let inspected: Vec<(Finding, Option<Crystal>)> = dataset.records().par_iter().map(inspect).collect();
    let mut repaired = Vec::with_capacity(dataset.len());
    let mut findings = Vec::with_capacity(dataset.len());
    for ((record, &label), (finding, crystal)) in dataset.records().iter().zip(dataset.labels()).zip(inspected) {
        findings.push((record.id.clone(), label, finding));
        let mut record = record.clone();
        record.crystal = crystal.unwrap_or(record.crystal);
        repaired.push(record);
    }
    Ok((Dataset::new(repaired)?, RepairReport { rules, findings }))
}

/// What is the matter with a record, and what its crystal should be if that is known.
fn inspect(record: &Record, candidates: &[&Record], rules: &RepairRules) -> (Finding, Option<Crystal>) {
    if candidates.is_empty() {
        return (Finding::NoReference, None);
    }
    // A structure without volume has no surroundings, so that volumes are compared first.
    let ratio = |reference: &&&Record| record.volume_per_atom() / reference.volume_per_atom();
    let far = |ratio: f64| ratio.ln().abs();
    let listed = candidates.iter().find(|c| record.mp_id.as_ref() == Some(&c.id));
    let nearest_volume = candidates.iter().min_by(|a, b| far(ratio(a)).total_cmp(&far(ratio(b))));
    let nearest_volume = nearest_volume.expect("invariant: there is a candidate");
    if far(ratio(&nearest_volume)) > rules.impossible_volume_ratio.ln() {
        let reference = listed.unwrap_or(nearest_volume);
        let finding = Finding::ImpossibleVolume { reference: reference.id.clone(), ratio: ratio(&reference) };
        return (finding, Some(reference.crystal.clone()));
    }
    let Ok(elements) = record.crystal.ordered_elements() else { return (Finding::NotCompared, None) };
    if elements.len() > rules.max_atoms {
        return (Finding::NotCompared, None);
    }
    let kinds: Vec<Element> = record.crystal.composition().elements().collect();
    let Ok(own) = Surroundings::new(&record.crystal) else { return (Finding::NotCompared, None) };
    let prints: Vec<_> = candidates
        .iter()
        .filter_map(|reference| {
            let elements = reference.crystal.ordered_elements().ok()?;
            Some((*reference, Surroundings::new(&reference.crystal).ok()?.fingerprint(&elements, &kinds)))
        })
        .collect();
    let nearest = |elements: &[Element]| {
        let own = own.fingerprint(elements, &kinds);
        let distances = prints.iter().map(|(reference, print)| (own.distance(print), *reference));
        distances.min_by(|a, b| a.0.total_cmp(&b.0))
    };
    let Some((before, reference)) = nearest(&elements) else { return (Finding::NotCompared, None) };
    // By surroundings most pairs are told apart at once; which of the others are the same, matching decides.
    let matching = |elements: &[Element]| {
        let crystal = with_elements(&record.crystal, elements)?;
        let own = own.fingerprint(elements, &kinds);
        let mut near: Vec<(f64, &Record)> = prints
            .iter()
            .map(|(reference, print)| (own.distance(print), *reference))
            .filter(|(distance, _)| *distance <= rules.tolerance)
            .collect();
        near.sort_by(|a, b| a.0.total_cmp(&b.0));
        let same = MatchTolerance::pymatgen().both_ways();
        near.into_iter().find(|(_, reference)| matches!(crystal.matches(&reference.crystal, &same), Ok(Some(_))))
    };
    if let Some((distance, reference)) = matching(&elements) {
        return (Finding::Same { reference: reference.id.clone(), distance }, None);
    }
    let blocks: Vec<&[Element]> = elements.chunk_by(|a, b| a == b).collect();
    let mut best: Option<(f64, &Record, Vec<Element>, String)> = None;
    if blocks.len() > 1 && blocks.len() <= rules.max_blocks {
        for order in orders(blocks.len()) {
            let reordered: Vec<Element> = order.iter().flat_map(|&b| blocks[b].iter().copied()).collect();
            let Some((after, reference)) = matching(&reordered) else { continue };
            if best.as_ref().is_none_or(|b| after < b.0) {
                let words: Vec<String> =
                    order.iter().map(|&b| format!("{}{}", blocks[b][0], blocks[b].len())).collect();
                best = Some((after, reference, reordered, words.join(" ")));
            }
        }
    }
    match best {
        Some((after, reference, elements, order)) => {
            let reference = reference.id.clone();
            (
                Finding::SpeciesOnWrongSites { reference, before, after, order },
                with_elements(&record.crystal, &elements),
            )
        }
        None => (Finding::OtherStructure { reference: reference.id.clone(), distance: before }, None),
    }
}

/// The same positions with these elements.
fn with_elements(crystal: &Crystal, elements: &[Element]) -> Option<Crystal> {
    let sites = crystal.sites().iter().zip(elements).map(|(site, &element)| Site::pure(element, site.position));
    Crystal::new(*crystal.lattice(), sites.collect()).ok().map(|c| c.with_periodicity(crystal.periodic()))
}

/// Every order of `0..n`, the given one first.
fn orders(n: usize) -> Vec<Vec<usize>> {
    let mut orders = vec![Vec::new()];
    for _ in 0..n {
        let longer = |order: Vec<usize>| {
            let left = (0..n).filter(|next| !order.contains(next)).collect::<Vec<_>>();
            left.into_iter().map(move |next| order.iter().copied().chain([next]).collect())
        };
        orders = orders.into_iter().flat_map(longer).collect();
    }
    orders
}

/// The reduced formula; references of another number of formula units are the same structure all the same.
fn key(crystal: &Crystal) -> Vec<(u8, u64)> {
    let reduced = crystal.composition().reduced().0;
    reduced.iter().map(|(element, amount)| (element.atomic_number(), (amount * 1e6).round() as u64)).collect()
}
