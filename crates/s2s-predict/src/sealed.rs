//! Sealed folders, the file format of all models: a manifest with the SHA-256 of every file.
//!
//! ```text
//! my-model/
//!   config.json, model.safetensors, trees.bin, …   whatever the model consists of
//!   README.md                                      model card
//!   MANIFEST.json                                  format version, size and SHA-256 of every file, and a seal over itself
//! ```
//!
//! An ensemble is a folder of such folders, whose manifest lists their manifests.
//!
//! # Invariants
//!
//! * **Any changed byte is refused**, the manifest's own included.
//! * **A folder that exists under its name is complete**: it is written beside its final path, flushed, and then renamed.
//! * **No more is read of a file than the manifest says it holds.**

use std::{
    borrow::Cow,
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Read, Write},
    path::{Component, Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::FolderError;

const MANIFEST: &str = "MANIFEST.json";

/// A manifest of ten thousand files is smaller.
const MANIFEST_LIMIT: u64 = 1 << 21;

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

impl Entry {
    fn of(bytes: &[u8]) -> Self {
        Self { size: bytes.len() as u64, sha256: hex(bytes) }
    }
}

impl Manifest {
    fn of(files: BTreeMap<String, Entry>) -> Self {
        let seal = hex(&serde_json::to_vec(&files).expect("invariant: names and numbers are plain data"));
        Self { format: FORMAT.to_owned(), version: SealedFolder::VERSION, files, seal }
    }

    /// The one way in which this manifest is written, so that a changed blank is a changed manifest.
    fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec_pretty(self).expect("invariant: names and numbers are plain data");
        bytes.push(b'\n');
        bytes
    }
}

/// A folder whose manifest is in order: the lowest layer of a model, whatever its kind.
///
/// # Examples
///
/// ```
/// use s2s_predict::SealedFolder;
///
/// let scratch = tempfile::tempdir()?;
/// let folder = scratch.path().join("model");
/// SealedFolder::write(&folder, &[("config.json", b"{}".to_vec())])?;
/// assert_eq!(&*SealedFolder::open(&folder)?.read("config.json")?, b"{}");
///
/// std::fs::write(folder.join("config.json"), "[]")?;
/// let refused = SealedFolder::open(&folder)?.read("config.json").unwrap_err().to_string();
/// assert!(refused.ends_with("config.json has been changed: its SHA-256 is not that of the manifest"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct SealedFolder {
    location: Location,
    manifest: Manifest,
}

/// Where the files are.
#[derive(Clone, Debug)]
enum Location {
    Disk(PathBuf),
    Embedded(EmbeddedFolder),
}

/// A sealed folder inside the program: its name, and its files by name, the manifest among them.
#[derive(Clone, Copy, Debug)]
pub struct EmbeddedFolder {
    /// What errors call the folder.
    pub name: &'static str,
    /// Name and contents of every file.
    pub files: &'static [(&'static str, &'static [u8])],
}

impl Location {
    fn path(&self, name: &str) -> PathBuf {
        match self {
            Self::Disk(folder) => folder.join(name),
            Self::Embedded(folder) => Path::new(folder.name).join(name),
        }
    }

    /// At most `limit` bytes of a file and one more, so that a longer file is noticed and not read.
    fn read(&self, name: &str, limit: u64) -> Result<Cow<'static, [u8]>, FolderError> {
        let path = self.path(name);
        match self {
            Self::Embedded(folder) => match folder.files.iter().find(|(file, _)| *file == name) {
                Some((_, bytes)) => Ok(Cow::Borrowed(bytes)),
                None => Err(FolderError::Io { path, error: io::ErrorKind::NotFound.into() }),
            },
            Self::Disk(_) => {
                let read = || {
                    // Opening a named pipe would block until a writer opens it.
                    if !fs::metadata(&path)?.is_file() {
                        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a file"));
                    }
                    let mut bytes = Vec::new();
                    File::open(&path)?.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
                    Ok(bytes)
                };
                read().map(Cow::Owned).map_err(|error| FolderError::Io { path: path.clone(), error })
            }
        }
    }
}

impl SealedFolder {
    /// Version of the format, raised when older code could misread a folder.
    pub const VERSION: u32 = 1;

    /// Reads the manifest of a folder.
    ///
    /// # Errors
    ///
    /// [`FolderError::BadManifest`] if it is not as it was written.
    pub fn open(folder: &Path) -> Result<Self, FolderError> {
        Self::open_at(Location::Disk(folder.to_owned()))
    }

