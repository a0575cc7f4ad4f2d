//! Cartesian coordinates in a frame that the block states.

use s2s_crystal::{DiagnosticKind, ParseErrorKind, Strictness};

use super::{P1, read_with, refused, sites, warned};

const FRAME: &str = "Cartn_x Cartn_y Cartn_z";

/// Nitrogen at these Cartesian coordinates in a cell of 5, 6 and 7 Å.
fn at(lines: &str, gamma: u8, position: &str) -> String {
    let atoms = sites(&format!("type_symbol {FRAME}"), &format!("N {position}"));
    format!(
        "data_t\n_cell_length_a 5\n_cell_length_b 6\n_cell_length_c 7\n_cell_angle_alpha 90\n_cell_angle_beta 90\n\
         _cell_angle_gamma {gamma}\n{P1}{lines}{atoms}"
    )
}

/// The lines of a matrix, row by row: the tags with `#` in place of the indices, which `spelled` writes.
fn matrix(spelled: impl Fn(usize, usize) -> String, rows: [[f64; 3]; 3]) -> String {
    let entry = |n: usize| format!("{} {}\n", spelled(n / 3 + 1, n % 3 + 1), rows[n / 3][n % 3]);
    (0..9).map(entry).collect()
}

fn cartesian(rows: [[f64; 3]; 3]) -> String {
    matrix(|i, j| format!("_atom_sites_Cartn_tran_matrix_{i}{j}"), rows)
}

fn fractional(rows: [[f64; 3]; 3]) -> String {
    matrix(|i, j| format!("_atom_sites_fract_tran_matrix_{i}{j}"), rows)
}

#[track_caller]
fn position(text: &str) -> [f64; 3] {
    let read = read_with(text, Strictness::Strict).unwrap_or_else(|error| panic!("{error}\n{text}"));
    read.crystal.sites()[0].position.0
}

#[track_caller]
fn is_at(text: &str, expected: [f64; 3]) {
    let found = position(text);
    assert!((0..3).all(|k| (found[k] - expected[k]).abs() < 1e-9), "{found:?}\n{text}");
}

/// **a** along y, **b** along x.
const EXCHANGED: [[f64; 3]; 3] = [[0.0, 6.0, 0.0], [5.0, 0.0, 0.0], [0.0, 0.0, 7.0]];

/// The inverse of `EXCHANGED`.
const BACK: [[f64; 3]; 3] = [[0.0, 1.0 / 5.0, 0.0], [1.0 / 6.0, 0.0, 0.0], [0.0, 0.0, 1.0 / 7.0]];

const EXPECTED: [f64; 3] = [2.0 / 5.0, 1.0 / 6.0, 3.0 / 7.0];

#[test]
fn a_stated_frame_is_used_in_every_spelling() {
    is_at(&at("", 90, "1 2 3"), [1.0 / 5.0, 2.0 / 6.0, 3.0 / 7.0]);
    for lines in [
        cartesian(EXCHANGED),
        matrix(|i, j| format!("_atom_sites.Cartn_transf_matrix[{i}][{j}]"), EXCHANGED),
        matrix(|i, j| format!("_atom_sites_Cartn_transform.mat_{i}{j}"), EXCHANGED),
        matrix(|i, j| format!("_atom_sites.cartn_tran_matrix_{i}{j}"), EXCHANGED),
        "_atom_sites_Cartn_transform.matrix '[[0 6 0] [5 0 0] [0 0 7]]'\n".to_owned(),
        fractional(BACK),
        matrix(|i, j| format!("_atom_sites.fract_transf_matrix[{i}][{j}]"), BACK),
        matrix(|i, j| format!("_atom_sites_fract_transform.mat_{i}{j}"), BACK),
        cartesian(EXCHANGED) + &fractional(BACK),
    ] {
        is_at(&at(&lines, 90, "1 2 3"), EXPECTED);
    }
}

#[test]
fn the_vector_of_a_frame_moves_its_origin() {
    let moved = cartesian(EXCHANGED)
        + "_atom_sites_Cartn_tran_vector_1 1\n_atom_sites_Cartn_tran_vector_2 0\n_atom_sites_Cartn_tran_vector_3 -1\n";
    is_at(&at(&moved, 90, "2 2 2"), EXPECTED);
    let moved = matrix(|i, j| format!("_atom_sites.fract_transf_matrix[{i}][{j}]"), BACK)
        + "_atom_sites.fract_transf_vector[1] 0.5\n_atom_sites.fract_transf_vector[2] 0\n_atom_sites.fract_transf_vector[3] 0\n";
    is_at(&at(&moved, 90, "1 2 3"), [EXPECTED[0] + 0.5, EXPECTED[1], EXPECTED[2]]);
}

