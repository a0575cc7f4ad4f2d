//! The cell-list search: atoms in bins, and only the images that a bin can reach.
//!
//! # How it works
//!
//! 1. The search runs in a cell that is not too slanted: the crystal's own, or the Minkowski-reduced one if every
//!    direction is periodic. Atoms are wrapped into it and sorted into bins of a few atoms; a small cell is one bin.
//! 2. For every bin, the atoms and images that lie within the cutoff of the *box around its atoms* are gathered, in
//!    single precision, into flat arrays (`ghosts`).
//! 3. Every atom of the bin is compared with every ghost: four lanes at a time, without a branch.
//! 4. The pairs that remain are written row by row, in site order; vectors and distances are computed here, in double
//!    precision and by the formula that all searches share.
//!
//! # Why nothing is missed
//!
//! The coarse test of steps 2 and 3 uses a radius that exceeds the cutoff by more than all rounding errors of single
//! precision can add up to ([`Frame::coarse_radius`]). Whatever it lets through in excess fails the exact test of step 4.

mod atoms;
mod frame;
mod ghosts;
mod images;
mod picker;
mod rows;

use std::ops::Range;

use super::{Cutoff, Neighbor, NeighborList, NeighborSearch, list::Columns};
use crate::{Crystal, CrystalError, Frac};
use atoms::Atoms;
use frame::Frame;
use ghosts::Ghosts;
use images::Images;
use rows::{Pair, Rows};

/// The search to use: time is linear in the number of pairs, for small, large, slanted and flat cells alike.
///
/// # Examples
///
/// ```
/// use s2s_crystal::{CellList, Crystal, Cutoff, Element, Frac, Lattice, NeighborList, NeighborSearch, Site};
///
/// let lattice = Lattice::from_parameters([3.3; 3], [90.0; 3])?;
/// let niobium: Element = "Nb".parse()?;
/// let bcc = [[0.0; 3], [0.5; 3]].map(|x| Site::pure(niobium, Frac(x)));
/// let crystal = Crystal::new(lattice, bcc.to_vec())?;
///
/// let mut list = NeighborList::default(); // reuse it: it keeps its memory
/// CellList::default().search_into(&crystal, Cutoff::angstrom(3.0)?, &mut list)?;
/// assert_eq!(list.of(0).len(), 8);
/// # Ok::<(), s2s_crystal::CrystalError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct CellList {
    max_pairs: usize,
    max_pairs_per_atom: usize,
}

impl CellList {
    /// The default limit of directed pairs: 126 MB of them.
    ///
    /// Cells of more than 65,536 atoms may have 32 per atom.
    pub const DEFAULT_MAX_PAIRS: usize = 1 << 21;

    /// A search that refuses to list more than this many directed pairs, which take 60 bytes each.
    pub fn with_max_pairs(max_pairs: usize) -> Self {
        Self { max_pairs, max_pairs_per_atom: 0 }
    }

    /// Directed pairs that this search lists at most for a cell of so many atoms.
    pub(super) fn max_pairs(&self, atoms: usize) -> usize {
        self.max_pairs.max(self.max_pairs_per_atom.saturating_mul(atoms))
    }
}

impl Default for CellList {
    fn default() -> Self {
        Self { max_pairs: Self::DEFAULT_MAX_PAIRS, max_pairs_per_atom: 32 }
    }
}

impl NeighborSearch for CellList {
    fn search_into(&self, crystal: &Crystal, cutoff: Cutoff, list: &mut NeighborList) -> Result<(), CrystalError> {
        let (columns, workspace) = list.parts();
        columns.start(0, 0);
        workspace.find(crystal, cutoff, self.max_pairs(crystal.num_sites()))?;
        workspace.list(crystal, cutoff, columns)
    }
}

/// Memory that searches share; no part of a list's value.
#[derive(Debug, Default)]
pub(super) struct Workspace {
    atoms: Atoms,
    ghosts: Ghosts,
    images: Images,
    rows: Rows,
    row: Vec<Neighbor>,
}

impl Workspace {
    /// Room for the neighbors of one atom.
    pub(super) fn row(&mut self) -> &mut Vec<Neighbor> {
        &mut self.row
    }

