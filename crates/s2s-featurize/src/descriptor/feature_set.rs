//! Sets of descriptors by name, as rows of one table.

use std::{fmt, str::FromStr};

use rayon::prelude::*;
use s2s_crystal::{Composition, Crystal};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

#[cfg(feature = "symmetry")]
use super::SymmetryStatistics;
use super::{
    CompositionStatistics, DopingStatistics, ElementCount, ElementFractions, ElementPairStatistics,
    EnvironmentStatistics, StructureStatistics, shared::Shared,
};
use crate::{FeaturizeError, Featurizer, MagpieConfig, MagpieFeaturizer};

/// A descriptor, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum FeatureBlock {
    /// `element-count`: [`ElementCount`].
    ElementCount,
    /// `magpie`: [`MagpieFeaturizer`] with matminer's choices.
    Magpie,
    /// `fractions`: [`ElementFractions`].
    Fractions,
    /// `composition`: [`CompositionStatistics`].
    Composition,
    /// `pairs`: [`ElementPairStatistics`].
    Pairs,
    /// `structure`: [`StructureStatistics`].
    Structure,
    /// `surroundings`: [`EnvironmentStatistics`].
    Surroundings,
    /// `symmetry`: [`SymmetryStatistics`]; with the feature of that name.
    #[cfg(feature = "symmetry")]
    Symmetry,
    /// `doping`: [`DopingStatistics`].
    Doping,
}

impl FeatureBlock {
    /// Every descriptor; `all` lists them in this order, but for `doping`, which is younger than models of `all`.
    pub const ALL: &[Self] = &[
        Self::ElementCount,
        Self::Magpie,
        Self::Fractions,
        Self::Composition,
        Self::Pairs,
        Self::Structure,
        Self::Surroundings,
        #[cfg(feature = "symmetry")]
        Self::Symmetry,
        Self::Doping,
    ];

    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::ElementCount => "element-count",
            Self::Magpie => "magpie",
            Self::Fractions => "fractions",
            Self::Composition => "composition",
            Self::Pairs => "pairs",
            Self::Structure => "structure",
            Self::Surroundings => "surroundings",
            #[cfg(feature = "symmetry")]
            Self::Symmetry => SYMMETRY,
            Self::Doping => "doping",
        }
    }

    /// How many numbers it gives, for every crystal.
    pub fn width(self) -> usize {
        match self {
            Self::ElementCount => ElementCount::LEN,
            Self::Magpie => MagpieFeaturizer::LEN,
            Self::Fractions => ElementFractions::LEN,
            Self::Composition => CompositionStatistics::LEN,
            Self::Pairs => ElementPairStatistics::LEN,
            Self::Structure => StructureStatistics::LEN,
            Self::Surroundings => EnvironmentStatistics::LEN,
            #[cfg(feature = "symmetry")]
            Self::Symmetry => SymmetryStatistics::LEN,
            Self::Doping => DopingStatistics::LEN,
        }
    }

    /// What each number is.
    pub fn labels(self) -> Vec<String> {
        match self {
            Self::ElementCount => ElementCount.labels(),
            Self::Magpie => magpie().labels(),
            Self::Fractions => ElementFractions.labels(),
            Self::Composition => CompositionStatistics.labels(),
            Self::Pairs => ElementPairStatistics.labels(),
            Self::Structure => StructureStatistics.labels(),
            Self::Surroundings => EnvironmentStatistics.labels(),
            #[cfg(feature = "symmetry")]
            Self::Symmetry => SymmetryStatistics.labels(),
            Self::Doping => DopingStatistics.labels(),
        }
    }

    /// Whether its numbers follow from the composition alone.
    pub fn is_of_composition(self) -> bool {
        matches!(
            self,
            Self::ElementCount | Self::Magpie | Self::Fractions | Self::Composition | Self::Pairs | Self::Doping
        )
    }

    fn append(self, shared: &Shared<'_>, row: &mut Vec<f64>) -> Result<(), FeaturizeError> {
        match self {
            Self::Structure => StructureStatistics.append(shared, row)?,
            Self::Surroundings => EnvironmentStatistics.append(shared, row)?,
            #[cfg(feature = "symmetry")]
            Self::Symmetry => row.extend(SymmetryStatistics.describe(shared)),
            _ => self.append_of_composition(shared.composition(), row),
        }
        Ok(())
    }

    /// The numbers that follow from a composition, or as many missing values.
    fn append_of_composition(self, composition: &Composition, row: &mut Vec<f64>) {
        match self {
            Self::ElementCount => row.extend(ElementCount.describe(composition)),
            Self::Magpie => row.extend(magpie().describe(composition)),
            Self::Fractions => row.extend(ElementFractions.describe(composition)),
            Self::Composition => row.extend(CompositionStatistics.describe(composition)),
            Self::Pairs => row.extend(ElementPairStatistics.describe(composition)),
            Self::Doping => row.extend(DopingStatistics.describe(composition)),
            _ => row.resize(row.len() + self.width(), f64::NAN),
        }
    }
}

/// The word of the descriptor that needs the feature `symmetry`.
const SYMMETRY: &str = "symmetry";

fn magpie() -> MagpieFeaturizer {
    MagpieFeaturizer::new(MagpieConfig::matminer())
}

