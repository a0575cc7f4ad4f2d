//! Space groups and primitive cells.

use proptest::prelude::*;
use s2s_crystal::{
    Crystal, CrystalError, Element, Frac, Lattice, Occupant, Site, SpaceGroup, Species, StructureFingerprint,
    SymmetrySearch, SymmetrySummary, strategies,
};

/// A lattice with the symmetry of these rotation parts and no other.
fn generic_lattice(group: &SpaceGroup) -> Result<Lattice, CrystalError> {
    let vectors = [[29.1, 0.9, 2.7], [-1.4, 32.2, 3.3], [3.1, -1.6, 36.4_f64]];
    let product = |u: [f64; 3], v: [f64; 3]| u[0] * v[0] + u[1] * v[1] + u[2] * v[2];
    let metric = vectors.map(|u| vectors.map(|v| product(u, v)));
    let operations = group.operations();
    let mut sum = [[0.0; 3]; 3];
    for operation in &operations {
        let rotation = operation.rotation().map(|row| row.map(f64::from));
        let columns = [0, 1, 2].map(|k| rotation.map(|row| row[k]));
        for (row, one) in sum.iter_mut().zip(columns) {
            for (entry, other) in row.iter_mut().zip(columns) {
                *entry += product(one, metric.map(|line| product(line, other))) / operations.len() as f64;
            }
        }
    }
    let lengths = [0, 1, 2].map(|k| sum[k][k].sqrt());
    let angle = |i: usize, j: usize| (sum[i][j] / (lengths[i] * lengths[j])).acos().to_degrees();
    Lattice::from_parameters(lengths, [angle(1, 2), angle(0, 2), angle(0, 1)])
}

/// Atoms of three elements in general positions of a group, which leave it no further symmetry.
fn generic_crystal(group: &SpaceGroup) -> Result<Crystal, CrystalError> {
    let orbits = [("Fe", [0.1371, 0.2413, 0.3832]), ("Se", [0.0693, 0.4274, 0.1836]), ("K", [0.3117, 0.0931, 0.4498])];
    let mut sites = Vec::new();
    for (symbol, position) in orbits {
        let element: Element = symbol.parse()?;
        sites.extend(group.operations().iter().map(|operation| Site::pure(element, operation.apply(Frac(position)))));
    }
    Crystal::new(generic_lattice(group)?, sites)
}

fn summary(crystal: &Crystal) -> Result<SymmetrySummary, CrystalError> {
    SymmetrySearch::with_tolerance(0.01).summarize(crystal)
}

#[test]
fn every_space_group_is_found() -> Result<(), CrystalError> {
    for number in 1..=230 {
        let group = SpaceGroup::from_number(number)?;
        let crystal = generic_crystal(&group)?;
        let found = summary(&crystal)?;
        let translations =
            group.operations().iter().filter(|op| op.rotation() == [[1, 0, 0], [0, 1, 0], [0, 0, 1]]).count();
        let expected = SymmetrySummary {
            number,
            primitive_sites: crystal.num_sites() / translations,
            standardized_sites: crystal.num_sites(),
            num_orbits: 3,
            num_operations: group.operations().len() / translations,
        };
        assert_eq!(found, expected, "{group}");
    }
    Ok(())
}

#[test]
fn noise_below_the_tolerance_changes_nothing() -> Result<(), CrystalError> {
    for number in [2, 15, 62, 88, 122, 141, 166, 194, 205, 220, 227, 230] {
        let crystal = generic_crystal(&SpaceGroup::from_number(number)?)?;
        let mut state = u64::from(number);
        let mut noise = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            ((state >> 33) as f64 / f64::from(1_u32 << 31) - 0.5) * 8e-5
        };
        let sites = crystal
            .sites()
            .iter()
            .map(|site| Site { species: site.species.clone(), position: Frac(site.position.0.map(|x| x + noise())) });
        let sites = sites.collect();
        let strained = crystal.lattice().vectors().map(|vector| vector.map(|x| x + noise()));
        let noisy = Crystal::new(Lattice::from_rows(strained)?, sites)?;
        assert_eq!(summary(&noisy)?, summary(&crystal)?, "{number}");
        let primitive = SymmetrySearch::with_tolerance(0.01).primitive(&noisy)?;
        let exact = SymmetrySearch::with_tolerance(1e-4).summarize(&primitive)?;
        assert_eq!((exact.number, exact.primitive_sites), (number, primitive.num_sites()), "freed from deviations");
    }
    Ok(())
}

