//! The bundled models, which are part of the program.

use crate::{EmbeddedFolder, Predictor, SealedFolder};

/// The files of a folder of `models/`, embedded.
macro_rules! embedded {
    ($name:literal, $($file:literal),*) => {
        EmbeddedFolder {
            name: concat!("bundled model ", $name),
            files: &[$(($file, include_bytes!(concat!("../models/", $name, "/", $file)))),*],
        }
    };
}

const MEASURED: EmbeddedFolder =
    embedded!("measured", "MANIFEST.json", "README.md", "config.json", "known.json", "trees.bin");
const LISTED: EmbeddedFolder =
    embedded!("listed", "MANIFEST.json", "README.md", "config.json", "known.json", "trees.bin");
const TC: EmbeddedFolder = embedded!("tc", "MANIFEST.json", "README.md", "config.json", "forest.bin", "known.csv");
const S2SNET: EmbeddedFolder = embedded!("s2snet", "MANIFEST.json", "README.md", "config.json", "model.safetensors");
const NETWORK: EmbeddedFolder = embedded!("network", "MANIFEST.json", "README.md", "config.json", "model.safetensors");

impl Predictor {
    /// The bundled trees that say whether a material is found to superconduct when it is measured.
    pub fn measured() -> Self {
        embedded(MEASURED)
    }

    /// The bundled trees that say whether a material is listed as a superconductor, rather than in the Materials Project
    /// alone.
    pub fn listed() -> Self {
        embedded(LISTED)
    }

    /// The bundled model of critical temperatures: Tc of a composition if there is a transition, with its 80 % interval.
    pub fn tc() -> Self {
        embedded(TC)
    }

    /// The bundled S2SNet, which answers the question of [`listed`](Self::listed) from the atoms and from what the trees read.
    pub fn s2snet() -> Self {
        embedded(S2SNET)
    }

    /// The bundled network of our periodic encoder alone, which answers the question of [`listed`](Self::listed).
    pub fn network() -> Self {
        embedded(NETWORK)
    }
}

fn embedded(folder: EmbeddedFolder) -> Predictor {
    let sealed = SealedFolder::open_embedded(folder).expect("invariant: bundled models are sealed");
    Predictor::read(&sealed).expect("invariant: bundled models can be read")
}
