//! Extended and plain XYZ.

use s2s_crystal::{Format, ReadOptions};

use super::{assert_levels, assert_table, said};

const LATTICE: &str = "Lattice=\"9 0 0 0 9 0 0 0 9\"";
const ROWS: &str = "Nb 0 0 0\nN 4.5 4.5 4.5\n";

fn check(table: &[(String, &str)]) {
    assert_table(Format::ExtXyz, &ReadOptions::disordered(), table);
    assert_levels(Format::ExtXyz, table);
}

/// A frame with this comment line and two atoms.
fn comment(line: &str) -> String {
    format!("2\n{line}\n{ROWS}")
}

/// A frame in a cube of 9 Å with these rows.
fn rows(count: &str, rows: &str) -> String {
    format!("{count}\n{LATTICE}\n{rows}")
}

/// A frame with these columns and one row.
fn columns(properties: &str, row: &str) -> String {
    format!("1\n{LATTICE} Properties={properties}\n{row}\n")
}

#[test]
fn lattices() {
    check(&[
        (comment(LATTICE), "N Nb in 9.0×9.0×9.0"),
        (comment("Lattice = \"9 0 0 0 9 0 0 0 9\""), "N Nb in 9.0×9.0×9.0"),
        (comment("lattice=\"9 0 0 0 9 0 0 0 9\""), "N Nb in 9.0×9.0×9.0"),
        (comment("LATTICE=\"9 0 0 0 9 0 0 0 9\""), "N Nb in 9.0×9.0×9.0"),
        (comment("Lattice='9 0 0 0 9 0 0 0 9'"), "N Nb in 9.0×9.0×9.0"),
        (comment("Lattice={9 0 0 0 9 0 0 0 9}"), "N Nb in 9.0×9.0×9.0"),
        (comment("Lattice=[9,0,0,0,9,0,0,0,9]"), "N Nb in 9.0×9.0×9.0"),
        (comment("Lattice=[[9,0,0],[0,9,0],[0,0,9]]"), "N Nb in 9.0×9.0×9.0"),
        (comment("Lattice=[[9, 0, 0], [0, 9, 0], [0, 0, 9]]"), "N Nb in 9.0×9.0×9.0"),
        (comment("Lattice=\"9\t0 0  0 9 0  0 0 9 \""), "N Nb in 9.0×9.0×9.0"),
        (comment("Lattice=\"9.0D0 0 0 0 9.0d0 0 0 0 9E0\""), "N Nb in 9.0×9.0×9.0"),
        (comment("Lattice=\"9 9 9\""), "N Nb in 9.0×9.0×9.0"),
        (
            comment("Lattice=9"),
            "N Nb in 14.5×14.5×14.5; line 2, column 1: warning: the comment names a lattice without nine numbers; it was read as a comment; line 2, column 1: note: no lattice is stated; the frame is a molecule",
        ),
        (comment("Lattice=9 0 0 0 9 0 0 0 9"), "! line 2, column 9: Lattice has 1 components instead of nine"),
        (
            comment("Lattice=\"9 9 9 90 90 90\""),
            "N Nb in 14.5×14.5×14.5; line 2, column 1: warning: the comment names a lattice without nine numbers; it was read as a comment; line 2, column 1: note: no lattice is stated; the frame is a molecule",
        ),
        (
            comment("Lattice=\"9 0 0 0 9 0 0 0\""),
            "N Nb in 14.5×14.5×14.5; line 2, column 1: warning: the comment names a lattice without nine numbers; it was read as a comment; line 2, column 1: note: no lattice is stated; the frame is a molecule",
        ),
        (
            comment("Lattice=\"9 0 0 0 9 0 0 0 9 9\""),
            "N Nb in 14.5×14.5×14.5; line 2, column 1: warning: the comment names a lattice without nine numbers; it was read as a comment; line 2, column 1: note: no lattice is stated; the frame is a molecule",
        ),
        (
            comment("Lattice=\"9 0 0 0 9 0 0 0 x\""),
            "N Nb in 14.5×14.5×14.5; line 2, column 1: warning: the comment names a lattice without nine numbers; it was read as a comment; line 2, column 1: note: no lattice is stated; the frame is a molecule",
        ),
        (
            comment("Lattice=\"9 0 0 0 9 0 0 0 nan\""),
            "N Nb in 14.5×14.5×14.5; line 2, column 1: warning: the comment names a lattice without nine numbers; it was read as a comment; line 2, column 1: note: no lattice is stated; the frame is a molecule",
        ),
        (
            comment("Lattice=\"9 0 0 0 9 0 0 0 inf\""),
            "N Nb in 14.5×14.5×14.5; line 2, column 1: warning: the comment names a lattice without nine numbers; it was read as a comment; line 2, column 1: note: no lattice is stated; the frame is a molecule",
        ),
        (
            comment("Lattice=\"9 0 0 0 9 0 0 0 1e999\""),
            "N Nb in 14.5×14.5×14.5; line 2, column 1: warning: the comment names a lattice without nine numbers; it was read as a comment; line 2, column 1: note: no lattice is stated; the frame is a molecule",
        ),
        (comment("Lattice=\"9 0 0 0 9 0 0 0 9"), "! line 2, column 9: a quoted value has no end"),
        (
            comment("Lattice=\"9 0 0 0 9 0 0 9 0\""),
            "! line 2, column 10: invalid lattice: the lattice vectors lie in a plane",
        ),
        (
            comment("Lattice=\"9 0 0 0 9 0 9 9 0\""),
            "! line 2, column 10: invalid lattice: the lattice vectors lie in a plane",
        ),
        (comment(&format!("{LATTICE} {LATTICE}")), "! line 2, column 38: Lattice occurs twice"),
        (
            comment("Lattice=\"9 0 0 0 9 0 0 0 1e-9\""),
            "! line 2, column 10: the cell is 1.000e-9 Å thick, below the limit of 0.2 Å",
        ),
        (
            comment("Lattice=\"9 0 0 0 9 0 0 0 1e12\""),
            "! line 2, column 10: the cell volume of 8.100e13 Å³ exceeds the limit of 1e9 Å³",
        ),
        (
            comment("Lattice=\"\""),
            "N Nb in 14.5×14.5×14.5; line 2, column 1: warning: the comment names a lattice without nine numbers; it was read as a comment; line 2, column 1: note: no lattice is stated; the frame is a molecule",
        ),
        (
            comment("Lattice="),
            "N Nb in 14.5×14.5×14.5; line 2, column 1: warning: the comment names a lattice without nine numbers; it was read as a comment; line 2, column 1: note: no lattice is stated; the frame is a molecule",
        ),
        (
            comment("Lattice"),
            "N Nb in 14.5×14.5×14.5; line 2, column 1: note: no lattice is stated; the frame is a molecule",
        ),
        (
            comment("Lattice=\"0 0 0 0 0 0 0 0 0\""),
            "N Nb in 14.5×14.5×14.5; line 2, column 10: note: no lattice is stated; the frame is a molecule",
        ),
        (
            comment("Lattice=\"0 0 0 0 0 0 0 0 0\" pbc=\"F F F\""),
            "N Nb in 14.5×14.5×14.5; line 2, column 10: note: no lattice is stated; the frame is a molecule",
        ),
        (
            comment("Lattice=\"9 0 0 0 9 0 0 0 0\" pbc=\"T T F\""),
            "N Nb in 9.0×9.0×14.5; line 2, column 10: note: a lattice vector is zero; one 10 Å longer than the atoms reach was put in its place",
        ),
        (
            comment("Lattice=\"9 0 0 0 9 0 0 0 0\" pbc=\"T T T\""),
            "! line 2, column 10: lattice vector 3 is zero, but the atoms repeat along it",
        ),
        (
            comment("Lattice=\"9 0 0 0 9 0 0 0 0\""),
            "N Nb in 9.0×9.0×14.5; line 2, column 10: note: a lattice vector is zero; one 10 Å longer than the atoms reach was put in its place",
        ),
        (
            comment("Lattice=\"9 0 0 0 0 0 0 0 0\" pbc=\"T F F\""),
            "N Nb in 9.0×14.5×14.5; line 2, column 10: note: a lattice vector is zero; one 10 Å longer than the atoms reach was put in its place",
        ),
    ]);
}

