//! Crystal structures for machine learning: formats, compositions and periodic neighbor lists.
//!
//! ```
//! use s2s_crystal::{CellList, Crystal, Cutoff, Element, Lattice, NeighborSearch};
//!
//! let cell = Lattice::rhombohedral(3.99, 60.0)?;
//! let salt = Crystal::ordered(cell, [(Element::NA, [0.0; 3]), (Element::CL, [0.5; 3])])?;
//! let neighbors = CellList::default().search(&salt, Cutoff::angstrom(3.0)?)?;
//! assert_eq!(neighbors.of(0).len(), 6); // the chlorines around the sodium
//! # Ok::<(), s2s_crystal::CrystalError>(())
//! ```
//!
//! ```text
//! text ──read──▶ Crystal ──NeighborSearch──▶ NeighborList
//!                   └──▶ Composition
//! ```
//!
//! A [`Crystal`] is valid by construction: its lattice spans a volume, its coordinates are finite, its occupancies
//! lie in (0, 1]. Later code does not check it again.
//!
//! Whatever a reader had to normalize, or found contradicted, is a [`Diagnostic`] of the [`ParsedStructure`]; [`Strictness`] says
//! which findings are errors.
//!
//! # Invariants
//!
//! * **This crate never mentions a tensor library**; it builds in seconds with no C++ compiler.
//! * **Readers take text, never paths, and do no I/O.**
//! * **A bad input gives a typed error, never a panic, never a NaN, never a silent drop.**

#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod ase;
pub mod cif;
pub mod extxyz;
pub mod optimade;
pub mod poscar;
pub mod pymatgen;
#[cfg(any(test, feature = "proptest"))]
pub mod strategies;

mod byte_search;
mod composition;
mod crystal;
mod diagnostic;
mod element;
mod entries;
mod error;
mod fingerprint;
mod format;
mod gcd;
mod group;
mod json;
mod labels;
mod lattice;
mod lattice_parameters;
mod lines;
mod matching;
mod molecule;
mod neighbor;
mod number;
mod options;
mod overlap;
mod parse_error;
mod parsed_structure;
mod position;
mod site;
mod site_merge;
mod space_group;
mod symbol;
mod symmetry;
mod symop;

pub use composition::{Composition, Formula, FormulaError, FormulaErrorKind};
pub use crystal::Crystal;
#[cfg(any(test, feature = "proptest"))]
pub(crate) use crystal::determinant as crystal_determinant;
pub use diagnostic::{Diagnostic, DiagnosticKind, Severity};
pub use element::{Element, ElementCategory};
pub use error::CrystalError;
pub use fingerprint::StructureFingerprint;
pub use format::{Format, ParsedStructures, read};
pub use lattice::{Lattice, ReducedLattice};
pub use matching::{Match, MatchDirection, MatchTolerance, Scaling};
#[cfg(feature = "rayon")]
pub use neighbor::NeighborBuffers;
pub use neighbor::{BruteForce, CellList, Cutoff, Neighbor, NeighborList, NeighborSearch, ShellPolicy};
pub use options::{Limits, Merge, OccupancyPolicy, ReadOptions, Strictness};
pub use parse_error::{ParseError, ParseErrorKind, excerpt};
pub use parsed_structure::ParsedStructure;
pub use position::{Cart, Frac};
pub use site::{Occupant, Site, Species};
pub use space_group::SpaceGroup;
#[cfg(feature = "moyo")]
pub use symmetry::Symmetry;
pub use symmetry::{SymmetrySearch, SymmetrySummary};
pub use symop::SymOp;

/// The README's example, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
