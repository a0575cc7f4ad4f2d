//! JSON of pymatgen.

use s2s_crystal::{Format, ReadOptions};

use super::{assert_levels, assert_table, said};

pub(super) fn check(table: &[(String, &str)]) {
    assert_table(Format::Pymatgen, &ReadOptions::disordered(), table);
    assert_levels(Format::Pymatgen, table);
}

pub(super) const MATRIX: &str = "[[9, 0, 0], [0, 9, 0], [0, 0, 9]]";

fn site(element: &str, coordinates: &str) -> String {
    format!(r#"{{"species": [{{"element": "{element}", "occu": 1}}], "abc": {coordinates}, "label": "{element}"}}"#)
}

/// A structure with these fields of its lattice and these sites.
fn structure(lattice: &str, sites: &str) -> String {
    format!(
        r#"{{"@module": "pymatgen.core.structure", "@class": "Structure", "lattice": {{{lattice}}}, "sites": [{sites}]}}"#
    )
}

fn nbn() -> String {
    let sites = format!("{}, {}", site("Nb", "[0, 0, 0]"), site("N", "[0.5, 0.5, 0.5]"));
    structure(&format!("\"matrix\": {MATRIX}"), &sites)
}

/// A structure with one site.
fn one(site: &str) -> String {
    structure(&format!("\"matrix\": {MATRIX}"), site)
}

#[test]
fn layouts() {
    let s = nbn();
    check(&[
        (s.clone(), "N Nb in 9.0×9.0×9.0"),
        (
            format!(
                r#"{{"@class": "ComputedStructureEntry", "energy": -1.5, "composition": {{"Nb": 1, "N": 1}}, "structure": {s}, "entry_id": "mp-1", "data": {{"a": [1]}}}}"#
            ),
            "N Nb in 9.0×9.0×9.0",
        ),
        (format!(r#"{{"structure": {s}, "data": {{"x": 1}}, "material_id": "mp-2"}}"#), "N Nb in 9.0×9.0×9.0"),
        (format!(r#"{{"data": [1, 2], "structure": {s}}}"#), "N Nb in 9.0×9.0×9.0"),
        (format!(r#"[{s}, {s}]"#), "N Nb in 9.0×9.0×9.0 | N Nb in 9.0×9.0×9.0"),
        (
            format!(r#"[{{"structure": {s}}}, {{"structure": {s}, "energy": NaN}}]"#),
            "N Nb in 9.0×9.0×9.0 | N Nb in 9.0×9.0×9.0",
        ),
        (format!(r#"{{"mp-1": {s}, "mp-2": {s}}}"#), "N Nb in 9.0×9.0×9.0 | N Nb in 9.0×9.0×9.0"),
        (
            format!(r#"{{"mp-1": {{"structure": {s}}}, "mp-2": null, "count": 2}}"#),
            "N Nb in 9.0×9.0×9.0; line 1, column 325 (block mp-1): warning: left out of the map, because they hold no structure: mp-2",
        ),
        (format!(r#"{{"structures": [{s}, {s}]}}"#), "N Nb in 9.0×9.0×9.0 | N Nb in 9.0×9.0×9.0"),
        (format!(r#"{{"data": {{"mp-1": {s}}}}}"#), "N Nb in 9.0×9.0×9.0"),
        (format!("{s}\n{s}\n"), "N Nb in 9.0×9.0×9.0 | N Nb in 9.0×9.0×9.0"),
        (format!("{s}\r\n\r\n{s}\r\n"), "N Nb in 9.0×9.0×9.0 | N Nb in 9.0×9.0×9.0"),
        (format!("{{\"structure\": {s}}}\n{{\"structure\": {s}}}"), "N Nb in 9.0×9.0×9.0 | N Nb in 9.0×9.0×9.0"),
        (
            format!("{s}\n{{\"lattice\": 5\n{s}\n"),
            "N Nb in 9.0×9.0×9.0 | ! line 3, column 1: the JSON is malformed: a comma or } is missing | N Nb in 9.0×9.0×9.0",
        ),
        (
            format!("{s}\n{}\n", &s[..s.len() / 2]),
            "N Nb in 9.0×9.0×9.0 | ! line 2, column 146: the JSON is malformed: a text in quotes goes over the end of its line",
        ),
        (
            format!("{s}\nnull\n{s}"),
            "N Nb in 9.0×9.0×9.0 | ! line 2, column 1: a structure should stand here, in an object | N Nb in 9.0×9.0×9.0",
        ),
        (format!("{s}\n[]\n{s}"), "N Nb in 9.0×9.0×9.0 | N Nb in 9.0×9.0×9.0"),
        (
            format!("{s} x"),
            "N Nb in 9.0×9.0×9.0 | ! line 1, column 292: the JSON is malformed: a value should stand here",
        ),
        (
            format!("{s}]"),
            "N Nb in 9.0×9.0×9.0 | ! line 1, column 291: the JSON is malformed: a value should stand here",
        ),
        (
            format!("[{s}, {s}"),
            "N Nb in 9.0×9.0×9.0 | N Nb in 9.0×9.0×9.0 | ! line 1, column 584: the JSON is malformed: a list has no end",
        ),
        (
            format!("[{s}, null, {s}]"),
            "N Nb in 9.0×9.0×9.0 | ! line 1, column 294: a structure should stand here, in an object | N Nb in 9.0×9.0×9.0",
        ),
        (
            format!("[{s}, 5]"),
            "N Nb in 9.0×9.0×9.0 | ! line 1, column 294: a structure should stand here, in an object",
        ),
        (format!("[{s}, {{}}]"), "N Nb in 9.0×9.0×9.0 | ! line 1, column 294: the object describes no structure"),
        (
            format!("[{s},]"),
            "N Nb in 9.0×9.0×9.0 | ! line 1, column 293: the JSON is malformed: a value should stand here",
        ),
        (format!("[[{s}, 0], [{s}, 1]]"), "N Nb in 9.0×9.0×9.0 | N Nb in 9.0×9.0×9.0"),
        (
            format!(r#"{{"structure": {s}, "structure": {s}}}"#),
            "! line 1, column 320: structure occurs twice in the object",
        ),
        (r#"{"structure": 5}"#.to_owned(), "! line 1, column 1: the object describes no structure"),
        (r#"{"structure": null}"#.to_owned(), "! line 1, column 1: the object describes no structure"),
        (
            r#"{"structure": "NbN"}"#.to_owned(),
            "! line 1, column 15: structure is neither an object nor the text of a CIF",
        ),
        (r#"{"structure": []}"#.to_owned(), "! line 1, column 1: the object describes no structure"),
        (r#"{"a": {"b": {"c": 1}}}"#.to_owned(), "! line 1, column 1: the object describes no structure"),
        (
            r#"{"@class": "Molecule", "sites": [{"species": [{"element": "Nb", "occu": 1}], "xyz": [0, 0, 0]}]}"#
                .to_owned(),
            "! line 1, column 1: the object has no lattice",
        ),
        (format!("{}{s}{}", "[".repeat(7), "]".repeat(7)), "N Nb in 9.0×9.0×9.0"),
        (
            format!("{}{s}{}", "[".repeat(20), "]".repeat(20)),
            "! line 1, column 10: structures lie deeper than 8 lists and objects",
        ),
        (
            format!("{}{s}{}", "[".repeat(200), "]".repeat(200)),
            "! line 1, column 130: lists and objects are nested deeper than 128 levels",
        ),
        (
            format!("// comment\n{s}"),
            "! line 1, column 1: the JSON is malformed: a value should stand here | N Nb in 9.0×9.0×9.0",
        ),
        (format!("\u{feff}{s}"), "N Nb in 9.0×9.0×9.0"),
        ("".to_owned(), "! line 1, column 1: the text describes no structure"),
        ("null".to_owned(), "! line 1, column 1: a structure should stand here, in an object"),
        ("5".to_owned(), "! line 1, column 1: a structure should stand here, in an object"),
        ("\"text\"".to_owned(), "! line 1, column 1: a structure should stand here, in an object"),
        ("nothing".to_owned(), "! line 1, column 1: the JSON is malformed: a value should stand here"),
    ]);
}

#[test]
fn values_of_a_structure() {
    let nb = site("Nb", "[0, 0, 0]");
    let lattice = |fields: &str| structure(fields, &nb);
    let species = |list: &str| one(&format!(r#"{{"species": {list}, "abc": [0, 0, 0]}}"#));
    check(&[
        (
            lattice(&format!(
                r#""matrix": {MATRIX}, "a": 9, "b": 9.0, "c": 9, "alpha": 90, "beta": 90, "gamma": 90, "volume": 729"#
            )),
            "Nb in 9.0×9.0×9.0",
        ),
        (lattice(&format!(r#""matrix": {MATRIX}, "a": 9.005"#)), "Nb in 9.0×9.0×9.0"),
        (
            lattice(&format!(r#""matrix": {MATRIX}, "a": 8"#)),
            "Nb in 9.0×9.0×9.0; line 1, column 125: warning: a is stated as 8, that of the matrix is 9.0000",
        ),
        (
            lattice(&format!(r#""matrix": {MATRIX}, "gamma": 120"#)),
            "Nb in 9.0×9.0×9.0; line 1, column 129: warning: gamma is stated as 120, that of the matrix is 90.0000",
        ),
        (
            lattice(&format!(r#""matrix": {MATRIX}, "volume": 700"#)),
            "Nb in 9.0×9.0×9.0; line 1, column 130: warning: volume is stated as 700, that of the matrix is 729.0000",
        ),
        (
            lattice(&format!(r#""matrix": {MATRIX}, "volume": null, "a": NaN"#)),
            "Nb in 9.0×9.0×9.0; line 1, column 141: warning: a of the lattice is not a number: NaN",
        ),
        (
            lattice(&format!(r#""matrix": {MATRIX}, "volume": "729""#)),
            "Nb in 9.0×9.0×9.0; line 1, column 130: warning: volume of the lattice is not a number: \"729\"",
        ),
        (lattice(&format!(r#""matrix": {MATRIX}, "pbc": [true, true, false]"#)), "Nb in 9.0×9.0×9.0"),
        (
            lattice(&format!(r#""matrix": {MATRIX}, "pbc": true"#)),
            "! line 1, column 127: pbc should hold a list, not true or false: true",
        ),
        (
            lattice(&format!(r#""matrix": {MATRIX}, "pbc": [true, true]"#)),
            "! line 1, column 127: pbc has 2 values instead of three",
        ),
        (
            lattice(&format!(r#""matrix": {MATRIX}, "pbc": ["T", "T", "T"]"#)),
            "! line 1, column 128: pbc should hold true, false, 1 or 0, not a text: \"T\"",
        ),
        (
            lattice(r#""a": 9, "b": 9, "c": 9, "alpha": 90, "beta": 90, "gamma": 90"#),
            "! line 1, column 74: the object has no matrix",
        ),
        (lattice(r#""matrix": null"#), "! line 1, column 74: the object has no matrix"),
        (lattice(r#""matrix": "cubic""#), "! line 1, column 85: matrix should hold a list, not a text: \"cubic\""),
        (lattice(r#""matrix": [9, 9, 9]"#), "! line 1, column 86: matrix should hold a list, not a number: 9"),
        (lattice(r#""matrix": [[9, 0, 0], [0, 9, 0]]"#), "! line 1, column 85: matrix has 2 values instead of three"),
        (
            lattice(r#""matrix": [[9, 0, 0], [0, 9, 0], [0, 0, 9], [0, 0, 9]]"#),
            "! line 1, column 85: matrix has 4 values instead of three",
        ),
        (
            lattice(r#""matrix": [[9, 0, 0], [0, 9, 0], [0, 0, "9"]]"#),
            "! line 1, column 115: matrix should hold a number, not a text: \"9\"",
        ),
        (
            lattice(r#""matrix": [[9, 0, 0], [0, 9, 0], [0, 0, 0]]"#),
            "! line 1, column 85: invalid lattice: a lattice vector has no length",
        ),
        (
            lattice(r#""matrix": [[9, 0, 0], [0, 9, 0], [0, 0, 1e999]]"#),
            "! line 1, column 115: matrix is not finite: 1e999",
        ),
        (
            lattice(r#""matrix": [[9, 0, 0], [0, 9, 0], [0, 0, -Infinity]]"#),
            "! line 1, column 115: matrix is not finite: -Infinity",
        ),
        (
            lattice(&format!(r#""matrix": {MATRIX}, "matrix": {MATRIX}"#)),
            "! line 1, column 130: matrix occurs twice in lattice",
        ),
        (structure(&format!("\"matrix\": {MATRIX}"), ""), "! line 1, column 130: a crystal needs at least one site"),
        (
            nbn().replace(r#""sites": ["#, r#""sites": [], "sites": ["#),
            "! line 1, column 143: sites occurs twice in the object",
        ),
        (nbn().replace(r#""sites": "#, r#""atoms": "#), "! line 1, column 1: the object has no sites"),
        (nbn().replace(r#""lattice": "#, r#""cell": "#), "! line 1, column 1: the object has no lattice"),
        (one(&site("Nb", "[0, 0, NaN]")), "! line 1, column 189: abc is not finite: NaN"),
        (one(&site("Nb", "[0, 0, null]")), "! line 1, column 189: a number is missing in abc"),
        (one(&site("Nb", "[0, 0, \"0\"]")), "! line 1, column 189: abc should hold a number, not a text: \"0\""),
        (one(&site("Nb", "[0, 0]")), "! line 1, column 182: abc has 2 values instead of three"),
        (one(&site("Nb", "[0, 0, 0, 0]")), "! line 1, column 182: abc has 4 values instead of three"),
        (one(&site("Nb", "{\"x\": 0}")), "! line 1, column 182: abc should hold a list, not an object: {\"x\": 0}"),
        (one(&site("Nb", "[0, 0, 1e300]")), "! line 1, column 131: a position is too far from the cell"),
        (one(&site("Nb", "[1E0, -1e0, 0.0]")), "Nb in 9.0×9.0×9.0"),
        (one(&site("Nb", "[.5, 0, 0]")), "! line 1, column 183: the JSON is malformed: a value should stand here"),
        (one(&site("Nb", "[+1, 0, 0]")), "! line 1, column 183: the JSON is malformed: a value should stand here"),
        (one(&site("Nb", "[1.0D0, 0, 0]")), "! line 1, column 186: the JSON is malformed: a comma or ] is missing"),
        (one("null"), "! line 1, column 131: an object is missing in a site"),
        (one("5"), "! line 1, column 131: a site should hold an object, not a number: 5"),
        (one("{}"), "! line 1, column 131: the site has neither abc nor xyz"),
        (one(&nb.replace("abc", "xyz")), "Nb in 9.0×9.0×9.0"),
        (
            one(&nb.replace("\"abc\"", "\"abc\": [0, 0, 0], \"abc\"")),
            "! line 1, column 200: abc occurs twice in a site",
        ),
        (
            species("[]"),
            "! line 1, column 143: invalid occupancy 0: a site's occupancies lie between 0 and 1 and add up to at most 1",
        ),
        (species("null"), "! line 1, column 131: the object has no species"),
        (species("\"Nb\""), "! line 1, column 143: species should hold a list, not a text: \"Nb\""),
        (species("{\"Nb\": 1}"), "! line 1, column 143: species should hold a list, not an object: {\"Nb\": 1}"),
        (species("[\"Nb\"]"), "! line 1, column 144: a species should hold an object, not a text: \"Nb\""),
        (species(r#"[{"element": "Nb"}]"#), "Nb in 9.0×9.0×9.0"),
        (species(r#"[{"element": "Nb", "occu": 0.8}, {"element": "Zr", "occu": 0.2}]"#), "Nb0.8 Zr0.2 in 9.0×9.0×9.0"),
        (species(r#"[{"element": "Nb", "occu": 0.8}]"#), "Nb0.8 in 9.0×9.0×9.0"),
        (
            species(r#"[{"element": "Nb", "occu": 1.5}]"#),
            "! line 1, column 143: invalid occupancy 1.5: a site's occupancies lie between 0 and 1 and add up to at most 1",
        ),
        (
            species(r#"[{"element": "Nb", "occu": -1}]"#),
            "! line 1, column 143: invalid occupancy -1: a site's occupancies lie between 0 and 1 and add up to at most 1",
        ),
        (
            species(r#"[{"element": "Nb", "occu": 0}]"#),
            "! line 1, column 143: invalid occupancy 0: a site's occupancies lie between 0 and 1 and add up to at most 1",
        ),
        (
            species(r#"[{"element": "Nb", "occu": "1"}]"#),
            "! line 1, column 170: occu should hold a number, not a text: \"1\"",
        ),
        (species(r#"[{"element": "Nb", "occu": NaN}]"#), "! line 1, column 170: occu is not finite: NaN"),
        (species(r#"[{"element": "Nb", "occu": 0.6}, {"element": "Nb", "occu": 0.4}]"#), "Nb in 9.0×9.0×9.0"),
        (species(r#"[{"element": "Nb", "oxidation_state": 5}]"#), "Nb in 9.0×9.0×9.0"),
        (
            species(r#"[{"element": "Nb", "oxidation_state": 1e39}]"#),
            "! line 1, column 181: oxidation_state is not a charge: 1e39",
        ),
        (
            species(r#"[{"element": "Nb", "oxidation_state": "5"}]"#),
            "! line 1, column 181: oxidation_state should hold a number, not a text: \"5\"",
        ),
        (
            species(r#"[{"element": "Nb", "oxidation_state": NaN}]"#),
            "! line 1, column 181: oxidation_state is not finite: NaN",
        ),
        (species(r#"[{"element": "Nb", "element": "N"}]"#), "! line 1, column 173: element occurs twice in a species"),
        (species(r#"[{"element": null}]"#), "! line 1, column 144: the object has no element"),
        (species(r#"[{"element": 41}]"#), "! line 1, column 156: element should hold a text, not a number: 41"),
        (species(r#"[{"element": "D"}]"#), "H in 9.0×9.0×9.0; line 1, column 156: note: D was read as hydrogen"),
        (species(r#"[{"element": "N\u0062"}]"#), "Nb in 9.0×9.0×9.0"),
    ]);
    for word in [
        "Nb/Zr",
        "Nb0.8Zr0.2",
        "NbN",
        "NH4",
        "NH",
        "OH",
        "H2O",
        "Wat",
        "Du",
        "Vac",
        "X",
        "X0+",
        "Xa",
        "RE",
        "TM",
        "nb",
        "NB",
        "Nb ",
        "Nb5+",
        "Nb1",
        "",
        "41",
        "Q",
        "M",
        "Ln",
        "vacancy",
    ] {
        let said = said(Format::Pymatgen, one(&site(word, "[0, 0, 0]")).as_bytes(), &ReadOptions::lenient());
        assert!(
            said.starts_with("! line 1, column ") && said.ends_with(&format!(": {word} is no element")),
            "{word}: {said}"
        );
    }
}
