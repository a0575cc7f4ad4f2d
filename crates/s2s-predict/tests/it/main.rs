//! Integration tests of `s2s-predict`.

mod edits;
mod errors;
mod networks;
mod resealed;
mod support;
mod trees;
