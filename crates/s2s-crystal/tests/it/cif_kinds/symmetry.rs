//! Spellings of symmetry, statements that cannot be read, and symmetry that is not that of a crystal's atoms.

use s2s_crystal::{DiagnosticKind, ParseErrorKind, Strictness};

use super::{P1, clean, formula, notes, read_with, refused, symmetric, warned};

#[test]
fn spellings_of_space_groups_are_read() {
    let general = "0.1 0.2 0.05";
    for (statement, atoms) in [
        ("_symmetry_space_group_name_H-M 'P2(1)/c'", 4),
        ("_symmetry_space_group_name_H-M 'P 2~1~/c'", 4),
        ("_symmetry_space_group_name_H-M 'P 1 21/c 1 (No. 14)'", 4),
        ("_space_group_name_H-M_alt 'P m -3 m'", 48),
        ("_space_group_name_H-M_alt 'Pm3m'", 48),
        ("_space_group_name_H-M_alt 'C m c a'", 16),
        ("_space_group_name_H-M_full 'P 2/m 2/m 2/m'", 8),
        ("_space_group_name_H-M_ref 'P n m a'", 8),
        ("_space_group_name_H-M 'P n m a'", 8),
        ("_space_group_name_Hall '-P2ybc'", 4),
        ("_space_group_name_Hall '-P_2ybc'", 4),
        ("_symmetry_space_group_name_Hall '-p 4 2 3'", 48),
        ("_space_group_IT_number 62.0", 8),
        ("_symmetry_Int_Tables_number '221'", 48),
    ] {
        clean(&format!("Nb{atoms}"), &symmetric(&format!("{statement}\n"), general));
    }
    let hexagonal = |statement: &str| symmetric(&format!("{statement}\n"), general).replace("gamma 90", "gamma 120");
    for statement in [
        "_symmetry_space_group_name_Hall '-R 3 2 \"'",
        "_symmetry_space_group_name_Hall \"-R 3 2''\"",
        "_symmetry_space_group_name_H-M 'R -3 m H'",
        "_symmetry_space_group_name_H-M 'R -3 m HR'",
        "_symmetry_space_group_name_H-M 'R -3 m (hexagonal axes)'",
        "_space_group_IT_number 166:H",
    ] {
        clean("Nb18", &hexagonal(statement));
    }
    let rhombohedral = "_symmetry_space_group_name_H-M 'R -3 c RS'\n";
    clean("Nb12", &symmetric(rhombohedral, general));
}

#[test]
fn former_names_of_double_glides_are_one_setting() {
    for (name, hall) in [
        ("C m m a", "-C 2a 2"),
        ("C m m b", "-C 2a 2a"),
        ("A c m m", "-A 2 2b"),
        ("B m a m", "-B 2a 2"),
        ("C c c b:2", "-C 2a 2c"),
        ("A c a a:2", "-A 2ab 2b"),
        ("B b c b:1", "B 2 2 -1ab"),
    ] {
        let said = notes(&symmetric(&format!("_symmetry_space_group_name_H-M '{name}'\n"), "0.1 0.2 0.05"));
        assert_eq!(said, [format!("the operations are those of {name} in the setting {hall}")]);
    }
}

#[test]
fn short_monoclinic_names_have_the_axis_of_the_cell() {
    let read = |name: &str, angle: &str| {
        let text = symmetric(&format!("_symmetry_space_group_name_H-M '{name}'\n"), "0.1 0.2 0.05");
        notes(&text.replace(&format!("{angle} 90"), &format!("{angle} 100")))
    };
    for (name, angle, hall) in [
        ("P 21/n", "gamma", "-P 2n"),
        ("P 21/n", "beta", "-P 2yn"),
        ("P 21/n", "alpha", "-P 2xn"),
        ("P 2", "gamma", "P 2"),
        ("P 21", "gamma", "P 2c"),
        ("P m", "gamma", "P -2"),
        ("P 2/m", "gamma", "-P 2"),
        ("P 2/m", "alpha", "-P 2x"),
        ("P 21/m", "gamma", "-P 2c"),
        ("P 21/a", "gamma", "-P 2ac"),
        ("A 2/m", "gamma", "-A 2"),
        ("I 2/m", "gamma", "-I 2"),
        ("C 2/m", "alpha", "-C 2x"),
        ("B 2/m", "gamma", "-B 2"),
    ] {
        assert_eq!(read(name, angle), [format!("the operations are those of {name} in the setting {hall}")], "{angle}");
    }
    // Right angles leave the unique axis b.
    assert_eq!(read("P 21/n", "none"), ["the operations are those of P 21/n in the setting -P 2yn"]);
    let number = symmetric("_space_group_IT_number 10\n", "0.1 0.2 0.05").replace("gamma 90", "gamma 100");
    assert_eq!(notes(&number), ["the operations are those of 10 in the setting -P 2"]);
}

