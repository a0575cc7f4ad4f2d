//! Kinds of trouble that CIF files of others have: several inputs of each kind, with what is read and what is said about it.

mod cartesian_frame;
mod contradictions;
mod coordinate_system;
mod damage;
mod element_words;
mod multiplicity_and_formula;
mod occupancy;
mod single_value;
mod split_loop;
mod symmetry;
mod table;

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

fn two_niobium(lines: &str) -> String {
    block(&format!("{lines}{P1}{}", sites(&format!("type_symbol {XYZ}"), "Nb 0 0 0\nNb .5 .5 .5")))
}

fn one_site(kind: &str) -> String {
    block(&format!("{P1}{}", sites(&format!("type_symbol {XYZ}"), &format!("{kind} 0 0 0"))))
}

fn one_label(label: &str, formula: &str) -> String {
    let formula = if formula.is_empty() { String::new() } else { format!("_chemical_formula_sum '{formula}'\n") };
    block(&format!("{formula}{P1}{}", sites(&format!("label {XYZ}"), &format!("{label} 0 0 0"))))
}

/// Symmetry statements with one atom at these coordinates, in a cell so large that its images keep their distance.
fn symmetric(statements: &str, coordinates: &str) -> String {
    let small = block(&format!("{statements}{}", sites(&format!("type_symbol {XYZ}"), &format!("Nb {coordinates}"))));
    small.replace(" 4.0\n", " 9.0\n")
}
