//! Where records come from: the shared data folder, files and folders of structures, tables, documents of databases.

mod authors;
mod decompressed;
mod entry;
mod folder;
mod json_values;
mod materials_project;
mod optimade;
mod structure_files;
mod table;
mod walk;

pub use self::{
    authors::{AuthorsError, AuthorsFiles},
    decompressed::Decompressed,
    entry::{EntryError, EntryErrorKind},
    folder::DataFolder,
    materials_project::MaterialsProjectRecords,
    optimade::OptimadeNames,
    structure_files::{StructureContent, StructureEntry, StructureFiles},
    table::{StructureTable, StructureTableColumns, TableFault, TableFaultReason},
};
