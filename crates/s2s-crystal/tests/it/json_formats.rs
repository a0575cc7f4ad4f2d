//! JSON of pymatgen, OPTIMADE and ASE as people have it, with every sentence that readers say about it.

use s2s_crystal::{Format, ReadOptions};

use crate::formats::{assert_said, said};

pub(crate) const SITE: &str = r#"{"species": [{"element": "Nb", "occu": 1}], "abc": [0, 0, 0]}"#;

pub(crate) fn structure(sites: &str) -> String {
    format!(r#"{{"lattice": {{"matrix": [[9, 0, 0], [0, 9, 0], [0, 0, 9]]}}, "sites": [{sites}]}}"#)
}

#[test]
fn json_is_told_what_is_wrong_in_the_words_of_who_wrote_it() {
    let text = structure(SITE);
    let mut wrong = Vec::new();
    for (from, to, sentence) in [
        ("[9, 0, 0]", "[null, 0, 0]", "line 1, column 26: a number is missing in matrix"),
        ("[9, 0, 0]", "[NaN, 0, 0]", "line 1, column 26: matrix is not finite: NaN"),
        ("[9, 0, 0]", "[1e999, 0, 0]", "line 1, column 26: matrix is not finite: 1e999"),
        ("[9, 0, 0]", "[\"9\", 0, 0]", "line 1, column 26: matrix should hold a number, not a text: \"9\""),
        ("[9, 0, 0]", "[9, 0]", "line 1, column 25: matrix has 2 values instead of three"),
        ("[9, 0, 0], ", "", "line 1, column 24: matrix has 2 values instead of three"),
        ("\"Nb\"", "7", "line 1, column 95: element should hold a text, not a number: 7"),
        ("\"Nb\"", "\"X\"", "line 1, column 95: X is no element"),
        ("1}", "1, \"oxidation_state\": 1e300}", "line 1, column 131: oxidation_state is not a charge: 1e300"),
        ("1}", "1}, {}", "line 1, column 113: the object has no element"),
        ("\"abc\"", "\"abd\"", "line 1, column 70: the site has neither abc nor xyz"),
        ("\"sites\"", "\"lattice\": null, \"sites\"", "line 1, column 71: lattice occurs twice in the object"),
    ] {
        let said = said(Format::Pymatgen, &text.replacen(from, to, 1), &ReadOptions::disordered());
        if said != [format!("! {sentence}")] {
            wrong.push(format!("{said:?} instead of {sentence}"));
        }
    }
    for (text, sentence) in [
        ("{\"a\": 1", "line 1, column 8: the JSON is malformed: an object has no end"),
        ("[1, 2", "line 1, column 2: a structure should stand here, in an object"),
        ("{\"a\" 1}", "line 1, column 6: the JSON is malformed: a colon should follow the key"),
        ("{'a': 1}", "line 1, column 2: the JSON is malformed: a key in double quotes should stand here"),
        ("{\"a\": 1,}", "line 1, column 9: the JSON is malformed: a key in double quotes should stand here"),
        ("{\"a\": [1 2]}", "line 1, column 10: the JSON is malformed: a comma or ] is missing"),
        ("{\"a\": 1 \"b\": 2}", "line 1, column 9: the JSON is malformed: a comma or } is missing"),
        ("{\"a\": True}", "line 1, column 7: the JSON is malformed: a value should stand here"),
        ("{\"a\": 01}", "line 1, column 7: the JSON is malformed: a number begins with a zero too many"),
        ("{\"a\": 1.}", "line 1, column 9: the JSON is malformed: a digit is missing"),
        ("{\"a\": \"b", "line 1, column 7: the JSON is malformed: a text in quotes has no end"),
        ("{\"a\": \"b\n\"}", "line 1, column 9: the JSON is malformed: a text in quotes goes over the end of its line"),
        (
            "{\"a\": \"\\x\"}",
            "line 1, column 8: the JSON is malformed: a backslash is followed by what cannot follow it",
        ),
        ("{\"a\": 1}", "line 1, column 1: the object describes no structure"),
        ("[]", "line 1, column 1: the text describes no structure"),
        ("", "line 1, column 1: the text describes no structure"),
        ("{\"structure\": \"fcc\"}", "line 1, column 15: structure is neither an object nor the text of a CIF"),
    ] {
        let said = said(Format::Pymatgen, text, &ReadOptions::disordered());
        if said[0] != format!("! {sentence}") {
            wrong.push(format!("{text}: {said:?} instead of {sentence}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_nobody_reads_may_be_anything() {
    let text = structure(&SITE.replace('}', r#", "magmom": [NaN, -Infinity, {"a": Infinity}]}"#).replacen(
        r#", "magmom": [NaN, -Infinity, {"a": Infinity}]}"#,
        "}",
        1,
    ));
    assert_said(Format::Pymatgen, &text, &["1 sites"]);
    assert_said(Format::Pymatgen, &format!("\u{feff}{text}"), &["1 sites"]);
    let deep = format!("{}1{}", "[".repeat(100), "]".repeat(100));
    assert_said(Format::Pymatgen, &text.replacen('{', &format!("{{\"x\": {deep}, "), 1), &["1 sites"]);
    let deeper = format!("{{\"x\": {}", "[".repeat(200));
    let sentence = "! line 1, column 134: lists and objects are nested deeper than 128 levels";
    assert_said(Format::Pymatgen, &deeper, &[sentence]);
    for bytes in [&b"\xFF\xFE{\0}\0"[..], b"\xFE\xFF\0{", b"{\0", b"\0["] {
        for format in [Format::Pymatgen, Format::Optimade, Format::Ase, Format::Poscar, Format::ExtXyz] {
            let options = ReadOptions::ordered();
            let error = format.read(bytes, &options).next().expect("there is an item").expect_err("it is a fault");
            assert_eq!(error.to_string(), "line 1, column 1: the text is UTF-16: save it as UTF-8");
        }
    }
}

#[test]
fn structures_are_found_wherever_json_puts_them() {
    let one = structure(SITE);
    let cif = "data_x\\n_cell_length_a 3\\n_cell_length_b 3\\n_cell_length_c 3\\n_cell_angle_alpha 90\\n_cell_angle_beta 90\\n\
        _cell_angle_gamma 90\\n_symmetry_space_group_name_H-M 'P 1'\\nloop_\\n_atom_site_label\\n_atom_site_fract_x\\n\
        _atom_site_fract_y\\n_atom_site_fract_z\\nPo1 0 0 0\\n";
    for (text, count) in [
        (format!("[{one}, {one}]"), 2),
        (format!("{one}\n{one}\n\n{one}"), 3),
        (format!(r#"{{"structure": {one}, "data": {{"a": 1}}}}"#), 1),
        (format!(r#"{{"data": [{{"material_id": "mp-1", "structure": {one}}}]}}"#), 1),
        (format!(r#"{{"mp-1": {one}, "mp-2": {{"structure": {one}}}}}"#), 2),
        (format!(r#"{{"response": [{{"structure": "{cif}"}}]}}"#), 1),
        (format!(r#"{{"data": [[{one}, 1.5], [{one}, null]]}}"#), 2),
    ] {
        for format in [Format::Pymatgen, Format::Optimade, Format::Ase] {
            let said = said(format, &text, &ReadOptions::disordered());
            assert_eq!(said.len(), count, "{text}: {said:?}");
            assert!(said.iter().all(|s| s.starts_with("1 sites")), "{text}: {said:?}");
        }
    }
    let named = format!(r#"{{"mp-1": {one}, "mp-2": {{"lattice": {{}}, "sites": []}}}}"#);
    let said = said(Format::Pymatgen, &named, &ReadOptions::disordered());
    assert!(said[1].ends_with("(block mp-2): the object has no matrix"), "{said:?}");
}

#[test]
fn what_is_found_in_a_cif_inside_json_is_placed_in_the_json() {
    let cif = "data_x\\n_cell_length_a 3\\n_cell_length_b 3\\n_cell_length_c 3\\n_cell_angle_alpha 90\\n_cell_angle_beta 90\\n\
        _cell_angle_gamma 90\\n_cell_volume 28\\n_symmetry_space_group_name_H-M 'P 1'\\nloop_\\n_atom_site_label\\n\
        _atom_site_fract_x\\n_atom_site_fract_y\\n_atom_site_fract_z\\nPo1 0 0 0\\n";
    let text = format!("[\n{{\"material_id\": \"mp-1\",\n \"structure\": \"{cif}\"}}]");
    let said = said(Format::Pymatgen, &text, &ReadOptions::disordered());
    let position = "line 3, column 15 (block mp-1): warning: the CIF under structure: line 8, column 14: ";
    assert!(said[0].contains(position), "{said:?}");
}

#[test]
fn keys_written_with_escapes_are_keys() {
    let text = structure(SITE);
    let escaped = text.replace("matrix", r"m\u0061trix").replace("sites", r"sit\u0065s");
    assert_eq!(said(Format::Pymatgen, &escaped, &ReadOptions::disordered()), ["1 sites"]);
    let twice = text.replace("\"matrix\"", r#""m\u0061trix": [[5, 0, 0], [0, 5, 0], [0, 0, 5]], "matrix""#);
    let said = said(Format::Pymatgen, &twice, &ReadOptions::disordered());
    assert!(said[0].contains("matrix occurs twice"), "{said:?}");
}

pub(crate) fn entry(claims: &str) -> String {
    format!(
        r#"{{"lattice_vectors": [[9, 0, 0], [0, 9, 0], [0, 0, 9]], "cartesian_site_positions": [[0, 0, 0], [3, 3, 3], [6, 6, 6]], "species_at_sites": ["Nb", "N", "N"], "species": [{{"name": "Nb", "chemical_symbols": ["Nb"], "concentration": [1]}}, {{"name": "N", "chemical_symbols": ["N"], "concentration": [1]}}]{claims}}}"#
    )
}

#[test]
fn what_an_optimade_entry_says_of_its_composition_is_compared() {
    let good = r#", "elements": ["N", "Nb"], "nelements": 2, "elements_ratios": [0.667, 0.333], "chemical_formula_reduced": "N2Nb", "chemical_formula_hill": "N4Nb2", "chemical_formula_anonymous": "A2B""#;
    assert_said(Format::Optimade, &entry(good), &["3 sites"]);
    for (from, to, sentence) in [
        (r#"["N", "Nb"]"#, r#"["N"]"#, "the sites hold Nb, which elements does not name"),
        (r#"["N", "Nb"]"#, r#"["N", "Nb", "O"]"#, "elements names O, which no site holds"),
        (r#""nelements": 2"#, r#""nelements": 3"#, "nelements is 3, but the sites hold 2 elements"),
        ("0.667, 0.333", "0.5, 0.5", "elements_ratios makes 0.5 of the atoms N, the sites 0.6667"),
        ("0.667, 0.333", "1", "1 ratios belong to 2 elements"),
        ("\"N4Nb2\"", "\"N4Nb4\"", "the formula N4Nb4 makes 0.5 of the atoms N, the sites 0.6667"),
        ("\"N2Nb\"", "\"NNb\"", "the formula NNb makes 0.5 of the atoms N, the sites 0.6667"),
        ("\"N2Nb\"", "\"N2Nb2Xe0.001\"", "the formula N2Nb2Xe0.001 makes 0.4999 of the atoms N, the sites 0.6667"),
        (r#"["N", "Nb"]"#, r#"["N", "Nb", "N"]"#, "elements names N twice"),
        // Without their elements, ratios are those of the sorted symbols.
        (r#""elements": ["N", "Nb"], "#, "", ""),
        (
            r#""elements": ["N", "Nb"], "nelements": 2, "elements_ratios": [0.667, 0.333]"#,
            r#""elements_ratios": [0.333, 0.667]"#,
            "elements_ratios makes 0.333 of the atoms N, the sites 0.6667",
        ),
        (
            r#""elements": ["N", "Nb"], "nelements": 2, "elements_ratios": [0.667, 0.333]"#,
            r#""elements_ratios": [1.0]"#,
            "1 ratios belong to 2 elements",
        ),
        ("\"A2B\"", "\"A3B\"", "the sites, with shares of 0.6667, 0.3333, are not of the formula A3B"),
        ("\"A2B\"", "\"AB\"", "the sites, with shares of 0.6667, 0.3333, are not of the formula AB"),
        ("\"A2B\"", "\"A2BC\"", "the sites, with shares of 0.6667, 0.3333, are not of the formula A2BC"),
        ("\"A2B\"", "\"A\"", "the sites, with shares of 0.6667, 0.3333, are not of the formula A"),
        ("\"N2Nb\"", "\"N2000Nb1000Xe\"", "the formula N2000Nb1000Xe makes 0.0003 of the atoms Xe, the sites 0"),
    ] {
        let text = entry(&good.replace(from, to));
        let said_by_default = said(Format::Optimade, &text, &ReadOptions::disordered());
        if sentence.is_empty() {
            assert_eq!(said_by_default, ["3 sites"]);
            continue;
        }
        assert!(said_by_default[0].starts_with("! ") && said_by_default[0].ends_with(sentence), "{said_by_default:?}");
        let lenient = said(Format::Optimade, &text, &ReadOptions::lenient());
        assert!(lenient[0].starts_with("3 sites; ") && lenient[0].ends_with(sentence), "{lenient:?}");
    }
    for (from, to, key) in [
        ("N2Nb", "N2-xNb", "chemical_formula_reduced"),
        ("A2B", "A2-xB", "chemical_formula_anonymous"),
        ("A2B", "A2A", "chemical_formula_anonymous"),
        ("A2B", "A2B0", "chemical_formula_anonymous"),
    ] {
        let unread = said(Format::Optimade, &entry(&good.replace(from, to)), &ReadOptions::disordered());
        let sentence = format!("warning: {key} is not a formula and was not compared: {to}");
        assert!(unread[0].starts_with("3 sites; ") && unread[0].ends_with(&sentence), "{unread:?}");
    }
}

#[test]
fn the_number_of_periodic_dimensions_of_an_optimade_entry_is_compared() {
    let types = r#", "dimension_types": [1, 1, 0], "nperiodic_dimensions": "#;
    assert_said(Format::Optimade, &entry(&format!("{types}2")), &["3 sites"]);
    let three = said(Format::Optimade, &entry(&format!("{types}3")), &ReadOptions::disordered());
    let sentence = "warning: nperiodic_dimensions is 3, but 2 of the dimension_types repeat";
    assert!(three[0].starts_with("3 sites; ") && three[0].ends_with(sentence), "{three:?}");
}
