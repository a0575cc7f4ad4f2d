//! The list of files that seals a folder.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::CheckpointError;

pub(super) const MANIFEST: &str = "MANIFEST.json";

/// Raised when older code could misread a folder.
pub(super) const VERSION: u32 = 1;

const FORMAT: &str = "s2s-model";

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    format: String,
    version: u32,
    files: BTreeMap<String, Entry>,
    /// SHA-256 of `files` as compact JSON: the manifest seals itself.
    seal: String,
}

#[derive(Debug, Serialize, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Entry {
    size: u64,
    sha256: String,
}

impl Manifest {
    fn of(files: BTreeMap<String, Entry>) -> Self {
        let seal = hex(&serde_json::to_vec(&files).expect("invariant: names and numbers are plain data"));
        Self { format: FORMAT.to_owned(), version: VERSION, files, seal }
    }

    /// The one way in which this manifest is written, so that a changed blank is a changed manifest.
    fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec_pretty(self).expect("invariant: names and numbers are plain data");
        bytes.push(b'\n');
        bytes
    }
}

/// A folder whose manifest is in order: the lowest layer of a checkpoint, for models of any kind.
#[derive(Debug)]
pub struct SealedFolder {
    folder: PathBuf,
    manifest: Manifest,
}

impl SealedFolder {
    /// Reads the manifest of a folder.
    ///
    /// # Errors
    ///
    /// [`CheckpointError::BadManifest`] if it is not as it was written.
    pub fn open(folder: &Path) -> Result<Self, CheckpointError> {
        let path = folder.join(MANIFEST);
        let bytes = fs::read(&path).map_err(|source| CheckpointError::Io { path: path.clone(), source })?;
        let manifest: Manifest = serde_json::from_slice(&bytes).map_err(|e| bad(&path, e.to_string()))?;
        if manifest.format != FORMAT {
            return Err(bad(&path, format!("format {:?} is not {FORMAT:?}", manifest.format)));
        }
        if manifest.version != VERSION {
            return Err(bad(&path, format!("format version {} is not {VERSION}", manifest.version)));
        }
        let canonical = Manifest::of(manifest.files);
        if canonical.to_bytes() != bytes {
            return Err(bad(&path, "it has been changed".to_owned()));
        }
        let escapes =
            |name: &&String| Path::new(name).components().any(|c| !matches!(c, std::path::Component::Normal(_)));
        if let Some(name) = canonical.files.keys().find(escapes) {
            return Err(bad(&path, format!("{name:?} leads out of the folder")));
        }
        Ok(Self { folder: folder.to_owned(), manifest: canonical })
    }

    /// Writes files and their manifest beside `folder`, flushes them, and gives them their name at last.
    ///
    /// # Errors
    ///
    /// [`CheckpointError::Exists`] if there is something under the name; [`CheckpointError::Io`]. Nothing is left under the
    /// name then.
    pub fn write(folder: &Path, files: &[(&str, Vec<u8>)]) -> Result<(), CheckpointError> {
        if folder.exists() {
            return Err(CheckpointError::Exists { path: folder.to_owned() });
        }
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        let beside = folder.with_file_name(format!(".{name}.{}.tmp", std::process::id()));
        let written = write_into(&beside, files).and_then(|()| {
            fs::rename(&beside, folder).map_err(|source| CheckpointError::Io { path: folder.to_owned(), source })?;
            let parent = folder.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
            flush_folder(parent)
        });
        if written.is_err() {
            // The first error is the one to report; what is left over has a name that nobody loads.
            let _ = fs::remove_dir_all(&beside);
        }
        written
    }

    /// Whether the manifest lists a file.
    pub fn contains(&self, name: &str) -> bool {
        self.manifest.files.contains_key(name)
    }

    /// The files that the manifest lists.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.manifest.files.keys().map(String::as_str)
    }

    /// A file, if it is what the manifest says.
    ///
    /// # Errors
    ///
    /// [`CheckpointError::Changed`] if it is not, [`CheckpointError::BadManifest`] if it is not listed.
    pub fn read(&self, name: &str) -> Result<Vec<u8>, CheckpointError> {
        let path = self.folder.join(name);
        let Some(entry) = self.manifest.files.get(name) else {
            return Err(bad(&self.folder.join(MANIFEST), format!("it does not list {name:?}")));
        };
        let bytes = fs::read(&path).map_err(|source| CheckpointError::Io { path: path.clone(), source })?;
        if bytes.len() as u64 != entry.size {
            return Err(CheckpointError::Changed { path, what: "size" });
        }
        if hex(&bytes) != entry.sha256 {
            return Err(CheckpointError::Changed { path, what: "SHA-256" });
        }
        Ok(bytes)
    }

    /// Checks the files that nobody reads.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub fn verify_others(&self, read: &[&str]) -> Result<(), CheckpointError> {
        self.names().filter(|name| !read.contains(name)).try_for_each(|name| self.read(name).map(|_| ()))
    }
}

/// Writes the manifest of files that are there already.
pub(super) fn seal(folder: &Path, names: &[String]) -> Result<(), CheckpointError> {
    let mut files = BTreeMap::new();
    for name in names {
        let path = folder.join(name);
        let bytes = fs::read(&path).map_err(|source| CheckpointError::Io { path, source })?;
        files.insert(name.clone(), Entry { size: bytes.len() as u64, sha256: hex(&bytes) });
    }
    let beside = folder.join(format!(".{MANIFEST}.{}.tmp", std::process::id()));
    write_file(&beside, &Manifest::of(files).to_bytes())?;
    let path = folder.join(MANIFEST);
    fs::rename(&beside, &path).map_err(|source| CheckpointError::Io { path, source })?;
    flush_folder(folder)
}

fn write_into(folder: &Path, files: &[(&str, Vec<u8>)]) -> Result<(), CheckpointError> {
    fs::create_dir_all(folder).map_err(|source| CheckpointError::Io { path: folder.to_owned(), source })?;
    let mut entries = BTreeMap::new();
    for (name, bytes) in files {
        write_file(&folder.join(name), bytes)?;
        entries.insert((*name).to_owned(), Entry { size: bytes.len() as u64, sha256: hex(bytes) });
    }
    write_file(&folder.join(MANIFEST), &Manifest::of(entries).to_bytes())?;
    flush_folder(folder)
}

fn write_file(path: &Path, bytes: &[u8]) -> Result<(), CheckpointError> {
    let io = |source| CheckpointError::Io { path: path.to_owned(), source };
    let mut file = File::create(path).map_err(io)?;
    file.write_all(bytes).map_err(io)?;
    file.sync_all().map_err(io)
}

/// A rename is durable once the folder that holds the name is.
fn flush_folder(folder: &Path) -> Result<(), CheckpointError> {
    let io = |source| CheckpointError::Io { path: folder.to_owned(), source };
    File::open(folder).map_err(io)?.sync_all().map_err(io)
}

fn bad(path: &Path, reason: String) -> CheckpointError {
    CheckpointError::BadManifest { path: path.to_owned(), reason }
}

fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
