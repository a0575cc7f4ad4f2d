//! `s2s benchmark`.

use std::{fs, path::Path};

use s2s_data::{MaterialId, Record, record::RecordWriter, reference};

use crate::support::{folder, output, s2s, text};

/// Labelled reference crystals as JSON lines.
fn records(folder: &Path) -> std::path::PathBuf {
    let path = folder.join("records.jsonl");
    let mut writer = RecordWriter::new(Vec::new());
    for (k, known) in reference::crystals().iter().step_by(2).take(90).enumerate() {
        let formula = known.crystal.composition().reduced_formula();
        let record = Record::new(MaterialId::from(format!("r-{k}")), formula, known.crystal.clone());
        writer.write(&record.with_label(known.superconductivity.label())).expect("memory can be written");
    }
    fs::write(&path, writer.finish().expect("memory can be written")).expect("the folder can be written");
    path
}

const MODELS: [&str; 8] =
    ["--split", "random", "--model", "element-count", "--model", "boosted:magpie", "--seeds", "1"];

#[test]
fn a_benchmark_that_was_cut_off_ends_with_the_results_of_one_that_was_not() {
    let folder = folder("benchmark-classification");
    let data = records(&folder);
    let run = |out: &Path, more: &[&str]| {
        let mut command = s2s(["benchmark", "classification", "--folds", "3", "--data"]);
        output(command.arg(&data).arg("--out").arg(out).args(more))
    };
    let whole = folder.join("whole");
    let ran = run(&whole, &MODELS);
    assert_eq!(ran.status.code(), Some(0), "{}", text(&ran.stderr));
    let table = text(&ran.stdout);
    assert!(table.starts_with("### random\n") && table.contains("| element-count |"), "{table}");
    assert_eq!(text(&ran.stderr).matches("ROC-AUC").count(), 6);
    assert_eq!(fs::read_to_string(whole.join("table.md")).expect("it was written"), table);

    // What a kill leaves: whole lines, and a piece of the next.
    let lines = |out: &Path| {
        let text = fs::read_to_string(out.join("folds.jsonl")).expect("it was written");
        let strip = |line: &str| {
            let mut value: serde_json::Value = serde_json::from_str(line).expect("a line is JSON");
            value.as_object_mut().map(|line| line.remove("seconds"));
            value
        };
        text.lines().map(strip).collect::<Vec<_>>()
    };
    let text_of = fs::read_to_string(whole.join("folds.jsonl")).expect("it was written");
    let cut = folder.join("cut");
    fs::create_dir_all(&cut).expect("the folder can be written");
    let third = text_of.match_indices('\n').nth(3).expect("there are more lines").0;
    fs::write(cut.join("folds.jsonl"), &text_of[..third + 40]).expect("the folder can be written");
    let ran = run(&cut, &MODELS);
    assert_eq!(text(&ran.stderr).matches("ROC-AUC").count(), 3, "{}", text(&ran.stderr));
    assert_eq!((lines(&cut), text(&ran.stdout)), (lines(&whole), table.clone()));

    // A mean of what is there, the list of doubtful labels, and the table alone.
    let more = ["--mean", "both=element-count&boosted:magpie", "--doubtful", "element-count", "--against", "both"];
    let ran = run(&cut, &more);
    assert!(text(&ran.stdout).contains("| both |"), "{}", text(&ran.stderr));
    assert!(cut.join("doubtful.json").exists());
    let ran = run(&cut, &["--difference", "element-count=both&boosted:magpie"]);
    let found = fs::read_to_string(cut.join("differences.md")).expect("it was written");
    assert!(text(&ran.stdout).ends_with(&found), "{}", text(&ran.stderr));
    assert!(found.contains("| boosted:magpie | element-count | ") && found.contains("| mean of these 2 | "), "{found}");
    for (option, value, said) in [
        ("--difference", "element-count=neither", "no fold has results of both `neither` and `element-count`"),
        ("--difference", "element-count", "not of the form NAME=…"),
        ("--against", "neither", "there are no results of `neither` to compare with"),
    ] {
        let ran = run(&cut, &[option, value]);
        assert!(
            ran.status.code() != Some(0) && text(&ran.stderr).contains(said),
            "{option} {value}: {}",
            text(&ran.stderr)
        );
    }
    assert_eq!(text(&run(&whole, &[]).stdout), table);
    let commands = fs::read_to_string(whole.join("commands.jsonl")).expect("it was written");
    assert!(commands.contains("s2s benchmark classification --folds 3"), "{commands}");

    let before = contents(&whole);
    assert_eq!(run(&whole, &MODELS).status.code(), Some(0));
    assert_eq!(contents(&whole), before, "a second run changed the folder");
}

