//! Neighbor rules: which pairs of atoms a network reads.

use std::cmp::Ordering;

use s2s_crystal::{Cutoff, NeighborList};
use serde::{Deserialize, Serialize};

use crate::{FeaturizeError, neighborhood::Reach};

/// Which directed pairs of atoms are listed; periodic images count one by one, an atom's own images included.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum NeighborRule {
    /// No pairs: the network looks at all atoms of the cell, or at none.
    None,
    /// All pairs at a distance of at most `cutoff` (Å).
    Within {
        /// Å.
        cutoff: f64,
    },
    /// All pairs of different atoms of the cell, as its positions are written, at a distance of at most `cutoff` (Å): no
    /// periodic images.
    ///
    /// Which pairs there are depends on how the cell is written: its origin, the choice of cell, the supercell.
    WithinCell {
        /// Å.
        cutoff: f64,
    },
    /// The `count` nearest neighbors of every atom, nearest first; ties at the last rank are broken arbitrarily.
    Nearest {
        /// Neighbors per atom.
        count: usize,
        /// How far neighbors are looked for, in Å.
        radius: f64,
        /// What an atom with fewer neighbors gets.
        #[serde(rename = "shortfall")]
        padding: NeighborPadding,
    },
    /// The `count` nearest neighbors of every atom and whatever is as far away as the last of them, nearest first.
    ///
    /// "As far" means within 0.01 Å, so that equivalent neighbors are in or out together however the cell is written
    /// down: no choice among ties, hence the same rows for the same crystal. Atoms with fewer than `count` neighbors
    /// within the radius have fewer.
    NearestComplete {
        /// Neighbors per atom, before its last shell is completed.
        count: usize,
        /// How far neighbors are looked for, in Å.
        radius: f64,
    },
}

/// What [`NeighborRule::Nearest`] does for an atom with fewer neighbors than asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NeighborPadding {
    /// Its row is shorter.
    Shorter,
    /// Its row is filled up with atom 0 of the same crystal at `radius + 1` Å.
    ///
    /// What the published CGCNN data loader does (`cgcnn/data.py`, `CIFData.__getitem__`); the network does not know
    /// these entries from real ones.
    FirstAtom,
}

/// Distances that differ by less are those of one shell, in Å.
const SHELL_TOLERANCE: f64 = 0.01;

/// Farthest neighbors, in Å: no interaction reaches a hundredth as far.
const MAX_RADIUS: f64 = 1000.0;

/// Most neighbors per atom: rows of [`NeighborPadding::FirstAtom`] are as long, whatever the crystal.
const MAX_NEIGHBORS: usize = 1 << 12;

/// Rows of neighbors: row `i` is `offsets[i]..offsets[i + 1]` of the columns.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct PairRows {
    pub(crate) offsets: Vec<u32>,
    pub(crate) sites: Vec<u32>,
    pub(crate) distances: Vec<f32>,
    /// Empty unless asked for.
    pub(crate) vectors: Vec<[f32; 3]>,
}

/// A pair of one row: distance in Å, site of the neighbor, and index in the neighbor list or [`FILLED`].
type Pair = (f64, u32, u32);

/// The index of a pair that only fills up a row.
const FILLED: u32 = u32::MAX;

impl NeighborRule {
    /// Checks the numbers, once, when a featurizer is made.
    pub(crate) fn validate(self) -> Result<(), FeaturizeError> {
        match self {
            Self::None => Ok(()),
            other if other.radius() > MAX_RADIUS => {
                Err(FeaturizeError::InvalidPairs { reason: "neighbors are looked for farther than 1,000 Å away" })
            }
            Self::Within { cutoff: length } | Self::WithinCell { cutoff: length } => {
                Ok(Cutoff::angstrom(length).map(|_| ())?)
            }
            Self::Nearest { count, radius, .. } | Self::NearestComplete { count, radius } => {
                if count == 0 {
                    return Err(FeaturizeError::InvalidPairs { reason: "the number of neighbors is zero" });
                }
                if count > MAX_NEIGHBORS {
                    return Err(FeaturizeError::InvalidPairs { reason: "more than 4,096 neighbors are asked for" });
                }
                Ok(Cutoff::angstrom(radius).map(|_| ())?)
            }
        }
    }

