//! Crystals and folders.

use std::path::PathBuf;

use s2s_crystal::{Crystal, Element, Frac, Lattice, Site};

pub(crate) fn element(symbol: &str) -> Element {
    symbol.parse().expect("an element")
}

pub(crate) fn cube(symbol: &str, edge: f64) -> Crystal {
    let lattice = Lattice::from_parameters([edge; 3], [90.0; 3]).expect("a cube");
    Crystal::new(lattice, vec![Site::pure(element(symbol), Frac([0.0; 3]))]).expect("a crystal")
}

/// Cesium chloride, a simple cubic metal, and an atom far from all others.
pub(crate) fn crystals() -> Vec<Crystal> {
    let lattice = Lattice::from_parameters([4.12; 3], [90.0; 3]).expect("a cube");
    let sites = [("Cs", 0.0), ("Cl", 0.5)].map(|(symbol, x)| Site::pure(element(symbol), Frac([x; 3])));
    let chloride = Crystal::new(lattice, sites.to_vec()).expect("a crystal");
    vec![chloride, cube("Nb", 3.3), cube("He", 30.0)]
}

/// The folder of a bundled model.
pub(crate) fn bundled(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("models").join(name)
}
