//! Commands that run what needs libtorch: the tests, and examples of the host package.

use std::ffi::OsString;
use std::process::{Command, ExitCode};
use std::thread;

use crate::cargo::{cargo, pass_on};
use crate::failure::Failure;
use crate::workspace::{TORCH_FREE, Workspace};
use crate::{compiler, libtorch};

/// `cargo xtask test [ARGUMENTS]`: every test of the workspace; arguments go to `cargo test`.
///
/// The tests that need no libtorch run first, while libtorch is fetched beside them if it is missing.
pub(crate) fn test(workspace: &Workspace, arguments: &[OsString]) -> Result<ExitCode, Failure> {
    let fetch = thread::spawn({
        let workspace = workspace.clone();
        move || prepare(&workspace)
    });
    let packages = |option: &'static str| TORCH_FREE.iter().chain(&["xtask"]).flat_map(move |name| [option, *name]);
    let torch_free = pass_on(cargo(workspace).arg("test").args(packages("--package")).args(arguments))?;
    if torch_free != ExitCode::SUCCESS {
        return Ok(torch_free);
    }
    fetch.join().map_err(|_| Failure::new("fetching libtorch ended in a panic"))??;
    let mut with_torch = cargo(workspace);
    // Every example is built here once: tests that run one do not wait for Cargo again.
    with_torch.args(["test", "--workspace", "--features", "benchmark,dist"]).args(packages("--exclude"));
    pass_on(with_torch.args(arguments))
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
