//! Errors of entries of a source.

use s2s_crystal::{Diagnostic, ParseError};
use thiserror::Error;

use crate::{MaterialId, json_words::in_words};

/// An entry of a source that is no record: which one, and why.
#[derive(Debug, Error)]
#[error("entry {entry}{}: {kind}", id.as_ref().map(|id| format!(" ({id})")).unwrap_or_default())]
pub struct EntryError {
    /// Number of the entry in its source, from 1.
    pub entry: u64,
    /// Its identifier, as far as it could be read.
    pub id: Option<MaterialId>,
    /// What is wrong with it.
    pub kind: EntryErrorKind,
}

/// What is wrong with an entry.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum EntryErrorKind {
    /// The source cannot be read any further: it ends here.
    #[error("cannot read on: {0}")]
    Io(std::io::Error),
    /// Not JSON, or not of the layout.
    #[error("{}", in_words(.0))]
    Json(serde_json::Error),
    /// The list is not closed: the source ends too early.
    #[error("the list has no end")]
    Unclosed,
    /// The value is longer than any entry may be.
    #[error("longer than {limit} bytes")]
    TooLong {
        /// The longest value that is read.
        limit: usize,
    },
    /// It has no identifier.
    #[error("no identifier")]
    NoId,
    /// Its identifier is longer than any may be.
    #[error("the identifier has more than {} characters", MaterialId::LONGEST)]
    LongId,
    /// It has no structure.
    #[error("no structure")]
    NoStructure,
    /// Its structure is none.
    #[error("{0}")]
    Structure(ParseError),
}

/// What was found in the structure of an entry, under the entry's identifier.
pub(super) fn named(mut diagnostics: Vec<Diagnostic>, id: &MaterialId) -> Vec<Diagnostic> {
    diagnostics.iter_mut().for_each(|found| found.block = Some(id.to_string()));
    diagnostics
}
