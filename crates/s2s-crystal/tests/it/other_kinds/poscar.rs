//! POSCAR and CONTCAR.

use s2s_crystal::{Format, ReadOptions};

use super::{assert_levels, assert_table};

/// Lines 2 to 5: a cubic cell of 9 Å.
const CELL: &str = "1.0\n9 0 0\n0 9 0\n0 0 9\n";
const TWO: &str = "Direct\n0 0 0\n.5 .5 .5\n";

fn check(table: &[(String, &str)]) {
    assert_table(Format::Poscar, &ReadOptions::disordered(), table);
    assert_levels(Format::Poscar, table);
}

/// With these symbols and counts, or other lines in their place, and two positions.
fn two(lines: &str) -> String {
    format!("x\n{CELL}{lines}\n{TWO}")
}

/// With these lines in place of the scale factor and the lattice vectors.
fn cell(lines: &str) -> String {
    format!("x\n{lines}\nNb\n2\n{TWO}")
}

/// With these lines behind the counts of two niobium atoms.
fn rest(lines: &str) -> String {
    format!("x\n{CELL}Nb\n2\n{lines}")
}

/// What is said where nothing names the elements.
macro_rules! unnamed {
    () => {
        "the file names no elements (VASP 4), and its comment is not a symbol for each count: supply them, on the command line \
         with --elements"
    };
}

#[test]
fn symbols_and_counts() {
    check(&[
        (two("Nb N\n1 1"), "N Nb in 9.0×9.0×9.0"),
        (two("Nb\nN\n1\n1"), "N Nb in 9.0×9.0×9.0"),
        (two("Nb\t N \r\n\t1\t1"), "N Nb in 9.0×9.0×9.0"),
        (two("Nb N Nb N\n1 0 0 1"), "N Nb in 9.0×9.0×9.0"),
        (two("Nb Nb\n1 1"), "Nb2 in 9.0×9.0×9.0"),
        (two("Nb N # elements\n1 1 # atoms"), "N Nb in 9.0×9.0×9.0"),
        (two("Nb N\n1 1 remark"), "N Nb in 9.0×9.0×9.0"),
        (two("Nb N\n1 x 1"), "! line 7, column 3: a count is not a whole number: x"),
        (two("Nb N\n1"), "! line 7, column 1: 2 elements have 1 counts"),
        (two("Nb N\n1 1 1"), "! line 7, column 1: 2 elements have 3 counts"),
        (two("Nb N O\n1 1"), "! line 7, column 1: 3 elements have 2 counts"),
        (two("Nb N\n1 -1"), "! line 7, column 3: a count is not a whole number: -1"),
        (two("Nb N\n1.0 1.0"), "! line 7, column 1: a count is not a whole number: 1.0"),
        (two("Nb N\n1 1e0"), "! line 7, column 3: a count is not a whole number: 1e0"),
        (two("Nb N\n2*1"), "! line 7, column 1: a count is not a whole number: 2*1"),
        (two("Nb N\n0 0"), "! line 7, column 1: the counts add up to no atoms"),
        (two("Nb N\n1, 1"), "! line 7, column 1: a count is not a whole number: 1,"),
        (two("Nb, N\n1 1"), "! line 6, column 1: Nb, is no element"),
        (
            two("Nb N\n99999999999999999999 1"),
            "! line 7, column 1: a count is not a whole number: 99999999999999999999",
        ),
        (two("Nb N\n2000000 1"), "! line 7, column 1: 2000000 atoms exceed the limit of 1000000"),
        (two("2"), concat!("! line 8, column 6: ", unnamed!())),
        (two("1 1"), concat!("! line 8, column 6: ", unnamed!())),
        (two("\n1 1"), concat!("! line 9, column 6: ", unnamed!())),
        (two("Nb N\n\n1 1"), "N Nb in 9.0×9.0×9.0"),
        (two("1 1\nNb N"), "! line 7, column 1: the coordinates are neither Direct nor Cartesian: Nb N"),
        (two("Nb N 1 1"), "! line 6, column 6: 1 is no element"),
        (two("Nb1 N2\n1 1"), "N Nb in 9.0×9.0×9.0"),
        (two("1Nb\n2"), "! line 6, column 1: a count is not a whole number: 1Nb"),
        (two("Nb"), "! line 7, column 1: a count is not a whole number: Direct"),
        (two(""), "! line 6, column 1: the counts add up to no atoms"),
    ]);
}

