//! JSON of ASE.

use super::json::{MATRIX, check};

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
