//! Integration tests of `s2s-train`: one binary.

mod bundled;
mod checkpoints;
mod energy;
mod errors;
mod optimizer;
mod pretrained;
mod recipes;
mod settings;
mod support;
mod tiny;
mod training;
mod wide;
