//! Documents and arrays of others, as records.

use std::{fs, path::Path, process::Command};

use s2s_crystal::ReadOptions;
use s2s_data::{
    Label, Record, RecordStream,
    join::{JoinRules, StructureIndex},
    record::RecordWriter,
    source::{AuthorsError, AuthorsFiles, MaterialsProjectRecords, OptimadeNames, SourceOptions, read_structures},
    table::{SuperCon, SuperConColumns},
};

use crate::real_data::folder;

fn data(path: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(path)).unwrap()
}

#[test]
fn documents_of_the_materials_project_become_records() {
    let summary = data("materials_project/summary.json");
    let (records, errors): (Vec<_>, Vec<_>) = MaterialsProjectRecords::new(&summary[..]).partition(Result::is_ok);
    let records: Vec<Record> = records.into_iter().map(Result::unwrap).collect();
    let errors: Vec<String> = errors.into_iter().map(|error| error.unwrap_err().to_string()).collect();
    assert_eq!(errors, ["entry 4 (mp-gone): no structure"]);
    let described: Vec<_> = records.iter().map(|r| (r.id.as_str(), &*r.formula, r.crystal.num_sites())).collect();
    assert_eq!(
        described,
        [("mp-75", "Nb", 2), ("mp-lxf", "NaCl", 8), ("mp-mixed", "Sr0.075La0.925Cu1", 2), ("mp-75b", "Nb", 2)]
    );
    let salt = &records[1];
    assert_eq!(salt.extra["e_above_hull"], 0.021);
    assert_eq!(salt.extra["last_updated"], "2025-09-25T00:00:00Z");
    assert!(!salt.extra.contains_key("symmetry") && !salt.extra.contains_key("structure"));
    assert_eq!(salt.crystal.sites()[0].species.occupants()[0].oxidation, Some(1.0));
    assert!(!records[2].crystal.is_ordered());
    // As a list and as lines they are the same.
    let value: serde_json::Value = serde_json::from_slice(&summary).unwrap();
    let list = value["data"].to_string();
    let lines: String = value["data"].as_array().unwrap().iter().map(|document| format!("{document}\n")).collect();
    for text in [list, lines] {
        let again: Vec<Record> = MaterialsProjectRecords::new(text.as_bytes()).filter_map(Result::ok).collect();
        assert_eq!(again, records);
    }
}

#[test]
fn the_structure_of_lowest_energy_above_the_hull_carries_the_label() {
    let records: Vec<Record> =
        MaterialsProjectRecords::new(&data("materials_project/summary.json")[..]).filter_map(Result::ok).collect();
    // The one that ranks first does not come first.
    let records: Vec<Record> = records.into_iter().rev().collect();
    let supercon = SuperCon::read("name,Tc\nNb1,9.2\n".as_bytes(), &SuperConColumns::stanev()).unwrap();
    let index = StructureIndex::new(&records, 0.1).unwrap();
    let (dataset, _) = index.join(&supercon, &JoinRules::doped()).unwrap();
    assert_eq!(dataset.records().iter().map(|record| record.id.as_str()).collect::<Vec<_>>(), ["mp-75"]);
}

#[test]
fn mp_2018_keeps_its_energies_apart() {
    let list = data("materials_project/mp_2018.json");
    let records = MaterialsProjectRecords::mp_2018(&list[..]).collect::<Result<Vec<_>, _>>().unwrap();
    assert_eq!(records.iter().map(|record| &*record.formula).collect::<Vec<_>>(), ["Nb", "NaCl"]);
    let mp2018 = records[1].mp2018.unwrap();
    assert_eq!((mp2018.e_form, mp2018.gap_pbe, mp2018.megnet_split), (Some(-2.09), Some(5.0), None));
    assert!(records[1].extra.is_empty(), "{:?}", records[1].extra);
    assert_eq!(records[1].crystal.num_sites(), 8);
    // A list that breaks off is told, whatever came before.
    let cut = &list[..list.len() - 3];
    let last = MaterialsProjectRecords::mp_2018(cut).last().unwrap().unwrap_err();
    assert_eq!(last.to_string(), "entry 3: the list has no end");
}

