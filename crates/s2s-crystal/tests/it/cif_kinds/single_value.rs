//! Tags that have one value, written as loops.

use s2s_crystal::{ParseErrorKind, Strictness};

use super::{P1, XYZ, block, clean, one_site, read_with, refused, sites};

#[test]
fn rows_that_differ_of_a_tag_with_one_value_are_refused() {
    for (tag, first, second) in [
        ("_cell_length_a", "4.0", "5.0"),
        ("_cell_length_b", "4.0", "?"),
        ("_cell_angle_gamma", "90", "120"),
        ("_cell_volume", "64", "66"),
        ("_cell_formula_units_Z", "1", "2"),
        ("_cell_modulation_dimension", "0", "1"),
        ("_chemical_formula_sum", "Nb", "'Nb2 O5'"),
        ("_symmetry_space_group_name_H-M", "'P 1'", "'P -1'"),
        ("_space_group_name_H-M_alt", "'P 1'", "'P -1'"),
        ("_space_group_name_H-M_ref", "'P 1'", "'P -1'"),
        ("_space_group_name_Hall", "'P 1'", "'-P 1'"),
        ("_space_group_IT_number", "1", "2"),
        ("_symmetry_Int_Tables_number", "1", "2"),
        ("_space_group_IT_coordinate_system_code", "1", "2"),
    ] {
        let name = if tag.contains("symmetry_space_group_name_H-M") { "" } else { P1 };
        let rows = |second: &str| {
            let cell: String =
                block("").lines().filter(|line| !line.starts_with(tag)).map(|line| format!("{line}\n")).collect();
            let atoms = sites(&format!("type_symbol {XYZ}"), "Nb 0 0 0");
            format!("{cell}{name}{atoms}loop_\n{tag}\n{first}\n{second}\n")
        };
        let [a, b] = [first, second].map(|value| value.trim_matches('\''));
        let message = format!(
            "{tag} has 2 rows with different values, {a} and {b}: a block has one, so write one structure in each"
        );
        refused(ParseErrorKind::DuplicateTag, &message, &rows(second));
        clean("Nb1", &rows(first));
    }
}

#[test]
fn the_row_that_differs_is_named_and_equal_numbers_are_one() {
    let looped =
        |values: &str| one_site("Nb").replace("_cell_length_a 4.0", &format!("loop_\n_cell_length_a\n{values}"));
    let error = read_with(&looped("4.0\n4.0\n5.0"), Strictness::Standard).expect_err("the rows differ");
    assert_eq!((error.line(), error.column()), (6, 1));
    clean("Nb1", &looped("4.0\n4.00\n4.0(1)"));
}
