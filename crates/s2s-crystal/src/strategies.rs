//! Strategies that generate crystals, for property tests here and downstream.
//!
//! The crystals are valid and awkward: triclinic, slanted and flat cells, either handedness, atoms on faces and outside
//! the cell. [`spaced_crystal`] is the tame one, for laws that need atoms apart from each other. All strategies are boxed:
//! the value trees of nested ones would otherwise overflow a test's stack.
//!
//! # Examples
//!
//! ```
//! use proptest::prelude::*;
//! use s2s_crystal::strategies;
//!
//! proptest!(|(crystal in strategies::crystal(1..=4))| {
//!     prop_assert!(crystal.lattice().volume() > 0.0);
//! });
//! ```

use std::ops::RangeInclusive;

use proptest::{collection, prelude::*, sample};

use crate::{Crystal, Element, Frac, Lattice, Occupant, Site, Species};

/// Least distance between opposite faces of a generated cell in Å, so that a search by brute force stays affordable.
const MIN_THICKNESS: f64 = 0.4;

/// Points per axis of the grid near which [`spaced_crystal`] puts its atoms.
const GRID: usize = 4;

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
        2 => (everyday_lattice(), small_integers()).prop_filter_map("too flat", |(l, m)| slanted(l.rows(), m)),
        2 => (everyday_lattice(), rotation()).prop_filter_map("too flat", |(l, q)| rows(l.rows().map(|v| rotate(v, q)))),
        1 => everyday_lattice().prop_filter_map("too flat", |l| { let [a, b, c] = l.rows(); rows([b, a, c]) }),
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

/// An ordered crystal with this many sites in any [`lattice`], at any [`position`]; atoms may coincide.
pub fn crystal(sites: RangeInclusive<usize>) -> BoxedStrategy<Crystal> {
    let site = (element(), position()).prop_map(|(element, position)| Site::pure(element, position));
    (lattice(), collection::vec(site, sites)).prop_map(build).boxed()
}

/// As [`crystal`], with mixed and partly empty sites and oxidation states.
pub fn disordered_crystal(sites: RangeInclusive<usize>) -> BoxedStrategy<Crystal> {
    let site = (species(), position()).prop_map(|(species, position)| Site { species, position });
    (lattice(), collection::vec(site, sites)).prop_map(build).boxed()
}

/// As [`crystal`], repeating along any subset of the lattice vectors.
pub fn partly_periodic_crystal(sites: RangeInclusive<usize>) -> BoxedStrategy<Crystal> {
    (crystal(sites), any::<[bool; 3]>()).prop_map(|(crystal, periodic)| crystal.with_periodicity(periodic)).boxed()
}

/// An ordered crystal of an [`everyday_lattice`] with atoms inside the cell and at least 0.2 Å apart, at most 64 sites.
pub fn spaced_crystal(sites: RangeInclusive<usize>) -> BoxedStrategy<Crystal> {
    spaced(sites, element().prop_map(Species::pure).boxed())
}

/// As [`spaced_crystal`], with mixed and partly empty sites and oxidation states.
pub fn spaced_disordered_crystal(sites: RangeInclusive<usize>) -> BoxedStrategy<Crystal> {
    spaced(sites, species())
}

/// A rotation or, half of the time, a rotation with a reflection, as an orthogonal matrix.
pub fn rotation() -> BoxedStrategy<[[f64; 3]; 3]> {
    (-1.0..1.0, -1.0..1.0, -1.0..1.0, 0.1..1.0, any::<bool>())
        .prop_map(|(x, y, z, w, reflect): (f64, f64, f64, f64, bool)| {
            // A quaternion of any length: dividing by its square makes it a rotation.
            let s = 2.0 / (x * x + y * y + z * z + w * w);
            let q: [[f64; 3]; 3] = [
                [1.0 - s * (y * y + z * z), s * (x * y - z * w), s * (x * z + y * w)],
                [s * (x * y + z * w), 1.0 - s * (x * x + z * z), s * (y * z - x * w)],
                [s * (x * z - y * w), s * (y * z + x * w), 1.0 - s * (x * x + y * y)],
            ];
            if reflect { q.map(|row| row.map(|component| -component)) } else { q }
        })
        .boxed()
}

fn spaced(sites: RangeInclusive<usize>, species: BoxedStrategy<Species>) -> BoxedStrategy<Crystal> {
    let points = (0..GRID.pow(3)).collect::<Vec<_>>();
    let jitter = || -0.05..0.05;
    let most = *sites.end();
    (sample::subsequence(points, sites), collection::vec((species, [jitter(), jitter(), jitter()]), most))
        .prop_flat_map(|(points, others)| (Just(points), Just(others), everyday_lattice()))
        .prop_map(|(points, others, lattice)| {
            let place = |(point, (species, jitter)): (usize, (Species, [f64; 3]))| {
                let steps = [point % GRID, point / GRID % GRID, point / (GRID * GRID)];
                let at = [0, 1, 2].map(|k| (steps[k] as f64 + 0.5) / GRID as f64 + jitter[k]);
                Site { species, position: Frac(at) }
            };
            build((lattice, points.into_iter().zip(others).map(place).collect()))
        })
        .boxed()
}

fn build((lattice, sites): (Lattice, Vec<Site>)) -> Crystal {
    Crystal::new(lattice, sites).expect("invariant: there are sites, with finite positions")
}

/// Two long vectors, and a third that nearly lies in their plane.
fn flat_lattice() -> BoxedStrategy<Lattice> {
    let along = || -6.0..6.0;
    let flat = (everyday_lattice(), along(), along(), MIN_THICKNESS..1.5);
    (flat, 0_usize..3)
        .prop_filter_map("too flat", |((lattice, x, y, z), which)| {
            let mut vectors = lattice.rows();
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
    lattice.thickness().iter().all(|t| *t >= least).then_some(lattice)
}
