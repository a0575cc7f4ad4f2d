//! The cell that the search runs in, and the range of bins that it visits.

use super::super::Cutoff;
use crate::{Crystal, CrystalError, Frac, Lattice};

/// Volume of the cell over that of the brick with its plane spacings, from which on the reduced cell is worth its while.
const SLANTED: f64 = 2.0;

/// Atoms that a bin holds on average; more make gathering cheaper, fewer make scanning cheaper.
const ATOMS_PER_BIN: f64 = 24.0;

/// Size of a cell, and cutoff, in Å from which on single precision could overflow.
const MAX_SPAN: f64 = 1e12;

/// Most vectors of the one cell that a vector of the other is summed of: products of three such numbers fit in 64 bits.
const MAX_STEPS: f64 = 1e8;

/// The cell, and the bins it is cut into.
#[derive(Debug)]
pub(super) struct Frame {
    /// The crystal's lattice.
    lattice: Lattice,
    /// Vectors of the cell in Å.
    pub(super) rows: [[f64; 3]; 3],
    /// From the crystal's fractional coordinates to the frame's, unless they are the same.
    pub(super) to_frame: Option<[[f64; 3]; 3]>,
    /// From steps along the frame's vectors to steps along the crystal's.
    pub(super) to_crystal: [[i32; 3]; 3],
    pub(super) periodic: [bool; 3],
    /// How far the coarse radius reaches along each vector, in units of the vector.
    pub(super) reach: [f64; 3],
    /// Number of bins along each vector.
    pub(super) bins: [usize; 3],
    /// Bins per unit of the vector.
    pub(super) bin_density: [f64; 3],
    cutoff: f64,
    /// What a coordinate can be off by, in Å, in single precision.
    pub(super) slack: f64,
    spacings: [f64; 3],
}

impl Frame {
    pub(super) fn new(crystal: &Crystal, cutoff: Cutoff) -> Result<Self, CrystalError> {
        let own = crystal.lattice();
        let periodic = crystal.periodic();
        let mut frame = Self {
            lattice: *own,
            rows: own.vectors(),
            to_frame: None,
            to_crystal: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
            periodic,
            reach: [0.0; 3],
            bins: [1; 3],
            bin_density: [1.0; 3],
            cutoff: cutoff.to_angstrom(),
            slack: 0.0,
            spacings: own.plane_spacings(),
        };
        if periodic == [true; 3] && own.volume() > SLANTED * frame.spacings.iter().product::<f64>() {
            // A lattice that cannot be reduced, or whose reduced vectors are sums of too many, is searched as it is.
            if let Ok(reduced) = own.minkowski_reduced() {
                let to_frame = inverse(reduced.transform);
                let forth = reduced.transform.iter().flatten().map(|step| f64::from(*step));
                if forth.chain(to_frame.iter().flatten().copied()).all(|step| step.abs() <= MAX_STEPS) {
                    frame.rows = reduced.lattice.vectors();
                    frame.spacings = reduced.lattice.plane_spacings();
                    frame.to_crystal = reduced.transform;
                    frame.to_frame = Some(to_frame);
                }
            }
        }
        Ok(frame)
    }

    /// Cuts the cell into bins, now that the atoms are known to fill `extent` of it (one, where it is periodic).
    pub(super) fn cut(&mut self, atoms: usize, extent: [f64; 3], farthest: f64) -> Result<(), CrystalError> {
        let widths = [0, 1, 2].map(|k| extent[k] * self.spacings[k]);
        let largest = self.rows.iter().flatten().fold(0.0_f64, |largest, x| largest.max(x.abs()));
        let widest = extent.iter().fold(1.0_f64, |widest, x| widest.max(*x));
        // Images reach beyond the cell by the cutoff at most, and a cell's width.
        let span = self.cutoff + 3.0 * largest * (1.0 + widest);
        if span.max(farthest) > MAX_SPAN {
            return Err(CrystalError::LimitExceeded { what: "the size of the cell in Å", limit: MAX_SPAN as usize });
        }
        let brick = widths.iter().map(|width| width.max(1.0)).product::<f64>();
        let mut width = (brick * ATOMS_PER_BIN / atoms as f64).cbrt();
        let count = |along: f64, width: f64| (along / width).round().clamp(1.0, atoms as f64);
        while widths.iter().map(|along| count(*along, width)).product::<f64>() > atoms as f64 {
            width *= 1.5;
        }
        self.bins = widths.map(|along| count(along, width) as usize);
        self.bin_density = [0, 1, 2].map(|k| self.bins[k] as f64 / extent[k].max(f64::MIN_POSITIVE));
        // Single precision rounds to 6e-8 of the value, once for the atom, once for the shift and once for their sum.
        self.slack = 4e-7 * span + 1e-14 * farthest;
        let radius = self.coarse_radius();
        self.reach = self.spacings.map(|spacing| radius / spacing * (1.0 + 1e-12) + 1e-12);
        Ok(())
    }

