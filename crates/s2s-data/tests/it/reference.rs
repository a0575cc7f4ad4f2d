//! The embedded reference crystals, and the builder that makes them.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use s2s_crystal::{BruteForce, Cutoff, NeighborSearch};
use s2s_data::Label;
use s2s_data::reference::{self, ReferenceClass, ReferenceCrystal, Superconductivity};

/// From g and Å³ to g/cm³ through the atomic mass constant.
const GRAMS_PER_CUBIC_CENTIMETER: f64 = 1.660_539_068_92;

/// How far an X-ray density may lie from a measured one: samples have pores and vacancies.
const DENSITY_TOLERANCE: f64 = 0.05;

/// What spglib and pymatgen made of the same tables, by their own operations; see `reference_spglib.py` beside it.
const SPGLIB: &str = include_str!("../data/reference_spglib.tsv");

/// The file has six decimals.
const VOLUME_TOLERANCE: f64 = 1e-6;

#[track_caller]
fn named(name: &str) -> &'static ReferenceCrystal {
    reference::crystals().iter().find(|crystal| crystal.name == name).unwrap()
}

#[track_caller]
fn assert_refused(record: &str, message: &str) {
    let table = format!("[[crystal]]\nfamily = \"a15\"\nreference = \"none\"\n{record}");
    assert_eq!(reference::parse(&table).map_err(|e| e.to_string()), Err(message.to_owned()));
}

#[test]
fn table_holds_superconductors_and_as_many_others() {
    let (superconductors, others): (Vec<_>, Vec<_>) = reference::crystals()
        .iter()
        .partition(|crystal| matches!(crystal.superconductivity, Superconductivity::Measured { .. }));
    assert_eq!((superconductors.len(), others.len()), (164, 141));

    let families =
        |crystals: &[&ReferenceCrystal]| crystals.iter().map(|c| c.class).collect::<BTreeSet<ReferenceClass>>();
    assert_eq!(families(&superconductors).len(), 19);
    assert_eq!(families(&others).len(), 17);
}

#[test]
fn names_are_unique_and_every_record_has_a_reference_with_a_year() {
    let mut seen = BTreeSet::new();
    for crystal in reference::crystals() {
        assert!(seen.insert(&crystal.name), "{} appears twice", crystal.name);
        let year = crystal.reference.rsplit_once('(').and_then(|(_, rest)| rest.strip_suffix(')')?.parse::<u16>().ok());
        assert!(year.is_some_and(|year| (1930..2026).contains(&year)), "{}: {}", crystal.name, crystal.reference);
    }
}

#[test]
fn transition_temperatures_are_those_that_everybody_knows() {
    let tc = |name| named(name).superconductivity.label();
    for (name, kelvin) in [("Nb", 9.25), ("Pb", 7.196), ("MgB2", 39.0), ("YBa2Cu3O7", 93.0), ("LaH10", 250.0)] {
        assert_eq!(tc(name).tc().unwrap().0, kelvin);
    }
    assert!(matches!(tc("Cu"), Label::NoTransition { .. } | Label::NoneReported));
    assert_eq!(named("Pd").superconductivity, Superconductivity::NotFound { down_to_kelvin: Some(0.0017) });
    assert_eq!(named("H3S").superconductivity, Superconductivity::Measured { tc_kelvin: 203.0, pressure_gpa: 155.0 });
    assert_eq!(named("BaFe2As2").sample.as_deref(), Some("Ba0.6K0.4Fe2As2"));
}

#[test]
fn spglib_and_pymatgen_see_the_same_crystals() {
    let rows = SPGLIB.lines().skip(1);
    assert_eq!(rows.clone().count(), reference::crystals().len());
    for (crystal, row) in reference::crystals().iter().zip(rows) {
        let columns: Vec<&str> = row.split('\t').collect();
        let [name, space_group, symbol, atoms, volume] = columns[..] else { panic!("{row}") };
        assert_eq!(name, crystal.name);
        assert_eq!(space_group, crystal.space_group.to_string(), "{name}");
        assert_eq!(symbol.replace('_', ""), crystal.space_group_symbol, "{name}");
        assert_eq!(atoms, crystal.crystal.num_sites().to_string(), "{name}");
        let apart = crystal.crystal.lattice().volume() - volume.parse::<f64>().unwrap();
        assert!(apart.abs() < VOLUME_TOLERANCE, "{name}: {apart} Å³ from the volume of pymatgen");
    }
}

#[test]
fn primitive_cells_hold_as_many_atoms_as_the_literature_says() {
    let expected = [
        ("Cu", 1),
        ("Fe", 1),
        ("Mn", 29),
        ("Hg", 1),
        ("Nb3Sn", 8),
        ("NaCl", 2),
        ("ZrV2", 6),
        ("MgZn2", 12),
        ("MgAl2O4", 14),
        ("PbMo6S8", 15),
        ("UBe13", 28),
        ("ZrB12", 13),
        ("K3C60", 63),
        ("SiO2 (quartz)", 9),
        ("YBa2Cu3O7", 13),
        ("Bi2Sr2CaCu2O8", 15),
        ("LaFeAsO", 8),
        ("BaFe2S3", 12),
        ("LaH10", 11),
        ("Th4H15", 38),
    ];
    for (name, atoms) in expected {
        assert_eq!(named(name).crystal.num_sites(), atoms, "{name}");
    }
}