#[test]
fn a_printed_matrix_of_the_usual_frame_costs_no_digits() {
    let gamma = 110_f64.to_radians();
    let usual = [[5.0, 6.0 * gamma.cos(), 0.0], [0.0, 6.0 * gamma.sin(), 0.0], [0.0, 0.0, 7.0]];
    let printed = cartesian(usual.map(|row| row.map(|x| (x * 1e3).round() / 1e3)));
    assert_eq!(position(&at(&printed, 110, "1 2 3")), position(&at("", 110, "1 2 3")));
}

/// A cube of this edge, and the diagonal matrix to fractions, with nitrogen at the middle of each edge times 1.9.
fn in_a_cube(edge: f64, diagonal: &str) -> String {
    let lines = fractional([[0.0; 3]; 3]);
    let lines = ["11", "22", "33"]
        .iter()
        .fold(lines, |text, entry| text.replace(&format!("{entry} 0\n"), &format!("{entry} {diagonal}\n")));
    let edges = at(&lines, 90, &format!("{} 0 0", 0.95 * edge));
    edges
        .replace("a 5\n", &format!("a {edge}\n"))
        .replace("b 6\n", &format!("b {edge}\n"))
        .replace("c 7\n", &format!("c {edge}\n"))
}

#[test]
fn the_cell_has_more_digits_than_its_matrix() {
    // Off by 0.5, 0.6 and 0.2 % in length.
    for (edge, diagonal) in [(23.7, "0.042"), (28.4, "0.035"), (23.7, "4.2e-2"), (53.1, "0.0188")] {
        is_at(&in_a_cube(edge, diagonal), [0.95, 0.0, 0.0]);
    }
    // In another orientation too.
    let coarse = fractional([[0.0, 0.2, 0.0], [0.167, 0.0, 0.0], [0.0, 0.0, 0.143]]);
    is_at(&at(&coarse, 90, "1 2 3"), EXPECTED);
    let oblique = 1.0_f64.to_radians();
    let (s, c) = oblique.sin_cos();
    let turned = [[5.0 * c, -6.0 * s, 0.0], [5.0 * s, 6.0 * c, 0.0], [0.0, 0.0, 7.0]].map(|row| row.map(f64::round));
    // A degree is less than these digits tell.
    let whole = matrix(|i, j| format!("_atom_sites_Cartn_tran_matrix_{i}{j}"), turned).replace('\n', ".0\n");
    is_at(&at(&whole, 90, "1 2 3"), [1.0 / 5.0, 2.0 / 6.0, 3.0 / 7.0]);
    // Two statements may differ by the digits of both.
    let both = in_a_cube(53.1, "0.0188")
        .replace("loop_\n", &(cartesian([[53.1, 0.0, 0.0], [0.0, 53.1, 0.0], [0.0, 0.0, 53.1]]) + "loop_\n"));
    is_at(&both, [0.95, 0.0, 0.0]);
}

#[test]
fn a_matrix_that_is_off_by_more_than_its_digits_is_refused() {
    for (edge, diagonal) in [(23.7, "0.0415"), (23.7, "0.04150"), (10.0, "0.098")] {
        let error = read_with(&in_a_cube(edge, diagonal), Strictness::Standard).expect_err(diagonal);
        assert_eq!(error.kind(), ParseErrorKind::InvalidCell, "{error}");
    }
}

#[test]
fn a_frame_with_two_values_is_refused() {
    let tags = matrix(|i, j| format!("_atom_sites_Cartn_tran_matrix_{i}{j}"), [[0.0; 3]; 3]).replace(" 0\n", "\n");
    let rows = |rows: &str| at(&format!("loop_\n{tags}{rows}\n"), 90, "1 2 3");
    is_at(&rows("0 6 0 5 0 0 0 0 7"), EXPECTED);
    is_at(&rows("0 6 0 5 0 0 0 0 7\n0 6 0 5. 0 0 0 0 7.0"), EXPECTED);
    refused(
        ParseErrorKind::DuplicateTag,
        "_atom_sites_Cartn_tran_matrix_11 has 2 rows with different values, 0 and 5: a block has one, so write one structure in each",
        &rows("0 6 0 5 0 0 0 0 7\n5 0 0 0 6 0 0 0 7"),
    );
    // A loop that ends inside a row is not read as if the frame were not stated.
    let damaged = rows("0 6 0 5 0 0 0 0");
    let error = read_with(&damaged, Strictness::Standard).expect_err(&damaged);
    assert_eq!(error.kind(), ParseErrorKind::IncompleteLoop, "{error}");
    let twice = cartesian(EXCHANGED) + "_atom_sites_Cartn_tran_matrix_11 5\n";
    refused(ParseErrorKind::DuplicateTag, "_atom_sites_Cartn_tran_matrix_11 occurs twice", &at(&twice, 90, "1 2 3"));
    // None of it matters to fractional coordinates.
    for text in [damaged, at(&twice, 90, "1 2 3")] {
        let fractional = ["x", "y", "z"].iter().fold(text, |text, axis| {
            text.replace(&format!("_atom_site_Cartn_{axis}"), &format!("_atom_site_fract_{axis}"))
        });
        assert!(read_with(&fractional, Strictness::Standard).is_ok(), "{fractional}");
    }
}

