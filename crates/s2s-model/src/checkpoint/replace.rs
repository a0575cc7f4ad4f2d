//! Replacement of a sealed folder by another in one step.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process,
};

use s2s_predict::{FolderError, SealedFolder};

/// Writes files and their manifest under `folder`; a sealed folder that was there stays until they are whole.
pub(super) fn replace(folder: &Path, files: &[(&str, Vec<u8>)]) -> Result<(), FolderError> {
    if !folder.exists() {
        return SealedFolder::write(folder, files);
    }
    if !SealedFolder::is_in(folder) {
        return Err(FolderError::Exists { path: folder.to_owned() });
    }
    let beside = sibling(folder, "new");
    SealedFolder::write(&beside, files)?;
    exchange(&beside, folder).map_err(|error| {
        // The first error is the one to report; what is left over has a name that is never loaded.
        let _ = fs::remove_dir_all(&beside);
        FolderError::Io { path: folder.to_owned(), error }
    })?;
    fs::remove_dir_all(&beside).map_err(|error| FolderError::Io { path: beside, error })
}

fn sibling(folder: &Path, kind: &str) -> PathBuf {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    folder.with_file_name(format!(".{name}.{}.{kind}", process::id()))
}

/// Exchanges the names of two folders, where the system can do so in one step; else by way of a third name.
fn exchange(new: &Path, old: &Path) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    {
        use rustix::{
            fs::{CWD, RenameFlags, renameat_with},
            io::Errno,
        };
        match renameat_with(CWD, new, CWD, old, RenameFlags::EXCHANGE) {
            // Not every file system can.
            Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {}
            done => return done.map_err(Into::into),
        }
    }
    let aside = sibling(old, "old");
    fs::rename(old, &aside)?;
    match fs::rename(new, old) {
        Ok(()) => fs::rename(&aside, new),
        Err(error) => {
            fs::rename(&aside, old)?;
            Err(error)
        }
    }
}
