//! The neighbor search of a featurizer, one for all distances that it needs.

use std::cell::RefCell;

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

    /// Finds the neighbors; rows may hold more than was asked for.
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
                search.at_least_nearest_into(crystal, count, MARGIN, Cutoff::angstrom(limit)?, list)
            }
        }
    }
}