/// The files of a folder with what they hold.
fn contents(folder: &Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let entries = fs::read_dir(folder).expect("the folder is there");
    let paths = entries.map(|entry| entry.expect("the folder can be read").path());
    let mut files: Vec<_> = paths.map(|path| (path.clone(), fs::read(path).expect("the file can be read"))).collect();
    files.sort();
    files
}

#[test]
fn a_test_set_is_scored_once_and_shares_no_chemical_system() {
    let folder = folder("benchmark-test-set");
    let data = records(&folder);
    let lines: Vec<String> = fs::read_to_string(&data).expect("it was written").lines().map(str::to_owned).collect();
    let half = |parity: usize| -> String {
        lines.iter().enumerate().filter(|(k, _)| k % 2 == parity).map(|(_, line)| format!("{line}\n")).collect()
    };
    let (train, test, out) = (folder.join("train.jsonl"), folder.join("test.jsonl"), folder.join("out"));
    fs::write(&train, half(0)).expect("the folder can be written");
    // Every training crystal is in the test file too, and must be left out.
    fs::write(&test, half(1) + &half(0)).expect("the folder can be written");
    let run = |more: &[&str]| {
        let mut command = s2s(["benchmark", "classification", "--data"]);
        output(command.arg(&train).arg("--out").arg(&out).arg("--test").arg(&test).args(more))
    };
    let ran = run(&["--model", "element-count", "--model", "boosted:magpie"]);
    assert_eq!(ran.status.code(), Some(0), "{}", text(&ran.stderr));
    let table = text(&ran.stdout);
    assert!(table.contains("| boosted:magpie |") && table.contains("| element-count |"), "{table}");
    let kept = fs::read_to_string(out.join("test.jsonl")).expect("it was written");
    let setting: serde_json::Value = serde_json::from_str(kept.lines().next().expect("a first line")).expect("JSON");
    let (crystals, left_out) = (setting["crystals"].as_u64(), setting["left_out"].as_u64());
    let sum = crystals.zip(left_out).map(|(a, b)| a + b);
    assert!(sum == Some(90) && left_out >= Some(45) && crystals > Some(10), "{setting}");

    let before = contents(&out);
    let ran = run(&["--model", "element-count"]);
    assert!(text(&ran.stderr).contains("element-count has its score for seed 1"), "{}", text(&ran.stderr));
    assert_eq!((text(&ran.stdout), contents(&out)), (table, before));
    let ran = run(&["--model", "boosted:magpie", "--seeds", "3"]);
    let table = text(&ran.stdout);
    let boosted = table.lines().find(|line| line.starts_with("| boosted:magpie |")).expect("a row");
    assert!(boosted.ends_with("| 3 |") && boosted.matches(" ± ").count() == 5, "{table}");
    let kept =
        fs::read_to_string(out.join("test.jsonl")).expect("it was written").replace("BoostingConfig", "OtherConfig");
    fs::write(out.join("test.jsonl"), kept).expect("the folder can be written");
    let ran = run(&["--model", "boosted:magpie", "--seed", "9"]);
    assert!(text(&ran.stderr).contains("is not scored with other settings"), "{}", text(&ran.stderr));
    // An auxiliary feature learns neither from the training crystals nor from those of the test.
    let labels = format!("label={}", test.display());
    let ran = run(&["--model", "boosted:magpie@label", "--auxiliary", &labels]);
    assert!(text(&ran.stderr).contains("no crystal is left to learn from"), "{}", text(&ran.stderr));
    let ran = run(&["--model", "element-count", "--split", "random"]);
    assert_eq!(ran.status.code(), Some(2), "a test set has no folds");
}