#[test]
fn periodicity() {
    let pbc = |words: &str| comment(&format!("{LATTICE} {words}"));
    for words in [
        "pbc=\"T T T\"",
        "pbc=\"True True True\"",
        "pbc=\"true true true\"",
        "pbc=\"1 1 1\"",
        "pbc=[T,T,T]",
        "pbc=[T, T, T]",
        "pbc={T T T}",
        "pbc='T T T'",
        "pbc=T",
        "PBC=\"T T T\"",
        "pbc = \"T T T\"",
        "pbc=\"TRUE TRUE TRUE\"",
        "pbc=[true, true, true]",
        "pbc=[[T, T, T]]",
    ] {
        assert_eq!(
            said(Format::ExtXyz, pbc(words).as_bytes(), &ReadOptions::disordered()),
            "N Nb in 9.0×9.0×9.0",
            "{words}"
        );
    }
    check(&[
        (pbc("pbc=\"T T\""), "! line 2, column 34: pbc does not have three flags"),
        (pbc("pbc=\"T T T T\""), "! line 2, column 34: pbc does not have three flags"),
        (pbc("pbc=\"T T X\""), "! line 2, column 38: pbc is neither T nor F: X"),
        (pbc("pbc=\"yes yes yes\""), "! line 2, column 34: pbc is neither T nor F: yes"),
        (pbc("pbc=\"2 2 2\""), "! line 2, column 34: pbc is neither T nor F: 2"),
        (pbc("pbc=\"\""), "! line 2, column 34: pbc does not have three flags"),
        (pbc("pbc=T T T"), "! line 2, column 35: a further flag of pbc stands outside of quotes"),
        (pbc("pbc=\"TTT\""), "! line 2, column 34: pbc is neither T nor F: TTT"),
        (pbc("pbc=\"T T T\" pbc=\"F F F\""), "! line 2, column 46: pbc occurs twice"),
        (comment("pbc=\"T T T\""), "! line 2, column 1: the frame is periodic but has no Lattice"),
        (
            comment("pbc=\"F F F\""),
            "N Nb in 14.5×14.5×14.5; line 2, column 1: note: no lattice is stated; the frame is a molecule",
        ),
        (
            comment("pbc=\"T T T\" Properties=species:S:1:pos:R:3"),
            "! line 2, column 1: the frame is periodic but has no Lattice",
        ),
    ]);
}

