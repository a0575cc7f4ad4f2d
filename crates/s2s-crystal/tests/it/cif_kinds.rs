//! Kinds of trouble that CIF files of others have: several inputs of each kind, with what is read and what is said about it.

use s2s_crystal::{Crystal, DiagnosticKind, ParseErrorKind, ParsedStructure, ReadOptions, Severity, Strictness, cif};

/// A cubic cell of 4 Å with these further lines.
fn block(lines: &str) -> String {
    format!(
        "data_t\n_cell_length_a 4.0\n_cell_length_b 4.0\n_cell_length_c 4.0\n_cell_angle_alpha 90\n_cell_angle_beta 90\n\
         _cell_angle_gamma 90\n{lines}\n"
    )
}

/// A table of sites: the columns without `_atom_site_`, and the rows.
fn sites(columns: &str, rows: &str) -> String {
    let columns: String = columns.split(' ').map(|column| format!("_atom_site_{column}\n")).collect();
    format!("loop_\n{columns}{rows}\n")
}

const P1: &str = "_symmetry_space_group_name_H-M 'P 1'\n";
const XYZ: &str = "fract_x fract_y fract_z";

fn read_with(text: &str, strictness: Strictness) -> Result<ParsedStructure, s2s_crystal::ParseError> {
    cif::read_one(text, &ReadOptions { strictness, ..ReadOptions::disordered() })
}

fn formula(crystal: &Crystal) -> String {
    let part = |(element, amount): (s2s_crystal::Element, f64)| format!("{element}{:.3}", amount);
    crystal.composition().iter().map(part).collect::<Vec<_>>().join(" ").replace(".000", "")
}

/// Read at every level, without a warning.
#[track_caller]
fn clean(expected: &str, text: &str) {
    let read = read_with(text, Strictness::Strict).unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert_eq!(formula(&read.crystal), expected, "{text}");
}

/// Read with exactly this warning; refused with the same sentence if strict.
#[track_caller]
fn warned(expected: &str, kind: DiagnosticKind, sentence: &str, text: &str) {
    let read = read_with(text, Strictness::Standard).unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert_eq!(formula(&read.crystal), expected, "{text}");
    let warnings: Vec<_> = read.warnings().map(|warning| (warning.kind, warning.to_string())).collect();
    assert_eq!(warnings, [(kind, sentence.to_owned())], "{text}");
    let error = read_with(text, Strictness::Strict).expect_err("a warning is an error if strict");
    assert_eq!(error.to_string(), sentence.replace("warning: ", ""));
}

/// Refused unless lenient; read then, with the sentence as a warning.
#[track_caller]
fn doubtful(expected: &str, sentence: &str, text: &str) {
    let error = read_with(text, Strictness::Standard).expect_err("the atoms are uncertain");
    assert_eq!(error.to_string(), sentence, "{text}");
    let read = read_with(text, Strictness::Lenient).unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert_eq!(formula(&read.crystal), expected, "{text}");
    assert!(read.warnings().any(|warning| warning.to_string().ends_with(error.message())), "{:?}", read.diagnostics);
}

/// Refused at every level.
#[track_caller]
fn refused(kind: ParseErrorKind, sentence: &str, text: &str) {
    for strictness in [Strictness::Strict, Strictness::Standard, Strictness::Lenient] {
        let error = match read_with(text, strictness) {
            Err(error) => error,
            Ok(read) => panic!("read as {}\n{text}", formula(&read.crystal)),
        };
        assert_eq!((error.kind(), error.message()), (kind, sentence), "{text}");
    }
}

/// The notes of a text that is read without warnings; that P 1 is P 1 is none.
#[track_caller]
fn notes(text: &str) -> Vec<String> {
    let read = read_with(text, Strictness::Strict).unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert!(read.diagnostics.iter().all(|found| found.severity == Severity::Note));
    let messages = read.diagnostics.into_iter().map(|found| found.message);
    messages.filter(|message| !message.starts_with("the operations are those of P 1 ")).collect()
}

const INVERSION: &str =
    "_space_group_name_H-M_alt 'P -1'\nloop_\n_space_group_symop_operation_xyz\n'x,y,z'\n'-x,-y,-z'\n";

