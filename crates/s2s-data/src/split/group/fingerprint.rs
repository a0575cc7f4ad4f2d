//! Fingerprints of records, with the name of the record that has none.

use rayon::prelude::*;
use s2s_crystal::{Crystal, CrystalError, StructureFingerprint};
use thiserror::Error;

use crate::{MaterialId, Record};

/// A record without a fingerprint.
#[derive(Clone, Debug, PartialEq, Error)]
#[error("{id}: {error}")]
pub struct FingerprintError {
    /// The record.
    pub id: MaterialId,
    /// Why its neighbors cannot be found.
    pub error: CrystalError,
}

/// The fingerprint of a record, by which structures of one composition are distinguished.
pub(crate) fn fingerprint(record: &Record) -> Result<StructureFingerprint, FingerprintError> {
    of(record, StructureFingerprint::new)
}

/// The fingerprints of the positions of all records, without their elements, in order, on the current rayon pool.
pub(super) fn of_positions(records: &[Record]) -> Result<Vec<StructureFingerprint>, FingerprintError> {
    records.par_iter().map(|record| of(record, StructureFingerprint::ignoring_species)).collect()
}

fn of(
    record: &Record,
    fingerprint: impl Fn(&Crystal) -> Result<StructureFingerprint, CrystalError>,
) -> Result<StructureFingerprint, FingerprintError> {
    fingerprint(&record.crystal).map_err(|error| FingerprintError { id: record.id.clone(), error })
}
