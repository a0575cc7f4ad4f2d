//! Formulas and compositions.

use std::path::PathBuf;

use approx::assert_relative_eq;
use proptest::prelude::*;
use s2s_crystal::{Composition, Crystal, Element, Formula, Frac, Lattice, Occupant, Site, Species, strategies};
use serde::Deserialize;

#[track_caller]
fn composition(text: &str) -> Composition {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[track_caller]
fn message(text: &str) -> String {
    match text.parse::<Formula>() {
        Ok(formula) => panic!("{text} was read as {}", formula.composition()),
        Err(error) => error.to_string(),
    }
}

#[derive(Deserialize)]
struct Golden {
    text: String,
    reduced: String,
    hill: String,
    anonymous: String,
    system: String,
    atoms: f64,
    mass: f64,
}

#[test]
fn formulas_are_written_as_pymatgen_writes_them() {
    let golden: Vec<Golden> =
        serde_json::from_str(include_str!("../data/formulas.json")).expect("invariant: the golden file is valid");
    assert!(golden.len() > 80);
    for golden in golden {
        let found = composition(&golden.text);
        assert_eq!(found.reduced_formula(), golden.reduced);
        assert_eq!(found.hill_formula(), golden.hill);
        assert_eq!(found.anonymous_formula(), golden.anonymous);
        assert_eq!(found.chemical_system(), golden.system);
        assert_relative_eq!(found.num_atoms(), golden.atoms, max_relative = 1e-12);
        // pymatgen's atomic weights are older.
        assert_relative_eq!(found.mass(), golden.mass, max_relative = 3e-3);
    }
}

#[test]
fn brackets_spaces_dots_and_charges_are_understood() {
    let same = |a: &str, b: &str| assert_eq!(composition(a), composition(b), "{a} and {b}");
    same("Ca (OH)2", "CaO2H2");
    same("Li Fe P O4", "LiFePO4");
    same(" K4 [Fe(CN)6] ", "K4FeC6N6");
    same("CuSO4·5H2O", "CuSO9H10");
    same("2H2O * NaCl", "H4O2NaCl");
    same("((Ba0.5K0.5)0.2Fe)2As2", "Ba0.2K0.2Fe2As2");
    same("D2O", "H2O");
    same("Fe0Se1.0", "Se");
    same("C2 H6 O", "C2H5OH");
    same("Fe1e-1O1e0", "Fe0.1O");
    for (text, charge) in
        [("SO4 2-", -2.0), ("SO4^2-", -2.0), ("NH4+", 1.0), ("Fe^+3", 3.0), ("(NH4)^+Cl^-", 0.0), ("NaCl", 0.0)]
    {
        assert_eq!(text.parse::<Formula>().map(|formula| formula.charge()), Ok(charge), "{text}");
    }
    same("SO4 2-", "SO4");
    same("Fe2^3+O3^2-", "Fe2O3");
}

#[test]
fn malformed_formulas_say_where_and_why() {
    for (text, expected) in [
        ("", "character 1: the formula is empty"),
        ("  ", "character 3: the formula is empty"),
        ("Fe0", "character 4: the formula is empty"),
        ("Xx2", "character 1: unknown element symbol \"Xx\""),
        ("FeSee", "character 3: unknown element symbol \"See\""),
        ("fe", "character 1: 'f' is no part of a formula"),
        ("Eu1.45Pr0.05O10=z", "character 16: '=' is no part of a formula"),
        ("Y2C2Br0.5!1.5", "character 10: '!' is no part of a formula"),
        ("Sm1Ba-1Cu3O6.94", "character 6: '-' is neither an amount nor a charge here"),
        ("B1Sr2Ca2Cu3O2N+3", "character 15: '+' is neither an amount nor a charge here"),
        ("La0.25Cu1O4+2", "character 12: '+' is neither an amount nor a charge here"),
        ("-", "character 1: '-' is neither an amount nor a charge here"),
        ("Fe1.2.3", "character 3: \"1.2.3\" is not a number"),
        ("Fe.", "character 3: \".\" is not a number"),
        ("Fe2 3", "character 5: '3' is no part of a formula"),
        ("Ca(OH2", "character 3: '(' is not closed"),
        ("Ca(OH]2", "character 3: '(' is not closed"),
        ("CaOH)2", "character 5: ')' closes no bracket"),
        ("Fe^3", "character 5: '^' is no part of a formula"),
        ("Fé", "character 2: 'é' is no part of a formula"),
        ("H·²", "character 3: '²' is no part of a formula"),
    ] {
        assert_eq!(message(text), expected, "{text:?}");
    }
    assert_eq!(message(&"(".repeat(99)), "character 33: more than 32 nested brackets");
    let long = format!("character 3: \"{}…\" is not a number", "9".repeat(40));
    assert_eq!(message(&format!("Fe{}", "9".repeat(400))), long);
    assert_eq!(message("((Fe9e300)9e300)9"), "character 18: the amounts are too large");
}

#[test]
fn a_crystal_counts_its_partial_occupants() -> Result<(), s2s_crystal::CrystalError> {
    let [barium, potassium, iron]: [Element; 3] = ["Ba".parse()?, "K".parse()?, "Fe".parse()?];
    let occupant = |element, occupancy| Occupant { element, occupancy, oxidation: None };
    let mixed = Species::new(vec![occupant(barium, 0.4), occupant(potassium, 0.6)])?;
    let sites = vec![Site { species: mixed, position: Frac([0.0; 3]) }, Site::pure(iron, Frac([0.5; 3]))];
    let crystal = Crystal::new(Lattice::from_parameters([4.0; 3], [90.0; 3])?, sites)?;
    assert_eq!(crystal.composition(), composition("Ba0.4K0.6Fe"));
    Ok(())
}

proptest! {
    #[test]
    fn a_reduced_formula_is_read_back(crystal in strategies::crystal(1..=12)) {
        let found = crystal.composition();
        let again = composition(&found.reduced_formula());
        prop_assert_eq!(again.reduced().0, found.reduced().0);
        prop_assert!(found.fraction_distance(&again) < 1e-12);
        let hill = composition(&found.hill_formula());
        prop_assert_eq!(hill, found);
    }

    #[test]
    fn distances_between_compositions_are_metrics(
        a in strategies::crystal(1..=6), b in strategies::crystal(1..=6), c in strategies::crystal(1..=6)
    ) {
        let [a, b, c] = [a, b, c].map(|crystal| crystal.composition());
        prop_assert_eq!(a.fraction_distance(&a), 0.0);
        prop_assert!((a.fraction_distance(&b) - b.fraction_distance(&a)).abs() < 1e-12);
        prop_assert!(a.fraction_distance(&c) <= a.fraction_distance(&b) + b.fraction_distance(&c) + 1e-12);
        prop_assert!(a.fraction_distance(&b) <= 1.0 + 1e-12);
        if let (Some(ab), Some(bc), Some(ac)) =
            (a.element_mover_distance(&b), b.element_mover_distance(&c), a.element_mover_distance(&c))
        {
            prop_assert!(ac <= ab + bc + 1e-9);
        }
    }

    #[test]
    fn any_text_is_a_formula_or_an_error_within_it(text in "[A-Za-z0-9.()\\[\\]{}+^· *-]{0,24}") {
        if let Err(error) = text.parse::<Formula>() {
            prop_assert!((1..=text.chars().count() + 1).contains(&error.column()), "{}", error);
        }
    }

    #[test]
    fn any_bytes_do_not_crash_the_reader(text in any::<String>()) {
        let _ = text.parse::<Formula>();
    }
}

#[derive(Deserialize)]
struct SuperCon {
    parsed: usize,
    malformed: usize,
    reduced: String,
    hill: String,
    system: String,
}

/// 64-bit FNV-1a of the lines, as in `make_golden.py`.
fn fnv(lines: impl Iterator<Item = String>) -> String {
    let mut state = 0xcbf2_9ce4_8422_2325_u64;
    for byte in lines.flat_map(|line| (line + "\n").into_bytes()) {
        state = (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    format!("{state:016x}")
}

#[test]
fn every_formula_of_supercon_is_read_and_written_as_pymatgen_does() -> Result<(), Box<dyn std::error::Error>> {
    let Some(folder) = std::env::var_os("S2S_DATA_DIR") else {
        println!("skipped: S2S_DATA_DIR is not set");
        return Ok(());
    };
    let golden: SuperCon = serde_json::from_str(include_str!("../data/supercon.json"))?;
    let text = std::fs::read_to_string(PathBuf::from(folder).join("supercon.csv"))?;
    let names = text.lines().skip(1).filter_map(|line| line.split_once(',')).map(|(name, _)| name);
    let (read, malformed): (Vec<_>, Vec<_>) = names.map(str::parse::<Composition>).partition(Result::is_ok);
    let read = read.into_iter().flatten().collect::<Vec<_>>();
    assert_eq!((read.len(), malformed.len()), (golden.parsed, golden.malformed));
    assert_eq!(fnv(read.iter().map(Composition::reduced_formula)), golden.reduced);
    assert_eq!(fnv(read.iter().map(Composition::hill_formula)), golden.hill);
    assert_eq!(fnv(read.iter().map(Composition::chemical_system)), golden.system);
    Ok(())
}