    /// How far away a neighbor can be, in Å; 0 without pairs.
    pub fn radius(self) -> f64 {
        match self {
            Self::None => 0.0,
            Self::Within { cutoff: radius }
            | Self::WithinCell { cutoff: radius }
            | Self::Nearest { radius, .. }
            | Self::NearestComplete { radius, .. } => radius,
        }
    }

    /// How far neighbors are looked for.
    pub(crate) fn reach(self) -> Reach {
        match self {
            Self::None => Reach::Nothing,
            Self::Within { cutoff } | Self::WithinCell { cutoff } => Reach::Within(cutoff),
            Self::Nearest { count, radius, .. } | Self::NearestComplete { count, radius } => {
                Reach::Nearest { count, limit: radius }
            }
        }
    }

    /// The rows of a crystal with this many atoms, from a list that reaches at least as far; with `vectors`, those of the pairs too.
    pub(crate) fn rows(self, atoms: usize, list: &NeighborList, vectors: bool) -> PairRows {
        if self == Self::None {
            return PairRows { offsets: vec![0; atoms + 1], ..PairRows::default() };
        }
        let radius = self.radius();
        let mut rows = PairRows { offsets: Vec::with_capacity(atoms + 1), ..PairRows::default() };
        rows.offsets.push(0);
        let mut row: Vec<Pair> = Vec::new();
        for ends in list.offsets().windows(2) {
            let (sites, distances) = (&list.sites()[ends[0]..ends[1]], &list.distances()[ends[0]..ends[1]]);
            let indices = ends[0] as u32..;
            let pairs =
                distances.iter().zip(sites).zip(indices).map(|((distance, site), index)| (*distance, *site, index));
            row.clear();
            if let Self::WithinCell { .. } = self {
                let of_cell = list.images()[ends[0]..ends[1]].iter().map(|image| *image == [0; 3]);
                row.extend(pairs.zip(of_cell).filter_map(|(pair, of_cell)| of_cell.then_some(pair)));
                row.retain(|(distance, ..)| *distance <= radius);
            } else {
                row.extend(pairs.filter(|(distance, ..)| *distance <= radius));
            }
            match self {
                Self::None | Self::Within { .. } | Self::WithinCell { .. } => {}
                Self::Nearest { count, padding, .. } => keep_nearest(&mut row, count, padding, radius),
                Self::NearestComplete { count, .. } => keep_complete_shells(&mut row, count),
            }
            rows.distances.extend(row.iter().map(|(distance, ..)| *distance as f32));
            rows.sites.extend(row.iter().map(|(_, site, _)| site));
            if vectors {
                let vector = |index: u32| list.vectors().get(index as usize).map_or([0.0; 3], |v| v.map(|x| x as f32));
                rows.vectors.extend(row.iter().map(|(.., index)| vector(*index)));
            }
            rows.offsets.push(rows.sites.len() as u32);
        }
        rows
    }
}

fn by_distance(a: &Pair, b: &Pair) -> Ordering {
    a.0.total_cmp(&b.0).then(a.1.cmp(&b.1))
}

fn keep_nearest(row: &mut Vec<Pair>, count: usize, padding: NeighborPadding, radius: f64) {
    if row.len() > count {
        row.select_nth_unstable_by(count - 1, by_distance);
        row.truncate(count);
    }
    row.sort_unstable_by(by_distance);
    if padding == NeighborPadding::FirstAtom {
        row.resize(count, (radius + 1.0, 0, FILLED));
    }
}

fn keep_complete_shells(row: &mut Vec<Pair>, count: usize) {
    if row.len() > count {
        let (_, &mut (last, ..), _) = row.select_nth_unstable_by(count - 1, by_distance);
        row.retain(|(distance, ..)| *distance <= last + SHELL_TOLERANCE);
    }
    row.sort_unstable_by(by_distance);
}

#[cfg(test)]
mod tests {
    use s2s_crystal::{Crystal, Element, Frac, Lattice, Site};

    use super::*;

