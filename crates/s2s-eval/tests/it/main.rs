//! Integration tests of `s2s-eval`: one binary.

mod benchmark;
#[path = "../../../../tests/support/error_text.rs"]
mod error_text;
mod errors;
mod metrics;
mod support;
mod tc;
