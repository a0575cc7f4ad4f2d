//! Examples as their users see them: programs, and folders for what they write.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

/// The binary of an example that needs these features; Cargo builds it where it is not yet there.
pub(crate) fn binary(name: &str, features: &str) -> PathBuf {
    let built =
        Command::new(env!("CARGO")).args(["build", "--quiet", "--features", features, "--example", name]).status();
    assert!(built.is_ok_and(|status| status.success()));
    let test = env::current_exe().expect("a test knows its own place");
    let profile = test.parent().and_then(Path::parent).expect("tests lie in target/<profile>/deps");
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
