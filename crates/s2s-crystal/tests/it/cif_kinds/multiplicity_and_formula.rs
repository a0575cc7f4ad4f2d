//! Site multiplicities, formulas and numbers of formula units.

use s2s_crystal::{DiagnosticKind, ParseErrorKind, Strictness};

use super::{INVERSION, P1, XYZ, block, clean, doubtful, read_with, sites, two_niobium, warned};

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
