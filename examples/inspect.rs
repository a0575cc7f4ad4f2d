//! Says what a structure file contains.
fn main() {}
