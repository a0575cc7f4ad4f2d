//! A second run of a finished example changes nothing in the folder of the first: of every example that writes one.
//!
//! `predict`, `doctor`, `scale`, `reference_crystals` and `swap_readout` write to the standard output alone. The figures that
//! are not here (`roc`, `families`, `protocol`, `ranking`, and `frequency` from answers) draw results that are too large for
//! a test; they write by the same function as those that are. `import_weights` needs published weights, and is run where
//! `S2S_DATA_DIR` is set.

mod example;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use example::{binary, folder, records};
use s2s_data::reference::{self, ReferenceCrystal, Superconductivity};
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

/// What two states of a folder differ in: files that are new, gone or changed.
fn differences(before: &BTreeMap<PathBuf, Vec<u8>>, after: &BTreeMap<PathBuf, Vec<u8>>) -> Vec<String> {
    let said = |path: &PathBuf| match (before.get(path), after.get(path)) {
        (None, _) => Some(format!("{} is new", path.display())),
        (_, None) => Some(format!("{} is gone", path.display())),
        (Some(first), Some(second)) => (first != second).then(|| format!("{} changed", path.display())),
    };
    before.keys().chain(after.keys().filter(|path| !before.contains_key(*path))).filter_map(said).collect()
}

/// Whether a program runs a second time, or refuses to.
#[derive(Clone, Copy, PartialEq)]
enum Second {
    Runs,
    IsRefused,
}

/// Runs a program twice, and says what the second run changed in the folder; the last argument is the path in it that
/// the program writes.
#[track_caller]
fn changes(program: &Path, arguments: &[&str], folder: &Path, path: &str, second: Second) -> Vec<String> {
    fs::create_dir_all(folder).expect("the folder can be made");
    let run = || {
        let ended = Command::new(program).args(arguments).arg(folder.join(path)).output();
        let ended = ended.expect("the program can be run");
        (ended.status.success(), String::from_utf8_lossy(&ended.stderr).into_owned())
    };
    let (succeeded, said) = run();
    assert!(succeeded, "{said}");
    let first = contents(folder);
    assert!(!first.is_empty(), "{} wrote nothing", program.display());
    let (succeeded, said) = run();
    assert_eq!(succeeded, second == Second::Runs, "{said}");
    differences(&first, &contents(folder))
}

/// Runs an example twice; its last argument is the folder or the file that it writes.
#[track_caller]
fn leaves_its_folder_alone(example: &str, features: &str, arguments: &[&str], root: &Path, path: &str) {
    is_left_alone(example, features, arguments, root, path, Second::Runs);
}

#[track_caller]
fn is_left_alone(example: &str, features: &str, arguments: &[&str], root: &Path, path: &str, second: Second) {
    let changes = changes(&binary(example, features), arguments, &root.join(example), path, second);
    assert!(changes.is_empty(), "{example}: {changes:?}");
}

#[test]
fn a_program_that_appends_rewrites_adds_or_removes_is_found_out() {
    let folder = folder("rerun-faults");
    let shell = Path::new("sh");
    let faults =
        |name: &str, script: &str| changes(shell, &["-c", script, "sh"], &folder.join(name), "out", Second::Runs);
    assert_eq!(faults("same", "mkdir -p $1 && echo 1 > $1/log"), Vec::<String>::new());
    assert_eq!(faults("appends", "mkdir -p $1 && echo 1 >> $1/log"), ["out/log changed"]);
    assert_eq!(faults("rewrites", "mkdir -p $1 && echo $$ > $1/log"), ["out/log changed"]);
    assert_eq!(faults("adds", "mkdir $1 2>/dev/null && echo 1 > $1/log || echo 1 > $1/more"), ["out/more is new"]);
    assert_eq!(faults("removes", "mkdir $1 2>/dev/null && echo 1 > $1/log || rm $1/log"), ["out/log is gone"]);
}

