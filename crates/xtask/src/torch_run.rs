//! Commands that run what needs libtorch: the tests and the main job.

use std::ffi::OsString;
use std::process::ExitCode;

use crate::cargo::{cargo, pass_on};
use crate::failure::Failure;
use crate::workspace::Workspace;
use crate::{compiler, libtorch};

/// `cargo xtask test [ARGUMENTS]`: every test of the workspace; arguments go to `cargo test`.
pub(crate) fn test(workspace: &Workspace, arguments: &[OsString]) -> Result<ExitCode, Failure> {
    prepare(workspace)?;
    pass_on(cargo(workspace).args(["test", "--workspace", "--features", "torch,dist"]).args(arguments))
}

/// `cargo xtask screen [ARGUMENTS]`: the main job; arguments go to the example.
pub(crate) fn screen(workspace: &Workspace, arguments: &[OsString]) -> Result<ExitCode, Failure> {
    prepare(workspace)?;
    run_example(workspace, "screen", arguments)
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
    let mut run = cargo(workspace);
    // Paths among the arguments are relative to the user's folder, so Cargo is told the workspace another way.
    if let Ok(folder) = std::env::current_dir() {
        run.current_dir(folder);
    }
    pass_on(
        run.arg("run")
            .arg("--manifest-path")
            .arg(workspace.root.join("Cargo.toml"))
            .args(["--features", "torch", "--example", example, "--"])
            .args(arguments),
    )
}
