//! Several crystals as one flat list of atoms.

use ndarray::{Array1, Array2};

use crate::{AtomFeatures, Collate, FeaturizeError};

/// Crystals one after another, without padding.
///
/// # Shapes
///
/// `B` crystals, `A` atoms of all crystals, `U` numbers about the lattice, `G` about the crystal, `E` directed pairs.
#[derive(Clone, Debug, PartialEq)]
pub struct RaggedBatch {
    /// `(A)`.
    pub tokens: Array1<i64>,
    /// `(A)`; which crystal each atom belongs to, increasing.
    pub crystals: Array1<i64>,
    /// `(B + 1)`; where the atoms of each crystal start.
    pub offsets: Array1<i64>,
    /// `(A)`; distance to the mean position.
    pub centroid_distances: Array1<f32>,
    /// `(B, U)`; what is said about each cell.
    pub lattice: Array2<f32>,
    /// `(B, G)`; numbers about each crystal, 0 where one is missing.
    pub globals: Array2<f32>,
    /// `(B, G)`; `true` where the number is not missing.
    pub globals_known: Array2<bool>,
    /// `(E)`; the atom that looks.
    pub pair_centers: Array1<i64>,
    /// `(E)`; the atom that is seen, always of the same crystal.
    pub pair_neighbors: Array1<i64>,
    /// `(E)`; distance in Å.
    pub pair_distances: Array1<f32>,
}

impl RaggedBatch {
    /// Number of crystals.
    pub fn num_crystals(&self) -> usize {
        self.lattice.nrows()
    }

    /// Number of atoms of all crystals.
    pub fn num_atoms(&self) -> usize {
        self.tokens.len()
    }
}

/// Puts crystals one after another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RaggedCollate;

impl Collate<AtomFeatures> for RaggedCollate {
    type Batch = RaggedBatch;

    fn collate(&self, items: &[&AtomFeatures]) -> Result<RaggedBatch, FeaturizeError> {
        let lattice = items.first().ok_or(FeaturizeError::EmptyBatch)?.lattice.len();
        if items.iter().any(|f| f.lattice.len() != lattice) {
            return Err(FeaturizeError::UnequalItems { what: "lattice descriptors" });
        }
        let globals = items[0].globals.len();
        if items.iter().any(|f| f.globals.len() != globals) {
            return Err(FeaturizeError::UnequalItems { what: "descriptors" });
        }
        let atoms: usize = items.iter().map(|f| f.num_atoms()).sum();
        let pairs: usize = items.iter().map(|f| f.neighbor_sites.len()).sum();
        let (mut crystals, mut offsets) = (Vec::with_capacity(atoms), vec![0]);
        let (mut centers, mut neighbors) = (Vec::with_capacity(pairs), Vec::with_capacity(pairs));
        for (crystal, features) in items.iter().enumerate() {
            let first = crystals.len() as i64;
            for atom in 0..features.num_atoms() {
                crystals.push(crystal as i64);
                for (neighbor, _) in features.neighbors(atom) {
                    centers.push(first + atom as i64);
                    neighbors.push(first + neighbor as i64);
                }
            }
            offsets.push(crystals.len() as i64);
        }
        let numbers = items.iter().flat_map(|f| &f.lattice).copied().collect();
        Ok(RaggedBatch {
            tokens: items.iter().flat_map(|f| &f.tokens).map(|t| i64::from(t.0)).collect(),
            crystals: crystals.into(),
            offsets: offsets.into(),
            centroid_distances: items.iter().flat_map(|f| &f.centroid_distances).copied().collect(),
            lattice: Array2::from_shape_vec((items.len(), lattice), numbers)
                .expect("invariant: every crystal has as many lattice numbers"),
            globals: Array2::from_shape_fn((items.len(), globals), |(i, k)| items[i].globals[k].unwrap_or(0.0)),
            globals_known: Array2::from_shape_fn((items.len(), globals), |(i, k)| items[i].globals[k].is_some()),
            pair_centers: centers.into(),
            pair_neighbors: neighbors.into(),
            pair_distances: items.iter().flat_map(|f| &f.neighbor_distances).copied().collect(),
        })
    }
}
