//! Kinds of trouble that POSCAR, extended XYZ and JSON files of others have, as tables: an input of each kind, and what is said.

mod ase;
mod extxyz;
mod json;
mod optimade;
mod poscar;

use s2s_crystal::{Format, ParsedStructure, ReadOptions, Strictness};

/// What reading says of each structure: its composition and findings, or `!` and the error.
fn said(format: Format, text: &[u8], options: &ReadOptions) -> String {
    let tell = |structure: Result<ParsedStructure, _>| match structure {
        Ok(structure) => {
            let findings: Vec<String> = structure.diagnostics.iter().map(|found| format!("; {found}")).collect();
            let cell: Vec<String> = structure.crystal.lattice().lengths().map(|l| format!("{l:.1}")).to_vec();
            let formula = structure.crystal.composition().hill_formula();
            format!("{formula} in {}{}", cell.join("×"), findings.concat())
        }
        Err(error) => format!("! {error}"),
    };
    format.read(text, options).map(tell).collect::<Vec<_>>().join(" | ")
}

/// Reads each text of a table, and shows every one that says something else.
#[track_caller]
fn assert_table<T: AsRef<[u8]>>(format: Format, options: &ReadOptions, table: &[(T, &str)]) {
    let differs = |(text, expected): &(T, &str)| {
        let said = said(format, text.as_ref(), options);
        (said != *expected)
            .then(|| format!("{}\n  says     {said}\n  expected {expected}", text.as_ref().escape_ascii()))
    };
    let wrong: Vec<String> = table.iter().filter_map(differs).collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), table.len(), wrong.join("\n"));
}

/// What is refused is refused at every level, and what is read without a warning is read at every level.
#[track_caller]
fn assert_levels<T: AsRef<[u8]>>(format: Format, table: &[(T, &str)]) {
    for (text, expected) in table {
        let levels = if expected.contains("! ") {
            [Strictness::Strict, Strictness::Lenient]
        } else if expected.contains("warning: ") {
            [Strictness::Standard, Strictness::Lenient]
        } else {
            [Strictness::Strict, Strictness::Lenient]
        };
        for strictness in levels {
            let options = ReadOptions { strictness, ..ReadOptions::disordered() };
            assert_eq!(said(format, text.as_ref(), &options), *expected, "{strictness:?}");
        }
    }
}
