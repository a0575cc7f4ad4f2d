//! SuperCon joined to crystal structures, with every label accounted for.
//!
//! ```no_run
//! use s2s_data::{DataFolder, Dataset, RecordStream, Split};
//!
//! let lines = RecordStream::open(DataFolder::from_env()?.s2s())?; // a file of the folder S2S_DATA_DIR
//! let dataset = Dataset::new(lines.collect::<Result<Vec<_>, _>>()?)?;
//! let split = Split::stratified(dataset.labels(), 0.2, 7)?;
//! println!("{} to learn from, {} to test on", split.train.len(), split.test.len());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! ```text
//! JSON lines ─ RecordStream ─▶ Record ── StructureIndex ──┬─ join ─▶ (Dataset, JoinReport) ─▶ rebuild, measured
//! SuperCon ─ SuperCon::read ─▶ rows and faults ───────────┘
//! Dataset ─▶ Groups ─▶ Folds, Split        Dataset ─▶ Audit        Dataset ─ repair ─▶ (Dataset, RepairReport)
//! ```
//!
//! A [`Record`] is a crystal with its identifier, formula and, where it was measured or listed, a [`Label`].
//! [`RecordStream`] reads hundreds of thousands of them in constant memory; one bad line is one error, not the end.
//!
//! | module | |
//! |---|---|
//! | [`record`], [`label`] | what is known about one crystal |
//! | [`target`] | what a model learns: classes, numbers, weighted or missing |
//! | [`source`], [`table`] | structures and databases, tables of measurements |
//! | [`join`], [`task`] | structures labelled with what was measured on their composition, and the datasets made of them |
//! | [`split`] | training and test sides, folds, groups |
//! | `audit`, [`repair`] | what a labelled set gives away without any physics, and what is wrong with its structures |
//! | [`reference`](mod@reference), [`metric`] | crystals to test with, areas under the curve |
//! | [`file`](mod@file), `parquet`, `download` | files and servers |
//!
//! # Invariants
//!
//! * **This crate never mentions a tensor library**; it builds in seconds with no C++ compiler.
//! * **Nothing is dropped in silence**: what cannot be used is returned as a typed error or counted in a report.
//! * **Everything random is a pure function of its seed**, through ChaCha: see [`split::shuffle`].

#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

#[cfg(feature = "audit")]
pub mod audit;
mod dataset;
#[cfg(feature = "download")]
pub mod download;
mod error;
mod excerpt;
pub mod file;
pub mod join;
mod json_words;
pub mod label;
pub mod metric;
#[cfg(feature = "parquet")]
pub mod parquet;
pub mod record;
pub mod reference;
pub mod repair;
pub mod source;
pub mod split;
pub mod table;
pub mod target;
pub mod task;
mod unique_map;
mod unique_value;

pub use dataset::Dataset;
pub use error::DataError;
pub use label::{Kelvin, Label};
pub use record::{MaterialId, Record, RecordStream};
pub use source::DataFolder;
pub use split::{Folds, Groups, Split};
