//! `s2s benchmark tc`.

use std::{fmt::Write, fs, path::Path};

use s2s_data::reference::{self, Superconductivity};

use crate::support::{folder, output, s2s, text, write};

/// The reference crystals as `formula,Tc`, zero where no transition is known; every other row, from this one on.
fn table(start: usize, header: &str, row: impl Fn(usize, &str, f64) -> String) -> String {
    let mut text = format!("{header}\n");
    for (k, known) in reference::crystals().iter().enumerate().skip(start).step_by(2) {
        let kelvin = match known.superconductivity {
            Superconductivity::Measured { tc_kelvin, .. } => tc_kelvin,
            Superconductivity::NotFound { .. } => 0.0,
        };
        writeln!(text, "{}", row(k, &known.formula, kelvin)).expect("text can be written");
    }
    text
}

fn report(out: &Path) -> serde_json::Value {
    let text = fs::read_to_string(out.join("report.json")).expect("it was written");
    serde_json::from_str(&text).expect("it is JSON")
}

#[test]
fn one_table_is_learned_and_another_is_predicted_row_by_row() {
    let folder = folder("benchmark-tc");
    let train = write(&folder, "train.csv", table(0, "formula,Tc", |_, formula, tc| format!("{formula},{tc}")));
    // Columns in another order; a duplicate and a near duplicate of what is learned; no Tc, no formula, an open amount.
    let learned = reference::crystals()[0].formula.clone();
    let asked = table(1, "Tc,id,formula", |k, formula, tc| format!("{tc},\"row, {k}\",{formula}"))
        + &format!("7,twice,{learned}\n,no-tc,Ba0.6K0.4Fe2As2\n3,no-formula,Qx9?\n,open,YBa2Cu3O7-y\n1,short\n");
    let rows = asked.lines().count() - 1;
    let test = write(&folder, "test.csv", &asked);
    let out = folder.join("results");
    let run = || {
        let mut command = s2s(["benchmark", "tc", "--baselines", "--train"]);
        output(command.arg(&train).arg("--test").arg(&test).arg("--out").arg(&out))
    };
    let ran = run();
    let (said, remarks) = (text(&ran.stdout), text(&ran.stderr));
    assert_eq!(ran.status.code(), Some(1), "{said}{remarks}");

    let predictions = fs::read_to_string(out.join("predictions.csv")).expect("it was written");
    let mut lines = csv::Reader::from_reader(predictions.as_bytes());
    let header = "id,formula,Tc_predicted_K,Tc_low_K,Tc_high_K,p_superconductor";
    assert!(predictions.starts_with(&format!("{header}\n")), "{predictions}");
    let lines: Vec<csv::StringRecord> =
        lines.records().collect::<Result<_, _>>().expect("rows are as wide as the header");
    // The line that is too short names nothing.
    assert_eq!(lines.len(), rows - 1);
    assert_eq!(&lines[0][0], "row, 1");
    for line in &lines {
        if &line[0] == "no-formula" {
            assert_eq!(line.iter().collect::<Vec<_>>(), ["no-formula", "Qx9?", "", "", "", ""]);
            continue;
        }
        let number = |k: usize| line[k].parse::<f64>().expect("a number");
        let (kelvin, low, high, p) = (number(2), number(3), number(4), number(5));
        assert!(0.0 <= low && low <= kelvin && kelvin <= high && (0.0..=1.0).contains(&p), "{line:?}");
    }
    let row = |id: &str| lines.iter().find(|line| &line[0] == id).expect("it is predicted");
    assert!(row("open")[1] == *"YBa2Cu3O7-y" && !row("open")[2].is_empty());

    let report = report(&out);
    assert_eq!(report["schema"], "s2s-benchmark-tc");
    assert_eq!(report["rows_without_a_prediction"], 1);
    let misread: Vec<&str> = report["not_read_as_written"]["rows"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|row| row.as_str())
        .collect();
    assert_eq!(report["not_read_as_written"]["count"].as_u64(), Some(misread.len() as u64));
    for what in ["\"Qx9?\" is no formula", "\"YBa2Cu3O7-y\" is read as Ba2YCu3O7", "2 fields, the header has 3"] {
        assert!(misread.iter().any(|line| line.starts_with("test.csv") && line.contains(what)), "{what}: {misread:?}");
        assert!(remarks.contains(what), "{what}: {remarks}");
    }
    let runs = report["runs"].as_array().expect("a list");
    assert_eq!(runs.len(), 4);
    let all = &runs[0]["all"];
    assert_eq!(all["rows"].as_u64(), Some(rows as u64 - 4), "rows with a Tc and a formula");
    for figure in ["mae_k", "r2", "rmse_k", "mae_superconductors_k", "roc_auc", "calibration_error", "coverage"] {
        let found = &all[figure];
        let number = |value: &serde_json::Value| value.as_f64().expect("a number");
        let (low, value, high) =
            (number(&found["interval"]["low"]), number(&found["value"]), number(&found["interval"]["high"]));
        assert!(low <= high && value.is_finite(), "{figure}: {found}");
    }
    let count = |what: &str| runs[0]["overlap"][what].as_u64().expect("a number");
    let (duplicates, near) = (count("duplicates"), count("near_duplicates"));
    assert!(duplicates >= 1, "{learned} is in both tables");
    assert!(remarks.contains(&format!("{duplicates} duplicates and {near} near duplicates of training compositions")));
    // Near duplicates of rows without a Tc are counted, and not measured.
    let novel = runs[0]["without_near_duplicates"]["rows"].as_u64().expect("a number");
    assert!((rows as u64 - 4 - duplicates - near..rows as u64 - 4).contains(&novel), "{novel}");
    let mae = |run: &serde_json::Value| run["all"]["mae_k"]["value"].as_f64().expect("a number");
    assert!(mae(&runs[0]) < mae(&runs[3]), "{} is not better than always the median", mae(&runs[0]));

    // The same again.
    run();
    assert_eq!(fs::read_to_string(out.join("predictions.csv")).expect("it was written"), predictions);
}

