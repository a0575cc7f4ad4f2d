//! The error of crystals and their parts.

use thiserror::Error;

use crate::{Element, parse_error::shorten};

/// Why a structure, or a question about one, is refused.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum CrystalError {
    /// No element has this symbol.
    #[error("unknown element symbol {:?}", shorten(symbol))]
    UnknownSymbol {
        /// The symbol as written.
        symbol: String,
    },
    /// No element has this number of protons.
    #[error("unknown atomic number {number}")]
    UnknownAtomicNumber {
        /// The number as written.
        number: i64,
    },
    /// The lattice vectors do not span a cell.
    #[error("invalid lattice: {reason}")]
    InvalidLattice {
        /// What is wrong with them.
        reason: &'static str,
    },
    /// An occupancy, or the sum of those of a site, is not in (0, 1].
    #[error("invalid occupancy {value}: a site's occupancies lie between 0 and 1 and add up to at most 1")]
    InvalidOccupancy {
        /// The occupancy or sum.
        value: f64,
    },
    /// A charge that is infinite or not a number.
    #[error("invalid charge {charge}: charges are finite")]
    InvalidCharge {
        /// The charge in units of e.
        charge: f32,
    },
    /// An amount in a composition that is negative, infinite or not a number.
    #[error("invalid amount {amount} of {element}: amounts are finite and not negative")]
    InvalidAmount {
        /// Which element.
        element: Element,
        /// The amount as given.
        amount: f64,
    },
    /// A composition without elements, or with amounts of zero only.
    #[error("a composition needs at least one element")]
    EmptyComposition,
    /// A structure without atoms.
    #[error("a crystal needs at least one site")]
    NoSites,
    /// A coordinate is infinite or not a number.
    #[error("site {site} has a coordinate that is not finite")]
    NonFinitePosition {
        /// Index of the site, from 0.
        site: usize,
    },
    /// An ordered crystal is needed.
    #[error("site {site} has several or partial occupants")]
    DisorderedSite {
        /// Index of the site, from 0.
        site: usize,
    },
    /// The format describes crystals that repeat in all directions.
    #[error("the crystal does not repeat in all three directions")]
    NotPeriodic,
    /// A symmetry operation that cannot be read, or is none.
    #[error("invalid symmetry operation: {reason}")]
    InvalidOperation {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A matrix that is no rotation, with or without a reflection.
    #[error("the matrix is not orthogonal")]
    NotOrthogonal,
    /// Sums of lattice vectors that span another lattice.
    #[error("the vectors do not span the same lattice: their determinant is {determinant}, not 1 or -1")]
    NotABasis {
        /// Volume of the cell that they span, in units of the given cell.
        determinant: i128,
    },
    /// A list that does not name every site exactly once.
    #[error("the order does not name each of the {sites} sites exactly once")]
    NotAnOrder {
        /// Number of sites.
        sites: usize,
    },
    /// No tabulated setting of a space group has this name, number or Hall symbol.
    #[error("unknown space group {:?}", shorten(name))]
    UnknownSpaceGroup {
        /// As written.
        name: String,
    },
    /// The space group of a crystal cannot be found.
    #[error("no symmetry found: {reason}")]
    NoSymmetry {
        /// Why not.
        reason: String,
    },
    /// A cutoff that is not a positive, finite length.
    #[error("invalid cutoff {angstrom} Å: a cutoff is a positive length")]
    InvalidCutoff {
        /// The cutoff in Å.
        angstrom: f64,
    },
    /// The answer would be larger than the caller allows.
    #[error("{what} would exceed the limit of {limit}")]
    LimitExceeded {
        /// What would become too large.
        what: &'static str,
        /// The largest number allowed.
        limit: usize,
    },
}
