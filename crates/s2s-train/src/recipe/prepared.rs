//! Featurized records, and those that have no features.

use std::{fmt, io, path::Path};

use s2s_data::{MaterialId, Record};
use s2s_featurize::{AtomFeatures, FeaturizeError, Featurizer};

use crate::TrainError;

/// Features of the records that have some, and why the others have none.
#[derive(Debug)]
pub struct Prepared {
    /// Features, in record order.
    pub features: Vec<AtomFeatures>,
    /// For each feature, the number of its record.
    pub kept: Vec<usize>,
    /// Records that cannot be featurized.
    pub refused: Vec<Refused>,
}

/// A record that cannot be featurized.
#[derive(Debug)]
pub struct Refused {
    /// The record.
    pub id: MaterialId,
    /// Why.
    pub reason: FeaturizeError,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.id, self.reason)
    }
}

impl Prepared {
    /// Featurizes records on all threads.
    ///
    /// # Errors
    ///
    /// [`TrainError::Data`] if no record has features.
    pub fn new(records: &[Record], featurizer: &impl Featurizer<Features = AtomFeatures>) -> Result<Self, TrainError> {
        Self::up_to(usize::MAX, records, featurizer)
    }

    /// As [`new`](Self::new), where a record without features is an error.
    ///
    /// # Errors
    ///
    /// [`TrainError::Data`] names the first such record.
    pub(crate) fn all(
        records: &[Record],
        featurizer: &impl Featurizer<Features = AtomFeatures>,
    ) -> Result<Self, TrainError> {
        let prepared = Self::new(records, featurizer)?;
        match prepared.refused.first() {
            Some(refused) => Err(TrainError::Data { reason: refused.to_string() }),
            None => Ok(prepared),
        }
    }

    /// As [`new`](Self::new), but for crystals of at most so many atoms; larger ones are among the refused.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn up_to(
        max_atoms: usize,
        records: &[Record],
        featurizer: &impl Featurizer<Features = AtomFeatures>,
    ) -> Result<Self, TrainError> {
        use rayon::prelude::*;
        let one = |record: &Record| match record.crystal.num_sites() {
            atoms if atoms > max_atoms => Err(FeaturizeError::TooManyAtoms { atoms, limit: max_atoms }),
            _ => featurizer.featurize(&record.crystal),
        };
        let results: Vec<_> = records.par_iter().map(one).collect();
        let mut prepared = Self { features: Vec::new(), kept: Vec::new(), refused: Vec::new() };
        for (k, (record, result)) in records.iter().zip(results).enumerate() {
            match result {
                Ok(features) => {
                    prepared.features.push(features);
                    prepared.kept.push(k);
                }
                Err(reason) => prepared.refused.push(Refused { id: record.id.clone(), reason }),
            }
        }
        match prepared.refused.first() {
            Some(first) if prepared.features.is_empty() => {
                Err(TrainError::Data { reason: format!("no record has features; {first}") })
            }
            _ => Ok(prepared),
        }
    }
}

/// SHA-256 of a file's bytes.
///
/// # Errors
///
/// [`TrainError::Storage`] if it cannot be read.
pub fn file_sha256(path: &Path) -> Result<String, TrainError> {
    let failed = |error: io::Error| TrainError::Storage { action: "read the file", path: path.to_owned(), error };
    Ok(crate::checkpoint::sha256(&std::fs::read(path).map_err(failed)?))
}
