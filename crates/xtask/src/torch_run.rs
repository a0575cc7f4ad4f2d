//! Commands that run what needs libtorch: the tests, and examples of the host package.

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::thread;

use crate::cargo::{cargo, pass_on};
use crate::failure::Failure;
use crate::workspace::{TORCH_FREE, Workspace};
use crate::{compiler, libtorch};

/// The package of both steps that makes them agree on the features of what they share.
const UNIFICATION: &str = "feature-unification";

/// `cargo xtask test [ARGUMENTS]`: every test of the workspace; arguments go to `cargo test`.
///
/// The tests that need no libtorch run first, while libtorch is fetched beside them if it is missing.
pub(crate) fn test(workspace: &Workspace, arguments: &[OsString]) -> Result<ExitCode, Failure> {
    let fetch = thread::spawn({
        let workspace = workspace.clone();
        move || prepare(&workspace)
    });
    let incremental = has_incremental_state(&workspace.target.join("debug/incremental"));
    let step = |packages: &mut dyn Iterator<Item = &'static str>| {
        let mut step = cargo(workspace);
        if !incremental && std::env::var_os("CARGO_INCREMENTAL").is_none() {
            step.env("CARGO_INCREMENTAL", "0");
        }
        pass_on(step.arg("test").args(packages).args(arguments))
    };
    let torch_free = step(&mut torch_free_packages())?;
    if torch_free != ExitCode::SUCCESS {
        return Ok(torch_free);
    }
    fetch.join().map_err(|_| Failure::new("fetching libtorch ended in a panic"))??;
    step(&mut torch_packages())
}

/// Whether libraries of the workspace were compiled incrementally before. Where none was, as in a fresh clone, what later
/// incremental builds would start from is not written: that takes a sixth of the time of compiling a library.
fn has_incremental_state(folder: &Path) -> bool {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.into_iter().any(|entry| entry.file_name().to_string_lossy().starts_with("s2s_"))
}

/// The packages of the first step.
pub(crate) fn torch_free_packages() -> impl Iterator<Item = &'static str> {
    TORCH_FREE.into_iter().chain(["xtask", UNIFICATION]).flat_map(|name| ["--package", name])
}

/// The packages of the second step. Every example is built there once: tests that run one do not wait for Cargo again.
pub(crate) fn torch_packages() -> impl Iterator<Item = &'static str> {
    let without = TORCH_FREE.into_iter().chain(["xtask"]).flat_map(|name| ["--exclude", name]);
    ["--workspace", "--features", "benchmark,dist"].into_iter().chain(without)
}

/// Makes sure of what compiling the torch crates takes.
fn prepare(workspace: &Workspace) -> Result<(), Failure> {
    compiler::find()?;
    let libtorch = libtorch::ensure(workspace, None)?;
    eprintln!("using {libtorch}");
    Ok(())
}

/// Runs an example of the host package with libtorch, in the folder that the user is in.
pub(crate) fn run_example(workspace: &Workspace, example: &str, arguments: &[OsString]) -> Result<ExitCode, Failure> {
    let mut run = run_here(workspace);
    pass_on(run.args(["--features", "torch", "--example", example, "--"]).args(arguments))
}

/// `cargo run` in the folder that the user is in: paths among the arguments are relative to it.
pub(crate) fn run_here(workspace: &Workspace) -> Command {
    let mut run = cargo(workspace);
    if let Ok(folder) = std::env::current_dir() {
        run.current_dir(folder);
    }
    run.arg("run").arg("--manifest-path").arg(workspace.root.join("Cargo.toml"));
    run
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    #[test]
    fn only_libraries_of_the_workspace_count_as_compiled_incrementally() -> Result<(), std::io::Error> {
        let folder = Scratch::new("incremental");
        let incremental = folder.path().join("incremental");
        assert!(!has_incremental_state(&incremental));
        fs::create_dir_all(incremental.join("xtask-1a2b"))?;
        assert!(!has_incremental_state(&incremental));
        fs::create_dir(incremental.join("s2s_crystal-3c4d"))?;
        assert!(has_incremental_state(&incremental));
        Ok(())
    }
}
