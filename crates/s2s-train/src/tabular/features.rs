//! Crystals as rows of numbers, for models that learn from tables.

mod composition;
mod pairs;
mod seen;
mod structure;
mod surroundings;
mod symmetry;

use std::{fmt, str::FromStr, sync::LazyLock};

use rayon::prelude::*;
use s2s_crystal::{Crystal, CrystalError, Frac, Lattice, Site};
use s2s_data::{Artefact, Record};
use s2s_featurize::{MagpieConfig, MagpieFeaturizer};
use seen::Seen;

static MAGPIE: LazyLock<MagpieFeaturizer> = LazyLock::new(|| MagpieFeaturizer::new(MagpieConfig::matminer()));

/// A set of numbers about a crystal.
///
/// All but [`Artefacts`](Self::Artefacts) are functions of the physical crystal: origin, orientation, choice of cell,
/// supercell and order of the atoms change none of them beyond rounding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FeatureBlock {
    /// How many elements: one whole number.
    ElementCount,
    /// How the record was written: what [`Artefact::All`] collects. A label should not follow from it.
    Artefacts,
    /// The 145 Magpie features.
    Magpie,
    /// The atomic fraction of every element.
    Fractions,
    /// Further statistics of element properties, amounts of element families, extremes by electronegativity.
    Composition,
    /// Differences of the properties of all pairs of elements, weighted by how often they would meet at random.
    Pairs,
    /// Volume, density, packing, distances to the nearest neighbors, whatever the elements are.
    Structure,
    /// What surrounds the atoms: coordination, bond lengths, differences of properties between neighbors.
    Surroundings,
    /// Space group, orbits, and the size of the primitive cell.
    Symmetry,
}

impl FeatureBlock {
    const NAMES: [(Self, &'static str); 9] = [
        (Self::ElementCount, "element-count"),
        (Self::Artefacts, "artefacts"),
        (Self::Magpie, "magpie"),
        (Self::Fractions, "fractions"),
        (Self::Composition, "composition"),
        (Self::Pairs, "pairs"),
        (Self::Structure, "structure"),
        (Self::Surroundings, "surroundings"),
        (Self::Symmetry, "symmetry"),
    ];

    /// Whether its numbers follow from the composition alone.
    pub fn is_of_composition(self) -> bool {
        matches!(self, Self::ElementCount | Self::Magpie | Self::Fractions | Self::Composition | Self::Pairs)
    }

    /// Appends the numbers of one record to a row; all finite, and as many for every record.
    ///
    /// # Errors
    ///
    /// [`CrystalError`] for cells too flat to search for neighbors. A crystal whose symmetry cannot be found is no
    /// error: it gets the numbers of the group without symmetry.
    pub fn append(self, record: &Record, row: &mut Vec<f64>) -> Result<(), CrystalError> {
        self.append_seen(&Seen::new(record), row)
    }

    fn append_seen(self, seen: &Seen<'_>, row: &mut Vec<f64>) -> Result<(), CrystalError> {
        match self {
            Self::ElementCount => row.push(seen.composition().num_elements() as f64),
            // The place in the file is not among them, so that it does not matter which records are looked at.
            Self::Artefacts => row.extend(Artefact::All.features(0, seen.record)),
            Self::Magpie => row.extend(MAGPIE.describe(seen.composition())),
            Self::Fractions => composition::append_fractions(seen.composition(), row),
            Self::Composition => composition::append(seen.composition(), row),
            Self::Pairs => pairs::append(seen.composition(), row),
            Self::Structure => structure::append(seen, row)?,
            Self::Surroundings => surroundings::append(seen, row)?,
            Self::Symmetry => symmetry::append(seen.crystal(), row),
        }
        Ok(())
    }
}

impl fmt::Display for FeatureBlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Self::NAMES.iter().find(|(block, _)| block == self).map(|(_, name)| *name);
        f.pad(name.expect("invariant: every block has a name"))
    }
}

/// A word that names no set of features.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{word}` is no set of features; there are {known}")]
pub struct UnknownBlock {
    word: String,
    known: String,
}

impl FromStr for FeatureBlock {
    type Err = UnknownBlock;

    fn from_str(word: &str) -> Result<Self, UnknownBlock> {
        let known = || Self::NAMES.map(|(_, name)| name).join(", ");
        let found = Self::NAMES.iter().find(|(_, name)| *name == word).map(|(block, _)| *block);
        found.ok_or_else(|| UnknownBlock { word: word.to_owned(), known: known() })
    }
}

/// Sets of features, in the order of their columns; `magpie+structure` as text, or `all` for every set that is a function of
/// the physical crystal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeatureSet(Vec<FeatureBlock>);

impl FeatureSet {
    /// These sets, in this order.
    pub fn new(blocks: impl IntoIterator<Item = FeatureBlock>) -> Self {
        Self(blocks.into_iter().collect())
    }

    /// How many numbers a row has; every record has as many.
    pub fn width(&self) -> usize {
        let site = Site::pure("H".parse().expect("invariant: hydrogen is an element"), Frac([0.0; 3]));
        let cube = Lattice::from_parameters([3.0; 3], [90.0; 3]).and_then(|lattice| Crystal::new(lattice, vec![site]));
        let record = Record::new("cube", "H", cube.expect("invariant: a cube with an atom is a crystal"));
        self.row(&record).expect("invariant: a cube has neighbors").len()
    }

    /// The row of one record.
    ///
    /// # Errors
    ///
    /// As [`FeatureBlock::append`].
    pub fn row(&self, record: &Record) -> Result<Vec<f64>, CrystalError> {
        let (seen, mut row) = (Seen::new(record), Vec::new());
        self.0.iter().try_for_each(|block| block.append_seen(&seen, &mut row))?;
        Ok(row)
    }

    /// One row per record, on all threads.
    ///
    /// # Errors
    ///
    /// As [`FeatureBlock::append`], for the first record that has no row.
    pub fn rows(&self, records: &[&Record]) -> Result<Vec<Vec<f64>>, CrystalError> {
        records.par_iter().map(|record| self.row(record)).collect()
    }

    /// One row per record of which only the composition is known: no number where a structure would be needed. Each is as
    /// wide as that of `like`.
    ///
    /// # Errors
    ///
    /// As [`FeatureBlock::append`] for `like`.
    pub fn rows_of_compositions(&self, records: &[&Record], like: &Record) -> Result<Vec<Vec<f64>>, CrystalError> {
        let width = |block: &FeatureBlock| {
            let mut row = Vec::new();
            block.append(like, &mut row).map(|()| row.len())
        };
        let widths: Vec<usize> = self.0.iter().map(width).collect::<Result<_, _>>()?;
        let row = |record: &&Record| {
            let mut row = Vec::new();
            for (block, width) in self.0.iter().zip(&widths) {
                if block.is_of_composition() {
                    block.append(record, &mut row)?;
                } else {
                    row.resize(row.len() + width, f64::NAN);
                }
            }
            Ok(row)
        };
        records.par_iter().map(row).collect()
    }
}

impl fmt::Display for FeatureSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0.iter().map(FeatureBlock::to_string).collect::<Vec<_>>().join("+"))
    }
}

impl FromStr for FeatureSet {
    type Err = UnknownBlock;

    fn from_str(text: &str) -> Result<Self, UnknownBlock> {
        if text == "all" {
            let invariant = |block: &FeatureBlock| *block != FeatureBlock::Artefacts;
            return Ok(Self::new(FeatureBlock::NAMES.map(|(block, _)| block).into_iter().filter(invariant)));
        }
        text.split('+').map(str::parse).collect::<Result<_, _>>().map(Self)
    }
}
