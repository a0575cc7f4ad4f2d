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
//! A [`Record`] is a crystal with its identifier, formula and, where somebody has measured or listed it, a [`Label`].
//! [`RecordStream`] reads hundreds of thousands of them in constant memory; one bad line is one error, not the end.
//! [`join`] labels structures with what SuperCon measured on their composition; [`Audit`] says what a labelled set gives
//! away without any physics; [`repair`] finds what is wrong with its structures.
//!
//! # Invariants
//!
//! * **This crate never mentions a tensor library**; it builds in seconds with no C++ compiler.
//! * **Nothing is dropped in silence**: what cannot be used is returned as a typed error or counted in a report.
//! * **Everything random is a pure function of its seed**, through ChaCha: see [`shuffle`].

#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

mod approximate_formula;
mod atomic_file;
#[cfg(feature = "audit")]
mod audit;
mod dataset;
#[cfg(feature = "download")]
mod download;
mod error;
mod excerpt;
mod fold_file;
mod group;
mod join;
mod json_words;
mod label;
mod manifest;
mod metric;
mod npy;
#[cfg(feature = "parquet")]
mod parquet;
mod record;
pub mod reference;
mod repair;
mod shuffle;
mod source;
mod split;
mod store;
mod supercon;
mod superconductor_family;
mod table_column;
mod table_field;
mod table_header;
mod table_lines;
mod task;
mod tc_table;
mod unique_map;
mod unique_value;

pub use approximate_formula::ApproximateFormula;
pub use atomic_file::AtomicFile;
#[cfg(feature = "audit")]
pub use audit::{
    Audit, AuditError, AuditPlan, Duplicate, LabelConflict, Predictability, ShortcutFeature, SplitKind, Suspicion,
    SuspicionReason,
};
pub use dataset::Dataset;
#[cfg(feature = "download")]
pub use download::{
    Access, DownloadError, DownloadFolder, HttpClient, HttpOptions, MaterialsProjectQuery, OptimadeQuery, Page, Paged,
    PagedDownload, PagedDownloadError, Progress, RemoteFile, read_zipped,
};
pub use error::DataError;
pub use fold_file::{FoldFile, FoldFileError};
pub use group::{FingerprintError, Groups};
pub use join::{
    ConflictPolicy, JoinReport, JoinRules, MatchTier, Polymorphs, RowOutcome, StructureIndex, StructureOutcome,
    TcPolicy, join,
};
pub use label::{Evidence, Kelvin, Label};
pub use manifest::{FileEntry, Manifest, ManifestError};
pub use metric::{roc_auc, stratified_roc_auc};
pub use npy::{Npy, NpyError, Pickled};
#[cfg(feature = "parquet")]
pub use parquet::{ParquetError, ParquetRecords, ParquetWriter};
pub use record::{
    MaterialId, Mp2018, Mp2018Split, Record, RecordError, RecordErrorKind, RecordStream, RecordWriter, SoundRecords,
};
pub use repair::{Finding, RepairReport, RepairRules, repair};
pub use shuffle::{permutation, shuffle};
pub use source::{
    AuthorsError, AuthorsFiles, DataFolder, Decompressed, EntryError, EntryErrorKind, MaterialsProjectRecords,
    OptimadeNames, Place, SkipReason, Skipped, SourceError, SourceOptions, SourceStructure, SourceSummary,
    StructureTable, StructureTableColumns, StructureText, StructureTexts, Structures, TableFault, TableFaultReason,
    is_structure_file, open_file, read_structures,
};
pub use split::{Folds, Split};
pub use store::{Store, StoreError, StoreWriter};
pub use supercon::{Measurement, RowFault, RowFaultReason, RowSource, SuperCon, SuperConColumns, SuperConRow};
pub use superconductor_family::{FamilyRule, SuperconductorFamily};
pub use table_column::TableColumn;
pub use table_header::TableError;
pub use task::{
    Agreement, AgreementOutcome, Matching, NegativeSampling, RebuildReport, Shortage, family_counts, measured, rebuild,
};
pub use tc_table::{TcRow, TcTable};
