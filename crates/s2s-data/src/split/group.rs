//! Groups of records that must not be on both sides of a split.

mod cluster;
mod fingerprint;

use std::{collections::HashMap, hash::Hash};

use s2s_crystal::{Composition, Element};
use serde::{Deserialize, Serialize};

pub use self::fingerprint::FingerprintError;
pub(crate) use self::fingerprint::fingerprint;
use crate::{DataError, Record, label::FamilyRule};

/// A group for every record; records of a group belong together.
///
/// Groups are numbered from 0 in the order in which they first appear.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "RawGroups")]
pub struct Groups {
    of: Vec<u32>,
    num_groups: usize,
}

impl Groups {
    /// Groups of equal keys.
    ///
    /// # Examples
    ///
    /// ```
    /// let groups = s2s_data::Groups::by_key(["b", "a", "b"]);
    /// assert_eq!(groups.of(), [0, 1, 0]);
    /// assert_eq!(groups.num_groups(), 2);
    /// ```
    pub fn by_key<K: Eq + Hash>(keys: impl IntoIterator<Item = K>) -> Self {
        let mut numbers = HashMap::new();
        let of = keys.into_iter().map(|key| {
            let next = numbers.len() as u32;
            *numbers.entry(key).or_insert(next)
        });
        Self { of: of.collect(), num_groups: numbers.len() }
    }

    /// Every record for itself: the plain random split.
    pub fn singletons(records: usize) -> Self {
        Self { of: (0..records as u32).collect(), num_groups: records }
    }

    /// One group per reduced formula, taken from the atoms of the cell and not from what is written.
    pub fn by_formula(records: &[Record]) -> Self {
        Self::by_key(records.iter().map(|record| {
            let reduced = record.crystal.composition().reduced().0;
            reduced.iter().map(|(element, amount)| (element, (amount * 1e6).round() as u64)).collect::<Vec<_>>()
        }))
    }

    /// One group per set of elements.
    pub fn by_chemical_system(records: &[Record]) -> Self {
        Self::by_key(records.iter().map(|record| record.crystal.composition().elements().collect::<Vec<Element>>()))
    }

    /// One group per [`SuperconductorFamily`](crate::label::SuperconductorFamily): four at most, so that each is judged by the others.
    pub fn by_family(records: &[Record], rule: FamilyRule) -> Self {
        Self::by_key(records.iter().map(|record| rule.family(&record.crystal.composition())))
    }

    /// Clusters of similar compositions: k-means on the roots of atomic fractions, started by k-means++ from this seed.
    ///
    /// With fewer distinct compositions than clusters there are fewer groups. A pure function of its arguments.
    ///
    /// # Source
    ///
    /// Lloyd, IEEE Trans. Inf. Theory 28, 129 (1982); Arthur & Vassilvitskii, SODA 2007.
    pub fn by_composition_cluster(records: &[Record], clusters: usize, seed: u64) -> Self {
        let compositions: Vec<_> = records.iter().map(|record| record.crystal.composition()).collect();
        Self::of_compositions_by_cluster(&compositions, clusters, seed)
    }

    /// As [`by_composition_cluster`](Self::by_composition_cluster), of compositions of which no structure is known.
    pub fn of_compositions_by_cluster(compositions: &[Composition], clusters: usize, seed: u64) -> Self {
        Self::by_key(cluster::k_means(compositions, clusters, seed))
    }

    /// Groups of one structure type: linked where the anonymous formulas are the same and the
    /// [fingerprints of the positions](s2s_crystal::StructureFingerprint::ignoring_species) agree within the tolerance.
    ///
    /// Rutile is one group whatever metal it is made of. The link is transitive, so a chain of small distortions is one
    /// group too.
    ///
    /// # Errors
    ///
    /// [`FingerprintError`] names the first record whose surroundings cannot be found.
    pub fn by_structure(records: &[Record], tolerance: f64) -> Result<Self, FingerprintError> {
        let fingerprints = fingerprint::of_positions(records)?;
        let mut by_type: HashMap<String, Vec<usize>> = HashMap::new();
        for (i, record) in records.iter().enumerate() {
            by_type.entry(record.crystal.composition().anonymous_formula()).or_default().push(i);
        }
        let mut root: Vec<usize> = (0..records.len()).collect();
        for members in by_type.values() {
            for (index, &i) in members.iter().enumerate() {
                for &j in &members[..index] {
                    if fingerprints[i].distance(&fingerprints[j]) <= tolerance {
                        let (a, b) = (find(&mut root, i), find(&mut root, j));
                        root[a.max(b)] = a.min(b);
                    }
                }
            }
        }
        Ok(Self::by_key((0..records.len()).map(|i| find(&mut root, i))))
    }

    /// The groups of these items alone, for example of those that have a target.
    ///
    /// # Panics
    ///
    /// If an item is not below the number of records.
    pub fn of_items(&self, items: &[usize]) -> Self {
        Self::by_key(items.iter().map(|&item| self.of[item]))
    }

    /// The group of every record, in record order.
    pub fn of(&self) -> &[u32] {
        &self.of
    }

    /// Number of groups.
    pub fn num_groups(&self) -> usize {
        self.num_groups
    }

    /// Number of records of every group.
    pub fn sizes(&self) -> Vec<usize> {
        let mut sizes = vec![0; self.num_groups];
        self.of.iter().for_each(|&group| sizes[group as usize] += 1);
        sizes
    }

    /// Number of groups that have records on both sides.
    pub fn shared_by(&self, one: &[usize], other: &[usize]) -> usize {
        let mut sides = vec![0_u8; self.num_groups];
        one.iter().for_each(|&i| sides[self.of[i] as usize] |= 1);
        other.iter().for_each(|&i| sides[self.of[i] as usize] |= 2);
        sides.iter().filter(|&&side| side == 3).count()
    }
}

/// The representative of a set, with the path to it halved on the way.
fn find(root: &mut [usize], mut i: usize) -> usize {
    while root[i] != i {
        root[i] = root[root[i]];
        i = root[i];
    }
    i
}

/// Groups as they are written down.
#[derive(Deserialize)]
struct RawGroups {
    of: Vec<u32>,
    num_groups: usize,
}

impl TryFrom<RawGroups> for Groups {
    type Error = DataError;

    fn try_from(raw: RawGroups) -> Result<Self, Self::Error> {
        let numbered = Self::by_key(&raw.of);
        if numbered.of == raw.of && numbered.num_groups == raw.num_groups {
            return Ok(numbered);
        }
        Err(DataError::Malformed { reason: "the groups are not numbered in the order in which they appear" })
    }
}