#[test]
fn a_held_out_fifth_shares_no_chemical_system_and_unusable_tables_are_refused() {
    let folder = folder("benchmark-tc-split");
    let data = write(&folder, "data.csv", table(0, "name,Tc", |_, formula, tc| format!("{formula},{tc}")));
    let out = folder.join("results");
    let mut command = s2s(["benchmark", "tc", "--split", "chemical-system", "--seed", "3", "--train"]);
    let ran = output(command.arg(&data).arg("--out").arg(&out));
    assert_eq!(ran.status.code(), Some(0), "{}", text(&ran.stderr));
    let overlap = &report(&out)["runs"][0]["overlap"];
    let count = |what: &str| overlap[what].as_u64().expect("a number");
    assert_eq!(count("duplicates") + count("same_system"), 0, "{overlap}");
    assert!(count("new_system") > 5 && out.join("seed-3/predictions.csv").is_file(), "{overlap}");

    let refused = |name: &str, table: &str, more: &[&str]| {
        let path = write(&folder, name, table);
        let ran = output(s2s(["benchmark", "tc", "--train"]).arg(path).arg("--out").arg(&out).args(more));
        assert_eq!(ran.status.code(), Some(2), "{name}");
        text(&ran.stderr)
    };
    let split = ["--split", "random"];
    let said = refused("no-formula.csv", "id,Tc\n1,2\n", &split);
    assert!(said.contains("the header needs the column \"formula\" exactly once"), "{said}");
    let empty = write(&folder, "empty.csv", "");
    let said = refused("few.csv", "formula,Tc\nNb,9.2\nPb,7.2\n", &["--test", empty.to_str().expect("a plain name")]);
    assert!(said.contains("column"), "{said}");
    let said = refused("neither.csv", "formula,Tc\nNb,9.2\n", &[]);
    assert!(said.contains("--test"), "{said}");
}