#[test]
fn properties() {
    check(&[
        (columns("species:S:1:pos:R:3", "Nb 0 0 0"), "Nb in 9.0×9.0×9.0"),
        (columns("pos:R:3:species:S:1", "0 0 0 Nb"), "Nb in 9.0×9.0×9.0"),
        (columns("id:I:1:species:S:1:pos:R:3:forces:R:3", "7 Nb 0 0 0 1 2 3"), "Nb in 9.0×9.0×9.0"),
        (columns("\"species:S:1:pos:R:3\"", "Nb 0 0 0"), "Nb in 9.0×9.0×9.0"),
        (columns("species:S:1:pos:R:3:Z:I:1", "Nb 0 0 0 41"), "Nb in 9.0×9.0×9.0"),
        (columns("species:S:1:pos:R:3:Z:I:1", "Nb 0 0 0 40"), "! line 3, column 10: one column says Nb, another Zr"),
        (columns("Z:I:1:pos:R:3", "41 0 0 0"), "Nb in 9.0×9.0×9.0"),
        (columns("Z:I:1:pos:R:3", "0 0 0 0"), "! line 3, column 1: 0 is no atomic number"),
        (columns("Z:I:1:pos:R:3", "41.0 0 0 0"), "! line 3, column 1: 41.0 is no atomic number"),
        (columns("Z:I:1:pos:R:3", "Nb 0 0 0"), "! line 3, column 1: Nb is no atomic number"),
        (columns("Z:I:1:pos:R:3", "300 0 0 0"), "! line 3, column 1: 300 is no atomic number"),
        (columns("pos:R:3", "0 0 0"), "! line 2, column 40: Properties names no column species"),
        (columns("species:S:1", "Nb"), "! line 2, column 40: Properties names no column pos"),
        (columns("species:S:1:pos:R:2", "Nb 0 0"), "! line 2, column 58: pos has a width of 2"),
        (columns("species:S:2:pos:R:3", "Nb N 0 0 0"), "! line 2, column 50: species has a width of 2"),
        (columns("species:S:1:pos:X:3", "Nb 0 0 0"), "! line 2, column 56: a column type is none of S, R, I and L: X"),
        (columns("species:S:1:pos:r:3", "Nb 0 0 0"), "! line 2, column 56: a column type is none of S, R, I and L: r"),
        (columns("species:R:1:pos:R:3", "Nb 0 0 0"), "Nb in 9.0×9.0×9.0"),
        (columns("species:S:1:pos:S:3", "Nb 0 0 0"), "Nb in 9.0×9.0×9.0"),
        (columns("species:S:1:pos:R:3:", "Nb 0 0 0"), "! line 2, column 60: Properties is not made of triples"),
        (columns("species:S:1:pos:R", "Nb 0 0 0"), "! line 2, column 52: Properties is not made of triples"),
        (
            columns("species:S:one:pos:R:3", "Nb 0 0 0"),
            "! line 2, column 50: the width of a column is not a whole number: one",
        ),
        (
            columns("species:S:0:pos:R:3", "Nb 0 0 0"),
            "! line 2, column 50: the width of a column is not a whole number: 0",
        ),
        (
            columns("species:S:-1:pos:R:3", "Nb 0 0 0"),
            "! line 2, column 50: the width of a column is not a whole number: -1",
        ),
        (
            columns("species:S:1:pos:R:99999999999", "Nb 0 0 0"),
            "! line 2, column 58: the width of a column is not a whole number: 99999999999",
        ),
        (
            columns("species:S:1:pos:R:3:pos:R:3", "Nb 0 0 0 1 1 1"),
            "! line 2, column 60: Properties names pos after a column of the same meaning",
        ),
        (
            columns("species:S:1:pos:R:3:positions:R:3", "Nb 0 0 0 1 1 1"),
            "! line 2, column 60: Properties names positions after a column of the same meaning",
        ),
        (
            columns("species:S:1:species:S:1:pos:R:3", "Nb N 0 0 0"),
            "! line 2, column 52: Properties names species after a column of the same meaning",
        ),
        (
            columns("species:S:1:symbols:S:1:pos:R:3", "Nb N 0 0 0"),
            "! line 2, column 52: Properties names symbols after a column of the same meaning",
        ),
        (columns("Species:S:1:Pos:R:3", "Nb 0 0 0"), "! line 2, column 40: Properties names no column pos"),
        (columns("", "Nb 0 0 0"), "! line 2, column 40: Properties is not made of triples"),
        (columns("species:S:1:pos:R:3", "Nb 0 0"), "! line 3, column 7: the row has fewer than 4 columns"),
        (
            columns("species:S:1:pos:R:3", "Nb 0 0 0 1 2"),
            "Nb in 9.0×9.0×9.0; line 3, column 10: warning: 1 stands behind the 4 columns of Properties",
        ),
        (columns("species:S:1:pos:R:3:fix:L:1", "Nb 0 0 0 T"), "Nb in 9.0×9.0×9.0"),
        (columns("species:S:1:pos:R:3", "0 0 0 Nb"), "! line 3, column 1: 0 is no atomic number"),
        (
            columns("species:S:1:pos:R:3 Properties=pos:R:3:species:S:1", "Nb 0 0 0"),
            "! line 2, column 71: Properties occurs twice",
        ),
        (
            columns("species:S:1:pos:R:3 energy=-1.5 stress=\"1 2 3 4 5 6 7 8 9\" virial=[1,2] free", "Nb 0 0 0"),
            "Nb in 9.0×9.0×9.0",
        ),
        (columns("species:S:1:pos:R:3 a=[1", "Nb 0 0 0"), "! line 2, column 62: a bracketed value has no end"),
        (columns("species:S:1:pos:R:3 a=\"1", "Nb 0 0 0"), "! line 2, column 62: a quoted value has no end"),
        (columns("species:S:1:pos:R:3 a=\"x \\\" y\"", "Nb 0 0 0"), "Nb in 9.0×9.0×9.0"),
        (
            columns(
                "species:S:1:pos:R:3 occupancy=\"_JSON {\\\"0\\\": {\\\"Nb\\\": 0.8, \\\"Zr\\\": 0.2}}\"",
                "Nb 0 0 0",
            ),
            "! line 2, column 71: the frame states mixed sites under occupancy, which are not read from extended XYZ",
        ),
        (
            columns("species:S:1:pos:R:3 occupancy=\"_JSON {\\\"0\\\": {\\\"Nb\\\": 0.8}}\"", "Nb 0 0 0"),
            "! line 2, column 71: the frame states mixed sites under occupancy, which are not read from extended XYZ",
        ),
        (
            columns(
                "species:S:1:pos:R:3 occupancy=\"_JSON {\\\"0\\\": {\\\"Nb\\\": 1}, \\\"1\\\": {\\\"N\\\": 1.0}}\"",
                "Nb 0 0 0",
            ),
            "Nb in 9.0×9.0×9.0",
        ),
    ]);
}