#[test]
fn a_frame_that_is_incomplete_or_of_another_cell_is_refused() {
    let edited = |from: &str, to: &str| cartesian(EXCHANGED).replace(from, to);
    for (kind, lines, message) in [
        (
            ParseErrorKind::MissingTag,
            edited("_atom_sites_Cartn_tran_matrix_22 0\n", ""),
            "the Cartesian frame is stated without _atom_sites_Cartn_tran_matrix_22",
        ),
        (
            ParseErrorKind::MissingTag,
            edited("matrix_22 0", "matrix_22 ?"),
            "the Cartesian frame is stated without _atom_sites_Cartn_tran_matrix_22",
        ),
        (
            ParseErrorKind::InvalidNumber,
            edited("matrix_22 0", "matrix_22 zero"),
            "_atom_sites_Cartn_tran_matrix_22 is not a number: zero",
        ),
        (
            ParseErrorKind::InvalidCell,
            edited("matrix_33 7", "matrix_33 0"),
            "the matrix _atom_sites_Cartn_tran_matrix has no inverse",
        ),
        (
            ParseErrorKind::InvalidCell,
            cartesian([[5.0, 0.0, 0.0], [0.0, 5.0, 0.0], [0.0, 0.0, 7.0]]),
            "the matrix _atom_sites_Cartn_tran_matrix makes the cell 5.00 5.00 7.00 90.00 90.00 90.00, not the stated \
             5.00 6.00 7.00 90.00 90.00 90.00",
        ),
        // The matrix of the inverse direction.
        (
            ParseErrorKind::InvalidCell,
            fractional([[5.0, 0.0, 0.0], [0.0, 6.0, 0.0], [0.0, 0.0, 7.0]]),
            "the matrix _atom_sites_fract_tran_matrix makes the cell 0.20 0.17 0.14 90.00 90.00 90.00, not the stated \
             5.00 6.00 7.00 90.00 90.00 90.00",
        ),
        (
            ParseErrorKind::InvalidCell,
            cartesian([[5.0, 0.0, 0.0], [0.0, 6.0, 0.0], [0.0, 0.0, 7.0]]) + &fractional(BACK),
            "the matrices of _atom_sites_Cartn and _atom_sites_fract state different Cartesian frames",
        ),
        (
            ParseErrorKind::MissingTag,
            cartesian(EXCHANGED) + "_atom_sites_Cartn_tran_vector_1 1\n",
            "the Cartesian frame is stated without _atom_sites_Cartn_tran_vector_2",
        ),
        (
            ParseErrorKind::MissingTag,
            (1..=3).map(|k| format!("_atom_sites_Cartn_tran_vector_{k} 1\n")).collect(),
            "the Cartesian frame has a vector _atom_sites_Cartn_tran_vector, and no matrix",
        ),
        (
            ParseErrorKind::InvalidNumber,
            "_atom_sites_Cartn_transform.matrix '[[0 6 0] [5 0 0]]'\n".to_owned(),
            "_atom_sites_Cartn_transform_matrix is not a list of 9 numbers: [[0 6 0] [5 0 0]]",
        ),
    ] {
        refused(kind, message, &at(&lines, 90, "1 2 3"));
    }
    let first = read_with(&at(&edited("matrix_33 7", "matrix_33 0"), 90, "1 2 3"), Strictness::Standard);
    assert_eq!(first.map_err(|error| (error.line(), error.column())).err(), Some((9, 34)));
}

#[test]
fn a_frame_does_not_matter_to_fractional_coordinates() {
    let lines = cartesian([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0]]);
    is_at(
        &at(&lines, 90, ".1 .2 .3")
            .replace("Cartn_x", "fract_x")
            .replace("Cartn_y", "fract_y")
            .replace("Cartn_z", "fract_z"),
        [0.1, 0.2, 0.3],
    );
}

#[test]
fn axes_in_words_are_known_or_named_in_a_warning() {
    let axes = |text: &str| at(&format!("_atom_sites_Cartn_transform_axes '{text}'\n"), 110, "1 2 3");
    assert_eq!(position(&axes("a along x, b in the plane of x and y")), position(&at("", 110, "1 2 3")));
    warned(
        "N1",
        DiagnosticKind::Assumed,
        "line 9, column 34 (block t): warning: the Cartesian axes are stated as c along z, astar along x, b follows, without \
         a matrix: a along x and b in the xy plane are assumed",
        &axes("c along z, astar along x, b follows"),
    );
    // A matrix says more.
    let both = axes("a along y, b along x")
        .replace("gamma 110", "gamma 90")
        .replace("loop_\n", &(cartesian(EXCHANGED) + "loop_\n"));
    is_at(&both, EXPECTED);
}
