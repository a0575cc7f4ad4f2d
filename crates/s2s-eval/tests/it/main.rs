//! Integration tests of `s2s-eval`: one binary.

mod benchmark;
mod errors;
mod metrics;
mod support;
mod tc;
