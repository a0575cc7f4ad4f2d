//! Niggli reduction: the basis that is the same for every basis of a lattice.

use std::cmp::Ordering;

use super::{Lattice, ReducedLattice, dot};
use crate::CrystalError;

/// Products of vectors closer than this, in units of the volume's power ⅔, count as equal.
const TOLERANCE: f64 = 1e-7;

/// Most multiples of an original vector that a reduced one may hold.
const MAX_MULTIPLE: i64 = 1_000_000_000;

/// Steps after which we stop; Minkowski-reduced cells need fewer than ten.
const MAX_STEPS: usize = 1000;

impl Lattice {
    /// Niggli's reduced basis: lengths and angles are the same for every basis of the same lattice.
    ///
    /// # Errors
    ///
    /// As [`minkowski_reduced`](Self::minkowski_reduced).
    ///
    /// # Source
    ///
    /// Křivý and Gruber, Acta Cryst. A32, 297 (1976), with the tolerances of Grosse-Kunstleve, Sauter and Adams,
    /// Acta Cryst. A60, 1 (2004).
    ///
    /// # Examples
    ///
    /// ```
    /// use s2s_crystal::Lattice;
    ///
    /// let centered = Lattice::from_rows([[4.0, 0.0, 0.0], [2.0, 2.0, 0.0], [2.0, 0.0, 2.0]])?; // face-centered cubic
    /// let angles = centered.niggli_reduced()?.lattice.angles();
    /// assert!(angles.iter().all(|angle| (angle - 60.0).abs() < 1e-9));
    /// # Ok::<(), s2s_crystal::CrystalError>(())
    /// ```
    pub fn niggli_reduced(&self) -> Result<ReducedLattice, CrystalError> {
        let start = self.minkowski_reduced()?;
        let tolerance = TOLERANCE * self.volume().powf(2.0 / 3.0);
        let cell = Cell { rows: start.lattice.vectors(), steps: start.transform.map(|row| row.map(i64::from)) };
        let (cell, _) = cell.reduce(tolerance)?;
        let transform = cell.steps.map(|row| row.map(|steps| steps as i32));
        // Summed afresh from the original vectors, so that rounding does not pile up.
        let [a, b, c] = self.vectors();
        let sum = |[i, j, k]: [i32; 3]| {
            [0, 1, 2].map(|axis| f64::from(i) * a[axis] + f64::from(j) * b[axis] + f64::from(k) * c[axis])
        };
        Ok(ReducedLattice { lattice: Self::from_rows(transform.map(sum))?, transform })
    }
}

/// Three vectors in Å, and in steps along the original ones.
#[derive(Clone, Copy)]
struct Cell {
    rows: [[f64; 3]; 3],
    steps: [[i64; 3]; 3],
}

impl Cell {
    /// The cell to which no step applies any more, and how many were taken.
    ///
    /// Equality within a tolerance is not transitive, so that steps may lead back to a cell that they have left. Of the
    /// cells of such a cycle the one with the smallest products of vectors is taken.
    fn reduce(self, tolerance: f64) -> Result<(Self, usize), CrystalError> {
        let mut cells = vec![self];
        while cells.len() <= MAX_STEPS {
            let mut cell = cells[cells.len() - 1];
            if !cell.improve(tolerance) {
                return Ok((cell, cells.len() - 1));
            }
            if cell.steps.iter().flatten().any(|steps| steps.abs() > MAX_MULTIPLE) {
                return Err(CrystalError::InvalidLattice { reason: "the lattice vectors are nearly parallel" });
            }
            if let Some(first) = cells.iter().position(|earlier| earlier.steps == cell.steps) {
                let products = |cell: &Self| cell.rows.map(|u| cell.rows.map(|v| dot(u, v)));
                let by_products = |a: &Self, b: &Self| {
                    let pairs = products(a).into_iter().flatten().zip(products(b).into_iter().flatten());
                    pairs.fold(Ordering::Equal, |order, (a, b)| order.then(a.total_cmp(&b)))
                };
                let least = cells[first..].iter().copied().min_by(by_products).unwrap_or(cell);
                return Ok((least, cells.len()));
            }
            cells.push(cell);
        }
        Ok((cells[cells.len() - 1], MAX_STEPS))
    }

