//! Strategies that generate crystals, for property tests here and downstream.
//!
//! [`crystal`] mixes ordinary and difficult crystals: the operations of all space groups with atoms
//! on special positions; the points of well-known structures with elements put on them in every way, so that shells of
//! equal distances hold different elements; cells that are not primitive; triclinic, slanted, flat and long cells, of
//! either handedness and any orientation; distances that are round numbers; atoms on faces, outside the cell and on top
//! of each other. [`spaced_crystal`] is the tame one, for laws that need atoms apart from each other.
//! [`redescription`] writes a crystal in another way, and [`hard_crystals`] are chosen by hand.
//!
//! Whatever fails is shrunk to a few sites of few elements with short numbers, and prints in at most ten lines.
//!
//! # Examples
//!
//! ```
//! use proptest::prelude::*;
//! use s2s_crystal::{Element, strategies};
//!
//! proptest!(|(crystal in strategies::crystal(1..=4).of([Element::NB, Element::TI]))| {
//!     prop_assert!(crystal.composition().num_elements() <= 2);
//! });
//! ```

mod dice;
mod generate;
mod hard;
mod point_sets;
mod redescription;
mod shrink;
mod symmetric;

use std::{ops::RangeInclusive, sync::Arc};

use proptest::{collection, prelude::*, sample, strategy::NewTree, test_runner::TestRunner};

pub use hard::hard_crystals;
pub use redescription::{Change, ChangeKind, Redescription, redescription, redescription_of};
pub use shrink::GreedyTree;

use self::{
    dice::Dice,
    generate::{Frame, MIN_THICKNESS},
};
use crate::{Crystal, Element, Frac, Lattice, Occupant, Species};

/// Any element, hydrogen to oganesson.
pub fn element() -> impl Strategy<Value = Element> {
    (1..=Element::MAX_ATOMIC_NUMBER)
        .prop_map(|number| Element::from_atomic_number(number).expect("invariant: the number is in 1..=118"))
}

/// Any lattice of 0.4 to 12 Å: cubic, orthorhombic, hexagonal, triclinic, slanted, flat, left-handed, rotated.
pub fn lattice() -> BoxedStrategy<Lattice> {
    prop_oneof![
        2 => everyday_lattice(),
        2 => flat_lattice(),
        2 => (everyday_lattice(), small_integers()).prop_filter_map("too flat", |(l, m)| slanted(l.vectors(), m)),
        2 => (everyday_lattice(), orthogonal()).prop_filter_map("too flat", |(l, q)| rows(l.vectors().map(|v| rotate(v, q)))),
        1 => everyday_lattice().prop_filter_map("too flat", |l| { let [a, b, c] = l.vectors(); rows([b, a, c]) }),
    ].boxed()
}

/// A lattice as most materials have: lengths of 2 to 12 Å, angles of 60° to 120°, right angles often.
pub fn everyday_lattice() -> BoxedStrategy<Lattice> {
    let angle = || prop_oneof![2 => Just(90.0), 1 => Just(60.0), 1 => Just(120.0), 4 => 60.0..120.0];
    let length = || prop_oneof![1 => Just(4.0), 3 => 2.0..12.0];
    let equal = length().prop_map(|a| [a; 3]);
    let lengths = prop_oneof![equal, [length(), length(), length()]];
    (lengths, [angle(), angle(), angle()])
        .prop_filter_map("no such cell", |(lengths, angles)| {
            thick(Lattice::from_parameters(lengths, angles).ok()?, 1.0)
        })
        .boxed()
}

/// A position: inside the cell, on its faces, edges and corners, or up to three cells away.
pub fn position() -> BoxedStrategy<Frac> {
    let special = sample::select(&[0.0, 0.25, 1.0 / 3.0, 0.5, 2.0 / 3.0, 1.0, -0.5, 1.0 - f64::EPSILON, -1e-17][..]);
    let coordinate = prop_oneof![4 => 0.0..1.0, 2 => special, 1 => -3.0..4.0];
    collection::vec(coordinate, 3).prop_map(|x| Frac([x[0], x[1], x[2]])).boxed()
}

