//! `s2s join` with the tables of its users.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Output,
};

use s2s_data::{MaterialId, Record, record::RecordWriter, reference};

use crate::support::{folder, output, s2s, text, write};

/// Crystals that are joined, and how many of them were tested without a transition: every third.
const CRYSTALS: usize = 60;
const TESTED: usize = CRYSTALS / 3;

/// A data folder without a table, and the formulas of its crystals.
fn data(name: &str) -> (PathBuf, Vec<String>) {
    let folder = folder(name);
    let mut writer = RecordWriter::new(Vec::new());
    let mut formulas: Vec<String> = Vec::new();
    for known in reference::crystals() {
        let formula = known.crystal.composition().reduced_formula();
        if formulas.len() < CRYSTALS && !formulas.contains(&formula) {
            let id = MaterialId::from(format!("mp-{}", formulas.len()));
            let record = Record::new(id, formula.clone(), known.crystal.clone());
            writer.write(&record.with_label(known.superconductivity.label())).expect("memory can be written");
            formulas.push(formula);
        }
    }
    let records = writer.finish().expect("memory can be written");
    write(&folder, "mp139k.jsonl.zst", &records);
    write(&folder, "s2s.jsonl.zst", &records);
    (folder, formulas)
}

fn join(data: &Path, table: &Path, more: &[&str]) -> Output {
    let mut command = s2s(["join", "--no-audit", "--supercon"]);
    output(command.arg(table).arg("--out").arg(data.join("out")).args(more).env("S2S_DATA_DIR", data))
}

/// One row per formula: `row` writes it from its number, the formula, and Tc and limit, of which one is empty.
fn rows(formulas: &[String], row: impl Fn(usize, &str, &str, &str) -> String) -> String {
    let one = |(k, formula): (usize, &String)| match k % 3 {
        0 => row(k, formula, "", "1.5"),
        _ => row(k, formula, "7.2", ""),
    };
    formulas.iter().enumerate().map(one).collect()
}

#[test]
fn a_table_is_joined_by_the_titles_that_are_given_and_a_missing_one_is_named() {
    let (data, formulas) = data("join-titles");
    let body = rows(&formulas, |_, formula, tc, limit| format!("{limit};{formula};{tc};2001\n"));
    let table = write(&data, "mine.csv", format!("T min;Formula;Tc onset;Year\n{body}1;O7-y;90;1987\n"));
    let ran = join(&data, &table, &["--column", "tc=Tc onset", "--column", "tested-to=T min"]);
    let said = text(&ran.stdout);
    assert!(ran.status.success(), "{}", text(&ran.stderr));
    assert!(said.contains(&format!("{} rows of mine.csv: formulas from \"Formula\"", CRYSTALS + 1)), "{said}");
    assert!(said.contains("years from \"Year\"") && said.contains("\"O7-y\""), "an open amount is reported: {said}");
    assert!(
        said.contains(&format!("{TESTED} of {TESTED} negatives were tested down to a stated temperature")),
        "{said}"
    );
    let written = fs::read_to_string(data.join("out/s2s-measured.jsonl")).expect("it was written");
    assert_eq!(written.matches("\"tested_to\":1.5").count(), TESTED);

    let short = join(&data, &table, &["--column", "Tc onset", "--column", "tested-to=T min"]);
    assert_eq!(text(&short.stdout).lines().next(), said.lines().next(), "a title alone is that of temperatures");

    let unmapped = join(&data, &table, &[]);
    assert_eq!(unmapped.status.code(), Some(2));
    assert!(text(&unmapped.stderr).contains("the column \"tc\" exactly once"), "{}", text(&unmapped.stderr));
    for (column, reason) in [
        ("tc=Tc offset", "the column \"Tc offset\" exactly once"),
        ("temperature=Tc", "`temperature` is none of formula, tc, tested-to"),
        ("Tc offset", "the column \"Tc offset\" exactly once"),
    ] {
        let refused = join(&data, &table, &["--column", column]);
        assert_eq!(refused.status.code(), Some(2));
        let said = text(&refused.stderr).split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains(reason), "{said}");
    }
}

#[test]
fn the_table_of_nims_is_joined_as_it_is_published() {
    let (data, formulas) = data("join-nims");
    let header = "data number\tchemical formula\tTc (of this sample) recommended\tlowest temperature for measurement (not superconducting)\t\
                  common name of structure\tjournal\nnum\telement\ttc\ttcn\tstr3\tjournal\n";
    let body = rows(&formulas, |k, formula, tc, limit| format!("{k}\t{formula}\t{tc}\t{limit}\tA15\tPR 95\n"));
    let table = write(&data, "nims.txt", format!("{header}{body}"));
    let ran = join(&data, &table, &[]);
    let said = text(&ran.stdout);
    assert!(ran.status.success(), "{}", text(&ran.stderr));
    assert!(said.contains(&format!("{CRYSTALS} rows of nims.txt: formulas from \"chemical formula\"")), "{said}");
    assert!(said.contains("structure types from \"common name of structure\""), "{said}");
    assert!(
        said.contains(&format!("{TESTED} of {TESTED} negatives were tested down to a stated temperature")),
        "{said}"
    );
}
