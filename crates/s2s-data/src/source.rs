//! Where the bytes come from: the shared data folder, files and folders of structures, compressed streams.

mod decompressed;
mod folder;
mod structure_files;

pub use self::{
    decompressed::Decompressed,
    folder::DataFolder,
    structure_files::{StructureContent, StructureEntry, StructureFiles},
};
