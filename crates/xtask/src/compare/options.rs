//! The options of `compare`.

use std::path::PathBuf;

use crate::failure::Failure;

/// The command line of `cargo xtask compare`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Options {
    /// Comparisons to run; empty for all.
    pub(super) names: Vec<String>,
    /// How often the sides take turns.
    pub(super) rounds: usize,
    /// Size of every thread pool.
    pub(super) threads: usize,
    /// Where to write the figures as JSON.
    pub(super) json: Option<PathBuf>,
}

impl Options {
    pub(super) fn parse(arguments: &[String]) -> Result<Self, Failure> {
        let mut options = Self { names: Vec::new(), rounds: 5, threads: 1, json: None };
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            let mut value = || rest.next().ok_or_else(|| Failure::new(format!("{argument} takes a value")));
            match argument.as_str() {
                "--rounds" => options.rounds = count(argument, value()?)?,
                "--threads" => options.threads = count(argument, value()?)?,
                "--json" => options.json = Some(value()?.into()),
                flag if flag.starts_with('-') => {
                    return Err(Failure::new(format!(
                        "`compare` has no option {flag}, only --rounds N, --threads N and --json FILE"
                    )));
                }
                name => options.names.push(name.to_owned()),
            }
        }
        Ok(options)
    }
}

fn count(option: &str, text: &str) -> Result<usize, Failure> {
    match text.parse() {
        Ok(number @ 1..) => Ok(number),
        _ => Err(Failure::new(format!("{option} takes a number from 1 on, not `{text}`"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Options, Failure> {
        Options::parse(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn options_and_names_mix() {
        let options = parse("cif --rounds 3 neighbors --json out.json --threads 2").expect("a good line");
        assert_eq!(options.names, ["cif", "neighbors"]);
        assert_eq!((options.rounds, options.threads), (3, 2));
        assert_eq!(options.json, Some("out.json".into()));
    }

    #[test]
    fn bad_lines_say_what_is_wrong() {
        let said = |line| parse(line).expect_err("a bad line").to_string();
        assert_eq!(said("--rounds"), "--rounds takes a value");
        assert_eq!(said("--rounds 0"), "--rounds takes a number from 1 on, not `0`");
        assert!(said("--fast").starts_with("`compare` has no option --fast"));
    }
}
