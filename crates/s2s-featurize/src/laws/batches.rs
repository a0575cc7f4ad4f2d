//! Laws of what puts crystals into batches.

use ndarray::{Array2, s};

use std::fmt;

use super::{
    Violation,
    cases::{mixed, usual},
    law::quietly,
};
use crate::{AtomBatch, AtomFeatures, Collate, Token};

/// A batch that can be taken apart again.
pub trait Separate<T> {
    /// The items, in their order.
    fn separate(&self) -> Vec<T>;

    /// A documented property of the batch beside its items that does not hold, such as zeros where no atom is.
    fn fault(&self) -> Option<String> {
        None
    }
}

/// What a [`Collate`] can be held to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CollateLaw {
    /// A batch taken apart gives the items that were put in, bit for bit and in order, and [has no fault](Separate::fault).
    Separate,
    /// No item depends on which others are in its batch.
    Company,
    /// The same items give the same batch.
    Deterministic,
    /// A batch without items is refused.
    RefusesNothing,
}

impl CollateLaw {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Separate, Self::Company, Self::Deterministic, Self::RefusesNothing];
}

impl fmt::Display for CollateLaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Separate => "separate",
            Self::Company => "company",
            Self::Deterministic => "deterministic",
            Self::RefusesNothing => "refuses nothing",
        })
    }
}

/// Checks one law of a [`Collate`] on batches of one to nine of these items: 256 of them, or as many as `PROPTEST_CASES` says.
///
/// # Errors
///
/// The [`Violation`] with the indices of the items in the batch.
///
/// # Panics
///
/// If there are no items.
pub fn check_collate<T, C>(law: CollateLaw, collate: &C, items: &[T]) -> Result<(), Violation>
where
    T: PartialEq,
    C: Collate<T>,
    C::Batch: Separate<T>,
{
    assert!(!items.is_empty(), "there must be items to put into a batch");
    let (case, what) = if law == CollateLaw::RefusesNothing {
        let made = quietly(|| collate.collate(&[] as &[T]).is_ok().then(|| "a batch of nothing is made".to_owned()));
        (None, made.unwrap_or_else(Some))
    } else {
        let found = (0..usual() as u64).find_map(|case| {
            let size = 1 + mixed(case) as usize % 9;
            let indices: Vec<usize> = (0..size as u64).map(|k| mixed(case << 8 | k) as usize % items.len()).collect();
            let wrong = quietly(|| of_these(law, collate, items, &indices)).unwrap_or_else(Some);
            wrong.map(|what| (case as usize + 1, format!("items {indices:?}: {what}")))
        });
        found.map_or((None, None), |(case, what)| (Some(case), Some(what)))
    };
    what.map_or(Ok(()), |what| Err(Violation { law: law.to_string(), case, what, crystal: None, change: None }))
}

/// What is wrong with the batch of the items with these indices.
fn of_these<T, C>(law: CollateLaw, collate: &C, items: &[T], indices: &[usize]) -> Option<String>
where
    T: PartialEq,
    C: Collate<T>,
    C::Batch: Separate<T>,
{
    let batch = |indices: &[usize]| collate.collate(&indices.iter().map(|index| &items[*index]).collect::<Vec<_>>());
    let made = match batch(indices) {
        Ok(made) => made,
        Err(error) => return Some(format!("they are refused: {error}")),
    };
    if let Some(fault) = made.fault().filter(|_| law == CollateLaw::Separate) {
        return Some(fault);
    }
    let found = made.separate();
    if found.len() != indices.len() {
        return Some(format!("they become {} items", found.len()));
    }
    let again = match law {
        CollateLaw::Deterministic => batch(indices).map(|batch| batch.separate()).unwrap_or_default(),
        _ => Vec::new(),
    };
    let differs = indices.iter().enumerate().position(|(k, index)| {
        let same = match law {
            CollateLaw::Separate => found[k] == items[*index],
            CollateLaw::Company => {
                batch(&indices[k..=k]).is_ok_and(|batch| batch.separate().first() == Some(&found[k]))
            }
            _ => again.get(k) == Some(&found[k]),
        };
        !same
    });
    differs.map(|k| format!("number {k} of the batch differs"))
}