#[test]
fn words_that_are_no_elements() {
    let words = [
        "Nb/Zr",
        "Nb0.8Zr0.2",
        "0.8Nb",
        "Nb0.8",
        "Nb(Zr)",
        "Nb-Zr",
        "Nb,Zr",
        "NbZr",
        "NbN",
        "Nb3Sn",
        "Zr0.2",
        "NH",
        "NH4",
        "nh4",
        "nh",
        "Nh4",
        "CN",
        "cn",
        "OH",
        "H2O",
        "HOH",
        "Wat",
        "wat",
        "WAT",
        "Du",
        "Du1",
        "Cg",
        "Vac",
        "Va",
        "X",
        "Xx",
        "M",
        "Q",
        "RE",
        "RE1",
        "TM",
        "Ln",
        "An",
        "CF3",
        "SO4",
        "Nb\u{a0}",
        "\u{39d}b",
        "?",
        ".",
        "-",
        "Nb?",
        "Nb'",
        "Nb*",
        "\"Nb\"",
        "'Nb'",
        "[Nb]",
        "vacancy",
        "null",
        "NaN",
        "Inf",
        "None",
        "Element",
    ];
    for word in words {
        let text = two(&format!("{word}\n2"));
        let first = word.split([' ', '\u{a0}']).next().unwrap_or_default();
        let refused = super::said(Format::Poscar, text.as_bytes(), &ReadOptions::lenient());
        assert!(refused.starts_with("! line 6, column 1: ") && refused.contains(first), "{word}: {refused}");
    }
    check(&[
        (two("Nb_pv\n2"), "Nb2 in 9.0×9.0×9.0"),
        (two("Nb_sv_GW\n2"), "Nb2 in 9.0×9.0×9.0"),
        (two("Nb_pv/1a2b3c4d\n2"), "Nb2 in 9.0×9.0×9.0"),
        (two("nb\n2"), "Nb2 in 9.0×9.0×9.0"),
        (two("NB\n2"), "Nb2 in 9.0×9.0×9.0"),
        (two("Nb3+\n2"), "Nb2 in 9.0×9.0×9.0"),
        (two("Nb+\n2"), "Nb2 in 9.0×9.0×9.0"),
        (two("Nb2\n2"), "Nb2 in 9.0×9.0×9.0"),
        (two("D\n2"), "H2 in 9.0×9.0×9.0; line 6, column 1: note: D was read as hydrogen"),
        (two("d\n2"), "H2 in 9.0×9.0×9.0; line 6, column 1: note: d was read as hydrogen"),
        (two("T\n2"), "H2 in 9.0×9.0×9.0; line 6, column 1: note: T was read as hydrogen"),
        (two("H.5\n2"), "H2 in 9.0×9.0×9.0; line 6, column 1: note: H.5 was read as hydrogen"),
        (two("Nb\u{e9}\n2"), "! line 6, column 1: Nbé is no element"),
        (two("Nb_Zr\n2"), "! line 6, column 1: Nb_Zr is no element"),
        (two("Nb_pv/Zr_sv\n2"), "! line 6, column 1: Nb_pv/Zr_sv is no element"),
    ]);
}

