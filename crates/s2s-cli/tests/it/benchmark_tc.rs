//! `s2s benchmark tc`.

use std::{fmt::Write, fs, path::Path};

use s2s_data::{
    record::RecordWriter,
    reference::{self, Superconductivity},
};

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

    // The same again: what is written holds no times.
    let written = fs::read(out.join("report.json")).expect("it was written");
    run();
    assert!(fs::read(out.join("report.json")).expect("it was written") == written, "the report is another one");
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

#[test]
fn models_are_chosen_by_name_and_structures_restrict_the_rows_to_those_that_have_one() {
    let folder = folder("benchmark-tc-models");
    let data =
        write(&folder, "data.csv", table(0, "name,Tc", |_, formula, tc| format!("{formula},{tc}")) + "MgB2,39\n");
    let mut crystals = RecordWriter::new(Vec::new());
    for known in reference::crystals() {
        crystals.write(&known.to_record()).expect("memory can be written");
    }
    let crystals = write(&folder, "crystals.jsonl", crystals.finish().expect("memory can be written"));
    let out = folder.join("results");
    let run = |more: &[&str]| {
        let mut command = s2s(["benchmark", "tc", "--split", "random", "--train"]);
        output(command.arg(&data).arg("--out").arg(&out).args(more))
    };
    let crystals = crystals.to_str().expect("a plain name");
    let ran = run(&["--models", "forest,forest-structure,kernel,network", "--structures", crystals]);
    assert_eq!(ran.status.code(), Some(0), "{}", text(&ran.stderr));
    let written = report(&out);
    let runs = written["runs"].as_array().expect("a list");
    let names: Vec<&str> = runs.iter().filter_map(|run| run["model"].as_str()).collect();
    assert_eq!(names.len(), 4);
    for (name, start) in names.iter().zip(["forest magpie", "forest magpie", "kernel", "network"]) {
        assert!(name.starts_with(start), "{names:?}");
    }
    for run in runs {
        let rows = run["all"]["rows"].as_u64().expect("a number");
        assert_eq!(run["with_structure"][1].as_u64(), Some(rows), "{run}");
        assert_eq!(run["with_structure"][0], run["trained_on"], "{run}");
        assert!(run["all"]["coverage"]["value"].as_f64().is_some_and(|share| share > 0.3), "{run}");
    }
    assert!(written["structures"]["sha256"].as_str().is_some_and(|hash| hash.len() == 64));
    let without = run(&["--models", "forest-structure"]);
    assert_eq!(without.status.code(), Some(2));
    assert!(text(&without.stderr).contains("forest-structure needs --structures"), "{}", text(&without.stderr));
    let unknown = run(&["--models", "forest,oracle"]);
    assert!(text(&unknown.stderr).contains("`oracle` is none of blend, forest,"), "{}", text(&unknown.stderr));
}

/// Thirty alloys without a transition down to a limit, thirty zeros without a limit, and sixty superconductors, over twelve
/// years; one row has no year.
fn dated() -> String {
    let mut text = "formula,Tc,tested_to,year\n".to_owned();
    for k in 0..30 {
        let year = 2000 + k % 12;
        writeln!(text, "Nb{}Sn{},{},,{year}", 30 + k, 10, 17.0 + f64::from(k % 5) / 10.0).expect("text can be written");
        writeln!(text, "V{}Si{},{},,{year}", 30 + k, 10, 16.0 + f64::from(k % 3) / 10.0).expect("text can be written");
        writeln!(text, "Au{}Cu{},<0.35,,{year}", 30 + k, 10).expect("text can be written");
        writeln!(text, "Fe{}O{},0,,{}", 30 + k, 40, if k == 0 { String::new() } else { year.to_string() })
            .expect("text can be written");
    }
    text
}

