//! Lattices: three vectors that span a cell.

mod niggli;
mod reduction;
mod systems;

pub use reduction::ReducedLattice;

use serde::{Deserialize, Serialize};

use crate::{Cart, CrystalError, Frac};

/// Three lattice vectors in Å, as rows, that span a volume.
///
/// Rows may have any orientation and either handedness.
///
/// # Examples
///
/// ```
/// use s2s_crystal::{Frac, Lattice};
///
/// let cubic = Lattice::from_parameters([4.0, 4.0, 4.0], [90.0, 90.0, 90.0])?;
/// assert!((cubic.volume() - 64.0).abs() < 1e-9);
/// assert!((cubic.to_cart(Frac([0.5, 0.0, 0.0])).0[0] - 2.0).abs() < 1e-12);
/// # Ok::<(), s2s_crystal::CrystalError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "[[f64; 3]; 3]", into = "[[f64; 3]; 3]")]
pub struct Lattice {
    rows: [[f64; 3]; 3],
    inverse: [[f64; 3]; 3],
}

/// Volume of the unit parallelepiped below which three directions count as lying in a plane.
const FLAT: f64 = 1e-8;

impl Lattice {
    /// The lattice with these vectors in Å.
    ///
    /// # Errors
    ///
    /// [`CrystalError::InvalidLattice`] if a component is not finite, a vector has no length, or the three lie in a plane.
    pub fn from_rows(rows: [[f64; 3]; 3]) -> Result<Self, CrystalError> {
        let invalid = |reason| CrystalError::InvalidLattice { reason };
        if !rows.iter().flatten().all(|x| x.is_finite()) {
            return Err(invalid("a lattice vector is not finite"));
        }
        let [a, b, c] = rows;
        let scale = norm(a) * norm(b) * norm(c);
        let determinant = dot(a, cross(b, c));
        if scale.is_infinite() {
            return Err(invalid("the lattice vectors are too long"));
        }
        if !scale.is_normal() {
            return Err(invalid("a lattice vector has no length"));
        }
        if determinant.abs() < FLAT * scale {
            return Err(invalid("the lattice vectors lie in a plane"));
        }
        // Columns of the inverse are the reciprocal vectors (without 2π).
        let reciprocal = [cross(b, c), cross(c, a), cross(a, b)].map(|v| v.map(|x| x / determinant));
        let inverse = transpose(reciprocal);
        if !inverse.iter().flatten().all(|x| x.is_finite()) {
            return Err(invalid("the lattice vectors are too short or too long to invert"));
        }
        Ok(Self { rows, inverse })
    }

    /// The lattice with lengths a, b, c in Å and angles α, β, γ in degrees; **a** along x, **b** in the xy plane.
    ///
    /// # Errors
    ///
    /// [`CrystalError::InvalidLattice`] if no cell has these lengths and angles.
    pub fn from_parameters(lengths: [f64; 3], angles: [f64; 3]) -> Result<Self, CrystalError> {
        let invalid = |reason| CrystalError::InvalidLattice { reason };
        if !lengths.iter().all(|l| l.is_finite() && *l > 0.0) {
            return Err(invalid("a cell length is not a positive number"));
        }
        if !angles.iter().all(|x| x.is_finite() && *x > 0.0 && *x < 180.0) {
            return Err(invalid("a cell angle is not between 0° and 180°"));
        }
        let [a, b, c] = lengths;
        let [(_, cos_alpha), (_, cos_beta), (sin_gamma, cos_gamma)] = angles.map(exact_sin_cos);
        let cy = (cos_alpha - cos_beta * cos_gamma) / sin_gamma;
        let cz_squared = 1.0 - cos_beta * cos_beta - cy * cy;
        if cz_squared <= 0.0 {
            return Err(invalid("no cell has these three angles"));
        }
        Self::from_rows([
            [a, 0.0, 0.0],
            [b * cos_gamma, b * sin_gamma, 0.0],
            [c * cos_beta, c * cy, c * cz_squared.sqrt()],
        ])
    }

    /// The lattice vectors in Å.
    pub fn vectors(&self) -> [[f64; 3]; 3] {
        self.rows
    }

    /// Cell volume in Å³.
    pub fn volume(&self) -> f64 {
        let [a, b, c] = self.rows;
        dot(a, cross(b, c)).abs()
    }

    /// Lengths of the lattice vectors in Å.
    pub fn lengths(&self) -> [f64; 3] {
        self.rows.map(norm)
    }

    /// Angles α (b, c), β (a, c) and γ (a, b) in degrees.
    pub fn angles(&self) -> [f64; 3] {
        let [a, b, c] = self.rows;
        [(b, c), (a, c), (a, b)].map(|(u, v)| angle(dot(u, v), norm(u), norm(v)))
    }

