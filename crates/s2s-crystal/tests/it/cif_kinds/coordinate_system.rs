//! Coordinate-system codes of International Tables.

use s2s_crystal::{DiagnosticKind, ParseErrorKind, Strictness};

use super::{clean, doubtful, notes, read_with, refused, symmetric, warned};

const CODE: &str = "_space_group_IT_coordinate_system_code";

/// Statements of the symmetry, one a line.
fn lines(statements: &[&str]) -> String {
    statements.iter().map(|statement| format!("{statement}\n")).collect()
}

#[test]
fn a_code_is_the_setting_of_the_group() {
    // The mirror of P b n m is across c, that of P n m a across b.
    for group in [
        "_space_group_IT_number 62\n_space_group_IT_coordinate_system_code cab",
        "_space_group.IT_number 62\n_space_group.IT_coordinate_system_code cab",
        "_symmetry_Int_Tables_number 62\n_symmetry_IT_coordinate_system_code 'CAB'",
        "_space_group_name_H-M_ref 'P n m a'\n_space_group_IT_coordinate_system_code cab",
        "_space_group_name_H-M_alt 'P b n m'\n_space_group_IT_coordinate_system_code cab",
        "_space_group_IT_number 62\n_space_group_name_H-M_ref 'P n m a'\n_space_group_IT_coordinate_system_code cab",
        "_space_group_name_H-M_alt 'P b n m'\n_space_group_IT_number 62\n_space_group_IT_coordinate_system_code cab",
    ] {
        clean("Nb4", &symmetric(&lines(&[group]), ".1 .2 .25"));
        clean("Nb8", &symmetric(&lines(&[group]), ".1 .25 .2"));
    }
    for (group, code, coordinates, atoms) in [
        ("_space_group_IT_number 62", "abc", ".1 .25 .2", 4),
        ("_space_group_IT_number 62", "?", ".1 .25 .2", 4),
        ("_space_group_IT_number 62", "''", ".1 .25 .2", 4),
        ("_space_group_name_H-M_ref 'F d -3 m'", "2", ".125 .125 .125", 8),
        ("_space_group_name_H-M_ref 'F d -3 m'", "1", ".125 .125 .125", 16),
        ("_space_group_name_H-M_alt 'F d -3 m'", "2", ".125 .125 .125", 8),
        ("_symmetry_space_group_name_H-M 'F d -3 m'", "1", ".125 .125 .125", 16),
        ("_space_group_IT_number 227", "2", ".125 .125 .125", 8),
        ("_space_group_name_H-M_alt 'F d -3 m :2'", "2", ".125 .125 .125", 8),
        ("_space_group_name_H-M_alt 'P m -3 m'", "1", ".1 .2 .05", 48),
        // The twofold axes through the corner: along a, and along b where a and b are exchanged.
        ("_space_group_IT_number 17", "abc", ".1 0 0", 2),
        ("_space_group_IT_number 17", "ba-c", ".1 0 0", 4),
        ("_space_group_IT_number 17", "ba-c", "0 .1 0", 2),
    ] {
        clean(&format!("Nb{atoms}"), &symmetric(&lines(&[group, &format!("{CODE} {code}")]), coordinates));
    }
    // The cell fits the unique axis c alone.
    for (group, code, atoms) in [
        ("_space_group_IT_number 14", "c1", 4),
        ("_space_group_name_H-M_ref 'P 21/c'", "c2", 4),
        ("_space_group_name_H-M_alt 'P 1 1 21/a'", "c1", 4),
        ("_space_group_IT_number 12", "-c1", 8),
    ] {
        let text = symmetric(&lines(&[group, &format!("{CODE} {code}")]), ".1 .2 .05");
        clean(&format!("Nb{atoms}"), &text.replace("gamma 90", "gamma 100"));
    }
    let said = notes(&symmetric(&lines(&["_space_group_IT_number 62", &format!("{CODE} cab")]), ".1 .2 .05"));
    assert_eq!(said, ["the operations are those of 62 in the setting -P 2c 2ab"]);
}

#[test]
fn a_standard_symbol_beside_a_code_is_the_group_alone() {
    // EasyDiffraction offers standard symbols only, and writes them as `H-M_alt`.
    warned(
        "Nb4",
        DiagnosticKind::Assumed,
        "line 9, column 40 (block t): warning: the space group P n m a is taken in the setting of the coordinate-system code cab",
        &symmetric(&lines(&["_space_group_name_H-M_alt 'P n m a'", &format!("{CODE} cab")]), ".1 .2 .25"),
    );
}

