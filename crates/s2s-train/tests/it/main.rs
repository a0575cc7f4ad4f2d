//! Integration tests of `s2s-train`: one binary.

mod bundled;
mod checkpoints;
mod divergence;
mod energy;
#[path = "../../../../tests/support/error_text.rs"]
mod error_text;
mod errors;
mod joint;
mod optimizer;
mod pretrained;
mod recipes;
mod settings;
mod support;
mod tiny;
mod training;
mod wide;