    /// Distances between opposite faces of the cell in Å: how far a sphere reaches before it needs the next image.
    pub fn plane_spacings(&self) -> [f64; 3] {
        transpose(self.inverse).map(|reciprocal| 1.0 / norm(reciprocal))
    }

    /// From units of the lattice vectors to Å.
    pub fn to_cart(&self, position: Frac) -> Cart {
        Cart(row_times_matrix(position.0, self.rows))
    }

    /// From Å to units of the lattice vectors.
    pub fn to_frac(&self, position: Cart) -> Frac {
        Frac(row_times_matrix(position.0, self.inverse))
    }
}

impl TryFrom<[[f64; 3]; 3]> for Lattice {
    type Error = CrystalError;

    fn try_from(rows: [[f64; 3]; 3]) -> Result<Self, Self::Error> {
        Self::from_rows(rows)
    }
}

impl From<Lattice> for [[f64; 3]; 3] {
    fn from(lattice: Lattice) -> Self {
        lattice.rows
    }
}

/// Sine and cosine of an angle in degrees, without rounding noise at the angles that cells have most.
fn exact_sin_cos(degrees: f64) -> (f64, f64) {
    if degrees == 90.0 {
        (1.0, 0.0)
    } else if degrees == 120.0 {
        (3.0_f64.sqrt() / 2.0, -0.5)
    } else if degrees == 60.0 {
        (3.0_f64.sqrt() / 2.0, 0.5)
    } else {
        degrees.to_radians().sin_cos()
    }
}

pub(crate) fn dot(u: [f64; 3], v: [f64; 3]) -> f64 {
    u[0] * v[0] + u[1] * v[1] + u[2] * v[2]
}

/// The angle in degrees of two vectors with this scalar product and these lengths.
pub(crate) fn angle(product: f64, one: f64, other: f64) -> f64 {
    (product / (one * other)).clamp(-1.0, 1.0).acos().to_degrees()
}

fn norm(v: [f64; 3]) -> f64 {
    dot(v, v).sqrt()
}

pub(crate) fn cross(u: [f64; 3], v: [f64; 3]) -> [f64; 3] {
    [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]]
}

fn transpose(m: [[f64; 3]; 3]) -> [[f64; 3]; 3] {
    [0, 1, 2].map(|column| m.map(|row| row[column]))
}

fn row_times_matrix(row: [f64; 3], m: [[f64; 3]; 3]) -> [f64; 3] {
    [0, 1, 2].map(|k| row[0] * m[0][k] + row[1] * m[1][k] + row[2] * m[2][k])
}

#[cfg(test)]
mod tests {
    use approx::assert_relative_eq;

    use super::*;

    #[test]
    fn parameters_survive_the_round_trip_through_vectors() -> Result<(), CrystalError> {
        let lattice = Lattice::from_parameters([3.0, 4.0, 5.0], [80.0, 95.0, 120.0])?;
        for (found, expected) in lattice.lengths().iter().zip([3.0, 4.0, 5.0]) {
            assert_relative_eq!(*found, expected, epsilon = 1e-12);
        }
        for (found, expected) in lattice.angles().iter().zip([80.0, 95.0, 120.0]) {
            assert_relative_eq!(*found, expected, epsilon = 1e-9);
        }
        Ok(())
    }

    #[test]
    fn impossible_cells_say_why() {
        let message = |lattice: Result<Lattice, CrystalError>| lattice.map_err(|e| e.to_string()).err();
        assert_eq!(
            message(Lattice::from_parameters([1.0; 3], [60.0, 60.0, 150.0])).as_deref(),
            Some("invalid lattice: no cell has these three angles")
        );
        assert_eq!(
            message(Lattice::from_rows([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [1.0, 1.0, 0.0]])).as_deref(),
            Some("invalid lattice: the lattice vectors lie in a plane")
        );
    }

    #[test]
    fn plane_spacing_of_a_slanted_cell_is_less_than_its_edge() -> Result<(), CrystalError> {
        let slanted = Lattice::from_rows([[1.0, 0.0, 0.0], [3.0, 1.0, 0.0], [0.0, 0.0, 2.0]])?;
        let [along_a, along_b, along_c] = slanted.plane_spacings();
        assert_relative_eq!(along_a, 0.1_f64.sqrt(), epsilon = 1e-12);
        assert_relative_eq!(along_b, 1.0, epsilon = 1e-12);
        assert_relative_eq!(along_c, 2.0, epsilon = 1e-12);
        Ok(())
    }
}