#[test]
fn multiplicities_are_read_in_every_form_and_meaning() {
    let table = |center: &str, general: &str| {
        let rows = format!("Nb1 Nb 0 0 0 {center}\nSn1 Sn .2 .3 .4 {general}");
        block(&format!("{INVERSION}{}", sites(&format!("label type_symbol {XYZ} symmetry_multiplicity"), &rows)))
    };
    for (center, general) in [
        ("1", "2"),
        ("1.0", "2.0"),
        ("1.", "2."),
        ("1(0)", "2(0)"),
        ("1e0", "+2"),
        (".", "?"),
        // The order of the site's symmetry, as SHELXL-97 wrote it.
        ("2", "1"),
        ("2.0", "1.00"),
    ] {
        clean("Nb1 Sn2", &table(center, general));
    }
    warned(
        "Nb1 Sn2",
        DiagnosticKind::MultiplicityMismatch,
        "line 20, column 1 (block t): warning: Nb has 1 images, not the stated 4",
        &table("4", "2"),
    );
    for unreadable in ["a", "-1", "0", "1.5", "1/2", "1e20"] {
        warned(
            "Nb1 Sn2",
            DiagnosticKind::UnreadableValue,
            &format!(
                "line 21, column 17 (block t): warning: a site multiplicity is not a positive whole number: {unreadable}"
            ),
            &table("1", unreadable),
        );
    }
}

fn two_niobium(lines: &str) -> String {
    block(&format!("{lines}{P1}{}", sites(&format!("type_symbol {XYZ}"), "Nb 0 0 0\nNb .5 .5 .5")))
}

#[test]
fn formulas_that_cannot_be_read_are_not_compared() {
    for formula in ["Nb2", "(Nb1)2", "'Nb2.00(1)'", "Nb1", "NB2", "'[Nb2]'"] {
        clean("Nb2", &two_niobium(&format!("_chemical_formula_sum {formula}\n")));
    }
    for formula in ["Nb2-x", "unknown", "'Nb, Nb'", "NbxTi1-x", "'(Nb2)n'", "Nb~2~", "'?'", "nb2"] {
        let plain = formula.trim_matches('\'');
        warned(
            "Nb2",
            DiagnosticKind::UncheckedFormula,
            &format!(
                "line 8, column 23 (block t): warning: the formula {plain} cannot be read and was not compared with the atoms"
            ),
            &two_niobium(&format!("_chemical_formula_sum {formula}\n")),
        );
    }
    for z in ["four", "0", "-2", "1e308", "1e9", "1/2"] {
        warned(
            "Nb2",
            DiagnosticKind::UncheckedFormula,
            &format!("line 9, column 23 (block t): warning: {z} is no number of formula units and was ignored"),
            &two_niobium(&format!("_chemical_formula_sum Nb\n_cell_formula_units_Z {z}\n")),
        );
    }
    // A number of formula units that is infinite in words is no way around the comparison.
    doubtful(
        "Nb2",
        "line 8, column 23 (block t): the cell holds 0 Fe, but the formula Fe with Z = 2 makes it 2",
        &two_niobium("_chemical_formula_sum Fe\n_cell_formula_units_Z 2\n"),
    );
    let absurd = two_niobium("_chemical_formula_sum Fe\n_cell_formula_units_Z 1e308\n");
    assert_eq!(
        read_with(&absurd, Strictness::Standard).map_err(|e| e.kind()).err(),
        Some(ParseErrorKind::FormulaMismatch)
    );
}

#[test]
fn contradicted_formulas_are_errors_and_contradicted_counts_warnings() {
    warned(
        "Nb2",
        DiagnosticKind::FormulaMismatch,
        "line 8, column 23 (block t): warning: the cell holds 2 formula units of Nb, not the stated Z = 4",
        &two_niobium("_chemical_formula_sum Nb\n_cell_formula_units_Z 4\n"),
    );
    warned(
        "Nb2",
        DiagnosticKind::MissingHydrogen,
        "line 8, column 23 (block t): warning: the cell holds 0 H, but the formula Nb H2 with Z = 2 makes it 4",
        &two_niobium("_chemical_formula_sum 'Nb H2'\n_cell_formula_units_Z 2\n"),
    );
    warned(
        "Nb2",
        DiagnosticKind::MissingHydrogen,
        "line 8, column 23 (block t): warning: the cell holds 0 H, but the formula Nb D with Z = 2 makes it 2",
        &two_niobium("_chemical_formula_sum 'Nb D'\n"),
    );
    for (formula, sentence) in [
        ("Nb3", "the cell holds 2 Nb, but the formula Nb3 with Z = 1 makes it 3"),
        ("'Nb2 O'", "the cell holds 0 O, but the formula Nb2 O with Z = 1 makes it 1"),
        ("Ta2", "the cell holds 2 Nb, but the formula Ta2 with Z = 1 makes it 0"),
        ("'Nb O H'", "the cell holds 0 O, but the formula Nb O H with Z = 1 makes it 1"),
        // However little of it there is, an element is there or not.
        ("'Nb2 C0.004'", "the cell holds 0 C, but the formula Nb2 C0.004 with Z = 1 makes it 0.004"),
    ] {
        let text = two_niobium(&format!("_chemical_formula_sum {formula}\n"));
        doubtful("Nb2", &format!("line 8, column 23 (block t): {sentence}"), &text);
    }
    let attached = sites(&format!("type_symbol {XYZ} attached_hydrogens"), "Nb 0 0 0 0\nNb .5 .5 .5 3");
    warned(
        "Nb2",
        DiagnosticKind::MissingHydrogen,
        "line 16, column 13 (block t): warning: 3 hydrogen atoms have no sites of their own",
        &block(&format!("{P1}{attached}")),
    );
}