#[test]
fn the_latest_years_are_predicted_and_rows_are_counted_by_what_they_say() {
    let folder = folder("benchmark-tc-year");
    let data = write(&folder, "data.csv", dated());
    let out = folder.join("results");
    let run = |more: &[&str]| {
        let ran = output(s2s(["benchmark", "tc", "--train"]).arg(&data).arg("--out").arg(&out).args(more));
        assert_eq!(ran.status.code(), Some(0), "{}", text(&ran.stderr));
        (report(&out), text(&ran.stderr))
    };
    let (all, said) = run(&["--split", "year"]);
    assert!(said.contains("predicted: 2009 and later; rows without a year, left out: 1"), "{said}");
    let file = &all["files"][0];
    let count = |what: &str| file[what].as_u64().unwrap_or_else(|| panic!("no {what}: {file}"));
    assert_eq!(
        (count("rows"), count("superconductors"), count("without_a_tc"), count("with_a_year")),
        (120, 60, 0, 119)
    );
    assert_eq!((count("no_transition_down_to_a_limit"), count("none_reported")), (30, 30));
    // Of the alloys of each kind six are of the last three years: 24 of 119 is nearest to a fifth.
    let run_of = |report: &serde_json::Value| {
        let run = &report["runs"][0];
        (run["trained_on"].as_u64().expect("a number"), run["all"]["rows"].as_u64().expect("a number"))
    };
    assert_eq!(run_of(&all), (95, 24));
    let predictions = fs::read_to_string(out.join("seed-1/predictions.csv")).expect("it was written");
    assert_eq!(predictions.lines().count(), 25);

    // Zeros without a limit take no part, on either side.
    let (tested, _) = run(&["--split", "year", "--negatives", "tested"]);
    assert_eq!(run_of(&tested), (72, 18));
    assert_eq!(tested["recipe"]["negatives"], "tested");
    let (unlabeled, _) = run(&["--split", "year", "--negatives", "unlabeled"]);
    assert_eq!(run_of(&unlabeled), (95, 24));

    let undated = write(&folder, "undated.csv", table(0, "formula,Tc", |_, formula, tc| format!("{formula},{tc}")));
    let ran = output(s2s(["benchmark", "tc", "--split", "year", "--train"]).arg(undated).arg("--out").arg(&out));
    let said = text(&ran.stderr);
    assert!(ran.status.code() == Some(2) && said.contains("a column `year` with two different years"), "{said}");
    let ran = output(s2s(["benchmark", "tc", "--split", "decade", "--train"]).arg(&data).arg("--out").arg(&out));
    let said = text(&ran.stderr);
    assert!(ran.status.code() == Some(2) && said.contains("chemical-system, family, year"), "{said}");
}

/// What is predicted by a kernel machine, with the exit status and what is said.
fn kernel(folder: &Path, train: &str, test: &str, more: &[&str]) -> (Option<i32>, String, String) {
    let out = folder.join("results");
    let _ = fs::remove_dir_all(&out);
    let [train, test] = [("train.csv", train), ("test.csv", test)].map(|(name, text)| write(folder, name, text));
    let mut command = s2s(["benchmark", "tc", "--models", "kernel", "--train"]);
    let ran = output(command.arg(train).arg("--test").arg(test).arg("--out").arg(&out).args(more));
    let predictions = fs::read_to_string(out.join("predictions.csv")).unwrap_or_default();
    (ran.status.code(), predictions, text(&ran.stderr).split_whitespace().collect::<Vec<_>>().join(" "))
}

/// A way of writing a table of `formula,Tc`, and its name.
type Form<'f> = (&'f str, &'f dyn Fn(&str) -> String);

