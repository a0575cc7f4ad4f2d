//! `s2s inspect`: keys, order, exit status.

use std::{
    collections::BTreeSet,
    path::Path,
    process::{Command, Output},
};

use serde_json::Value;

const KEYS: [&str; 18] = [
    "file",
    "block",
    "ok",
    "formula",
    "sites",
    "atoms",
    "a",
    "b",
    "c",
    "alpha",
    "beta",
    "gamma",
    "volume",
    "min_distance",
    "disordered",
    "pairs",
    "composition",
    "diagnostics",
];

fn inspect(arguments: &[&str]) -> Output {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../s2s-crystal/tests/corpus");
    let mut command = Command::new(env!("CARGO_BIN_EXE_s2s"));
    command.arg("inspect").args(arguments).current_dir(corpus).output().expect("the command can be run")
}

fn rows(output: &Output) -> Vec<Value> {
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().map(|line| serde_json::from_str(line).expect("a line is a JSON object")).collect()
}

fn keys(row: &Value) -> BTreeSet<&str> {
    row.as_object().expect("a row is an object").keys().map(String::as_str).collect()
}

#[test]
fn a_folder_gives_one_object_per_structure_in_order() {
    let output = inspect(&["--json", "--cutoff", "3", "valid"]);
    assert!(output.status.success());
    let rows = rows(&output);
    let files: Vec<_> = rows.iter().map(|row| row["file"].as_str().unwrap_or_default()).collect();
    assert!(files.is_sorted() && files.len() >= 28);
    for row in &rows {
        assert_eq!(keys(row), BTreeSet::from(KEYS));
        assert_eq!(row["ok"], true);
    }
    let cesium = rows.iter().find(|row| row["file"] == "valid/cubic.cif").expect("the file is there");
    assert_eq!((&cesium["formula"], &cesium["atoms"], &cesium["sites"]), (&"CsCl".into(), &2.into(), &2.into()));
    assert_eq!(cesium["composition"], serde_json::json!({ "Cs": 1.0, "Cl": 1.0 }));
    // Six equal atoms lie beyond 3 Å, eight different ones at 4.123·√3/2 Å do as well.
    assert_eq!(cesium["pairs"], 0);
    let distance = cesium["min_distance"].as_f64().expect("there are neighbors somewhere");
    assert!((distance - 4.123 * 0.75_f64.sqrt()).abs() < 1e-9);
    assert_eq!(
        rows.iter().find(|row| row["file"] == "valid/occupancies.cif").map(|row| &row["disordered"]),
        Some(&true.into())
    );
}

#[test]
fn a_failure_is_an_object_with_an_error_and_the_status_is_one() {
    let output = inspect(&["--json", "valid/cubic.cif", "malformed/tag_twice.cif", "missing.cif", "valid/vasp5.vasp"]);
    assert_eq!(output.status.code(), Some(1));
    let rows = rows(&output);
    assert_eq!(rows.iter().map(|row| row["ok"] == true).collect::<Vec<_>>(), [true, false, false, true]);
    let error = &rows[1]["error"];
    let expected = serde_json::json!({
        "kind": "duplicate_tag", "line": 4, "column": 1, "message": "_cell_length_b occurs twice"
    });
    assert_eq!(error, &expected);
    assert_eq!(rows[2]["error"]["kind"], "io");
    for row in &rows[1..3] {
        assert_eq!(keys(row), BTreeSet::from(KEYS).union(&BTreeSet::from(["error"])).copied().collect());
    }
}

#[test]
fn lenient_reading_accepts_contradictions() {
    let file = "malformed/formula_of_another_compound.cif";
    assert_eq!(inspect(&[file]).status.code(), Some(1));
    let output = inspect(&["--lenient", file]);
    assert!(output.status.success());
    let line = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        line.starts_with("malformed/formula_of_another_compound.cif [CsCl]: CsCl  2 sites  2 atoms  a 4.1230"),
        "{line}"
    );
}
