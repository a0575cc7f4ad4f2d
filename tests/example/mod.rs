//! Examples as their users see them: programs, and folders for what they write.

use std::{
    env,
    fs::{self, File},
    path::{Path, PathBuf},
    process::Command,
};

use s2s_data::{MaterialId, Record, RecordWriter, reference};

/// The binary of an example that needs these features; Cargo builds it, in the test's own profile, where it is not yet there.
pub(crate) fn binary(name: &str, features: &str) -> PathBuf {
    let test = env::current_exe().expect("a test knows its own place");
    let profile = test.parent().and_then(Path::parent).expect("tests lie in target/<profile>/deps");
    let mut build = Command::new(env!("CARGO"));
    build.args(["build", "--quiet", "--features", features, "--example", name]);
    if profile.ends_with("release") {
        build.arg("--release");
    }
    assert!(build.status().is_ok_and(|status| status.success()));
    profile.join("examples").join(name)
}

/// An empty folder of a test's own.
#[allow(dead_code, reason = "not every example writes")]
pub(crate) fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("the temporary folder can be written");
    folder
}

/// All reference crystals as JSON lines, with their labels.
#[allow(dead_code, reason = "not every example reads them")]
pub(crate) fn records(folder: &Path) -> PathBuf {
    let path = folder.join("records.jsonl");
    let mut writer = RecordWriter::new(File::create(&path).expect("the temporary folder can be written"));
    for (k, known) in reference::crystals().iter().enumerate() {
        let formula = known.crystal.composition().reduced_formula();
        let record = Record::new(MaterialId::from(format!("r-{k}")), formula, known.crystal.clone());
        writer.write(&record.with_label(known.superconductivity.label())).expect("the same");
    }
    writer.finish().expect("the same");
    path
}
