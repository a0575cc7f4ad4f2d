//! Columns of a table, found by their titles.

use std::io::{self, Read};

use thiserror::Error;

use crate::{excerpt::excerpt, table_lines::TableLines};

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
    Io(#[from] io::Error),
}

/// The first titles of a header.
fn titles(found: &[String]) -> String {
    let quoted = found.iter().take(20).map(|title| format!("{:?}", excerpt(title))).collect::<Vec<_>>().join(", ");
    if found.len() > 20 { format!("[{quoted}, … ({} in all)]", found.len()) } else { format!("[{quoted}]") }
}

/// The header of a table: its titles, none where the table is empty.
pub(crate) fn header_of<R: Read>(lines: &mut TableLines<R>) -> Result<Vec<String>, TableError> {
    match lines.next_row()? {
        None => Ok(Vec::new()),
        Some(fields) => fields.map_err(|reason| TableError::Header { reason }),
    }
}

/// Where the one column with this title is.
pub(crate) fn place_of(column: &str, header: &[String]) -> Result<usize, TableError> {
    let mut places = header.iter().enumerate().filter(|(_, title)| title.trim() == column).map(|(at, _)| at);
    match (places.next(), places.next()) {
        (Some(place), None) => Ok(place),
        _ => Err(TableError::Column { column: column.to_owned(), found: header.to_vec() }),
    }
}
