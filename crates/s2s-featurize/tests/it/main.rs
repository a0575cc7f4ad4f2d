//! Integration tests of `s2s-featurize`.

mod baselines;
mod before_the_move;
mod cache;
mod descriptors;
mod doors;
#[path = "../../../../tests/support/error_text.rs"]
mod error_text;
mod errors;
mod laws;
mod magpie;
mod shared_data;
mod weighted_atoms;
mod wrong;