    /// One atom in a cube of 3 Å: 6 neighbors at 3 Å, 12 at 4.24 Å, 8 at 5.20 Å.
    fn lengths(pairs: NeighborRule) -> Result<usize, FeaturizeError> {
        let lattice = Lattice::from_parameters([3.0; 3], [90.0; 3])?;
        let crystal = Crystal::new(lattice, vec![Site::pure(Element::from_atomic_number(84)?, Frac([0.2; 3]))])?;
        let rows = pairs.reach().search(&crystal, |list| pairs.rows(1, list, false))?;
        assert_eq!(rows.offsets.len(), 2);
        Ok(rows.sites.len())
    }

    #[test]
    fn a_tie_at_the_last_rank_is_cut_or_completed() -> Result<(), FeaturizeError> {
        let padding = NeighborPadding::Shorter;
        assert_eq!(lengths(NeighborRule::None)?, 0);
        assert_eq!(lengths(NeighborRule::Within { cutoff: 4.3 })?, 18);
        assert_eq!(lengths(NeighborRule::Nearest { count: 12, radius: 8.0, padding })?, 12);
        assert_eq!(lengths(NeighborRule::NearestComplete { count: 6, radius: 8.0 })?, 6);
        assert_eq!(lengths(NeighborRule::NearestComplete { count: 7, radius: 8.0 })?, 18);
        assert_eq!(lengths(NeighborRule::NearestComplete { count: 12, radius: 3.5 })?, 6);
        Ok(())
    }

    #[test]
    fn pairs_of_the_cell_are_those_of_its_positions_as_written() -> Result<(), FeaturizeError> {
        let lattice = Lattice::from_parameters([3.0, 4.0, 9.0], [90.0, 90.0, 70.0])?;
        let carbon = Element::from_symbol("C").expect("carbon");
        // One position outside of the unit cell: as written it is far from its neighbor, whose image is near.
        let positions = [[0.0; 3], [0.4, 0.1, 0.0], [1.1, 0.2, 0.05], [-0.3, 0.9, 0.1]];
        let crystal = Crystal::new(lattice, positions.map(|x| Site::pure(carbon, Frac(x))).to_vec())?;
        let placed: Vec<[f64; 3]> = crystal.cart_positions().map(|p| p.0).collect();
        let apart = |i: usize, j: usize| (0..3).map(|k| (placed[i][k] - placed[j][k]).powi(2)).sum::<f64>().sqrt();
        for cutoff in [1.0, 2.5, 4.0, 20.0] {
            let pairs = NeighborRule::WithinCell { cutoff };
            let rows = pairs.reach().search(&crystal, |list| pairs.rows(4, list, false))?;
            for i in 0..4 {
                let mut found = rows.sites[rows.offsets[i] as usize..rows.offsets[i + 1] as usize].to_vec();
                found.sort_unstable();
                let expected: Vec<u32> =
                    (0..4).filter(|&j| j != i && apart(i, j) <= cutoff).map(|j| j as u32).collect();
                assert_eq!(found, expected, "atom {i} within {cutoff} Å");
            }
        }
        Ok(())
    }

    #[test]
    fn too_few_neighbors_are_filled_up_as_cgcnn_does() -> Result<(), FeaturizeError> {
        let lattice = Lattice::from_parameters([3.5, 30.0, 30.0], [90.0; 3])?;
        let sites =
            [[0.0; 3], [0.0, 0.5, 0.5]].map(|x| Site::pure(Element::from_symbol("C").expect("carbon"), Frac(x)));
        let crystal = Crystal::new(lattice, sites.to_vec())?;
        let pairs = NeighborRule::Nearest { count: 4, radius: 5.0, padding: NeighborPadding::FirstAtom };
        let rows = pairs.reach().search(&crystal, |list| pairs.rows(2, list, true))?;
        assert_eq!(rows.sites, [0, 0, 0, 0, 1, 1, 0, 0]);
        assert_eq!(rows.distances, [3.5, 3.5, 6.0, 6.0, 3.5, 3.5, 6.0, 6.0]);
        assert_eq!(rows.vectors[2..4], [[0.0; 3]; 2]);
        assert_eq!(rows.vectors[0][0], -rows.vectors[1][0]);
        assert!((rows.vectors[4][0].abs() - 3.5).abs() < 1e-6 && rows.vectors[4][1..] == [0.0; 2]);
        Ok(())
    }
}
