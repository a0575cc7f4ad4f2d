//! Symmetry in all the ways in which CIF files state it.

use s2s_crystal::{DiagnosticKind, ParseError, ParsedStructure, ReadOptions, Strictness, cif};

const DIAMOND_CELL: &str = "data_d\n_cell_length_a 3.567\n_cell_length_b 3.567\n_cell_length_c 3.567\n\
    _cell_angle_alpha 90\n_cell_angle_beta 90\n_cell_angle_gamma 90\n";

fn carbon(x: &str) -> String {
    format!("loop_ _atom_site_label _atom_site_fract_x _atom_site_fract_y _atom_site_fract_z C1 {x} {x} {x}\n")
}

fn read(text: &str) -> Result<ParsedStructure, ParseError> {
    let options = ReadOptions::ordered();
    cif::read(text, &options).next().expect("there is a block")
}

#[track_caller]
fn sites(text: &str) -> usize {
    read(text).map(|parsed| parsed.crystal.num_sites()).expect("the block is valid")
}

#[test]
fn a_space_group_stands_for_its_operations() {
    for (symmetry, x) in [
        ("_space_group_name_Hall '-F 4vw 2vw 3'", "0.125"),
        ("_symmetry_space_group_name_Hall 'F 4d 2 3 -1d'", "0"),
        ("_symmetry_space_group_name_H-M 'F d -3 m :2'", "0.125"),
        ("_space_group_name_H-M_alt 'F d -3 m :1'", "0"),
        ("_space_group.name_H-M_alt 'F d -3 m S'", "0"),
        ("_space_group_name_H-M_alt 'F 41/d -3 2/m :2'", "0.125"),
    ] {
        assert_eq!(sites(&format!("{DIAMOND_CELL}{symmetry}\n{}", carbon(x))), 8, "{symmetry}");
    }
}

#[test]
fn the_stated_formula_chooses_the_origin() {
    for (x, origin) in [("0", "F 4d 2 3 -1d"), ("0.125", "-F 4vw 2vw 3")] {
        for symmetry in ["_symmetry_Int_Tables_number '227'", "_symmetry_space_group_name_H-M 'F d -3 m'"] {
            let text =
                format!("{DIAMOND_CELL}{symmetry}\n_chemical_formula_sum C\n_cell_formula_units_Z 8\n{}", carbon(x));
            let parsed = read(&text).expect("one origin agrees with the formula");
            assert_eq!(parsed.crystal.num_sites(), 8);
            let note = &parsed.diagnostics[0];
            assert_eq!((note.kind, note.line), (DiagnosticKind::Assumed, 8));
            assert!(note.message.ends_with(&format!("in the setting {origin}")), "{}", note.message);
        }
    }
}

#[test]
fn the_cell_chooses_between_hexagonal_and_rhombohedral_axes() {
    let rhombohedral = "data_Bi\n_cell_length_a 4.746\n_cell_length_b 4.746\n_cell_length_c 4.746\n_cell_angle_alpha 57.23\n\
        _cell_angle_beta 57.23\n_cell_angle_gamma 57.23\n_symmetry_space_group_name_H-M 'R -3 m'\n";
    let hexagonal = "data_Bi\n_cell_length_a 4.546\n_cell_length_b 4.546\n_cell_length_c 11.862\n_cell_angle_alpha 90\n\
        _cell_angle_beta 90\n_cell_angle_gamma 120\n_space_group_IT_number 166\n";
    let atom =
        |x| format!("loop_ _atom_site_type_symbol _atom_site_fract_x _atom_site_fract_y _atom_site_fract_z Bi {x}\n");
    assert_eq!(sites(&format!("{rhombohedral}{}", atom("0.2339 0.2339 0.2339"))), 2);
    assert_eq!(sites(&format!("{hexagonal}{}", atom("0 0 0.2339"))), 6);
}

#[test]
fn rounded_special_positions_are_found_and_made_exact() {
    let text = "data_Mg\n_cell_length_a 3.2093\n_cell_length_b 3.2093\n_cell_length_c 5.2103\n_cell_angle_alpha 90\n\
        _cell_angle_beta 90\n_cell_angle_gamma 120\n_space_group_IT_number 194\n_chemical_formula_sum Mg\n\
        _cell_formula_units_Z 2\nloop_\n_atom_site_label\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\n\
        Mg1 0.333 0.667 0.25\n";
    let parsed = read(text).expect("the block is valid");
    assert_eq!(parsed.crystal.num_sites(), 2);
    let [x, y, z] = parsed.crystal.sites()[0].position.0;
    assert!((x - 1.0 / 3.0).abs() < 1e-12 && (y - 2.0 / 3.0).abs() < 1e-12 && z == 0.25);
    let rounded: Vec<_> = parsed.diagnostics.iter().filter(|note| note.kind == DiagnosticKind::Rounded).collect();
    assert_eq!(rounded.len(), 1);
    assert_eq!(
        rounded[0].to_string(),
        "line 16, column 1 (block Mg): note: Mg was moved by 1.9e-3 Å onto its special position"
    );
}

