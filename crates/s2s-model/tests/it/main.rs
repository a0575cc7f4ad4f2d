//! Integration tests of `s2s-model`: one binary, because each one links libtorch.

mod attribution;
mod baselines;
mod checkpoint;
mod description;
#[path = "../../../s2s-predict/tests/it/edits.rs"]
mod edits;
#[path = "../../../../tests/support/error_text.rs"]
mod error_text;
mod errors;
mod interpretations;
mod invariance;
mod laws;
mod plain;
mod precision;
mod released;
mod resealed;
mod support;
