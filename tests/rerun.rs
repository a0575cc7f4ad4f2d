//! A second run of a finished example changes nothing in the folder of the first.

mod example;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use example::{binary, folder, records};
use serde_json::json;

/// Every file under a folder, by its path inside, with what it holds.
fn contents(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let (mut files, mut open) = (BTreeMap::new(), vec![root.to_owned()]);
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).expect("the folder can be read") {
            let path = entry.expect("the folder can be read").path();
            if path.is_dir() {
                open.push(path);
            } else {
                let inside = path.strip_prefix(root).expect("it is inside").to_owned();
                files.insert(inside, fs::read(&path).expect("the file can be read"));
            }
        }
    }
    files
}

#[track_caller]
fn run(binary: &Path, arguments: &[&str], place: &Path) {
    let ended = Command::new(binary).args(arguments).arg(place).output().expect("the example can be run");
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
}

/// Runs an example twice; its last argument is the folder or the file that it writes.
#[track_caller]
fn leaves_its_folder_alone(example: &str, arguments: &[&str], root: &Path, place: &str) {
    let (binary, root) = (binary(example, "torch"), root.join(example));
    fs::create_dir_all(&root).expect("the folder can be made");
    run(&binary, arguments, &root.join(place));
    let first = contents(&root);
    assert!(!first.is_empty(), "{example} wrote nothing");
    run(&binary, arguments, &root.join(place));
    let second = contents(&root);
    let names = |files: &BTreeMap<PathBuf, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&second), names(&first), "{example} left other files");
    let changed: Vec<&PathBuf> = first.keys().filter(|name| first[*name] != second[*name]).collect();
    assert!(changed.is_empty(), "{example} changed {changed:?}");
}

/// The records with a made-up formation energy, which is a function of the place in the file.
fn with_energies(data: &Path) -> PathBuf {
    let text = fs::read_to_string(data).expect("it was written");
    let line = |(k, line): (usize, &str)| {
        let mut value: serde_json::Value = serde_json::from_str(line).expect("a line is JSON");
        let energy = -1.0 + 0.01 * (k % 90) as f64;
        let known = [("in_mp2018", json!(true)), ("e_form", json!(energy)), ("s2s_overlap", json!(false))];
        value.as_object_mut().expect("a record").extend(known.map(|(key, value)| (key.to_owned(), value)));
        format!("{value}\n")
    };
    let path = data.with_file_name("energies.jsonl");
    fs::write(&path, text.lines().enumerate().map(line).collect::<String>()).expect("the folder can be written");
    path
}

#[test]
fn a_second_run_of_a_training_leaves_its_folder_as_it_was() {
    let folder = folder("rerun");
    let data = records(&folder);
    let energies = with_energies(&data);
    let [data, energies] = [&data, &energies].map(|path| path.to_str().expect("the folder has a plain name"));
    let small = ["--threads", "1", "--device", "cpu", "--width", "8", "--preset", "periodic"];
    let with = |own: &[&'static str], data: &str| -> Vec<String> {
        own.iter().chain(&small).copied().chain(["--data", data]).map(str::to_owned).collect()
    };
    let alone = |example: &str, own: &[&'static str], data: &str, flag: &str, place: &str| {
        let mut arguments = with(own, data);
        arguments.push(flag.to_owned());
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        leaves_its_folder_alone(example, &arguments, &folder, place);
    };
    alone("pretrain", &["--epochs", "1", "--layers", "1"], energies, "--out", "run");
    alone("pretrain_energy", &["--epochs", "1"], energies, "--out", "run");
    alone("finetune", &["--epochs", "2", "--layers", "1", "--seeds", "2"], data, "--out", "run");
    alone("crossval", &["--epochs", "1", "--layers", "1", "--folds", "3"], data, "--results", "run");
    let looks = ["--epochs", "2", "--every", "1", "--layers", "1", "--splits", "2", "--held-out", "20"];
    alone("protocol", &looks, data, "--out", "splits.jsonl");
}

#[test]
fn a_second_run_of_a_figure_leaves_its_folder_as_it_was() {
    let folder = folder("rerun-figures");
    for figure in ["correlation", "map", "curves"] {
        leaves_its_folder_alone("figures", &[figure, "--out"], &folder, "pictures");
    }
}
