//! Statements of the symmetry and of the volume that contradict each other.

use s2s_crystal::{DiagnosticKind, ParseErrorKind, Strictness};

use super::{P1, XYZ, block, clean, doubtful, one_site, read_with, sites, symmetric, warned};

const FACES: &str = "Na 0 0 0\nNa 0 .5 .5\nNa .5 0 .5\nNa .5 .5 0\nCl .5 .5 .5\nCl .5 0 0\nCl 0 .5 0\nCl 0 0 .5";

#[test]
fn a_named_group_against_listed_operations_is_an_error_unless_the_atoms_have_it() {
    let rock_salt = |name: &str, operations: &str, rows: &str| {
        block(&format!(
            "{name}\nloop_\n_symmetry_equiv_pos_as_xyz\n{operations}\n{}",
            sites(&format!("type_symbol {XYZ}"), rows)
        ))
    };
    let name = "_symmetry_space_group_name_H-M 'F m -3 m'";
    let sentence = "the listed symmetry operations and the space group F m -3 m contradict each other";
    doubtful(
        "Na1 Cl1",
        &format!("line 8, column 32 (block t): {sentence}, and the atoms differ between them"),
        &rock_salt(name, "x,y,z", "Na 0 0 0\nCl .5 .5 .5"),
    );
    warned(
        "Na4 Cl4",
        DiagnosticKind::SymmetryMismatch,
        &format!("line 8, column 32 (block t): warning: {sentence}, but the atoms are the same under both"),
        &rock_salt(name, "x,y,z", FACES),
    );
    // The centering is missing from the list; the number alone; more operations than the name has.
    for (statement, operations) in [
        (name, "x,y,z\n-x,-y,-z"),
        ("_symmetry_Int_Tables_number 225", "x,y,z"),
        ("_space_group_name_Hall '-F 4 2 3'", "x,y,z"),
        ("_symmetry_space_group_name_H-M 'P 1'", "x,y,z\nx,y+1/2,z+1/2\nx+1/2,y,z+1/2\nx+1/2,y+1/2,z"),
        ("_symmetry_space_group_name_H-M 'P 21'", "x,y,z\nx+1/2,y+1/2,z"),
    ] {
        let error = read_with(&rock_salt(statement, operations, "Na .1 0 0\nCl .5 .5 .4"), Strictness::Standard)
            .expect_err("the atoms differ");
        assert_eq!(error.kind(), ParseErrorKind::InconsistentSymmetry, "{statement}");
        assert!(error.message().ends_with("contradict each other, and the atoms differ between them"), "{error}");
    }
    // Another statement confirms the list.
    warned(
        "Na1 Cl1",
        DiagnosticKind::SymmetryMismatch,
        "line 9, column 29 (block t): warning: the listed symmetry operations and the space group 225 contradict each other",
        &rock_salt(
            "_symmetry_space_group_name_H-M 'P 1'\n_symmetry_Int_Tables_number 225",
            "x,y,z",
            "Na 0 0 0\nCl .5 .5 .5",
        ),
    );
    // Settings and primitive cells that no table lists agree with their names.
    for (name, operations) in [
        ("P 21/c", "x,y,z\n-x+.2,y+1/2,-z+1/2\n-x+.2,-y,-z\nx,-y+1/2,z+1/2"),
        ("C 1 2 1", "x,y,z\ny,x,-z"),
        ("P 21/n", "x,y,z\n1/2-x,1/2+y,1/2-z\n-x,-y,-z\n1/2+x,1/2-y,1/2+z"),
    ] {
        let name = format!("_symmetry_space_group_name_H-M '{name}'");
        assert!(read_with(&rock_salt(&name, operations, "Na .1 .15 .22"), Strictness::Strict).is_ok(), "{name}");
    }
}

#[test]
fn statements_of_symmetry_that_differ_are_found() {
    let two_lists = |second: &str, rows: &str| {
        block(&format!(
            "loop_\n_space_group_symop_operation_xyz\nx,y,z\n-x,-y,-z\nloop_\n_symmetry_equiv_pos_as_xyz\n{second}\n{}",
            sites(&format!("type_symbol {XYZ}"), rows)
        ))
    };
    clean("Nb2", &two_lists("-x,-y,-z\n'x, y, z'", "Nb .1 .2 .3"));
    doubtful(
        "Nb2",
        "line 12, column 1 (block t): two lists of symmetry operations differ, and the atoms differ between them",
        &two_lists("x,y,z", "Nb .1 .2 .3"),
    );
    warned(
        "Nb1",
        DiagnosticKind::SymmetryMismatch,
        "line 12, column 1 (block t): warning: two lists of symmetry operations differ, but the atoms are the same under both",
        &two_lists("x,y,z", "Nb .5 .5 .5"),
    );
    for (statements, sentence) in [
        (
            "_symmetry_space_group_name_H-M 'P -1'\n_symmetry_Int_Tables_number 225\n",
            "the space group P -1 and the space group 225 contradict each other, and the atoms differ between them",
        ),
        (
            "_space_group_name_Hall '-P 1'\n_symmetry_space_group_name_H-M 'P 1'\n",
            "the Hall symbol -P 1 and the space group P 1 contradict each other, and the atoms differ between them",
        ),
    ] {
        let error = read_with(&symmetric(statements, ".1 .2 .3"), Strictness::Standard).expect_err("they differ");
        assert_eq!((error.kind(), error.message()), (ParseErrorKind::InconsistentSymmetry, sentence));
    }
    let origins = block(&format!(
        "_symmetry_space_group_name_H-M 'F d -3 m'\n{}",
        sites(&format!("type_symbol {XYZ}"), "C 0.05 0.05 0.05")
    ));
    warned(
        "C32",
        DiagnosticKind::Assumed,
        "line 8, column 32 (block t): warning: several settings of the space group agree with the block, and the first is taken",
        &origins,
    );
}

#[test]
fn the_stated_volume_is_compared_with_the_cell() {
    for volume in ["64", "64.0", "64.00(5)", "63.9", "6.4E1", ".", "?"] {
        clean("Nb1", &one_site("Nb").replace(P1, &format!("{P1}_cell_volume {volume}\n")));
    }
    // The last digit of the lengths explains the difference.
    let coarse = one_site("Nb").replace("4.0", "4.1").replace(P1, &format!("{P1}_cell_volume 68\n"));
    clean("Nb1", &coarse);
    for volume in ["74", "46.0", "640", "128.0(1)", "-64"] {
        warned(
            "Nb1",
            DiagnosticKind::CellMismatch,
            &format!(
                "line 9, column 14 (block t): warning: the stated cell volume is {volume} Å³, that of the cell 64.0000 Å³"
            ),
            &one_site("Nb").replace(P1, &format!("{P1}_cell_volume {volume}\n")),
        );
    }
    warned(
        "Nb1",
        DiagnosticKind::UnreadableValue,
        "line 9, column 14 (block t): warning: _cell_volume is not a number: large",
        &one_site("Nb").replace(P1, &format!("{P1}_cell_volume large\n")),
    );
}
