//! The shortest distance between atoms.

use super::Crystal;
use crate::{CellList, CrystalError, Cutoff, NeighborList, NeighborSearch, ShellPolicy, neighbor::lengths_of_images};

/// Cube root of √2, rounded up: no packing of equal spheres is denser than the close ones (Hales 2005), so in a crystal some two
/// atoms are at most this far apart, in units of the cube root of the volume per atom.
const CLOSE_PACKED: f64 = 1.122_463;

/// By how much a distance may differ from the length of the vector that it is.
const ROUNDING: f64 = 1e-9;

impl Crystal {
    /// Shortest distance in Å between any two atoms, images included; `None` for a single atom that does not repeat.
    ///
    /// # Errors
    ///
    /// [`CrystalError::LimitExceeded`] as [`CellList::search_into`](NeighborSearch::search_into).
    ///
    /// # Examples
    ///
    /// ```
    /// use s2s_crystal::{Crystal, Element, Frac, Lattice, Site};
    ///
    /// let niobium: Element = "Nb".parse()?;
    /// let sites = [[0.0; 3], [0.5; 3]].map(|x| Site::pure(niobium, Frac(x)));
    /// let crystal = Crystal::new(Lattice::from_parameters([4.0; 3], [90.0; 3])?, sites.to_vec())?;
    /// assert_eq!(crystal.min_distance()?, Some(12.0_f64.sqrt()));
    /// # Ok::<(), s2s_crystal::CrystalError>(())
    /// ```
    pub fn min_distance(&self) -> Result<Option<f64>, CrystalError> {
        self.min_distance_with(&mut NeighborList::default())
    }

    /// As [`min_distance`](Self::min_distance), in the memory of a list that is reused; what it held is overwritten.
    ///
    /// # Errors
    ///
    /// As [`min_distance`](Self::min_distance).
    pub fn min_distance_with(&self, list: &mut NeighborList) -> Result<Option<f64>, CrystalError> {
        let search = CellList::default();
        if self.periodic == [true; 3] {
            let spacing = CLOSE_PACKED * (self.lattice.volume() / self.num_sites() as f64).cbrt();
            // In a long or flat cell an atom's own images are nearer than that.
            let images = lengths_of_images(self).into_iter().fold(f64::INFINITY, f64::min);
            let spacing = spacing.min(images * (1.0 + ROUNDING));
            search.search_into(self, Cutoff::angstrom(spacing)?, list)?;
        } else {
            search.nearest_into(self, 1, ShellPolicy::Cut, list)?;
        }
        Ok(list.distances().iter().copied().reduce(f64::min))
    }
}
