//! Rows of numbers that are computed once per crystal.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use s2s_data::{MaterialId, Record};

use super::{FeatureSet, Lesson};
use crate::TrainError;

/// The rows of a [`FeatureSet`] and of some [`Lesson`]s, kept by identifier: of one dataset, in which an identifier stands
/// for one crystal.
#[derive(Debug)]
pub struct RowCache {
    set: FeatureSet,
    lessons: Vec<Arc<Lesson>>,
    known: Mutex<HashMap<MaterialId, Arc<[f64]>>>,
}

impl RowCache {
    /// An empty cache.
    pub fn new(set: FeatureSet, lessons: Vec<Arc<Lesson>>) -> Self {
        Self { set, lessons, known: Mutex::default() }
    }

    /// The rows of these records, in their order.
    ///
    /// # Errors
    ///
    /// [`TrainError::Data`] if a record has no row.
    pub fn rows(&self, records: &[&Record]) -> Result<Vec<Arc<[f64]>>, TrainError> {
        // A panic of another thread leaves whole rows behind, which are as good as any.
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let missing: Vec<&Record> = records.iter().copied().filter(|record| !known.contains_key(&record.id)).collect();
        if !missing.is_empty() {
            let rows = self.set.rows(&missing);
            let mut rows = rows.map_err(|error| TrainError::Data { reason: error.to_string() })?;
            for lesson in &self.lessons {
                rows.iter_mut().zip(lesson.recite(&missing)?).for_each(|(row, number)| row.push(number));
            }
            known.extend(missing.iter().zip(rows).map(|(record, row)| (record.id.clone(), row.into())));
        }
        Ok(records.iter().map(|record| known[&record.id].clone()).collect())
    }

    /// The rows of records of which only the composition is known, with no number where a structure would be needed; as wide
    /// as that of `like`.
    ///
    /// # Errors
    ///
    /// [`TrainError::Data`] if `like` has no row.
    pub fn rows_of_compositions(&self, records: &[&Record], like: &Record) -> Result<Vec<Arc<[f64]>>, TrainError> {
        let rows = self.set.rows_of_compositions(records, like);
        let rows = rows.map_err(|error| TrainError::Data { reason: error.to_string() })?;
        let without_lessons = |mut row: Vec<f64>| {
            row.resize(row.len() + self.lessons.len(), f64::NAN);
            row.into()
        };
        Ok(rows.into_iter().map(without_lessons).collect())
    }
}

impl fmt::Display for RowCache {
    /// `magpie+structure@gap`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.set.fmt(f)?;
        self.lessons.iter().try_for_each(|lesson| write!(f, "@{}", lesson.name()))
    }
}
