//! Files that appear under their names whole or not at all.

use std::{
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
};

use super::DownloadError;

/// `folder/.name.suffix`: beside the file, so that renaming it stays within one file system.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    path.with_file_name(format!(".{name}.{suffix}"))
}

/// Gives a finished file its name, so that neither a crash nor a power cut leaves half of it there.
pub(super) fn rename(file: &File, from: &Path, to: &Path) -> Result<(), DownloadError> {
    file.sync_all().map_err(DownloadError::io(from))?;
    fs::rename(from, to).map_err(DownloadError::io(to))?;
    sync_folder(to)
}

/// Replaces a small file.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), DownloadError> {
    let temporary = beside(path, "new");
    let written = File::create(&temporary).and_then(|mut file| file.write_all(bytes).map(|()| file));
    let file = written.map_err(DownloadError::io(&temporary))?;
    rename(&file, &temporary, path)
}

/// Makes the entry of a folder last; Windows has no such thing and needs none.
pub(super) fn sync_folder(path: &Path) -> Result<(), DownloadError> {
    #[cfg(unix)]
    {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(DownloadError::io(folder))?;
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}