#[test]
fn documents_that_are_none_are_told_one_by_one() {
    let text = r#"[{"a": 1}, 7, {"material_id": "mp-1", "structure": {"sites": []}}, {"material_id": "x", "structure": "data_x"}]"#;
    let errors: Vec<String> =
        MaterialsProjectRecords::new(text.as_bytes()).map(|record| record.unwrap_err().to_string()).collect();
    assert_eq!(errors[0], "entry 1: no identifier");
    assert_eq!(errors[1], "entry 2: column 1: the number 7 is not an object");
    assert_eq!(errors[2], "entry 3 (mp-1): line 1, column 1: the object has no lattice");
    assert_eq!(errors[3], "entry 4 (x): line 1, column 1: no data block describes a structure");
    assert_eq!(errors.len(), 4);
}

#[test]
fn optimade_entries_that_are_none_are_told_one_by_one() {
    let page = r#"{"data": [{"type": "references", "id": "r"}, {"type": "structures"}, {"type": "structures", "id": "7", "attributes": {}}]}"#;
    let errors: Vec<String> =
        OptimadeNames::as_written().read(page.as_bytes()).into_iter().map(|r| r.unwrap_err().to_string()).collect();
    assert_eq!(
        errors,
        ["entry 2: no identifier", "entry 3 (7): line 1, column 49 (block 7): the object has no lattice_vectors"]
    );
    let errors = OptimadeNames::as_written().read(b"{");
    assert_eq!(errors[0].as_ref().unwrap_err().to_string(), "entry 1: column 1: the text ends too early");
}

/// A CIF in which the multiplicity of a site is wrong, as a JSON text.
const DOUBTFUL_CIF: &str = "data_x\\n_cell_length_a 3\\n_cell_length_b 3\\n_cell_length_c 3\\n_cell_angle_alpha 90\\n\
    _cell_angle_beta 90\\n_cell_angle_gamma 90\\n_symmetry_space_group_name_H-M 'P 1'\\nloop_\\n_atom_site_label\\n\
    _atom_site_symmetry_multiplicity\\n_atom_site_fract_x\\n_atom_site_fract_y\\n_atom_site_fract_z\\nPo1 7 0 0 0\\n";

/// Two atoms 0.3 Å apart.
const CLOSE: &str = r#"{"lattice": {"matrix": [[3, 0, 0], [0, 3, 0], [0, 0, 3]]}, "sites": [
    {"species": [{"element": "Po", "occu": 1}], "abc": [0, 0, 0]},
    {"species": [{"element": "Po", "occu": 1}], "abc": [0.1, 0, 0]}]}"#;

/// What was found, with its position.
fn found(record: &Record) -> Vec<String> {
    record.diagnostics.iter().map(ToString::to_string).collect()
}

#[test]
fn what_is_found_in_the_structures_of_documents_and_entries_stays_with_their_records() {
    let documents = format!(
        r#"[{{"material_id": "mp-1", "structure": "{DOUBTFUL_CIF}"}}, {{"material_id": "mp-2", "structure": {CLOSE}}}]"#
    );
    let mut records = MaterialsProjectRecords::new(documents.as_bytes()).collect::<Result<Vec<Record>, _>>().unwrap();
    let page = r#"{"data": [{"id": "17", "type": "structures", "attributes": {
        "lattice_vectors": [[3, 0, 0], [0, 3, 0], [0, 0, 3]], "cartesian_site_positions": [[0, 0, 0], [0.3, 0, 0]],
        "species_at_sites": ["Po", "Po"],
        "species": [{"name": "Po", "chemical_symbols": ["Po"], "concentration": [1]}]}}]}"#;
    records.extend(OptimadeNames::oqmd().read(page.as_bytes()).into_iter().map(Result::unwrap));
    let expected = [
        "line 15, column 1 (block mp-1): warning: Po has 1 images, not the stated 7",
        " (block mp-2): warning: ",
        " (block oqmd-17): warning: ",
    ];
    for (record, expected) in records.iter().zip(expected) {
        assert!(found(record).iter().any(|found| found.contains(expected)), "{:?}", found(record));
    }
    // They are written with the record, and come back with it, from the lines as from the file of structures.
    let mut writer = RecordWriter::new(Vec::new());
    records.iter().for_each(|record| writer.write(record).unwrap());
    let lines = writer.finish().unwrap();
    let again: Vec<Record> = RecordStream::new(&lines[..]).map(Result::unwrap).collect();
    assert_eq!(again, records);
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("found_in_documents.jsonl");
    fs::write(&path, &lines).unwrap();
    let structures = read_structures([&path], SourceOptions::new(ReadOptions::disordered()));
    let read: Vec<_> = structures.map(|structure| structure.structure.unwrap().diagnostics).collect();
    assert_eq!(read, records.iter().map(|record| record.diagnostics.clone()).collect::<Vec<_>>());
}

