//! The inputs of S2SNet and its relatives: one token, one distance and one row of neighbors per atom.

use s2s_crystal::{Composition, Crystal, NeighborList};
use serde::{Deserialize, Serialize};

use crate::{
    CacheKey, FeatureSet, FeaturizeError, Featurizer, LatticeDescriptor, NeighborPadding, NeighborRule,
    PaperVocabulary, Token, Vocabulary, centroid::weighted_centroid_distances, globals::to_globals,
    weighted_atoms::WeightedAtoms,
};

/// Which coordinates the distance to the centroid is measured in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
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
    /// Coordinates of the centroid distance (§3.1 item 1); `None` leaves it out, and every atom has 0.
    ///
    /// The distance depends on how the cell is written down: leave it out where the same crystal shall give the same
    /// features.
    pub positions: Option<PositionKind>,
    /// The pairs of atoms that see each other (ρ, §3.1 item 3).
    pub pairs: NeighborRule,
    /// What is said about the cell (U, Eq. 5).
    pub lattice: LatticeDescriptor,
    /// Descriptors of the crystal as a whole; a file that does not say so means none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub globals: Option<FeatureSet>,
    /// Whether pairs have vectors besides distances, as networks that read angles need them; a file that does not say so means no.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pair_vectors: bool,
    /// Whether a site with several or partial occupants becomes one atom per element, weighted by its occupancy, and a composition
    /// a set of atoms without neighbors; if not, both are refused. A file that does not say so means no.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub weighted_atoms: bool,
}

impl AtomFeaturizerConfig {
    /// Goes up whenever the same configuration gives other numbers; sealed into checkpoints, and part of every cache key.
    pub const VERSION: u32 = 1;

    /// Distances in Å, neighbors within 2 Å, three lengths (§3.1, Eq. 5).
    pub fn paper() -> Self {
        Self {
            positions: Some(PositionKind::Cartesian),
            pairs: NeighborRule::Within { cutoff: 2.0 },
            lattice: LatticeDescriptor::Lengths,
            globals: None,
            pair_vectors: false,
            weighted_atoms: false,
        }
    }

    /// Fractional distances, no neighbor rows (every atom sees the whole cell), nine numbers (released code).
    pub fn released() -> Self {
        let (pairs, lattice) = (NeighborRule::None, LatticeDescriptor::Rows);
        Self { positions: Some(PositionKind::Fractional), pairs, lattice, ..Self::paper() }
    }

    /// The same features for the same crystal, however it is written down: any origin, orientation, cell or supercell.
    ///
    /// Twelve nearest neighbors within 8 Å, last shell completed; average distances for the lattice. Disordered crystals become
    /// weighted atoms.
    pub fn invariant() -> Self {
        Self {
            positions: None,
            pairs: NeighborRule::NearestComplete { count: 12, radius: 8.0 },
            lattice: LatticeDescriptor::Invariant,
            globals: None,
            pair_vectors: false,
            weighted_atoms: true,
        }
    }

    /// Twelve nearest neighbors within 8 Å, filled up with atom 0 at 9 Å (published CGCNN).
    pub fn cgcnn() -> Self {
        Self {
            positions: None,
            pairs: NeighborRule::Nearest { count: 12, radius: 8.0, padding: NeighborPadding::FirstAtom },
            lattice: LatticeDescriptor::Omitted,
            ..Self::paper()
        }
    }

    /// All pairs within 4 Å, up to pymatgen's tolerance of 10⁻⁸ Å (published MEGNet). A pair at that very distance is in or out as
    /// rounding says.
    pub fn megnet() -> Self {
        let pairs = NeighborRule::Within { cutoff: 4.0 + 1e-8 };
        Self { positions: None, pairs, lattice: LatticeDescriptor::Omitted, ..Self::paper() }
    }
}

