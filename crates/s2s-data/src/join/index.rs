//! Structures by composition, for exact and approximate look-up.

use std::collections::HashMap;

use s2s_crystal::Composition;

use crate::{DataError, MaterialId, Record};

/// Atomic fractions in order of atomic number.
pub(super) type Fractions = Box<[(u8, f64)]>;

/// Structures by composition.
///
/// # How the nearest compositions are found
///
/// Two compositions with atomic fractions x and y differ by `d = ½ Σ |xₑ − yₑ|`, the share of atoms that must be
/// replaced. Since both add up to one, `d ≥ |xₑ − yₑ|` for every single element e. Hence, if `d ≤ δ`, each element that makes
/// up more than δ of the one is present in the other. Compositions are filed under the set of elements above δ, and a
/// query visits only the files whose set is made of its own elements and holds all its elements above 2 δ.
#[derive(Clone, Debug)]
pub struct StructureIndex {
    max_difference: f64,
    pub(super) compositions: Vec<Entry>,
    /// Compositions by the set of elements above the largest difference.
    files: HashMap<u128, Vec<u32>>,
    by_amounts: HashMap<Vec<(u8, u64)>, u32>,
    num_structures: usize,
}

/// One composition and the structures that have it, best first.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) fractions: Fractions,
    /// Amounts of the reduced formula, where they are whole numbers.
    pub(super) whole: bool,
    pub(super) structures: Vec<Structure>,
}

/// A structure, and what decides its place among others of the same composition.
#[derive(Clone, Debug)]
pub(super) struct Structure {
    /// Place among the indexed records.
    pub(super) record: u32,
    rank: Rank,
}

/// Ordered before disordered, low energy before high, known energy before unknown, then short identifiers before long ones.
#[derive(Clone, Debug)]
struct Rank {
    disordered: bool,
    energy_above_hull: f64,
    formation_energy: f64,
    id: MaterialId,
}

impl Rank {
    fn order(&self, other: &Self) -> std::cmp::Ordering {
        let length = |id: &MaterialId| id.as_str().len();
        self.disordered
            .cmp(&other.disordered)
            .then(self.energy_above_hull.total_cmp(&other.energy_above_hull))
            .then(self.formation_energy.total_cmp(&other.formation_energy))
            .then_with(|| length(&self.id).cmp(&length(&other.id)))
            .then_with(|| self.id.cmp(&other.id))
    }
}

/// A composition within reach of a query.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Reached {
    pub(super) entry: u32,
    pub(super) difference: f64,
}

impl StructureIndex {
    /// Files records by composition; nothing that differs by more than `max_difference` will be found.
    ///
    /// `max_difference` is the share of atoms that may be replaced: 0.1 lets `Ba0.6K0.4Fe2As2` find `BaFe2As2` (0.08).
    /// Among structures of one composition the order is: ordered before disordered, then by energy above the hull (field
    /// `e_above_hull`, eV/atom) and formation energy (of MP-2018, or `formation_energy_per_atom`) where they are known, then by identifier.
    ///
    /// # Errors
    ///
    /// [`DataError::InvalidShare`] unless the difference lies between 0 and 0.5, both excluded.
    pub fn new<'a>(records: impl IntoIterator<Item = &'a Record>, max_difference: f64) -> Result<Self, DataError> {
        if !(max_difference > 0.0 && max_difference < 0.5) {
            return Err(DataError::InvalidShare { share: max_difference });
        }
        let mut index = Self {
            max_difference,
            compositions: Vec::new(),
            files: HashMap::new(),
            by_amounts: HashMap::new(),
            num_structures: 0,
        };
        for record in records {
            index.insert(record);
        }
        for entry in &mut index.compositions {
            entry.structures.sort_by(|a, b| a.rank.order(&b.rank));
        }
        Ok(index)
    }

    /// The largest difference of composition at which a structure is found, as a share of the atoms.
    pub fn max_difference(&self) -> f64 {
        self.max_difference
    }

    /// Number of structures.
    pub fn num_structures(&self) -> usize {
        self.num_structures
    }

    /// Number of distinct compositions.
    pub fn num_compositions(&self) -> usize {
        self.compositions.len()
    }

    fn insert(&mut self, record: &Record) {
        let composition = record.crystal.composition().reduced().0;
        let next = self.compositions.len() as u32;
        let entry = *self.by_amounts.entry(amounts_key(&composition)).or_insert(next);
        if entry == next {
            let fractions = fractions(&composition);
            self.files.entry(elements_above(&fractions, self.filing_share())).or_default().push(entry);
            let whole = composition.is_stoichiometric();
            self.compositions.push(Entry { fractions, whole, structures: Vec::new() });
        }
        let energy = |value: Option<f64>| value.unwrap_or(f64::INFINITY);
        let number = |name: &str| record.extra.get(name).and_then(serde_json::Value::as_f64);
        let rank = Rank {
            disordered: !record.crystal.is_ordered(),
            energy_above_hull: energy(number("e_above_hull")),
            formation_energy: energy(
                record.mp2018.and_then(|m| m.e_form).or_else(|| number("formation_energy_per_atom")),
            ),
            id: record.id.clone(),
        };
        let record = self.num_structures as u32;
        self.compositions[entry as usize].structures.push(Structure { record, rank });
        self.num_structures += 1;
    }

    /// The composition with exactly these amounts, reduced, if any structure has it.
    pub(super) fn exact(&self, composition: &Composition) -> Option<u32> {
        self.by_amounts.get(&amounts_key(&composition.reduced().0)).copied()
    }

    /// All compositions that differ from these fractions by at most the largest difference, nearest first.
    pub(super) fn within_reach(&self, query: &[(u8, f64)]) -> Vec<Reached> {
        let mut reached = Vec::new();
        let mut visit = |file: &[u32]| {
            for &entry in file {
                let difference = difference(query, &self.compositions[entry as usize].fractions);
                // The limit is a round number; a composition that lies on it belongs to it.
                if difference <= self.max_difference + ROUNDING {
                    reached.push(Reached { entry, difference });
                }
            }
        };
        let needed = elements_above(query, 2.0 * self.filing_share());
        let optional: Vec<u128> = query.iter().map(|&(z, _)| bit(z)).filter(|b| needed & b == 0).collect();
        if optional.len() > MAX_OPTIONAL {
            self.files.values().for_each(|file| visit(file));
        } else {
            for choice in 0_u32..1 << optional.len() {
                let chosen = optional.iter().enumerate().filter(|(i, _)| choice >> i & 1 == 1).map(|(_, b)| b);
                if let Some(file) = self.files.get(&chosen.fold(needed, |set, b| set | b)) {
                    visit(file);
                }
            }
        }
        reached.sort_by(|a, b| a.difference.total_cmp(&b.difference).then(a.entry.cmp(&b.entry)));
        reached
    }

    /// A little above the largest difference, so that rounding cannot hide a composition that lies on the limit.
    fn filing_share(&self) -> f64 {
        self.max_difference + 2.0 * ROUNDING
    }
}

