//! The index of structures by composition, for exact and approximate look-up.

use std::{cmp::Ordering, collections::HashMap};

use s2s_crystal::Composition;

use super::energies::{ElectronVoltsPerAtom, Energies};
use crate::{DataError, Record};

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
pub struct StructureIndex<'r> {
    pub(super) records: &'r [Record],
    max_difference: f64,
    pub(super) compositions: Vec<Entry>,
    /// Compositions by the set of elements above the largest difference.
    files: HashMap<u128, Vec<u32>>,
    by_amounts: HashMap<Vec<(u8, u64)>, u32>,
}

/// One composition and the structures that have it, best first.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) fractions: Fractions,
    /// Amounts of the reduced formula, where they are whole numbers.
    pub(super) whole: bool,
    pub(super) structures: Vec<Structure>,
}

/// A structure, and what decides its rank among others of the same composition.
#[derive(Clone, Debug)]
pub(super) struct Structure {
    /// Index among the indexed records.
    pub(super) record: u32,
    energies: Energies,
}

/// A composition within reach of a query.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Reached {
    pub(super) entry: u32,
    pub(super) difference: f64,
}

impl<'r> StructureIndex<'r> {
    /// Files records by composition; nothing that differs by more than `max_difference` will be found.
    ///
    /// `max_difference` is the share of atoms that may be replaced: 0.1 lets `Ba0.6K0.4Fe2As2` find `BaFe2As2` (0.08).
    /// Among structures of one composition the order is: ordered before disordered, then by energy above the hull and formation energy
    /// where they are known ([`Energies::of`]), then by identifier, short ones first.
    ///
    /// # Errors
    ///
    /// [`DataError::InvalidShare`] unless the difference lies between 0 and 0.5, both excluded; [`DataError::NotANumber`] if a record has an
    /// energy that is not a number.
    pub fn new(records: &'r [Record], max_difference: f64) -> Result<Self, DataError> {
        if !(max_difference > 0.0 && max_difference < 0.5) {
            return Err(DataError::InvalidShare { share: max_difference });
        }
        let (compositions, files, by_amounts) = (Vec::new(), HashMap::new(), HashMap::new());
        let mut index = Self { records, max_difference, compositions, files, by_amounts };
        for number in 0..records.len() as u32 {
            index.insert(number)?;
        }
        for entry in &mut index.compositions {
            entry.structures.sort_by(|a, b| order(records, a, b));
        }
        Ok(index)
    }

    /// The records that were indexed.
    pub fn records(&self) -> &'r [Record] {
        self.records
    }

    /// The largest difference of composition at which a structure is found, as a share of the atoms.
    pub fn max_difference(&self) -> f64 {
        self.max_difference
    }

    /// Number of distinct compositions.
    pub fn num_compositions(&self) -> usize {
        self.compositions.len()
    }

    fn insert(&mut self, number: u32) -> Result<(), DataError> {
        let record = &self.records[number as usize];
        let composition = record.crystal.composition().reduced().0;
        let next = self.compositions.len() as u32;
        let entry = *self.by_amounts.entry(amounts_key(&composition)).or_insert(next);
        if entry == next {
            let fractions = fractions(&composition);
            self.files.entry(elements_above(&fractions, self.filing_share())).or_default().push(entry);
            let whole = composition.is_stoichiometric();
            self.compositions.push(Entry { fractions, whole, structures: Vec::new() });
        }
        let energies = Energies::of(record)?;
        self.compositions[entry as usize].structures.push(Structure { record: number, energies });
        Ok(())
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

/// Ordered before disordered, low energy before high, known energy before unknown, then short identifiers before long ones.
fn order(records: &[Record], a: &Structure, b: &Structure) -> Ordering {
    let [x, y] = [a, b].map(|structure| &records[structure.record as usize]);
    let known = |energy: Option<ElectronVoltsPerAtom>| energy.map_or(f64::INFINITY, |energy| energy.0);
    let by = |energy: fn(&Energies) -> Option<ElectronVoltsPerAtom>| {
        known(energy(&a.energies)).total_cmp(&known(energy(&b.energies)))
    };
    (!x.crystal.is_ordered())
        .cmp(&!y.crystal.is_ordered())
        .then_with(|| by(|energies| energies.above_hull))
        .then_with(|| by(|energies| energies.formation))
        .then_with(|| x.id.as_str().len().cmp(&y.id.as_str().len()))
        .then_with(|| x.id.cmp(&y.id))
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
            Ordering::Equal => {
                sum += (x[i].1 - y[j].1).abs();
                (i, j) = (i + 1, j + 1);
            }
            Ordering::Less => {
                sum += x[i].1;
                i += 1;
            }
            Ordering::Greater => {
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
                records: &[], max_difference: limit, compositions: Vec::new(), files: HashMap::new(), by_amounts: HashMap::new(),
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
