//! Manifests: the files that a dataset was made from and consists of, with their hashes.

use std::{
    collections::BTreeMap,
    io::{self, Read},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::{file::open_file, unique_map::unique_map};

/// The files that went into a dataset and those that came out, with their hashes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Version of this layout.
    pub format: u32,
    /// Name and version of the program.
    pub made_by: String,
    /// Files that were read, by name.
    #[serde(deserialize_with = "unique_map")]
    pub sources: BTreeMap<String, FileEntry>,
    /// Choices that were made, in words.
    #[serde(deserialize_with = "unique_map")]
    pub settings: BTreeMap<String, String>,
    /// Files that were written, by name.
    #[serde(deserialize_with = "unique_map")]
    pub outputs: BTreeMap<String, FileEntry>,
}

/// A file by its content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileEntry {
    /// Length in bytes.
    pub bytes: u64,
    /// SHA-256 of the content, in hexadecimal.
    pub sha256: String,
    /// Number of rows or records.
    pub records: Option<u64>,
    /// Where it comes from and whom to cite.
    pub source: Option<String>,
    /// Under which licence.
    pub licence: Option<String>,
}

/// Why a file is not the one that a manifest describes.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ManifestError {
    /// The file cannot be read.
    #[error("cannot read {}: {error}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// The file has other content.
    #[error("{name} is not the file of the manifest: SHA-256 {found}, expected {expected}")]
    Changed {
        /// The file.
        name: String,
        /// The hash that the manifest states.
        expected: String,
        /// The hash of the file.
        found: String,
    },
    /// The manifest does not list the file.
    #[error("the manifest does not list {name}")]
    Unlisted {
        /// The file.
        name: String,
    },
}

impl Manifest {
    /// The layout that this version writes.
    pub const FORMAT: u32 = 1;

    /// An empty manifest of this version of the crate.
    pub fn new() -> Self {
        Self {
            format: Self::FORMAT,
            made_by: concat!(env!("CARGO_PKG_NAME"), " ", env!("CARGO_PKG_VERSION")).into(),
            sources: BTreeMap::new(),
            settings: BTreeMap::new(),
            outputs: BTreeMap::new(),
        }
    }

    /// Checks that a file is the source that this manifest lists under its name.
    ///
    /// # Errors
    ///
    /// [`ManifestError`] if it is not listed, cannot be read, or differs in a single byte.
    pub fn verify_source(&self, name: &str, path: &Path) -> Result<(), ManifestError> {
        let expected = self.sources.get(name).ok_or_else(|| ManifestError::Unlisted { name: name.to_owned() })?;
        let found = FileEntry::of(path)?;
        if (found.bytes, &found.sha256) != (expected.bytes, &expected.sha256) {
            let (expected, found) = (expected.sha256.clone(), found.sha256);
            return Err(ManifestError::Changed { name: name.to_owned(), expected, found });
        }
        Ok(())
    }
}

impl Default for Manifest {
    fn default() -> Self {
        Self::new()
    }
}

impl FileEntry {
    /// Length and hash of a file, read once in constant memory.
    ///
    /// # Errors
    ///
    /// [`ManifestError::Io`] if it cannot be read.
    pub fn of(path: &Path) -> Result<Self, ManifestError> {
        let io = |error| ManifestError::Io { path: path.to_owned(), error };
        Self::of_stream(open_file(path).map_err(io)?).map_err(io)
    }

    /// Length and hash of what a source holds.
    ///
    /// # Errors
    ///
    /// Whatever the source reports.
    pub fn of_stream(mut source: impl Read) -> io::Result<Self> {
        let mut hasher = Sha256::new();
        let bytes = io::copy(&mut source, &mut hasher)?;
        let sha256 = hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { bytes, sha256, records: None, source: None, licence: None })
    }
}