#[test]
fn a_key_that_appears_twice_in_a_document_or_an_entry_is_refused() {
    let document = format!(r#"{{"material_id": "mp-1", "structure": {CLOSE}}}"#);
    let refused = |text: String| {
        let outcomes: Vec<_> = MaterialsProjectRecords::new(text.as_bytes()).collect();
        assert_eq!(outcomes.len(), 1, "{text}");
        let message = outcomes.into_iter().next().unwrap().unwrap_err().to_string();
        assert!(message.contains("duplicate key") || message.contains("occurs twice"), "{text}: {message}");
    };
    refused(document.replacen('{', r#"{"material_id": "mp-2", "#, 1));
    refused(document.replacen('{', r#"{"band_gap": 1, "band_gap": 2, "#, 1));
    refused(document.replacen('{', &format!(r#"{{"structure": {CLOSE}, "#), 1));
    refused(document.replacen("\"matrix\"", "\"matrix\": [[4, 0, 0], [0, 4, 0], [0, 0, 4]], \"matrix\"", 1));
    refused(document.replacen("\"abc\"", "\"abc\": [0, 0, 0.5], \"\\u0061bc\"", 1));
    refused(format!(r#"{{"data": [{document}], "data": []}}"#));
    let entry = r#"{"id": "17", "type": "structures", "attributes": {"_x": 1}}"#;
    for text in [
        entry.replace(r#""_x": 1"#, r#""_x": 1, "_x": 2"#),
        entry.replace(r#""id": "17""#, r#""id": "17", "id": "18""#),
        format!(r#"{{"data": [{entry}], "data": []}}"#),
    ] {
        let message = OptimadeNames::as_written().read(text.as_bytes()).remove(0).unwrap_err().to_string();
        assert!(message.contains("duplicate key") || message.contains("occurs twice"), "{text}: {message}");
    }
}

fn authors() -> [Vec<u8>; 4] {
    ["molecule.npy", "coordinates.npy", "lattice_new.npy", "labels.csv"].map(|name| data(&format!("authors/{name}")))
}

fn assembled([molecule, coordinates, lattice, labels]: &[Vec<u8>; 4]) -> Result<Vec<Record>, AuthorsError> {
    AuthorsFiles { molecule, coordinates, lattice, labels }.records()
}

#[test]
fn the_authors_arrays_become_records_in_one_call() {
    let records = assembled(&authors()).unwrap();
    let described: Vec<_> = records.iter().map(|r| (r.id.as_str(), &*r.formula, r.label)).collect();
    let superconductor = Some(Label::Superconductor { tc: None });
    let expected = [
        ("s2s-0000", "Nb", superconductor),
        ("s2s-0001", "CsCl", Some(Label::NotListed)),
        ("s2s-0002", "NbN", superconductor),
    ];
    assert_eq!(described, expected);
    assert_eq!(records[2].crystal.sites()[1].position.0, [0.5, 0.5, 0.125]);
    assert_eq!(records[2].crystal.lattice().vectors()[1], [0.0, 3.3, 0.0]);
}

#[test]
fn arrays_that_do_not_belong_together_are_refused() {
    let message = |change: &dyn Fn(&mut [Vec<u8>; 4])| {
        let mut files = authors();
        change(&mut files);
        assembled(&files).unwrap_err().to_string()
    };
    assert_eq!(message(&|f| f.swap(0, 2)), "molecule.npy is not a list of objects");
    assert_eq!(message(&|f| f[2] = f[0].clone()), "lattice_new.npy is not nine numbers for each crystal");
    assert_eq!(
        message(&|f| f[3] = b"mol_index,supercon\n0,1\n".to_vec()),
        "3 lists of species, 3 of coordinates, 3 lattices and 1 labels"
    );
    assert_eq!(
        message(&|f| f[3] = b"mol_index,supercon\n0,2\n".to_vec()),
        "labels.csv: row 1: \"2\" is neither 0 nor 1"
    );
    assert_eq!(
        message(&|f| f[3] = b"a,b\n".to_vec()),
        "labels.csv: the header needs the column \"supercon\" exactly once, found [\"a\", \"b\"]"
    );
    assert_eq!(message(&|f| f[0] = f[1].clone()), "crystal 0: 3 species for 1 positions");
    assert_eq!(message(&|f| f[1] = b"PK".to_vec()), "coordinates.npy: not a complete .npy file: no magic");
}

/// The whole set through NumPy and back; NumPy is asked for only here.
#[test]
fn the_whole_set_survives_the_authors_format() {
    let test = "the_whole_set_survives_the_authors_format";
    let Some(folder) = folder(test) else { return };
    let Ok(python) = std::env::var("S2S_NUMPY_PYTHON") else {
        println!("skipped: {test} needs S2S_NUMPY_PYTHON, a Python with NumPy");
        return;
    };
    let published: Vec<Record> = RecordStream::open(folder.s2s()).unwrap().map(Result::unwrap).collect();
    let scratch = Path::new(env!("CARGO_TARGET_TMPDIR")).join("authors");
    fs::create_dir_all(&scratch).unwrap();
    let lines = scratch.join("s2s.jsonl");
    let mut text = Vec::new();
    std::io::Read::read_to_end(
        &mut s2s_data::file::Decompressed::new(fs::File::open(folder.s2s()).unwrap()),
        &mut text,
    )
    .unwrap();
    fs::write(&lines, text).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/authors/make.py");
    assert!(Command::new(python).arg(script).arg(&lines).arg(&scratch).status().unwrap().success());
    let files = ["molecule.npy", "coordinates.npy", "lattice_new.npy", "labels.csv"];
    let records = assembled(&files.map(|name| fs::read(scratch.join(name)).unwrap())).unwrap();
    assert_eq!(records.len(), published.len());
    for (record, expected) in records.iter().zip(&published) {
        assert_eq!((&record.id, &record.crystal, record.label), (&expected.id, &expected.crystal, expected.label));
    }
}

#[test]
fn a_stray_quote_costs_one_row_of_supercon_and_no_more() {
    let rows: String = (0..14_240).map(|k| format!("Nb3Sn1,{}\n", 1 + k % 20)).collect();
    let stray = rows.replacen("Nb3Sn1,1\n", "\"Nb3Sn1,1\n", 1);
    let table = SuperCon::read(format!("name,Tc\n{stray}").as_bytes(), &SuperConColumns::stanev()).unwrap();
    assert_eq!((table.rows.len(), table.faults.len()), (14_239, 1));
    assert_eq!(table.faults[0].to_string(), "row 1, \"\": a quote is not closed on its line");
    let hot =
        SuperCon::read("name,Tc\nNb,1e9\nNb,-5\nNb,NaN\nNb,inf\n".as_bytes(), &SuperConColumns::stanev()).unwrap();
    assert_eq!((hot.rows.len(), hot.faults.len()), (0, 4));
    let wide = "\u{feff}name,Tc\r\nNb,9.2\r\n\r\nNb\0,9\r\nNb,9,9\r\n";
    let wide = SuperCon::read(wide.as_bytes(), &SuperConColumns::stanev()).unwrap();
    assert_eq!((wide.rows.len(), wide.faults.len()), (1, 2));
}
