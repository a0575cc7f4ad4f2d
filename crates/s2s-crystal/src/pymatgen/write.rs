//! Writing pymatgen's `Structure` JSON.

use serde_json::{Map, Value, json};

use crate::{Crystal, Occupant, labels::Labels, lattice_parameters::parameters};

/// A `Structure` document that pymatgen's `Structure.from_dict` takes, and that reads back as the same crystal.
///
/// # Examples
///
/// ```
/// use s2s_crystal::{Crystal, Frac, Lattice, ReadOptions, Site, pymatgen};
///
/// let lattice = Lattice::from_parameters([3.0; 3], [90.0; 3])?;
/// let crystal = Crystal::new(lattice, vec![Site::pure("Po".parse()?, Frac([0.5, 0.0, 0.0]))])?;
/// let text = pymatgen::write(&crystal);
/// let back = pymatgen::read(&text, &ReadOptions::ordered()).next().and_then(Result::ok);
/// assert_eq!(back.map(|parsed| parsed.crystal), Some(crystal));
/// # Ok::<(), s2s_crystal::CrystalError>(())
/// ```
pub fn write(crystal: &Crystal) -> String {
    let lattice = crystal.lattice();
    let ([a, b, c], [alpha, beta, gamma]) = parameters(lattice);
    let mut labels = Labels::default();
    let site = |site: &crate::Site| {
        let species: Vec<_> = site.species.occupants().iter().map(species).collect();
        json!({
            "species": species,
            "abc": site.position.0,
            "xyz": lattice.to_cart(site.position).0,
            "properties": {},
            "label": labels.next(&site.species),
        })
    };
    let sites: Vec<_> = crystal.sites().iter().map(site).collect();
    json!({
        "@module": "pymatgen.core.structure",
        "@class": "Structure",
        "charge": null,
        "lattice": {
            "matrix": lattice.vectors(),
            "pbc": crystal.periodic(),
            "a": a, "b": b, "c": c, "alpha": alpha, "beta": beta, "gamma": gamma,
            "volume": lattice.volume(),
        },
        "properties": {},
        "sites": sites,
    })
    .to_string()
}

fn species(occupant: &Occupant) -> Value {
    let mut species = Map::new();
    species.insert("element".to_owned(), json!(occupant.element.symbol()));
    species.insert("occu".to_owned(), json!(occupant.occupancy));
    if let Some(oxidation) = occupant.oxidation {
        species.insert("oxidation_state".to_owned(), json!(oxidation));
    }
    Value::Object(species)
}
