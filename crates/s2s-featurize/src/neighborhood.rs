//! One neighbor search that serves everything a featurizer asks about distances.

use std::{cell::RefCell, f64::consts::PI};

use s2s_crystal::{CellList, Crystal, CrystalError, Cutoff, NeighborList, NeighborSearch};

/// How far a featurizer has to look.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Reach {
    /// Nowhere.
    Nothing,
    /// This far (Å).
    Within(f64),
    /// Until every atom has `count` neighbors, but no farther than `limit` (Å).
    Nearest { count: usize, limit: f64 },
}

/// Added to the distance of the last neighbor, so that its whole shell is found; Å.
const MARGIN: f64 = 0.02;

/// Pairs of a list whose memory is kept for the next crystal.
const KEPT_PAIRS: usize = 1 << 20;

impl Reach {
    /// The reach that serves two purposes with one search, if there is one that costs little more than either.
    pub(crate) fn merged(self, other: Self) -> Option<Self> {
        match (self, other) {
            (Self::Nothing, reach) | (reach, Self::Nothing) => Some(reach),
            (Self::Nearest { count, limit }, Self::Nearest { count: other_count, limit: other_limit }) => {
                Some(Self::Nearest { count: count.max(other_count), limit: limit.max(other_limit) })
            }
            _ => None,
        }
    }

    /// Finds the neighbors and hands them on; rows may hold more than was asked for.
    pub(crate) fn search<T>(self, crystal: &Crystal, then: impl FnOnce(&NeighborList) -> T) -> Result<T, CrystalError> {
        thread_local! {
            static LIST: RefCell<NeighborList> = RefCell::default();
        }
        // Taken out rather than borrowed: `then` may search as well.
        let mut list = LIST.take();
        self.fill(crystal, &mut list)?;
        let answer = then(&list);
        if list.num_pairs() <= KEPT_PAIRS {
            LIST.replace(list);
        }
        Ok(answer)
    }

    fn fill(self, crystal: &Crystal, list: &mut NeighborList) -> Result<(), CrystalError> {
        let search = CellList::default();
        match self {
            Self::Nothing => {
                *list = NeighborList::default();
                Ok(())
            }
            Self::Within(cutoff) => search.search_into(crystal, Cutoff::angstrom(cutoff)?, list),
            Self::Nearest { count, limit } => {
                // A sphere with room for twice as many atoms is enough for nearly every crystal.
                let volume_per_atom = crystal.lattice().volume() / crystal.num_sites() as f64;
                let mut radius = (2.0 * count as f64 * volume_per_atom * 0.75 / PI).cbrt().min(limit);
                loop {
                    search.search_into(crystal, Cutoff::angstrom(radius)?, list)?;
                    if radius >= limit || every_atom_has(list, count, radius - MARGIN) {
                        return Ok(());
                    }
                    radius = (radius * 1.3).min(limit);
                }
            }
        }
    }
}

/// Whether every row has `count` neighbors within `radius`.
fn every_atom_has(list: &NeighborList, count: usize, radius: f64) -> bool {
    list.offsets().windows(2).all(|row| {
        let distances = &list.distances()[row[0]..row[1]];
        distances.len() >= count && distances.iter().filter(|d| **d <= radius).count() >= count
    })
}
