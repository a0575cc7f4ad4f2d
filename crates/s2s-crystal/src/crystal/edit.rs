//! Edited crystals: substitution, removal, strain, and derived quantities.

use super::Crystal;
use crate::{CrystalError, Element, Frac, Lattice, Occupant, Site, Species};

/// Grams per cubic centimeter of one atomic mass unit per Å³ (CODATA 2018).
const DENSITY_UNIT: f64 = 1.660_539_066_60;

impl Crystal {
    /// The same lattice and periodicity with every site replaced by what the function makes of it.
    ///
    /// # Errors
    ///
    /// [`CrystalError::NonFinitePosition`] if a coordinate is then not finite.
    pub fn map_sites(&self, site: impl FnMut(&Site) -> Site) -> Result<Self, CrystalError> {
        Ok(Self::new(self.lattice, self.sites.iter().map(site).collect())?.with_periodicity(self.periodic))
    }

    /// The same crystal with one element in place of another, in proportion on mixed sites; charges of replaced
    /// atoms are dropped.
    ///
    /// # Examples
    ///
    /// ```
    /// use s2s_crystal::{Crystal, Element, Lattice};
    ///
    /// let salt = Crystal::ordered(Lattice::rhombohedral(3.99, 60.0)?, [(Element::NA, [0.0; 3]), (Element::CL, [0.5; 3])])?;
    /// assert_eq!(salt.substituted(Element::CL, Element::BR).composition().to_string(), "NaBr");
    /// # Ok::<(), s2s_crystal::CrystalError>(())
    /// ```
    pub fn substituted(&self, from: Element, to: Element) -> Self {
        let sites = self
            .sites
            .iter()
            .map(|site| Site { species: substituted(&site.species, from, to), position: site.position });
        Self { sites: sites.collect(), ..*self }
    }

    /// Shortest distance in Å between two sites, images included; 0 from a site to itself.
    ///
    /// # Errors
    ///
    /// As [`Lattice::minkowski_reduced`].
    ///
    /// # Panics
    ///
    /// If there are not that many sites.
    ///
    /// # Examples
    ///
    /// ```
    /// use s2s_crystal::{Crystal, Element, Lattice};
    ///
    /// let crystal = Crystal::ordered(Lattice::cubic(4.0)?, [(Element::FE, [0.1, 0.0, 0.0]), (Element::FE, [0.9, 0.0, 0.0])])?;
    /// assert!((crystal.distance(0, 1)? - 0.8).abs() < 1e-12);
    /// # Ok::<(), s2s_crystal::CrystalError>(())
    /// ```
    pub fn distance(&self, first: usize, second: usize) -> Result<f64, CrystalError> {
        let (p, q) = (self.sites[first].position, self.sites[second].position);
        let apart = Frac([0, 1, 2].map(|k| q.0[k] - p.0[k]));
        // In a reduced cell the nearest image is at most a cell away; a crystal that does not repeat everywhere keeps its own.
        if self.periodic == [true; 3] {
            let reduced = self.lattice.minkowski_reduced()?.lattice;
            Ok(shortest(&reduced, reduced.to_frac(self.lattice.to_cart(apart)), self.periodic))
        } else {
            Ok(shortest(&self.lattice, apart, self.periodic))
        }
    }

    /// Mass density in g/cm³, partial occupancies in proportion.
    ///
    /// # Examples
    ///
    /// ```
    /// use s2s_crystal::{Crystal, Element, Lattice};
    ///
    /// let niobium = Crystal::ordered(Lattice::cubic(3.3008)?, [(Element::NB, [0.0; 3]), (Element::NB, [0.5; 3])])?;
    /// assert!((niobium.density() - 8.58).abs() < 0.01);
    /// # Ok::<(), s2s_crystal::CrystalError>(())
    /// ```
    pub fn density(&self) -> f64 {
        DENSITY_UNIT * self.composition().mass() / self.lattice.volume()
    }
}

fn substituted(species: &Species, from: Element, to: Element) -> Species {
    if species.occupants().iter().all(|occupant| occupant.element != from) {
        return species.clone();
    }
    let mut occupants: Vec<Occupant> = Vec::new();
    for occupant in species.occupants() {
        let replaced = occupant.element == from && from != to;
        let occupant = if replaced { Occupant { element: to, oxidation: None, ..*occupant } } else { *occupant };
        // What was there already and what comes are one occupant, if their charges agree.
        let known = occupants.iter_mut().find(|o| o.element == to && occupant.element == to && from != to);
        match known {
            Some(known) => {
                known.oxidation = known.oxidation.filter(|charge| occupant.oxidation == Some(*charge));
                known.occupancy = (known.occupancy + occupant.occupancy).min(1.0);
            }
            None => occupants.push(occupant),
        }
    }
    Species::new(occupants).expect("invariant: occupancies add up to what they did")
}

/// Length of the shortest of `apart` and its images along the vectors marked `true`.
fn shortest(lattice: &Lattice, apart: Frac, periodic: [bool; 3]) -> f64 {
    let near = Frac([0, 1, 2].map(|k| if periodic[k] { apart.0[k] - apart.0[k].round() } else { apart.0[k] }));
    let length = |x: [f64; 3]| lattice.to_cart(Frac(x)).0.iter().map(|v| v * v).sum::<f64>().sqrt();
    let mut least = length(near.0);
    // An image n cells away along a vector is at least (n − ½) times the plane spacing away.
    let spacings = lattice.plane_spacings();
    let steps = [0, 1, 2].map(|k| if periodic[k] { (least / spacings[k] + 0.5).floor() as i32 } else { 0 });
    for a in -steps[0]..=steps[0] {
        for b in -steps[1]..=steps[1] {
            for c in -steps[2]..=steps[2] {
                let image = [near.0[0] + f64::from(a), near.0[1] + f64::from(b), near.0[2] + f64::from(c)];
                least = least.min(length(image));
            }
        }
    }
    least
}
