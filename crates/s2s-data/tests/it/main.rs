//! Public behavior of `s2s-data`.

#![allow(clippy::unwrap_used)]

mod audit;
mod dataset;
mod join;
mod npy;
mod real_data;
mod records;
mod reference;
mod repair;
mod splits;
mod store;
mod structure_files;
mod task;
