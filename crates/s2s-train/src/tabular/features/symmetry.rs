//! Symmetry, by moyo.

use s2s_crystal::{Crystal, SymmetrySearch};

/// Å; released structures are rounded to four decimals or so.
const TOLERANCE: f64 = 0.05;

/// Space group, crystal system, orbits, order of the point group, formula units of the primitive cell.
pub(super) fn append(crystal: &Crystal, row: &mut Vec<f64>) {
    let search = SymmetrySearch::with_tolerance(TOLERANCE);
    let formula_unit = crystal.composition().reduced().0.num_atoms();
    // Operations and orbits are those of the cell as given: a supercell may have fewer than its crystal, so they are
    // counted in the primitive cell.
    let found =
        search.find(crystal).and_then(|found| Ok((search.find(&found.primitive)?, found.standardized.num_sites())));
    let Ok((found, standardized)) = found else {
        // As for a crystal without symmetry, one formula unit per cell.
        row.extend([1.0, 0.0, formula_unit.ln(), formula_unit, 1.0, 0.0, 0.0, 0.0]);
        return;
    };
    let atoms = found.orbits.len() as f64;
    let mut orbits = found.orbits;
    orbits.sort_unstable();
    orbits.dedup();
    let orbits = orbits.len() as f64;
    row.extend([
        f64::from(found.number),
        crystal_system(found.number),
        atoms.ln(),
        orbits,
        orbits / atoms,
        (found.num_operations as f64).ln(),
        (standardized as f64 / atoms).ln(),
        (atoms / formula_unit).ln(),
    ]);
}

/// From triclinic, 0, to cubic, 6.
fn crystal_system(number: u16) -> f64 {
    let last = [2, 15, 74, 142, 167, 194];
    last.iter().filter(|&&last| number > last).count() as f64
}
