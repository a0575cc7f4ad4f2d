//! The binary, and folders for what it reads and writes.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// Niobium, two atoms in a cube.
pub(crate) const NIOBIUM: &str = "Nb\n3.3\n1 0 0\n0 1 0\n0 0 1\nNb\n2\nDirect\n0 0 0\n0.5 0.5 0.5\n";

/// The binary under test, with these arguments.
pub(crate) fn s2s<S: AsRef<std::ffi::OsStr>>(arguments: impl IntoIterator<Item = S>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_s2s"));
    command.args(arguments).env_remove("S2S_DATA_DIR");
    command
}

/// Runs a command to its end.
#[track_caller]
pub(crate) fn output(command: &mut Command) -> Output {
    command.output().expect("the command can be run")
}

/// An empty folder of a test's own.
pub(crate) fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("the temporary folder can be written");
    folder
}

/// Writes a file and returns its path; folders on the way are made.
#[track_caller]
pub(crate) fn write(folder: &Path, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap_or(folder)).expect("the temporary folder can be written");
    fs::write(&path, text).expect("the temporary folder can be written");
    path
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
