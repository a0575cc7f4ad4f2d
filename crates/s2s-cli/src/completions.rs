//! `s2s completions SHELL`: what a shell needs to complete the subcommands and options.

use std::io::Write;

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::{Arguments, Status, console::StandardOutput, failure::Failure};

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Which shell
    shell: Shell,
}

pub(crate) fn run(options: &Options) -> Result<Status, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(options.shell, &mut Arguments::command(), "s2s", &mut script);
    let mut out = StandardOutput::lock();
    out.write_all(&script)?;
    out.flush()?;
    Ok(Status::Complete)
}
