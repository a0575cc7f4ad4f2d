//! Files as bytes: opened without waiting for devices, decompressed, hashed, and written whole or not at all.

mod atomic_file;
mod decompressed;
mod manifest;
mod open_file;
mod zstd;

#[cfg(feature = "download")]
pub(crate) use self::atomic_file::{beside, sync_folder};
pub(crate) use self::open_file::special;
pub use self::{
    atomic_file::AtomicFile,
    decompressed::Decompressed,
    manifest::{FileEntry, Manifest, ManifestError},
    open_file::open_file,
};
