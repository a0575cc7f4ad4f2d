//! Integration tests of `s2s-train`: one binary.

#[cfg(feature = "benchmark")]
mod benchmark;
mod bundled;
mod checkpoints;
mod energy;
mod metrics;
mod optimizer;
mod recipes;
mod support;
mod tiny;
mod training;
#[cfg(feature = "tabular")]
mod trees;
