//! Integration tests of `s2s-predict`.

mod edits;
#[path = "../../../../tests/support/error_text.rs"]
mod error_text;
mod errors;
mod every_description;
mod networks;
mod resealed;
mod support;
mod trees;
