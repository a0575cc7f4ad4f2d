//! `cargo xtask invariants`: properties of this workspace that no compiler checks.
//!
//! Each invariant is a function from the tracked files (or from Cargo's answer) to the sentences that say where it is
//! broken, so that each has its own tests.

mod dependencies;
mod figures;
mod files;
mod pins;
mod readme;
mod root;
mod sources;
mod unification;

use std::process::ExitCode;

use crate::failure::Failure;
use crate::report::say;
use crate::workspace::Workspace;
use files::Files;

/// Checks every invariant, prints a line for each, and fails if one is broken.
pub(crate) fn invariants(workspace: &Workspace, arguments: &[String]) -> Result<ExitCode, Failure> {
    if !arguments.is_empty() {
        return Err(Failure::new("`cargo xtask invariants` takes no arguments"));
    }
    let files = Files::tracked(workspace)?;
    let findings = [
        ("the root shows the agreed names only", root::names(&files)),
        ("the torch-free crates have no tensor library in their tree", dependencies::torch_free(workspace)?),
        ("the torch-free crates need no C compiler, whatever their features", dependencies::no_c_compiler(workspace)?),
        ("the two steps of the tests agree on features", unification::of_both_steps(workspace)?),
        ("every mention of the libtorch version agrees", pins::agree(&files)),
        ("the results in README are those of the benchmark", figures::of_the_results(&files)),
        ("every figure of README is that of its file", readme::figures(&files)),
        ("no pickle is read", sources::no_pickle(&files)),
        ("no test is left out", sources::no_ignored_test(&files)),
        ("unsafe code stays in its one module", sources::no_unsafe_elsewhere(&files)),
    ];
    let mut status = ExitCode::SUCCESS;
    for (invariant, broken) in findings {
        say(format_args!("{} {invariant}", if broken.is_empty() { "holds " } else { "BROKEN" }));
        for sentence in broken {
            say(format_args!("         {sentence}"));
            status = ExitCode::FAILURE;
        }
    }
    Ok(status)
}
