//! What other programs write is read as the crystal that they were given; see `tests/exporters/exporters.py`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::Read,
    path::{Path, PathBuf},
};

use s2s_crystal::{
    Crystal, CrystalError, Element, Format, Frac, Lattice, Occupant, ReadOptions, Site, Species, StructureFingerprint,
    read,
};
use s2s_data::file::Decompressed;
use serde::Deserialize;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/exporters")
}

#[derive(Deserialize)]
struct Prototype {
    lattice: [[f64; 3]; 3],
    sites: Vec<(BTreeMap<String, f64>, [f64; 3])>,
}

#[derive(Deserialize)]
struct Export {
    prototype: String,
    exporter: String,
    file: String,
    text: String,
}

impl Prototype {
    fn crystal(&self) -> Result<Crystal, CrystalError> {
        let site = |(species, position): &(BTreeMap<String, f64>, [f64; 3])| {
            let occupants = species.iter().map(|(symbol, occupancy)| {
                let element = symbol.parse::<Element>()?;
                Ok(Occupant { element, occupancy: *occupancy, oxidation: None })
            });
            let species = Species::new(occupants.collect::<Result<_, CrystalError>>()?)?;
            Ok(Site { species, position: Frac(*position) })
        };
        Crystal::new(Lattice::from_rows(self.lattice)?, self.sites.iter().map(site).collect::<Result<_, _>>()?)
    }
}

fn prototypes() -> BTreeMap<String, Crystal> {
    let text = fs::read_to_string(folder().join("prototypes.json")).unwrap();
    let read: BTreeMap<String, Prototype> = serde_json::from_str(&text).unwrap();
    read.into_iter().map(|(name, prototype)| (name, prototype.crystal().unwrap())).collect()
}

/// Whether two crystals are the same but for the digits that a format keeps.
fn same(a: &Crystal, b: &Crystal) -> Result<(), String> {
    let per_atom = |crystal: &Crystal| crystal.lattice().volume() / crystal.composition().num_atoms();
    let [volume, expected] = [a, b].map(per_atom);
    if (volume / expected - 1.0).abs() > 1e-3 {
        return Err(format!("{volume} Å³ per atom instead of {expected}"));
    }
    let [formula, wanted] = [a, b].map(|crystal| crystal.composition().reduced_formula());
    if formula != wanted {
        return Err(format!("{formula} instead of {wanted}"));
    }
    let [x, y] = [a, b].map(|crystal| StructureFingerprint::new(crystal).unwrap());
    let distance = x.distance(&y);
    if distance > 5e-3 { Err(format!("another structure: {distance}")) } else { Ok(()) }
}

#[test]
fn every_export_is_read_as_its_prototype() {
    let prototypes = prototypes();
    assert!(prototypes.len() >= 40);
    let mut text = String::new();
    let file = fs::File::open(folder().join("exports.jsonl.zst")).unwrap();
    Decompressed::new(file).read_to_string(&mut text).unwrap();
    let (mut wrong, mut count, mut exporters) = (Vec::new(), 0, BTreeSet::new());
    for line in text.lines() {
        let export: Export = serde_json::from_str(line).unwrap();
        let expected = &prototypes[&export.prototype];
        let options = ReadOptions::disordered();
        let found: Result<Vec<_>, _> = read(&export.file, export.text.as_bytes(), &options).collect();
        let outcome = match &found {
            Ok(structures) if structures.len() == 1 => same(&structures[0].crystal, expected),
            Ok(structures) => Err(format!("{} structures", structures.len())),
            Err(error) => Err(error.to_string()),
        };
        if let Err(reason) = outcome {
            wrong.push(format!("{} by {}: {reason}", export.prototype, export.exporter));
        }
        count += 1;
        exporters.insert(export.exporter);
    }
    assert!(wrong.is_empty(), "{} of {count} files:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count >= 500 && exporters.len() >= 14, "{count} files of {exporters:?}");
}

/// Writes every prototype in every format that can hold it, for `exporters.py read`, and reads it back.
#[test]
fn every_prototype_is_written_and_read_back() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("written");
    drop(fs::remove_dir_all(&folder));
    fs::create_dir_all(&folder).unwrap();
    let mut written = 0;
    for (name, crystal) in prototypes() {
        for format in Format::ALL {
            let ending = match format {
                Format::Cif => "cif",
                Format::Poscar => "vasp",
                Format::ExtXyz => "xyz",
                Format::Pymatgen => "json",
                Format::Optimade => "optimade.json",
                _ => "ase.json",
            };
            let Ok(text) = format.write(&name, &crystal) else {
                assert!(!crystal.is_ordered(), "{name} as {}", format.name());
                continue;
            };
            fs::write(folder.join(format!("{name}.{ending}")), &text).unwrap();
            let options = ReadOptions::disordered();
            let back = format.read(text.as_bytes(), &options).next().unwrap().unwrap();
            assert_eq!(same(&back.crystal, &crystal), Ok(()), "{name} as {}", format.name());
            written += 1;
        }
    }
    assert!(written >= 220, "{written}");
}
