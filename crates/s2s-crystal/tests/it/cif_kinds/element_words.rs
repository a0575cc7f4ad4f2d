//! Words in place of elements: groups, water, dummies, mixtures and marks.

use std::collections::BTreeSet;

use s2s_crystal::{DiagnosticKind, ParseErrorKind, Strictness};

use super::{P1, XYZ, block, clean, doubtful, formula, notes, one_label, one_site, read_with, refused, sites, warned};

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

#[test]
fn letters_of_sites_are_no_hydrogen_however_the_formula_reads() {
    for (label, atom) in [("SiT1", "Si"), ("SiT", "Si"), ("AlT1", "Al"), ("FeD1", "Fe"), ("KT1", "K"), ("OT2", "O")] {
        let rows = format!("{label} 0 0 0\nH1 .5 .5 .5");
        let atoms = sites(&format!("label {XYZ}"), &rows);
        let read = |formula: &str| formula_of(&block(&format!("{formula}{P1}{atoms}")));
        let expected: BTreeSet<String> = ["H1".to_owned(), format!("{atom}1")].into();
        assert_eq!(read(&format!("_chemical_formula_sum '{atom} H'\n")), expected, "{label}");
        assert_eq!(read(""), expected, "{label}");
    }
}

#[test]
fn deuterium_behind_an_element_is_not_dropped() {
    let kind = ParseErrorKind::UnknownElement;
    for formula in ["", "Al D4", "Al H4"] {
        let sentence = "the label AlD4 names several elements without their shares";
        refused(kind, sentence, &one_label("AlD4", formula));
    }
    refused(kind, "the label BD4 names a group of atoms, not an element", &one_label("BD4", "Li B D4"));
    clean("Al1", &one_label("AlD4", "Al"));
    // Without an amount D names a site, and the comparison with the formula says that hydrogen is missing.
    warned(
        "Al1",
        DiagnosticKind::MissingHydrogen,
        "line 8, column 23 (block t): warning: the cell holds 0 H, but the formula Al D4 with Z = 1 makes it 4",
        &one_label("AlD", "Al D4"),
    );
}

/// The elements of the atoms with their amounts.
fn formula_of(text: &str) -> BTreeSet<String> {
    let read = read_with(text, Strictness::Strict).unwrap_or_else(|error| panic!("{error}\n{text}"));
    formula(&read.crystal).split(' ').map(str::to_owned).collect()
}