/// One crystal as compact numbers.
///
/// Row `i` of the neighbors is `offsets[i]..offsets[i + 1]` in `neighbor_sites`, `neighbor_distances` and `neighbor_vectors`.
///
/// A featurizer of one's own fills in what it has and takes the rest from [`AtomFeatures::default`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AtomFeatures {
    /// Element of each atom.
    pub tokens: Vec<Token>,
    /// Amount of each atom: its share of a site, or its fraction of a composition; empty where all are 1.
    pub weights: Vec<f32>,
    /// Site of each atom, in increasing order; empty where atom `k` is site `k`, and for a composition.
    pub sites: Vec<u32>,
    /// Distance of each atom to the mean position (Å or fractional, see [`PositionKind`]); all 0 where left out.
    pub centroid_distances: Vec<f32>,
    /// Where each atom's row of neighbors starts; one more entry than there are atoms.
    pub neighbor_offsets: Vec<u32>,
    /// Neighboring atoms; one entry per periodic image (see [`NeighborRule`]).
    pub neighbor_sites: Vec<u32>,
    /// Their distances in Å.
    pub neighbor_distances: Vec<f32>,
    /// Vectors from the atom to its neighbors in Å, Cartesian; empty unless asked for, zero for a neighbor that only fills up a row.
    pub neighbor_vectors: Vec<[f32; 3]>,
    /// Further numbers about each atom, such as a charge: equally many per atom, atom by atom; [`AtomFeaturizer`] gives none.
    pub columns: Vec<f32>,
    /// What is said about the cell (see [`LatticeDescriptor`]).
    pub lattice: Vec<f32>,
    /// Numbers about the crystal as a whole, unscaled; `None` where one is missing.
    pub globals: Vec<Option<f32>>,
}

impl AtomFeatures {
    /// Number of atoms in the cell; weighted ones count like others.
    pub fn num_atoms(&self) -> usize {
        self.tokens.len()
    }

    /// The amount of an atom: 1, unless atoms are weighted.
    ///
    /// # Panics
    ///
    /// If `atom` is not below [`num_atoms`](Self::num_atoms).
    pub fn weight(&self, atom: usize) -> f32 {
        if self.weights.is_empty() { 1.0 } else { self.weights[atom] }
    }