    /// The cutoff plus what single precision can be off by, in Å.
    pub(super) fn coarse_radius(&self) -> f64 {
        (self.cutoff + 4.0 * self.slack) * (1.0 + 1e-6)
    }

    /// The square of the coarse radius, rounded up.
    pub(super) fn coarse_radius_squared(&self) -> f32 {
        (self.coarse_radius() as f32).powi(2) * (1.0 + 1e-6)
    }

    /// The square of the cutoff in Å².
    pub(super) fn cutoff_squared(&self) -> f64 {
        self.cutoff * self.cutoff
    }

    /// How many cells away the search can look along each vector.
    pub(super) fn image_reach(&self) -> [i64; 3] {
        [0, 1, 2].map(|axis| if self.periodic[axis] { self.reach[axis].min(1e9) as i64 + 1 } else { 0 })
    }

    /// The frame's coordinates of a position given in the crystal's, and the crystal's lattice vectors that were taken
    /// away before: a position far from the origin would lose its digits on the way.
    pub(super) fn coordinates(&self, position: [f64; 3]) -> ([f64; 3], [f64; 3]) {
        let Some(m) = self.to_frame else { return (position, [0.0; 3]) };
        let cells = position.map(f64::floor);
        let [x, y, z] = [position[0] - cells[0], position[1] - cells[1], position[2] - cells[2]];
        ([0, 1, 2].map(|k| x * m[0][k] + y * m[1][k] + z * m[2][k]), cells)
    }

    /// Steps along the crystal's vectors; those along the frame's are at most a few times [`MAX_STEPS`].
    pub(super) fn to_crystal(&self, steps: [i64; 3]) -> [i64; 3] {
        let m = self.to_crystal.map(|row| row.map(i64::from));
        [0, 1, 2].map(|k| steps[0] * m[0][k] + steps[1] * m[1][k] + steps[2] * m[2][k])
    }

    /// From steps along the crystal's vectors to Å, summed as all searches do.
    pub(super) fn crystal_cart(&self, steps: [i64; 3]) -> [f64; 3] {
        self.lattice.to_cart(Frac(steps.map(|step| step as f64))).0
    }

    /// From steps along the frame's vectors to Å.
    pub(super) fn cart(&self, at: [f64; 3]) -> [f64; 3] {
        let m = self.rows;
        [0, 1, 2].map(|k| at[0] * m[0][k] + at[1] * m[1][k] + at[2] * m[2][k])
    }
}

/// Inverse of a matrix of whole numbers with determinant ±1: whole numbers again.
fn inverse(m: [[i32; 3]; 3]) -> [[f64; 3]; 3] {
    // Products of entries up to 10⁹ exceed what doubles hold exactly.
    let m = m.map(|row| row.map(i128::from));
    let minor = |r: usize, c: usize| {
        let (r1, r2, c1, c2) = ((r + 1) % 3, (r + 2) % 3, (c + 1) % 3, (c + 2) % 3);
        m[r1][c1] * m[r2][c2] - m[r1][c2] * m[r2][c1]
    };
    let determinant = m[0][0] * minor(0, 0) + m[0][1] * minor(0, 1) + m[0][2] * minor(0, 2);
    [0, 1, 2].map(|r| [0, 1, 2].map(|c| (minor(c, r) * determinant) as f64))
}
