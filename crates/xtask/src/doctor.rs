//! `cargo xtask doctor`: what there is to build and compute with, and what is missing.
//!
//! First what this program can see by itself, then the `doctor` example, which asks libtorch for its devices and does a
//! small product on each. Nothing is installed or changed.

use std::process::ExitCode;

use crate::compiler;
use crate::failure::Failure;
use crate::libtorch::{self, Pip, Python};
use crate::report::say;
use crate::torch_run::run_example;
use crate::workspace::Workspace;

/// Prints a line per thing needed; the exit status says whether the torch crates can be built and run.
pub(crate) fn doctor(workspace: &Workspace, arguments: &[String]) -> Result<ExitCode, Failure> {
    if !arguments.is_empty() {
        return Err(Failure::new("`cargo xtask doctor` takes no arguments"));
    }
    let compiler = line("C++ compiler", compiler::find().map(|c| format!("{}: {}", c.program, c.version)));
    // Needed only to install libtorch, so their absence alone is no failure.
    line("pip", Python::find().and_then(|python| Ok(Pip::find(&python)?.command_line())));
    let libtorch = line("libtorch", libtorch_there(workspace));
    if !(compiler && libtorch) {
        return Ok(ExitCode::FAILURE);
    }
    run_example(workspace, "doctor", &[])
}

/// Prints what was found or why not; `true` if it was found.
fn line(what: &str, found: Result<String, Failure>) -> bool {
    match &found {
        Ok(text) => say(format_args!("{what:<13} {text}")),
        Err(failure) => say(format_args!("{what:<13} MISSING: {failure}")),
    }
    found.is_ok()
}

/// The libtorch that a build started now would use.
fn libtorch_there(workspace: &Workspace) -> Result<String, Failure> {
    let found = libtorch::find(workspace)?.ok_or_else(|| {
        Failure::new("there is none yet: `cargo xtask libtorch` (or `cargo xtask libtorch cuda`) installs it")
    })?;
    let verdict = match found.path.join("build-version").exists() {
        true => "torch-sys checks its build-version and accepts it",
        false => "torch-sys accepts it unchecked, for want of a build-version file; its headers say the version",
    };
    Ok(format!("{found}; {verdict}"))
}
