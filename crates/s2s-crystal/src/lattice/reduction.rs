//! Minkowski reduction: short and nearly orthogonal bases of a lattice.

use super::{Lattice, cross, dot};
use crate::CrystalError;

/// Another basis of the same lattice: `rows = transform · rows of the original`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ReducedLattice {
    /// The lattice with the new basis.
    pub lattice: Lattice,
    /// The new vectors in units of the old ones, as rows; the determinant is 1 or −1.
    pub transform: [[i32; 3]; 3],
}

/// Rounds of shortening after which we stop; a lattice that is not absurd needs fewer than ten.
const MAX_ROUNDS: usize = 1000;

/// How much shorter a vector must become to be worth another round, as a fraction of its squared length.
const GAIN: f64 = 1e-12;

impl Lattice {
    /// The three shortest vectors that span the lattice (Minkowski's reduced basis), shortest first.
    ///
    /// Its cells are never flatter than the lattice itself: the product of the lengths is at most twice the volume.
    ///
    /// # Errors
    ///
    /// [`CrystalError::InvalidLattice`] if the vectors are so long and so nearly parallel that their multiples
    /// cannot be counted.
    ///
    /// # Source
    ///
    /// Semaev, A 3-dimensional lattice reduction algorithm, LNCS 2146, 181 (2001); Nguyen and Stehlé, ACM Trans.
    /// Algorithms 5, 46 (2009), Theorem 5.1.
    ///
    /// # Examples
    ///
    /// ```
    /// use s2s_crystal::Lattice;
    ///
    /// let slanted = Lattice::from_rows([[1.0, 0.0, 0.0], [7.0, 1.0, 0.0], [-3.0, 5.0, 1.0]])?;
    /// let reduced = slanted.minkowski_reduced()?;
    /// assert_eq!(reduced.lattice.lengths(), [1.0; 3]);
    /// # Ok::<(), s2s_crystal::CrystalError>(())
    /// ```
    pub fn minkowski_reduced(&self) -> Result<ReducedLattice, CrystalError> {
        let mut basis =
            [0, 1, 2].map(|k| Vector { cart: self.vectors()[k], steps: [0, 1, 2].map(|l| f64::from(k == l)) });
        for _ in 0..MAX_ROUNDS {
            basis.sort_by(|u, v| u.squared().total_cmp(&v.squared()));
            let [a, b, c] = basis;
            let (a, b) = gauss(a, b);
            let shorter = c.closest_to_origin(a, b);
            let done = shorter.squared() >= c.squared() * (1.0 - GAIN);
            basis = [a, b, if done { c } else { shorter }];
            if done || basis[2].squared() >= b.squared() {
                basis.sort_by(|u, v| u.squared().total_cmp(&v.squared()));
                break;
            }
        }
        let invalid = CrystalError::InvalidLattice { reason: "the lattice vectors are nearly parallel" };
        if basis.iter().flat_map(|v| v.steps).any(|steps| steps.abs() > 1e9) {
            return Err(invalid);
        }
        let transform = basis.map(|v| v.steps.map(|steps| steps as i32));
        // The vectors are summed afresh from the original ones, so that rounding does not pile up.
        let rows = basis.map(|v| sum(self.vectors(), v.steps));
        Ok(ReducedLattice { lattice: Self::from_rows(rows).map_err(|_| invalid)?, transform })
    }
}

/// A lattice vector in Å and in steps along the original vectors.
#[derive(Clone, Copy)]
struct Vector {
    cart: [f64; 3],
    steps: [f64; 3],
}

impl Vector {
    fn squared(&self) -> f64 {
        dot(self.cart, self.cart)
    }

    fn plus(&self, times: f64, other: &Self) -> Self {
        let add = |u: [f64; 3], v: [f64; 3]| [0, 1, 2].map(|k| u[k] + times * v[k]);
        Self { cart: add(self.cart, other.cart), steps: add(self.steps, other.steps) }
    }

    /// The shortest of `self` plus multiples of `a` and `b`, which are Gauss-reduced.
    fn closest_to_origin(&self, a: Self, b: Self) -> Self {
        // Coordinates of the projection onto the plane of a and b; the best point is one of the corners around it.
        let normal = cross(a.cart, b.cart);
        let area = dot(normal, normal);
        let x = -dot(cross(self.cart, b.cart), normal) / area;
        let y = -dot(cross(a.cart, self.cart), normal) / area;
        if !(x.is_finite() && y.is_finite()) {
            return *self;
        }
        let mut best = *self;
        for i in [x.floor(), x.floor() + 1.0] {
            for j in [y.floor(), y.floor() + 1.0] {
                let candidate = self.plus(i, &a).plus(j, &b);
                if candidate.squared() < best.squared() {
                    best = candidate;
                }
            }
        }
        best
    }
}

/// The two shortest vectors of a plane lattice, shortest first (Gauss, Lagrange).
fn gauss(mut a: Vector, mut b: Vector) -> (Vector, Vector) {
    if b.squared() < a.squared() {
        (a, b) = (b, a);
    }
    for _ in 0..MAX_ROUNDS {
        let steps = (dot(a.cart, b.cart) / a.squared()).round();
        let shorter = b.plus(-steps, &a);
        if shorter.squared() >= a.squared() || steps == 0.0 {
            return (a, if shorter.squared() < b.squared() { shorter } else { b });
        }
        (a, b) = (shorter, a);
    }
    (a, b)
}

fn sum(rows: [[f64; 3]; 3], steps: [f64; 3]) -> [f64; 3] {
    [0, 1, 2].map(|k| steps[0] * rows[0][k] + steps[1] * rows[1][k] + steps[2] * rows[2][k])
}