#[test]
fn scale_factors_and_lattices() {
    let rows = "9 0 0\n0 9 0\n0 0 9";
    let scaled = |scale: &str| cell(&format!("{scale}\n{rows}"));
    check(&[
        (scaled("1"), "Nb2 in 9.0×9.0×9.0"),
        (scaled("  1.0D0  "), "Nb2 in 9.0×9.0×9.0"),
        (scaled("1.0d+00"), "Nb2 in 9.0×9.0×9.0"),
        (scaled("1E0"), "Nb2 in 9.0×9.0×9.0"),
        (scaled("0.5 ! half"), "Nb2 in 4.5×4.5×4.5"),
        (scaled("2 Angstrom"), "Nb2 in 18.0×18.0×18.0"),
        (scaled("-729"), "Nb2 in 9.0×9.0×9.0"),
        (scaled("-5832"), "Nb2 in 18.0×18.0×18.0"),
        (scaled("1 1 2"), "Nb2 in 9.0×9.0×18.0"),
        (scaled("1 1 2 3"), "Nb2 in 9.0×9.0×18.0"),
        (scaled("1 1"), "! line 2, column 4: there should be one scale factor or three"),
        (scaled("1 1 -2"), "! line 2, column 1: one of three scale factors is not positive"),
        (scaled("-1 -1 -1"), "! line 2, column 1: one of three scale factors is not positive"),
        (scaled("0"), "! line 2, column 1: the scale factor is zero"),
        (scaled("0 1 1"), "! line 2, column 1: one of three scale factors is not positive"),
        (scaled("-0"), "! line 2, column 1: the scale factor is zero"),
        (scaled("nan"), "! line 2, column 1: the scale factor is not a number: nan"),
        (scaled("inf"), "! line 2, column 1: the scale factor is not a number: inf"),
        (scaled("-inf"), "! line 2, column 1: the scale factor is not a number: -inf"),
        (scaled("1e999"), "! line 2, column 1: the scale factor is not a number: 1e999"),
        (scaled("1e300"), "! line 3, column 1: invalid lattice: the lattice vectors are too long"),
        (scaled("1e-300"), "! line 3, column 1: invalid lattice: a lattice vector has no length"),
        (scaled("1,0"), "! line 2, column 1: the scale factor is not a number: 1,0"),
        (scaled("one"), "! line 2, column 1: the scale factor is not a number: one"),
        (scaled(""), "! line 2, column 1: there should be one scale factor or three"),
        (scaled("1.0\t"), "Nb2 in 9.0×9.0×9.0"),
        (cell("1\n9 0\n0 9 0\n0 0 9"), "! line 3, column 4: a component of a lattice vector is missing"),
        (cell("1\n9 0 0\n0 9 0"), "! line 5, column 1: a component of a lattice vector is not a number: Nb"),
        (cell("1\n9 0 0\n0 9 0\n0 9 0"), "! line 3, column 1: invalid lattice: the lattice vectors lie in a plane"),
        (cell("1\n9 0 0\n0 9 0\n0 0 0"), "! line 3, column 1: invalid lattice: a lattice vector has no length"),
        (cell("1\n9 0 0\n0 9 0\n0 0 nan"), "! line 5, column 5: a component of a lattice vector is not a number: nan"),
        (cell("1\n9 0 0\n0 9 0\n0 0 inf"), "! line 5, column 5: a component of a lattice vector is not a number: inf"),
        (cell("1\n9 0 0\n0 9 0\n0 0 9,0"), "! line 5, column 5: a component of a lattice vector is not a number: 9,0"),
        (
            cell("1\n9 0 0\n0 9 0\n0 0 1D999"),
            "! line 5, column 5: a component of a lattice vector is not a number: 1D999",
        ),
        (cell("1\n9.0D0 0 0\n0 9.0d0 0\n0 0 .9D+1"), "Nb2 in 9.0×9.0×9.0"),
        (cell("1\n9 0 0 a\n0 9 0 b\n0 0 9 c"), "Nb2 in 9.0×9.0×9.0"),
        (cell("1\n9 0 0\n0 9 0\n0 0 -9"), "Nb2 in 9.0×9.0×9.0"),
        (
            cell("1\n0.1 0 0\n0 9 0\n0 0 9"),
            "! line 3, column 1: the cell is 1.000e-1 Å thick, below the limit of 0.2 Å",
        ),
        (
            cell("1\n9 0 0\n0 9 0\n0 0 1e12"),
            "! line 3, column 1: the cell volume of 8.100e13 Å³ exceeds the limit of 1e9 Å³",
        ),
        (cell("1\n\n9 0 0\n0 9 0\n0 0 9"), "! line 3, column 1: a component of a lattice vector is missing"),
    ]);
}

