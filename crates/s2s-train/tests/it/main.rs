//! Integration tests of `s2s-train`: one binary.

mod bundled;
mod checkpoints;
mod energy;
mod optimizer;
mod recipes;
mod support;
mod tiny;
mod training;
