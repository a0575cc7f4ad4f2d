//! The cells that are written: primitive ones and supercells.

use std::str::FromStr;

use s2s_crystal::{Crystal, CrystalError, SymmetrySearch};

/// How far in Å an atom may be from where symmetry puts it.
const TOLERANCE: f64 = 0.01;

/// The smallest cell.
pub(super) fn primitive(crystal: &Crystal) -> Result<Crystal, CrystalError> {
    SymmetrySearch::with_tolerance(TOLERANCE).primitive(crystal)
}

/// How often a cell is repeated along each lattice vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Repeats([i32; 3]);

impl Repeats {
    /// The lattice vectors of the supercell in units of those of the cell.
    pub(super) fn rows(self) -> [[i32; 3]; 3] {
        let [a, b, c] = self.0;
        [[a, 0, 0], [0, b, 0], [0, 0, c]]
    }
}

impl FromStr for Repeats {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let counts: Option<Vec<i32>> = text.split(['x', 'X', '×']).map(|count| count.trim().parse().ok()).collect();
        let three = counts.and_then(|counts| <[i32; 3]>::try_from(counts).ok());
        three.filter(|counts| counts.iter().all(|count| *count > 0)).map(Self).ok_or("three counts, such as 2x2x1")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_positive_counts_are_repeats() {
        assert_eq!("2x3x1".parse(), Ok(Repeats([2, 3, 1])));
        for wrong in ["2", "2x2", "0x1x1", "-1x1x1", "2x2x2x2", "axbxc", "99999999999x1x1"] {
            assert!(wrong.parse::<Repeats>().is_err(), "{wrong}");
        }
    }
}