#[test]
fn modes_and_positions() {
    check(&[
        (rest("Direct\n0 0 0\n.5 .5 .5\n"), "Nb2 in 9.0×9.0×9.0"),
        (rest("d\n0 0 0\n.5 .5 .5"), "Nb2 in 9.0×9.0×9.0"),
        (rest("D\n0 0 0\n.5 .5 .5"), "Nb2 in 9.0×9.0×9.0"),
        (rest("Fractional\n0 0 0\n.5 .5 .5"), "Nb2 in 9.0×9.0×9.0"),
        (rest("Cartesian\n0 0 0\n4.5 4.5 4.5"), "Nb2 in 9.0×9.0×9.0"),
        (rest("cart\n0 0 0\n4.5 4.5 4.5"), "Nb2 in 9.0×9.0×9.0"),
        (rest("K\n0 0 0\n4.5 4.5 4.5"), "Nb2 in 9.0×9.0×9.0"),
        (rest("k-space\n0 0 0\n4.5 4.5 4.5"), "Nb2 in 9.0×9.0×9.0"),
        (rest("  \tDirect configuration=     1\n0 0 0\n.5 .5 .5"), "Nb2 in 9.0×9.0×9.0"),
        (rest("Selective dynamics\nDirect\n0 0 0 T T T\n.5 .5 .5 F F F\n"), "Nb2 in 9.0×9.0×9.0"),
        (rest("s\nc\n0 0 0 T T T\n4.5 4.5 4.5 F F F\n"), "Nb2 in 9.0×9.0×9.0"),
        (rest("Selective\nDirect\n0 0 0\n.5 .5 .5\n"), "Nb2 in 9.0×9.0×9.0"),
        (
            rest("Selective\n0 0 0 T T T\n.5 .5 .5 T T T\n"),
            "! line 9, column 1: the coordinates are neither Direct nor Cartesian: 0 0 0 T T T",
        ),
        (rest("\n0 0 0\n.5 .5 .5\n"), "! line 8, column 1: the coordinates are neither Direct nor Cartesian: "),
        (rest("0 0 0\n.5 .5 .5\n"), "! line 8, column 1: the coordinates are neither Direct nor Cartesian: 0 0 0"),
        (
            rest("Relative\n0 0 0\n.5 .5 .5\n"),
            "! line 8, column 1: the coordinates are neither Direct nor Cartesian: Relative",
        ),
        (
            rest("Positions\n0 0 0\n.5 .5 .5\n"),
            "! line 8, column 1: the coordinates are neither Direct nor Cartesian: Positions",
        ),
        (rest("Direct\n0 0\n.5 .5 .5\n"), "! line 9, column 4: a coordinate is missing"),
        (rest("Direct\n0 0 nan\n.5 .5 .5\n"), "! line 9, column 5: a coordinate is not a number: nan"),
        (rest("Direct\n0 0 Infinity\n.5 .5 .5\n"), "! line 9, column 5: a coordinate is not a number: Infinity"),
        (rest("Direct\n0 0 1e999\n.5 .5 .5\n"), "! line 9, column 5: a coordinate is not a number: 1e999"),
        (rest("Direct\n0 0 0\n.5 .5 .5D0\n"), "Nb2 in 9.0×9.0×9.0"),
        (rest("Direct\n0 0 0\n5.0D-1 5.0d-1 +5.0E-01\n"), "Nb2 in 9.0×9.0×9.0"),
        (rest("Direct\n0,0,0\n.5,.5,.5\n"), "! line 9, column 1: a coordinate is not a number: 0,0,0"),
        (rest("Direct\n0 0 0\n1/2 1/2 1/2\n"), "! line 10, column 1: a coordinate is not a number: 1/2"),
        (rest("Direct\n0 0 0\n0.5(1) .5 .5\n"), "! line 10, column 1: a coordinate is not a number: 0.5(1)"),
        (rest("Direct\n0 0 0\n-.5 1.5 100.5\n"), "Nb2 in 9.0×9.0×9.0"),
        (rest("Direct\n0 0 0\n1e300 0 0\n"), "! line 10, column 1: a position is too far from the cell"),
        (
            rest("Direct\n0 0 0\n0 0 0\n"),
            "Nb2 in 9.0×9.0×9.0; line 10, column 1: warning: atom 2 (Nb) lies on atom 1 (Nb)",
        ),
        (
            rest("Direct\n0 0 0\n1 1 1\n"),
            "Nb2 in 9.0×9.0×9.0; line 10, column 1: warning: atom 2 (Nb) lies on atom 1 (Nb)",
        ),
        (
            rest("Direct\n0 0 0\n0 0 .02\n"),
            "Nb2 in 9.0×9.0×9.0; line 10, column 1: warning: atom 2 (Nb) is 0.18 Å from atom 1 (Nb)",
        ),
        (rest("Direct\n0 0 0\n"), "! line 10, column 1: the text ends where a position should stand"),
        (rest("Direct\n0 0 0\n\n.5 .5 .5\n"), "! line 10, column 1: a coordinate is missing"),
        (rest("Direct\n"), "! line 9, column 1: the text ends where a position should stand"),
        (rest("Direct"), "! line 8, column 7: the text ends where a position should stand"),
        (rest(""), "! line 8, column 1: the text ends where a line that says Direct or Cartesian should stand"),
        (rest("Direct\n0 0 0 Nb\n.5 .5 .5 Nb\n"), "Nb2 in 9.0×9.0×9.0"),
        (
            rest("Direct\n0 0 0 N\n.5 .5 .5 Nb\n"),
            "Nb2 in 9.0×9.0×9.0; line 9, column 7: warning: N stands behind a position that the counts give to Nb",
        ),
        (rest("Direct\n0 0 0 ! first\n.5 .5 .5 # second\n"), "Nb2 in 9.0×9.0×9.0"),
        (rest("Direct\n0\t0\t0\n.5\t.5\t.5\n"), "Nb2 in 9.0×9.0×9.0"),
    ]);
}

