//! Integration tests of `s2s-eval`: one binary.

mod benchmark;
mod metrics;
mod support;
mod tc;