fn one_site(kind: &str) -> String {
    block(&format!("{P1}{}", sites(&format!("type_symbol {XYZ}"), &format!("{kind} 0 0 0"))))
}

fn one_label(label: &str, formula: &str) -> String {
    let formula = if formula.is_empty() { String::new() } else { format!("_chemical_formula_sum '{formula}'\n") };
    block(&format!("{formula}{P1}{}", sites(&format!("label {XYZ}"), &format!("{label} 0 0 0"))))
}

#[test]
fn words_for_groups_water_and_dummies_are_refused_by_name() {
    let kind = ParseErrorKind::UnknownElement;
    for word in ["NH4", "CF3", "OH", "CH3", "SO4", "NO3", "PO4", "H3O", "NH", "BH4"] {
        refused(kind, &format!("the type symbol {word} names a group of atoms, not an element"), &one_site(word));
    }
    for word in ["NH4", "CF3", "CH3", "SO4", "PO4", "NH4_1", "CO3"] {
        refused(kind, &format!("the label {word} names a group of atoms, not an element"), &one_label(word, ""));
    }
    for word in ["Wat", "H2O", "HOH", "D2O", "Water"] {
        refused(kind, &format!("the type symbol {word} names water, not an element"), &one_site(word));
        refused(kind, &format!("the label {word} names water, not an element"), &one_label(word, ""));
    }
    for word in ["Vac", "Du", "Cg", "RE", "TM", "Ln", "Me", "Cent", "Bq"] {
        let sentence = "names a dummy, a vacancy or a class of elements, not an element";
        refused(kind, &format!("the type symbol {word} {sentence}"), &one_site(word));
        refused(kind, &format!("the label {word} {sentence}"), &one_label(word, ""));
    }
    for word in ["X", "M", "Q", "Zx", "A1"] {
        refused(kind, &format!("the type symbol {word} names no element"), &one_site(word));
    }
    for word in ["La/Sr", "LaSr", "La,Sr", "(Fe,Co)", "Fe+Co"] {
        refused(kind, &format!("the type symbol {word} names several elements without their shares"), &one_site(word));
        refused(kind, &format!("the label {word} names several elements without their shares"), &one_label(word, ""));
    }
}

#[test]
fn words_with_shares_are_mixed_sites() {
    for word in [
        "Nb0.8Zr0.2",
        "'0.8Nb + 0.2Zr'",
        "0.8Nb+0.2Zr",
        "'Nb0.80 Zr0.20'",
        "(Nb0.8Zr0.2)",
        "'Nb:0.8, Zr:0.2'",
        "80%Nb+20%Zr",
        "Nb.8Zr.2",
    ] {
        clean("Zr0.200 Nb0.800", &one_site(word));
    }
    clean("Li0.500", &one_site("Li0.5Vac0.5"));
    assert_eq!(notes(&one_site("Nb0.8Zr0.2")), ["Nb0.8Zr0.2 was read as a mixed site of Nb 0.8, Zr 0.2"]);
    // The column multiplies the shares.
    let half = block(&format!("{P1}{}", sites(&format!("type_symbol {XYZ} occupancy"), "Nb0.8Zr0.2 0 0 0 0.5")));
    clean("Zr0.100 Nb0.400", &half);
}

