//! Who is near whom in a periodic crystal.

mod brute_force;

pub use brute_force::BruteForce;

use crate::{Crystal, CrystalError};

/// The largest distance at which two atoms are neighbors, in Å.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Cutoff(f64);

impl Cutoff {
    /// A cutoff of this many Å.
    ///
    /// # Errors
    ///
    /// [`CrystalError::InvalidCutoff`] unless the length is positive and finite.
    pub fn angstrom(length: f64) -> Result<Self, CrystalError> {
        if length.is_finite() && length > 0.0 {
            Ok(Self(length))
        } else {
            Err(CrystalError::InvalidCutoff { angstrom: length })
        }
    }

    /// The length in Å.
    pub fn to_angstrom(self) -> f64 {
        self.0
    }
}

/// One entry of a [`NeighborList`], seen from its central atom.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Neighbor {
    /// Index of the neighboring site.
    pub site: usize,
    /// Which copy of the cell the neighbor is in, in lattice vectors.
    pub image: [i32; 3],
    /// Distance in Å.
    pub distance: f64,
    /// From the central atom to the neighbor in Å: `frac_to_cart(x_j + image − x_i)`.
    pub vector: [f64; 3],
}

/// All neighbors of all atoms, in compressed rows.
///
/// Row `i` lists the neighbors of site `i`: every `(j, image)` at a distance of at most the cutoff, the atom itself
/// (`j = i`, image 0) left out. A pair of sites appears once per image within reach, and both directions are listed.
/// Rows are in site order; the order within a row is unspecified.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NeighborList {
    offsets: Vec<usize>,
    sites: Vec<u32>,
    images: Vec<[i32; 3]>,
    distances: Vec<f64>,
    vectors: Vec<[f64; 3]>,
}

impl NeighborList {
    /// Number of atoms whose neighbors are listed.
    pub fn num_atoms(&self) -> usize {
        self.offsets.len().saturating_sub(1)
    }

    /// Number of directed pairs.
    pub fn num_pairs(&self) -> usize {
        self.sites.len()
    }

    /// The neighbors of one atom.
    ///
    /// # Panics
    ///
    /// If `atom` is not below [`num_atoms`](Self::num_atoms).
    pub fn of(&self, atom: usize) -> impl ExactSizeIterator<Item = Neighbor> + '_ {
        (self.offsets[atom]..self.offsets[atom + 1]).map(|k| Neighbor {
            site: self.sites[k] as usize,
            image: self.images[k],
            distance: self.distances[k],
            vector: self.vectors[k],
        })
    }

    /// Where each row starts in the flat columns; one more entry than there are atoms.
    pub fn offsets(&self) -> &[usize] {
        &self.offsets
    }

    /// Neighboring sites of all rows, one after another.
    pub fn sites(&self) -> &[u32] {
        &self.sites
    }

    /// Images of all rows, one after another.
    pub fn images(&self) -> &[[i32; 3]] {
        &self.images
    }

    /// Distances in Å of all rows, one after another.
    pub fn distances(&self) -> &[f64] {
        &self.distances
    }

    /// Vectors in Å of all rows, one after another.
    pub fn vectors(&self) -> &[[f64; 3]] {
        &self.vectors
    }

    /// Forgets every row and keeps the memory.
    fn start(&mut self) {
        self.offsets.clear();
        self.offsets.push(0);
        self.sites.clear();
        self.images.clear();
        self.distances.clear();
        self.vectors.clear();
    }

    fn push(&mut self, neighbor: Neighbor) {
        self.sites.push(neighbor.site as u32);
        self.images.push(neighbor.image);
        self.distances.push(neighbor.distance);
        self.vectors.push(neighbor.vector);
    }

    fn end_row(&mut self) {
        self.offsets.push(self.sites.len());
    }
}

/// A way to find neighbors.
///
/// All implementors give the same set of `(i, j, image)` for the same crystal and cutoff; they differ in speed.
pub trait NeighborSearch {
    /// Fills `list` with all neighbors within the cutoff; what was in it before is overwritten, its memory reused.
    ///
    /// # Errors
    ///
    /// [`CrystalError::LimitExceeded`] if the cutoff spans more images of the cell than the implementor can handle.
    fn search_into(&self, crystal: &Crystal, cutoff: Cutoff, list: &mut NeighborList) -> Result<(), CrystalError>;

    /// All neighbors within the cutoff.
    ///
    /// # Errors
    ///
    /// As [`search_into`](Self::search_into).
    fn search(&self, crystal: &Crystal, cutoff: Cutoff) -> Result<NeighborList, CrystalError> {
        let mut list = NeighborList::default();
        self.search_into(crystal, cutoff, &mut list)?;
        Ok(list)
    }
}