    /// Reads the manifest of a folder inside the program.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn open_embedded(folder: EmbeddedFolder) -> Result<Self, FolderError> {
        Self::open_at(Location::Embedded(folder))
    }

    fn open_at(location: Location) -> Result<Self, FolderError> {
        let path = location.path(MANIFEST);
        let bytes = location.read(MANIFEST, MANIFEST_LIMIT)?;
        if bytes.len() as u64 > MANIFEST_LIMIT {
            return Err(bad(path, "it is too long".to_owned()));
        }
        let manifest: Manifest = serde_json::from_slice(&bytes).map_err(|e| bad(path.clone(), e.to_string()))?;
        if manifest.format != FORMAT {
            return Err(bad(path, format!("format {:?} is not {FORMAT:?}", manifest.format)));
        }
        if manifest.version != Self::VERSION {
            return Err(bad(path, format!("format version {} is not {}", manifest.version, Self::VERSION)));
        }
        let canonical = Manifest::of(manifest.files);
        if canonical.to_bytes() != *bytes {
            return Err(bad(path, "it has been changed".to_owned()));
        }
        let escapes = |name: &&String| Path::new(name).components().any(|c| !matches!(c, Component::Normal(_)));
        if let Some(name) = canonical.files.keys().find(escapes) {
            return Err(bad(path, format!("{name:?} leads out of the folder")));
        }
        Ok(Self { location, manifest: canonical })
    }

    /// Writes files and their manifest beside `folder`, flushes them, and gives them their name at last.
    ///
    /// # Errors
    ///
    /// [`FolderError::Exists`] if there is something under the name; [`FolderError::Io`]. Nothing is left under the name
    /// then.
    pub fn write(folder: &Path, files: &[(&str, Vec<u8>)]) -> Result<(), FolderError> {
        if folder.exists() {
            return Err(FolderError::Exists { path: folder.to_owned() });
        }
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        let beside = folder.with_file_name(format!(".{name}.{}.tmp", std::process::id()));
        let written = write_into(&beside, files).and_then(|()| {
            fs::rename(&beside, folder).map_err(|error| FolderError::Io { path: folder.to_owned(), error })?;
            let parent = folder.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
            flush_folder(parent)
        });
        if written.is_err() {
            // The first error is the one to report; what is left over has a name that is never loaded.
            let _ = fs::remove_dir_all(&beside);
        }
        written
    }

    /// Seals folders that [`write`](Self::write) has made inside `folder` as one ensemble.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open) for each member, and [`FolderError::Io`].
    pub fn seal_ensemble(folder: &Path, members: &[&str]) -> Result<(), FolderError> {
        let mut files = BTreeMap::new();
        for member in members {
            Self::open(&folder.join(member))?;
            let name = format!("{member}/{MANIFEST}");
            let path = folder.join(&name);
            let bytes = fs::read(&path).map_err(|error| FolderError::Io { path, error })?;
            files.insert(name, Entry::of(&bytes));
        }
        let beside = folder.join(format!(".{MANIFEST}.{}.tmp", std::process::id()));
        write_file(&beside, &Manifest::of(files).to_bytes())?;
        let path = folder.join(MANIFEST);
        fs::rename(&beside, &path).map_err(|error| FolderError::Io { path, error })?;
        flush_folder(folder)
    }

    /// Whether a folder claims to be sealed.
    pub fn is_in(folder: &Path) -> bool {
        folder.join(MANIFEST).is_file()
    }

    /// SHA-256 of the names, sizes and hashes of all files, in hexadecimal digits: equal for equal folders alone.
    pub fn seal(&self) -> &str {
        &self.manifest.seal
    }

    /// Where a file of the folder is, for errors about what it says.
    pub fn path(&self, name: &str) -> PathBuf {
        self.location.path(name)
    }

    /// Whether the manifest lists a file.
    pub fn contains(&self, name: &str) -> bool {
        self.manifest.files.contains_key(name)
    }

    /// SHA-256 of a file as the manifest has it, in hexadecimal digits.
    pub fn sha256(&self, name: &str) -> Option<&str> {
        self.manifest.files.get(name).map(|entry| &*entry.sha256)
    }

    /// The files that the manifest lists.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.manifest.files.keys().map(String::as_str)
    }

    /// The folders of the members, if this is an ensemble, after a check of every file that it lists.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub fn members(&self) -> Result<Vec<Self>, FolderError> {
        self.verify_others(&[])?;
        // No ensemble is embedded.
        let Location::Disk(folder) = &self.location else { return Ok(Vec::new()) };
        let members = self.names().filter_map(|name| name.strip_suffix(MANIFEST)?.strip_suffix('/'));
        members.map(|member| Self::open(&folder.join(member))).collect()
    }

    /// A file, if it is what the manifest says.
    ///
    /// # Errors
    ///
    /// [`FolderError::Changed`] if it is not, [`FolderError::BadManifest`] if it is not listed.
    pub fn read(&self, name: &str) -> Result<Cow<'static, [u8]>, FolderError> {
        let Some(entry) = self.manifest.files.get(name) else {
            return Err(bad(self.location.path(MANIFEST), format!("it does not list {name:?}")));
        };
        let bytes = self.location.read(name, entry.size)?;
        if bytes.len() as u64 != entry.size {
            return Err(FolderError::Changed { path: self.location.path(name), what: "size" });
        }
        if hex(&bytes) != entry.sha256 {
            return Err(FolderError::Changed { path: self.location.path(name), what: "SHA-256" });
        }
        Ok(bytes)
    }

    /// Checks the files that loading does not read.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub fn verify_others(&self, read: &[&str]) -> Result<(), FolderError> {
        self.names().filter(|name| !read.contains(name)).try_for_each(|name| self.read(name).map(|_| ()))
    }
}

fn write_into(folder: &Path, files: &[(&str, Vec<u8>)]) -> Result<(), FolderError> {
    fs::create_dir_all(folder).map_err(|error| FolderError::Io { path: folder.to_owned(), error })?;
    let mut entries = BTreeMap::new();
    for (name, bytes) in files {
        write_file(&folder.join(name), bytes)?;
        entries.insert((*name).to_owned(), Entry::of(bytes));
    }
    write_file(&folder.join(MANIFEST), &Manifest::of(entries).to_bytes())?;
    flush_folder(folder)
}

fn write_file(path: &Path, bytes: &[u8]) -> Result<(), FolderError> {
    let io = |error| FolderError::Io { path: path.to_owned(), error };
    let mut file = File::create(path).map_err(io)?;
    file.write_all(bytes).map_err(io)?;
    file.sync_all().map_err(io)
}

/// A rename is durable once the folder that holds the name is.
fn flush_folder(folder: &Path) -> Result<(), FolderError> {
    let io = |error| FolderError::Io { path: folder.to_owned(), error };
    File::open(folder).map_err(io)?.sync_all().map_err(io)
}

fn bad(path: PathBuf, reason: String) -> FolderError {
    FolderError::BadManifest { path, reason }
}

fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
