//! `s2s`: superconductivity from crystal structure, on the command line.
//!
//! One module per subcommand, each thin over the libraries. What all share: [`console`] (the standard streams),
//! [`destination`] (where results are written) and [`failure`] (why a command stopped).
//!
//! # Exit status
//!
//! 0 if every input was answered, 1 if some could not be read or answered (each is named), 2 if nothing was done: wrong
//! arguments, no structures, an unusable model, a result that cannot be written. A reader of standard output that goes
//! away, as `head` does, is no failure.
//!
//! # Invariant
//!
//! **No tensor library**: everything here answers without libtorch.

#![deny(clippy::print_stdout, clippy::print_stderr)]
#![forbid(unsafe_code)]

#[cfg(feature = "learners")]
mod audit;
#[cfg(feature = "learners")]
mod benchmark;
#[cfg(feature = "learners")]
mod column_titles;
mod completions;
mod console;
mod convert;
mod csv_field;
mod destination;
#[cfg(feature = "download")]
mod download;
mod failure;
mod input_path;
mod inspect;
#[cfg(feature = "learners")]
mod join;
mod reader_options;
#[cfg(feature = "learners")]
mod records;
mod screen;
mod table;
mod thread_pool;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use console::note;
use failure::Failure;

/// Superconductivity from crystal structure
#[derive(Debug, Parser)]
#[command(name = "s2s", version, max_term_width = 80, arg_required_else_help = true, after_help = STATUS)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

const STATUS: &str = "Exit status: 0 if every input was answered; 1 if some could not be read or answered, each of \
which is named; 2 if nothing was done: wrong arguments, no structures, an unusable model, a result that cannot be \
written. `-` is standard input of screen, inspect and convert, and standard output of every command that writes one \
result.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Rank structures and compositions by how likely they are to superconduct
    Screen(screen::Options),
    /// Say what structure files contain, one line or JSON object per structure
    Inspect(inspect::Options),
    /// Convert structures to CIF, POSCAR, extended XYZ, pymatgen or OPTIMADE JSON
    Convert(convert::Options),
    /// Measure how much a labelled set gives away through shortcut features alone
    #[cfg(feature = "learners")]
    Audit(audit::Options),
    /// Compare models on records that they have not learned from
    #[cfg(feature = "learners")]
    #[command(subcommand)]
    Benchmark(benchmark::Task),
    /// Join SuperCon to Materials Project structures, every row accounted for
    #[cfg(feature = "learners")]
    #[command(alias = "join_dataset")]
    Join(join::Options),
    /// Fetch and verify published data sets, as JSON lines
    #[cfg(feature = "download")]
    Download(download::Options),
    /// Print the completions of a shell
    Completions(completions::Options),
}

/// How far a command came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    /// Every input was answered.
    Complete,
    /// Some inputs could not be read or answered.
    Partial,
}

impl Status {
    fn of(complete: bool) -> Self {
        if complete { Self::Complete } else { Self::Partial }
    }
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(Status::Complete) => ExitCode::SUCCESS,
        Ok(Status::Partial) => ExitCode::from(1),
        Err(failure) => {
            note(format_args!("error: {failure}"));
            ExitCode::from(2)
        }
    }
}

fn run(command: Command) -> Result<Status, Failure> {
    match command {
        Command::Screen(options) => screen::run(&options),
        Command::Inspect(options) => inspect::run(&options),
        Command::Convert(options) => convert::run(&options),
        #[cfg(feature = "learners")]
        Command::Audit(options) => audit::run(&options),
        #[cfg(feature = "learners")]
        Command::Benchmark(task) => benchmark::run(&task),
        #[cfg(feature = "learners")]
        Command::Join(options) => join::run(&options),
        #[cfg(feature = "download")]
        Command::Download(options) => download::run(options),
        Command::Completions(options) => completions::run(&options),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn help_keeps_to_eighty_columns() {
        let mut command = Arguments::command();
        command.build();
        let mut pending = vec![command];
        while let Some(mut command) = pending.pop() {
            let help = command.render_long_help().to_string();
            for line in help.lines() {
                assert!(line.chars().count() <= 80, "{}: {line}", command.get_name());
            }
            pending.extend(command.get_subcommands().cloned());
        }
    }

    /// What every command needs beside the option that is tried.
    fn needed(words: &[String]) -> Vec<&'static str> {
        match words.last().map(String::as_str) {
            Some("inspect" | "convert") => vec!["in.cif"],
            Some("classification") => vec!["--out", "results", "--split", "random"],
            Some("optimade") => vec!["https://example.org"],
            Some("screen") => vec!["--answers", "answers.jsonl"],
            _ => Vec::new(),
        }
    }

    /// The commands that do something, as words, each with its options.
    fn commands() -> Vec<(Vec<String>, clap::Command)> {
        let mut root = Arguments::command();
        root.build();
        let (mut pending, mut found) = (vec![(vec!["s2s".to_owned()], root)], Vec::new());
        while let Some((words, command)) = pending.pop() {
            for inner in command.get_subcommands().filter(|inner| inner.get_name() != "help") {
                pending.push(([&words[..], &[inner.get_name().to_owned()]].concat(), inner.clone()));
            }
            if !command.has_subcommands() {
                found.push((words, command));
            }
        }
        found
    }

    #[test]
    fn every_number_of_every_command_is_refused_where_it_is_read_or_can_be_followed() {
        let (mut numbers, mut accepted) = (Vec::new(), Vec::new());
        for (words, command) in commands() {
            for option in command.get_arguments().filter(|argument| argument.get_action().takes_values()) {
                let Some(long) = option.get_long() else { continue };
                let parses = |value: &str| {
                    let all = words.iter().cloned().chain([format!("--{long}={value}")]);
                    Arguments::try_parse_from(all.chain(needed(&words).into_iter().map(str::to_owned))).is_ok()
                };
                // What takes a word takes any; what takes a number, or several, takes none.
                if parses("many") || !["7", "0.5", "1/7", "2x1x1"].iter().any(|value| parses(value)) {
                    continue;
                }
                numbers.push(long.to_owned());
                for value in ["-1", "0", "1000000000000000000000", "1e300", "nan", "inf", "", "-0.5", "3/2", "0x0x0"] {
                    if parses(value) {
                        accepted.push(format!("{} --{long}={value}", words.last().map_or("", String::as_str)));
                    }
                }
            }
        }
        numbers.sort();
        numbers.dedup();
        for known in ["cutoff", "folds", "prior", "seed", "shard", "supercell", "threads", "window", "max-errors"] {
            assert!(numbers.iter().any(|number| number == known), "{known} is not among {numbers:?}");
        }
        accepted.sort();
        let meant = [
            // Every seed is one, and nothing may be bad.
            "audit --max-errors=0",
            "audit --seed=0",
            "classification --seed=0",
            "join --max-errors=0",
            "join --seed=0",
            #[cfg(feature = "download")]
            "optimade --pause=0",
            // All rows of the table.
            "screen --top=0",
        ];
        assert_eq!(accepted, meant);
    }
}
