//! Where records come from: the shared data folder, files and folders of structures, tables, documents of databases.

mod authors;
mod decompressed;
mod entry;
mod folder;
mod json_values;
mod materials_project;
mod open_file;
mod optimade;
mod structure_text;
mod structure_texts;
mod structures;
mod summary;
mod table;
mod walk;
mod zstd;

pub use self::{
    authors::{AuthorsError, AuthorsFiles},
    decompressed::Decompressed,
    entry::{EntryError, EntryErrorKind},
    folder::DataFolder,
    materials_project::MaterialsProjectRecords,
    open_file::open_file,
    optimade::OptimadeNames,
    structure_text::{Place, SourceError, SourceStructure, StructureText},
    structure_texts::{SourceOptions, StructureTexts, is_structure_file},
    structures::{Structures, read_structures},
    summary::{SkipReason, Skipped, SourceSummary},
    table::{StructureTable, StructureTableColumns, TableFault, TableFaultReason},
};
