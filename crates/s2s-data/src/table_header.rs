//! Columns of a table, found by their titles.

use thiserror::Error;

/// Why a table cannot be read at all.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TableError {
    /// The header lacks a column, or has it twice.
    #[error("the header needs the column {column:?} exactly once, found {found:?}")]
    Column {
        /// The column.
        column: String,
        /// The header as written.
        found: Vec<String>,
    },
    /// The table cannot be read.
    #[error("cannot read the table: {0}")]
    Read(#[from] csv::Error),
}

/// Where the one column with this title is.
pub(crate) fn place_of(column: &str, header: &csv::StringRecord) -> Result<usize, TableError> {
    let mut places = header.iter().enumerate().filter(|(_, title)| title.trim() == column).map(|(at, _)| at);
    match (places.next(), places.next()) {
        (Some(place), None) => Ok(place),
        _ => Err(TableError::Column { column: column.to_owned(), found: header.iter().map(str::to_owned).collect() }),
    }
}