#[test]
fn rows_and_counts() {
    check(&[
        (rows("2", ROWS), "N Nb in 9.0×9.0×9.0"),
        (rows("  2\t", ROWS), "N Nb in 9.0×9.0×9.0"),
        (rows("2", &ROWS.replace('\n', "\r\n")), "N Nb in 9.0×9.0×9.0"),
        (rows("2", &ROWS.replace(' ', "\t")), "N Nb in 9.0×9.0×9.0"),
        (rows("2", "Nb 0 0 0 ! remark\nN 4.5 4.5 4.5 1 2 3"), "N Nb in 9.0×9.0×9.0"),
        (rows("2", "  Nb 0 0 0\n  N 4.5D0 4.5d0 +4.5E0"), "N Nb in 9.0×9.0×9.0"),
        (rows("2", "Nb 0 0 nan\nN 4.5 4.5 4.5"), "! line 3, column 8: a coordinate is not a number: nan"),
        (rows("2", "Nb 0 0 inf\nN 4.5 4.5 4.5"), "! line 3, column 8: a coordinate is not a number: inf"),
        (rows("2", "Nb 0 0 1e999\nN 4.5 4.5 4.5"), "! line 3, column 8: a coordinate is not a number: 1e999"),
        (rows("2", "Nb 0 0 1e300\nN 4.5 4.5 4.5"), "! line 3, column 1: a position is too far from the cell"),
        (rows("2", "Nb 0,0 0 0\nN 4.5 4.5 4.5"), "! line 3, column 4: a coordinate is not a number: 0,0"),
        (rows("2", "Nb 0 0 0"), "! line 3, column 9: the text ends before the 2 atoms of the frame do"),
        (rows("2", "Nb 0 0 0\n"), "! line 4, column 1: the text ends before the 2 atoms of the frame do"),
        (rows("2", "Nb 0 0 0\n\n"), "! line 4, column 1: the row has fewer than 4 columns"),
        (rows("2", "Nb 0 0 0\n\nN 4.5 4.5 4.5"), "! line 5, column 1: a row follows the 2 atoms of the frame"),
        (rows("1", ROWS), "! line 4, column 1: a row follows the 1 atoms of the frame"),
        (rows("3", ROWS), "! line 5, column 1: the text ends before the 3 atoms of the frame do"),
        (rows("0", ""), "! line 1, column 1: the frame has no atoms"),
        (rows("-2", ROWS), "! line 1, column 1: the number of atoms is not a whole number: -2"),
        (rows("2.0", ROWS), "! line 1, column 1: the number of atoms is not a whole number: 2.0"),
        (rows("2 atoms", ROWS), "! line 1, column 3: atoms follows the number of atoms"),
        (rows("two", ROWS), "! line 1, column 1: the number of atoms is not a whole number: two"),
        (
            rows("99999999999999999999", ROWS),
            "! line 1, column 1: the number of atoms is not a whole number: 99999999999999999999",
        ),
        (rows("2000000", ROWS), "! line 1, column 1: 2000000 atoms exceed the limit of 1000000"),
        (
            rows("2", "Nb 0 0 0\nNb 0 0 0"),
            "Nb2 in 9.0×9.0×9.0; line 4, column 1: warning: atom 2 (Nb) lies on atom 1 (Nb)",
        ),
        (
            rows("2", "Nb 0 0 0\nNb 9 9 9"),
            "Nb2 in 9.0×9.0×9.0; line 4, column 1: warning: atom 2 (Nb) lies on atom 1 (Nb)",
        ),
        (
            rows("2", "Nb 0 0 0\nNb 0 0 .3"),
            "Nb2 in 9.0×9.0×9.0; line 4, column 1: warning: atom 2 (Nb) is 0.30 Å from atom 1 (Nb)",
        ),
        (rows("1", "Nb3+ 0 0 0"), "Nb in 9.0×9.0×9.0"),
        (rows("1", "Nb1e39+ 0 0 0"), "! line 3, column 1: Nb1e39+ is no element"),
        (rows("1", "NB 0 0 0"), "Nb in 9.0×9.0×9.0"),
        (rows("1", "nb 0 0 0"), "Nb in 9.0×9.0×9.0"),
        (rows("1", "Nb1 0 0 0"), "Nb in 9.0×9.0×9.0"),
        (rows("1", "41 0 0 0"), "Nb in 9.0×9.0×9.0"),
        (rows("1", "D 0 0 0"), "H in 9.0×9.0×9.0; line 3, column 1: note: D was read as hydrogen"),
        (rows("1", "T 0 0 0"), "H in 9.0×9.0×9.0; line 3, column 1: note: T was read as hydrogen"),
        (rows("1", "0 0 0 0"), "! line 3, column 1: 0 is no atomic number"),
        (rows("1", "119 0 0 0"), "! line 3, column 1: 119 is no atomic number"),
        (rows("1", "-41 0 0 0"), "! line 3, column 1: -41 is no element"),
        (rows("1", "\"Nb\" 0 0 0"), "! line 3, column 1: \"Nb\" is no element"),
        (
            "1\nAtoms. Timestep: 0\n1 0 0 0\n".to_owned(),
            "! line 3, column 1: 1 is an atom type of LAMMPS and names no element",
        ),
        (
            "1\nAtoms. Timestep: 0\nNb 0 0 0\n".to_owned(),
            "Nb in 10.0×10.0×10.0; line 2, column 1: note: no lattice is stated; the frame is a molecule",
        ),
    ]);
    for word in [
        "Nb/Zr",
        "Nb0.8Zr0.2",
        "Nb0.8",
        "NbN",
        "NH4",
        "nh4",
        "NH",
        "nh",
        "cn",
        "CN",
        "OH",
        "H2O",
        "Wat",
        "wat",
        "HOH",
        "Du",
        "Vac",
        "Va",
        "X",
        "Xx",
        "RE",
        "TM",
        "M",
        "Ln",
        "CF3",
        "SO4",
        "Nb-N",
        "Nb:N",
        "Nb+N",
        "Nb,N",
        "Nb_N",
        "OW",
        "HW1",
        "CH3",
        "Me",
        "Ph",
        "?",
        ".",
        "-",
        "Nb\u{a0}",
        "Bq",
        "Cg",
        "Q1",
        "LP",
    ] {
        let said = said(Format::ExtXyz, rows("1", &format!("{word} 0 0 0")).as_bytes(), &ReadOptions::lenient());
        assert!(
            said.starts_with("! line 3, column 1: ") && said.contains(word.trim_end_matches('\u{a0}')),
            "{word}: {said}"
        );
    }
}

