//! Tests of the public behavior of `s2s-crystal`.

mod cif_symmetry;
mod composition;
mod element;
mod geometry;
mod neighbors;
mod real_files;
mod round_trip;
mod strategies;
#[cfg(feature = "moyo")]
mod symmetry;
