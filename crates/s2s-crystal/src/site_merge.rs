//! Merging of coinciding atoms.
//!
//! Atoms are filed by the small box that they lie in, and accepted atoms are at least one tolerance apart, so that a box
//! holds a bounded number of them however the input clusters and however long the cell is: the search is linear in the
//! number of atoms. Near a face of a box the box behind it is searched as well.
//!
//! Boxes are eight tolerances wide, which few atoms of a crystal share. Where atoms are packed as densely as the
//! tolerance allows, such a box holds hundreds: once a search compares that many, boxes become two tolerances wide.

use std::hash::{BuildHasher, RandomState};

use crate::Lattice;

/// Atoms of a periodic cell, no two closer than a tolerance.
#[derive(Debug)]
pub(crate) struct SiteMerge {
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
    /// Atoms that were compared since the boxes were made.
    compared: usize,
    /// Drawn anew for every cell, so that no file can be written whose boxes meet in one slot. No answer depends on it.
    seed: u64,
}

/// Up to this many atoms are compared one by one.
const FEW: usize = 24;

/// Special positions, such as 0 and 1/2, should not lie on the boundaries of boxes.
const SHIFT: f64 = 0.013_157_894_7;

/// Most boxes along a lattice vector: a box then holds eight of the coordinates that double precision tells apart.
const MOST_BOXES: f64 = (1_u64 << 50) as f64;

/// Widths of a box in tolerances, at first and where atoms are dense.
const WIDE: f64 = 8.0;
const NARROW: f64 = 2.0;

/// Comparisons per atom, on average, from which on atoms count as dense.
const DENSE: usize = 48;

/// The part of a coordinate within [0, 1).
#[inline]
pub(crate) fn inside(x: f64) -> f64 {
    // Truncation is one instruction everywhere, `floor` is a call on older CPUs. Beyond 2⁶³ it saturates, and
    // the remainder is zero there anyway.
    let whole = x as i64 as f64;
    let rest = x - whole;
    let rest = if rest < 0.0 { rest + 1.0 } else { rest };
    if rest < 1.0 { rest } else { 0.0 }
}

impl SiteMerge {
    /// An empty cell that expects this many atoms.
    pub(crate) fn new(lattice: &Lattice, tolerance: f64, expected: usize) -> Self {
        let spacings = lattice.plane_spacings();
        // Half the plane spacing keeps the nearest image the only candidate.
        let reach = spacings.map(|spacing| (tolerance / spacing).min(0.25));
        let boxes = number_of_boxes(reach, WIDE);
        let (heads, earlier) = if expected > FEW {
            (vec![0; (2 * expected).next_power_of_two()], Vec::with_capacity(expected))
        } else {
            (Vec::new(), Vec::new())
        };
        Self {
            rows: lattice.vectors(),
            square: tolerance * tolerance,
            reach,
            boxes,
            positions: Vec::with_capacity(expected),
            heads,
            earlier,
            compared: 0,
            seed: RandomState::new().hash_one(0),
        }
    }

    /// Clears all atoms.
    pub(crate) fn clear(&mut self) {
        self.positions.clear();
        self.heads.clear();
        self.earlier.clear();
    }

    /// The atom at this position, the first of several; the coordinates lie in [0, 1).
    #[inline]
    pub(crate) fn find(&mut self, position: [f64; 3]) -> Option<usize> {
        if self.heads.is_empty() {
            return self.positions.iter().position(|&other| self.coincide(other, position));
        }
        let mut nearby = [[0_u64; 2]; 3];
        let mut sides = [1; 3];
        for k in 0..3 {
            let scaled = inside(position[k] + SHIFT) * self.boxes[k];
            let number = scaled as u64;
            nearby[k][0] = number;
            let within = scaled - number as f64;
            let margin = self.reach[k] * self.boxes[k];
            let count = self.boxes[k] as u64;
            if within < margin && count > 1 {
                nearby[k][1] = if number == 0 { count - 1 } else { number - 1 };
                sides[k] = 2;
            } else if within > 1.0 - margin && count > 1 {
                nearby[k][1] = if number + 1 >= count { 0 } else { number + 1 };
                sides[k] = 2;
            }
        }
        let mut found = None::<usize>;
        for &a in &nearby[0][..sides[0]] {
            for &b in &nearby[1][..sides[1]] {
                for &c in &nearby[2][..sides[2]] {
                    let mut next = self.heads[self.slot([a, b, c])];
                    while let Some(atom) = (next as usize).checked_sub(1) {
                        self.compared += 1;
                        if self.coincide(self.positions[atom], position) {
                            found = Some(found.map_or(atom, |first| first.min(atom)));
                        }
                        next = self.earlier[atom];
                    }
                }
            }
        }
        found
    }

