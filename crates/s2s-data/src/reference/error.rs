//! Errors of tables of reference crystals.

use s2s_crystal::{CrystalError, FormulaError};
use thiserror::Error;

/// Why a table of crystals is refused.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum ReferenceError {
    /// The text is not the TOML that the table is written in.
    #[error("the table cannot be read: {message}")]
    Syntax {
        /// What the TOML reader says, with line and column.
        message: String,
    },
    /// One record is wrong.
    #[error("{record}: {fault}")]
    Record {
        /// Name of the crystal.
        record: String,
        /// What is wrong with it.
        fault: ReferenceFault,
    },
}

/// What is wrong with one record.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum ReferenceFault {
    /// A coordinate that cannot be read.
    #[error("cannot read the triplet {triplet:?}: {reason}")]
    Triplet {
        /// The text as written.
        triplet: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A triplet names a parameter that has no value.
    #[error("the parameter {name:?} has no value")]
    MissingParameter {
        /// Name of the parameter.
        name: String,
    },
    /// A parameter that no site uses.
    #[error("no site uses the parameter {name:?}")]
    UnusedParameter {
        /// Name of the parameter.
        name: String,
    },
    /// No space group has this number.
    #[error("there is no space group {number}")]
    UnknownSpaceGroup {
        /// The number as written.
        number: u8,
    },
    /// The table of prototypes does not hold this name.
    #[error("prototype {name:?} is not in the table")]
    UnknownPrototype {
        /// The name as written.
        name: String,
    },
    /// Neither or both of `prototype` and `space_group` with `sites` are given.
    #[error("needs either `prototype` with `elements`, or `space_group` with `sites`")]
    NoStructure,
    /// A prototype has another number of kinds of atoms.
    #[error("the prototype has {expected} kinds of atoms, {found} elements are given")]
    ElementCount {
        /// Kinds of atoms of the prototype.
        expected: usize,
        /// Elements given.
        found: usize,
    },
    /// A site that is not `Element 4a x,y,z`.
    #[error("cannot read the site {site:?}: expected an element, a Wyckoff position and a triplet")]
    Site {
        /// The text as written.
        site: String,
    },
    /// The operations of the space group make another number of atoms than the Wyckoff position says.
    #[error("the position {site:?} has {found} equivalents, not {stated}")]
    Multiplicity {
        /// The site as written.
        site: String,
        /// Multiplicity as written.
        stated: usize,
        /// Number of distinct positions in the conventional cell.
        found: usize,
    },
    /// The crystal system has other free cell parameters.
    #[error("a {system} cell takes exactly the parameters {expected}")]
    CellParameters {
        /// Name of the crystal system.
        system: &'static str,
        /// Which parameters it takes.
        expected: &'static str,
    },
    /// The formula cannot be read.
    #[error("cannot read the formula: {0}")]
    Formula(FormulaError),
    /// The crystal has another composition than the formula.
    #[error("the sites add up to {found}")]
    Composition {
        /// The reduced formula of the sites.
        found: String,
    },
    /// Exactly one of a transition temperature and "not superconducting" is needed.
    #[error(
        "needs either `tc` or `superconducting = false`, and `pressure` or `down_to` only beside the one it explains"
    )]
    Superconductivity,
    /// A number that must be positive and finite is not.
    #[error("{quantity} is not a positive number")]
    NotPositive {
        /// Which number.
        quantity: &'static str,
    },
    /// The structure is not a crystal.
    #[error(transparent)]
    Crystal(#[from] CrystalError),
}

impl From<FormulaError> for ReferenceFault {
    fn from(error: FormulaError) -> Self {
        Self::Formula(error)
    }
}

impl ReferenceFault {
    /// The same reason, with the record it belongs to.
    pub(super) fn of(self, record: &str) -> ReferenceError {
        ReferenceError::Record { record: record.to_owned(), fault: self }
    }
}
