//! Real crystals from the folder that `S2S_DATA_DIR` names; tests that need it say so and pass where it is not set.

use std::{error::Error, fs, io::Read, path::PathBuf};

use s2s_crystal::{Crystal, Element, Frac, Lattice, Site};
use serde::Deserialize;

/// The folder with the shared data, or a plain word that the test is skipped.
pub(crate) fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os("S2S_DATA_DIR").map(PathBuf::from);
    if folder.is_none() {
        println!("skipped: S2S_DATA_DIR is not set");
    }
    folder
}

#[derive(Deserialize)]
struct Line {
    #[serde(alias = "file", alias = "name")]
    id: String,
    lattice: [[f64; 3]; 3],
    species: Vec<u8>,
    frac_coords: Vec<[f64; 3]>,
}

/// All crystals of a file of JSON lines, compressed or not, with their names.
pub(crate) fn crystals(path: PathBuf) -> Result<Vec<(String, Crystal)>, Box<dyn Error>> {
    let bytes = fs::read(&path)?;
    let text =
        if path.extension().is_some_and(|e| e == "zst") { decompressed(&bytes)? } else { String::from_utf8(bytes)? };
    text.lines()
        .map(|line| {
            let line: Line = serde_json::from_str(line)?;
            let site = |(z, x): (&u8, &[f64; 3])| Ok(Site::pure(Element::from_atomic_number(*z)?, Frac(*x)));
            let sites: Result<Vec<Site>, Box<dyn Error>> =
                line.species.iter().zip(&line.frac_coords).map(site).collect();
            Ok((line.id, Crystal::new(Lattice::from_rows(line.lattice)?, sites?)?))
        })
        .collect()
}

/// The bytes of a zstd file.
pub(crate) fn unpacked(bytes: &[u8]) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut unpacked = Vec::new();
    ruzstd::decoding::StreamingDecoder::new(bytes)?.read_to_end(&mut unpacked)?;
    Ok(unpacked)
}

fn decompressed(bytes: &[u8]) -> Result<String, Box<dyn Error>> {
    Ok(String::from_utf8(unpacked(bytes)?)?)
}
