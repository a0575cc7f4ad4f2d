//! The workspace's commands, run as `cargo xtask COMMAND`.
//!
//! | command | what it does |
//! |---|---|
//! | `screen [ARGUMENTS]` | the main job: scores structures, or the embedded reference crystals when none are given |
//! | `test [ARGUMENTS]` | runs every test of the workspace |
//! | `libtorch [cpu\|cuda]` | finds or installs the libtorch that the torch crates need |
//! | `compare [NAME…]` | runs our code and other libraries' side by side on the same inputs and prints the ratios |
//! | `launch -n N -- COMMAND` | starts a program as N processes that train together |
//! | `bundle [FOLDER]` | puts programs, data and `benches/gpu.sh` into one folder for a machine with a GPU and no toolchain |
//! | `invariants` | checks what must stay true of the workspace and no compiler checks |
//! | `doctor` | says which libtorch, which devices, and why CUDA is or is not there |
//!
//! `screen` needs no libtorch, and `test` gets it if it is missing, so that each is the only command needed on a fresh clone.
//!
//! *Invariant: the standard library only.* These commands have to build in a second on a machine that has nothing yet.
//!
//! Everything said to the user goes to standard error; standard output belongs to the program that a command runs.

mod bundle;
mod cargo;
mod compare;
mod compiler;
mod doctor;
mod failure;
mod invariants;
mod launch;
mod libtorch;
mod report;
#[cfg(test)]
mod scratch;
mod screen;
mod torch_run;
mod workspace;

use std::ffi::OsString;
use std::process::ExitCode;

use failure::Failure;
use report::say;
use workspace::Workspace;

const USAGE: &str = "\
usage: cargo xtask COMMAND

  screen [ARGUMENTS]    score structure files, or the embedded reference crystals when none are given (`screen --help`)
  test [ARGUMENTS]      run every test of the workspace; arguments go to `cargo test`
  libtorch [cpu|cuda]   find or install the libtorch that the torch crates need (cpu unless said otherwise);
                        with --config, print what a crate elsewhere puts into its .cargo/config.toml
  doctor                say which libtorch, which devices, and why CUDA is or is not there
  compare [NAME…]       run our code and other libraries' side by side on the same inputs and print the ratios
                        (--rounds N, --threads N, --json FILE)
  launch -n N -- COMMAND [ARGUMENTS]
                        start a program as N processes of one group on this machine (features `dist`)
  bundle [FOLDER]       put what `benches/gpu.sh` runs, for a machine with a GPU and no toolchain, into one folder
                        (target/bundle unless said otherwise; S2S_DATA_DIR names the data)
  invariants            check what must stay true of the workspace and no compiler checks

`screen` needs no libtorch; `test` gets it if it is missing.
";

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    match run(&arguments) {
        Ok(status) => status,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// Carries out one command; `Ok` passes on the exit status of the program that it ran.
fn run(arguments: &[OsString]) -> Result<ExitCode, Failure> {
    let Some((command, rest)) = arguments.split_first() else {
        return Err(Failure::new(format!("no command was given\n\n{USAGE}")));
    };
    let workspace = Workspace::find()?;
    let command = command.to_string_lossy();
    match command.as_ref() {
        // File names among these need not be text.
        "screen" => screen::screen(&workspace, rest),
        "test" => torch_run::test(&workspace, rest),
        "libtorch" => libtorch::command(&workspace, &words(rest)?).map(|()| ExitCode::SUCCESS),
        "compare" => compare::compare(&workspace, &words(rest)?),
        "launch" => launch::launch(rest),
        "bundle" => bundle::bundle(&workspace, &words(rest)?),
        "invariants" => invariants::invariants(&workspace, &words(rest)?),
        "doctor" => doctor::doctor(&workspace, &words(rest)?),
        "help" | "--help" | "-h" => {
            say(USAGE.trim_end());
            Ok(ExitCode::SUCCESS)
        }
        unknown => Err(Failure::new(format!("there is no command `{unknown}`\n\n{USAGE}"))),
    }
}

/// Arguments that have to be text.
fn words(arguments: &[OsString]) -> Result<Vec<String>, Failure> {
    let word = |argument: &OsString| {
        argument.to_str().map(str::to_owned).ok_or_else(|| Failure::new(format!("{argument:?} is not valid Unicode")))
    };
    arguments.iter().map(word).collect()
}