#[test]
fn marks_on_elements_say_nothing_about_the_content() {
    for word in ["Fe", "FE", "fe", "Fe3+", "Fe+3", "Fe+++", "Fe2.5+", "Fe1", "Fe1A", "Fe(III)", "57Fe", "Fe_pv", "Fe*"]
    {
        clean("Fe1", &one_site(word));
    }
    for (word, formula) in [
        ("Fe1A", ""),
        ("Fe(1)", ""),
        ("Fe1'", ""),
        ("FE1", "Fe"),
        ("Fe_1", ""),
        ("Fe#2", ""),
        ("Fetet", "Fe"),
        ("FeA", ""),
    ] {
        clean("Fe1", &one_label(word, formula));
    }
    for word in ["O1W", "OA1", "Oa1", "OB2", "O(2)"] {
        clean("O1", &one_label(word, ""));
    }
    assert_eq!(notes(&one_site("D")), ["D was read as hydrogen"]);
    assert_eq!(notes(&one_site("2H")), ["2H was read as hydrogen"]);
}

#[test]
fn words_that_may_be_two_elements_are_decided_by_the_formula() {
    clean("Ca1", &one_label("CA1", "Ca"));
    clean("C1", &one_label("CA1", "C"));
    clean("H1", &one_label("HO2", "H"));
    clean("Ho1", &one_label("HO2", "Ho"));
    clean("Re1", &one_label("RE1", "Re"));
    warned(
        "Ca1",
        DiagnosticKind::ElementMismatch,
        "line 14, column 1 (block t): warning: the label CA1 was read as Ca, and no formula confirms it",
        &one_label("CA1", ""),
    );
    warned(
        "O1",
        DiagnosticKind::MissingHydrogen,
        "line 14, column 1 (block t): warning: the label OH1 was read as O, and its hydrogen has no site",
        &one_label("OH1", ""),
    );
    doubtful(
        "O1",
        "line 14, column 1 (block t): the label Oap1 has letters after the element that nothing explains",
        &one_label("Oap1", ""),
    );
    let both = block(&format!("{P1}{}", sites(&format!("label type_symbol {XYZ}"), "Fe1 Co 0 0 0")));
    warned(
        "Co1",
        DiagnosticKind::ElementMismatch,
        "line 15, column 1 (block t): warning: the label Fe1 and the type symbol Co name different elements",
        &both,
    );
}

/// Symmetry statements with one atom at this place, in a cell so large that its images keep their distance.
fn symmetric(statements: &str, place: &str) -> String {
    let small = block(&format!("{statements}{}", sites(&format!("type_symbol {XYZ}"), &format!("Nb {place}"))));
    small.replace(" 4.0\n", " 9.0\n")
}

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
fn occupancies_within_their_uncertainty_are_brought_to_their_bounds() {
    let one = |occupancy: &str| {
        block(&format!(
            "{P1}{}",
            sites(&format!("type_symbol {XYZ} occupancy"), &format!("Nb 0 0 0 {occupancy}\nO .5 .5 .5 1"))
        ))
    };
    for occupancy in ["1.003(5)", "1.02(1)", "1.0005", "1.00", "1.", "1(0)", ".", "1.0E+00"] {
        clean("O1 Nb1", &one(occupancy));
    }
    for occupancy in ["-0.003(5)", "-0.0", "-.01(1)", "0", "0.0", "-0.0004"] {
        clean("O1", &one(occupancy));
    }
    assert_eq!(notes(&one("1.003(5)")), ["an occupancy of 1.003(5) is taken as 1"]);
    assert_eq!(notes(&one("-0.003(5)"))[0], "an occupancy of -0.003(5) is taken as 0");
    for (occupancy, stated) in
        [("1.5", "1.5"), ("1.2(1)", "1.2"), ("-0.2(1)", "-0.2"), ("-0.5(1)", "-0.5"), ("2", "2"), ("100", "100")]
    {
        let sentence = format!("an occupancy of {stated} is not between 0 and 1");
        refused(ParseErrorKind::InvalidOccupancy, &sentence, &one(occupancy));
    }
}

