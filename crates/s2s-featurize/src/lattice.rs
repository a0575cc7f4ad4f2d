//! Lattice descriptors: shape and size of the cell as a few numbers per crystal (U of Eq. 5).

use s2s_crystal::{Crystal, CrystalError, NeighborList};
use serde::{Deserialize, Serialize};

use crate::{FeaturizeError, MagpieConfig, MagpieFeaturizer, neighborhood::Reach};

/// Which numbers describe the lattice.
///
/// | | numbers | rotation | other basis | supercell | smooth under strain |
/// |---|---|---|---|---|---|
/// | `Omitted` | none | same | same | same | yes |
/// | `Lengths` | \|a\|, \|b\|, \|c\| | same | changes | changes | yes |
/// | `Rows` | the three vectors | changes | changes | changes | yes |
/// | `Reduced` | Niggli cell, volume per atom | same | same | changes | no |
/// | `Invariant` | volume per atom, mean neighbor distances | same | same | same | yes |
/// | `InvariantAndComposition` | the same, and the Magpie set | same | same | same | yes |
///
/// No list of lengths and angles can be the same for every supercell and smooth as well: the primitive cell doubles
/// when an atom moves by any amount. What is left are averages over atoms, and those are `Invariant`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LatticeDescriptor {
    /// No numbers.
    Omitted,
    /// Lengths of the three lattice vectors in Å, as the crystal states them (paper, Eq. 5).
    Lengths,
    /// The three lattice vectors in Å, one after another (loaded by the released code, which does not use them).
    Rows,
    /// Lengths in Å and angles in radians of the Niggli cell of the stated lattice, then the volume per atom in Å³. Where two bases are
    /// equally short, a tiny strain can switch angles from acute to obtuse.
    Reduced,
    /// The edge of the cube that holds one atom, (volume per atom)^⅓, then the distance from an atom to its first,
    /// second, … twelfth neighbor, each averaged over all atoms; all in Å.
    ///
    /// A neighbor farther than 16 Å counts as 16 Å, which keeps the numbers finite for isolated atoms. The averages are
    /// the average minimum distances of Widdowson et al., MATCH Commun. Math. Comput. Chem. 87, 529 (2022): continuous
    /// invariants of a periodic point set. Atoms are averaged whatever their element.
    Invariant,
    /// The numbers of `Invariant`, then the 145 of the Magpie set for the reduced composition on a
    /// [common scale](MagpieFeaturizer::describe_scaled): all that is said about the crystal as a whole.
    InvariantAndComposition,
}

impl LatticeDescriptor {
    /// How many numbers one crystal gets.
    pub fn len(self) -> usize {
        match self {
            Self::Omitted => 0,
            Self::Lengths => 3,
            Self::Rows => 9,
            Self::Reduced => 7,
            Self::Invariant => 1 + SHELL_ORDERS,
            Self::InvariantAndComposition => Self::Invariant.len() + MagpieFeaturizer::LEN,
        }
    }

    /// Whether it is no number at all.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The numbers of one crystal; all finite.
    ///
    /// # Errors
    ///
    /// [`FeaturizeError::Crystal`] if there are too many atoms within 16 Å to list, or the lattice cannot be reduced.
    pub fn describe(self, crystal: &Crystal) -> Result<Vec<f32>, FeaturizeError> {
        Ok(self.reach().search(crystal, |list| self.numbers(crystal, list))??)
    }

    /// How far neighbors are looked for.
    pub(crate) fn reach(self) -> Reach {
        match self {
            Self::Omitted | Self::Lengths | Self::Rows | Self::Reduced => Reach::Nothing,
            Self::Invariant | Self::InvariantAndComposition => Reach::Nearest { count: SHELL_ORDERS, limit: FARTHEST },
        }
    }

