//! Reduced lattices, supercells, spacings and fingerprints.

use approx::assert_relative_eq;
use proptest::prelude::*;
use s2s_crystal::{
    BruteForce, Crystal, CrystalError, Cutoff, Element, Frac, Lattice, NeighborSearch, Site, StructureFingerprint,
    strategies,
};

fn times(m: [[i32; 3]; 3], rows: [[f64; 3]; 3]) -> [[f64; 3]; 3] {
    m.map(|n| [0, 1, 2].map(|axis| (0..3).map(|k| f64::from(n[k]) * rows[k][axis]).sum()))
}

fn determinant(m: [[i32; 3]; 3]) -> i32 {
    m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1]) - m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0])
        + m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0])
}

/// Products of elementary matrices: other bases of the same lattice.
fn another_basis() -> impl Strategy<Value = [[i32; 3]; 3]> {
    proptest::collection::vec((0_usize..3, 1_usize..3, -2_i32..=2), 0..4).prop_map(|steps| {
        let mut m = [[1, 0, 0], [0, 1, 0], [0, 0, 1]];
        for (row, other, times) in steps {
            let added = m[(row + other) % 3];
            m[row].iter_mut().zip(added).for_each(|(x, y)| *x += times * y);
        }
        m
    })
}

/// Any small matrix of at most twelve cells.
pub(crate) fn supercells() -> impl Strategy<Value = [[i32; 3]; 3]> {
    let entry = || -2_i32..=2;
    let row = move || [entry(), entry(), entry()];
    [row(), row(), row()].prop_filter("too many cells, or none", |m| (1..=12).contains(&determinant(*m).abs()))
}

/// The crystal rotated, moved, and with its atoms in the opposite order.
pub(crate) fn rebuilt(crystal: &Crystal, q: [[f64; 3]; 3], by: Frac) -> Result<Crystal, CrystalError> {
    let reversed: Vec<usize> = (0..crystal.num_sites()).rev().collect();
    crystal.permuted(&reversed)?.translated(by)?.rotated(q)
}

proptest! {
    #[test]
    fn reduced_bases_span_the_same_lattice_with_shorter_vectors(lattice in strategies::lattice()) {
        let longest = |l: &Lattice| l.lengths().into_iter().fold(0.0, f64::max);
        for reduced in [lattice.minkowski_reduced()?, lattice.niggli_reduced()?] {
            prop_assert_eq!(determinant(reduced.transform).abs(), 1);
            prop_assert_eq!(times(reduced.transform, lattice.vectors()), reduced.lattice.vectors());
            assert_relative_eq!(reduced.lattice.volume(), lattice.volume(), max_relative = 1e-9);
            prop_assert!(longest(&reduced.lattice) <= longest(&lattice) * (1.0 + 1e-9));
            let brick = reduced.lattice.lengths().into_iter().product::<f64>();
            prop_assert!(brick <= 2.000_001 * lattice.volume(), "{} {}", brick, lattice.volume());
        }
    }

    #[test]
    fn no_lattice_vector_is_shorter_than_the_reduced_ones(lattice in strategies::lattice()) {
        let [a, b, c] = lattice.minkowski_reduced()?.lattice.vectors();
        let length = |i: i32, j: i32, k: i32| {
            let at = [0, 1, 2].map(|axis| f64::from(i) * a[axis] + f64::from(j) * b[axis] + f64::from(k) * c[axis]);
            at.iter().map(|x| x * x).sum::<f64>().sqrt()
        };
        for i in -2..=2 {
            for j in -2..=2 {
                for k in -2..=2 {
                    let limit = if k != 0 { length(0, 0, 1) } else if j != 0 { length(0, 1, 0) } else { length(1, 0, 0) };
                    prop_assert!([i, j, k] == [0; 3] || length(i, j, k) >= limit * (1.0 - 1e-9), "{} {} {}", i, j, k);
                }
            }
        }
    }

    #[test]
    fn niggli_cells_are_the_same_for_every_basis(lattice in strategies::everyday_lattice(), m in another_basis()) {
        let other = Lattice::from_rows(times(m, lattice.vectors()))?;
        let (here, there) = (lattice.niggli_reduced()?.lattice, other.niggli_reduced()?.lattice);
        for (x, y) in here.lengths().into_iter().zip(there.lengths()) {
            prop_assert!((x - y).abs() < 1e-5 * x, "{:?} {:?}", here, there);
        }
        for (x, y) in here.angles().into_iter().zip(there.angles()) {
            prop_assert!((x - y).abs() < 1e-3, "{:?} {:?}", here.angles(), there.angles());
        }
    }

    #[test]
    fn a_supercell_has_the_neighbors_of_its_cell(crystal in strategies::spaced_crystal(1..=4), m in supercells()) {
        let cutoff = Cutoff::angstrom(4.000_000_5)?;
        let large = crystal.supercell(m)?;
        let copies = determinant(m).unsigned_abs() as usize;
        prop_assert_eq!(large.num_sites(), copies * crystal.num_sites());
        let (small, large) = (BruteForce.search(&crystal, cutoff)?, BruteForce.search(&large, cutoff)?);
        for atom in 0..small.num_atoms() {
            let mut expected = small.of(atom).map(|neighbor| neighbor.distance).collect::<Vec<_>>();
            expected.sort_unstable_by(f64::total_cmp);
            for copy in atom * copies..(atom + 1) * copies {
                let mut found = large.of(copy).map(|neighbor| neighbor.distance).collect::<Vec<_>>();
                found.sort_unstable_by(f64::total_cmp);
                prop_assert_eq!(found.len(), expected.len());
                prop_assert!(found.iter().zip(&expected).all(|(x, y)| (x - y).abs() < 1e-9));
            }
        }
    }

    #[test]
    fn the_least_distance_is_that_of_brute_force(crystal in strategies::crystal(1..=6)) {
        let least = crystal.min_distance()?.unwrap_or(f64::INFINITY);
        let all = BruteForce.search(&crystal, Cutoff::angstrom(least.max(0.1) * 1.01)?)?;
        prop_assert_eq!(all.distances().iter().copied().reduce(f64::min), Some(least));
    }

    #[test]
    fn a_fingerprint_is_the_same_for_every_description(
        crystal in strategies::spaced_crystal(1..=6), q in strategies::orthogonal(), by in strategies::position(),
        m in supercells()
    ) {
        let other = rebuilt(&crystal.supercell(m)?, q, by)?;
        let (here, there) = (StructureFingerprint::new(&crystal)?, StructureFingerprint::new(&other)?);
        prop_assert!(here.distance(&there) < 1e-4, "{}", here.distance(&there));
        assert_relative_eq!(here.volume_per_atom(), there.volume_per_atom(), max_relative = 1e-9);
        let stretched = Lattice::from_rows(crystal.lattice().vectors().map(|v| v.map(|x| 1.1 * x)))?;
        let stretched = Crystal::new(stretched, crystal.sites().to_vec())?;
        prop_assert!(StructureFingerprint::new(&stretched)?.distance(&here) < 1e-4);
    }
}