#[test]
fn several_frames() {
    let good = rows("2", ROWS);
    check(&[
        (format!("{good}{good}"), "N Nb in 9.0×9.0×9.0 | N Nb in 9.0×9.0×9.0"),
        (format!("{good}\n\n{good}\n\n"), "N Nb in 9.0×9.0×9.0 | N Nb in 9.0×9.0×9.0"),
        (format!("\n{good}"), "N Nb in 9.0×9.0×9.0"),
        (
            format!("{good}{}", rows("2", "Nb 0 0 0\nXx 1 1 1\n")),
            "N Nb in 9.0×9.0×9.0 | ! line 8, column 1: Xx is no element",
        ),
        (
            format!("{}{good}", rows("2", "Nb 0 0 0\nXx 1 1 1\n")),
            "! line 4, column 1: Xx is no element | N Nb in 9.0×9.0×9.0",
        ),
        (
            format!("{}{good}", comment("Lattice=\"9 0 0 0 9 0 0 0 x\"")),
            "N Nb in 14.5×14.5×14.5; line 2, column 1: warning: the comment names a lattice without nine numbers; it was read as a comment; line 2, column 1: note: no lattice is stated; the frame is a molecule | N Nb in 9.0×9.0×9.0",
        ),
        (format!("{}{good}", rows("1", ROWS)), "! line 4, column 1: a row follows the 1 atoms of the frame"),
        (format!("{}{good}", rows("3", ROWS)), "! line 6, column 1: a row follows the 3 atoms of the frame"),
        (
            format!("{good}{}", &good[..good.len() - 14]),
            "N Nb in 9.0×9.0×9.0 | ! line 8, column 1: the text ends before the 2 atoms of the frame do",
        ),
        (
            format!("{good}2\n"),
            "N Nb in 9.0×9.0×9.0 | ! line 6, column 1: the text ends where the comment line should stand",
        ),
        (
            format!("{good}any text\n"),
            "N Nb in 9.0×9.0×9.0 | ! line 5, column 1: the number of atoms is not a whole number: any",
        ),
        (format!("{good}Nb 1 1 1\n"), "! line 5, column 1: a row follows the 2 atoms of the frame"),
        (format!("{good}0\n\n{good}"), "N Nb in 9.0×9.0×9.0 | ! line 5, column 1: the frame has no atoms"),
    ]);
}