#[test]
fn a_code_that_the_group_does_not_have_is_refused() {
    for (group, code, message) in [
        (
            "_space_group_IT_number 62",
            "acb",
            "the space group 62 has no coordinate-system code acb: it has abc, ba-c, cab, -cba, bca, a-cb",
        ),
        ("_space_group_IT_number 225", "2", "the space group 225 has no coordinate-system code 2: it has 1"),
        (
            "_space_group_name_H-M_alt 'F d -3 m'",
            "3",
            "the space group 227 has no coordinate-system code 3: it has 1, 2",
        ),
        (
            "_space_group_name_H-M_ref 'R -3 m'",
            "c1",
            "the space group 166 has no coordinate-system code c1: it has h, r",
        ),
        ("_space_group_IT_number 4", "cab", "the space group 4 has no coordinate-system code cab: it has b1, c1, a1"),
    ] {
        let text = symmetric(&lines(&[group, &format!("{CODE} {code}")]), ".1 .2 .05");
        refused(ParseErrorKind::UnknownSpaceGroup, message, &text);
        let error = read_with(&text, Strictness::Standard).expect_err("it is refused");
        assert_eq!((error.line(), error.column()), (9, 40));
    }
    refused(
        ParseErrorKind::UnknownSpaceGroup,
        "the space group is stated as _space_group_IT_coordinate_system_code cab only, which is not read",
        &symmetric(&lines(&[&format!("{CODE} cab")]), ".1 .2 .05"),
    );
}

/// The operations of P n m a.
const PNMA: &str = "loop_\n_space_group_symop_operation_xyz\nx,y,z\n-x+1/2,-y,z+1/2\n-x,y+1/2,-z\nx+1/2,-y+1/2,-z+1/2\n-x,-y,-z\n\
    x+1/2,y,-z+1/2\nx,-y+1/2,z\n-x+1/2,y+1/2,z+1/2";

#[test]
fn a_code_beside_operations_is_compared_with_them() {
    let number = "_space_group_IT_number 62";
    let shifted = PNMA.replace("-x,", "-x+1/3,").replace("-x+1/2,", "-x+5/6,");
    for operations in [PNMA, shifted.as_str()] {
        clean("Nb8", &symmetric(&lines(&[number, &format!("{CODE} abc"), operations]), ".1 .2 .05"));
    }
    warned(
        "Nb8",
        DiagnosticKind::SymmetryMismatch,
        "line 9, column 40 (block t): warning: the listed symmetry operations and the coordinate-system code cab contradict each \
         other",
        &symmetric(&lines(&[number, &format!("{CODE} cab"), PNMA]), ".1 .2 .05"),
    );
    warned(
        "Nb8",
        DiagnosticKind::UnreadableSymmetry,
        "line 9, column 40 (block t): warning: the space group 62 has no coordinate-system code 2: it has abc, ba-c, cab, -cba, \
         bca, a-cb",
        &symmetric(&lines(&[number, &format!("{CODE} 2"), PNMA]), ".1 .2 .05"),
    );
    clean("Nb8", &symmetric(&lines(&[&format!("{CODE} cab"), PNMA]), ".1 .2 .05"));
}

#[test]
fn a_symbol_of_another_setting_than_the_code_is_a_contradiction() {
    for (name, code, atoms) in
        [("P b n m", "abc", "Nb8"), ("F d -3 m :1", "2", "Nb192"), ("P 21/n 21/m 21/a", "cab", "Nb8")]
    {
        let text = symmetric(
            &lines(&[&format!("_space_group_name_H-M_alt '{name}'"), &format!("{CODE} {code}")]),
            ".1 .2 .05",
        );
        let message = format!(
            "line 9, column 40 (block t): the space group {name} and the coordinate-system code {code} contradict each other, and \
             the atoms differ between them"
        );
        doubtful(atoms, &message, &text);
    }
    // A number confirms the group, and says nothing about the setting.
    let numbered = ["_space_group_name_H-M_alt 'P b n m'", "_space_group_IT_number 62", &format!("{CODE} abc")];
    let error = read_with(&symmetric(&lines(&numbered), ".1 .2 .05"), Strictness::Standard).expect_err("they differ");
    assert_eq!(error.kind(), ParseErrorKind::InconsistentSymmetry);
}