#[test]
fn sums_of_occupancies_within_their_uncertainty_are_rescaled() {
    let shared = |rows: &[(&str, &str)]| {
        let rows: String = rows.iter().map(|(kind, share)| format!("{kind} 0 0 0 {share}\n")).collect();
        block(&format!("{P1}{}", sites(&format!("type_symbol {XYZ} occupancy"), &rows)))
    };
    for rows in [
        &[("La", "0.85(1)"), ("Sr", "0.153(8)")][..],
        &[("La", "0.67"), ("Sr", "0.34")],
        &[("La", "0.333"), ("Sr", "0.333"), ("Ba", "0.335(2)")],
        &[("La", "0.5000"), ("Sr", "0.5001")],
    ] {
        let read = read_with(&shared(rows), Strictness::Strict).unwrap_or_else(|error| panic!("{error}: {rows:?}"));
        assert!((read.crystal.sites()[0].species.total_occupancy() - 1.0).abs() < 1e-12, "{rows:?}");
        assert!(read.diagnostics.iter().any(|found| found.kind == DiagnosticKind::Occupancy), "{rows:?}");
    }
    clean("Sr0.300 La0.600", &shared(&[("La", "0.6"), ("Sr", "0.3")]));
    clean("Sr0.140 La0.800", &shared(&[("La", "0.80"), ("Sr", "0.14")]));
    assert_eq!(
        notes(&shared(&[("La", "0.85(1)"), ("Sr", "0.153(8)")])),
        ["occupancies that add up to 1.0030 were rescaled to 1"]
    );
    for (rows, sum) in [
        (&[("La", "0.85"), ("Sr", "0.25")][..], "1.1000"),
        (&[("La", "0.85(1)"), ("Sr", "0.253(8)")], "1.1030"),
        (&[("La", "1"), ("Sr", "1")], "2.0000"),
    ] {
        let sentence = format!("the occupancies of a site add up to {sum}, more than 1");
        refused(ParseErrorKind::InvalidOccupancy, &sentence, &shared(rows));
    }
}

#[test]
fn damage_that_holds_nothing_needed_is_passed_over() {
    let damaged = |lines: &str| format!("{}{lines}", one_site("Nb"));
    for (lines, kind, sentence) in [
        (
            "loop_\n_geom_bond_distance\n",
            DiagnosticKind::DamagedLoop,
            "line 16, column 1 (block t): warning: a loop has no values",
        ),
        (
            "loop_\n_a\n_b\n1 2 3\n",
            DiagnosticKind::DamagedLoop,
            "line 19, column 5 (block t): warning: the loop ends inside a row: 3 values do not fill rows of 2 columns",
        ),
        (
            "loop_\nloop_\n_a\n1\n",
            DiagnosticKind::DamagedLoop,
            "line 16, column 1 (block t): warning: a loop names no tags",
        ),
        (
            "_journal_name 'Acta\n_journal_year 2000\n",
            DiagnosticKind::UnreadableValue,
            "line 16, column 15 (block t): warning: a quoted value has no end: 'Acta",
        ),
        (
            "loop_\n_citation_title\n'one'\n'two\n",
            DiagnosticKind::UnreadableValue,
            "line 19, column 1 (block t): warning: a quoted value has no end: 'two",
        ),
        (
            "_journal_name\n_journal_year 2000\n",
            DiagnosticKind::UnreadableValue,
            "line 16, column 1 (block t): warning: _journal_name has no value",
        ),
        (
            "_journal_name Acta Cryst. B\n",
            DiagnosticKind::UnreadableValue,
            "line 16, column 20 (block t): warning: the value Cryst. belongs to no tag",
        ),
        ("_a 1\n_A 1\n", DiagnosticKind::DuplicateValue, "line 17, column 1 (block t): warning: _A is stated twice"),
        (
            "_a 1\n_a 2\n",
            DiagnosticKind::DuplicateValue,
            "line 17, column 1 (block t): warning: _a occurs twice, and its first values are taken",
        ),
    ] {
        warned("Nb1", kind, sentence, &damaged(lines));
    }
    // A loop without values directly before what is needed.
    for empty in ["loop_\n_geom_bond_distance\n", "loop_\n_citation_id\n_citation_title\n"] {
        let sentence = "line 2, column 1 (block t): warning: a loop has no values";
        let text = one_site("Nb").replace("data_t\n", &format!("data_t\n{empty}"));
        warned("Nb1", DiagnosticKind::DamagedLoop, sentence, &text);
    }
    // What is needed is refused.
    for (from, to, kind, sentence) in [
        ("Nb 0 0 0", "", ParseErrorKind::EmptyLoop, "a loop has no values"),
        (
            "Nb 0 0 0",
            "Nb 0 0",
            ParseErrorKind::IncompleteLoop,
            "the loop ends inside a row: 3 values do not fill rows of 4 columns",
        ),
        ("_cell_length_a 4.0", "_cell_length_a", ParseErrorKind::MissingValue, "_cell_length_a has no value"),
        (
            "_cell_length_a 4.0",
            "_cell_length_a 4.0 (1)",
            ParseErrorKind::UnexpectedToken,
            "the value (1) belongs to no tag",
        ),
        (
            "_cell_length_a 4.0",
            "_cell_length_a 4.0\n_cell_length_a 4.1",
            ParseErrorKind::DuplicateTag,
            "_cell_length_a occurs twice",
        ),
        (
            "_atom_site_fract_z\nNb 0 0 0",
            "_atom_site_fract_x\nNb 0 0 0",
            ParseErrorKind::DuplicateTag,
            "_atom_site_fract_x occurs twice",
        ),
    ] {
        refused(kind, sentence, &one_site("Nb").replace(from, to));
    }
    // A damaged statement of the symmetry is no statement, unless there is another one.
    let unquoted = one_site("Nb").replace("'P 1'", "P 1");
    refused(ParseErrorKind::UnexpectedToken, "the value 1 belongs to no tag", &unquoted);
    warned(
        "Nb1",
        DiagnosticKind::UnreadableValue,
        "line 9, column 34 (block t): warning: the value 1 belongs to no tag",
        &unquoted.replace("_symmetry_space", "_symmetry_Int_Tables_number 1\n_symmetry_space"),
    );
}