#[test]
fn bytes_around_the_text() {
    let good = rows("2", ROWS);
    let utf_16: Vec<u8> = good.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = good.encode_utf16().flat_map(u16::to_be_bytes).collect();
    assert_table(
        Format::ExtXyz,
        &ReadOptions::disordered(),
        &[
            (good.replace('\n', "\r\n").into_bytes(), "N Nb in 9.0×9.0×9.0"),
            (good.replace('\n', "\r").into_bytes(), "N Nb in 9.0×9.0×9.0"),
            (format!("\u{feff}{good}").into_bytes(), "N Nb in 9.0×9.0×9.0"),
            (good.trim_end().as_bytes().to_vec(), "N Nb in 9.0×9.0×9.0"),
            (utf_16.clone(), "! line 1, column 1: the text is UTF-16: save it as UTF-8"),
            ([b"\xFF\xFE".as_slice(), &utf_16].concat(), "! line 1, column 1: the text is UTF-16: save it as UTF-8"),
            (big, "! line 1, column 1: the text is UTF-16: save it as UTF-8"),
            (good.replace("N 4", "N\u{0}4").into_bytes(), "! line 4, column 1: N 4.5 is no element"),
            (good.replace("N 4", "N\u{a0}4").into_bytes(), "! line 4, column 1: N\u{a0}4.5 is no element"),
            (
                good.replace("N 4.5", "N \u{2212}4.5").into_bytes(),
                "! line 4, column 3: a coordinate is not a number: −4.5",
            ),
            (
                [b"2\n\xE9\xFF\n", ROWS.as_bytes()].concat(),
                "N Nb in 14.5×14.5×14.5; line 2, column 1: note: no lattice is stated; the frame is a molecule",
            ),
            (b"".to_vec(), "! line 1, column 1: the text holds no frame"),
            (b"\n\n".to_vec(), "! line 1, column 1: the text holds no frame"),
            (b"2".to_vec(), "! line 1, column 2: the text ends where the comment line should stand"),
        ],
    );
}
