//! Renaming of finished downloads, durable after a crash.

use std::{
    fs::{self, File},
    io::Write,
    path::Path,
};

use super::DownloadError;
pub(super) use crate::file::beside;
use crate::file::{self, AtomicFile};

/// Gives a finished file its name, so that neither a crash nor a power cut leaves half of it there.
pub(super) fn rename(file: &File, from: &Path, to: &Path) -> Result<(), DownloadError> {
    file.sync_all().map_err(DownloadError::io(from))?;
    fs::rename(from, to).map_err(DownloadError::io(to))?;
    sync_folder(to)
}

/// Replaces a small file.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), DownloadError> {
    let written = AtomicFile::create(path).and_then(|mut file| file.write_all(bytes).and_then(|()| file.commit()));
    written.map_err(DownloadError::io(path))
}

pub(super) fn sync_folder(path: &Path) -> Result<(), DownloadError> {
    file::sync_folder(path).map_err(DownloadError::io(path))
}