/// What can sit on a site of a disordered crystal: one element, a partial one, or up to three that share it.
pub fn species() -> BoxedStrategy<Species> {
    let shares = collection::vec((element(), 1_u32..=100), 1..=3);
    (shares, prop_oneof![2 => Just(1.0), 1 => 0.05..1.0], proptest::option::of(-4_i8..=7))
        .prop_map(|(mut shares, filled, charge)| {
            shares.sort_by_key(|share| share.0);
            shares.dedup_by_key(|share| share.0);
            let total = shares.iter().map(|share| f64::from(share.1)).sum::<f64>();
            let occupant = |(element, share)| Occupant {
                element,
                occupancy: filled * f64::from(share) / total,
                oxidation: charge.map(f32::from),
            };
            Species::new(shares.into_iter().map(occupant).collect()).expect("invariant: shares add up to at most one")
        })
        .boxed()
}

/// Crystals of one kind: which elements, whether sites are shared, is up to the caller.
#[derive(Clone, Debug)]
pub struct CrystalStrategy {
    kind: Kind,
    frame: Frame,
    mixed: bool,
    partly_periodic: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Any,
    Symmetric,
    Repeated,
    Spaced,
}

impl CrystalStrategy {
    /// # Panics
    ///
    /// If the range allows no crystal.
    fn new(kind: Kind, sites: RangeInclusive<usize>) -> Self {
        let (least, most) = (*sites.start().max(&1), *sites.end());
        assert!(least <= most, "a crystal needs at least one site");
        let frame = Frame { least, most, elements: Element::all().collect() };
        Self { kind, frame, mixed: false, partly_periodic: false }
    }

    /// The same, of these elements only; each crystal has a few of them.
    ///
    /// # Panics
    ///
    /// If there are none.
    pub fn of(mut self, elements: impl IntoIterator<Item = Element>) -> Self {
        self.frame.elements = elements.into_iter().collect();
        assert!(!self.frame.elements.is_empty(), "a crystal needs at least one element");
        self
    }

    /// The same, with sites that are shared or partly filled, at least one in every crystal, and charges in some.
    pub fn with_mixed_sites(self) -> Self {
        Self { mixed: true, ..self }
    }

    /// The same, repeating along any subset of the lattice vectors.
    pub fn partly_periodic(self) -> Self {
        Self { partly_periodic: true, ..self }
    }

    /// The crystal that follows from a number, for tests that do not run through `proptest!`.
    pub fn generate(&self, seed: u64) -> Crystal {
        let dice = &mut Dice::new(seed);
        let crystal = match self.kind {
            Kind::Any => generate::any(dice, &self.frame),
            Kind::Symmetric => generate::of_a_space_group(dice, &self.frame),
            Kind::Repeated => generate::repeated(dice, &self.frame),
            Kind::Spaced => generate::spaced(dice, &self.frame),
        };
        let mixed = self.mixed.then(|| generate::with_mixed_sites(dice, &crystal, &self.frame.elements));
        let crystal = mixed.unwrap_or(crystal);
        if self.partly_periodic { crystal.with_periodicity([(); 3].map(|()| dice.chance(0.5))) } else { crystal }
    }

    /// A tree that shrinks a crystal of this strategy to another one.
    pub fn shrinking(&self, crystal: Crystal) -> GreedyTree<Crystal> {
        let (least, kind, mixed) = (self.frame.least, self.kind, self.mixed && !crystal.is_ordered());
        let thinnest = crystal.lattice().plane_spacings().into_iter().fold(MIN_THICKNESS, f64::min);
        GreedyTree::new(
            crystal,
            Arc::new(move |crystal| {
                crystal.num_sites() >= least
                    && !(mixed && crystal.is_ordered())
                    && crystal.lattice().plane_spacings().iter().all(|spacing| *spacing >= thinnest)
                    && (kind != Kind::Spaced || generate::is_spaced(crystal))
            }),
        )
    }
}

impl Strategy for CrystalStrategy {
    type Tree = GreedyTree<Crystal>;
    type Value = Crystal;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        let seed = runner.rng().next_u64();
        Ok(self.shrinking(self.generate(seed)))
    }
}

/// Any ordered crystal with this many sites; the mixture that is described above.
///
/// At least 30 % have symmetry above P-1, at least 25 % an atom with different elements at equal distances, and at least
/// 10 % are not primitive, if the range allows several sites.
pub fn crystal(sites: RangeInclusive<usize>) -> CrystalStrategy {
    CrystalStrategy::new(Kind::Any, sites)
}

