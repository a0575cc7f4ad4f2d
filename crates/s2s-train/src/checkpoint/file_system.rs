//! The operations a checkpoint is made of, so that tests can make each of them fail.

use std::{
    fmt,
    fs::{self, File},
    io::{self, Write},
    path::Path,
};

/// What a [`CheckpointStore`](super::CheckpointStore) asks of a file system.
pub trait FileSystem: fmt::Debug + Send + Sync {
    /// Creates a folder and its parents.
    ///
    /// # Errors
    ///
    /// Whatever the system says.
    fn create_folder(&self, path: &Path) -> io::Result<()>;

    /// Creates or replaces a file with these bytes.
    ///
    /// # Errors
    ///
    /// Whatever the system says; part of the bytes may have been written.
    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()>;

    /// Waits until a file, or the entries of a folder, are on the disk.
    ///
    /// # Errors
    ///
    /// Whatever the system says.
    fn flush(&self, path: &Path) -> io::Result<()>;

    /// Gives a folder another name in the same parent.
    ///
    /// # Errors
    ///
    /// Whatever the system says.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes a folder and all it holds.
    ///
    /// # Errors
    ///
    /// Whatever the system says.
    fn remove_folder(&self, path: &Path) -> io::Result<()>;

    /// All bytes of a file.
    ///
    /// # Errors
    ///
    /// Whatever the system says.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;

    /// Names in a folder, sorted; none if the folder does not exist.
    ///
    /// # Errors
    ///
    /// Whatever the system says.
    fn names(&self, path: &Path) -> io::Result<Vec<String>>;
}

/// The operating system's own.
#[derive(Clone, Copy, Debug, Default)]
pub struct RealFileSystem;

impl FileSystem for RealFileSystem {
    fn create_folder(&self, path: &Path) -> io::Result<()> {
        fs::create_dir_all(path)
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        File::create(path)?.write_all(bytes)
    }

    fn flush(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove_folder(&self, path: &Path) -> io::Result<()> {
        fs::remove_dir_all(path)
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        fs::read(path)
    }

    fn names(&self, path: &Path) -> io::Result<Vec<String>> {
        let entries = match fs::read_dir(path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut names = Vec::new();
        for entry in entries {
            names.push(entry?.file_name().to_string_lossy().into_owned());
        }
        names.sort();
        Ok(names)
    }
}
