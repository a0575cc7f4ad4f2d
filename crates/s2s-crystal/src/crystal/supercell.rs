//! Larger cells of the same crystal.

use super::{Crystal, descriptions::wrapped_along};
use crate::{CrystalError, Frac, Lattice, Site};

/// Sites that a supercell has at most.
const MAX_SITES: usize = 10_000_000;

/// Lattice vectors that a vector of a supercell may step over; sums of products of more would overflow.
const MAX_STEPS: u32 = 100_000;

impl Crystal {
    /// The same crystal in the cell that is spanned by these sums of lattice vectors, as rows.
    ///
    /// Every site is followed by its copies; coordinates are wrapped into [0, 1) along the vectors that the crystal
    /// repeats along.
    ///
    /// # Errors
    ///
    /// [`CrystalError::InvalidLattice`] if the rows span no volume, [`CrystalError::LimitExceeded`] beyond ten million
    /// sites or a hundred thousand steps, [`CrystalError::NotPeriodic`] if a row steps along a vector that the crystal
    /// does not repeat along, other than that vector itself.
    ///
    /// # Examples
    ///
    /// ```
    /// use s2s_crystal::{Crystal, Element, Lattice};
    ///
    /// let polonium = Crystal::ordered(Lattice::cubic(3.35)?, [(Element::PO, [0.0; 3])])?;
    /// let face_centered = polonium.supercell([[1, 1, 0], [1, 0, 1], [0, 1, 1]])?;
    /// assert_eq!(face_centered.num_sites(), 2);
    /// # Ok::<(), s2s_crystal::CrystalError>(())
    /// ```
    pub fn supercell(&self, rows: [[i32; 3]; 3]) -> Result<Self, CrystalError> {
        if rows.iter().flatten().any(|steps| steps.unsigned_abs() > MAX_STEPS) {
            return Err(CrystalError::LimitExceeded { what: "a step of the supercell", limit: MAX_STEPS as usize });
        }
        let alone = |k: usize| (0..3).all(|j| rows[k][j] == i32::from(j == k) && rows[j][k] == i32::from(j == k));
        if (0..3).any(|k| !self.periodic[k] && !alone(k)) {
            return Err(CrystalError::NotPeriodic);
        }
        let whole = rows.map(|row| row.map(i64::from));
        let minor = |r: usize, c: usize| minor(rows, r, c);
        let determinant = determinant(rows);
        if determinant == 0 {
            return Err(CrystalError::InvalidLattice { reason: "the supercell has no volume" });
        }
        if determinant.unsigned_abs() > (MAX_SITES / self.num_sites()) as u128 {
            return Err(CrystalError::LimitExceeded { what: "the number of sites", limit: MAX_SITES });
        }
        let inverse = [0, 1, 2].map(|r| [0, 1, 2].map(|c| minor(c, r) as f64 / determinant as f64));
        let to_new =
            |x: [f64; 3]| [0, 1, 2].map(|k| x[0] * inverse[0][k] + x[1] * inverse[1][k] + x[2] * inverse[2][k]);
        let lattice = Lattice::from_rows(rows.map(|row| self.lattice.to_cart(Frac(row.map(f64::from))).0))?;
        let copies = cell_corners(whole);
        let mut sites = Vec::with_capacity(self.num_sites() * copies.len());
        for site in &self.sites {
            for corner in &copies {
                let at = [0, 1, 2].map(|k| site.position.0[k] + corner[k] as f64);
                sites.push(Site {
                    species: site.species.clone(),
                    position: wrapped_along(Frac(to_new(at)), self.periodic),
                });
            }
        }
        Ok(Self::new(lattice, sites)?.with_periodicity(self.periodic))
    }
}

/// Volume of the cell that these sums of lattice vectors span, with its sign, in units of the given cell.
pub(crate) fn determinant(rows: [[i32; 3]; 3]) -> i128 {
    (0..3).map(|c| i128::from(rows[0][c]) * minor(rows, 0, c)).sum()
}

fn minor(rows: [[i32; 3]; 3], r: usize, c: usize) -> i128 {
    let (r1, r2, c1, c2) = ((r + 1) % 3, (r + 2) % 3, (c + 1) % 3, (c + 2) % 3);
    i128::from(rows[r1][c1]) * i128::from(rows[r2][c2]) - i128::from(rows[r1][c2]) * i128::from(rows[r2][c1])
}

/// One corner of every cell in the supercell: those below the diagonal of the Hermite normal form, which spans the same
/// lattice.
fn cell_corners(mut rows: [[i64; 3]; 3]) -> Vec<[i64; 3]> {
    for column in 0..3 {
        // Euclid's algorithm on the rows from `column` on, until only the first of them is not zero in this column.
        while (column + 1..3).any(|row| rows[row][column] != 0) {
            let least = (column..3).filter(|row| rows[*row][column] != 0).min_by_key(|row| rows[*row][column].abs());
            rows.swap(column, least.unwrap_or(column));
            for row in column + 1..3 {
                let times = rows[row][column] / rows[column][column];
                let pivot = rows[column];
                rows[row].iter_mut().zip(pivot).for_each(|(x, p)| *x -= times * p);
            }
        }
    }
    let [a, b, c] = [0, 1, 2].map(|k| rows[k][k].abs());
    (0..a).flat_map(|i| (0..b).flat_map(move |j| (0..c).map(move |k| [i, j, k]))).collect()
}
