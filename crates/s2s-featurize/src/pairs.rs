//! Which pairs of atoms a network may look at.

use s2s_crystal::{BruteForce, Crystal, Cutoff, NeighborSearch};
use serde::{Deserialize, Serialize};

use crate::FeaturizeError;

/// Which directed pairs of atoms are listed; periodic images count one by one, an atom's own images included.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Pairs {
    /// No pairs: the network looks at all atoms of the cell, or at none.
    None,
    /// All pairs at a distance of at most `cutoff` (Å).
    Within {
        /// Å.
        cutoff: f64,
    },
    /// The `count` nearest neighbors of every atom, nearest first; ties at the last place are broken arbitrarily.
    Nearest {
        /// Neighbors per atom.
        count: usize,
        /// How far neighbors are looked for, in Å.
        radius: f64,
        /// What an atom with fewer neighbors gets.
        shortfall: Shortfall,
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

/// What [`Pairs::Nearest`] does for an atom with fewer neighbors than asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shortfall {
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

/// Rows of neighbors: row `i` is `offsets[i]..offsets[i + 1]` of the two columns.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct PairRows {
    pub(crate) offsets: Vec<u32>,
    pub(crate) sites: Vec<u32>,
    pub(crate) distances: Vec<f32>,
}

impl Pairs {
    /// Checks the numbers, once, when a featurizer is made.
    pub(crate) fn validate(self) -> Result<(), FeaturizeError> {
        match self {
            Self::None => Ok(()),
            Self::Within { cutoff: length } => Ok(Cutoff::angstrom(length).map(|_| ())?),
            Self::Nearest { count, radius, .. } | Self::NearestComplete { count, radius } => {
                if count == 0 {
                    return Err(FeaturizeError::InvalidPairs { reason: "the number of neighbors is zero" });
                }
                Ok(Cutoff::angstrom(radius).map(|_| ())?)
            }
        }
    }

    /// The rows of a crystal.
    pub(crate) fn rows(self, crystal: &Crystal) -> Result<PairRows, FeaturizeError> {
        let radius = match self {
            Self::None => return Ok(PairRows { offsets: vec![0; crystal.num_sites() + 1], ..PairRows::default() }),
            Self::Within { cutoff } => cutoff,
            Self::Nearest { radius, .. } | Self::NearestComplete { radius, .. } => radius,
        };
        let list = BruteForce.search(crystal, Cutoff::angstrom(radius)?)?;
        let mut rows = PairRows { offsets: vec![0], ..PairRows::default() };
        let mut row: Vec<(f64, u32)> = Vec::new();
        for atom in 0..list.num_atoms() {
            row.clear();
            row.extend(list.of(atom).map(|n| (n.distance, n.site as u32)));
            match self {
                Self::None | Self::Within { .. } => {}
                Self::Nearest { count, shortfall, .. } => keep_nearest(&mut row, count, shortfall, radius),
                Self::NearestComplete { count, .. } => keep_complete_shells(&mut row, count),
            }
            rows.distances.extend(row.iter().map(|(distance, _)| *distance as f32));
            rows.sites.extend(row.iter().map(|(_, site)| site));
            rows.offsets.push(rows.sites.len() as u32);
        }
        Ok(rows)
    }
}

fn sort_by_distance(row: &mut [(f64, u32)]) {
    row.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
}

fn keep_nearest(row: &mut Vec<(f64, u32)>, count: usize, shortfall: Shortfall, radius: f64) {
    sort_by_distance(row);
    match shortfall {
        Shortfall::Shorter => row.truncate(count),
        Shortfall::FirstAtom => row.resize(count, (radius + 1.0, 0)),
    }
}

fn keep_complete_shells(row: &mut Vec<(f64, u32)>, count: usize) {
    sort_by_distance(row);
    if let Some(&(last, _)) = row.get(count - 1) {
        row.truncate(row.partition_point(|(distance, _)| *distance <= last + SHELL_TOLERANCE));
    }
}

#[cfg(test)]
mod tests {
    use s2s_crystal::{Element, Frac, Lattice, Site};

    use super::*;

    /// One atom in a cube of 3 Å: 6 neighbors at 3 Å, 12 at 4.24 Å, 8 at 5.20 Å.
    fn lengths(pairs: Pairs) -> Result<usize, FeaturizeError> {
        let lattice = Lattice::from_parameters([3.0; 3], [90.0; 3])?;
        let crystal = Crystal::new(lattice, vec![Site::pure(Element::from_atomic_number(84)?, Frac([0.2; 3]))])?;
        let rows = pairs.rows(&crystal)?;
        assert_eq!(rows.offsets.len(), 2);
        Ok(rows.sites.len())
    }

    #[test]
    fn a_tie_at_the_last_place_is_cut_or_completed() -> Result<(), FeaturizeError> {
        let shortfall = Shortfall::Shorter;
        assert_eq!(lengths(Pairs::None)?, 0);
        assert_eq!(lengths(Pairs::Within { cutoff: 4.3 })?, 18);
        assert_eq!(lengths(Pairs::Nearest { count: 12, radius: 8.0, shortfall })?, 12);
        assert_eq!(lengths(Pairs::NearestComplete { count: 6, radius: 8.0 })?, 6);
        assert_eq!(lengths(Pairs::NearestComplete { count: 7, radius: 8.0 })?, 18);
        assert_eq!(lengths(Pairs::NearestComplete { count: 12, radius: 3.5 })?, 6);
        Ok(())
    }

    #[test]
    fn too_few_neighbors_are_filled_up_as_cgcnn_does() -> Result<(), FeaturizeError> {
        let lattice = Lattice::from_parameters([3.5, 30.0, 30.0], [90.0; 3])?;
        let sites =
            [[0.0; 3], [0.0, 0.5, 0.5]].map(|x| Site::pure(Element::from_symbol("C").expect("carbon"), Frac(x)));
        let crystal = Crystal::new(lattice, sites.to_vec())?;
        let rows = Pairs::Nearest { count: 4, radius: 5.0, shortfall: Shortfall::FirstAtom }.rows(&crystal)?;
        assert_eq!(rows.sites, [0, 0, 0, 0, 1, 1, 0, 0]);
        assert_eq!(rows.distances, [3.5, 3.5, 6.0, 6.0, 3.5, 3.5, 6.0, 6.0]);
        Ok(())
    }
}
