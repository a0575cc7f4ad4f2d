//! Columns by their exact titles, and the error of tables.

use std::io;

use thiserror::Error;

use crate::excerpt::excerpt;

/// Why a table cannot be read at all.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TableError {
    /// The header lacks a column, or has it twice.
    #[error("the header needs the column {column:?} exactly once, found {}", titles(found))]
    Column {
        /// The column.
        column: String,
        /// The header as written.
        found: Vec<String>,
    },
    /// The header is not a line of text.
    #[error("the header cannot be read: {reason}")]
    Header {
        /// What is wrong with it.
        reason: String,
    },
    /// The source fails.
    #[error("cannot read the table: {0}")]
    Io(io::Error),
}

impl From<io::Error> for TableError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// The first titles of a header.
fn titles(found: &[String]) -> String {
    let quoted = found.iter().take(20).map(|title| format!("{:?}", excerpt(title))).collect::<Vec<_>>().join(", ");
    if found.len() > 20 { format!("[{quoted}, … ({} in all)]", found.len()) } else { format!("[{quoted}]") }
}

/// Where the one column with this title is.
pub(crate) fn column_index(column: &str, header: &[String]) -> Result<usize, TableError> {
    let mut indices = header.iter().enumerate().filter(|(_, title)| title.trim() == column).map(|(at, _)| at);
    match (indices.next(), indices.next()) {
        (Some(index), None) => Ok(index),
        _ => Err(TableError::Column { column: column.to_owned(), found: header.to_vec() }),
    }
}
