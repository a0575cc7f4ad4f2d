//! The output of a command.

use std::fmt;
use std::io::{self, Write};

/// Prints a line of a command's result; a closed pipe, as `head` leaves it, is no failure.
pub(crate) fn say(line: impl fmt::Display) {
    let _ = writeln!(io::stdout(), "{line}");
}
