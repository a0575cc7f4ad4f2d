//! Space group of a crystal: of its primitive cell, whatever cell describes it.
//!
//! The pure translations of the sites of the rarest kind give the primitive cell; the rotation parts that keep its reduced
//! lattice, each with the translation that maps the sites onto each other, give the operations; these give the type of the
//! group without a search for its conventional cell ([`space_group`](crate::space_group)).
//!
//! # Source
//!
//! Translations and operations are searched for as by spglib (Togo, Shinohara and Tanaka, Sci. Technol. Adv. Mater. Meth. 4,
//! 2384822 (2024)), with its criteria for distances, lengths and angles.

mod cell;
mod operations;
mod primitive;
#[cfg(feature = "moyo")]
mod standardize;

#[cfg(feature = "moyo")]
pub use standardize::Symmetry;

use cell::Cell;
use operations::Group;

use crate::{Crystal, CrystalError, Lattice, SpaceGroup};

/// How symmetry is searched for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SymmetrySearch {
    /// How far in Å an atom may be from where symmetry puts it.
    pub tolerance: f64,
    /// Sites that a crystal may have: the time grows with their square.
    pub max_sites: usize,
}

/// The symmetry of a crystal in numbers that do not depend on the choice of its cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SymmetrySummary {
    /// Number of the space group in the International Tables, 1..=230.
    pub number: u16,
    /// Sites of the primitive cell.
    pub primitive_sites: usize,
    /// Sites of the conventional cell.
    pub standardized_sites: usize,
    /// Orbits of the sites of the primitive cell.
    pub num_orbits: usize,
    /// Symmetry operations of the primitive cell.
    pub num_operations: usize,
}

/// Longest reduced lattice vector over the least plane spacing from which on a cell is refused: searching it takes forever.
const MAX_ASPECT: f64 = 500.0;

/// By what the tolerance shrinks where the operations within it are no group, and how often.
const SHRINKING: f64 = std::f64::consts::FRAC_1_SQRT_2;
const MAX_ATTEMPTS: usize = 16;

/// Deviation, in tolerances, up to which a crystal without deviations would have the same symmetry.
const SETTLED: f64 = 0.1;

/// Rounds of freeing a crystal from its deviations, each of which can only raise its symmetry.
const MAX_ROUNDS: usize = 4;

impl SymmetrySearch {
    /// A search with this tolerance in Å, for crystals of at most 1000 sites; 0.01 suits relaxed structures.
    pub fn with_tolerance(tolerance: f64) -> Self {
        Self { tolerance, max_sites: 1000 }
    }

    /// The symmetry of a crystal in numbers that do not depend on the choice of its cell. Sites are alike if they have the
    /// same occupants with the same occupancies and charges.
    ///
    /// Where an atom is farther than a tenth of the tolerance from where symmetry puts it, the crystal that is freed from
    /// these deviations is searched again: it may have a higher symmetry. Where the operations within the tolerance are no
    /// group, those within a smaller one are taken.
    ///
    /// # Errors
    ///
    /// [`CrystalError::LimitExceeded`] beyond `max_sites`; [`CrystalError::NoSymmetry`] if the crystal does not repeat in
    /// three directions, is flat, has atoms closer than four tolerances, or the search finds no group within the tolerance.
    ///
    /// # Examples
    ///
    /// ```
    /// use s2s_crystal::{Crystal, Element, Frac, Lattice, Site, SymmetrySearch};
    ///
    /// let niobium: Element = "Nb".parse()?;
    /// let sites = [[0.0; 3], [0.5; 3]].map(|x| Site::pure(niobium, Frac(x)));
    /// let crystal = Crystal::new(Lattice::from_parameters([3.3; 3], [90.0; 3])?, sites.to_vec())?;
    /// let found = SymmetrySearch::with_tolerance(0.01).summarize(&crystal)?;
    /// assert_eq!((found.number, found.primitive_sites, found.standardized_sites), (229, 1, 2));
    /// # Ok::<(), s2s_crystal::CrystalError>(())
    /// ```
    pub fn summarize(&self, crystal: &Crystal) -> Result<SymmetrySummary, CrystalError> {
        let (given, _) = Cell::new(crystal, self.guard(crystal)?);
        let (cell, group) = self.settle(given)?;
        let centering = SpaceGroup::from_number(group.number)?.centering_translations();
        Ok(SymmetrySummary {
            number: group.number,
            primitive_sites: cell.num_sites(),
            standardized_sites: cell.num_sites() * centering,
            num_orbits: group.num_orbits(),
            num_operations: group.order(),
        })
    }

