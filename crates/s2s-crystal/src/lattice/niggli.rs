//! The reduced basis that is the same for every basis of a lattice.

use super::{Lattice, ReducedLattice, dot};
use crate::CrystalError;

/// Products of vectors closer than this, in units of the volume's power ⅔, count as equal.
const TOLERANCE: f64 = 1e-7;

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
        let mut cell = Cell { rows: start.lattice.rows(), steps: start.transform };
        for _ in 0..MAX_STEPS {
            if !cell.improve(tolerance) {
                break;
            }
        }
        // Summed afresh from the original vectors, so that rounding does not pile up.
        let [a, b, c] = self.rows();
        let sum = |[i, j, k]: [i32; 3]| {
            [0, 1, 2].map(|axis| f64::from(i) * a[axis] + f64::from(j) * b[axis] + f64::from(k) * c[axis])
        };
        Ok(ReducedLattice { lattice: Self::from_rows(cell.steps.map(sum))?, transform: cell.steps })
    }
}

/// Three vectors in Å, and in steps along the original ones.
struct Cell {
    rows: [[f64; 3]; 3],
    steps: [[i32; 3]; 3],
}

impl Cell {
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
        let signs = [xi, eta, zeta].map(|x| if x > tolerance { 1 } else { -i32::from(x < -tolerance) });
        let flips = if signs.iter().product::<i32>() > 0 { signs } else { none_acute(signs) };
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
    fn apply(&mut self, m: [[i32; 3]; 3]) {
        let rows = self.rows;
        self.rows = m.map(|n| [0, 1, 2].map(|axis| (0..3).map(|k| f64::from(n[k]) * rows[k][axis]).sum()));
        let steps = self.steps;
        self.steps = m.map(|n| [0, 1, 2].map(|axis| (0..3).map(|k| n[k] * steps[k][axis]).sum()));
    }
}

/// Signs of the vectors that leave no angle acute.
fn none_acute(signs: [i32; 3]) -> [i32; 3] {
    let mut flips = signs.map(|sign| if sign > 0 { -1 } else { 1 });
    if flips.iter().product::<i32>() < 0 {
        // Handedness is kept by turning round a vector whose angle is right, which does not change.
        if let Some(right) = signs.iter().rposition(|sign| *sign == 0) {
            flips[right] = -1;
        }
    }
    flips
}
