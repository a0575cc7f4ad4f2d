//! `s2s benchmark`: how good models are on records that they have not learned from, each kind of answer by its own command.
//!
//! Networks take part through `examples/benchmark`, which needs libtorch and writes the same folders.

mod classification;
mod tc;

use clap::Subcommand;

use crate::{Status, failure::Failure};

/// What is predicted.
#[derive(Debug, Subcommand)]
pub(crate) enum Task {
    /// Superconductor or not: learners of tables in repeated cross-validation on the same folds
    Classification(classification::Options),
    /// Critical temperatures: learns from a table of formulas and Tc, and predicts another one or a part held out
    Tc(tc::Options),
}

pub(crate) fn run(task: &Task) -> Result<Status, Failure> {
    match task {
        Task::Classification(options) => classification::run(options),
        Task::Tc(options) => tc::run(options),
    }
}

/// The command as it was typed, quoted for a shell; for the records of a results folder.
fn command_line() -> String {
    let quoted = std::env::args_os().skip(1).map(|word| {
        let word = word.to_string_lossy();
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_=./,:+@".contains(c);
        if !word.is_empty() && word.chars().all(plain) {
            word.into_owned()
        } else {
            format!("'{}'", word.replace('\'', r"'\''"))
        }
    });
    std::iter::once("s2s".to_owned()).chain(quoted).collect::<Vec<_>>().join(" ")
}
