//! Options of readers: limits, strictness, occupancy and merging.

use crate::Element;

/// How structure files are read. The same options serve every format.
///
/// # Examples
///
/// ```
/// use s2s_crystal::{Merge, OccupancyPolicy, ReadOptions};
///
/// let options = ReadOptions { merge: Merge::Off, ..ReadOptions::disordered() };
/// assert_eq!(options.occupancy, OccupancyPolicy::Keep);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct ReadOptions {
    /// What happens to sites with several or partial occupants.
    pub occupancy: OccupancyPolicy,
    /// When two atoms of a CIF count as one.
    pub merge: Merge,
    /// Which findings are errors.
    pub strictness: Strictness,
    /// Bounds that hold before anything is expanded.
    pub limits: Limits,
    /// Elements of a POSCAR that does not name them (VASP 4), in the order of its counts.
    pub elements: Vec<Element>,
}

impl ReadOptions {
    /// For models of ordered crystals: disordered sites are refused.
    pub fn ordered() -> Self {
        Self {
            occupancy: OccupancyPolicy::Reject,
            merge: Merge::STANDARD,
            strictness: Strictness::Standard,
            limits: Limits::standard(),
            elements: Vec::new(),
        }
    }

    /// Disordered sites are kept as written.
    pub fn disordered() -> Self {
        Self { occupancy: OccupancyPolicy::Keep, ..Self::ordered() }
    }

    /// Disordered sites are kept as written, and an error passes where one reading is clearly meant.
    pub fn lenient() -> Self {
        Self { strictness: Strictness::Lenient, ..Self::disordered() }
    }
}

/// What happens to a site with several or partial occupants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OccupancyPolicy {
    /// It is an error.
    Reject,
    /// The element with the largest share fills the site; a site whose empty share is larger than that is left out.
    Majority,
    /// It stays as written.
    Keep,
}

/// When two atoms of a CIF, or two symmetry images of one, count as the same atom.
///
/// Images of a site that meet are replaced by their mean, which lies exactly on the special position. Different sites
/// that meet share one site; equal ones are one atom.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Merge {
    /// Closer than this distance in Å.
    Within(f64),
    /// Listed sites stay apart whatever their distance and no coordinate is moved. Images of one site within
    /// [`Merge::STANDARD`] are still one atom: that is what a special position means.
    Off,
}

impl Merge {
    /// 0.05 Å: well above what three decimals of a coordinate leave open in ordinary cells, and far below any bond.
    pub const STANDARD: Self = Self::Within(STANDARD_DISTANCE);
}

pub(crate) const STANDARD_DISTANCE: f64 = 0.05;

/// Which findings of a reader are errors.
///
/// What makes the atoms uncertain is an error; what contradicts redundant information, or cannot be read and is not
/// needed, is a warning; what was normalized is a note. Every level gives the same atoms, or an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strictness {
    /// Warnings are errors too.
    Strict,
    /// The rule as it stands.
    Standard,
    /// An error passes as a warning where one reading is clearly meant; no atom is ever left out for that.
    Lenient,
}

/// Bounds on what a text may describe; they hold before anything is expanded or allocated.
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    /// Largest text in bytes.
    pub bytes: usize,
    /// Most sites that a structure may list.
    pub atoms: usize,
    /// Most symmetry operations.
    pub operations: usize,
    /// Most images that symmetry may make: operations × sites.
    pub images: usize,
    /// Largest cell volume in Å³.
    pub volume: f64,
    /// Smallest distance between opposite faces of the cell in Å.
    pub plane_spacing: f64,
}

impl Limits {
    /// Ample for every published crystal: 10⁶ sites, 1,024 operations, 250,000 images, 10⁹ Å³, at least 0.2 Å thick.
    pub fn standard() -> Self {
        Self { bytes: 1 << 29, atoms: 1_000_000, operations: 1024, images: 250_000, volume: 1e9, plane_spacing: 0.2 }
    }
}
