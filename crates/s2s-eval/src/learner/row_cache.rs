//! A cache of feature rows, each computed once per crystal.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use s2s_crystal::Composition;
use s2s_data::{MaterialId, Record};

use super::{AuxiliaryFeature, RecordFeatures};
use crate::EvalError;

/// The rows of some [`RecordFeatures`] and some [`AuxiliaryFeature`]s, kept by identifier: of one dataset, in which an identifier stands
/// for one crystal.
#[derive(Debug)]
pub struct RowCache {
    features: RecordFeatures,
    auxiliary: Vec<Arc<AuxiliaryFeature>>,
    known: Mutex<HashMap<MaterialId, Arc<[f64]>>>,
}

impl RowCache {
    /// An empty cache.
    pub fn new(features: impl Into<RecordFeatures>, auxiliary: Vec<Arc<AuxiliaryFeature>>) -> Self {
        Self { features: features.into(), auxiliary, known: Mutex::default() }
    }

    /// The rows of these records, in their order.
    ///
    /// # Errors
    ///
    /// [`EvalError::Data`] if a record has no row.
    pub fn rows(&self, records: &[&Record]) -> Result<Vec<Arc<[f64]>>, EvalError> {
        // A panic of another thread leaves whole rows behind, which are as good as any.
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let missing: Vec<&Record> = records.iter().copied().filter(|record| !known.contains_key(&record.id)).collect();
        if !missing.is_empty() {
            let rows = self.features.rows(&missing);
            let mut rows = rows.map_err(|error| EvalError::Data { reason: error.to_string() })?;
            for feature in &self.auxiliary {
                rows.iter_mut().zip(feature.predict(&missing)?).for_each(|(row, number)| row.push(number));
            }
            known.extend(missing.iter().zip(rows).map(|(record, row)| (record.id.clone(), row.into())));
        }
        Ok(records.iter().map(|record| known[&record.id].clone()).collect())
    }

    /// The row of a composition, with NaN where a structure would be needed; as wide as that of a record.
    pub fn row_of_composition(&self, composition: &Composition) -> Arc<[f64]> {
        let mut row = self.features.row_of_composition(composition);
        row.resize(row.len() + self.auxiliary.len(), f64::NAN);
        row.into()
    }
}

impl fmt::Display for RowCache {
    /// `magpie+structure@gap`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.features.fmt(f)?;
        self.auxiliary.iter().try_for_each(|feature| write!(f, "@{}", feature.name()))
    }
}
