//! Collation: several crystals as one padded batch.

use std::borrow::Borrow;

use ndarray::{Array1, Array2, Array3};

use crate::{AtomFeatures, FeaturizeError};

/// Puts the features of several crystals side by side.
pub trait Collate<T> {
    /// What they become.
    type Batch;

    /// The batch of these items, or of what they borrow, in their order.
    ///
    /// # Errors
    ///
    /// [`FeaturizeError::EmptyBatch`] without items, [`FeaturizeError::UnequalItems`] if they come from different
    /// configurations.
    fn collate(&self, items: &[impl Borrow<T>]) -> Result<Self::Batch, FeaturizeError>;
}

/// Crystals padded to the largest among them.
///
/// # Shapes
///
/// `B` crystals, `N` atoms of the largest crystal, `U` numbers about the lattice, `G` about the crystal, `C` further numbers about
/// each atom, `E` directed pairs of all crystals.
///
/// Pairs are in the order of their centers; with [`NeighborRule::Nearest`](crate::NeighborRule::Nearest) and
/// [`NeighborPadding::FirstAtom`](crate::NeighborPadding::FirstAtom) every atom has exactly `count` of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AtomBatch {
    /// `(B, N)`; 0 where no atom is.
    pub tokens: Array2<i64>,
    /// `(B, N)`; `true` where an atom is.
    pub present: Array2<bool>,
    /// `(B, N)`; distance to the mean position, 0 where no atom is.
    pub centroid_distances: Array2<f32>,
    /// `(B, U)`; what is said about each cell (see [`LatticeDescriptor`](crate::LatticeDescriptor)).
    pub lattice: Array2<f32>,
    /// `(B, G)`; numbers about each crystal, unscaled, 0 where one is missing.
    pub globals: Array2<f32>,
    /// `(B, G)`; `true` where the number is not missing.
    pub globals_known: Array2<bool>,
    /// `(E)`; flat index `crystal · N + atom` of the atom that looks.
    pub pair_centers: Array1<i64>,
    /// `(E)`; flat index of the atom that is seen, always of the same crystal.
    pub pair_neighbors: Array1<i64>,
    /// `(E)`; distance in Å.
    pub pair_distances: Array1<f32>,
    /// `(E, 3)`; vector from the atom that looks to the one that is seen, in Å; `(0, 3)` unless the featurizer gives them.
    pub pair_vectors: Array2<f32>,
    /// `(B, N, C)`; further numbers about each atom, 0 where no atom is.
    pub columns: Array3<f32>,
    /// `(B, N)`; amount of each atom, 0 where no atom is; `(0, 0)` where all are 1.
    pub weights: Array2<f32>,
    /// `(B, N)`; site of each atom, 0 where no atom is; `(0, 0)` where atom `k` of every crystal is its site `k`.
    pub sites: Array2<u32>,
}

impl AtomBatch {
    /// Number of crystals.
    pub fn num_crystals(&self) -> usize {
        self.tokens.nrows()
    }

    /// Slots per crystal, filled or not.
    pub fn padded_atoms(&self) -> usize {
        self.tokens.ncols()
    }

    /// Share of the slots that hold no atom, in [0, 1).
    pub fn padding_waste(&self) -> f64 {
        let atoms = self.present.iter().filter(|p| **p).count();
        1.0 - atoms as f64 / self.present.len() as f64
    }
}

/// Pads with token 0 and never with a real index.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PaddedCollate;

impl Collate<AtomFeatures> for PaddedCollate {
    type Batch = AtomBatch;

