//! The output of a command.

use std::fmt;
use std::io::{self, Write};

/// Prints a line of a command's result; a reader that went away, as `head` does, wants no more and is no failure.
pub(crate) fn say(line: impl fmt::Display) {
    let _ = writeln!(io::stdout(), "{line}");
}
