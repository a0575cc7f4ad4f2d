//! Conventional cells of the crystal systems.

use super::Lattice;
use crate::CrystalError;

/// Cells by crystal system: lengths in Å, angles in degrees, **a** along x, **b** in the xy plane.
///
/// All give [`CrystalError::InvalidLattice`] where no cell has these lengths and angles.
impl Lattice {
    /// A cube of edge `a`.
    ///
    /// # Errors
    ///
    /// [`CrystalError::InvalidLattice`] unless the length is positive.
    ///
    /// # Examples
    ///
    /// ```
    /// use s2s_crystal::Lattice;
    ///
    /// assert_eq!(Lattice::cubic(4.0)?.lengths(), [4.0; 3]);
    /// # Ok::<(), s2s_crystal::CrystalError>(())
    /// ```
    pub fn cubic(a: f64) -> Result<Self, CrystalError> {
        Self::from_parameters([a; 3], [90.0; 3])
    }

    /// A square prism: `a = b`, right angles.
    ///
    /// # Errors
    ///
    /// [`CrystalError::InvalidLattice`] unless the lengths are positive.
    pub fn tetragonal(a: f64, c: f64) -> Result<Self, CrystalError> {
        Self::from_parameters([a, a, c], [90.0; 3])
    }

    /// A brick: right angles.
    ///
    /// # Errors
    ///
    /// [`CrystalError::InvalidLattice`] unless the lengths are positive.
    pub fn orthorhombic(a: f64, b: f64, c: f64) -> Result<Self, CrystalError> {
        Self::from_parameters([a, b, c], [90.0; 3])
    }

    /// Hexagonal axes, also those of trigonal crystals: `a = b`, γ = 120°.
    ///
    /// # Errors
    ///
    /// [`CrystalError::InvalidLattice`] unless the lengths are positive.
    pub fn hexagonal(a: f64, c: f64) -> Result<Self, CrystalError> {
        Self::from_parameters([a, a, c], [90.0, 90.0, 120.0])
    }

    /// Rhombohedral axes: three equal lengths, three equal angles; 60° makes the primitive cell of a face-centered cube.
    ///
    /// # Errors
    ///
    /// [`CrystalError::InvalidLattice`] unless the length is positive and the angle between 0° and 120°.
    pub fn rhombohedral(a: f64, alpha: f64) -> Result<Self, CrystalError> {
        Self::from_parameters([a; 3], [alpha; 3])
    }

    /// A monoclinic cell with unique axis b: α = γ = 90°.
    ///
    /// # Errors
    ///
    /// [`CrystalError::InvalidLattice`] unless the lengths are positive and the angle between 0° and 180°.
    pub fn monoclinic(a: f64, b: f64, c: f64, beta: f64) -> Result<Self, CrystalError> {
        Self::from_parameters([a, b, c], [90.0, beta, 90.0])
    }
}
