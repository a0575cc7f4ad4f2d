//! Columns of the atom list that stand in another loop than the coordinates, or in none.

use s2s_crystal::{ParseErrorKind, Strictness};

use super::{P1, XYZ, block, clean, read_with, refused, sites};

const TWO: &str = "Nb1 0 0 0\nNb2 .5 .5 .5";

fn message(tag: &str, place: &str) -> String {
    format!(
        "_atom_site_{tag} stands apart from {place} of the atoms' coordinates: put it there, because CIF allows one loop for a \
         category"
    )
}

#[test]
fn columns_that_change_the_atoms_are_refused_outside_their_loop() {
    for (tag, values) in [
        ("occupancy", "0.5\n0.8"),
        ("type_symbol", "Ta\nO"),
        ("calc_flag", "d\ndum"),
        ("type_symbol", "Ta"),
        ("occupancy", "0.5"),
    ] {
        let text = block(&format!("{P1}{}{}", sites(&format!("label {XYZ}"), TWO), sites(tag, values)));
        refused(ParseErrorKind::UnexpectedToken, &message(tag, "the loop"), &text);
        let error = read_with(&text, Strictness::Standard).expect_err("it is refused");
        assert_eq!((error.line(), error.column()), (17, 1));
        // The same loop before the coordinates.
        let before = block(&format!("{P1}{}{}", sites(tag, values), sites(&format!("label {XYZ}"), TWO)));
        refused(ParseErrorKind::UnexpectedToken, &message(tag, "the loop"), &before);
    }
    for (tag, value) in [("occupancy", "0.5"), ("type_symbol", "Ta")] {
        let one = sites(&format!("label {XYZ}"), "Nb1 0 0 0");
        let text = block(&format!("{P1}{one}_atom_site_{tag} {value}\n"));
        refused(ParseErrorKind::UnexpectedToken, &message(tag, "the loop"), &text);
    }
    // Without type symbols, labels are the elements.
    let unlabeled = block(&format!("{P1}{}{}", sites(XYZ, "0 0 0\n.5 .5 .5"), sites("label", "Nb1\nTa2")));
    refused(ParseErrorKind::UnexpectedToken, &message("label", "the loop"), &unlabeled);
    // An only atom without a loop.
    let alone = "_atom_site_label Nb1\n_atom_site_fract_x 0\n_atom_site_fract_y 0\n_atom_site_fract_z 0\n";
    let text = block(&format!("{P1}{alone}{}", sites("occupancy", "0.5\n0.8")));
    refused(ParseErrorKind::UnexpectedToken, &message("occupancy", "the tags"), &text);
    let text = block(&format!("{P1}{alone}{}", sites("type_symbol occupancy", "Ta 0.5")));
    refused(ParseErrorKind::UnexpectedToken, &message("type_symbol", "the tags"), &text);
    clean("Nb0.500", &block(&format!("{P1}{alone}_atom_site_occupancy 0.5\n")));
}

#[test]
fn columns_that_change_no_atom_may_stand_elsewhere() {
    let typed = sites(&format!("type_symbol {XYZ}"), "Nb 0 0 0\nNb .5 .5 .5");
    for (columns, rows) in [
        ("label", "Ta1\nTa2"),
        ("symmetry_multiplicity", "1\n1"),
        ("Cartn_x Cartn_y Cartn_z", "1 2 3\n2 3 4"),
        ("U_iso_or_equiv", "0.1\n0.2"),
        ("aniso_label aniso_U_11", "Nb1 0.1\nNb2 0.2"),
        ("aniso_type_symbol aniso_U_11", "Ta 0.1\nTa 0.2"),
        ("moment_label moment_crystalaxis_x", "Nb1 0.1\nNb2 0.2"),
    ] {
        clean("Nb2", &block(&format!("{P1}{typed}{}", sites(columns, rows))));
    }
}
