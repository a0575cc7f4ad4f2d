//! Crystals and folders.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use s2s_crystal::{Crystal, Element, Frac, Lattice, Site};
use s2s_predict::{Predictor, SealedFolder, Weights, write_weights};
use serde_json::Value;

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

/// A bundled network without the lattice, sealed with a featurizer that weighs atoms.
pub(crate) fn weighing(name: &str, folder: &Path) -> Predictor {
    let file = |file: &str| fs::read(bundled(name).join(file)).expect("a file of the model");
    let mut config: Value = serde_json::from_slice(&file("config.json")).expect("as written");
    config["featurizer"]["weighted_atoms"] = true.into();
    config["featurizer"]["lattice"] = "omitted".into();
    let mut tensors = Weights::read(&file("model.safetensors")).expect("as written").into_tensors();
    if let Some(lattice) = config.pointer_mut("/model/lattice") {
        *lattice = Value::Null;
        tensors.remove("readout.lattice.weight");
    }
    let weights = write_weights(tensors.iter().map(|(name, tensor)| (name.as_str(), tensor)), &BTreeMap::new());
    let config = serde_json::to_vec(&config).expect("plain data");
    SealedFolder::write(folder, &[("config.json", config), ("model.safetensors", weights)]).expect("a free name");
    Predictor::load(folder).expect("a model")
}
