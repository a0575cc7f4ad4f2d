//! Lines of the standard output; a closed pipe, as `head` leaves it, does not end a run.

use std::{
    fmt::Arguments,
    io::{self, Write},
    process,
};

/// Prints a line; unlike `println!`, it does not panic when nobody reads any more.
macro_rules! say {
    ($($words:tt)*) => { $crate::output::line(format_args!($($words)*)) };
}

pub(crate) use say;

/// Writes a line as far as somebody reads it; any other failure, such as a full disk, ends the program with status 1.
pub(crate) fn line(words: Arguments<'_>) {
    match writeln!(io::stdout().lock(), "{words}") {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            eprintln!("cannot write the output: {error}");
            process::exit(1);
        }
        _ => {}
    }
}
