//! Sampling of negatives, at random or matched to the positives in size and elements.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Record, split::shuffle};

/// How many negatives are drawn, and which.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NegativeSampling {
    /// Negatives for each positive; S2S has three.
    pub per_positive: usize,
    /// Whether negatives resemble the positives.
    pub matching: Matching,
    /// What the draw depends on.
    pub seed: u64,
}

/// Whether negatives resemble the positives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Matching {
    /// Any crystal: formula complexity and size alone then tell most negatives, as in S2S.
    Random,
    /// For each positive, crystals with as many elements and a cell of about the same size (within a factor of two).
    SizeAndElements,
}

/// A stratum without enough crystals to draw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shortage {
    /// Number of elements; nothing if negatives are not matched.
    pub num_elements: Option<usize>,
    /// Smallest number of atoms in the cell; the largest is less than twice this.
    pub num_atoms: Option<usize>,
    /// Requested negatives.
    pub wanted: usize,
    /// Negatives that there are.
    pub found: usize,
}

impl NegativeSampling {
    /// Indices of the drawn records, from `pool`, in increasing order; each at most once.
    pub(super) fn draw(self, positives: &[Record], records: &[Record], pool: &[usize]) -> (Vec<usize>, Vec<Shortage>) {
        let stratum = |record: &Record| match self.matching {
            Matching::Random => None,
            Matching::SizeAndElements => {
                Some((record.crystal.composition().num_elements(), record.crystal.num_sites().ilog2()))
            }
        };
        let mut wanted: BTreeMap<_, usize> = BTreeMap::new();
        for record in positives {
            *wanted.entry(stratum(record)).or_default() += self.per_positive;
        }
        let mut candidates: BTreeMap<_, Vec<usize>> = BTreeMap::new();
        for &index in pool {
            candidates.entry(stratum(&records[index])).or_default().push(index);
        }
        let (mut drawn, mut shortages) = (Vec::new(), Vec::new());
        for (number, (stratum, wanted)) in (2_u64..).zip(wanted) {
            let mut members = candidates.remove(&stratum).unwrap_or_default();
            shuffle(&mut members, self.seed, number);
            if members.len() < wanted {
                let (num_elements, num_atoms) = (stratum.map(|s| s.0), stratum.map(|s| 1 << s.1));
                shortages.push(Shortage { num_elements, num_atoms, wanted, found: members.len() });
            }
            members.truncate(wanted);
            drawn.extend(members);
        }
        drawn.sort_unstable();
        (drawn, shortages)
    }
}
