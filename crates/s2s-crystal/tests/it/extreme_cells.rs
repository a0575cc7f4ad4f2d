//! Needles, plates and slanted cells: whatever their geometry is asked for comes within a second, as an answer or an error.

use std::time::Duration;

use s2s_crystal::{
    CellList, Crystal, CrystalError, Cutoff, Element, Frac, Lattice, NeighborSearch, ShellPolicy, Site,
    StructureFingerprint,
};

use crate::thread_time::thread_time;

/// Processor time that one question may take, in a profile without optimizations too.
const MOST: Duration = Duration::from_secs(1);

const LENGTHS: [f64; 6] = [1e-2, 1.3, 4.123, 1e3, 1e8, 1e10];
const ANGLES: [[f64; 3]; 8] = [
    [90.0, 90.0, 90.0],
    [90.0, 90.0, 30.0],
    [90.0, 30.0, 90.0],
    [90.0, 90.0, 1.0],
    [90.0, 179.0, 90.0],
    [60.0, 60.0, 60.0],
    [1.0, 1.0, 1.0],
    [119.0, 119.0, 119.0],
];

/// A question about geometry, and its name.
type Question = (&'static str, fn(&Crystal) -> Result<(), CrystalError>);

const QUESTIONS: [Question; 5] = [
    ("min_distance", |crystal| crystal.min_distance().map(drop)),
    ("search", |crystal| CellList::default().search(crystal, Cutoff::angstrom(3.0)?).map(drop)),
    ("nearest", |crystal| CellList::default().nearest(crystal, 12, ShellPolicy::Whole { tolerance: 1e-3 }).map(drop)),
    ("fingerprint", |crystal| StructureFingerprint::new(crystal).map(drop)),
    ("niggli", |crystal| crystal.lattice().niggli_reduced().map(drop)),
];

fn cell(lengths: [f64; 3], angles: [f64; 3], positions: &[[f64; 3]]) -> Option<Crystal> {
    let elements: [Element; 2] = ["Cs", "Cl"].map(|symbol| symbol.parse().expect("an element"));
    let site = |(k, x): (usize, &[f64; 3])| Site::pure(elements[k % 2], Frac(*x));
    let lattice = Lattice::from_parameters(lengths, angles).ok()?;
    Crystal::new(lattice, positions.iter().enumerate().map(site).collect()).ok()
}

fn assert_quick(crystal: &Crystal) {
    for (name, ask) in QUESTIONS {
        let start = thread_time();
        let _ = ask(crystal);
        if let (Some(start), Some(end)) = (start, thread_time()) {
            let (lengths, angles) = (crystal.lattice().lengths(), crystal.lattice().angles());
            assert!(end - start < MOST, "{name}: {:?} for {lengths:?} Å, {angles:?}°", end - start);
        }
    }
}

#[test]
fn geometry_of_needles_plates_and_slanted_cells_is_asked_for_quickly() {
    let mut cells = 0;
    for (i, a) in LENGTHS.into_iter().enumerate() {
        for (j, b) in LENGTHS.into_iter().enumerate() {
            for c in LENGTHS {
                let angles = ANGLES[(cells + i + 3 * j) % ANGLES.len()];
                cells += 1;
                for positions in [&[[0.0; 3], [0.5; 3]][..], &[[0.0; 3], [0.5, 0.1, 0.3], [1e-6, 0.0, 0.0]]] {
                    if let Some(crystal) = cell([a, b, c], angles, positions) {
                        assert_quick(&crystal);
                    }
                }
            }
        }
    }
}

#[test]
fn a_needle_with_a_slanted_end_is_asked_for_quickly() {
    for angles in ANGLES {
        for lengths in [[1e8, 4.123, 4.123], [4.123, 1e8, 4.123], [4.123, 4.123, 1e8], [1e4, 1e4, 4.123]] {
            if let Some(crystal) = cell(lengths, angles, &[[0.0; 3], [0.5; 3]]) {
                assert_quick(&crystal);
            }
        }
    }
}

#[test]
fn the_shortest_distance_in_a_needle_or_a_plate_is_that_of_an_image() {
    for (lengths, angles, expected) in [
        ([1e8, 4.0, 4.0], [90.0; 3], 4.0),
        ([1e8, 1e8, 4.0], [90.0; 3], 4.0),
        ([5e3, 7.0, 4.5], [90.0, 90.0, 90.0], 4.5),
    ] {
        let crystal = cell(lengths, angles, &[[0.0; 3], [0.5; 3]]).expect("a cell");
        let found = crystal.min_distance().expect("an answer").expect("images");
        assert!((found - expected).abs() < 1e-9, "{lengths:?}: {found}");
    }
    // Vectors that are long and nearly parallel have a short difference.
    let slanted = Lattice::from_rows([[1000.0, 0.0, 0.0], [1000.0, 3.0, 0.0], [0.0, 0.0, 50.0]]).expect("a lattice");
    let crystal = Crystal::new(slanted, vec![Site::pure("Po".parse().expect("an element"), Frac([0.0; 3]))]);
    let crystal = crystal.expect("a crystal");
    assert!((crystal.min_distance().expect("an answer").expect("images") - 3.0).abs() < 1e-9);
    let nearest = CellList::default().nearest(&crystal, 2, ShellPolicy::Cut).expect("an answer");
    assert!(nearest.distances().iter().all(|distance| (distance - 3.0).abs() < 1e-9));
}
