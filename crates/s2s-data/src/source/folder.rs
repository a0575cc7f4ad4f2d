//! The folder of the shared data sets.

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

use crate::{
    DataError, RecordStream,
    file::{Decompressed, open_file},
};

/// The folder with the files that `PROVENANCE.md` of the shared data lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataFolder(PathBuf);

impl DataFolder {
    /// The environment variable that names the folder.
    pub const VARIABLE: &str = "S2S_DATA_DIR";

    /// The folder at this path.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// The folder that [`VARIABLE`](Self::VARIABLE) names.
    ///
    /// # Errors
    ///
    /// [`DataError::NoDataFolder`] if the variable is not set or names no folder.
    pub fn from_env() -> Result<Self, DataError> {
        let path = std::env::var_os(Self::VARIABLE).map(PathBuf::from).filter(|p| p.is_dir());
        path.map(Self).ok_or(DataError::NoDataFolder { variable: Self::VARIABLE })
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The S2S set: 1,685 labelled crystals.
    pub fn s2s(&self) -> PathBuf {
        self.0.join("s2s.jsonl.zst")
    }

    /// The part of MP-2018.6.1 whose structures the folder has: 51,608 crystals.
    pub fn mp2018(&self) -> PathBuf {
        self.0.join("mp2018.jsonl.zst")
    }

    /// 139,229 Materials Project crystals without labels.
    pub fn mp139k(&self) -> PathBuf {
        self.0.join("mp139k.jsonl.zst")
    }

    /// The rows of SuperCon.
    pub fn supercon(&self) -> PathBuf {
        self.0.join("supercon.csv")
    }

    /// Structure files in CIF.
    pub fn cif(&self) -> PathBuf {
        self.0.join("cif")
    }
}

impl RecordStream<File> {
    /// Records of a file of JSON lines, plain or zstd-compressed.
    ///
    /// # Errors
    ///
    /// [`DataError::Io`] if the file cannot be opened, or is a pipe or a device.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, DataError> {
        let path = path.as_ref();
        let io = |error| DataError::Io { path: path.to_owned(), error };
        Ok(Self::new(open_file(path).map_err(io)?))
    }
}

/// Largest text of a file that is held as a whole, in bytes.
pub(super) const TEXT_BYTES: usize = 1 << 26;

/// The text of a whole file, unpacked where it is compressed. What might never end is refused.
pub(crate) fn read_file(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    Decompressed::new(open_file(path)?).take(TEXT_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > TEXT_BYTES {
        return Err(io::Error::new(io::ErrorKind::InvalidData, format!("longer than {TEXT_BYTES} bytes")));
    }
    Ok(bytes)
}
