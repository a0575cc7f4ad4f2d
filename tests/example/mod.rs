//! Examples as their users see them: programs, and folders for what they write.

use std::{
    env,
    fs::{self, File},
    path::{Path, PathBuf},
    process::Command,
};

use s2s_data::{MaterialId, Record, record::RecordWriter, reference};

/// The binary of an example that needs these features.
///
/// A test of the whole workspace has built it already. Cargo builds it, in the test's own profile, where it is missing or
/// older than its sources; asked in any case, Cargo would build it again for this package's own choice of features.
pub(crate) fn binary(name: &str, features: &str) -> PathBuf {
    let test = env::current_exe().expect("a test has a path");
    let profile = test.parent().and_then(Path::parent).expect("tests lie in target/<profile>/deps");
    let program = profile.join("examples").join(name);
    if is_current(&program) {
        return program;
    }
    let mut build = Command::new(env!("CARGO"));
    build.args(["build", "--quiet", "--features", features, "--example", name]);
    if profile.ends_with("release") {
        build.arg("--release");
    }
    assert!(build.status().is_ok_and(|status| status.success()));
    program
}

/// Whether a program is there and no older than the sources that Cargo lists in the `.d` file beside it, and the lock file.
fn is_current(program: &Path) -> bool {
    let modified = |path: &Path| fs::metadata(path).and_then(|file| file.modified()).ok();
    let (Some(built), Ok(list)) = (modified(program), fs::read_to_string(program.with_extension("d"))) else {
        return false;
    };
    let Some((_, sources)) = list.split_once(": ") else { return false };
    // A space within a path is written with a backslash before it.
    let sources = sources.trim_end().replace("\\ ", "\0");
    let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock");
    let listed = sources.split(' ').map(|path| PathBuf::from(path.replace('\0', " ")));
    listed.chain([lock]).all(|path| modified(&path).is_some_and(|changed| changed <= built))
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
