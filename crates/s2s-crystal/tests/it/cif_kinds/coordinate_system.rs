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
        (
            "_space_group_name_H-M_alt 'F d -3 m'",
            "3",
            "the space group 227 has no coordinate-system code 3: it has 1, 2",
        ),
        (
            "_space_group_name_H-M_alt 'P 21 21 21'",
            "bac",
            "the space group 19 has no coordinate-system code bac: it has abc, ba-c, cab, -cba, bca, a-cb",
        ),
        // The symbol is that of cab and of -cba.
        (
            "_space_group_name_H-M_alt 'P 21 2 2'",
            "bac",
            "the space group 17 has no coordinate-system code bac: it has abc, ba-c, cab, -cba, bca, a-cb",
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

/// Statements of a group and a code, with one atom in a cell with this angle between a and b.
fn in_cell(group: &str, code: &str, gamma: &str, coordinates: &str) -> String {
    let text = symmetric(&lines(&[group, &format!("{CODE} {code}")]), coordinates);
    text.replace("gamma 90", &format!("gamma {gamma}"))
}

#[test]
fn a_code_beside_its_own_symbol_is_the_setting() {
    for (symbol, code, coordinates, atoms) in [
        ("P 21 2 2", "-cba", ".1 .2 .05", 4),
        // The twofold axis through the corner is along c under -cba, and along b under cab.
        ("P 21 2 2", "-cba", "0 0 .1", 2),
        ("P 21 2 2", "-cba", "0 .1 0", 4),
        ("P 21 2 2", "cab", "0 0 .1", 4),
        ("P 21 2 2", "cab", "0 .1 0", 2),
        ("P 2 21 2", "a-cb", ".1 0 0", 2),
        ("P 2 21 2", "a-cb", "0 0 .1", 4),
        ("P 2 21 2", "bca", "0 0 .1", 2),
        ("P 2 2 21", "ba-c", ".1 0 0", 4),
        ("P 2 2 21", "ba-c", "0 .1 0", 2),
        ("A 21 2 2", "-cba", ".1 .2 .05", 8),
        ("F 2 d d", "-cba", ".1 .2 .05", 16),
        // Of the unique axis that is less common.
        ("P 21/n", "c2", ".1 .2 .05", 4),
        // The code of a triclinic group is not that of a primitive cell.
        ("C -1", "1", ".1 .2 .05", 4),
    ] {
        let name = format!("_space_group_name_H-M_alt '{symbol}'");
        clean(&format!("Nb{atoms}"), &in_cell(&name, code, "90", coordinates));
        if symbol.starts_with("P 2") && !symbol.contains('/') {
            let both = format!("{name}\n_space_group_IT_number 17");
            clean(&format!("Nb{atoms}"), &in_cell(&both, code, "90", coordinates));
        }
    }
}

#[test]
fn an_unknown_code_is_passed_over_where_one_setting_is_left() {
    for (group, code, gamma, atoms, message) in [
        (
            "_space_group_name_H-M_alt 'P -3 m 1'",
            "r",
            "120",
            12,
            "the space group 164 has no coordinate-system code r: it has h",
        ),
        ("_space_group_IT_number 164", "r", "120", 12, "the space group 164 has no coordinate-system code r: it has h"),
        ("_space_group_IT_number 225", "2", "90", 192, "the space group 225 has no coordinate-system code 2: it has 1"),
        (
            "_space_group_name_H-M_alt 'P -1'",
            "b1",
            "90",
            2,
            "the space group 2 has no coordinate-system code b1: it has 1",
        ),
        // All codes of P 2 2 2 have the same operations.
        (
            "_space_group_IT_number 16",
            "1a",
            "90",
            4,
            "the space group 16 has no coordinate-system code 1a: it has abc, ba-c, cab, -cba, bca, a-cb",
        ),
        // The symbol is that of one setting.
        (
            "_space_group_name_H-M_alt 'P b n m'",
            "bac",
            "90",
            8,
            "the space group 62 has no coordinate-system code bac: it has abc, ba-c, cab, -cba, bca, a-cb",
        ),
        (
            "_space_group_name_H-M_alt 'F d -3 m :2'",
            "3",
            "90",
            192,
            "the space group 227 has no coordinate-system code 3: it has 1, 2",
        ),
        // The cell has the axes of one setting.
        (
            "_space_group_name_H-M_ref 'R -3 m'",
            "c1",
            "90",
            12,
            "the space group 166 has no coordinate-system code c1: it has h, r",
        ),
    ] {
        warned(
            &format!("Nb{atoms}"),
            DiagnosticKind::UnreadableSymmetry,
            &format!("line 9, column 40 (block t): warning: {message}"),
            &in_cell(group, code, gamma, ".1 .3 .05"),
        );
    }
}

#[test]
fn a_code_that_the_cell_does_not_fit_is_passed_over_where_one_setting_is_left() {
    // EasyCrystallography writes the default code of a group that was given none: b1, whatever the symbol.
    for (group, code, gamma, atoms) in [
        ("name_H-M_alt 'P 1 1 21/b'", "b1", "100", 4),
        ("name_H-M_alt 'P 21/n'", "b1", "100", 4),
        ("name_H-M_alt 'P 2/m'", "b1", "100", 4),
        ("IT_number 4", "b1", "100", 2),
        ("name_H-M_alt 'R -3 m :H'", "r", "120", 36),
        ("IT_number 166", "r", "120", 36),
    ] {
        let (_, stated) = group.split_once(' ').expect("a tag and its value");
        warned(
            &format!("Nb{atoms}"),
            DiagnosticKind::SymmetryMismatch,
            &format!(
                "line 9, column 40 (block t): warning: the coordinate-system code {code} does not fit the cell, and the space \
                 group {} is read without it",
                stated.trim_matches('\'')
            ),
            &in_cell(&format!("_space_group_{group}"), code, gamma, ".1 .3 .05"),
        );
    }
    // Several settings are left.
    for group in ["IT_number 14", "name_H-M_alt 'P 21/c'"] {
        let text = in_cell(&format!("_space_group_{group}"), "b1", "100", ".1 .3 .05");
        let error = read_with(&text, Strictness::Standard).expect_err("the setting is unknown");
        assert!(error.message().contains("does not fit the cell"), "{error}");
    }
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
    // The operations say that the symbol is right, not the default code.
    let pbnm = "loop_\n_space_group_symop_operation_xyz\nx,y,z\nx+1/2,-y+1/2,-z\n-x,-y,z+1/2\n-x+1/2,y+1/2,-z+1/2\n\
        -x,-y,-z\n-x+1/2,y+1/2,z\nx,y,-z+1/2\nx+1/2,-y+1/2,z+1/2";
    warned(
        "Nb4",
        DiagnosticKind::SymmetryMismatch,
        "line 9, column 40 (block t): warning: the listed symmetry operations and the coordinate-system code abc contradict each \
         other",
        &symmetric(&lines(&["_space_group_name_H-M_alt 'P b n m'", &format!("{CODE} abc"), pbnm]), ".1 .2 .25"),
    );
}

#[test]
fn a_symbol_of_another_setting_than_the_code_is_a_contradiction() {
    for (name, code, atoms) in [
        ("P b n m", "abc", "Nb8"),
        ("F d -3 m :1", "2", "Nb192"),
        ("P 21/n 21/m 21/a", "cab", "Nb8"),
        ("P 1 1 21/b", "b1", "Nb4"),
    ] {
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
