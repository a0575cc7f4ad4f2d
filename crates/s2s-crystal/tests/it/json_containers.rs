//! Maps, lists and tables around structures in JSON: what is read under which name, and what is said of the rest.

use s2s_crystal::{Format, ReadOptions, Strictness};

use crate::json_formats::{SITE, structure};

const CIF: &str = "data_x\\n_cell_length_a 3\\n_cell_length_b 3\\n_cell_length_c 3\\n_cell_angle_alpha 90\\n\
    _cell_angle_beta 90\\n_cell_angle_gamma 90\\nloop_\\n_symmetry_equiv_pos_as_xyz\\nx,y,z\\nloop_\\n_atom_site_label\\n\
    _atom_site_fract_x\\n_atom_site_fract_y\\n_atom_site_fract_z\\nPo1 0 0 0\\n";

const ATOMS: &str = r#"{"cell": [[3, 0, 0], [0, 3, 0], [0, 0, 3]], "pbc": [true, true, true], "numbers": [84], "positions": [[0, 0, 0]]}"#;

/// The names of structures with what is found in them, and `!` with the name of what is none and the reason.
fn named(text: &str, strictness: Strictness) -> Vec<String> {
    let options = ReadOptions { strictness, ..ReadOptions::disordered() };
    let tell = |structure: Result<s2s_crystal::ParsedStructure, s2s_crystal::ParseError>| match structure {
        Ok(found) => found.diagnostics.iter().fold(found.name, |text, found| format!("{text}; {}", found.message)),
        Err(error) => format!("! {}: {}", error.block().unwrap_or_default(), error.message()),
    };
    Format::Pymatgen.read(text.as_bytes(), &options).map(tell).collect()
}

#[track_caller]
fn assert_named(text: &str, expected: &[&str]) {
    assert_eq!(named(text, Strictness::Standard), expected, "{text}");
}

