//! What is written comes back: 1,024 random crystals for every format (`S2S_CASES` changes the number).

use proptest::prelude::*;
use s2s_crystal::{
    Crystal, Format, Merge, ReadOptions, SymOp, cif, extxyz, optimade, poscar, pymatgen, read, strategies,
};

/// Largest difference of coordinates in Å where a format stores Cartesian ones.
const ROUNDING: f64 = 1e-9;

/// Largest relative difference of the lengths and angles that a CIF stores instead of vectors.
const METRIC: f64 = 1e-10;

fn cases() -> ProptestConfig {
    let cases = std::env::var("S2S_CASES").ok().and_then(|cases| cases.parse().ok());
    ProptestConfig::with_cases(cases.unwrap_or(1024))
}

/// Reads a text that holds one structure, keeping every atom where it is written.
#[track_caller]
fn only(format: Format, text: &str) -> Crystal {
    let options = ReadOptions { merge: Merge::Off, ..ReadOptions::disordered() };
    single(format, text, &options)
}

#[track_caller]
fn single(format: Format, text: &str, options: &ReadOptions) -> Crystal {
    let mut structures = format.read(text.as_bytes(), options);
    let parsed = structures.next().expect("the text holds a structure").expect("what was written can be read");
    assert!(structures.next().is_none());
    parsed.crystal
}

fn same_species(a: &Crystal, b: &Crystal) -> bool {
    a.num_sites() == b.num_sites() && a.sites().iter().zip(b.sites()).all(|(a, b)| a.species == b.species)
}

fn same_positions(a: &Crystal, b: &Crystal) -> bool {
    let close = |(a, b): (s2s_crystal::Cart, s2s_crystal::Cart)| (0..3).all(|k| (a.0[k] - b.0[k]).abs() < ROUNDING);
    a.cart_positions().zip(b.cart_positions()).all(close)
}

fn same_metric(a: &Crystal, b: &Crystal) -> bool {
    let metric = |crystal: &Crystal| {
        let rows = crystal.lattice().vectors();
        rows.map(|u| rows.map(|v| u[0] * v[0] + u[1] * v[1] + u[2] * v[2]))
    };
    let (g, h) = (metric(a), metric(b));
    (0..3).all(|i| (0..3).all(|j| (g[i][j] - h[i][j]).abs() < METRIC * (g[i][i] * g[j][j]).sqrt()))
}

fn determinant(crystal: &Crystal) -> f64 {
    let [a, b, c] = crystal.lattice().vectors();
    a[0] * (b[1] * c[2] - b[2] * c[1]) - a[1] * (b[0] * c[2] - b[2] * c[0]) + a[2] * (b[0] * c[1] - b[1] * c[0])
}

