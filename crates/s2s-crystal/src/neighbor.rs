//! Periodic neighbor lists: cutoffs, searches and their results.

mod brute_force;
#[cfg(feature = "rayon")]
mod buffers;
mod cell_list;
mod list;
mod nearest;

pub use brute_force::BruteForce;
#[cfg(feature = "rayon")]
pub use buffers::NeighborBuffers;
pub use cell_list::CellList;
pub use list::{Neighbor, NeighborList};
pub use nearest::ShellPolicy;
pub(crate) use nearest::lengths_of_images;

use crate::{Crystal, CrystalError};

/// The largest distance at which two atoms are neighbors, in Å.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Cutoff(f64);

impl Cutoff {
    /// A cutoff of this many Å.
    ///
    /// # Errors
    ///
    /// [`CrystalError::InvalidCutoff`] unless the length is positive and finite.
    pub fn angstrom(length: f64) -> Result<Self, CrystalError> {
        if length.is_finite() && length > 0.0 {
            Ok(Self(length))
        } else {
            Err(CrystalError::InvalidCutoff { angstrom: length })
        }
    }

    /// The length in Å.
    pub fn to_angstrom(self) -> f64 {
        self.0
    }
}

/// A way to find neighbors.
///
/// All implementors give the same set of `(i, j, image)` for the same crystal and cutoff, bit for bit the same vectors and
/// distances; they differ in speed. With positions `pᵢ` and lattice vectors `L`, the vector of an entry is
///
/// ```text
/// (pⱼ − pᵢ) + image · L
/// ```
///
/// summed in this order, and an entry is listed where the vector's square is at most the square of the cutoff. Both are
/// exactly the same for `i → j` as for `j → i`, so that a list is symmetric even where atoms lie right at the cutoff.
pub trait NeighborSearch {
    /// Fills `list` with all neighbors within the cutoff; what was in it before is overwritten, its memory reused.
    ///
    /// # Errors
    ///
    /// [`CrystalError::LimitExceeded`] if the cutoff spans more images of the cell than the implementor can handle.
    fn search_into(&self, crystal: &Crystal, cutoff: Cutoff, list: &mut NeighborList) -> Result<(), CrystalError>;

    /// All neighbors within the cutoff.
    ///
    /// # Errors
    ///
    /// As [`search_into`](Self::search_into).
    fn search(&self, crystal: &Crystal, cutoff: Cutoff) -> Result<NeighborList, CrystalError> {
        let mut list = NeighborList::default();
        self.search_into(crystal, cutoff, &mut list)?;
        Ok(list)
    }
}
