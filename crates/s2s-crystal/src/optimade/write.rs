//! Writing OPTIMADE structures.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::{Crystal, Species};

/// A response with one structures entry that reads back as the same crystal, to the rounding of Cartesian coordinates.
///
/// OPTIMADE has no oxidation states; they are left out.
///
/// # Examples
///
/// ```
/// use s2s_crystal::{Crystal, Frac, Lattice, ReadOptions, Site, optimade};
///
/// let lattice = Lattice::from_parameters([3.0; 3], [90.0; 3])?;
/// let crystal = Crystal::new(lattice, vec![Site::pure("Po".parse()?, Frac([0.5, 0.0, 0.0]))])?;
/// let text = optimade::write("po-1", &crystal);
/// let back = optimade::read(&text, &ReadOptions::ordered()).next().and_then(Result::ok);
/// assert_eq!(back.map(|parsed| (parsed.name, parsed.crystal)), Some(("po-1".to_owned(), crystal)));
/// # Ok::<(), s2s_crystal::CrystalError>(())
/// ```
pub fn write(name: &str, crystal: &Crystal) -> String {
    let composition = crystal.composition();
    let elements: Vec<_> = {
        let mut symbols: Vec<_> = composition.iter().map(|(element, _)| element).collect();
        symbols.sort_unstable_by_key(|element| element.symbol());
        symbols
    };
    let mut described: BTreeMap<String, Value> = BTreeMap::new();
    let mut at_sites = Vec::with_capacity(crystal.num_sites());
    for site in crystal.sites() {
        let (name, document) = describe(&site.species);
        described.entry(name.clone()).or_insert(document);
        at_sites.push(name);
    }
    let stoichiometric = crystal.is_ordered();
    let ratios: Vec<_> = elements.iter().map(|&element| composition.fraction(element)).collect();
    let periodic = crystal.periodic().map(u8::from);
    let attributes = json!({
        "last_modified": null,
        "elements": elements.iter().map(|element| element.symbol()).collect::<Vec<_>>(),
        "nelements": elements.len(),
        "elements_ratios": ratios,
        "chemical_formula_descriptive": composition.hill_formula(),
        "chemical_formula_reduced": stoichiometric.then(|| alphabetical(crystal)),
        "chemical_formula_anonymous": null,
        "dimension_types": periodic,
        "nperiodic_dimensions": periodic.iter().sum::<u8>(),
        "lattice_vectors": crystal.lattice().vectors(),
        "cartesian_site_positions": crystal.cart_positions().map(|position| position.0).collect::<Vec<_>>(),
        "nsites": crystal.num_sites(),
        "species": described.into_values().collect::<Vec<_>>(),
        "species_at_sites": at_sites,
        "structure_features": if stoichiometric { vec![] } else { vec!["disorder"] },
    });
    json!({ "data": [{ "id": name, "type": "structures", "attributes": attributes }] }).to_string()
}

/// Name and description of a species.
fn describe(species: &Species) -> (String, Value) {
    if let Some(element) = species.ordered_element()
        && species.total_occupancy() == 1.0
    {
        let symbol = element.symbol();
        let document = json!({ "name": symbol, "chemical_symbols": [symbol], "concentration": [1.0] });
        return (symbol.to_owned(), document);
    }
    let mut symbols: Vec<&str> = species.occupants().iter().map(|o| o.element.symbol()).collect();
    let mut shares: Vec<f64> = species.occupants().iter().map(|o| o.occupancy).collect();
    let name = symbols.iter().zip(&shares).map(|(symbol, share)| format!("{symbol}{share}")).collect::<String>();
    let empty = 1.0 - species.total_occupancy();
    // The rest of the rounding is no vacancy.
    if empty > 1e-9 {
        symbols.push("vacancy");
        shares.push(empty);
    }
    let document = json!({ "name": name, "chemical_symbols": symbols, "concentration": shares });
    (name, document)
}

/// The reduced formula with elements in alphabetical order, as OPTIMADE requires.
fn alphabetical(crystal: &Crystal) -> String {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for site in crystal.sites() {
        *counts.entry(site.species.majority_element().symbol()).or_default() += 1;
    }
    let divisor = counts.values().copied().fold(0, greatest_common_divisor).max(1);
    let part = |(symbol, count): (&&str, &u64)| match count / divisor {
        1 => (*symbol).to_owned(),
        n => format!("{symbol}{n}"),
    };
    counts.iter().map(part).collect()
}

fn greatest_common_divisor(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}