/// An ordered crystal with the operations of any space group, centered or primitive, atoms on special and general positions.
///
/// Where no orbit of the group has as few atoms as the range allows, the points of a well-known structure.
pub fn symmetric_crystal(sites: RangeInclusive<usize>) -> CrystalStrategy {
    CrystalStrategy::new(Kind::Symmetric, sites)
}

/// An ordered crystal in a cell of two to eight times the smallest, where the range allows it.
pub fn repeated_crystal(sites: RangeInclusive<usize>) -> CrystalStrategy {
    CrystalStrategy::new(Kind::Repeated, sites)
}

/// As [`crystal`], with mixed and partly empty sites and oxidation states.
pub fn disordered_crystal(sites: RangeInclusive<usize>) -> CrystalStrategy {
    crystal(sites).with_mixed_sites()
}

/// As [`crystal`], repeating along any subset of the lattice vectors.
pub fn partly_periodic_crystal(sites: RangeInclusive<usize>) -> CrystalStrategy {
    crystal(sites).partly_periodic()
}

/// An ordered crystal of an [`everyday_lattice`] with atoms inside the cell and at least 0.2 Å apart, at most 64 sites.
pub fn spaced_crystal(sites: RangeInclusive<usize>) -> CrystalStrategy {
    CrystalStrategy::new(Kind::Spaced, sites)
}

/// As [`spaced_crystal`], with mixed and partly empty sites and oxidation states.
pub fn spaced_disordered_crystal(sites: RangeInclusive<usize>) -> CrystalStrategy {
    spaced_crystal(sites).with_mixed_sites()
}

/// A rotation, as an orthogonal matrix with determinant 1.
pub fn rotation() -> BoxedStrategy<[[f64; 3]; 3]> {
    any::<u64>().prop_map(|seed| Dice::new(seed).rotation()).boxed()
}

/// A rotation or, half of the time, a rotation with a reflection, as an orthogonal matrix.
pub fn orthogonal() -> BoxedStrategy<[[f64; 3]; 3]> {
    (rotation(), any::<bool>())
        .prop_map(|(q, reflect)| if reflect { q.map(|row| row.map(|component| -component)) } else { q })
        .boxed()
}

/// A length in Å: often a round number.
fn length(dice: &mut Dice, low: f64, high: f64) -> f64 {
    let x = dice.between(low, high);
    match dice.below(4) {
        0 => (2.0 * x).round().max(1.0) / 2.0,
        1 => (10.0 * x).round().max(1.0) / 10.0,
        2 => (100.0 * x).round() / 100.0,
        _ => x,
    }
}

/// Two long vectors, and a third that nearly lies in their plane.
fn flat_lattice() -> BoxedStrategy<Lattice> {
    let along = || -6.0..6.0;
    let flat = (everyday_lattice(), along(), along(), MIN_THICKNESS..1.5);
    (flat, 0_usize..3)
        .prop_filter_map("too flat", |((lattice, x, y, z), which)| {
            let mut vectors = lattice.vectors();
            vectors[2] = [x, y, z];
            vectors.rotate_right(which);
            rows(vectors)
        })
        .boxed()
}

fn small_integers() -> impl Strategy<Value = [f64; 3]> {
    collection::vec(-3_i32..=3, 3).prop_map(|n| [f64::from(n[0]), f64::from(n[1]), f64::from(n[2])])
}

/// The same points of space, spanned by longer vectors.
fn slanted([a, b, c]: [[f64; 3]; 3], [ab, ac, bc]: [f64; 3]) -> Option<Lattice> {
    let add = |u: [f64; 3], times: f64, v: [f64; 3]| [0, 1, 2].map(|k| u[k] + times * v[k]);
    let b = add(b, ab, a);
    rows([a, b, add(add(c, ac, a), bc, b)])
}

fn rotate(v: [f64; 3], q: [[f64; 3]; 3]) -> [f64; 3] {
    q.map(|row| row[0] * v[0] + row[1] * v[1] + row[2] * v[2])
}

fn rows(rows: [[f64; 3]; 3]) -> Option<Lattice> {
    thick(Lattice::from_rows(rows).ok()?, MIN_THICKNESS)
}

fn thick(lattice: Lattice, least: f64) -> Option<Lattice> {
    lattice.plane_spacings().iter().all(|t| *t >= least).then_some(lattice)
}
