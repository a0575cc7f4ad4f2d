//! A dataset: records that all have a decided label and an identifier of their own.

use std::collections::HashSet;

use crate::{DataError, Record};

/// Records that all have a decided label and an identifier of their own.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Dataset {
    records: Vec<Record>,
    superconducting: Vec<bool>,
}

impl Dataset {
    /// The dataset of these records, in this order.
    ///
    /// # Errors
    ///
    /// [`DataError::Unlabelled`] and [`DataError::Undecided`] name the first record without a usable label,
    /// [`DataError::DuplicateId`] the first identifier that appears twice.
    pub fn new(records: Vec<Record>) -> Result<Self, DataError> {
        let mut seen = HashSet::with_capacity(records.len());
        let mut superconducting = Vec::with_capacity(records.len());
        for record in &records {
            let id = || record.id.clone();
            let label = record.label.ok_or_else(|| DataError::Unlabelled { id: id() })?;
            superconducting.push(label.is_superconductor().ok_or_else(|| DataError::Undecided { id: id() })?);
            if !seen.insert(&record.id) {
                return Err(DataError::DuplicateId { id: id() });
            }
        }
        Ok(Self { records, superconducting })
    }

    /// Number of records.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether there is no record.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// The records.
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// Gives the records away.
    pub fn into_records(self) -> Vec<Record> {
        self.records
    }

    /// Whether each record is a superconductor, in record order.
    pub fn labels(&self) -> &[bool] {
        &self.superconducting
    }

    /// Number of superconductors.
    pub fn num_superconductors(&self) -> usize {
        self.superconducting.iter().filter(|&&s| s).count()
    }
}
