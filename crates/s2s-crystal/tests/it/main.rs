//! Tests of the public behavior of `s2s-crystal`.

mod agreement;
mod campaign;
mod cif_cases;
mod cif_kinds;
mod cif_symmetry;
mod composition;
mod corpus;
mod doors;
mod element;
#[path = "../../../../tests/support/error_text.rs"]
mod error_text;
mod errors;
mod everyday;
mod extreme_cells;
mod formats;
mod fuzz_corpus;
mod geometry;
mod json_containers;
mod json_formats;
mod large;
mod long_inputs;
mod matching;
mod misreading;
mod mutation;
mod neighbors;
mod other_kinds;
mod others;
mod real_files;
mod round_trip;
mod s2s;
#[cfg(feature = "moyo")]
mod standardized_cells;
mod strategies;
mod symmetry;
mod thread_time;