#[test]
fn blocks_without_sites_are_skipped() {
    let options = ReadOptions::ordered();
    for other in [
        "data_global\n_journal_name 'Acta'\n",
        "data_cell\n_cell_length_a 4\n",
        "data_powder\nloop_\n_pd_proc_point_id\n1\n2\n",
        "data_labels\n_cell_length_a 4\nloop_\n_atom_site_label\nNb1\n",
        "global_\n_a 1\n",
    ] {
        for text in [format!("{other}{}", one_site("Nb")), format!("{}{other}", one_site("Nb"))] {
            let read: Vec<_> = cif::read(&text, &options).collect();
            assert!(matches!(&read[..], [Ok(structure)] if structure.name == "t"), "{other}: {read:?}");
        }
    }
    let same_names = format!("{}{}", one_site("Nb"), one_site("Ta"));
    let read: Vec<_> = cif::read(&same_names, &options).collect::<Result<_, _>>().expect("both are read");
    assert_eq!(read[1].diagnostics[0].message, "two blocks are named t");
    let error = cif::read_one("data_a\n_cell_length_a 4\n", &options).expect_err("there are no atoms");
    assert_eq!((error.kind(), error.message()), (ParseErrorKind::NoSites, "the block lists no atoms"));
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

#[test]
fn unknown_coordinates_are_an_error_at_every_level() {
    for row in ["Nb . 0 0", "Nb 0 ? 0", "Nb . . .", "Nb ? ? ?", "Nb 0 0 ."] {
        let text = one_site("Nb").replace("Nb 0 0 0", row);
        refused(ParseErrorKind::MissingValue, "a coordinate is unknown", &text);
    }
}

#[test]
fn an_only_atom_may_stand_in_no_loop() {
    let with = |tags: &str| block(&format!("{P1}{tags}"));
    let tags = "_atom_site_type_symbol Nb\n_atom_site_label Nb1\n_atom_site_fract_x 0\n_atom_site_fract_y 0\n\
        _atom_site_fract_z 0\n_atom_site_occupancy 1\n";
    clean("Nb1", &with(tags));
    // In any order, and with loops of one column and one value.
    let reversed: String = tags.lines().rev().map(|line| format!("{line}\n")).collect();
    clean("Nb1", &with(&reversed));
    let loops: String = tags.lines().map(|line| format!("loop_\n{}\n", line.replace(' ', "\n"))).collect();
    clean("Nb1", &with(&loops));
    let missing = with(&tags.replace("_atom_site_fract_y 0\n", ""));
    refused(ParseErrorKind::MissingTag, "the atom list has no column _atom_site_fract_y", &missing);
    // One value beside a column of several says nothing about whose it is.
    let column = with(&tags.replace("_atom_site_fract_y 0\n", "loop_\n_atom_site_fract_y\n0\n0.5\n"));
    refused(ParseErrorKind::MissingTag, "the atom list has no column _atom_site_fract_y", &column);
}
