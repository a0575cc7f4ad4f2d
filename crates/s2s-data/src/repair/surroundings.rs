//! Fingerprints of the neighbors of each site under any assignment of elements to sites.

use s2s_crystal::{CellList, Crystal, CrystalError, Cutoff, Element, NeighborSearch};

/// In units of the cube root of the volume per atom; a uniform gas has 57 atoms within it.
const REACH: f64 = 2.4;
/// Neighbors of each element that are looked at.
const SHELLS: usize = 6;

/// Neighbors of every site of a crystal, near ones first, in units of the cube root of the volume per atom.
///
/// Found once; then every assignment of elements to the sites has its [`PairFingerprint`] without another search.
pub(super) struct Surroundings {
    neighbors: Vec<Vec<(u32, f32)>>,
}

/// For each pair of elements A and B: mean and standard deviation, over the A atoms, of the distances to the nearest B atoms.
///
/// The same for every choice of cell, origin, orientation and order of the atoms.
#[derive(Clone, Debug)]
pub(super) struct PairFingerprint(Vec<[f64; 2 * SHELLS]>);

impl Surroundings {
    pub(super) fn new(crystal: &Crystal) -> Result<Self, CrystalError> {
        let unit = (crystal.lattice().volume() / crystal.num_sites() as f64).cbrt();
        let found = CellList::default().search(crystal, Cutoff::angstrom(REACH * unit)?)?;
        let sorted = |atom| {
            let mut neighbors: Vec<(u32, f32)> =
                found.of(atom).map(|n| (n.site as u32, (n.distance / unit) as f32)).collect();
            neighbors.sort_unstable_by(|a, b| a.1.total_cmp(&b.1));
            neighbors
        };
        Ok(Self { neighbors: (0..crystal.num_sites()).map(sorted).collect() })
    }

    /// The fingerprint with these elements on the sites; `kinds` are the distinct elements, in increasing order.
    pub(super) fn fingerprint(&self, elements: &[Element], kinds: &[Element]) -> PairFingerprint {
        let kind_of: Vec<usize> =
            elements.iter().map(|e| kinds.binary_search(e).expect("invariant: kinds lists every element")).collect();
        let mut sums = vec![[0.0; 2 * SHELLS]; kinds.len() * kinds.len()];
        let mut atoms = vec![0.0; kinds.len()];
        let mut found = vec![0; kinds.len()];
        for (atom, neighbors) in self.neighbors.iter().enumerate() {
            let rows = &mut sums[kind_of[atom] * kinds.len()..][..kinds.len()];
            atoms[kind_of[atom]] += 1.0;
            found.fill(0);
            let mut add = |kind: usize, shell: usize, distance: f64| {
                rows[kind][shell] += distance;
                rows[kind][SHELLS + shell] += distance * distance;
            };
            for &(site, distance) in neighbors {
                let kind = kind_of[site as usize];
                if found[kind] < SHELLS {
                    add(kind, found[kind], f64::from(distance));
                    found[kind] += 1;
                }
            }
            // What is out of reach counts as just so.
            for (kind, &known) in found.iter().enumerate() {
                (known..SHELLS).for_each(|shell| add(kind, shell, REACH));
            }
        }
        for (pair, row) in sums.iter_mut().enumerate() {
            let n = atoms[pair / kinds.len()];
            for shell in 0..SHELLS {
                let mean = row[shell] / n;
                row[shell] = mean;
                row[SHELLS + shell] = (row[SHELLS + shell] / n - mean * mean).max(0.0).sqrt();
            }
        }
        PairFingerprint(sums)
    }
}

impl PairFingerprint {
    /// Largest difference of any number; both fingerprints are of the same elements.
    pub(super) fn distance(&self, other: &Self) -> f64 {
        let numbers = self.0.iter().flatten().zip(other.0.iter().flatten());
        numbers.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
    }
}