#[test]
fn operations_may_stand_outside_a_loop_and_in_any_column() {
    let one = format!("{DIAMOND_CELL}_symmetry_equiv_pos_as_xyz 'x, y, z'\n{}", carbon("0.1"));
    assert_eq!(sites(&one), 1);
    let columns = format!(
        "{DIAMOND_CELL}loop_ _space_group_symop_id _space_group_symop_operation_xyz 1 x,y,z 2 -x,-y,-z\n{}",
        carbon("0.1")
    );
    assert_eq!(sites(&columns), 2);
    let swapped = format!(
        "{DIAMOND_CELL}loop_ _space_group_symop_operation_xyz _space_group_symop_id\n'x, y, z' 1\n\"-x, -y, -z\" 2\n{}",
        carbon("0.1")
    );
    assert_eq!(sites(&swapped), 2);
}

#[test]
fn a_wrong_formula_is_an_error_unless_the_caller_opts_out() {
    let text = format!("{DIAMOND_CELL}_chemical_formula_sum C9\n_cell_formula_units_Z 1\n{}", carbon("0"));
    let error = read(&text).expect_err("one atom is not nine");
    assert_eq!(
        error.to_string(),
        "line 8, column 23 (block d): the cell holds 1 C, but the formula C9 with Z = 1 makes it 9"
    );
    let lenient = ReadOptions { strictness: Strictness::Lenient, ..ReadOptions::ordered() };
    let parsed = cif::read(&text, &lenient).next().expect("there is a block").expect("checks only report");
    assert!(parsed.diagnostics.iter().any(|note| note.kind == DiagnosticKind::FormulaMismatch && note.line == 8));
}

#[test]
fn cartesian_sites_are_read() -> Result<(), ParseError> {
    let text = format!(
        "{DIAMOND_CELL}loop_ _atom_site_label _atom_site_Cartn_x _atom_site_Cartn_y _atom_site_Cartn_z\nC1 1.7835 0 -3.567\n"
    );
    let crystal = cif::read_one(&text, &ReadOptions::ordered())?.crystal;
    let [x, y, z] = crystal.sites()[0].position.0;
    assert!((x - 0.5).abs() < 1e-12 && y.abs() < 1e-12 && (z + 1.0).abs() < 1e-12);
    Ok(())
}

/// A P6 cell with one atom this far from the axis, in Å.
fn beside_the_sixfold_axis(distance: f64) -> Vec<u8> {
    let x = distance / 6.0;
    format!(
        "data_x\n_cell_length_a 6\n_cell_length_b 6\n_cell_length_c 5\n_cell_angle_alpha 90\n_cell_angle_beta 90\n\
         _cell_angle_gamma 120\nloop_\n_symmetry_equiv_pos_as_xyz\nx,y,z\nx-y,x,z\n-y,x-y,z\n-x,-y,z\n-x+y,-x,z\n\
         y,-x+y,z\nloop_\n_atom_site_label\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\n\
         C {x:.9} 0 0.3\n"
    )
    .into_bytes()
}

#[test]
fn images_that_meet_in_a_chain_are_one_atom_on_the_special_position() {
    let atoms = |distance: f64| {
        let text = beside_the_sixfold_axis(distance);
        let structure = s2s_crystal::Format::Cif.read(&text, &s2s_crystal::ReadOptions::disordered()).next();
        structure.expect("there is a block").expect("it is a crystal").crystal
    };
    // Neighboring images are as far apart as the atom from the axis, opposite ones twice as far.
    for distance in [0.01, 0.024, 0.026, 0.03, 0.049] {
        let crystal = atoms(distance);
        assert_eq!(crystal.num_sites(), 1, "{distance}");
        assert!(crystal.sites()[0].position.0[..2].iter().all(|x| x.abs() < 1e-9), "{distance}");
    }
    assert_eq!(atoms(0.06).num_sites(), 6);
}