    /// Carries out the first of the eight steps that applies, with its number in the first paper; `false` if none does.
    fn improve(&mut self, tolerance: f64) -> bool {
        let less = |x: f64, y: f64| x < y - tolerance;
        let equal = |x: f64, y: f64| (x - y).abs() <= tolerance;
        let [[aa, ab, ac], [_, bb, bc], [_, _, cc]] = self.rows.map(|u| self.rows.map(|v| dot(u, v)));
        let (xi, eta, zeta) = (2.0 * bc, 2.0 * ac, 2.0 * ab);
        // 1 and 2
        if less(bb, aa) || (equal(aa, bb) && less(eta.abs(), xi.abs())) {
            self.apply([[0, -1, 0], [-1, 0, 0], [0, 0, -1]]);
            return true;
        }
        if less(cc, bb) || (equal(bb, cc) && less(zeta.abs(), eta.abs())) {
            self.apply([[-1, 0, 0], [0, 0, -1], [0, -1, 0]]);
            return true;
        }
        // 3 and 4: all angles acute, or none.
        let signs = [xi, eta, zeta].map(|x| if x > tolerance { 1 } else { -i64::from(x < -tolerance) });
        let flips = if signs.iter().product::<i64>() > 0 { signs } else { none_acute(signs) };
        if flips != [1; 3] {
            let [i, j, k] = flips;
            self.apply([[i, 0, 0], [0, j, 0], [0, 0, k]]);
            return true;
        }
        // 5 to 8
        let sign = |x: f64| if x > 0.0 { 1 } else { -1 };
        if less(bb, xi.abs()) || (equal(xi, bb) && less(2.0 * eta, zeta)) || (equal(xi, -bb) && zeta < -tolerance) {
            self.apply([[1, 0, 0], [0, 1, 0], [0, -sign(xi), 1]]);
            return true;
        }
        if less(aa, eta.abs()) || (equal(eta, aa) && less(2.0 * xi, zeta)) || (equal(eta, -aa) && zeta < -tolerance) {
            self.apply([[1, 0, 0], [0, 1, 0], [-sign(eta), 0, 1]]);
            return true;
        }
        if less(aa, zeta.abs()) || (equal(zeta, aa) && less(2.0 * xi, eta)) || (equal(zeta, -aa) && eta < -tolerance) {
            self.apply([[1, 0, 0], [-sign(zeta), 1, 0], [0, 0, 1]]);
            return true;
        }
        let sum = xi + eta + zeta + aa + bb;
        if sum < -tolerance || (sum.abs() <= tolerance && 2.0 * (aa + eta) + zeta > tolerance) {
            self.apply([[1, 0, 0], [0, 1, 0], [1, 1, 1]]);
            return true;
        }
        false
    }

    /// Replaces the vectors by sums of them, given as rows.
    fn apply(&mut self, m: [[i64; 3]; 3]) {
        let rows = self.rows;
        self.rows = m.map(|n| [0, 1, 2].map(|axis| (0..3).map(|k| n[k] as f64 * rows[k][axis]).sum()));
        let steps = self.steps;
        self.steps = m.map(|n| [0, 1, 2].map(|axis| (0..3).map(|k| n[k] * steps[k][axis]).sum()));
    }
}

