//! Sources of records: the shared data folder, files and folders of structures, documents of databases, the authors' arrays.

mod authors;
mod entry;
mod file_parts;
mod folder;
mod input;
mod json_values;
mod materials_project;
mod npy;
mod optimade;
mod structure_text;
mod structure_texts;
mod structures;
mod summary;
mod walk;

pub(crate) use self::folder::read_file;
pub use self::{
    authors::{AuthorsError, AuthorsFiles},
    entry::{EntryError, EntryErrorKind},
    folder::DataFolder,
    materials_project::MaterialsProjectRecords,
    npy::NpyError,
    optimade::OptimadeNames,
    structure_text::{SourceError, SourceLocation, SourceStructure, StructureText},
    structure_texts::{SourceOptions, StructureTexts, is_structure_file},
    structures::{Structures, read_structures},
    summary::{SkipReason, Skipped, SourceSummary},
};
