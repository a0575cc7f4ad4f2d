//! The workspace's commands, run as `cargo xtask COMMAND`.
//!
//! | command | what it does |
//! |---|---|
//! | `libtorch [cpu\|cuda]` | finds or installs the libtorch that the torch crates need |
//!
//! *Invariant: the standard library only.* These commands have to build in a second on a machine that has nothing yet.
//!
//! Everything said to the user goes to standard error; standard output belongs to the program that a command runs.

mod failure;
mod libtorch;
mod workspace;

use std::process::ExitCode;

use failure::Failure;
use workspace::Workspace;

const USAGE: &str = "\
usage: cargo xtask COMMAND

  libtorch [cpu|cuda]   find or install the libtorch that the torch crates need (cpu unless said otherwise)
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(status) => status,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// Carries out one command; `Ok` passes on the exit status of the program that it ran.
fn run(arguments: &[String]) -> Result<ExitCode, Failure> {
    let Some((command, rest)) = arguments.split_first() else {
        return Err(Failure::new(format!("no command was given\n\n{USAGE}")));
    };
    let workspace = Workspace::find()?;
    match command.as_str() {
        "libtorch" => libtorch::command(&workspace, rest).map(|()| ExitCode::SUCCESS),
        "help" | "--help" | "-h" => {
            print!("{USAGE}");
            Ok(ExitCode::SUCCESS)
        }
        unknown => Err(Failure::new(format!("there is no command `{unknown}`\n\n{USAGE}"))),
    }
}