/// The records with a made-up formation energy and band gap, which are functions of the row number.
fn with_energies(data: &Path) -> PathBuf {
    let text = fs::read_to_string(data).expect("it was written");
    let line = |(k, line): (usize, &str)| {
        let mut value: serde_json::Value = serde_json::from_str(line).expect("a line is JSON");
        let energy = -1.0 + 0.01 * (k % 90) as f64;
        let gap = 0.1 * (k % 30) as f64;
        let known = [
            ("in_mp2018", json!(true)),
            ("e_form", json!(energy)),
            ("gap_pbe", json!(gap)),
            ("s2s_overlap", json!(false)),
        ];
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
    let alone = |example: &str, own: &[&'static str], data: &str, flag: &str, path: &str| {
        let mut arguments = with(own, data);
        arguments.push(flag.to_owned());
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        leaves_its_folder_alone(example, "torch", &arguments, &folder, path);
    };
    alone("pretrain", &["--epochs", "1", "--layers", "1"], energies, "--out", "run");
    alone("pretrain_energy", &["--epochs", "1"], energies, "--out", "run");
    let joint = [
        "--epochs",
        "1",
        "--threads",
        "1",
        "--device",
        "cpu",
        "--set",
        "model.encoder.width=8",
        "--data",
        energies,
        "--out",
    ];
    leaves_its_folder_alone("pretrain_joint", "torch", &joint, &folder, "run");
    alone("finetune", &["--epochs", "2", "--layers", "1", "--seeds", "2"], data, "--out", "run");
    alone("crossval", &["--epochs", "1", "--layers", "1", "--folds", "3"], data, "--results", "run");
    let looks = ["--epochs", "2", "--every", "1", "--layers", "1", "--splits", "2", "--held-out", "20"];
    alone("protocol", &looks, data, "--out", "splits.jsonl");
}

/// The reference crystals as `name,Tc`, zero where no transition is known.
fn temperatures(folder: &Path) -> PathBuf {
    let row = |known: &ReferenceCrystal| {
        let kelvin = match known.superconductivity {
            Superconductivity::Measured { tc_kelvin, .. } => tc_kelvin,
            Superconductivity::NotFound { .. } => 0.0,
        };
        format!("{},{kelvin}\n", known.formula)
    };
    let path = folder.join("tc.csv");
    let rows: String = reference::crystals().iter().map(row).collect();
    fs::write(&path, format!("name,Tc\n{rows}")).expect("the folder can be written");
    path
}

#[test]
fn a_second_run_of_a_benchmark_or_a_grown_model_leaves_its_folder_as_it_was() {
    let folder = folder("rerun-models");
    let data = records(&folder);
    let [card, temperatures] = [folder.join("card.md"), temperatures(&folder)];
    fs::write(&card, "# Card\n").expect("the folder can be written");
    let network = format!("net={}/crates/s2s-train/results/periodic-scratch/config.toml", env!("CARGO_MANIFEST_DIR"));
    let [data, card, temperatures] =
        [&data, &card, &temperatures].map(|path| path.to_str().expect("the folder has a plain name"));
    let small = ["fit.epochs=1", "model.encoder.width=8", "model.encoder.layers=1"];
    let mut arguments = vec!["--data", data, "--split", "random", "--folds", "2", "--seeds", "1"];
    arguments.extend(["--network", &network, "--model", "net", "--model", "element-count"]);
    arguments.extend(small.iter().flat_map(|setting| ["--set", setting]));
    arguments.push("--out");
    leaves_its_folder_alone("benchmark", "benchmark", &arguments, &folder, "results");
    // A sealed model is not written over.
    let arguments = ["--data", data, "--card", card, "--out"];
    is_left_alone("grow_trees", "learners", &arguments, &folder, "model", Second::IsRefused);
    let arguments = ["--data", temperatures, "--card", card, "--seeds", "1", "--out"];
    is_left_alone("grow_tc", "learners", &arguments, &folder, "model", Second::IsRefused);
}

#[test]
fn a_second_run_on_structures_leaves_its_folder_as_it_was() {
    let folder = folder("rerun-structures");
    let data = records(&folder);
    let data = data.to_str().expect("the folder has a plain name");
    leaves_its_folder_alone("featurize_arrays", "torch", &["--out"], &folder, "arrays");
    // The second run reads what the first has computed.
    let cache = folder.join("features");
    let cache = ["--cache", cache.to_str().expect("the folder has a plain name"), "--out"];
    leaves_its_folder_alone("featurize_arrays", "torch", &cache, &folder, "arrays-from-the-cache");
    let arguments = ["--data", data, "--id", "r-0", "--id", "r-7", "--out"];
    leaves_its_folder_alone("contributions", "torch", &arguments, &folder, "pictures");
}

#[test]
fn imported_weights_are_not_written_over() {
    let Some(data) = std::env::var_os("S2S_DATA_DIR") else {
        return eprintln!("S2S_DATA_DIR is not set: no published weights to import");
    };
    let (folder, data) = (folder("rerun-import"), Path::new(&data).join("peers"));
    let program = binary("import_weights", "torch");
    let published = [
        ("released", "s2snet_released/small"),
        ("cgcnn", "cgcnn/formation-energy-per-atom"),
        ("megnet", "megnet/MEGNet-MP-2018.6.1-Eform"),
    ];
    for (origin, name) in published {
        let [weights, config] = ["safetensors", "json"].map(|ending| data.join(format!("{name}.{ending}")));
        let [weights, config] = [&weights, &config].map(|path| path.to_str().expect("a plain name"));
        let arguments = [origin, weights, "--config", config];
        let changes = changes(&program, &arguments, &folder.join(origin), "model", Second::IsRefused);
        assert!(changes.is_empty(), "{origin}: {changes:?}");
    }
}

#[test]
fn a_second_run_of_a_figure_leaves_its_folder_as_it_was() {
    let folder = folder("rerun-figures");
    for figure in ["correlation", "map", "curves"] {
        leaves_its_folder_alone("figures", "torch", &[figure, "--out"], &folder, "pictures");
    }
}

#[test]
fn trainings_of_before_a_setting_existed_go_on_and_others_are_refused() {
    let folder = folder("rerun-protocol");
    let data = records(&folder);
    let out = folder.join("splits.jsonl");
    let run = |splits: &str, held_out: &str| {
        let mut program = Command::new(binary("protocol", "torch"));
        program.args(["--threads", "1", "--device", "cpu", "--width", "8", "--preset", "periodic", "--layers", "1"]);
        program.args(["--epochs", "1", "--every", "1", "--splits", splits, "--held-out", held_out]);
        let ended = program.arg("--data").arg(&data).arg("--out").arg(&out).output().expect("it can be run");
        (ended.status.success(), String::from_utf8_lossy(&ended.stderr).into_owned())
    };
    let lines = || fs::read_to_string(&out).expect("it was written").lines().count();
    assert!(run("1", "20").0);
    let text = fs::read_to_string(&out).expect("it was written");
    let before = text.replacen(r#""refit":false,"#, "", 1);
    assert_ne!(before, text, "the file says that no second network learns");
    fs::write(&out, before).expect("the folder can be written");
    let (succeeded, said) = run("2", "20");
    assert!(succeeded, "{said}");
    assert_eq!(lines(), 3);
    let (succeeded, said) = run("2", "10");
    assert!(!succeeded && said.contains("holds other trainings"), "{said}");
    assert_eq!(lines(), 3);
}
