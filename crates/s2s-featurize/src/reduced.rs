//! The reduced cell of a lattice: the same for every choice of basis vectors.

use s2s_crystal::Lattice;

/// Lengths in Å and angles in degrees of the Niggli cell.
///
/// Any other basis of the same lattice, in any orientation, gives the same six numbers up to rounding. They do not move
/// smoothly: where two bases are equally short, a tiny strain can switch angles from acute to obtuse.
///
/// # Source
///
/// Křivý & Gruber, Acta Cryst. A32, 297 (1976); with the tolerances of Grosse-Kunstleve, Sauter & Adams,
/// Acta Cryst. A60, 1 (2004), steps A1 to A8.
pub(crate) fn reduced_parameters(lattice: &Lattice) -> ([f64; 3], [f64; 3]) {
    // From short vectors the metric has few digits to lose.
    let [a, b, c] = lattice.minkowski_reduced().map_or(*lattice, |reduced| reduced.lattice).vectors();
    let tolerance = TOLERANCE * lattice.volume().powf(2.0 / 3.0);
    let mut form = Form {
        squares: [dot(a, a), dot(b, b), dot(c, c)],
        products: [2.0 * dot(b, c), 2.0 * dot(a, c), 2.0 * dot(a, b)],
    };
    // Every round but the last shortens a vector; the limit only stops a form that rounding noise keeps alive.
    for _ in 0..MAX_ROUNDS {
        form.sort(tolerance);
        form.align_signs(tolerance);
        if !form.shorten(tolerance) {
            break;
        }
    }
    let lengths = form.squares.map(|s| s.max(0.0).sqrt());
    let pairs = [(1, 2), (0, 2), (0, 1)];
    let cosine = |k: usize| {
        let (i, j) = pairs[k];
        form.products[k] / (2.0 * lengths[i] * lengths[j])
    };
    (lengths, [0, 1, 2].map(|k| cosine(k).clamp(-1.0, 1.0).acos().to_degrees()))
}

/// Relative to the square of the edge of a cube with the cell's volume.
const TOLERANCE: f64 = 1e-5;

const MAX_ROUNDS: usize = 1000;

/// The metric of a basis: A, B, C (squared lengths) and ξ, η, ζ (twice the scalar products bc, ac, ab), in Å².
struct Form {
    squares: [f64; 3],
    products: [f64; 3],
}

impl Form {
    /// A1 and A2: the shortest vector first.
    fn sort(&mut self, tolerance: f64) {
        for (i, j) in [(0, 1), (1, 2), (0, 1)] {
            let longer = self.squares[i] > self.squares[j] + tolerance;
            let equal = (self.squares[i] - self.squares[j]).abs() <= tolerance;
            if longer || (equal && self.products[i].abs() > self.products[j].abs() + tolerance) {
                self.squares.swap(i, j);
                self.products.swap(i, j);
            }
        }
    }

    /// A3 and A4: all angles acute, or none.
    fn align_signs(&mut self, tolerance: f64) {
        let negative = self.products.iter().filter(|p| **p < -tolerance).count();
        let positive = self.products.iter().filter(|p| **p > tolerance).count();
        let acute = positive == 3 || (positive == 1 && negative == 2);
        self.products = self.products.map(|p| if acute { p.abs() } else { -p.abs() });
    }

    /// A5 to A8: the first replacement that applies; `false` if none does and the form is reduced.
    fn shorten(&mut self, tolerance: f64) -> bool {
        let [a, b, c] = self.squares;
        let [xi, eta, zeta] = self.products;
        let less = |x: f64, y: f64| x < y - tolerance;
        let equal = |x: f64, y: f64| (x - y).abs() <= tolerance;
        // A product that equals its square is at the border, where the second product decides.
        let too_slanted = |product: f64, square: f64, second: f64, third: f64| {
            less(square, product.abs())
                || (equal(product, square) && less(2.0 * second, third))
                || (equal(product, -square) && less(third, 0.0))
        };
        if too_slanted(xi, b, eta, zeta) {
            let sign = xi.signum();
            self.squares[2] = b + c - xi * sign;
            self.products = [xi - 2.0 * b * sign, eta - zeta * sign, zeta];
        } else if too_slanted(eta, a, xi, zeta) {
            let sign = eta.signum();
            self.squares[2] = a + c - eta * sign;
            self.products = [xi - zeta * sign, eta - 2.0 * a * sign, zeta];
        } else if too_slanted(zeta, a, xi, eta) {
            let sign = zeta.signum();
            self.squares[1] = a + b - zeta * sign;
            self.products = [xi - eta * sign, eta, zeta - 2.0 * a * sign];
        } else {
            let diagonal = xi + eta + zeta + a + b;
            if !(less(diagonal, 0.0) || (equal(diagonal, 0.0) && less(0.0, 2.0 * (a + eta) + zeta))) {
                return false;
            }
            self.squares[2] = c + diagonal;
            self.products = [2.0 * b + xi + zeta, 2.0 * a + eta + zeta, zeta];
        }
        true
    }
}

fn dot(u: [f64; 3], v: [f64; 3]) -> f64 {
    u[0] * v[0] + u[1] * v[1] + u[2] * v[2]
}

#[cfg(test)]
mod tests {
    use s2s_crystal::CrystalError;

    use super::*;

    #[track_caller]
    fn check(rows: [[f64; 3]; 3], lengths: [f64; 3], angles: [f64; 3]) -> Result<(), CrystalError> {
        let (found_lengths, found_angles) = reduced_parameters(&Lattice::from_rows(rows)?);
        for k in 0..3 {
            assert!((found_lengths[k] - lengths[k]).abs() < 1e-6, "{found_lengths:?}");
            assert!((found_angles[k] - angles[k]).abs() < 1e-4, "{found_angles:?}");
        }
        Ok(())
    }

    #[test]
    fn textbook_lattices_reduce_to_their_niggli_cells() -> Result<(), CrystalError> {
        let (edge, half) = (1.0, 0.5_f64);
        let short = half.sqrt();
        // Face-centered cubic: the rhombohedron with 60°, from the primitive and from a slanted basis.
        check([[0.0, half, half], [half, 0.0, half], [half, half, 0.0]], [short; 3], [60.0; 3])?;
        check([[0.0, half, half], [half, half, edge], [half, half, 0.0]], [short; 3], [60.0; 3])?;
        // Body-centered cubic: all angles arccos(−1/3).
        check(
            [[-half, half, half], [half, -half, half], [half, half, -half]],
            [0.75_f64.sqrt(); 3],
            [109.471_220_6; 3],
        )?;
        // Křivý and Gruber's own example.
        let (lengths, angles) = reduced_parameters(&Lattice::from_parameters(
            [3.0, 5.196_152_4, 2.0],
            [103.919_747_3, 109.471_223_0, 134.882_109_5],
        )?);
        for (found, expected) in lengths.iter().zip([2.0, 3.0, 3.0]) {
            assert!((found - expected).abs() < 1e-5, "{lengths:?}");
        }
        for (found, expected) in angles.iter().zip([60.0, 75.522_487_8, 70.528_779_4]) {
            assert!((found - expected).abs() < 1e-2, "{angles:?}");
        }
        Ok(())
    }
}
