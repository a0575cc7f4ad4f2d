//! JSON of pymatgen, OPTIMADE and ASE.

use s2s_crystal::{Format, ReadOptions};

use super::{assert_levels, assert_table, said};

fn check(table: &[(String, &str)]) {
    assert_table(Format::Pymatgen, &ReadOptions::disordered(), table);
    assert_levels(Format::Pymatgen, table);
}

const MATRIX: &str = "[[9, 0, 0], [0, 9, 0], [0, 0, 9]]";

fn site(element: &str, place: &str) -> String {
    format!(r#"{{"species": [{{"element": "{element}", "occu": 1}}], "abc": {place}, "label": "{element}"}}"#)
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
        (format!(r#"{{"mp-1": {{"structure": {s}}}, "mp-2": null, "count": 2}}"#), "N Nb in 9.0×9.0×9.0"),
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

/// An OPTIMADE entry of NbN with further fields.
fn attributes(fields: &str) -> String {
    format!(
        r#"{{"lattice_vectors": {MATRIX}, "cartesian_site_positions": [[0, 0, 0], [4.5, 4.5, 4.5]], "species_at_sites": ["Nb", "N"], "species": [{{"name": "Nb", "chemical_symbols": ["Nb"], "concentration": [1]}}, {{"name": "N", "chemical_symbols": ["N"], "concentration": [1]}}]{fields}}}"#
    )
}

#[test]
fn optimade() {
    let a = attributes("");
    let entry = |a: &str| format!(r#"{{"id": "7", "type": "structures", "attributes": {a}}}"#);
    let species = |list: &str| {
        let a = attributes("");
        let start = a.find(r#"[{"name""#).unwrap_or(0);
        entry(&format!("{}{list}}}", &a[..start]))
    };
    check(&[
        (a.clone(), "N Nb in 9.0×9.0×9.0"),
        (entry(&a), "N Nb in 9.0×9.0×9.0"),
        (format!(r#"{{"data": {}}}"#, entry(&a)), "N Nb in 9.0×9.0×9.0"),
        (
            format!(r#"{{"data": [{}, {}], "meta": {{"more_data_available": false}}}}"#, entry(&a), entry(&a)),
            "N Nb in 9.0×9.0×9.0 | N Nb in 9.0×9.0×9.0",
        ),
        (format!("[{}, {}]", entry(&a), entry(&a)), "N Nb in 9.0×9.0×9.0 | N Nb in 9.0×9.0×9.0"),
        (
            format!("{{\"x-optimade\": {{\"meta\": {{}}}}}}\n{}\n{}\n", entry(&a), entry(&a)),
            "N Nb in 9.0×9.0×9.0 | N Nb in 9.0×9.0×9.0",
        ),
        (
            format!("{}\n{{\"type\": \"references\", \"id\": \"r\", \"attributes\": {{}}}}\n{}", entry(&a), entry(&a)),
            "N Nb in 9.0×9.0×9.0 | N Nb in 9.0×9.0×9.0",
        ),
        (r#"{"data": []}"#.to_owned(), "! line 1, column 1: the text describes no structure"),
        (r#"{"data": null}"#.to_owned(), "! line 1, column 1: the object describes no structure"),
        (
            r#"{"errors": [{"detail": "bad filter"}]}"#.to_owned(),
            "! line 1, column 12: the server answered with an error: [{\"detail\": \"bad filter\"}]",
        ),
        (
            r#"{"data": [{"id": "7", "type": "structures", "attributes": {}}]}"#.to_owned(),
            "! line 1, column 59 (block 7): the object has no lattice_vectors",
        ),
        (
            r#"{"data": [{"id": "7", "type": "structures"}]}"#.to_owned(),
            "! line 1, column 11 (block 7): the object describes no structure",
        ),
        (
            entry(&a.replace("lattice_vectors", "lattice_vektors")),
            "! line 1, column 49 (block 7): the object has no lattice_vectors",
        ),
        (entry(&a.replace(MATRIX, "null")), "! line 1, column 49 (block 7): the object has no lattice_vectors"),
        (
            entry(&a.replace(MATRIX, "[[9, 0, 0], [0, 9, 0], [null, null, null]]")),
            "! line 1, column 93 (block 7): a number is missing in lattice_vectors",
        ),
        (
            entry(
                &attributes(r#", "dimension_types": [1, 1, 0]"#)
                    .replace(MATRIX, "[[9, 0, 0], [0, 9, 0], [null, null, null]]"),
            ),
            "N Nb in 9.0×9.0×14.5; line 1, column 69 (block 7): note: a lattice vector is zero; one 10 Å longer than the atoms reach was put in its place",
        ),
        (
            entry(&attributes(r#", "dimension_types": [1, 1, 0]"#).replace(MATRIX, "[[9, 0, 0], [0, 9, 0], null]")),
            "N Nb in 9.0×9.0×14.5; line 1, column 69 (block 7): note: a lattice vector is zero; one 10 Å longer than the atoms reach was put in its place",
        ),
        (
            entry(&attributes(r#", "dimension_types": [0, 0, 0]"#).replace(MATRIX, "[null, null, null]")),
            "N Nb in 14.5×14.5×14.5; line 1, column 69 (block 7): note: no lattice is stated; the frame is a molecule",
        ),
        (
            entry(
                &attributes(r#", "dimension_types": [0, 0, 0]"#).replace(MATRIX, "[[0, 0, 0], [0, 0, 0], [0, 0, 0]]"),
            ),
            "N Nb in 14.5×14.5×14.5; line 1, column 69 (block 7): note: no lattice is stated; the frame is a molecule",
        ),
        (
            entry(
                &attributes(r#", "dimension_types": [1, 1, 0]"#)
                    .replace(MATRIX, "[[9, 0, 0], [0, null, 0], [0, 0, 9]]"),
            ),
            "! line 1, column 85 (block 7): a number is missing in lattice_vectors",
        ),
        (
            entry(
                &attributes(r#", "dimension_types": [1, 1, 0]"#).replace(MATRIX, "[[9, 0, 0], [0, 9, 0], null, null]"),
            ),
            "! line 1, column 69 (block 7): there are more than three lattice_vectors",
        ),
        (
            entry(&a.replace("[4.5, 4.5, 4.5]", "null")),
            "! line 1, column 144 (block 7): a list is missing in a position",
        ),
        (
            entry(&a.replace("[4.5, 4.5, 4.5]", "[4.5, 4.5]")),
            "! line 1, column 144 (block 7): a position has 2 values instead of three",
        ),
        (
            entry(&a.replace("[4.5, 4.5, 4.5]", "[4.5, 4.5, NaN]")),
            "! line 1, column 155 (block 7): a position is not finite: NaN",
        ),
        (entry(&a.replace(", [4.5, 4.5, 4.5]", "")), "! line 1, column 165 (block 7): 2 species stand at 1 positions"),
        (
            entry(&a.replace(r#"["Nb", "N"]"#, r#"["Nb", "O"]"#)),
            "! line 1, column 189 (block 7): the species O is not described",
        ),
        (
            entry(&a.replace(r#"["Nb", "N"]"#, r#"["Nb", null]"#)),
            "! line 1, column 189 (block 7): a text is missing in species_at_sites",
        ),
        (
            entry(&attributes(r#", "nsites": 3"#)),
            "! line 1, column 348 (block 7): nsites is 3, but there are 2 positions",
        ),
        (entry(&attributes(r#", "nsites": null, "elements": null"#)), "N Nb in 9.0×9.0×9.0"),
        (entry(&attributes(r#", "structure_features": ["disorder"]"#)), "N Nb in 9.0×9.0×9.0"),
        (
            entry(&attributes(r#", "structure_features": ["implicit_atoms"]"#)),
            "! line 1, column 361 (block 7): the structure feature implicit_atoms is not supported",
        ),
        (
            entry(&attributes(r#", "dimension_types": [1, 1, 2]"#)),
            "! line 1, column 364 (block 7): dimension_types should hold true, false, 1 or 0, not a number: 2",
        ),
        (
            entry(&attributes(r#", "lattice_vectors": [[9, 0, 0], [0, 9, 0], [0, 0, 9]]"#)),
            "! line 1, column 357 (block 7): lattice_vectors occurs twice in the attributes",
        ),
        (
            species(
                r#"[{"name": "Nb", "chemical_symbols": ["Nb", "Zr"], "concentration": [0.8, 0.2]}, {"name": "N", "chemical_symbols": ["N", "vacancy"], "concentration": [0.9, 0.1]}]"#,
            ),
            "N0.9 Nb0.8 Zr0.2 in 9.0×9.0×9.0",
        ),
        (
            species(
                r#"[{"name": "Nb", "chemical_symbols": ["Nb"], "concentration": [1]}, {"name": "N", "chemical_symbols": ["vacancy"], "concentration": [1]}]"#,
            ),
            "Nb in 9.0×9.0×9.0; line 1, column 144 (block 7): note: an empty site was left out",
        ),
        (
            species(
                r#"[{"name": "Nb", "chemical_symbols": ["X"], "concentration": [1]}, {"name": "N", "chemical_symbols": ["N"], "concentration": [1]}]"#,
            ),
            "! line 1, column 243 (block 7): X is no element",
        ),
        (
            species(
                r#"[{"name": "Nb", "chemical_symbols": ["Nb", "Zr"], "concentration": [1]}, {"name": "N", "chemical_symbols": ["N"], "concentration": [1]}]"#,
            ),
            "! line 1, column 273 (block 7): 2 symbols have 1 concentrations",
        ),
        (
            species(
                r#"[{"name": "Nb", "chemical_symbols": ["Nb"], "concentration": [1.5]}, {"name": "N", "chemical_symbols": ["N"], "concentration": [1]}]"#,
            ),
            "! line 1, column 267 (block 7): invalid occupancy 1.5: a site's occupancies lie between 0 and 1 and add up to at most 1",
        ),
        (
            species(
                r#"[{"name": "Nb", "chemical_symbols": ["Nb"], "concentration": [1], "attached": ["H"], "nattached": [2]}, {"name": "N", "chemical_symbols": ["N"], "concentration": [1]}]"#,
            ),
            "! line 1, column 284 (block 7): species with attached atoms are not supported",
        ),
        (
            species(
                r#"[{"name": "Nb", "chemical_symbols": ["Nb"], "concentration": [1]}, {"name": "Nb", "chemical_symbols": ["Zr"], "concentration": [1]}]"#,
            ),
            "! line 1, column 282 (block 7): a species is described twice",
        ),
        (
            species(
                r#"[{"name": "Nb", "chemical_symbols": ["NB"], "concentration": [1]}, {"name": "N", "chemical_symbols": ["N"], "concentration": [1]}]"#,
            ),
            "! line 1, column 243 (block 7): NB is no element",
        ),
    ]);
}

/// Atoms of ASE: NbN with further fields.
fn atoms(fields: &str) -> String {
    format!(
        r#"{{"numbers": [41, 7], "positions": [[0, 0, 0], [4.5, 4.5, 4.5]], "cell": {MATRIX}, "pbc": [true, true, true]{fields}}}"#
    )
}

#[test]
fn ase() {
    let a = atoms("");
    let array = |shape: &str, kind: &str, values: &str| format!(r#"{{"__ndarray__": [{shape}, "{kind}", {values}]}}"#);
    check(&[
        (a.clone(), "N Nb in 9.0×9.0×9.0"),
        (format!(r#"{{"1": {a}, "2": {a}, "ids": [1, 2], "nextid": 3}}"#), "N Nb in 9.0×9.0×9.0 | N Nb in 9.0×9.0×9.0"),
        (
            a.replace(
                MATRIX,
                &format!(
                    r#"{{"array": {}, "__ase_objtype__": "cell"}}"#,
                    array("[3, 3]", "float64", "[9, 0, 0, 0, 9, 0, 0, 0, 9]")
                ),
            ),
            "N Nb in 9.0×9.0×9.0",
        ),
        (a.replace("[41, 7]", &array("[2]", "int64", "[41, 7]")), "N Nb in 9.0×9.0×9.0"),
        (a.replace("[41, 7]", "[41, 0]"), "! line 1, column 13: 0 is no atomic number"),
        (a.replace("[41, 7]", "[41, 7.5]"), "! line 1, column 13: 7.5 is no atomic number"),
        (a.replace("[41, 7]", "[41, 300]"), "! line 1, column 13: 300 is no atomic number"),
        (a.replace("[41, 7]", "[41, -7]"), "! line 1, column 13: -7 is no atomic number"),
        (a.replace("[41, 7]", "[41, \"N\"]"), "! line 1, column 18: numbers should hold a number, not a text: \"N\""),
        (a.replace("[41, 7]", "[41]"), "! line 1, column 32: 6 coordinates belong to 1 atoms"),
        (a.replace("[41, 7]", "41"), "! line 1, column 13: numbers should hold a list, not a number: 41"),
        (a.replace("[41, 7]", "null"), "! line 1, column 1: the object describes no structure"),
        (a.replace("[4.5, 4.5, 4.5]", "[4.5, 4.5]"), "! line 1, column 35: 5 coordinates belong to 2 atoms"),
        (a.replace("[4.5, 4.5, 4.5]", "[4.5, 4.5, NaN]"), "! line 1, column 58: positions is not finite: NaN"),
        (a.replace(MATRIX, "[9, 9, 9]"), "N Nb in 9.0×9.0×9.0"),
        (a.replace(MATRIX, "[9, 9, 9, 90, 90, 90]"), "! line 1, column 73: cell has 6 numbers instead of nine"),
        (
            a.replace(MATRIX, "null").replace("[true, true, true]", "[false, false, false]"),
            "N Nb in 14.5×14.5×14.5; line 1, column 1: note: no lattice is stated; the frame is a molecule",
        ),
        (a.replace(MATRIX, "null"), "! line 1, column 1: the frame is periodic but has no Lattice"),
        (
            a.replace(MATRIX, "[[9, 0, 0], [0, 9, 0], [0, 0, 0]]"),
            "! line 1, column 73: lattice vector 3 is zero, but the atoms repeat along it",
        ),
        (
            a.replace(MATRIX, "[[9, 0, 0], [0, 9, 0], [0, 0, 0]]").replace("true]", "false]"),
            "N Nb in 9.0×9.0×14.5; line 1, column 73: note: a lattice vector is zero; one 10 Å longer than the atoms reach was put in its place",
        ),
        (
            a.replace("[true, true, true]", "true"),
            "! line 1, column 115: pbc should hold a list, not true or false: true",
        ),
        (a.replace("[true, true, true]", "[true, true]"), "! line 1, column 115: pbc has 2 flags instead of three"),
        (atoms(r#", "numbers": [41, 7]"#), "! line 1, column 146: numbers occurs twice in the object"),
        (
            atoms(r#", "info": {"occupancy": {"0": {"Nb": 0.8, "Zr": 0.2}, "1": {"N": 1}}}"#),
            "! line 1, column 157: the atoms have mixed sites under occupancy, which are not read from ASE JSON",
        ),
        (
            atoms(r#", "info": {"occupancy": {"0": {"Nb": 0.8}}}"#),
            "! line 1, column 157: the atoms have mixed sites under occupancy, which are not read from ASE JSON",
        ),
        (atoms(r#", "info": {"occupancy": {"0": {"Nb": 1.0}, "1": {"N": 1}}, "x": NaN}"#), "N Nb in 9.0×9.0×9.0"),
        (
            atoms(r#", "info": {"occupancy": 5}"#),
            "! line 1, column 157: occupancy should hold an object, not a number: 5",
        ),
    ]);
}