/// Signs of the vectors that leave no angle acute.
fn none_acute(signs: [i64; 3]) -> [i64; 3] {
    let mut flips = signs.map(|sign| if sign > 0 { -1 } else { 1 });
    if flips.iter().product::<i64>() < 0 {
        // Handedness is kept by turning round a vector whose angle is right, which does not change.
        if let Some(right) = signs.iter().rposition(|sign| *sign == 0) {
            flips[right] = -1;
        }
    }
    flips
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Products that are equal within the tolerance, just beyond it, or chained through a third one.
        #[test]
        fn lattices_that_are_nearly_regular_are_reduced_in_few_steps(
            pick in prop::array::uniform3(prop::array::uniform3(-2..=2_i32)),
            noise in prop::array::uniform3(prop::array::uniform3(-4.0..4.0_f64)),
            scale in prop::sample::select(vec![0.0, 0.02, 0.3, 1.0]),
        ) {
            let at = |r: usize, c: usize| f64::from(pick[r][c]) + noise[r][c] * scale * TOLERANCE;
            let rows = [0, 1, 2].map(|r| [0, 1, 2].map(|c| at(r, c)));
            let Ok(lattice) = Lattice::from_rows(rows) else { return Ok(()) };
            prop_assume!(lattice.volume() > 0.5);
            let tolerance = TOLERANCE * lattice.volume().powf(2.0 / 3.0);
            let cell = Cell { rows: lattice.vectors(), steps: [[1, 0, 0], [0, 1, 0], [0, 0, 1]] };
            let (_, steps) = cell.reduce(tolerance).expect("short vectors");
            prop_assert!(steps < 100, "{steps} steps");
            prop_assert!(lattice.niggli_reduced().is_ok());
        }
    }

    #[test]
    fn textbook_lattices_reduce_to_their_niggli_cells() -> Result<(), CrystalError> {
        let half = 0.5_f64;
        let short = half.sqrt();
        // Křivý and Gruber's example: squared lengths 9, 27 and 4, twice the scalar products −5, −4 and −22; reduced 4, 9, 9; 9, 3, 4.
        let angle = |product: f64, squares: f64| (product / 2.0 / squares.sqrt()).acos().to_degrees();
        let angles = [angle(-5.0, 27.0 * 4.0), angle(-4.0, 9.0 * 4.0), angle(-22.0, 9.0 * 27.0)];
        let example = Lattice::from_parameters([3.0, 27_f64.sqrt(), 2.0], angles)?.vectors();
        // Face-centered cubic, the rhombohedron with 60°, from the primitive and from a slanted basis; body-centered cubic, all angles
        // arccos(−1/3).
        for (rows, lengths, angles) in [
            ([[0.0, half, half], [half, 0.0, half], [half, half, 0.0]], [short; 3], [60.0; 3]),
            ([[0.0, half, half], [half, half, 1.0], [half, half, 0.0]], [short; 3], [60.0; 3]),
            ([[-half, half, half], [half, -half, half], [half, half, -half]], [0.75_f64.sqrt(); 3], [109.471_220_6; 3]),
            (example, [2.0, 3.0, 3.0], [60.0, 75.522_487_8, 70.528_779_4]),
        ] {
            let reduced = Lattice::from_rows(rows)?.niggli_reduced()?.lattice;
            let (found, found_angles) = (reduced.lengths(), reduced.angles());
            for k in 0..3 {
                assert!((found[k] - lengths[k]).abs() < 1e-6, "{found:?}");
                assert!((found_angles[k] - angles[k]).abs() < 1e-6, "{found_angles:?}");
            }
        }
        Ok(())
    }

    /// Three lengths that are equal one to the next, but not the first to the last: the steps go round.
    #[test]
    fn a_cycle_of_steps_ends() {
        let noise = [
            [0.0, 2.422673214230567, -2.846417595141915],
            [0.0, 1.9990408273613132, 0.0],
            [1.7328698852199043, 0.0, 0.6525010486484965],
        ];
        let pick = [[-2.0, -1.0, -2.0], [-1.0, 2.0, 1.0], [2.0, -1.0, 2.0]];
        let rows = [0, 1, 2].map(|r| [0, 1, 2].map(|c| pick[r][c] + noise[r][c] * 0.3 * TOLERANCE));
        let lattice = Lattice::from_rows(rows).expect("a lattice");
        let tolerance = TOLERANCE * lattice.volume().powf(2.0 / 3.0);
        let cell = Cell { rows: lattice.vectors(), steps: [[1, 0, 0], [0, 1, 0], [0, 0, 1]] };
        let (_, steps) = cell.reduce(tolerance).expect("short vectors");
        assert!(steps < 100, "{steps} steps");
    }
}
