//! Messages say everything once: what an error prints, none of its sources prints again.

use s2s_crystal::{Composition, Lattice, ParseError, ReadOptions, read};

use crate::error_text::assert_printed_once;

fn refused(name: &str, text: &str) -> ParseError {
    let options = ReadOptions::ordered();
    let first = read(name, text.as_bytes(), &options).next();
    first.expect("one structure").expect_err("it is refused")
}

#[test]
fn a_wrapped_error_is_neither_hidden_nor_printed_twice() {
    let flat = Lattice::from_rows([[1.0, 0.0, 0.0], [2.0, 0.0, 0.0], [0.0, 0.0, 1.0]]).expect_err("a flat cell");
    assert_printed_once(&flat, "invalid lattice");
    let matrix = r#"{"lattice": {"matrix": [[1, 0, 0], [2, 0, 0], [0, 0, 1]]},
        "sites": [{"species": [{"element": "Nb", "occu": 1}], "abc": [0, 0, 0]}]}"#;
    for (name, text) in [("POSCAR", "flat\n1\n1 0 0\n2 0 0\n0 0 1\nNb\n1\nDirect\n0 0 0\n"), ("flat.json", matrix)] {
        assert_printed_once(&refused(name, text), &flat.to_string());
    }
    let unknown = "Qq2".parse::<Composition>().expect_err("no such element");
    assert_printed_once(&unknown, "Qq");
    // The error of a CIF inside JSON.
    let cif = r#"{"structure": "data_a\n_cell_length_a 0\n"}"#;
    assert_printed_once(&refused("in.json", cif), "the CIF under structure");
}