/// Fractional coordinates agree exactly; a left-handed cell is written with opposite vectors.
fn same_coordinates(original: &Crystal, written: &Crystal) -> bool {
    let sign = if determinant(original) < 0.0 { -1.0 } else { 1.0 };
    let same = |(a, b): (&s2s_crystal::Site, &s2s_crystal::Site)| a.position.0.map(|x| sign * x) == b.position.0;
    original.sites().iter().zip(written.sites()).all(same)
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn cif(crystal in strategies::crystal(1..=12)) {
        let back = only(Format::Cif, &cif::write("random", &crystal)?);
        prop_assert!(same_species(&crystal, &back) && same_metric(&crystal, &back));
        prop_assert!(same_coordinates(&crystal, &back));
    }

    #[test]
    fn cif_with_mixed_sites(crystal in strategies::spaced_disordered_crystal(1..=12)) {
        let text = cif::write("random", &crystal)?;
        let back = single(Format::Cif, &text, &ReadOptions::disordered());
        prop_assert!(same_species(&crystal, &back) && same_metric(&crystal, &back));
        prop_assert!(same_coordinates(&crystal, &back));
    }

    #[test]
    fn poscar(crystal in strategies::crystal(1..=12)) {
        prop_assert_eq!(only(Format::Poscar, &poscar::write("random", &crystal)?), crystal);
    }

    #[test]
    fn extended_xyz(crystal in strategies::partly_periodic_crystal(1..=12)) {
        let back = only(Format::ExtXyz, &extxyz::write("random", &crystal)?);
        prop_assert_eq!(back.lattice(), crystal.lattice());
        prop_assert_eq!(back.periodic(), crystal.periodic());
        prop_assert!(same_species(&crystal, &back) && same_positions(&crystal, &back));
    }

    #[test]
    fn pymatgen_json(crystal in strategies::disordered_crystal(1..=12), periodic in any::<[bool; 3]>()) {
        let crystal = crystal.with_periodicity(periodic);
        prop_assert_eq!(only(Format::Pymatgen, &pymatgen::write(&crystal)), crystal);
    }

    #[test]
    fn optimade_json(crystal in strategies::disordered_crystal(1..=12), periodic in any::<[bool; 3]>()) {
        let crystal = crystal.with_periodicity(periodic);
        let back = only(Format::Optimade, &optimade::write("random", &crystal));
        prop_assert_eq!(back.lattice(), crystal.lattice());
        prop_assert_eq!(back.periodic(), crystal.periodic());
        prop_assert!(same_positions(&crystal, &back));
        for (a, b) in crystal.sites().iter().zip(back.sites()) {
            // OPTIMADE has no oxidation states.
            let plain = |site: &s2s_crystal::Site| -> Vec<_> {
                site.species.occupants().iter().map(|o| (o.element, o.occupancy)).collect()
            };
            prop_assert_eq!(plain(a), plain(b));
        }
    }

    #[test]
    fn symmetry_operations(
        rotation in prop::array::uniform3(prop::array::uniform3(-1_i8..=1)),
        translation in prop::array::uniform3(0_u8..24),
    ) {
        if let Ok(operation) = SymOp::new(rotation, translation.map(|t| f64::from(t) / 24.0)) {
            prop_assert_eq!(operation.to_string().parse::<SymOp>()?, operation);
        }
    }
}

#[test]
fn the_front_door_knows_every_format_that_it_writes() -> Result<(), s2s_crystal::CrystalError> {
    let lattice = s2s_crystal::Lattice::from_parameters([4.1; 3], [90.0; 3])?;
    let site = |symbol: &str, x| Ok(s2s_crystal::Site::pure(symbol.parse()?, s2s_crystal::Frac([x; 3])));
    let crystal = Crystal::new(lattice, vec![site("Cs", 0.0)?, site("Cl", 0.5)?])?;
    for (format, name) in Format::ALL.into_iter().zip(["", "POSCAR", "a.xyz", "", ""]) {
        let text = format.write("CsCl", &crystal)?;
        assert_eq!(Format::detect(name, text.as_bytes()), Some(format));
        let options = ReadOptions::ordered();
        let structures: Result<Vec<_>, _> = read(name, text.as_bytes(), &options).collect();
        let structures = structures.expect("what was written can be read");
        assert_eq!(structures.len(), 1);
        assert_eq!(structures[0].crystal, crystal, "{}", format.name());
        assert_eq!(structures[0].name, if format == Format::Pymatgen { "" } else { "CsCl" });
    }
    Ok(())
}

#[test]
fn formats_without_occupancies_or_open_directions_say_so() -> Result<(), s2s_crystal::CrystalError> {
    let lattice = s2s_crystal::Lattice::from_parameters([4.1; 3], [90.0; 3])?;
    let half = s2s_crystal::Occupant { element: "Cs".parse()?, occupancy: 0.5, oxidation: None };
    let species = s2s_crystal::Species::new(vec![half])?;
    let crystal = Crystal::new(lattice, vec![s2s_crystal::Site { species, position: s2s_crystal::Frac([0.0; 3]) }])?;
    let message = |format: Format, crystal: &Crystal| format.write("", crystal).map_err(|e| e.to_string()).err();
    for format in [Format::Poscar, Format::ExtXyz] {
        assert_eq!(message(format, &crystal).as_deref(), Some("site 0 has several or partial occupants"));
    }
    let slab = Crystal::new(lattice, vec![s2s_crystal::Site::pure("Cs".parse()?, s2s_crystal::Frac([0.0; 3]))])?
        .with_periodicity([true, true, false]);
    for format in [Format::Cif, Format::Poscar] {
        assert_eq!(message(format, &slab).as_deref(), Some("the crystal does not repeat in all three directions"));
    }
    Ok(())
}
