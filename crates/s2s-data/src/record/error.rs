//! Errors of lines of records.

use s2s_crystal::CrystalError;
use thiserror::Error;

use crate::{Kelvin, json_words::in_words};

/// A line that is not a record, and where it is.
#[derive(Debug, Error)]
#[error("line {line}: {kind}")]
pub struct RecordError {
    line: u64,
    kind: RecordErrorKind,
}

impl RecordError {
    pub(super) fn new(line: u64, kind: RecordErrorKind) -> Self {
        Self { line, kind }
    }

    /// Whether the source is damaged, so that nothing is known about what would follow.
    pub(super) fn is_damage(&self) -> bool {
        matches!(self.kind, RecordErrorKind::Io(_))
    }

    /// The last of the bad lines that a caller accepts was before this one.
    pub(super) fn beyond(self, limit: u64) -> Self {
        Self { line: self.line, kind: RecordErrorKind::TooManyErrors { limit, last: Box::new(self.kind) } }
    }

    /// Number of the line, from 1.
    pub fn line(&self) -> u64 {
        self.line
    }

    /// What is wrong with it.
    pub fn kind(&self) -> &RecordErrorKind {
        &self.kind
    }
}

/// What is wrong with a line.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RecordErrorKind {
    /// The source cannot be read any further: the stream ends here.
    #[error("cannot read on: {0}")]
    Io(std::io::Error),
    /// The line is longer than any record may be; the rest of it is skipped.
    #[error("longer than {limit} bytes")]
    TooLong {
        /// The longest line that is read.
        limit: usize,
    },
    /// Not JSON, or not an object of the schema.
    #[error("{}", in_words(.0))]
    Json(serde_json::Error),
    /// The lists of species and coordinates have different lengths.
    #[error("{species} species for {positions} positions")]
    SiteCount {
        /// Length of `species`.
        species: usize,
        /// Length of `frac_coords`.
        positions: usize,
    },
    /// A label that is neither 0 nor 1.
    #[error("label {0} is neither 0 nor 1")]
    Label(i64),
    /// A property that is infinite or not a number.
    #[error("{0} is not finite")]
    NonFinite(&'static str),
    /// The numbers do not make a crystal.
    #[error(transparent)]
    Crystal(#[from] CrystalError),
    /// A transition temperature that no superconductor has: it is not positive, or beyond [`Kelvin::HIGHEST_TRANSITION`].
    #[error("{0} is no transition temperature")]
    Temperature(Kelvin),
    /// A property that has another range.
    #[error("{field} is {value}, which is not {expected}")]
    Range {
        /// The field.
        field: &'static str,
        /// Its value.
        value: f64,
        /// What it must be.
        expected: &'static str,
    },
    /// Two fields say what cannot both be true.
    #[error("{0}")]
    Contradiction(String),
    /// One bad line more than the caller accepts: the stream ends here.
    #[error("{last} (more than {limit} bad lines)")]
    TooManyErrors {
        /// Bad lines that were accepted.
        limit: u64,
        /// What is wrong with this line.
        last: Box<RecordErrorKind>,
    },
}
