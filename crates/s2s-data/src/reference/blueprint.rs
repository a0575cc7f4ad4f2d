//! The atoms of a primitive cell from Wyckoff positions.

use s2s_crystal::{Crystal, Element, Frac, Site};

use super::{conventional_cell::ConventionalCell, error::ReferenceFault};

/// One atom of every set that symmetry makes equal.
#[derive(Clone, Debug)]
pub(super) struct WyckoffSite {
    pub(super) element: Element,
    /// Number of equivalent atoms in the conventional cell, as the table states it.
    pub(super) multiplicity: usize,
    /// In units of the conventional lattice vectors.
    pub(super) position: Frac,
    /// The site as written, for messages.
    pub(super) text: String,
}

/// A cell with its symmetry, and its independent sites.
#[derive(Clone, Debug)]
pub(super) struct Blueprint {
    pub(super) cell: ConventionalCell,
    pub(super) sites: Vec<WyckoffSite>,
}

/// Distance between fractional coordinates below which two positions are one.
const SAME_POSITION: f64 = 1e-5;

impl Blueprint {
    /// One primitive cell, atoms in the order of the sites.
    ///
    /// # Errors
    ///
    /// [`ReferenceFault::Multiplicity`] if a site has another number of equivalents than it states.
    pub(super) fn primitive(&self) -> Result<Crystal, ReferenceFault> {
        let lattice = self.cell.primitive_lattice()?;
        let to_primitive = |position| lattice.to_frac(self.cell.lattice.to_cart(position));
        let mut sites = Vec::new();
        for site in &self.sites {
            let orbit = distinct(self.cell.images(site.position).map(to_primitive));
            let found = orbit.len() * self.cell.num_lattice_points();
            if found != site.multiplicity {
                return Err(ReferenceFault::Multiplicity { site: site.text.clone(), stated: site.multiplicity, found });
            }
            sites.extend(orbit.into_iter().map(|position| Site::pure(site.element, position)));
        }
        Ok(Crystal::new(lattice, sites)?)
    }
}

/// Positions inside the cell, each once.
fn distinct(positions: impl Iterator<Item = Frac>) -> Vec<Frac> {
    let mut kept: Vec<Frac> = Vec::new();
    for position in positions {
        // Rounding noise below zero would wrap to just below one.
        let inside = Frac(position.0.map(|x| if (x - x.round()).abs() < SAME_POSITION { 0.0 } else { x })).wrapped();
        let same = |other: &Frac| {
            (0..3).all(|k| {
                let apart = inside.0[k] - other.0[k];
                (apart - apart.round()).abs() < SAME_POSITION
            })
        };
        if !kept.iter().any(same) {
            kept.push(inside);
        }
    }
    kept
}
