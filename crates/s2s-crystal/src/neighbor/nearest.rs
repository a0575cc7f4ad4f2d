//! The k nearest neighbors of every atom, by searches of growing radius.

use super::{CellList, Cutoff, Neighbor, NeighborList, NeighborSearch};
use crate::{Crystal, CrystalError};

/// What to do with neighbors that are as far away as the k-th.
///
/// Twelve of the eighteen nearest neighbors in a simple cubic crystal cannot be told apart: with six of them a model
/// describes a crystal of lower symmetry, and another one when the cell is written in another way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ShellPolicy {
    /// Exactly k neighbors. Distances within 10⁻⁶ Å of the last one are a tie, which goes to the lower site, then to
    /// the lexicographically lower image.
    Cut,
    /// All neighbors that are at most `tolerance` Å farther than the k-th: the neighbors are then the same for every
    /// description of the crystal, whichever the cell, the origin, the orientation and the order of atoms.
    Whole {
        /// In Å; zero keeps exact ties only, which rounding decides.
        tolerance: f64,
    },
}

/// Distances in Å that are a tie where the last shell is cut.
const TIE: f64 = 1e-6;

/// First guess of the radius over that of a sphere that holds the neighbors on average.
const FIRST_GUESS: f64 = 1.25;

/// By how much the radius grows as long as an atom has too few neighbors.
const GROWTH: f64 = 1.3;

/// Volume of the cell over the product of its lengths, below which the lattice may have much shorter vectors.
const SLANTED: f64 = 0.3;

impl CellList {
    /// Fills `list` with the nearest `count` neighbors of every atom, nearest first; images of the atom itself count.
    ///
    /// Within a row, neighbors are sorted by distance, ties (10⁻⁶ Å) by site and image. A molecule, which repeats in no
    /// direction, has no more than its other atoms to offer.
    ///
    /// # Errors
    ///
    /// As [`search_into`](NeighborSearch::search_into).
    ///
    /// # Examples
    ///
    /// ```
    /// use s2s_crystal::{CellList, Crystal, Element, Frac, ShellPolicy, Lattice, Site};
    ///
    /// let lattice = Lattice::from_parameters([3.35; 3], [90.0; 3])?;
    /// let polonium = Site::pure("Po".parse::<Element>()?, Frac([0.0; 3]));
    /// let cubic = Crystal::new(lattice, vec![polonium])?;
    ///
    /// let search = CellList::default();
    /// assert_eq!(search.nearest(&cubic, 12, ShellPolicy::Cut)?.num_pairs(), 12);
    /// // Six in the first shell, twelve in the second.
    /// assert_eq!(search.nearest(&cubic, 12, ShellPolicy::Whole { tolerance: 1e-3 })?.num_pairs(), 18);
    /// # Ok::<(), s2s_crystal::CrystalError>(())
    /// ```
    pub fn nearest_into(
        &self,
        crystal: &Crystal,
        count: usize,
        shell_policy: ShellPolicy,
        list: &mut NeighborList,
    ) -> Result<(), CrystalError> {
        let atoms = crystal.num_sites();
        let is_molecule = crystal.periodic() == [false; 3];
        let count = if is_molecule { count.min(atoms - 1) } else { count };
        let limit = self.max_pairs(atoms);
        if count.saturating_mul(atoms) > limit {
            let what = "the number of neighbor pairs";
            return Err(CrystalError::LimitExceeded { what, limit });
        }
        let margin = match shell_policy {
            ShellPolicy::Cut => TIE,
            ShellPolicy::Whole { tolerance } => tolerance.max(0.0),
        };
        self.grow(crystal, first_guess(crystal, count) + margin, f64::INFINITY, list, |list, radius| {
            let (columns, workspace) = list.parts();
            columns.keep_nearest(workspace.row(), count, margin, shell_policy, radius)
        })
    }

    /// Fills `list` so that every row holds the nearest `count` neighbors of its atom and those that are at most `margin` Å farther than the
    /// last of them, as far as they lie within `limit`; rows may hold more, in no particular order.
    ///
    /// # Errors
    ///
    /// As [`search_into`](NeighborSearch::search_into).
    pub fn at_least_nearest_into(
        &self,
        crystal: &Crystal,
        count: usize,
        margin: f64,
        limit: Cutoff,
        list: &mut NeighborList,
    ) -> Result<(), CrystalError> {
        let limit = limit.to_angstrom();
        self.grow(crystal, first_guess(crystal, count) + margin, limit, list, |list, radius| {
            let reaches = |row: &[usize]| {
                let distances = &list.distances()[row[0]..row[1]];
                distances.iter().filter(|distance| **distance <= radius - margin).count() >= count
            };
            radius >= limit || list.offsets().windows(2).all(reaches)
        })
    }

