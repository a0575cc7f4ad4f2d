//! The crystals of S2S, where `S2S_DATA_DIR` says where they are.

use std::{error::Error, fs::File, io::Read, path::Path};

use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::TestRunner,
};
use s2s_crystal::{Crystal, CrystalError, Element, Frac, Lattice, Site, StructureFingerprint, strategies};
use serde::Deserialize;

use crate::geometry::{rebuilt, supercells};

#[derive(Deserialize)]
struct Record {
    lattice: [[f64; 3]; 3],
    species: Vec<u8>,
    frac_coords: Vec<[f64; 3]>,
}

/// All crystals of S2S; `None` where there are none.
pub(crate) fn crystals() -> Result<Option<Vec<Crystal>>, Box<dyn Error>> {
    let Some(folder) = std::env::var_os("S2S_DATA_DIR") else {
        println!("skipped: S2S_DATA_DIR is not set");
        return Ok(None);
    };
    let file = File::open(Path::new(&folder).join("s2s.jsonl.zst"))?;
    let mut text = String::new();
    ruzstd::decoding::StreamingDecoder::new(file)?.read_to_string(&mut text)?;
    let crystal = |line: &str| -> Result<Crystal, Box<dyn Error>> {
        let record: Record = serde_json::from_str(line)?;
        let site = |(number, x): (&u8, &[f64; 3])| Ok(Site::pure(Element::from_atomic_number(*number)?, Frac(*x)));
        let sites = record.species.iter().zip(&record.frac_coords).map(site).collect::<Result<_, CrystalError>>()?;
        Ok(Crystal::new(Lattice::from_rows(record.lattice)?, sites)?)
    };
    text.lines().map(crystal).collect::<Result<Vec<_>, _>>().map(Some)
}

#[test]
fn fingerprints_of_s2s_are_the_same_for_every_description() -> Result<(), Box<dyn Error>> {
    let Some(crystals) = crystals()? else { return Ok(()) };
    let mut runner = TestRunner::deterministic();
    let descriptions = (strategies::orthogonal(), strategies::position(), supercells());
    let mut largest = 0.0_f64;
    for (number, crystal) in crystals.iter().enumerate() {
        let (q, by, m) = descriptions.new_tree(&mut runner).expect("supercells are not rare").current();
        let other = rebuilt(&crystal.supercell(m)?, q, by)?;
        let (here, there) = (StructureFingerprint::new(crystal)?, StructureFingerprint::new(&other)?);
        let distance = here.distance(&there);
        assert!(distance < 1e-6, "crystal {number}, supercell {m:?}: {distance}");
        largest = largest.max(distance);
    }
    println!("largest distance of two descriptions of one of {} crystals: {largest:.1e}", crystals.len());
    Ok(())
}
