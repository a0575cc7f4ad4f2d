//! Finding atoms that lie on each other.
//!
//! Atoms are filed by the small box that they lie in. A box is eight tolerances wide, and accepted atoms are at least
//! one tolerance apart, so that a box holds a bounded number of them however the input clusters: the search is linear
//! in the number of atoms. An atom near a wall is also looked for behind that wall.

use crate::Lattice;

/// Atoms of a periodic cell, no two closer than a tolerance.
#[derive(Debug)]
pub(crate) struct Coincidence {
    rows: [[f64; 3]; 3],
    square: f64,
    /// The tolerance in units of each lattice vector.
    reach: [f64; 3],
    boxes: [f64; 3],
    positions: Vec<[f64; 3]>,
    /// Last atom of each slot, plus one; empty while there are few atoms.
    heads: Vec<u32>,
    /// Earlier atom in the same slot, plus one.
    earlier: Vec<u32>,
}

/// Up to this many atoms are compared one by one.
const FEW: usize = 24;

/// Special positions, such as 0 and 1/2, should not lie on the walls of boxes.
const SHIFT: f64 = 0.013_157_894_7;

/// Most boxes along a lattice vector.
const MOST_BOXES: f64 = 65_536.0;

/// The part of a coordinate within [0, 1).
#[inline]
pub(crate) fn inside(x: f64) -> f64 {
    // Truncation is one instruction everywhere, `floor` is a call on older processors. Beyond 2⁶³ it saturates, and
    // the remainder is zero there anyway.
    let whole = x as i64 as f64;
    let rest = x - whole;
    let rest = if rest < 0.0 { rest + 1.0 } else { rest };
    if rest < 1.0 { rest } else { 0.0 }
}

impl Coincidence {
    /// An empty cell that expects this many atoms.
    pub(crate) fn new(lattice: &Lattice, tolerance: f64, expected: usize) -> Self {
        let thickness = lattice.thickness();
        // Half the thickness keeps the nearest image the only candidate.
        let reach = thickness.map(|thick| (tolerance / thick).min(0.25));
        let boxes = reach.map(|reach| (1.0 / (8.0 * reach)).floor().clamp(1.0, MOST_BOXES));
        let (heads, earlier) = if expected > FEW {
            (vec![0; (2 * expected).next_power_of_two()], Vec::with_capacity(expected))
        } else {
            (Vec::new(), Vec::new())
        };
        Self {
            rows: lattice.rows(),
            square: tolerance * tolerance,
            reach,
            boxes,
            positions: Vec::with_capacity(expected),
            heads,
            earlier,
        }
    }

    /// Forgets all atoms.
    pub(crate) fn clear(&mut self) {
        self.positions.clear();
        self.heads.clear();
        self.earlier.clear();
    }

    /// The atom at this place; the coordinates lie in [0, 1).
    #[inline]
    pub(crate) fn find(&self, position: [f64; 3]) -> Option<usize> {
        if self.heads.is_empty() {
            return self.positions.iter().position(|&other| self.coincide(other, position));
        }
        let mut nearby = [[0_u32; 2]; 3];
        let mut sides = [1; 3];
        for k in 0..3 {
            let scaled = inside(position[k] + SHIFT) * self.boxes[k];
            let number = scaled as u32;
            nearby[k][0] = number;
            let within = scaled - f64::from(number);
            let margin = self.reach[k] * self.boxes[k];
            let count = self.boxes[k] as u32;
            if within < margin && count > 1 {
                nearby[k][1] = if number == 0 { count - 1 } else { number - 1 };
                sides[k] = 2;
            } else if within > 1.0 - margin && count > 1 {
                nearby[k][1] = if number + 1 >= count { 0 } else { number + 1 };
                sides[k] = 2;
            }
        }
        for &a in &nearby[0][..sides[0]] {
            for &b in &nearby[1][..sides[1]] {
                for &c in &nearby[2][..sides[2]] {
                    let mut next = self.heads[self.slot([a, b, c])];
                    while let Some(atom) = (next as usize).checked_sub(1) {
                        if self.coincide(self.positions[atom], position) {
                            return Some(atom);
                        }
                        next = self.earlier[atom];
                    }
                }
            }
        }
        None
    }

    /// Adds an atom that [`find`](Self::find) did not find.
    pub(crate) fn insert(&mut self, position: [f64; 3]) {
        self.positions.push(position);
        if self.heads.is_empty() {
            if self.positions.len() > FEW {
                self.file_all(2 * self.positions.len());
            }
        } else if self.positions.len() > self.heads.len() {
            self.file_all(2 * self.positions.len());
        } else {
            self.file(self.positions.len() - 1);
        }
    }

    fn file_all(&mut self, slots: usize) {
        self.heads = vec![0; slots.next_power_of_two()];
        self.earlier.clear();
        (0..self.positions.len()).for_each(|atom| self.file(atom));
    }

    fn file(&mut self, atom: usize) {
        let position = self.positions[atom];
        let number = [0, 1, 2].map(|k| (inside(position[k] + SHIFT) * self.boxes[k]) as u32);
        let slot = self.slot(number);
        self.earlier.push(self.heads[slot]);
        self.heads[slot] = atom as u32 + 1;
    }

    #[inline]
    fn slot(&self, [a, b, c]: [u32; 3]) -> usize {
        let key = u64::from(a) << 40 | u64::from(b) << 20 | u64::from(c);
        // Fibonacci hashing: the high bits of the product depend on every bit of the key.
        (key.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) as usize & (self.heads.len() - 1)
    }

    #[inline]
    pub(crate) fn coincide(&self, p: [f64; 3], q: [f64; 3]) -> bool {
        let mut d = [0.0; 3];
        for k in 0..3 {
            let apart = nearest(p[k] - q[k]);
            if apart.abs() > self.reach[k] {
                return false;
            }
            d[k] = apart;
        }
        let along = |k: usize| d[0] * self.rows[0][k] + d[1] * self.rows[1][k] + d[2] * self.rows[2][k];
        let (x, y, z) = (along(0), along(1), along(2));
        x * x + y * y + z * z <= self.square
    }
}

/// The difference of two coordinates in [0, 1), reduced to the nearest image.
#[inline]
pub(crate) fn nearest(difference: f64) -> f64 {
    if difference > 0.5 {
        difference - 1.0
    } else if difference < -0.5 {
        difference + 1.0
    } else {
        difference
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn boxes_find_what_comparing_all_pairs_finds(
            points in prop::collection::vec(prop::array::uniform3(0.0..1.0_f64), 1..120),
            lengths in prop::array::uniform3(1.0..6.0_f64),
            tolerance in 0.01..0.4_f64,
        ) {
            let lattice = Lattice::from_parameters(lengths, [80.0, 95.0, 115.0])?;
            let mut filed = Coincidence::new(&lattice, tolerance, points.len() + FEW);
            let mut plain: Vec<[f64; 3]> = Vec::new();
            for point in points {
                let expected = plain.iter().any(|&p| filed.coincide(p, point));
                prop_assert_eq!(filed.find(point).is_some(), expected);
                if !expected {
                    filed.insert(point);
                    plain.push(point);
                }
            }
        }
    }

    #[test]
    fn the_part_inside_the_cell_is_below_one() {
        for (x, expected) in [(1.25, 0.25), (-0.25, 0.75), (-1e-20, 0.0), (3.0, 0.0), (-2.0, 0.0), (1e300, 0.0)] {
            assert_eq!(inside(x), expected, "{x}");
        }
    }
}