#[test]
fn a_table_by_column_is_read_under_its_labels_or_identifiers() {
    let one = structure(SITE);
    for cell in [one.as_str(), ATOMS, &format!("\"{CIF}\"")] {
        assert_named(
            &format!(r#"{{"structure": {{"0": {cell}, "1": {cell}}}, "gap": {{"0": 0.5, "1": null}}}}"#),
            &["0", "1"],
        );
        assert_named(&format!(r#"{{"structure": {{"a": {cell}}}}}"#), &["a"]);
        for key in ["material_id", "task_id", "entry_id", "id"] {
            let ids = format!(r#""{key}": {{"0": "mp-7", "1": 8}}"#);
            assert_named(&format!(r#"{{{ids}, "structure": {{"0": {cell}, "1": {cell}}}}}"#), &["mp-7", "8"]);
            assert_named(&format!(r#"{{"structure": {{"0": {cell}, "1": {cell}}}, {ids}}}"#), &["mp-7", "8"]);
        }
    }
    assert_named(
        &format!(r#"{{"final_structure": {{"0": {one}, "1": {one}}}, "gap": {{"0": 1, "1": 2}}}}"#),
        &["0", "1"],
    );
}

#[test]
fn a_cell_without_a_structure_is_told_with_its_row() {
    let one = structure(SITE);
    let table = |cell: &str| {
        format!(r#"{{"id": {{"0": "a", "1": "b", "2": "c"}}, "structure": {{"0": {cell}, "1": {one}, "2": {cell}}}}}"#)
    };
    let told = |reason: &str| [format!("! a: {reason}"), "b".to_owned(), format!("! c: {reason}")];
    assert_eq!(named(&table("null"), Strictness::Standard), told("the cell holds no structure"));
    assert_eq!(named(&table("5"), Strictness::Standard), told("a structure should stand here, in an object"));
    assert_eq!(named(&table("{}"), Strictness::Standard), told("the object has no lattice"));
    let text = "structure is neither an object nor the text of a CIF";
    assert_eq!(named(&table("\"fcc\""), Strictness::Standard), told(text));
}

#[test]
fn what_is_no_table_by_column_is_read_as_before() {
    let one = structure(SITE);
    for (text, expected) in [
        (format!(r#"{{"mp-1": {one}, "mp-2": {{"structure": {one}}}}}"#), vec!["mp-1", "mp-2"]),
        (format!(r#"{{"structure": {one}, "other": {one}}}"#), vec![""]),
        (
            format!(r#"{{"0": {{"structure": {one}, "gap": 1}}, "1": {{"structure": {one}, "gap": 2}}}}"#),
            vec!["0", "1"],
        ),
        (
            format!(r#"{{"0": {{"id": "x", "structure": {one}}}, "structure": {{"structure": {one}}}}}"#),
            vec!["! : the object has no lattice"],
        ),
        (r#"{"structure": {"0": 1}, "gap": {"0": 2}}"#.to_owned(), vec!["! : the object has no lattice"]),
        (format!(r#"{{"structure": {{"a": {one}}}, "gap": 2}}"#), vec!["! : the object has no lattice"]),
        (format!(r#"{{"structure": {{"0": {one}}}, "id": {{"1": "b"}}}}"#), vec!["! : the object has no lattice"]),
        (format!(r#"{{"x": {{"a": {one}}}, "gap": 2}}"#), vec!["! : the object describes no structure"]),
        (r#"{"a": {"b": {"c": 1}}}"#.to_owned(), vec!["! : the object describes no structure"]),
    ] {
        assert_named(&text, &expected);
    }
}

#[test]
fn every_object_between_entries_is_read_told_or_named() {
    let one = structure(SITE);
    let nothing = "the object describes no structure";
    assert_named(&format!(r#"{{"mp-1": {one}, "mp-3": {{"x": {one}}}}}"#), &["mp-1", "mp-3/x"]);
    assert_named(
        &format!(
            r#"{{"mp-1": {{"structure": {one}}}, "mp-2": {{"structure": null}}, "mp-3": {{"structure": {one}}}}}"#
        ),
        &["mp-1", &format!("! mp-2: {nothing}"), "mp-3"],
    );
    let left_out = "left out of the map, because they hold no structure: mp-2, about";
    let text = format!(r#"{{"mp-1": {one}, "mp-2": null, "count": 2, "about": {{"by": "us"}}, "mp-4": {one}}}"#);
    assert_named(&text, &[&format!("mp-1; {left_out}"), "mp-4"]);
    assert_eq!(named(&text, Strictness::Strict)[0], format!("! mp-1: {left_out}"));
    let many: String = (0..9).map(|k| format!(r#", "{k}": {{}}"#)).collect();
    let left_out = "left out of the map, because they hold no structure: 0, 1, 2, 3, 4 and 4 more";
    assert_named(&format!(r#"{{"mp-1": {one}{many}}}"#), &[&format!("mp-1; {left_out}")]);
    // Where no entry can be read to say it with, it is a fault of its own.
    let broken = r#"{"lattice": {}, "sites": []}"#;
    let left_out = "left out of the map, because they hold no structure: b";
    assert_named(
        &format!(r#"{{"a": {broken}, "b": {{}}}}"#),
        &["! a: the object has no matrix", &format!("! : {left_out}")],
    );
    // A map within a map says only what it leaves out itself.
    assert_named(
        &format!(r#"{{"a": {{"x": {broken}}}, "b": {{}}, "c": {one}}}"#),
        &["! a/x: the object has no matrix", &format!("c; {left_out}")],
    );
}

#[test]
fn parts_of_a_document_and_of_an_answer_are_no_entries() {
    let one = structure(SITE);
    for text in [
        format!(r#"{{"task_id": "mp-1", "input": {{"structure": {one}, "incar": {{}}}}, "run_stats": {{"time": 1}}}}"#),
        format!(r#"{{"@class": "Relaxation", "initial": {one}, "settings": {{}}}}"#),
        format!(r#"{{"response": [{{"structure": {one}}}], "version": {{"db": "1"}}, "error": null}}"#),
        format!(r#"{{"1": {ATOMS}, "ids": [1], "nextid": 2}}"#),
    ] {
        let said = named(&text, Strictness::Strict);
        assert!(said.len() == 1 && !said[0].contains(['!', ';']), "{text}: {said:?}");
    }
}

#[test]
fn lists_are_entered_wherever_they_hold_a_structure_and_rows_without_one_are_told() {
    let one = structure(SITE);
    let nothing = "! : the object describes no structure";
    assert_named(&format!(r#"{{"train": [{one}], "test": [{{"structure": null}}, {one}]}}"#), &["", nothing, ""]);
    let row = "! : the row holds no structure";
    let split = |rows: &str| format!(r#"{{"columns": ["structure", "y"], "data": [{rows}]}}"#);
    assert_named(&split(&format!("[{one}, 1], [null, 2], [{one}, 3]")), &["", row, ""]);
    assert_named(&split(&format!("[null, 2], [{one}, 3]")), &[row, ""]);
    assert_named(&format!("[[{one}, 1], [null, 2]]"), &["", row]);
    assert_named(&format!("[[null, 2], [{one}, 1]]"), &[row, ""]);
    // A table without structures is one fault, titles are no row, and lists of lists of lists are no tables.
    assert_named(&split("[1, 2], [3, 4]"), &["! : the text describes no structure"]);
    assert_named(&split(&format!(r#"["structure", "y"], [{one}, 1]"#)), &[""]);
    assert_named(&format!(r#"[["structure", "y"], [{one}, 1]]"#), &[""]);
    assert_named(&format!("[[[{one}]], [[{one}, 5]]]"), &["", ""]);
}

#[test]
fn only_entries_of_another_type_are_no_fault_among_others() {
    let one = structure(SITE);
    let nothing = "! : the object describes no structure";
    assert_named(&format!(r#"[{one}, {{"type": "references", "id": "r"}}]"#), &[""]);
    assert_named(&format!(r#"[{one}, {{"type": "oxide", "structure": null}}]"#), &["", nothing]);
}