#[test]
fn a_table_is_read_alike_however_it_is_written() {
    let folder = folder("benchmark-tc-forms");
    let sides = [0, 1].map(|start| table(start, "formula,Tc", |_, formula, tc| format!("{formula},{tc}")));
    let asked = |form: &dyn Fn(&str) -> String| kernel(&folder, &form(&sides[0]), &form(&sides[1]), &[]);
    let plain = asked(&str::to_owned);
    assert_eq!((plain.0, plain.1.lines().count()), (Some(0), sides[1].lines().count()));
    let lines = |text: &str, line: &dyn Fn(&str, &str) -> String| {
        let one = |row: &str| row.split_once(',').map(|(formula, tc)| line(formula, tc)).expect("two fields");
        text.lines().map(one).collect::<Vec<_>>().join("\n")
    };
    let forms: [Form<'_>; 9] = [
        ("byte order mark", &|text| format!("\u{feff}{text}")),
        ("carriage returns and line feeds", &|text| text.replace('\n', "\r\n")),
        ("semicolons", &|text| text.replace(',', ";")),
        ("tabs", &|text| text.replace(',', "\t")),
        ("quotes", &|text| lines(text, &|formula, tc| format!("\"{formula}\",\"{tc}\""))),
        ("spaces", &|text| lines(text, &|formula, tc| format!(" {formula} , {tc} "))),
        ("temperatures first, and other columns", &|text| lines(text, &|formula, tc| format!("{tc},note,{formula}"))),
        ("separators at the end, and empty lines", &|text| format!("\n{}\n\n", text.replace('\n', ",\n\n"))),
        ("decimal commas", &|text| lines(text, &|formula, tc| format!("{formula};{tc}").replace('.', ","))),
    ];
    for (form, write) in forms {
        let found = asked(write);
        // The formula is written down as it stands in the table.
        let predictions = if form == "decimal commas" { found.1.replace('"', "") } else { found.1 };
        assert_eq!((found.0, predictions.as_str()), (Some(0), plain.1.as_str()), "{form}: {}", found.2);
    }
}

#[test]
fn what_cannot_be_read_is_said_in_one_line_each_and_the_rest_is_learned_and_predicted() {
    let folder = folder("benchmark-tc-malformed");
    let sides = [0, 1].map(|start| table(start, "formula,Tc", |_, formula, tc| format!("{formula},{tc}")));
    let plain = kernel(&folder, &sides[0], &sides[1], &[]).1;
    let rows = [
        ("Tl2Ba2CaCu2O6=z,100", "\"Tl2Ba2CaCu2O6=z\" is read as Ba2CaTl2(CuO3)2", true),
        ("Y2C2Br0.5!1.5,5", "\"Y2C2Br0.5!1.5\" is read as Y2C2I1.5Br0.5", true),
        ("Sm1Ba-1Cu3O6.94,86", "\"Sm1Ba-1Cu3O6.94\" is read as Ba1Sm1Cu3O6.94", true),
        ("Nb₃Ge,23", "\"Nb₃Ge\" is read as Nb3Ge", true),
        (",7", "\"\" is no formula: character 1: the formula is empty", false),
        ("   ,7", "\"\" is no formula: character 1: the formula is empty", false),
        ("=1+1,7", "\"=1+1\" is no formula: character 1: '=' is no part of a formula", false),
        ("Zz3Q,7", "\"Zz3Q\" is no formula: character 1: unknown element symbol \"Zz\"", false),
        ("Nb3Al,warm", "Tc \"warm\" is no temperature in K", true),
        ("Nb3Al,-3", "Tc \"-3\" is no temperature in K", true),
        ("Nb3Al", "1 field, the header has 2: nothing but the formula is read", true),
        ("Nb3Al,18,5", "3 fields, the header has 2: nothing but the formula is read", true),
    ];
    let more: String = rows.iter().map(|(row, ..)| format!("{row}\n")).collect();
    let number_of = |side: &str, k: usize| side.lines().count() + k;

    // On the test side every line is in the predictions, in order; the others are what they were.
    let (status, predictions, said) = kernel(&folder, &sides[0], &format!("{}{more}", sides[1]), &[]);
    assert_eq!(status, Some(1));
    let added: Vec<&str> = predictions.strip_prefix(&plain).expect("the others are the same").lines().collect();
    assert_eq!(added.len(), rows.len());
    for (k, ((row, reason, predicted), line)) in rows.iter().zip(added).enumerate() {
        assert_eq!(!line.ends_with(",,,,"), *predicted, "{row}: {line}");
        let remark = format!("test.csv row {}: {reason}", number_of(&sides[1], k));
        assert_eq!(said.matches(&remark).count(), 1, "{remark}: {said}");
    }
    let written = report(&folder.join("results"));
    assert_eq!(written["not_read_as_written"]["count"], rows.len());
    assert_eq!(written["rows_without_a_prediction"], 4);

    // What cannot be learned from is left out, and changes nothing.
    let unusable: String = rows[4..].iter().map(|(row, ..)| format!("{row}\n")).collect();
    let (status, predictions, said) = kernel(&folder, &format!("{}{unusable}", sides[0]), &sides[1], &[]);
    assert_eq!((status, predictions), (Some(1), plain));
    for (k, (_, reason, _)) in rows[4..].iter().enumerate() {
        let remark = format!("train.csv row {}: {reason}", number_of(&sides[0], k));
        assert_eq!(said.matches(&remark).count(), 1, "{remark}: {said}");
    }
    assert_eq!(report(&folder.join("results"))["not_read_as_written"]["count"], rows.len() - 4);
}

