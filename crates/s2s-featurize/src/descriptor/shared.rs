//! Results that several descriptors of one crystal need, computed at most once.

use std::cell::OnceCell;

use s2s_crystal::{CellList, Composition, Crystal, CrystalError, Cutoff, Element, NeighborList, NeighborSearch};

/// Cutoff of the neighbor list, in units of the cube root of the volume per atom.
pub(super) const REACH: f64 = 2.4;

/// A crystal, with its reduced composition and its neighbor list, each computed on first use.
#[derive(Debug)]
pub(super) struct Shared<'c> {
    pub(super) crystal: &'c Crystal,
    composition: OnceCell<Composition>,
    neighborhood: OnceCell<Neighborhood>,
}

/// The neighbors of all atoms within [`REACH`].
#[derive(Debug)]
pub(super) struct Neighborhood {
    pub(super) neighbors: NeighborList,
    /// Cube root of the volume per atom, in Å.
    pub(super) unit: f64,
    /// The element of every site; the most abundant one of a mixed site.
    pub(super) elements: Vec<Element>,
}

impl<'c> Shared<'c> {
    pub(super) fn new(crystal: &'c Crystal) -> Self {
        Self { crystal, composition: OnceCell::new(), neighborhood: OnceCell::new() }
    }

    /// The reduced composition.
    pub(super) fn composition(&self) -> &Composition {
        self.composition.get_or_init(|| self.crystal.composition().reduced().0)
    }

    pub(super) fn neighborhood(&self) -> Result<&Neighborhood, CrystalError> {
        if let Some(found) = self.neighborhood.get() {
            return Ok(found);
        }
        let crystal = self.crystal;
        let unit = (crystal.lattice().volume() / crystal.num_sites() as f64).cbrt();
        let mut neighbors = NeighborList::default();
        CellList::default().search_into(crystal, Cutoff::angstrom(REACH * unit)?, &mut neighbors)?;
        let elements = crystal.sites().iter().map(|site| site.species.majority_element()).collect();
        Ok(self.neighborhood.get_or_init(|| Neighborhood { neighbors, unit, elements }))
    }
}

/// The row of a descriptor that says how many numbers it has.
pub(super) fn filled<const LEN: usize>(row: Vec<f64>) -> [f64; LEN] {
    row.try_into().expect("invariant: a descriptor writes as many numbers as it has labels")
}