#[test]
fn other_data_unknown_models_and_bad_lines_stop_a_benchmark_before_it_runs() {
    let folder = folder("benchmark-refusals");
    let data = records(&folder);
    let out = folder.join("out");
    let run = |data: &Path, more: &[&str]| {
        let mut command = s2s(["benchmark", "classification", "--folds", "3", "--data"]);
        let ran = output(command.arg(data).arg("--out").arg(&out).args(more));
        (ran.status.code(), text(&ran.stderr))
    };
    let unknown = run(&data, &["--split", "random", "--model", "element-count", "--model", "oracle"]);
    assert_eq!(unknown, (Some(2), "error: invalid configuration: `oracle` names no model\n".to_owned()));
    let (code, said) = run(&data, &["--model", "element-count"]);
    assert!(code == Some(2) && said.contains("--split"), "{said}");

    let mut lines = fs::read_to_string(&data).expect("it was written");
    lines.push_str("{\"id\": \"x\"}\n");
    let bad = folder.join("bad.jsonl");
    fs::write(&bad, lines).expect("the folder can be written");
    let (code, said) = run(&bad, &["--split", "random", "--model", "element-count"]);
    assert!(code == Some(2) && said.contains("line 91: column 11: the object has no formula"), "{said}");

    let fewer = folder.join("fewer.jsonl");
    let lines = fs::read_to_string(&data).expect("it was written");
    let those = |wanted: &dyn Fn(usize, &str) -> bool| -> String {
        lines.split_inclusive('\n').enumerate().filter(|(k, line)| wanted(*k, line)).map(|(_, line)| line).collect()
    };
    fs::write(&fewer, those(&|k, _| k % 3 != 0)).expect("the folder can be written");
    let (code, said) = run(&fewer, &["--split", "random", "--model", "element-count"]);
    assert!(code == Some(2) && said.contains("it holds results of Setting"), "{said}");

    let one_class = folder.join("one-class.jsonl");
    let superconductors = those(&|_, line| line.contains("\"answer\":\"superconductor\""));
    fs::write(&one_class, superconductors).expect("the folder can be written");
    let (code, said) = run(&one_class, &[]);
    assert!(code == Some(2) && said.ends_with("holds only one class of crystals\n"), "{said}");
}

#[test]
fn negatives_without_a_limit_can_be_left_out() {
    let folder = folder("benchmark-negatives");
    let data = records(&folder);
    let lines = fs::read_to_string(&data).expect("it was written");
    let untested = lines.matches("\"answer\":\"none_reported\"").count();
    let tested = lines.matches("\"answer\":\"no_transition\"").count();
    assert!(untested > 0 && tested > 0, "{untested} and {tested} leave nothing to tell apart");
    let run = |negatives: &str, out: &str| {
        let mut command = s2s(["benchmark", "classification", "--folds", "2", "--seeds", "1", "--data"]);
        command.arg(&data).arg("--out").arg(folder.join(out)).args(["--negatives", negatives]);
        output(command.args(["--split", "random", "--model", "element-count"]))
    };
    let ran = run("tested", "tested");
    assert_eq!(ran.status.code(), Some(0), "{}", text(&ran.stderr));
    let said = format!("{untested} crystals of 90 are negatives without a limit and take no part");
    assert!(text(&ran.stderr).contains(&said), "{}", text(&ran.stderr));
    let first = fs::read_to_string(folder.join("tested/folds.jsonl")).expect("it was written");
    assert!(first.contains(&format!("\"crystals\":{}", 90 - untested)), "{}", first.lines().next().unwrap_or_default());

    // The folder holds results of these crystals: those of all do not go there.
    let ran = run("all", "tested");
    assert!(text(&ran.stderr).contains("it holds results of Setting"), "{}", text(&ran.stderr));
    let ran = run("unlabeled", "unlabeled");
    assert_eq!(ran.status.code(), Some(2));
    assert!(text(&ran.stderr).contains("learn from all or tested ones"), "{}", text(&ran.stderr));
}
