//! Atomic files: written beside their final path and renamed once they are complete.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicU64, Ordering},
};

/// A file that gets its name once it is whole: whatever stops the writing, the name keeps what it had.
///
/// It is written beside its final path, under a name of its own, and renamed by [`commit`](Self::commit); dropping it without that
/// removes it. Of several that have one name, the last to be committed keeps it.
///
/// # Examples
///
/// ```
/// use std::io::Write;
///
/// let path = std::env::temp_dir().join("s2s-atomic-file-example.txt");
/// let mut file = s2s_data::file::AtomicFile::create(&path)?;
/// file.write_all(b"whole")?;
/// file.commit()?;
/// assert_eq!(std::fs::read(&path)?, b"whole");
/// # std::fs::remove_file(&path)?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct AtomicFile {
    /// `None` once it is committed.
    file: Option<BufWriter<File>>,
    temporary: PathBuf,
    path: PathBuf,
}

impl AtomicFile {
    /// Starts a file that will have this name.
    ///
    /// # Errors
    ///
    /// Whatever the system says about creating it.
    pub fn create(path: impl Into<PathBuf>) -> io::Result<Self> {
        let path = path.into();
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let temporary = beside(&path, &format!("{}-{number}.new", process::id()));
        let file = Some(BufWriter::with_capacity(1 << 16, File::create(&temporary)?));
        Ok(Self { file, temporary, path })
    }

    /// Writes what is left, makes it last, and gives the file its name.
    ///
    /// # Errors
    ///
    /// Whatever the system says, that the disk is full for example; then the name keeps what it had.
    pub fn commit(mut self) -> io::Result<()> {
        let Some(mut file) = self.file.take() else { return Ok(()) };
        let installed = file.flush().and_then(|()| file.get_ref().sync_all());
        let installed = installed.and_then(|()| fs::rename(&self.temporary, &self.path));
        if installed.is_err() {
            drop(fs::remove_file(&self.temporary));
        }
        installed?;
        sync_folder(&self.path)
    }
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.as_mut().map_or(Ok(0), |file| file.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.as_mut().map_or(Ok(()), Write::flush)
    }
}

impl Drop for AtomicFile {
    fn drop(&mut self) {
        if let Some(file) = self.file.take() {
            // What the buffer holds is not wanted any more.
            drop(file.into_parts());
            drop(fs::remove_file(&self.temporary));
        }
    }
}

/// `folder/.name.suffix`: beside the file, so that renaming it stays within one file system.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    path.with_file_name(format!(".{name}.{suffix}"))
}

/// Makes the entry of a folder last; Windows has no such thing and needs none.
pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder)?.sync_all()?;
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_not_finished_leaves_what_was_there() -> io::Result<()> {
        let folder = std::env::temp_dir().join(format!("s2s-atomic-file-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        let path = folder.join("file");
        fs::write(&path, b"as it was")?;
        let mut file = AtomicFile::create(&path)?;
        file.write_all(&[7; 200_000])?;
        assert_eq!(fs::read(&path)?, b"as it was");
        drop(file);
        assert_eq!(fs::read(&path)?, b"as it was");
        assert_eq!(fs::read_dir(&folder)?.count(), 1);
        // Two that are written at the same time do not meet.
        let (mut file, mut other) = (AtomicFile::create(&path)?, AtomicFile::create(&path)?);
        file.write_all(b"whole")?;
        other.write_all(&[0; 100])?;
        file.commit()?;
        assert_eq!(fs::read(&path)?, b"whole");
        other.commit()?;
        assert_eq!(fs::read(&path)?, [0; 100]);
        assert_eq!(fs::read_dir(&folder)?.count(), 1);
        fs::remove_dir_all(&folder)
    }
}
