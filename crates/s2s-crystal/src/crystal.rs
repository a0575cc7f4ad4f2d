//! Crystals: a lattice and its sites.

mod debug;
mod descriptions;
mod edit;
mod spacing;
mod supercell;

use serde::{Deserialize, Serialize};

#[cfg(any(test, feature = "proptest"))]
pub(crate) use supercell::determinant;

use crate::{Cart, CrystalError, Element, Frac, Lattice, Site};

/// A lattice and at least one site; every number in it is finite.
///
/// # Examples
///
/// ```
/// use s2s_crystal::{Crystal, Element, Lattice};
///
/// let niobium = Crystal::ordered(Lattice::cubic(3.3)?, [(Element::NB, [0.0; 3]), (Element::NB, [0.5; 3])])?;
/// assert_eq!(niobium.num_sites(), 2);
/// # Ok::<(), s2s_crystal::CrystalError>(())
/// ```
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "RawCrystal", into = "RawCrystal")]
pub struct Crystal {
    lattice: Lattice,
    periodic: [bool; 3],
    sites: Vec<Site>,
}

impl Crystal {
    /// A crystal that repeats along all three lattice vectors.
    ///
    /// # Errors
    ///
    /// [`CrystalError::NoSites`] without sites, [`CrystalError::NonFinitePosition`] if a coordinate is not finite.
    pub fn new(lattice: Lattice, sites: Vec<Site>) -> Result<Self, CrystalError> {
        if sites.is_empty() {
            return Err(CrystalError::NoSites);
        }
        if let Some(site) = sites.iter().position(|s| !s.position.0.iter().all(|x| x.is_finite())) {
            return Err(CrystalError::NonFinitePosition { site });
        }
        Ok(Self { lattice, periodic: [true; 3], sites })
    }

    /// A crystal whose sites are filled by one element each, at positions in units of the lattice vectors.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    ///
    /// # Examples
    ///
    /// ```
    /// use s2s_crystal::{Crystal, Element, Lattice};
    ///
    /// let salt = Crystal::ordered(
    ///     Lattice::rhombohedral(3.99, 60.0)?,
    ///     [(Element::NA, [0.0; 3]), (Element::CL, [0.5; 3])],
    /// )?;
    /// assert_eq!(salt.composition().to_string(), "NaCl");
    /// # Ok::<(), s2s_crystal::CrystalError>(())
    /// ```
    pub fn ordered<P: Into<Frac>>(
        lattice: Lattice,
        sites: impl IntoIterator<Item = (Element, P)>,
    ) -> Result<Self, CrystalError> {
        let site = |(element, position): (Element, P)| Site::pure(element, position.into());
        Self::new(lattice, sites.into_iter().map(site).collect())
    }

    /// The same atoms, repeating only along the lattice vectors that are marked `true`.
    pub fn with_periodicity(self, periodic: [bool; 3]) -> Self {
        Self { periodic, ..self }
    }

    /// The lattice vectors.
    pub fn lattice(&self) -> &Lattice {
        &self.lattice
    }

    /// Which lattice vectors the crystal repeats along.
    pub fn periodic(&self) -> [bool; 3] {
        self.periodic
    }

    /// For formats of fully periodic crystals.
    pub(crate) fn require_periodic(&self) -> Result<(), CrystalError> {
        if self.periodic == [true; 3] { Ok(()) } else { Err(CrystalError::NotPeriodic) }
    }

    /// The sites of the cell, in the order in which the source lists them.
    pub fn sites(&self) -> &[Site] {
        &self.sites
    }

    /// Number of sites in the cell.
    pub fn num_sites(&self) -> usize {
        self.sites.len()
    }

    /// Positions of the sites in Å, in site order.
    pub fn cart_positions(&self) -> impl ExactSizeIterator<Item = Cart> + '_ {
        self.sites.iter().map(|site| self.lattice.to_cart(site.position))
    }

    /// Whether every site is filled by a single element.
    pub fn is_ordered(&self) -> bool {
        self.sites.iter().all(|site| site.species.ordered_element().is_some())
    }

    /// The element of every site of an ordered crystal.
    ///
    /// # Errors
    ///
    /// [`CrystalError::DisorderedSite`] names the first site that has several or partial occupants.
    pub fn ordered_elements(&self) -> Result<Vec<Element>, CrystalError> {
        let element =
            |(site, s): (usize, &Site)| s.species.ordered_element().ok_or(CrystalError::DisorderedSite { site });
        self.sites.iter().enumerate().map(element).collect()
    }
}

/// The serialized form; deserialization checks it as [`Crystal::new`] does.
#[derive(Serialize, Deserialize)]
struct RawCrystal {
    lattice: Lattice,
    periodic: [bool; 3],
    sites: Vec<Site>,
}

impl TryFrom<RawCrystal> for Crystal {
    type Error = CrystalError;

    fn try_from(raw: RawCrystal) -> Result<Self, Self::Error> {
        Ok(Self::new(raw.lattice, raw.sites)?.with_periodicity(raw.periodic))
    }
}

impl From<Crystal> for RawCrystal {
    fn from(crystal: Crystal) -> Self {
        Self { lattice: crystal.lattice, periodic: crystal.periodic, sites: crystal.sites }
    }
}