    /// The smallest cell of a crystal: Minkowski-reduced, in an orientation of its own, freed from deviations within the
    /// tolerance.
    ///
    /// # Errors
    ///
    /// As [`summarize`](Self::summarize).
    pub fn primitive(&self, crystal: &Crystal) -> Result<Crystal, CrystalError> {
        let (given, species) = Cell::new(crystal, self.guard(crystal)?);
        let (cell, group) = self.settle(given)?;
        group.averaged(&cell).unwrap_or(cell).to_crystal(&species)
    }

    /// The primitive cell and its group, once freeing it from deviations does not raise its symmetry any more.
    fn settle(&self, mut given: Cell) -> Result<(Cell, Group), CrystalError> {
        let mut best: Option<(Cell, Group)> = None;
        for _ in 0..MAX_ROUNDS {
            let Some((cell, group)) = self.group(&given) else { break };
            let settled = group.deviation(&cell) <= SETTLED * self.tolerance;
            let same = best.as_ref().is_some_and(|(before, known)| {
                before.num_sites() == cell.num_sites() && known.order() == group.order()
            });
            let averaged = if settled || same { None } else { group.averaged(&cell) };
            best = Some((cell, group));
            match averaged {
                Some(averaged) => given = averaged,
                None => break,
            }
        }
        best.ok_or_else(|| no_symmetry("the operations within the tolerance are no group"))
    }

    /// The primitive cell and its group at the largest tolerance, up to this one, at which there is one.
    fn group(&self, given: &Cell) -> Option<(Cell, Group)> {
        let tolerances = std::iter::successors(Some(self.tolerance), |tolerance| Some(tolerance * SHRINKING));
        tolerances.take(MAX_ATTEMPTS).find_map(|tolerance| {
            let cell = given.primitive(tolerance)?;
            Group::new(&cell, tolerance).map(|group| (cell, group))
        })
    }

    /// Refuses what has no symmetry in three dimensions, or none within this tolerance that could be told.
    fn guard(&self, crystal: &Crystal) -> Result<Lattice, CrystalError> {
        if crystal.num_sites() > self.max_sites {
            return Err(CrystalError::LimitExceeded { what: "the number of sites", limit: self.max_sites });
        }
        if crystal.periodic() != [true; 3] {
            return Err(no_symmetry("the crystal does not repeat in three directions"));
        }
        if !(self.tolerance.is_finite() && self.tolerance > 0.0) {
            return Err(no_symmetry("the tolerance is not a positive length"));
        }
        let reduced = crystal.lattice().minkowski_reduced()?.lattice;
        let thinnest = reduced.plane_spacings().into_iter().fold(f64::INFINITY, f64::min);
        let longest = reduced.lengths().into_iter().fold(0.0, f64::max);
        if thinnest < 4.0 * self.tolerance || longest > MAX_ASPECT * thinnest {
            return Err(no_symmetry("the cell is too flat"));
        }
        if crystal.min_distance()?.is_some_and(|distance| distance < 4.0 * self.tolerance) {
            return Err(no_symmetry("two atoms are closer than four tolerances"));
        }
        Ok(reduced)
    }
}

fn no_symmetry(reason: impl Into<String>) -> CrystalError {
    CrystalError::NoSymmetry { reason: reason.into() }
}