    /// Searches within a radius, and within larger ones up to the limit until the list suffices.
    fn grow(
        &self,
        crystal: &Crystal,
        first: f64,
        limit: f64,
        list: &mut NeighborList,
        mut is_enough: impl FnMut(&mut NeighborList, f64) -> bool,
    ) -> Result<(), CrystalError> {
        let mut radius = first.min(limit);
        loop {
            self.search_into(crystal, Cutoff::angstrom(radius)?, list)?;
            if is_enough(list, radius) {
                return Ok(());
            }
            radius = (radius * GROWTH).min(limit);
        }
    }

    /// The nearest `count` neighbors of every atom, as [`nearest_into`](Self::nearest_into) finds them.
    ///
    /// # Errors
    ///
    /// As [`search_into`](NeighborSearch::search_into).
    pub fn nearest(
        &self,
        crystal: &Crystal,
        count: usize,
        shell_policy: ShellPolicy,
    ) -> Result<NeighborList, CrystalError> {
        let mut list = NeighborList::default();
        self.nearest_into(crystal, count, shell_policy, &mut list)?;
        Ok(list)
    }
}

/// A radius in Å within which most atoms have this many neighbors.
fn first_guess(crystal: &Crystal, count: usize) -> f64 {
    let per_atom = crystal.lattice().volume() / crystal.num_sites() as f64;
    let sphere = (count + 1) as f64 * per_atom * 3.0 / (4.0 * std::f64::consts::PI);
    // In a cell that is long or flat, the neighbors are images along the short vectors.
    (FIRST_GUESS * sphere.cbrt()).min(radius_of_images(crystal, count))
}

/// A radius in Å within which every atom has this many images of itself; infinite for a molecule.
///
/// Of `d` vectors, multiples from −n to n make (2n + 1)ᵈ − 1 images, none farther than n times the sum of their lengths.
fn radius_of_images(crystal: &Crystal, count: usize) -> f64 {
    let mut lengths = lengths_of_images(crystal);
    lengths.sort_by(f64::total_cmp);
    let mut sum = 0.0;
    let radii = (1..).zip(lengths).map(|(dimensions, length)| {
        sum += length;
        let multiples = (((count + 1) as f64).powf(1.0 / f64::from(dimensions)) - 1.0) / 2.0;
        multiples.ceil().max(1.0) * sum
    });
    radii.fold(f64::INFINITY, f64::min)
}

/// Lengths in Å of three vectors that span the lattice, short ones also where the cell is slanted; infinite along directions
/// without periods.
pub(crate) fn lengths_of_images(crystal: &Crystal) -> [f64; 3] {
    let lattice = crystal.lattice();
    let mut lengths = lattice.lengths();
    let is_slanted = lattice.volume() < SLANTED * lengths.iter().product::<f64>();
    if crystal.periodic() == [true; 3]
        && is_slanted
        && let Ok(reduced) = lattice.minkowski_reduced()
    {
        lengths = reduced.lattice.lengths();
    }
    [0, 1, 2].map(|k| if crystal.periodic()[k] { lengths[k] } else { f64::INFINITY })
}

/// Sorts a row by distance, ties by site and image, and cuts it; `false` if its end cannot be known at this radius.
pub(super) fn sort_and_cut(
    row: &mut Vec<Neighbor>,
    count: usize,
    margin: f64,
    shell_policy: ShellPolicy,
    radius: f64,
) -> bool {
    if count == 0 {
        row.clear();
        return true;
    }
    if row.len() < count {
        return false;
    }
    row.sort_unstable_by(|a, b| a.distance.total_cmp(&b.distance));
    let last = row[count - 1].distance + margin;
    // A neighbor just beyond the radius could still belong to the last shell.
    if last > radius {
        return false;
    }
    row.truncate(row.partition_point(|neighbor| neighbor.distance <= last));
    // Shells: runs of distances without a gap; each is put in an order that rounding has no say in.
    let mut start = 0;
    while start < row.len() {
        let gap = row[start..].windows(2).position(|pair| pair[1].distance - pair[0].distance > TIE);
        let end = gap.map_or(row.len(), |gap| start + gap + 1);
        row[start..end].sort_unstable_by_key(|neighbor| (neighbor.site, neighbor.image));
        start = end;
    }
    if shell_policy == ShellPolicy::Cut {
        row.truncate(count);
    }
    true
}