#[test]
fn bonds_have_the_lengths_of_the_literature() {
    // Å, two decimals, from the structure papers and textbooks.
    let expected = [
        ("C (diamond)", 1.54),
        ("C (graphite)", 1.42),
        ("Si (diamond type)", 2.35),
        ("NaCl", 2.82),
        ("SiO2 (quartz)", 1.61),
        ("TiO2 (rutile)", 1.95),
        ("Al2O3", 1.86),
        ("FeS2 (pyrite)", 2.16),
        ("MgB2", 1.78),
        ("CaB6", 1.68),
        ("YBa2Cu3O7", 1.85),
        ("La2CuO4", 1.89),
        ("BaFe2As2", 2.40),
        ("FeSe", 2.40),
        ("LiFeAs", 2.42),
        ("UBe13", 2.16),
        ("K3C60", 1.42),
        ("H3S", 1.54),
        ("LaH10", 1.15),
    ];
    for (name, angstrom) in expected {
        let shortest = shortest_distance(named(name));
        assert!((shortest - angstrom).abs() < 0.011, "{name}: {shortest:.3} Å, not {angstrom} Å");
    }
}

#[test]
fn no_two_atoms_are_closer_than_their_sizes_allow() {
    for reference in reference::crystals() {
        let elements = reference.crystal.ordered_elements().unwrap();
        let list = BruteForce.search(&reference.crystal, Cutoff::angstrom(3.6).unwrap()).unwrap();
        for atom in 0..list.num_atoms() {
            for neighbor in list.of(atom) {
                let pair = [elements[atom], elements[neighbor.site]];
                let sizes: f64 = pair.iter().filter_map(|element| element.covalent_radius()).sum();
                let share = neighbor.distance / sizes;
                assert!(
                    share > 0.75,
                    "{}: {pair:?} at {:.3} Å, {share:.2} of {sizes:.2} Å",
                    reference.name,
                    neighbor.distance
                );
            }
        }
    }
}

#[test]
fn densities_agree_with_the_literature() {
    let mut compared = 0;
    for reference in reference::crystals() {
        let x_ray = x_ray_density(reference);
        if let Some(density) = reference.density {
            let error = (x_ray / density - 1.0).abs();
            assert!(error < DENSITY_TOLERANCE, "{}: {x_ray:.3} g/cm³, literature {density}", reference.name);
            compared += 1;
        }
        assert!((0.4..23.0).contains(&x_ray), "{}: {x_ray:.3} g/cm³ is no solid", reference.name);
    }
    assert!(compared > 150, "only {compared} crystals have a density to compare with");
}

#[test]
fn every_record_survives_json() {
    for reference in reference::crystals() {
        let text = serde_json::to_string(reference).unwrap();
        assert_eq!(&serde_json::from_str::<ReferenceCrystal>(&text).unwrap(), reference);
    }
}

#[test]
fn every_record_becomes_a_record_of_a_data_set() {
    for reference in reference::crystals() {
        let record = reference.to_record();
        assert_eq!(record.id.as_str(), reference.name);
        assert_eq!(record.label, Some(reference.superconductivity.label()));
        assert_eq!(record.crystal, reference.crystal);
    }
}

#[test]
fn every_prototype_is_used_and_one_structure_type_looks_the_same_whoever_takes_part() {
    let mut atoms: BTreeMap<&str, BTreeSet<(u8, usize)>> = BTreeMap::new();
    for reference in reference::crystals() {
        if let Some(prototype) = &reference.prototype {
            atoms.entry(prototype).or_default().insert((reference.space_group, reference.crystal.num_sites()));
        }
    }
    assert_eq!(atoms.len(), 87);
    for (prototype, kinds) in atoms {
        assert_eq!(kinds.len(), 1, "{prototype}: {kinds:?}");
    }
}