#[test]
fn lines_behind_the_positions() {
    let behind = |lines: &str| rest(&format!("{TWO}{lines}"));
    check(&[
        (behind("\n"), "Nb2 in 9.0×9.0×9.0"),
        (behind("\n0.1 0.1 0.1\n0.2 0.2 0.2\n"), "Nb2 in 9.0×9.0×9.0"),
        (behind("  \n  0.00000000E+00  0.00000000E+00  0.00000000E+00\n"), "Nb2 in 9.0×9.0×9.0"),
        (behind("Cartesian\n0.1 0.1 0.1\n0.2 0.2 0.2\n"), "Nb2 in 9.0×9.0×9.0"),
        (behind("Direct\n0.1 0.1 0.1\n0.2 0.2 0.2\n"), "Nb2 in 9.0×9.0×9.0"),
        (behind("Lattice velocities and vectors\n1\n0 0 0\n0 0 0\n0 0 0\n9 0 0\n0 9 0\n0 0 9\n"), "Nb2 in 9.0×9.0×9.0"),
        (behind("0.1 0.1 0.1\n"), "! line 11, column 1: a position follows the 2 that are counted"),
        (behind("0.1 0.1 0.1\n0.2 0.2 0.2\n"), "! line 11, column 1: a position follows the 2 that are counted"),
        (behind(".25 .25 .25 T T T\n"), "! line 11, column 1: a position follows the 2 that are counted"),
        (behind(".25 .25 .25 N\n"), "! line 11, column 1: a position follows the 2 that are counted"),
        (
            behind("Direct configuration=     2\n0.1 0.1 0.1\n0.6 0.6 0.6\n"),
            "Nb2 in 9.0×9.0×9.0; line 11, column 1: warning: a further structure follows, which was not read",
        ),
        (
            behind(&two("Nb\n2")),
            "Nb2 in 9.0×9.0×9.0; line 11, column 1: warning: a further structure follows, which was not read",
        ),
        (behind("any text\n"), "Nb2 in 9.0×9.0×9.0"),
    ]);
}

#[test]
fn bytes_around_the_text() {
    let plain = two("Nb N\n1 1");
    let utf_16 = |text: &str, mark: bool| {
        let mark = if mark { vec![0xFF, 0xFE] } else { Vec::new() };
        mark.into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect::<Vec<u8>>()
    };
    let big = |text: &str| text.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<u8>>();
    assert_table(
        Format::Poscar,
        &ReadOptions::disordered(),
        &[
            (plain.replace('\n', "\r\n").into_bytes(), "N Nb in 9.0×9.0×9.0"),
            (plain.replace('\n', "\r").into_bytes(), "N Nb in 9.0×9.0×9.0"),
            (format!("\u{feff}{plain}").into_bytes(), "N Nb in 9.0×9.0×9.0"),
            (plain.trim_end().as_bytes().to_vec(), "N Nb in 9.0×9.0×9.0"),
            (plain.replacen('x', "", 1).into_bytes(), "N Nb in 9.0×9.0×9.0"),
            (
                [b"\xFF\xFEcomment".as_slice(), &plain.as_bytes()[1..]].concat(),
                "! line 1, column 1: the text is UTF-16: save it as UTF-8",
            ),
            ([b"\xE9".as_slice(), &plain.as_bytes()[1..]].concat(), "N Nb in 9.0×9.0×9.0"),
            (utf_16(&plain, true), "! line 1, column 1: the text is UTF-16: save it as UTF-8"),
            (utf_16(&plain, false), "! line 1, column 1: the text is UTF-16: save it as UTF-8"),
            (big(&plain), "! line 1, column 1: the text is UTF-16: save it as UTF-8"),
            (big(&format!("\u{feff}{plain}")), "! line 1, column 1: the text is UTF-16: save it as UTF-8"),
            (
                plain.replace("0 9 0", "0 9\u{0}0").into_bytes(),
                "! line 4, column 3: a component of a lattice vector is not a number: 9 0",
            ),
            (
                plain.replace("0 9 0", "0 9\u{b}0").into_bytes(),
                "! line 4, column 3: a component of a lattice vector is not a number: 9 0",
            ),
            (
                plain.replace("0 9 0", "0\u{a0}9 0").into_bytes(),
                "! line 4, column 1: a component of a lattice vector is not a number: 0\u{a0}9",
            ),
            (
                plain.replace("0 9 0", "0 \u{2212}9 0").into_bytes(),
                "! line 4, column 3: a component of a lattice vector is not a number: −9",
            ),
            (b"".to_vec(), "! line 1, column 1: the text ends where a comment line should stand"),
            (b"\n\n\n".to_vec(), "! line 2, column 1: there should be one scale factor or three"),
        ],
    );
}
