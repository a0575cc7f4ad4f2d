//! Descriptors of the symmetry of a crystal.

use s2s_crystal::{Crystal, SymmetrySearch};

use super::shared::Shared;
use crate::{FeaturizeError, Featurizer};

/// Å; released structures are rounded to four decimals or so.
const TOLERANCE: f64 = 0.05;

/// Space group, crystal system, orbits, order of the point group, formula units of the primitive cell.
///
/// All numbers are those of the primitive cell, found within 0.05 Å. A crystal whose symmetry cannot be found gets the
/// numbers of a crystal without any.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SymmetryStatistics;

impl SymmetryStatistics {
    /// How many numbers one crystal becomes.
    pub const LEN: usize = 8;

    /// What each number is.
    pub fn labels(&self) -> Vec<String> {
        let labels: [&str; Self::LEN] = [
            "space group number",
            "crystal system, from triclinic (0) to cubic (6)",
            "ln atoms of the primitive cell",
            "number of orbits",
            "orbits per atom",
            "ln symmetry operations of the primitive cell",
            "ln primitive cells of the conventional cell",
            "ln formula units of the primitive cell",
        ];
        labels.map(str::to_owned).into()
    }

    /// The numbers of a crystal of which something may be known already.
    pub(super) fn describe(self, shared: &Shared<'_>) -> [f64; Self::LEN] {
        let search = SymmetrySearch::with_tolerance(TOLERANCE);
        let formula_unit = shared.composition().num_atoms();
        let Ok(found) = search.summarize(shared.crystal) else {
            // As for a crystal without symmetry, one formula unit per cell.
            return [1.0, 0.0, formula_unit.ln(), formula_unit, 1.0, 0.0, 0.0, 0.0];
        };
        let (atoms, orbits) = (found.primitive_sites as f64, found.num_orbits as f64);
        [
            f64::from(found.number),
            crystal_system(found.number),
            atoms.ln(),
            orbits,
            orbits / atoms,
            (found.num_operations as f64).ln(),
            (found.standardized_sites as f64 / atoms).ln(),
            (atoms / formula_unit).ln(),
        ]
    }
}

impl Featurizer for SymmetryStatistics {
    type Features = [f64; Self::LEN];

    fn featurize(&self, crystal: &Crystal) -> Result<Self::Features, FeaturizeError> {
        Ok(self.describe(&Shared::new(crystal)))
    }
}

/// From triclinic, 0, to cubic, 6.
fn crystal_system(number: u16) -> f64 {
    let last = [2, 15, 74, 142, 167, 194];
    last.iter().filter(|&&last| number > last).count() as f64
}