    fn collate(&self, items: &[impl Borrow<AtomFeatures>]) -> Result<AtomBatch, FeaturizeError> {
        let items: Vec<&AtomFeatures> = items.iter().map(Borrow::borrow).collect();
        let crystals = items.len();
        let atoms = items.iter().map(|f| f.num_atoms()).max().ok_or(FeaturizeError::EmptyBatch)?;
        let lattice = equal(&items, "lattice descriptors", |f| f.lattice.len())?;
        let globals = equal(&items, "descriptors", |f| f.globals.len())?;
        let columns = equal(&items, "columns of atoms", AtomFeatures::num_columns)?;
        let has_vectors = items.iter().any(|f| !f.neighbor_vectors.is_empty());
        let counts = |f: &AtomFeatures| [f.neighbor_vectors.len(), f.columns.len()];
        let expected =
            |f: &AtomFeatures| [if has_vectors { f.neighbor_sites.len() } else { 0 }, columns * f.num_atoms()];
        if items.iter().any(|f| counts(f) != expected(f)) {
            return Err(FeaturizeError::UnequalItems { what: "vectors of pairs or columns of atoms" });
        }
        if items
            .iter()
            .any(|f| [f.weights.len(), f.sites.len()].iter().any(|length| ![0, f.num_atoms()].contains(length)))
        {
            return Err(FeaturizeError::UnequalItems { what: "numbers of atoms and of their weights or sites" });
        }
        let shape_if = |any: bool| if any { (crystals, atoms) } else { (0, 0) };
        let pairs: usize = items.iter().map(|f| f.neighbor_sites.len()).sum();
        let mut batch = AtomBatch {
            tokens: Array2::zeros((crystals, atoms)),
            present: Array2::from_elem((crystals, atoms), false),
            centroid_distances: Array2::zeros((crystals, atoms)),
            lattice: Array2::zeros((crystals, lattice)),
            globals: Array2::zeros((crystals, globals)),
            globals_known: Array2::from_elem((crystals, globals), false),
            pair_centers: Array1::zeros(pairs),
            pair_neighbors: Array1::zeros(pairs),
            pair_distances: Array1::zeros(pairs),
            pair_vectors: Array2::zeros((if has_vectors { pairs } else { 0 }, 3)),
            columns: Array3::zeros((crystals, atoms, columns)),
            weights: Array2::zeros(shape_if(items.iter().any(|f| !f.weights.is_empty()))),
            sites: Array2::zeros(shape_if(items.iter().any(|f| !f.sites.is_empty()))),
        };
        for (slot, number) in
            batch.pair_vectors.iter_mut().zip(items.iter().flat_map(|f| f.neighbor_vectors.as_flattened()))
        {
            *slot = *number;
        }
        let mut pair = 0;
        for (crystal, features) in items.iter().enumerate() {
            let first = (crystal * atoms) as i64;
            for (k, number) in features.lattice.iter().enumerate() {
                batch.lattice[(crystal, k)] = *number;
            }
            for (k, number) in features.globals.iter().enumerate() {
                batch.globals[(crystal, k)] = number.unwrap_or(0.0);
                batch.globals_known[(crystal, k)] = number.is_some();
            }
            for (atom, token) in features.tokens.iter().enumerate() {
                batch.tokens[(crystal, atom)] = token.0.into();
                batch.present[(crystal, atom)] = true;
                batch.centroid_distances[(crystal, atom)] = features.centroid_distances[atom];
                for (k, number) in features.columns[atom * columns..(atom + 1) * columns].iter().enumerate() {
                    batch.columns[(crystal, atom, k)] = *number;
                }
                if let Some(weight) = batch.weights.get_mut((crystal, atom)) {
                    *weight = features.weight(atom);
                }
                if let Some(site) = batch.sites.get_mut((crystal, atom)) {
                    *site = features.sites.get(atom).copied().unwrap_or(atom as u32);
                }
                for (neighbor, distance) in features.neighbors(atom) {
                    batch.pair_centers[pair] = first + atom as i64;
                    batch.pair_neighbors[pair] = first + neighbor as i64;
                    batch.pair_distances[pair] = distance;
                    pair += 1;
                }
            }
        }
        Ok(batch)
    }
}

/// What has to be as many in all items; there is an item.
fn equal(
    items: &[&AtomFeatures],
    what: &'static str,
    count: impl Fn(&AtomFeatures) -> usize,
) -> Result<usize, FeaturizeError> {
    let first = count(items[0]);
    if items.iter().all(|features| count(features) == first) {
        Ok(first)
    } else {
        Err(FeaturizeError::UnequalItems { what })
    }
}
