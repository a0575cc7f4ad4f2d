//! The neighbors of every atom, row by row.

use super::{
    cell_list::Workspace,
    nearest::{ShellPolicy, sort_and_cut},
};

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
///
/// A list keeps its memory from search to search, working memory included: a loop over many crystals that reuses one
/// list does not allocate once it has seen the largest of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NeighborList {
    columns: Columns,
    workspace: Workspace,
}

impl NeighborList {
    /// Number of atoms whose neighbors are listed.
    pub fn num_atoms(&self) -> usize {
        self.columns.offsets.len().saturating_sub(1)
    }

    /// Number of directed pairs.
    pub fn num_pairs(&self) -> usize {
        self.columns.sites.len()
    }

    /// The neighbors of one atom.
    ///
    /// # Panics
    ///
    /// If `atom` is not below [`num_atoms`](Self::num_atoms).
    pub fn of(&self, atom: usize) -> impl ExactSizeIterator<Item = Neighbor> + '_ {
        (self.columns.offsets[atom]..self.columns.offsets[atom + 1]).map(|k| self.columns.get(k))
    }

    /// Where each row starts in the flat columns; one more entry than there are atoms.
    pub fn offsets(&self) -> &[usize] {
        &self.columns.offsets
    }

    /// Neighboring sites of all rows, one after another.
    pub fn sites(&self) -> &[u32] {
        &self.columns.sites
    }

    /// Images of all rows, one after another.
    pub fn images(&self) -> &[[i32; 3]] {
        &self.columns.images
    }

    /// Distances in Å of all rows, one after another.
    pub fn distances(&self) -> &[f64] {
        &self.columns.distances
    }

    /// Vectors in Å of all rows, one after another.
    pub fn vectors(&self) -> &[[f64; 3]] {
        &self.columns.vectors
    }

    /// Replaces the list by these rows, one for each atom in site order; the memory is reused.
    ///
    /// For a [`NeighborSearch`](super::NeighborSearch) of your own. Nothing is checked: entries are as that trait says.
    pub fn refill<R: IntoIterator<Item = Neighbor>>(&mut self, rows: impl IntoIterator<Item = R>) {
        self.columns.start(0, 0);
        for row in rows {
            row.into_iter().for_each(|neighbor| self.columns.push(neighbor));
            self.columns.end_row();
        }
    }

    /// What a search fills, and the memory that it works in.
    pub(super) fn parts(&mut self) -> (&mut Columns, &mut Workspace) {
        (&mut self.columns, &mut self.workspace)
    }
}

/// The list itself.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Columns {
    offsets: Vec<usize>,
    sites: Vec<u32>,
    images: Vec<[i32; 3]>,
    distances: Vec<f64>,
    vectors: Vec<[f64; 3]>,
}

impl Columns {
    fn get(&self, k: usize) -> Neighbor {
        Neighbor {
            site: self.sites[k] as usize,
            image: self.images[k],
            distance: self.distances[k],
            vector: self.vectors[k],
        }
    }

    /// Clears every row and keeps the memory; room for this many pairs is made at once.
    pub(super) fn start(&mut self, atoms: usize, pairs: usize) {
        self.offsets.clear();
        self.sites.clear();
        self.images.clear();
        self.distances.clear();
        self.vectors.clear();
        self.offsets.reserve(atoms + 1);
        self.sites.reserve(pairs);
        self.images.reserve(pairs);
        self.distances.reserve(pairs);
        self.vectors.reserve(pairs);
        self.offsets.push(0);
    }

    pub(super) fn push(&mut self, neighbor: Neighbor) {
        self.sites.push(neighbor.site as u32);
        self.images.push(neighbor.image);
        self.distances.push(neighbor.distance);
        self.vectors.push(neighbor.vector);
    }

    /// Adds entries whose vectors are known, and drops those whose square exceeds the cutoff's.
    ///
    /// Column by column, so that each loop stays short enough for the compiler to make the most of it.
    pub(super) fn extend_row(
        &mut self,
        sites: impl Iterator<Item = u32>,
        images: impl Iterator<Item = [i32; 3]>,
        vectors: impl Iterator<Item = [f64; 3]>,
        cutoff_squared: f64,
    ) {
        let first = self.sites.len();
        self.sites.extend(sites);
        self.images.extend(images);
        self.vectors.extend(vectors);
        let mut largest = 0.0_f64;
        let squares = self.vectors[first..].iter().map(squared);
        self.distances.extend(squares.map(|square| {
            // Not `f64::max`, whose care for NaN keeps the loop out of vector registers.
            largest = if square > largest { square } else { largest };
            square.sqrt()
        }));
        if largest > cutoff_squared {
            self.drop_beyond(first, cutoff_squared);
        }
    }

    /// Rare: an entry of the row that starts at `first` passed the coarse test and fails the exact one.
    fn drop_beyond(&mut self, first: usize, cutoff_squared: f64) {
        let mut kept = first;
        for k in first..self.sites.len() {
            if squared(&self.vectors[k]) <= cutoff_squared {
                self.sites[kept] = self.sites[k];
                self.images[kept] = self.images[k];
                self.distances[kept] = self.distances[k];
                self.vectors[kept] = self.vectors[k];
                kept += 1;
            }
        }
        self.truncate(kept);
    }

    fn truncate(&mut self, kept: usize) {
        self.sites.truncate(kept);
        self.images.truncate(kept);
        self.distances.truncate(kept);
        self.vectors.truncate(kept);
    }

    /// Cuts every row down to its nearest neighbors; `false`, and nothing of use, if a row does not reach far enough.
    pub(super) fn keep_nearest(
        &mut self,
        row: &mut Vec<Neighbor>,
        count: usize,
        margin: f64,
        shell_policy: ShellPolicy,
        radius: f64,
    ) -> bool {
        let (mut start, mut kept) = (0, 0);
        for atom in 1..self.offsets.len() {
            let end = self.offsets[atom];
            row.clear();
            row.extend((start..end).map(|k| self.get(k)));
            if !sort_and_cut(row, count, margin, shell_policy, radius) {
                return false;
            }
            // What is kept of a row never reaches beyond where the row was.
            for (k, neighbor) in (kept..).zip(&*row) {
                self.sites[k] = neighbor.site as u32;
                self.images[k] = neighbor.image;
                self.distances[k] = neighbor.distance;
                self.vectors[k] = neighbor.vector;
            }
            kept += row.len();
            self.offsets[atom] = kept;
            start = end;
        }
        self.truncate(kept);
        true
    }

    pub(super) fn end_row(&mut self) {
        self.offsets.push(self.sites.len());
    }
}

/// Square of a vector's length, summed in the one order that all searches use.
pub(super) fn squared(vector: &[f64; 3]) -> f64 {
    vector[0] * vector[0] + vector[1] * vector[1] + vector[2] * vector[2]
}
