//! Other descriptions of the same crystal.

use super::Crystal;
use crate::{CrystalError, Frac, Lattice, Site};

/// How far the products of the rows of a rotation may be from zero and one.
const ORTHOGONAL: f64 = 1e-9;

/// Other descriptions of the same crystal; see also [`supercell`](Crystal::supercell).
impl Crystal {
    /// Every atom moved by the same amount, in units of the lattice vectors; not wrapped into the cell.
    ///
    /// # Errors
    ///
    /// [`CrystalError::NonFinitePosition`] if a coordinate is then not finite.
    ///
    /// # Examples
    ///
    /// ```
    /// use s2s_crystal::{Crystal, Element, Frac, Lattice};
    ///
    /// let polonium = Crystal::ordered(Lattice::cubic(3.35)?, [(Element::PO, [0.75; 3])])?;
    /// let moved = polonium.translated([0.5; 3])?;
    /// assert_eq!(moved.sites()[0].position, Frac([1.25; 3]));
    /// assert_eq!(moved.wrapped().sites()[0].position, Frac([0.25; 3]));
    /// # Ok::<(), s2s_crystal::CrystalError>(())
    /// ```
    pub fn translated(&self, by: impl Into<Frac>) -> Result<Self, CrystalError> {
        let by = by.into().0;
        self.map_sites(|site| {
            let position = Frac([0, 1, 2].map(|k| site.position.0[k] + by[k]));
            Site { species: site.species.clone(), position }
        })
    }

    /// Every coordinate along a vector that the crystal repeats along brought into [0, 1).
    pub fn wrapped(&self) -> Self {
        let sites = self
            .sites
            .iter()
            .map(|site| Site { species: site.species.clone(), position: wrapped_along(site.position, self.periodic) });
        Self { sites: sites.collect(), ..*self }
    }

    /// The whole crystal rotated about the origin, or reflected, by an orthogonal matrix: **x** ↦ Q **x** in Å.
    ///
    /// # Errors
    ///
    /// [`CrystalError::NotOrthogonal`] if the rows are not orthogonal unit vectors to within 10⁻⁹.
    pub fn rotated(&self, q: [[f64; 3]; 3]) -> Result<Self, CrystalError> {
        for (i, u) in q.iter().enumerate() {
            for (j, v) in q.iter().enumerate() {
                let product = u[0] * v[0] + u[1] * v[1] + u[2] * v[2];
                let error = (product - f64::from(u8::from(i == j))).abs();
                // Written so that what is not a number is refused.
                if !matches!(error.partial_cmp(&ORTHOGONAL), Some(std::cmp::Ordering::Less)) {
                    return Err(CrystalError::NotOrthogonal);
                }
            }
        }
        let turn = |v: [f64; 3]| q.map(|row| row[0] * v[0] + row[1] * v[1] + row[2] * v[2]);
        Ok(Self { lattice: Lattice::from_rows(self.lattice.vectors().map(turn))?, ..self.clone() })
    }

    /// The sites in another order: site `order[k]` becomes site `k`.
    ///
    /// # Errors
    ///
    /// [`CrystalError::NotAnOrder`] unless every site is named exactly once.
    pub fn permuted(&self, order: &[usize]) -> Result<Self, CrystalError> {
        let mut named = vec![false; self.num_sites()];
        let fresh = |&site: &usize| named.get_mut(site).is_some_and(|seen| !std::mem::replace(seen, true));
        if order.len() != self.num_sites() || !order.iter().all(fresh) {
            return Err(CrystalError::NotAnOrder { sites: self.num_sites() });
        }
        Ok(Self { sites: order.iter().map(|&site| self.sites[site].clone()).collect(), ..*self })
    }

    /// The same crystal in a cell of the same volume: the new lattice vectors are these sums of the old ones, as rows.
    ///
    /// Coordinates are wrapped into [0, 1). Sites keep their order.
    ///
    /// # Errors
    ///
    /// [`CrystalError::NotABasis`] if the determinant is not 1 or −1, otherwise as [`supercell`](Self::supercell).
    ///
    /// # Examples
    ///
    /// ```
    /// use s2s_crystal::{Crystal, Element, Frac, Lattice};
    ///
    /// let crystal = Crystal::ordered(Lattice::cubic(3.0)?, [(Element::FE, [0.5, 0.0, 0.0])])?;
    /// let slanted = crystal.with_basis([[1, 0, 0], [1, 1, 0], [0, 0, 1]])?;
    /// assert_eq!(slanted.lattice().vectors()[1], [3.0, 3.0, 0.0]);
    /// assert_eq!(slanted.num_sites(), 1);
    /// # Ok::<(), s2s_crystal::CrystalError>(())
    /// ```
    pub fn with_basis(&self, rows: [[i32; 3]; 3]) -> Result<Self, CrystalError> {
        match super::supercell::determinant(rows) {
            1 | -1 => self.supercell(rows),
            determinant => Err(CrystalError::NotABasis { determinant }),
        }
    }
}

/// The position with the coordinates along these vectors in [0, 1).
pub(super) fn wrapped_along(position: Frac, periodic: [bool; 3]) -> Frac {
    let inside = position.wrapped().0;
    Frac([0, 1, 2].map(|k| if periodic[k] { inside[k] } else { position.0[k] }))
}
