//! The inputs of S2SNet and its relatives: one token, one distance and one row of neighbors per atom.

use s2s_crystal::{BruteForce, Crystal, Cutoff, Element, NeighborSearch};
use serde::{Deserialize, Serialize};

use crate::{FeaturizeError, Featurizer, PaperVocabulary, Token, Vocabulary, centroid_distances};

/// Which coordinates the distance to the centroid is measured in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PositionKind {
    /// Å, as the paper says.
    Cartesian,
    /// Units of the lattice vectors, as the released code does.
    Fractional,
}

/// What [`AtomFeaturizer`] computes; sealed into checkpoints.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AtomFeaturizerConfig {
    /// Coordinates of the centroid distance (§3.1 item 1).
    pub positions: PositionKind,
    /// ρ in Å: the distance within which atoms are neighbors (§3.1 item 3); `None` lists no neighbors.
    pub cutoff: Option<f64>,
}

impl AtomFeaturizerConfig {
    /// Distances in Å, neighbors within 2 Å (§3.1).
    pub fn paper() -> Self {
        Self { positions: PositionKind::Cartesian, cutoff: Some(2.0) }
    }

    /// Fractional distances, no neighbor rows: every atom sees the whole cell (released code).
    pub fn released() -> Self {
        Self { positions: PositionKind::Fractional, cutoff: None }
    }
}

/// One crystal as compact numbers.
///
/// Row `i` of the neighbors is `offsets[i]..offsets[i + 1]` in `neighbor_sites` and `neighbor_distances`.
#[derive(Clone, Debug, PartialEq)]
pub struct AtomFeatures {
    /// Element of each atom.
    pub tokens: Vec<Token>,
    /// Distance of each atom to the mean position (Å or fractional, see [`PositionKind`]).
    pub centroid_distances: Vec<f32>,
    /// Where each atom's row of neighbors starts; one more entry than there are atoms.
    pub neighbor_offsets: Vec<u32>,
    /// Neighboring atoms; one entry per periodic image within reach.
    pub neighbor_sites: Vec<u32>,
    /// Their distances in Å.
    pub neighbor_distances: Vec<f32>,
    /// Lengths of the lattice vectors in Å (U of Eq. 5).
    pub lattice_lengths: [f32; 3],
}

impl AtomFeatures {
    /// Number of atoms in the cell.
    pub fn num_atoms(&self) -> usize {
        self.tokens.len()
    }

    /// Neighbors of one atom: site and distance in Å.
    ///
    /// # Panics
    ///
    /// If `atom` is not below [`num_atoms`](Self::num_atoms).
    pub fn neighbors(&self, atom: usize) -> impl ExactSizeIterator<Item = (usize, f32)> + '_ {
        let row = self.neighbor_offsets[atom] as usize..self.neighbor_offsets[atom + 1] as usize;
        row.map(|k| (self.neighbor_sites[k] as usize, self.neighbor_distances[k]))
    }
}

/// Makes [`AtomFeatures`] of ordered crystals.
#[derive(Clone, Debug)]
pub struct AtomFeaturizer<V = PaperVocabulary> {
    config: AtomFeaturizerConfig,
    cutoff: Option<Cutoff>,
    vocabulary: V,
}

impl<V: Vocabulary> AtomFeaturizer<V> {
    /// A featurizer with this configuration and vocabulary.
    ///
    /// # Errors
    ///
    /// [`FeaturizeError::Crystal`] if the cutoff is not a positive length.
    pub fn new(config: AtomFeaturizerConfig, vocabulary: V) -> Result<Self, FeaturizeError> {
        let cutoff = config.cutoff.map(Cutoff::angstrom).transpose()?;
        Ok(Self { config, cutoff, vocabulary })
    }

    /// What this featurizer computes.
    pub fn config(&self) -> &AtomFeaturizerConfig {
        &self.config
    }

    /// Which elements it knows.
    pub fn vocabulary(&self) -> &V {
        &self.vocabulary
    }
}

impl<V: Vocabulary> Featurizer for AtomFeaturizer<V> {
    type Features = AtomFeatures;

    fn featurize(&self, crystal: &Crystal) -> Result<AtomFeatures, FeaturizeError> {
        let elements: Vec<Element> = crystal.ordered_elements()?;
        let tokens = elements.iter().map(|e| self.vocabulary.token(*e)).collect::<Result<Vec<_>, _>>()?;
        let positions: Vec<[f64; 3]> = match self.config.positions {
            PositionKind::Cartesian => crystal.cart_positions().map(|p| p.0).collect(),
            PositionKind::Fractional => crystal.sites().iter().map(|s| s.position.0).collect(),
        };
        let mut features = AtomFeatures {
            centroid_distances: centroid_distances(&positions).into_iter().map(|d| d as f32).collect(),
            neighbor_offsets: vec![0; tokens.len() + 1],
            neighbor_sites: Vec::new(),
            neighbor_distances: Vec::new(),
            lattice_lengths: crystal.lattice().lengths().map(|l| l as f32),
            tokens,
        };
        if let Some(cutoff) = self.cutoff {
            let list = BruteForce.search(crystal, cutoff)?;
            features.neighbor_offsets = list.offsets().iter().map(|&o| o as u32).collect();
            features.neighbor_sites = list.sites().to_vec();
            features.neighbor_distances = list.distances().iter().map(|&d| d as f32).collect();
        }
        Ok(features)
    }
}

#[cfg(test)]
mod tests {
    use s2s_crystal::{CrystalError, Frac, Lattice, Site};

    use super::*;

    #[test]
    fn graphite_like_pair_sees_itself_across_the_cell_border() -> Result<(), FeaturizeError> {
        let lattice = Lattice::from_parameters([1.5, 9.0, 9.0], [90.0; 3])?;
        let carbon = Element::from_symbol("C").expect("carbon is an element");
        let crystal = Crystal::new(lattice, vec![Site::pure(carbon, Frac([0.0; 3]))])?;
        let features = AtomFeaturizer::new(AtomFeaturizerConfig::paper(), PaperVocabulary)?.featurize(&crystal)?;
        assert_eq!(features.tokens, [Token(6)]);
        assert_eq!(features.neighbors(0).collect::<Vec<_>>(), [(0, 1.5), (0, 1.5)]);
        assert_eq!(features.centroid_distances, [0.0]);
        Ok(())
    }

    #[test]
    fn a_cutoff_of_zero_is_refused() {
        let config = AtomFeaturizerConfig { cutoff: Some(0.0), ..AtomFeaturizerConfig::paper() };
        let error = AtomFeaturizer::new(config, PaperVocabulary).map(|_| ()).map_err(|e| e.to_string());
        let expected = CrystalError::InvalidCutoff { angstrom: 0.0 }.to_string();
        assert_eq!(error, Err(expected));
    }
}