    /// Steps 1 to 3: leaves the pairs of every atom in `rows`.
    fn find(&mut self, crystal: &Crystal, cutoff: Cutoff, max_pairs: usize) -> Result<(), CrystalError> {
        let mut frame = Frame::new(crystal, cutoff)?;
        self.atoms.fill(crystal, &mut frame)?;
        self.rows.start(crystal.num_sites());
        if frame.bins == [1; 3] {
            self.images.all_near(&frame, &self.atoms, max_pairs)?;
            self.ghosts.gather_images(&self.atoms, &self.images, &frame)?;
            return self.scan(&frame, 0..crystal.num_sites(), max_pairs);
        }
        self.images.start(&frame)?;
        let [bins_a, bins_b, bins_c] = frame.bins;
        for a in 0..bins_a {
            for b in 0..bins_b {
                for c in 0..bins_c {
                    let centers = self.atoms.in_bins(&frame, a, b, c..c + 1);
                    if !centers.is_empty() {
                        self.ghosts.gather_bins(&self.atoms, &mut self.images, &frame, [a, b, c], centers.clone())?;
                        self.scan(&frame, centers, max_pairs)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Step 3, for the atoms that the ghosts were gathered for.
    fn scan(&mut self, frame: &Frame, centers: Range<usize>, max_pairs: usize) -> Result<(), CrystalError> {
        for (own, center) in centers.enumerate() {
            self.ghosts.scan(&self.atoms, frame, center, own, &mut self.rows);
            if self.rows.num_pairs() > max_pairs {
                return Err(CrystalError::LimitExceeded { what: "the number of neighbor pairs", limit: max_pairs });
            }
        }
        Ok(())
    }

    /// Step 4: writes the pairs of `rows` that pass the exact test.
    fn list(&self, crystal: &Crystal, cutoff: Cutoff, list: &mut Columns) -> Result<(), CrystalError> {
        let most = i64::from(i32::MAX);
        if self.images.farthest() + self.atoms.spread() > most {
            let what = "the number of cells between two neighbors along one vector";
            return Err(CrystalError::LimitExceeded { what, limit: most as usize });
        }
        let cutoff_squared = cutoff.to_angstrom().powi(2);
        let (positions, offsets, images) = (&self.atoms.positions, &self.atoms.offsets, &self.images);
        list.start(positions.len(), self.rows.num_pairs());
        for (i, center) in positions.iter().enumerate() {
            let row = self.rows.of(i);
            let sites = row.iter().map(|pair| pair.site);
            let between = |pair: &Pair, shift: [f64; 3]| {
                let other = positions[pair.site as usize];
                [
                    (other[0] - center[0]) + shift[0],
                    (other[1] - center[1]) + shift[1],
                    (other[2] - center[2]) + shift[2],
                ]
            };
            if self.atoms.all_inside {
                let steps = row.iter().map(|pair| images.steps(pair.image).map(|step| step as i32));
                let vectors = row.iter().map(|pair| between(pair, images.shift(pair.image)));
                list.extend_row(sites, steps, vectors, cutoff_squared);
            } else {
                // Images are counted from where the atoms really are, not from where they were wrapped to.
                let steps = |pair: &Pair| {
                    let (wrapped, taken) = (images.steps(pair.image), offsets[pair.site as usize]);
                    [
                        wrapped[0] - taken[0] + offsets[i][0],
                        wrapped[1] - taken[1] + offsets[i][1],
                        wrapped[2] - taken[2] + offsets[i][2],
                    ]
                };
                let shift = |pair: &Pair| crystal.lattice().to_cart(Frac(steps(pair).map(|step| step as f64))).0;
                let vectors = row.iter().map(|pair| between(pair, shift(pair)));
                let steps = row.iter().map(|pair| steps(pair).map(|step| step as i32));
                list.extend_row(sites, steps, vectors, cutoff_squared);
            }
            list.end_row();
        }
        Ok(())
    }
}

impl Clone for Workspace {
    /// A copy of a list needs none of the memory.
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl PartialEq for Workspace {
    /// Lists are equal whatever was searched before.
    fn eq(&self, _: &Self) -> bool {
        true
    }
}
