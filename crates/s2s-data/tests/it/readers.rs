//! Files as people have them: each of `tests/readers` is read as its table says.

use std::{collections::BTreeSet, fs, path::PathBuf};

use s2s_crystal::{Composition, ReadOptions};
use s2s_data::source::{SourceOptions, SourceStructure, read_structures};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/readers")
}

fn structures(file: &str) -> Vec<SourceStructure> {
    read_structures([folder().join(file)], SourceOptions::new(ReadOptions::disordered())).collect()
}

#[test]
fn every_file_has_the_outcome_of_the_table() {
    let table = fs::read_to_string(folder().join("expected.tsv")).unwrap();
    let mut listed = BTreeSet::from(["expected.tsv".to_owned()]);
    for row in table.lines().skip(1) {
        let columns: Vec<&str> = row.split('\t').collect();
        let (file, outcome, composition) = (columns[0], columns[1], columns[2]);
        listed.insert(file.to_owned());
        assert_eq!(outcome, "read", "{file}");
        let found = structures(file);
        assert!(!found.is_empty(), "{file}");
        for structure in &found {
            let parsed = structure.structure.as_ref().unwrap_or_else(|error| panic!("{file}: {error}"));
            if !composition.is_empty() {
                let expected: Composition = composition.parse().unwrap();
                assert_eq!(parsed.crystal.composition().reduced_formula(), expected.reduced_formula(), "{file}");
            }
        }
    }
    let entries = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert_eq!(entries.collect::<BTreeSet<_>>(), listed);
}

#[test]
fn what_is_read_is_what_the_files_say() {
    let sizes: Vec<usize> = ["CONTCAR_wrapped", "NbN_POSCAR", "NbN.cif.gz", "bom.json", "nan_property.json"]
        .into_iter()
        .map(|file| structures(file).remove(0).structure.unwrap().crystal.num_sites())
        .collect();
    assert_eq!(sizes, [22, 8, 2, 2, 2]);
    assert_eq!(structures("entry_with_data.json")[0].id, "mp-75");
    let lines = structures("pymatgen.jsonl");
    let formulas: Vec<String> =
        lines.iter().map(|s| s.structure.as_ref().unwrap().crystal.composition().reduced_formula()).collect();
    assert_eq!(formulas, ["Nb", "V", "Ta"]);
    assert_eq!(lines[2].id, "pymatgen.jsonl:3");
    assert!(lines[2].location.to_string().ends_with("pymatgen.jsonl:3"));
    for file in ["zero_lattice.xyz", "comment_bracket.xyz"] {
        let water = structures(file).remove(0).structure.unwrap();
        assert_eq!(water.crystal.periodic(), [false; 3]);
        let said: Vec<String> = water.diagnostics.iter().map(ToString::to_string).collect();
        let column = if file == "zero_lattice.xyz" { 10 } else { 1 };
        assert_eq!(said, [format!("line 2, column {column}: note: no lattice is stated; the frame is a molecule")]);
    }
}
