//! The main job: `cargo xtask screen [ARGUMENTS]`, without libtorch and the learners; arguments go to `s2s screen`.
//!
//! A first answer mostly waits for the compiler, and without optimization the compiler takes half the time: little input is
//! scored by a build of the profile `quick`, which takes some 0.05 s per structure, more by the optimized one that the tests
//! use as well. Both give the same numbers.

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

use crate::cargo::pass_on;
use crate::failure::Failure;
use crate::torch_run::run_here;
use crate::workspace::Workspace;

/// Up to so many bytes of input, some hundred structures, are little.
const LITTLE: u64 = 512 * 1024;

pub(crate) fn screen(workspace: &Workspace, arguments: &[OsString]) -> Result<ExitCode, Failure> {
    let mut run = run_here(workspace);
    if is_little(arguments) {
        run.args(["--profile", "quick"]);
    }
    pass_on(run.args(["--package", "s2s-cli", "--no-default-features", "--", "screen"]).args(arguments))
}

/// Whether the files and folders among the arguments hold little input; standard input may hold anything.
fn is_little(arguments: &[OsString]) -> bool {
    let mut left = LITTLE;
    arguments.iter().all(|argument| argument != "-" && fits(Path::new(argument), &mut left))
}

/// Takes the bytes of a file, or of all files below a folder, from those that are left; `false` where they do not suffice.
///
/// What is no file, such as an option or its value, has no bytes.
fn fits(path: &Path, left: &mut u64) -> bool {
    if path.is_dir() {
        let Ok(entries) = fs::read_dir(path) else { return true };
        return entries
            .flatten()
            .all(|entry| !entry.file_type().is_ok_and(|kind| kind.is_symlink()) && fits(&entry.path(), left));
    }
    let bytes = fs::metadata(path).map_or(0, |metadata| metadata.len());
    match left.checked_sub(bytes) {
        Some(rest) => *left = rest,
        None => return false,
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    #[test]
    fn input_counts_wherever_it_lies() -> Result<(), std::io::Error> {
        let folder = Scratch::new("screen");
        let inner = folder.path().join("a/b");
        fs::create_dir_all(&inner)?;
        let arguments = |path: &Path| [OsString::from("--csv"), "out.csv".into(), path.into()];
        fs::write(inner.join("small.cif"), "data_x")?;
        assert!(is_little(&[]) && is_little(&arguments(folder.path())));
        assert!(!is_little(&["-".into()]));
        let half = vec![b' '; LITTLE as usize / 2 + 1];
        fs::write(inner.join("half.cif"), &half)?;
        assert!(is_little(&arguments(folder.path())));
        fs::write(folder.path().join("half.cif"), &half)?;
        assert!(!is_little(&arguments(folder.path())));
        assert!(is_little(&arguments(&inner)));
        Ok(())
    }
}