    /// How many further numbers each atom has.
    pub fn num_columns(&self) -> usize {
        self.columns.len() / self.num_atoms().max(1)
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

/// Makes [`AtomFeatures`] of crystals and, where no structure is needed, [of compositions](Self::featurize_composition).
#[derive(Clone, Debug)]
pub struct AtomFeaturizer<V = PaperVocabulary> {
    config: AtomFeaturizerConfig,
    vocabulary: V,
}

impl<V: Vocabulary> AtomFeaturizer<V> {
    /// A featurizer with this configuration and vocabulary.
    ///
    /// # Errors
    ///
    /// [`FeaturizeError::Crystal`] if a cutoff is not a positive length, [`FeaturizeError::InvalidPairs`] if no
    /// neighbors are asked for.
    pub fn new(config: AtomFeaturizerConfig, vocabulary: V) -> Result<Self, FeaturizeError> {
        config.pairs.validate()?;
        Ok(Self { config, vocabulary })
    }

    /// What this featurizer computes.
    pub fn config(&self) -> &AtomFeaturizerConfig {
        &self.config
    }

    /// The elements of its vocabulary.
    pub fn vocabulary(&self) -> &V {
        &self.vocabulary
    }
}

impl<V: Vocabulary> CacheKey for AtomFeaturizer<V> {
    fn cache_key(&self) -> String {
        let config = serde_json::to_string(&self.config).expect("invariant: a configuration is plain data");
        let version = AtomFeaturizerConfig::VERSION;
        format!("atom-features {version} {} {config}", self.vocabulary.name())
    }
}

impl<V: Vocabulary> AtomFeaturizer<V> {
    /// A composition as one atom per element, weighted by its fraction, without neighbors; descriptors that need a structure are
    /// missing.
    ///
    /// # Errors
    ///
    /// [`FeaturizeError::NeedsStructure`] if the configuration asks for anything else that a composition does not say, or
    /// [does not allow weights](AtomFeaturizerConfig::weighted_atoms).
    ///
    /// # Examples
    ///
    /// ```
    /// use s2s_crystal::Composition;
    /// use s2s_featurize::{AtomFeaturizer, AtomFeaturizerConfig, LatticeDescriptor, PaperVocabulary};
    ///
    /// let lattice = LatticeDescriptor::Omitted;
    /// let config = AtomFeaturizerConfig { lattice, ..AtomFeaturizerConfig::invariant() };
    /// let composition: Composition = "Ba0.6K0.4Fe2As2".parse()?;
    /// let features = AtomFeaturizer::new(config, PaperVocabulary)?.featurize_composition(&composition)?;
    /// assert_eq!((features.num_atoms(), features.neighbor_sites.len()), (4, 0));
    /// assert!((features.weights.iter().sum::<f32>() - 1.0).abs() < 1e-6);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn featurize_composition(&self, composition: &Composition) -> Result<AtomFeatures, FeaturizeError> {
        let missing = |what| Err(FeaturizeError::NeedsStructure { what });
        if !self.config.weighted_atoms {
            return missing("atoms without weights");
        }
        if self.config.positions.is_some() {
            return missing("distances to the mean position");
        }
        if self.config.lattice != LatticeDescriptor::Omitted {
            return missing("lattice descriptors");
        }
        let atoms = WeightedAtoms::of_composition(composition);
        let tokens = self.tokens(&atoms)?;
        let globals = self.config.globals.as_ref();
        Ok(AtomFeatures {
            centroid_distances: vec![0.0; tokens.len()],
            neighbor_offsets: vec![0; tokens.len() + 1],
            globals: globals.map_or_else(Vec::new, |set| to_globals(&set.row_of_composition(composition))),
            tokens,
            weights: atoms.weights,
            ..AtomFeatures::default()
        })
    }

    /// The features of a crystal whose descriptors are at hand: the row that
    /// [`globals`](AtomFeaturizerConfig::globals) makes of it, which is not computed again.
    ///
    /// # Errors
    ///
    /// As [`featurize`](Featurizer::featurize).
    pub fn featurize_beside(&self, crystal: &Crystal, descriptors: &[f64]) -> Result<AtomFeatures, FeaturizeError> {
        Ok(AtomFeatures { globals: to_globals(descriptors), ..self.featurize_atoms(crystal)? })
    }

    fn tokens(&self, atoms: &WeightedAtoms) -> Result<Vec<Token>, FeaturizeError> {
        atoms.elements.iter().map(|element| self.vocabulary.token(*element)).collect()
    }

    /// Everything but the descriptors.
    fn featurize_atoms(&self, crystal: &Crystal) -> Result<AtomFeatures, FeaturizeError> {
        let atoms = match self.config.weighted_atoms {
            true => WeightedAtoms::of(crystal),
            false => WeightedAtoms::of_ordered(crystal)?,
        };
        let tokens = self.tokens(&atoms)?;
        let centroid_distances = match self.config.positions {
            None => vec![0.0; tokens.len()],
            Some(kind) => {
                let positions: Vec<[f64; 3]> = match kind {
                    PositionKind::Cartesian => crystal.cart_positions().map(|p| p.0).collect(),
                    PositionKind::Fractional => crystal.sites().iter().map(|s| s.position.0).collect(),
                };
                let distances = weighted_centroid_distances(&atoms.of_sites(positions), &atoms.weights);
                distances.into_iter().map(|d| d as f32).collect()
            }
        };
        let (pairs, lattice) = (self.config.pairs, self.config.lattice);
        let rows = |list: &NeighborList| atoms.rows(pairs.rows(crystal.num_sites(), list, self.config.pair_vectors));
        let (rows, lattice) = match pairs.reach().merged(lattice.reach()) {
            Some(reach) => {
                let (rows, lattice) = reach.search(crystal, |list| (rows(list), lattice.numbers(crystal, list)))?;
                (rows, lattice?)
            }
            None => (pairs.reach().search(crystal, rows)?, lattice.describe(crystal)?),
        };
        Ok(AtomFeatures {
            tokens,
            centroid_distances,
            neighbor_offsets: rows.offsets,
            neighbor_sites: rows.sites,
            neighbor_distances: rows.distances,
            neighbor_vectors: rows.vectors,
            columns: Vec::new(),
            lattice,
            globals: Vec::new(),
            weights: atoms.weights,
            sites: atoms.sites,
        })
    }
}

impl<V: Vocabulary> Featurizer for AtomFeaturizer<V> {
    type Features = AtomFeatures;

    fn featurize(&self, crystal: &Crystal) -> Result<AtomFeatures, FeaturizeError> {
        match &self.config.globals {
            Some(descriptors) => self.featurize_beside(crystal, &descriptors.featurize(crystal)?),
            None => self.featurize_atoms(crystal),
        }
    }
}

#[cfg(test)]
mod tests {
    use s2s_crystal::{CrystalError, Element, Frac, Lattice, Site};

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
        let config =
            AtomFeaturizerConfig { pairs: NeighborRule::Within { cutoff: 0.0 }, ..AtomFeaturizerConfig::paper() };
        let error = AtomFeaturizer::new(config, PaperVocabulary).map(|_| ()).map_err(|e| e.to_string());
        let expected = CrystalError::InvalidCutoff { angstrom: 0.0 }.to_string();
        assert_eq!(error, Err(expected));
    }
}