#[test]
fn the_column_of_temperatures_is_given_by_its_title_and_a_missing_one_is_refused_with_those_that_are_there() {
    let folder = folder("benchmark-tc-column");
    let usual = [0, 1].map(|start| table(start, "formula,Tc", |_, formula, tc| format!("{formula},{tc}")));
    let (_, expected, _) = kernel(&folder, &usual[0], &usual[1], &[]);
    let titled =
        [0, 1].map(|start| table(start, "Sample,Tc,formula,Tc_onset", |_, formula, tc| format!("{formula},1,Au,{tc}")));
    let columns = ["--column", "Tc_onset", "--column", "formula=Sample"];
    let (status, predictions, said) = kernel(&folder, &titled[0], &titled[1], &columns);
    assert_eq!((status, predictions.as_str()), (Some(0), expected.as_str()), "{said}");
    let first = report(&folder.join("results"));
    let (_, by_key, _) = kernel(&folder, &titled[0], &titled[1], &["--column", "tc=Tc_onset", columns[2], columns[3]]);
    assert_eq!(by_key, expected);
    let (_, other, _) = kernel(&folder, &titled[0], &titled[1], &columns[2..]);
    assert_ne!(other, expected, "the column Tc holds other numbers");
    let second = report(&folder.join("results"));
    assert_ne!(first["runs"][0]["all"]["mae_k"], second["runs"][0]["all"]["mae_k"]);

    // Cells that hold no number are named and counted.
    let no_numbers = titled[0].clone() + "Nb3Ge,23,Au,soon\nNb3Ga,20,Au,20-21\n";
    let (status, predictions, said) = kernel(&folder, &no_numbers, &titled[1], &columns);
    assert_eq!((status, predictions.as_str()), (Some(1), expected.as_str()));
    let count = titled[0].lines().count();
    for remark in [
        format!("train.csv row {count}: Tc \"soon\" is no temperature in K"),
        format!("train.csv row {}: Tc \"20-21\" is no temperature in K", count + 1),
    ] {
        assert_eq!(said.matches(&remark).count(), 1, "{said}");
    }
    assert_eq!(report(&folder.join("results"))["not_read_as_written"]["count"], 2);

    // The table that is predicted need not have the column, and no other one is compared with.
    let asked = usual[1].replace("formula,Tc", "Sample,Tc");
    let (status, predictions, said) = kernel(&folder, &titled[0], &asked, &columns);
    assert_eq!((status, predictions.as_str()), (Some(0), expected.as_str()));
    assert!(said.contains("no Tc to compare with"), "{said}");

    for (columns, reason) in [
        (["--column", "Tc_zero"], "\"Tc_zero\" exactly once, found [\"Sample\", \"Tc\", \"formula\", \"Tc_onset\"]"),
        (["--column", "pressure=Tc"], "this command reads formula, tc, tested-to, year, not pressure"),
        (["--column", "temperature=Tc"], "`temperature` is none of formula, tc, tested-to"),
    ] {
        let (status, _, said) = kernel(&folder, &titled[0], &titled[1], &columns);
        assert!(status == Some(2) && said.contains(reason), "{said}");
    }
    let (status, _, said) = kernel(&folder, &usual[0].replace("Tc", "T"), &usual[1], &[]);
    let reason = "train.csv: the header needs the column \"tc\" exactly once, found [\"formula\", \"T\"]";
    assert!(status == Some(2) && said.contains(reason), "{said}");
}
