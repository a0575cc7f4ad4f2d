//! Paths of inputs on the command line, and `-`, which is standard input for commands that read structures.

use std::path::{Path, PathBuf};

use clap::builder::{PathBufValueParser, TypedValueParser};

/// The path that stands for standard input.
pub(crate) const STANDARD_INPUT: &str = "-";

/// What is said where no standard stream can stand.
pub(crate) const NO_STREAM: &str = "`-`, a standard stream, cannot stand here: name a file or folder";

/// Whether standard input is meant.
pub(crate) fn is_standard_input(path: &Path) -> bool {
    path == Path::new(STANDARD_INPUT)
}

/// The parser of a path where no standard stream can stand: a folder, or a file that is read more than once or hashed.
pub(crate) fn named() -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().try_map(|path| match is_standard_input(&path) {
        true => Err(NO_STREAM),
        false => Ok(path),
    })
}