#[test]
fn mixed_sites_are_unlike_pure_ones() -> Result<(), CrystalError> {
    let [iron, cobalt]: [Element; 2] = ["Fe".parse()?, "Co".parse()?];
    let pure = Crystal::ordered(Lattice::cubic(3.3)?, [[0.0; 3], [0.5; 3]].map(|at| (iron, at)))?;
    assert_eq!(summary(&pure)?.number, 229);
    let occupant = |element| Occupant { element, occupancy: 0.5, oxidation: None };
    let mut sites = pure.sites().to_vec();
    sites[1].species = Species::new(vec![occupant(iron), occupant(cobalt)])?;
    let mixed = Crystal::new(*pure.lattice(), sites)?;
    assert_eq!(summary(&mixed)?.number, 221);
    let primitive = SymmetrySearch::with_tolerance(0.01).primitive(&mixed)?;
    assert_eq!(primitive.composition(), mixed.composition());
    Ok(())
}

#[test]
fn a_group_within_part_of_the_tolerance_is_taken() -> Result<(), CrystalError> {
    // Nine atoms in a row, each pair of neighbors alike within the tolerance, the ends not.
    let iron: Element = "Fe".parse()?;
    let row = (0..9).map(|k| (iron, [f64::from(k) / 9.0, 0.004 * f64::from(k), 0.0]));
    let crystal = Crystal::ordered(Lattice::from_parameters([27.0, 6.0, 7.0], [90.0; 3])?, row)?;
    let found = SymmetrySearch::with_tolerance(0.05).summarize(&crystal)?;
    assert_eq!(found.primitive_sites * found.num_operations % 2, 0, "{found:?}");
    assert_eq!(crystal.num_sites() % found.primitive_sites, 0);
    Ok(())
}

#[test]
fn hopeless_searches_say_why() -> Result<(), CrystalError> {
    let search = SymmetrySearch::with_tolerance(0.01);
    let refusal =
        |search: SymmetrySearch, crystal: &Crystal| search.summarize(crystal).map_err(|e| e.to_string()).err();
    let iron: Element = "Fe".parse()?;
    let salt = generic_crystal(&SpaceGroup::from_number(225)?)?;
    let close = Crystal::ordered(Lattice::cubic(3.3)?, [[0.0; 3], [0.001, 0.0, 0.0]].map(|at| (iron, at)))?;
    let flat = Lattice::from_rows([[100.0, 0.0, 0.0], [0.0, 100.0, 0.0], [0.0, 0.0, 0.1]])?;
    let flat = Crystal::new(flat, close.sites()[..1].to_vec())?;
    let layer = salt.clone().with_periodicity([true, true, false]);
    let few = SymmetrySearch { max_sites: 7, ..search };
    for (search, crystal, reason) in [
        (search, &close, "no symmetry found: two atoms are closer than four tolerances"),
        (search, &flat, "no symmetry found: the cell is too flat"),
        (search, &layer, "no symmetry found: the crystal does not repeat in three directions"),
        (few, &salt, "the number of sites would exceed the limit of 7"),
        (SymmetrySearch::with_tolerance(f64::NAN), &salt, "no symmetry found: the tolerance is not a positive length"),
    ] {
        assert_eq!(refusal(search, crystal).as_deref(), Some(reason));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn the_description_of_a_crystal_does_not_matter(
        crystal in strategies::symmetric_crystal(1..=12),
        turn in strategies::rotation(),
        origin in strategies::position(),
        shear in -2..=2_i32,
        repeats in 1..=3_i32,
    ) {
        let search = SymmetrySearch::with_tolerance(0.001);
        let Ok(found) = search.summarize(&crystal) else { return Ok(()) };
        let order: Vec<usize> = (0..crystal.num_sites()).rev().collect();
        let described = crystal.with_basis([[1, 0, shear], [0, 1, 0], [0, 0, 1]])?.rotated(turn)?;
        let described = described.permuted(&order)?.translated(origin)?;
        prop_assert_eq!(search.summarize(&described)?, found);
        let repeated = crystal.supercell([[repeats, 0, 0], [0, 1, 0], [0, shear, 2]])?;
        prop_assert_eq!(search.summarize(&repeated)?, found);
    }

    #[test]
    fn the_primitive_cell_is_the_same_crystal(crystal in strategies::spaced_disordered_crystal(1..=6)) {
        let search = SymmetrySearch::with_tolerance(0.01);
        let Ok(primitive) = search.primitive(&crystal.supercell([[2, 0, 0], [0, 1, 0], [0, 0, 1]])?) else {
            return Ok(());
        };
        prop_assert!(primitive.num_sites() <= crystal.num_sites());
        let here = StructureFingerprint::new(&crystal)?;
        let there = StructureFingerprint::new(&primitive)?;
        prop_assert!(here.distance(&there) < 0.05, "{}", here.distance(&there));
    }
}