impl Separate<AtomFeatures> for AtomBatch {
    fn separate(&self) -> Vec<AtomFeatures> {
        let padded = self.padded_atoms();
        let item = |crystal: usize| {
            let slots: Vec<usize> = (0..padded).filter(|slot| self.present[(crystal, *slot)]).collect();
            let first = (crystal * padded) as i64;
            let mut features = AtomFeatures {
                tokens: slots.iter().map(|slot| Token(self.tokens[(crystal, *slot)] as u16)).collect(),
                centroid_distances: slots.iter().map(|slot| self.centroid_distances[(crystal, *slot)]).collect(),
                neighbor_offsets: vec![0],
                columns: slots.iter().flat_map(|slot| self.columns.slice(s![crystal, *slot, ..])).copied().collect(),
                lattice: self.lattice.row(crystal).to_vec(),
                globals: globals(&self.globals, &self.globals_known, crystal),
                weights: unless_plain(&self.weights, crystal, &slots, |_, weight| weight == 1.0),
                sites: unless_plain(&self.sites, crystal, &slots, |atom, site| site as usize == atom),
                ..AtomFeatures::default()
            };
            for slot in slots {
                for (pair, center) in self.pair_centers.iter().enumerate() {
                    if *center == first + slot as i64 {
                        features.neighbor_sites.push((self.pair_neighbors[pair] - first) as u32);
                        features.neighbor_distances.push(self.pair_distances[pair]);
                        if !self.pair_vectors.is_empty() {
                            features.neighbor_vectors.push([0, 1, 2].map(|axis| self.pair_vectors[(pair, axis)]));
                        }
                    }
                }
                features.neighbor_offsets.push(features.neighbor_sites.len() as u32);
            }
            features
        };
        (0..self.num_crystals()).map(item).collect()
    }

    /// Anything but zero where no atom is, or slots that no crystal needs.
    fn fault(&self) -> Option<String> {
        let fullest = self.present.outer_iter().map(|row| row.iter().filter(|present| **present).count()).max();
        if fullest != Some(self.padded_atoms()) {
            return Some(format!("{} slots for at most {} atoms", self.padded_atoms(), fullest.unwrap_or_default()));
        }
        let filled = |(crystal, slot): (usize, usize)| {
            self.tokens[(crystal, slot)] != 0
                || self.centroid_distances[(crystal, slot)] != 0.0
                || self.columns.slice(s![crystal, slot, ..]).iter().any(|number| *number != 0.0)
                || self.weights.get((crystal, slot)).is_some_and(|weight| *weight != 0.0)
                || self.sites.get((crystal, slot)).is_some_and(|site| *site != 0)
        };
        let wrong = self.present.indexed_iter().find(|(slot, present)| !**present && filled(*slot));
        wrong.map(|((crystal, slot), _)| format!("slot {slot} of crystal {crystal} holds no atom and is not zero"))
    }
}

/// What the atoms of one crystal have in these slots; nothing where all of them have what atoms have by themselves.
fn unless_plain<T: Copy>(all: &Array2<T>, crystal: usize, slots: &[usize], plain: impl Fn(usize, T) -> bool) -> Vec<T> {
    if all.is_empty() {
        return Vec::new();
    }
    let values: Vec<T> = slots.iter().map(|slot| all[(crystal, *slot)]).collect();
    if values.iter().enumerate().all(|(atom, value)| plain(atom, *value)) { Vec::new() } else { values }
}

/// The numbers of one crystal, and which are missing.
fn globals(values: &Array2<f32>, known: &Array2<bool>, crystal: usize) -> Vec<Option<f32>> {
    values.row(crystal).iter().zip(known.row(crystal)).map(|(value, known)| known.then_some(*value)).collect()
}

/// One test for each of the [laws](crate::laws::CollateLaw) of a [`Collate`](crate::Collate), in a module of this name.
///
/// # Examples
///
/// ```
/// use s2s_crystal::strategies;
/// use s2s_featurize::{
///     AllElements, AtomFeatures, AtomFeaturizer, AtomFeaturizerConfig, Featurizer, PaddedCollate, collate_laws,
/// };
///
/// fn items() -> Vec<AtomFeatures> {
///     let featurizer = AtomFeaturizer::new(AtomFeaturizerConfig::paper(), AllElements).expect("a valid configuration");
///     let crystals = (0..20).map(|seed| strategies::crystal(1..=6).generate(seed));
///     crystals.filter_map(|crystal| featurizer.featurize(&crystal).ok()).collect()
/// }
///
/// collate_laws!(padded, PaddedCollate, items());
/// ```
#[macro_export]
macro_rules! collate_laws {
    ($name:ident, $collate:expr, $items:expr $(,)?) => {
        #[cfg(test)]
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            $crate::collate_laws!(
                @each $collate, $items,
                separate Separate, company Company, deterministic Deterministic, refuses_nothing RefusesNothing
            );
        }
    };
    (@each $collate:expr, $items:expr, $($test:ident $law:ident),+) => { $(
        #[test]
        fn $test() {
            if let Err(violation) = $crate::laws::check_collate($crate::laws::CollateLaw::$law, &$collate, &$items) {
                panic!("{violation}");
            }
        }
    )+ };
}