#[test]
fn symmetry_that_cannot_be_read_is_passed_over_for_the_next_statement() {
    for (statement, sentence) in [
        ("_space_group_name_Hall 'P nonsense'", "there is no space group with the Hall symbol P nonsense"),
        ("_space_group_name_H-M_alt 'P 99 9'", "there is no space group with the name P 99 9"),
        ("_space_group_name_H-M_alt Pnmq", "there is no space group with the name Pnmq"),
        ("_space_group_name_Hall '-P 2q'", "there is no space group with the Hall symbol -P 2q"),
        ("_space_group_name_H-M_full '-'", "there is no space group with the name -"),
    ] {
        let column = statement.find(' ').expect("a value follows the tag") + 2;
        warned(
            "Nb48",
            DiagnosticKind::UnreadableSymmetry,
            &format!("line 8, column {column} (block t): warning: {sentence}"),
            &symmetric(&format!("{statement}\n_symmetry_Int_Tables_number 221\n"), "0.1 0.2 0.05"),
        );
        refused(ParseErrorKind::UnknownSpaceGroup, sentence, &symmetric(&format!("{statement}\n"), "0.1 0.2 0.05"));
    }
    refused(
        ParseErrorKind::UnknownSpaceGroup,
        "the space group is stated as _space_group_name_Schoenflies Oh^5 only, which is not read",
        &symmetric("_space_group_name_Schoenflies Oh^5\n", "0.1 0.2 0.05"),
    );
    // The number stands for another cell than the name.
    refused(
        ParseErrorKind::UnknownSpaceGroup,
        "there is no space group with the name C 4/m m m",
        &symmetric("_space_group_name_H-M_alt 'C 4/m m m'\n_symmetry_Int_Tables_number 123\n", "0.1 0.2 0.05"),
    );
    for statement in
        ["_symmetry_space_group_name_H-M ?", "_symmetry_space_group_name_H-M '?'", "_symmetry_Int_Tables_number ."]
    {
        assert_eq!(
            notes(&symmetric(&format!("{statement}\n"), "0 0 0")),
            ["no symmetry is stated; the atoms are taken as those of the whole cell"]
        );
    }
}

#[test]
fn symmetry_of_magnetic_moments_or_more_dimensions_alone_is_unsupported() {
    for (statement, what) in [
        ("_space_group.magn_name_BNS \"P 4/m\"", "magnetic"),
        ("_space_group_magn.number_BNS 15.90", "magnetic"),
        ("loop_\n_space_group_symop_magn_centering_xyz\nx,y,z,+1", "magnetic"),
        ("_space_group_ssg_name 'I4/mmm(00g)0000'", "superspace"),
        ("loop_\n_space_group_symop_ssg_operation_algebraic\nx1,x2,x3,x4", "superspace"),
        ("_space_group_symop_ssg_operation_algebraic x1,x2,x3,x4", "superspace"),
    ] {
        let text = symmetric(&format!("{statement}\n"), "0 0 0");
        refused(ParseErrorKind::Unsupported, &format!("the block states {what} symmetry only"), &text);
        clean("Nb1", &symmetric(&format!("{statement}\n{P1}"), "0 0 0"));
    }
    warned(
        "Nb1",
        DiagnosticKind::SymmetryMismatch,
        "line 8, column 28 (block t): warning: the structure is modulated, and only its basic structure is read",
        &symmetric(&format!("_cell_modulation_dimension 1\n{P1}"), "0 0 0"),
    );
}

#[test]
fn magnetic_operations_alone_are_applied_to_the_atoms_if_lenient() {
    let operations = |tag: &str, rows: &str| format!("loop_\n_space_group_symop{tag}\n{rows}\n");
    let said = "the block states magnetic symmetry only";
    for (statement, atoms) in [
        (operations("_magn_operation_xyz", "x,y,z,+1\n-x,-y,-z,-1"), "Nb2"),
        (operations(".magn_operation_xyz", "x,y,z,1\n'-x, -y, -z, -1'"), "Nb2"),
        (operations("_magn_operation.id\n_space_group_symop_magn_operation.xyz", "1 x,y,z,+1\n2 -x,y,-z,-1"), "Nb2"),
        ("_space_group_symop_magn_operation_xyz x,y,z,+1\n".to_owned(), "Nb1"),
        (
            operations("_magn_operation.xyz", "x,y,z,+1\n-x,-y,-z,-1")
                + &operations("_magn_centering.xyz", "x,y,z,+1\nx+1/2,y+1/2,z+1/2,-1"),
            "Nb4",
        ),
    ] {
        let text = symmetric(&statement, ".1 .2 .3");
        let error = read_with(&text, Strictness::Standard).expect_err("magnetic symmetry alone is unsupported");
        assert_eq!((error.kind(), error.message()), (ParseErrorKind::Unsupported, said), "{text}");
        let read = read_with(&text, Strictness::Lenient).unwrap_or_else(|error| panic!("{error}\n{text}"));
        assert_eq!(formula(&read.crystal), atoms, "{text}");
        let warnings: Vec<_> = read.warnings().map(|warning| warning.message.clone()).collect();
        assert_eq!(
            warnings,
            [format!("{said}, and its motions are applied to the atoms without the reversal of time")]
        );
    }
    for (rows, kind, sentence) in [
        (
            "x,y,z",
            ParseErrorKind::InvalidOperation,
            "the magnetic operation x,y,z is invalid: its last part is neither +1 nor -1",
        ),
        (
            "x,y,z,+2",
            ParseErrorKind::InvalidOperation,
            "the magnetic operation x,y,z,+2 is invalid: its last part is neither +1 nor -1",
        ),
    ] {
        let text = symmetric(&operations("_magn_operation_xyz", rows), ".1 .2 .3");
        let error = read_with(&text, Strictness::Lenient).expect_err("the operation is invalid");
        assert_eq!((error.kind(), error.message()), (kind, sentence));
    }
    let part = symmetric(&operations("_magn_operation_xyz", "x,y,z,+1\n-y,x,z,-1"), ".1 .2 .3");
    let read = read_with(&part, Strictness::Lenient).unwrap_or_else(|error| panic!("{error}"));
    assert!(read.warnings().any(|warning| warning.message.starts_with("the symmetry operations are no group")));
    let many: String = (0..40).map(|k| format!("x,y,z+{k}/40,+1\n")).collect();
    let both = operations("_magn_operation_xyz", &many) + &operations("_magn_centering_xyz", &many);
    let error = read_with(&symmetric(&both, "0 0 0"), Strictness::Lenient).expect_err("they are too many");
    assert_eq!(error.message(), "1600 magnetic operations exceed the limit of 1024");
}