const ROUNDING: f64 = 1e-9;

/// With more minor elements than this, looking at every composition is faster than looking at every subset.
const MAX_OPTIONAL: usize = 14;

pub(super) fn fractions(composition: &Composition) -> Fractions {
    composition.fractions().map(|(element, share)| (element.atomic_number(), share)).collect()
}

/// `½ Σ |xₑ − yₑ|` of two lists that are sorted by element.
pub(super) fn difference(x: &[(u8, f64)], y: &[(u8, f64)]) -> f64 {
    let (mut i, mut j, mut sum) = (0, 0, 0.0);
    while i < x.len() && j < y.len() {
        match x[i].0.cmp(&y[j].0) {
            std::cmp::Ordering::Equal => {
                sum += (x[i].1 - y[j].1).abs();
                (i, j) = (i + 1, j + 1);
            }
            std::cmp::Ordering::Less => {
                sum += x[i].1;
                i += 1;
            }
            std::cmp::Ordering::Greater => {
                sum += y[j].1;
                j += 1;
            }
        }
    }
    sum += x[i..].iter().chain(&y[j..]).map(|(_, share)| share).sum::<f64>();
    sum / 2.0
}

fn bit(atomic_number: u8) -> u128 {
    1 << atomic_number
}

fn elements_above(fractions: &[(u8, f64)], share: f64) -> u128 {
    fractions.iter().filter(|(_, x)| *x > share).fold(0, |set, &(z, _)| set | bit(z))
}

/// Amounts as a key: whole numbers as they are, fractional ones as bits of the atomic fraction rounded to a millionth.
fn amounts_key(reduced: &Composition) -> Vec<(u8, u64)> {
    let whole = reduced.is_stoichiometric();
    let total = reduced.num_atoms();
    let amount = |x: f64| if whole { x.round() as u64 } else { (1 << 60) | (x / total * 1e6).round() as u64 };
    reduced.iter().map(|(element, x)| (element.atomic_number(), amount(x))).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn composition() -> impl Strategy<Value = Vec<(u8, f64)>> {
        prop::collection::btree_map(1_u8..8, 1_u32..20, 1..6).prop_map(|amounts| {
            let total: u32 = amounts.values().sum();
            amounts.into_iter().map(|(z, n)| (z, f64::from(n) / f64::from(total))).collect()
        })
    }

    proptest! {
        #[test]
        fn reach_agrees_with_a_comparison_of_everything(
            hosts in prop::collection::vec(composition(), 1..60), query in composition(), limit in 0.02..0.3,
        ) {
            let mut index = StructureIndex {
                max_difference: limit, compositions: Vec::new(), files: HashMap::new(), by_amounts: HashMap::new(), num_structures: 0,
            };
            for (i, host) in hosts.iter().enumerate() {
                index.files.entry(elements_above(host, index.filing_share())).or_default().push(i as u32);
                index.compositions.push(Entry { fractions: host.clone().into(), whole: true, structures: Vec::new() });
            }
            let mut found: Vec<u32> = index.within_reach(&query).into_iter().map(|r| r.entry).collect();
            found.sort_unstable();
            let expected: Vec<u32> =
                (0..hosts.len()).filter(|&i| difference(&query, &hosts[i]) <= limit + 1e-9).map(|i| i as u32).collect();
            prop_assert_eq!(found, expected);
        }
    }
}
