//! What is measured, as text, with the command in front of it.

use std::{env, error::Error, fmt::Arguments, io::Write, path::Path};

use s2s_data::file::AtomicFile;

use super::output::say;

/// What is printed, line by line, and kept in a file in the end.
#[derive(Debug, Default)]
pub(crate) struct Report {
    text: String,
}

impl Report {
    pub(crate) fn line(&mut self, words: Arguments<'_>) {
        say!("{words}");
        self.text += &format!("{words}\n");
    }

    /// Writes the file, if one is asked for, below the command.
    pub(crate) fn keep(&self, file: Option<&Path>) -> Result<(), Box<dyn Error>> {
        let Some(path) = file else { return Ok(()) };
        let arguments = env::args().skip(1).collect::<Vec<_>>();
        let said = |error| format!("{}: {error}", path.display());
        let mut file = AtomicFile::create(path).map_err(said)?;
        let command = command(&arguments);
        write!(file, "```text\n{command}\n```\n\n{}", self.text).map_err(said)?;
        Ok(file.commit().map_err(said)?)
    }
}

/// How the program was started, without the file that it writes.
fn command(arguments: &[String]) -> String {
    let mut text = "cargo run --release --features dist --example scale --".to_owned();
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        if word == "--out" {
            words.next();
        } else if !word.starts_with("--out=") {
            text = format!("{text} {word}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_does_not_name_the_file_that_it_writes() {
        let words = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let expected = "cargo run --release --features dist --example scale -- speedup --steps 4";
        assert_eq!(command(&words("speedup --out a.md --steps 4")), expected);
        assert_eq!(command(&words("speedup --steps 4 --out=a.md")), expected);
    }
}
