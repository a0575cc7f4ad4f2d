//! What several sets of features look at, found at most once per record.

use std::cell::OnceCell;

use s2s_crystal::{CellList, Composition, Crystal, CrystalError, Cutoff, NeighborList, NeighborSearch};
use s2s_data::Record;

/// How far atoms look, in units of the cube root of the volume per atom.
pub(super) const REACH: f64 = 2.4;

/// A record, and what has been found out about it.
pub(super) struct Seen<'r> {
    pub(super) record: &'r Record,
    composition: OnceCell<Composition>,
    neighborhood: OnceCell<Neighborhood>,
}

/// The neighbors of all atoms within [`REACH`].
pub(super) struct Neighborhood {
    pub(super) neighbors: NeighborList,
    /// Cube root of the volume per atom, in Å.
    pub(super) unit: f64,
}

impl<'r> Seen<'r> {
    pub(super) fn new(record: &'r Record) -> Self {
        Self { record, composition: OnceCell::new(), neighborhood: OnceCell::new() }
    }

    pub(super) fn crystal(&self) -> &'r Crystal {
        &self.record.crystal
    }

    /// The reduced composition.
    pub(super) fn composition(&self) -> &Composition {
        self.composition.get_or_init(|| self.crystal().composition().reduced().0)
    }

    pub(super) fn neighborhood(&self) -> Result<&Neighborhood, CrystalError> {
        if let Some(found) = self.neighborhood.get() {
            return Ok(found);
        }
        let crystal = self.crystal();
        let unit = (crystal.lattice().volume() / crystal.num_sites() as f64).cbrt();
        let mut neighbors = NeighborList::default();
        CellList::default().search_into(crystal, Cutoff::angstrom(REACH * unit)?, &mut neighbors)?;
        Ok(self.neighborhood.get_or_init(|| Neighborhood { neighbors, unit }))
    }
}
