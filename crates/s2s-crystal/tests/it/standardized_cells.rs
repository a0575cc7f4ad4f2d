//! Space groups, operations and standardized cells as moyo finds them, and our own search beside it.

use proptest::prelude::*;
use s2s_crystal::{
    Crystal, CrystalError, Element, Frac, Lattice, Occupant, Site, Species, StructureFingerprint, SymmetrySearch,
    strategies,
};

fn cubic(edge: f64, sites: &[(&str, [f64; 3])]) -> Result<Crystal, CrystalError> {
    let site = |(symbol, at): &(&str, [f64; 3])| Ok(Site::pure(symbol.parse::<Element>()?, Frac(*at)));
    let sites = sites.iter().map(site).collect::<Result<Vec<_>, CrystalError>>()?;
    Crystal::new(Lattice::from_parameters([edge; 3], [90.0; 3])?, sites)
}

fn rock_salt() -> Result<Crystal, CrystalError> {
    let faces = [[0.0; 3], [0.5, 0.5, 0.0], [0.5, 0.0, 0.5], [0.0, 0.5, 0.5]];
    let sodium = faces.map(|at| ("Na", at));
    let chlorine = faces.map(|[x, y, z]| ("Cl", [x + 0.5, y, z]));
    cubic(5.64, &[sodium, chlorine].concat())
}

#[test]
fn supercells_have_the_group_and_the_primitive_cell_of_their_crystal() -> Result<(), CrystalError> {
    let salt = rock_salt()?;
    for cell in [salt.clone(), salt.supercell([[1, 1, 0], [0, 1, 1], [1, 0, 2]])?] {
        let symmetry = SymmetrySearch::with_tolerance(0.01).find(&cell)?;
        assert_eq!((symmetry.number, symmetry.symbol.as_str(), symmetry.pearson.as_str()), (225, "Fm-3m", "cF8"));
        assert_eq!((symmetry.primitive.num_sites(), symmetry.standardized.num_sites()), (2, 8));
        assert_eq!(symmetry.wyckoff_letters.len(), cell.num_sites());
    }
    Ok(())
}

#[test]
fn mixed_sites_are_unlike_pure_ones() -> Result<(), CrystalError> {
    let pure = cubic(3.3, &[("Fe", [0.0; 3]), ("Fe", [0.5; 3])])?;
    assert_eq!(SymmetrySearch::with_tolerance(0.01).find(&pure)?.number, 229);
    let [iron, cobalt]: [Element; 2] = ["Fe".parse()?, "Co".parse()?];
    let occupant = |element| Occupant { element, occupancy: 0.5, oxidation: None };
    let mut sites = pure.sites().to_vec();
    sites[1].species = Species::new(vec![occupant(iron), occupant(cobalt)])?;
    let mixed = Crystal::new(*pure.lattice(), sites)?;
    let symmetry = SymmetrySearch::with_tolerance(0.01).find(&mixed)?;
    assert_eq!(symmetry.number, 221);
    assert_eq!(symmetry.primitive.composition(), mixed.composition());
    Ok(())
}

#[test]
fn hopeless_searches_say_why() -> Result<(), CrystalError> {
    let search = SymmetrySearch::with_tolerance(0.01);
    let refusal = |search: SymmetrySearch, crystal: &Crystal| search.find(crystal).map_err(|e| e.to_string()).err();
    let close = cubic(3.3, &[("Fe", [0.0; 3]), ("Fe", [0.001, 0.0, 0.0])])?;
    assert_eq!(
        refusal(search, &close).as_deref(),
        Some("no symmetry found: two atoms are closer than four tolerances")
    );
    let flat = Lattice::from_rows([[100.0, 0.0, 0.0], [0.0, 100.0, 0.0], [0.0, 0.0, 0.1]])?;
    let flat = Crystal::new(flat, close.sites()[..1].to_vec())?;
    assert_eq!(refusal(search, &flat).as_deref(), Some("no symmetry found: the cell is too flat"));
    let layer = rock_salt()?.with_periodicity([true, true, false]);
    assert_eq!(
        refusal(search, &layer).as_deref(),
        Some("no symmetry found: the crystal does not repeat in three directions")
    );
    let few = SymmetrySearch { max_sites: 7, ..search };
    assert_eq!(refusal(few, &rock_salt()?).as_deref(), Some("the number of sites would exceed the limit of 7"));
    let tolerance = SymmetrySearch::with_tolerance(f64::NAN);
    assert_eq!(
        refusal(tolerance, &rock_salt()?).as_deref(),
        Some("no symmetry found: the tolerance is not a positive length")
    );
    Ok(())
}

#[test]
fn crystals_of_s2s_have_the_group_that_moyo_finds() -> Result<(), Box<dyn std::error::Error>> {
    let Some(crystals) = crate::s2s::crystals()? else { return Ok(()) };
    // Released structures are rounded: a few lie within the tolerance of one symmetry and beyond that of its products.
    let search = SymmetrySearch::with_tolerance(0.05);
    let number = |crystal: &Crystal| (search.find(crystal).map(|found| found.number), search.summarize(crystal));
    let different =
        crystals.iter().filter(|crystal| !matches!(number(crystal), (Ok(there), Ok(here)) if there == here.number));
    let count = different.count();
    assert!(crystals.len() == 1685 && count <= 20, "{count} of {} crystals", crystals.len());
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_primitive_cell_is_the_same_crystal(crystal in strategies::spaced_disordered_crystal(1..=6)) {
        let search = SymmetrySearch::with_tolerance(0.01);
        let Ok(symmetry) = search.find(&crystal.supercell([[2, 0, 0], [0, 1, 0], [0, 0, 1]])?) else {
            // Random crystals can be nearly symmetric, within the tolerance and beyond it at once.
            return Ok(());
        };
        prop_assert!(symmetry.primitive.num_sites() <= crystal.num_sites());
        let here = StructureFingerprint::new(&crystal)?;
        let there = StructureFingerprint::new(&symmetry.primitive)?;
        prop_assert!(here.distance(&there) < 0.05, "{}", here.distance(&there));
    }
}

#[test]
fn both_searches_find_the_same_group() -> Result<(), CrystalError> {
    let search = SymmetrySearch::with_tolerance(0.001);
    let (mut compared, mut different) = (0, Vec::new());
    for seed in 0..600 {
        let crystal = strategies::symmetric_crystal(1..=24).generate(seed);
        let (Ok(there), Ok(here)) = (search.find(&crystal), search.summarize(&crystal)) else { continue };
        compared += 1;
        let sites = (there.primitive.num_sites(), there.standardized.num_sites());
        if (there.number, sites) != (here.number, (here.primitive_sites, here.standardized_sites)) {
            different.push(format!("seed {seed}: {} {sites:?} and {here:?}", there.number));
        }
    }
    assert!(compared > 300, "{compared}");
    assert!(different.is_empty(), "{different:#?}");
    Ok(())
}