fn cubic(edge: f64, sites: &[(&str, [f64; 3])]) -> Result<Crystal, CrystalError> {
    let site = |(symbol, at): &(&str, [f64; 3])| Ok(Site::pure(symbol.parse::<Element>()?, Frac(*at)));
    let sites = sites.iter().map(site).collect::<Result<Vec<_>, CrystalError>>()?;
    Crystal::new(Lattice::from_parameters([edge; 3], [90.0; 3])?, sites)
}

#[test]
fn a_fingerprint_tells_elements_on_wrong_sites() -> Result<(), CrystalError> {
    let [corner, center] = [[0.0; 3], [0.5; 3]];
    let faces = [[0.5, 0.5, 0.0], [0.5, 0.0, 0.5], [0.0, 0.5, 0.5]];
    let perovskite = |a: &str, b: &str| {
        let oxygen = faces.map(|face| ("O", face));
        cubic(3.9, &[(a, corner), (b, center), oxygen[0], oxygen[1], oxygen[2]])
    };
    let (right, wrong) = (perovskite("Sr", "Ti")?, perovskite("Ti", "Sr")?);
    let distance = StructureFingerprint::new(&right)?.distance(&StructureFingerprint::new(&wrong)?);
    assert!(distance > 4.0 * StructureFingerprint::SAME, "{distance}");
    let positions = StructureFingerprint::ignoring_species;
    assert!(positions(&right)?.distance(&positions(&wrong)?) < 1e-6);
    let other = perovskite("Ca", "Ti")?;
    assert_eq!(StructureFingerprint::new(&other)?.distance(&StructureFingerprint::new(&right)?), f64::INFINITY);
    Ok(())
}

#[test]
fn a_fingerprint_allows_for_relaxation_and_not_for_another_structure() -> Result<(), CrystalError> {
    let fingerprint = |crystal: Crystal| StructureFingerprint::new(&crystal);
    let body_centered = fingerprint(cubic(3.3, &[("Fe", [0.0; 3]), ("Fe", [0.5; 3])])?)?;
    let relaxed = fingerprint(cubic(3.3, &[("Fe", [0.0; 3]), ("Fe", [0.5, 0.5, 0.503])])?)?;
    let faces = [[0.0; 3], [0.5, 0.5, 0.0], [0.5, 0.0, 0.5], [0.0, 0.5, 0.5]].map(|at| ("Fe", at));
    let face_centered = fingerprint(cubic(4.1, &faces)?)?;
    assert!(body_centered.distance(&relaxed) < StructureFingerprint::SAME);
    assert!(body_centered.distance(&face_centered) > StructureFingerprint::SAME);
    Ok(())
}

#[test]
fn impossible_supercells_say_why() -> Result<(), CrystalError> {
    let crystal = cubic(3.0, &[("Fe", [0.0; 3])])?;
    let refusal = |m: [[i32; 3]; 3]| crystal.supercell(m).map_err(|error| error.to_string()).err();
    assert_eq!(
        refusal([[1, 0, 0], [0, 1, 0], [1, 1, 0]]).as_deref(),
        Some("invalid lattice: the supercell has no volume")
    );
    assert_eq!(
        refusal([[1000, 0, 0], [0, 1000, 0], [0, 0, 1000]]).as_deref(),
        Some("the number of sites would exceed the limit of 10000000")
    );
    assert_eq!(
        refusal([[i32::MAX, 0, 0], [0, i32::MIN, 0], [0, 0, 1]]).as_deref(),
        Some("a step of the supercell would exceed the limit of 100000")
    );
    Ok(())
}
