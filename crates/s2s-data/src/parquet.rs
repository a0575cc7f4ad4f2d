//! Records as a Parquet file, which pandas, polars, DuckDB and Spark read.
//!
//! | column | type | |
//! |---|---|---|
//! | `id`, `formula` | text | |
//! | `label` | int32, may be null | 1 or 0 where it is decided |
//! | `answer` | text, may be null | `superconductor`, `no_transition`, `none_reported`, `conflicting`, `not_listed` |
//! | `tc` | double, may be null | in K |
//! | `lattice` | list of lists of double | rows in Å |
//! | `species` | list of int32 | atomic number of the most abundant element of each site |
//! | `frac_coords` | list of lists of double | |
//! | `more` | text, may be null | all other fields of the record as a JSON object; where sites are shared or have charges, also `species` in full, which then counts |
//!
//! Reading needs `id`, `formula`, `lattice`, `species` and `frac_coords`, in any order and with or without nulls allowed,
//! so that a table that went through pandas comes back.

mod reader;
mod writer;

use thiserror::Error;

pub use self::{reader::ParquetRecords, writer::ParquetWriter};
use crate::record::RecordErrorKind;

/// Why a Parquet file cannot be written or read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ParquetError {
    /// The file is damaged or none, or cannot be read or written.
    #[error("{0}")]
    File(String),
    /// A column is missing, or of another type.
    #[error("the column {column:?} is missing or not {expected}")]
    Column {
        /// The column.
        column: &'static str,
        /// What it must hold.
        expected: &'static str,
    },
    /// A row is no record.
    #[error("row {row}: {error}")]
    Record {
        /// Number of the row, from 0.
        row: u64,
        /// What is wrong with it.
        error: RecordErrorKind,
    },
}

impl From<parquet::errors::ParquetError> for ParquetError {
    fn from(error: parquet::errors::ParquetError) -> Self {
        Self::File(error.to_string())
    }
}
