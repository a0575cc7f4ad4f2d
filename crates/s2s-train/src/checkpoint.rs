//! Checkpoints that survive a kill at any moment.
//!
//! One folder per checkpoint, `ckpt-0000001234`, each with a `MANIFEST.json` of sizes and SHA-256. A checkpoint is written
//! into a temporary folder beside its final path, every file is flushed to the disk, the manifest comes last, and only then
//! is the folder renamed and its parent flushed: whatever name `ckpt-…` exists is complete. Older checkpoints are removed
//! only after that.

mod file_system;
mod manifest;
mod snapshot;
mod store;

pub use file_system::{FileSystem, RealFileSystem};
pub(crate) use manifest::sha256;
pub use snapshot::Snapshot;
pub use store::{CheckpointStore, Found, Restored};
