//! Features of records: descriptors of the crystal, or how the record was written.

use std::{fmt, str::FromStr, sync::LazyLock};

use rayon::prelude::*;
use s2s_crystal::Composition;
use s2s_data::{Record, audit::ShortcutFeature, reference};
use s2s_featurize::{FeatureBlock, FeatureSet, FeaturizeError, Featurizer, UnknownBlock};

/// Descriptors and shortcut features as one row of numbers, in the order of its columns; as text `artefacts+magpie`.
///
/// The words are those of a [`FeatureSet`], `all` included, and `artefacts`: how the record was written, which is what
/// [`ShortcutFeature::All`] collects. A label should not follow from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordFeatures(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Descriptors(FeatureSet),
    Shortcuts,
}

const SHORTCUTS: &str = "artefacts";

/// How many numbers the shortcut features of every record are.
static NUM_SHORTCUTS: LazyLock<usize> = LazyLock::new(|| {
    let record = reference::crystals().first().expect("invariant: there are reference crystals").to_record();
    ShortcutFeature::All.features(0, &record).len()
});

impl RecordFeatures {
    /// How many numbers a row has; every record and composition has as many.
    pub fn width(&self) -> usize {
        let width = |part: &Part| match part {
            Part::Descriptors(set) => set.width(),
            Part::Shortcuts => *NUM_SHORTCUTS,
        };
        self.0.iter().map(width).sum()
    }

    /// The row of one record; all numbers are finite.
    ///
    /// # Errors
    ///
    /// As [`FeatureSet::featurize`](Featurizer::featurize).
    pub fn row(&self, record: &Record) -> Result<Vec<f64>, FeaturizeError> {
        let mut row = Vec::with_capacity(self.width());
        for part in &self.0 {
            match part {
                Part::Descriptors(set) => row.extend(set.featurize(&record.crystal)?),
                // The row number in the file is not among them, so that it does not matter which records are looked at.
                Part::Shortcuts => row.extend(ShortcutFeature::All.features(0, record)),
            }
        }
        Ok(row)
    }

    /// One row per record, on all threads.
    ///
    /// # Errors
    ///
    /// As [`row`](Self::row), for the first record that has none.
    pub fn rows(&self, records: &[&Record]) -> Result<Vec<Vec<f64>>, FeaturizeError> {
        records.par_iter().map(|record| self.row(record)).collect()
    }

    /// The row of a composition: NaN, the missing value of tree learners, where a structure or a record would be needed.
    pub fn row_of_composition(&self, composition: &Composition) -> Vec<f64> {
        let mut row = Vec::with_capacity(self.width());
        for part in &self.0 {
            match part {
                Part::Descriptors(set) => row.extend(set.row_of_composition(composition)),
                Part::Shortcuts => row.resize(row.len() + *NUM_SHORTCUTS, f64::NAN),
            }
        }
        row
    }
}

impl From<FeatureSet> for RecordFeatures {
    fn from(set: FeatureSet) -> Self {
        Self(vec![Part::Descriptors(set)])
    }
}

impl fmt::Display for RecordFeatures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = |part: &Part| match part {
            Part::Descriptors(set) => set.to_string(),
            Part::Shortcuts => SHORTCUTS.to_owned(),
        };
        f.pad(&self.0.iter().map(word).collect::<Vec<_>>().join("+"))
    }
}

impl FromStr for RecordFeatures {
    type Err = UnknownBlock;

    fn from_str(text: &str) -> Result<Self, UnknownBlock> {
        let words: Vec<&str> = text.split('+').collect();
        if !words.contains(&SHORTCUTS) {
            return text.parse().map(FeatureSet::into);
        }
        // Descriptors that follow each other stay one set, which computes what they share only once.
        let mut parts = Vec::new();
        for run in words.chunk_by(|a, b| (*a == SHORTCUTS) == (*b == SHORTCUTS)) {
            if run[0] == SHORTCUTS {
                parts.extend(run.iter().map(|_| Part::Shortcuts));
            } else {
                let blocks = run.iter().map(|word| word.parse()).collect::<Result<Vec<FeatureBlock>, _>>()?;
                parts.push(Part::Descriptors(FeatureSet::new(blocks)));
            }
        }
        Ok(Self(parts))
    }
}
