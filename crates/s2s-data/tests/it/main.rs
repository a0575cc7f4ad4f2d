//! Public behavior of `s2s-data`.

#![allow(clippy::unwrap_used)]

mod audit;
mod dataset;
mod doors;
#[cfg(feature = "download")]
mod download;
#[path = "../../../../tests/support/error_text.rs"]
mod error_text;
mod errors;
mod exporters;
mod join;
#[cfg(feature = "parquet")]
mod parquet;
mod read_structures;
mod readers;
mod real_data;
mod records;
mod reference;
mod repair;
mod sources;
mod splits;
mod structure_tables;
mod targets;
mod task;