    /// The numbers of one crystal, from a list that reaches at least as far as asked.
    pub(crate) fn numbers(self, crystal: &Crystal, list: &NeighborList) -> Result<Vec<f32>, CrystalError> {
        let lattice = crystal.lattice();
        let volume_per_atom = lattice.volume() / crystal.num_sites() as f64;
        let mut numbers: Vec<f64> = match self {
            Self::Omitted => Vec::new(),
            Self::Lengths => lattice.lengths().to_vec(),
            Self::Rows => lattice.vectors().concat(),
            Self::Reduced => {
                let reduced = lattice.niggli_reduced()?.lattice;
                let radians = reduced.angles().map(f64::to_radians);
                reduced.lengths().into_iter().chain(radians).chain([volume_per_atom]).collect()
            }
            Self::Invariant | Self::InvariantAndComposition => {
                [volume_per_atom.cbrt()].into_iter().chain(mean_neighbor_distances(list)).collect()
            }
        };
        if self == Self::InvariantAndComposition {
            let magpie = MagpieFeaturizer::new(MagpieConfig::matminer());
            numbers.extend(magpie.describe_scaled(&crystal.composition().reduced().0));
        }
        Ok(numbers.into_iter().map(|x| x as f32).collect())
    }
}

/// How many neighbors the invariant descriptor looks at.
const SHELL_ORDERS: usize = 12;

/// Where a missing neighbor is taken to be, in Å.
const FARTHEST: f64 = 16.0;

/// Distance to the k-th neighbor, k = 1 to 12, averaged over atoms.
fn mean_neighbor_distances(list: &NeighborList) -> [f64; SHELL_ORDERS] {
    let mut sums = [0.0; SHELL_ORDERS];
    let mut distances = Vec::new();
    for row in list.offsets().windows(2) {
        distances.clear();
        distances.extend_from_slice(&list.distances()[row[0]..row[1]]);
        if distances.len() > SHELL_ORDERS {
            distances.select_nth_unstable_by(SHELL_ORDERS - 1, f64::total_cmp);
            distances.truncate(SHELL_ORDERS);
        }
        distances.sort_unstable_by(f64::total_cmp);
        for (k, sum) in sums.iter_mut().enumerate() {
            *sum += distances.get(k).map_or(FARTHEST, |d| d.min(FARTHEST));
        }
    }
    sums.map(|sum| sum / list.num_atoms() as f64)
}

#[cfg(test)]
mod tests {
    use s2s_crystal::{Element, Frac, Lattice, Site};

    use super::*;

    #[test]
    fn simple_cubic_has_six_near_and_six_diagonal_neighbors_on_average() -> Result<(), FeaturizeError> {
        let lattice = Lattice::from_parameters([3.0; 3], [90.0; 3])?;
        let polonium = Element::from_atomic_number(84)?;
        let crystal = Crystal::new(lattice, vec![Site::pure(polonium, Frac([0.1; 3]))])?;
        let diagonal = 18_f32.sqrt();
        let expected: Vec<f32> = [[3.0; 7].to_vec(), vec![diagonal; 6]].concat();
        let found = LatticeDescriptor::Invariant.describe(&crystal)?;
        assert_eq!(found.len(), LatticeDescriptor::Invariant.len());
        let all = LatticeDescriptor::InvariantAndComposition;
        assert_eq!(all.describe(&crystal)?.len(), all.len());
        assert!(found.iter().zip(&expected).all(|(f, e)| (f - e).abs() < 1e-5), "{found:?}");
        Ok(())
    }

    #[test]
    fn an_atom_alone_in_the_world_has_finite_numbers() -> Result<(), FeaturizeError> {
        let lattice = Lattice::from_parameters([500.0; 3], [90.0; 3])?;
        let helium = Element::from_atomic_number(2)?;
        let crystal = Crystal::new(lattice, vec![Site::pure(helium, Frac([0.0; 3]))])?;
        let found = LatticeDescriptor::Invariant.describe(&crystal.with_periodicity([false; 3]))?;
        assert!((found[0] - 500.0).abs() < 1e-3);
        assert_eq!(found[1..], [16.0; 12]);
        Ok(())
    }
}