#[test]
fn contradictory_records_say_what_contradicts() {
    let niobium = "formula = \"Nb\"\ntc = 9.2\n";
    assert_refused(
        &format!("{niobium}space_group = 229\nsites = [\"Nb 4a 0,0,0\"]\ncell = {{ a = 3.3 }}"),
        "Nb: the position \"Nb 4a 0,0,0\" has 2 equivalents, not 4",
    );
    assert_refused(
        &format!("{niobium}space_group = 229\nsites = [\"Nb 2a 0,0,0\"]\ncell = {{ a = 3.3, c = 3.3 }}"),
        "Nb: a cubic cell takes exactly the parameters a",
    );
    assert_refused(
        &format!("{niobium}space_group = 231\nsites = [\"Nb 2a 0,0,0\"]\ncell = {{ a = 3.3 }}"),
        "Nb: there is no space group 231",
    );
    assert_refused(
        &format!("{niobium}prototype = \"A2\"\nelements = [\"Ta\"]\ncell = {{ a = 3.3 }}"),
        "Nb: the sites add up to Ta",
    );
    assert_refused(
        &format!("{niobium}prototype = \"A2\"\nelements = [\"Nb\", \"Ta\"]\ncell = {{ a = 3.3 }}"),
        "Nb: the prototype has 1 kinds of atoms, 2 elements are given",
    );
    assert_refused(
        &format!("{niobium}prototype = \"A2\"\nelements = [\"Nb\"]\ncell = {{ a = 3.3 }}\nfree = {{ z = 0.1 }}"),
        "Nb: no site uses the parameter \"z\"",
    );
    assert_refused(
        "formula = \"Bi\"\ntc = 1.0\nprototype = \"A7\"\nelements = [\"Bi\"]\ncell = { a = 4.5, c = 11.9 }",
        "Bi: the parameter \"z\" has no value",
    );
    assert_refused(
        "formula = \"Nb\"\ntc = 9.2\nsuperconducting = false\nprototype = \"A2\"\nelements = [\"Nb\"]\ncell = { a = 3.3 }",
        "Nb: needs either `tc` or `superconducting = false`, and `pressure` or `down_to` only beside the one it explains",
    );
    assert_refused(
        "formula = \"Nb\"\ntc = -9.2\nprototype = \"A2\"\nelements = [\"Nb\"]\ncell = { a = 3.3 }",
        "Nb: tc is not a positive number",
    );
    assert_refused(
        &format!("{niobium}prototype = \"A2\"\nelements = [\"Nb\"]\ncell = {{ a = nan }}"),
        "Nb: invalid lattice: a cell length is not a positive number",
    );
    assert_refused(
        &format!("{niobium}space_group = 229\nsites = [\"Nb 0,0,0\"]\ncell = {{ a = 3.3 }}"),
        "Nb: cannot read the site \"Nb 0,0,0\": expected an element, a Wyckoff position and a triplet",
    );
}

#[test]
fn misspelled_fields_are_refused_with_their_line() {
    let error = reference::parse("[[crystal]]\nformule = \"Nb\"\n").unwrap_err().to_string();
    assert!(error.starts_with("the table cannot be read: TOML parse error at line 2, column 1"), "{error}");
}

proptest! {
    #[test]
    fn any_site_and_any_number_is_read_or_refused(
        triplet in "[-+0-9xyz./ ,]{0,24}|\\PC{0,12}",
        wyckoff in "[0-9]{0,3}[a-z]?|\\PC{0,4}",
        group in 0_u8..=230,
        numbers in any::<[f64; 4]>(),
    ) {
        let [a, c, z, density] = numbers.map(|number| format!("{number:?}").replace("NaN", "nan"));
        let site = serde_json::to_string(&format!("Bi {wyckoff} {triplet}")).unwrap();
        let table = format!(
            "[[crystal]]\nformula = \"Bi\"\nfamily = \"element\"\nreference = \"none\"\nsuperconducting = false\n\
             space_group = {group}\nsites = [{site}]\ncell = {{ a = {a}, c = {c} }}\nfree = {{ z = {z} }}\n\
             density = {density}"
        );
        if let Ok(crystals) = reference::parse(&table) {
            prop_assert!(crystals[0].crystal.cart_positions().all(|position| position.0.iter().all(|x| x.is_finite())));
        }
    }

    #[test]
    fn any_coordinates_of_a_general_position_have_all_equivalents(coordinates in prop::array::uniform3(0.01_f64..0.24)) {
        // 48 operations in the primitive cell, whatever the coordinates, unless the position lies on a mirror.
        let [x, y, z] = coordinates;
        prop_assume!((x - y).abs() > 1e-3 && (y - z).abs() > 1e-3 && (z - x).abs() > 1e-3);
        let table = format!(
            "[[crystal]]\nformula = \"Bi\"\nfamily = \"element\"\nreference = \"none\"\ntc = 1.0\nspace_group = 225\n\
             sites = [\"Bi 192l x,y,z\"]\ncell = {{ a = 20.0 }}\nfree = {{ x = {x:?}, y = {y:?}, z = {z:?} }}"
        );
        prop_assert_eq!(reference::parse(&table).unwrap()[0].crystal.num_sites(), 48);
    }
}

/// In g/cm³, from the cell and what it holds.
fn x_ray_density(reference: &ReferenceCrystal) -> f64 {
    let crystal = &reference.crystal;
    crystal.composition().mass() / crystal.lattice().volume() * GRAMS_PER_CUBIC_CENTIMETER
}

fn shortest_distance(reference: &ReferenceCrystal) -> f64 {
    let list = BruteForce.search(&reference.crystal, Cutoff::angstrom(4.0).unwrap()).unwrap();
    list.distances().iter().fold(f64::MAX, |shortest, &distance| shortest.min(distance))
}