    /// Adds an atom that [`find`](Self::find) did not find.
    pub(crate) fn insert(&mut self, position: [f64; 3]) {
        self.positions.push(position);
        let atoms = self.positions.len();
        if self.heads.is_empty() {
            if atoms > FEW {
                self.file_all(2 * atoms);
            }
        } else if atoms > self.heads.len() {
            self.file_all(2 * atoms);
        } else if self.compared > DENSE * (atoms + self.heads.len()) {
            self.boxes = number_of_boxes(self.reach, NARROW);
            self.file_all(self.heads.len());
        } else {
            self.file(atoms - 1);
        }
    }

    fn file_all(&mut self, slots: usize) {
        self.compared = 0;
        self.heads = vec![0; slots.next_power_of_two()];
        self.earlier.clear();
        (0..self.positions.len()).for_each(|atom| self.file(atom));
    }

    fn file(&mut self, atom: usize) {
        let position = self.positions[atom];
        let number = [0, 1, 2].map(|k| (inside(position[k] + SHIFT) * self.boxes[k]) as u64);
        let slot = self.slot(number);
        self.earlier.push(self.heads[slot]);
        self.heads[slot] = atom as u32 + 1;
    }

    #[inline]
    fn slot(&self, [a, b, c]: [u64; 3]) -> usize {
        let mix = |x: u64, y: u64| {
            let product = u128::from(x) * u128::from(y);
            product as u64 ^ (product >> 64) as u64
        };
        let seed = self.seed;
        let key = mix(mix(a ^ seed, b ^ 0x9E37_79B9_7F4A_7C15) ^ c, seed ^ 0xD1B5_4A32_D192_ED03);
        key as usize & (self.heads.len() - 1)
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

/// How many boxes of this many tolerances there are along each vector.
fn number_of_boxes(reach: [f64; 3], width: f64) -> [f64; 3] {
    reach.map(|reach| (1.0 / (width * reach)).floor().clamp(1.0, MOST_BOXES))
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
            let mut filed = SiteMerge::new(&lattice, tolerance, points.len() + FEW);
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

    /// Comparisons per atom that a cell of these sites takes, each of them looked for and added, or found.
    fn comparisons(lengths: [f64; 3], tolerance: f64, sites: impl Iterator<Item = [f64; 3]>) -> f64 {
        let lattice = Lattice::from_parameters(lengths, [90.0; 3]).expect("a brick is a cell");
        let mut filed = SiteMerge::new(&lattice, tolerance, 0);
        let (mut asked, mut compared) = (0, 0);
        for site in sites {
            let before = filed.compared;
            let found = filed.find(site);
            compared += filed.compared - before;
            asked += 1;
            if found.is_none() {
                filed.insert(site);
            }
        }
        compared as f64 / f64::from(asked)
    }

    #[test]
    fn the_work_per_atom_does_not_grow_with_the_cell_or_the_density() {
        let line = |count: u32, step: f64| (0..count).map(move |k| [f64::from(k) * step, 0.5, 0.5]);
        // A row of atoms in a needle, which the old boxes of a 65,536th of the cell took for neighbors, all of them.
        assert!(comparisons([6e9, 0.4, 0.4], 0.05, line(100_000, 0.09 / 6e9)) < 10.0);
        assert!(comparisons([2.5e10, 0.2, 0.2], 0.05, line(100_000, 0.06 / 2.5e10)) < 10.0);
        let turned = |axis: usize| {
            line(100_000, 1e-10).map(move |mut at| {
                at.rotate_right(axis);
                at
            })
        };
        for axis in 0..3 {
            let mut lengths = [0.4; 3];
            lengths[axis] = 1e9;
            assert!(comparisons(lengths, 0.05, turned(axis)) < 10.0);
        }
        // As dense as the tolerance allows, in one corner of a large cell.
        let edge = 40_u32;
        let packed = (0..edge * edge * edge)
            .map(|k| [k / edge / edge, k / edge % edge, k % edge].map(|n| f64::from(n) * 0.0501 / 1000.0));
        assert!(comparisons([1000.0; 3], 0.05, packed) < 200.0);
        // All at one position.
        assert!(comparisons([5.0; 3], 0.05, (0..100_000).map(|_| [0.3; 3])) < 10.0);
    }

    #[test]
    fn the_first_of_several_atoms_is_found() -> Result<(), crate::CrystalError> {
        let lattice = Lattice::from_parameters([10.0; 3], [90.0; 3])?;
        for expected in [0, 100] {
            let mut filed = SiteMerge::new(&lattice, 0.05, expected);
            [0.1, 0.106, 0.112].into_iter().for_each(|x| filed.insert([x, 0.0, 0.0]));
            assert_eq!(filed.find([0.109, 0.0, 0.0]), Some(1));
            assert_eq!(filed.find([0.103, 0.0, 0.0]), Some(0));
        }
        Ok(())
    }

    #[test]
    fn the_part_inside_the_cell_is_below_one() {
        for (x, expected) in [(1.25, 0.25), (-0.25, 0.75), (-1e-20, 0.0), (3.0, 0.0), (-2.0, 0.0), (1e300, 0.0)] {
            assert_eq!(inside(x), expected, "{x}");
        }
    }
}