impl fmt::Display for FeatureBlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Why a word names no set of features.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnknownBlock {
    /// There is no such descriptor.
    #[error("`{word}` is no set of features; there are {known}")]
    Word {
        /// The word.
        word: String,
        /// The words that are known.
        known: String,
    },
    /// The descriptor needs the feature `symmetry` of this crate.
    #[error("`{word}` needs a program that was built with symmetry search")]
    WithoutSymmetry {
        /// The word.
        word: String,
    },
}

impl UnknownBlock {
    /// The error for a word, where these are the words that are known.
    pub fn new(word: &str, known: &[&str]) -> Self {
        Self::Word { word: word.to_owned(), known: known.join(", ") }
    }
}

impl FromStr for FeatureBlock {
    type Err = UnknownBlock;

    fn from_str(word: &str) -> Result<Self, UnknownBlock> {
        if let Some(block) = Self::ALL.iter().find(|block| block.name() == word) {
            return Ok(*block);
        }
        if word == SYMMETRY {
            return Err(UnknownBlock::WithoutSymmetry { word: word.to_owned() });
        }
        Err(UnknownBlock::new(word, &Self::ALL.iter().map(|block| block.name()).collect::<Vec<_>>()))
    }
}

/// Several descriptors as one row of numbers, in the order of its columns; as text `magpie+structure`, or `all` for every
/// [`FeatureBlock`] but `doping`.
///
/// # Examples
///
/// ```
/// use s2s_crystal::{Composition, Crystal, Frac, Lattice, Site};
/// use s2s_featurize::{FeatureSet, Featurizer};
///
/// let set: FeatureSet = "element-count+structure".parse()?;
/// let niobium = [[0.0; 3], [0.5; 3]].map(|x| Site::pure("Nb".parse().expect("an element"), Frac(x)));
/// let crystal = Crystal::new(Lattice::from_parameters([3.3; 3], [90.0; 3])?, niobium.to_vec())?;
/// let row = set.featurize(&crystal)?;
/// assert_eq!((row.len(), row[0]), (set.width(), 1.0));
///
/// // Of a composition alone, what a structure would be needed for is missing.
/// let row = set.row_of_composition(&"Nb3Sn".parse::<Composition>()?);
/// assert!(row[0] == 2.0 && row[1..].iter().all(|value| value.is_nan()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeatureSet(Vec<FeatureBlock>);

impl FeatureSet {
    /// These descriptors, in this order.
    pub fn new(blocks: impl IntoIterator<Item = FeatureBlock>) -> Self {
        Self(blocks.into_iter().collect())
    }

    /// The descriptors, in the order of their columns.
    pub fn blocks(&self) -> &[FeatureBlock] {
        &self.0
    }

    /// How many numbers a row has; every crystal and composition has as many.
    pub fn width(&self) -> usize {
        self.0.iter().map(|block| block.width()).sum()
    }

    /// What each column is.
    pub fn labels(&self) -> Vec<String> {
        self.0.iter().flat_map(|block| block.labels()).collect()
    }

    /// One row per crystal, on all threads.
    ///
    /// # Errors
    ///
    /// As [`Featurizer::featurize`], for the first crystal that has no row.
    pub fn rows(&self, crystals: &[&Crystal]) -> Result<Vec<Vec<f64>>, FeaturizeError> {
        crystals.par_iter().map(|crystal| self.featurize(crystal)).collect()
    }

    /// The row of a composition: numbers where they follow from it, and NaN, the missing value of tree learners, where a
    /// structure would be needed.
    pub fn row_of_composition(&self, composition: &Composition) -> Vec<f64> {
        let (reduced, _) = composition.reduced();
        let mut row = Vec::with_capacity(self.width());
        self.0.iter().for_each(|block| block.append_of_composition(&reduced, &mut row));
        row
    }
}

impl Featurizer for FeatureSet {
    type Features = Vec<f64>;

    /// All numbers of the row are finite.
    ///
    /// # Errors
    ///
    /// [`FeaturizeError::Crystal`] for cells too flat to search for neighbors. A crystal whose symmetry cannot be found is
    /// no error: it gets the numbers of the group without symmetry.
    fn featurize(&self, crystal: &Crystal) -> Result<Vec<f64>, FeaturizeError> {
        let (shared, mut row) = (Shared::new(crystal), Vec::with_capacity(self.width()));
        self.0.iter().try_for_each(|block| block.append(&shared, &mut row))?;
        Ok(row)
    }
}

impl fmt::Display for FeatureSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0.iter().map(|block| block.name()).collect::<Vec<_>>().join("+"))
    }
}

/// As text, [`Display`](fmt::Display)ed and parsed.
impl Serialize for FeatureSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for FeatureSet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

impl FromStr for FeatureSet {
    type Err = UnknownBlock;

    fn from_str(text: &str) -> Result<Self, UnknownBlock> {
        if text == "all" {
            // Without symmetry it would be another set under the same name.
            SYMMETRY.parse::<FeatureBlock>().map_err(|_| UnknownBlock::WithoutSymmetry { word: text.to_owned() })?;
            return Ok(Self::new(FeatureBlock::ALL.iter().copied().filter(|block| *block != FeatureBlock::Doping)));
        }
        text.split('+').map(str::parse).collect::<Result<_, _>>().map(Self)
    }
}
