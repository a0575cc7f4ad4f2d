//! Where results are written: standard output, a special file such as a pipe, or a regular file, which is replaced whole.

use std::{
    fs::{self, File, Metadata},
    io::{self, Write},
    path::{Path, PathBuf},
};

use s2s_data::source::is_structure_file;
use tempfile::NamedTempFile;

use crate::{console::StandardOutput, failure::Failure};

/// A file for results, resolved before anything is computed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Destination {
    /// `-`, and every other name of standard output.
    Standard,
    /// A device, a pipe, or an open file of this process (`/dev/fd/3`): written to, never replaced.
    Special(PathBuf),
    /// A regular file, there or not: the old one or the new one, never half of it.
    File(PathBuf),
}

/// Symbolic links that are followed one after the other.
const MOST_LINKS: usize = 40;

impl Destination {
    /// What a path names; links are followed, so that a link stays a link to the new file.
    ///
    /// # Errors
    ///
    /// If it is a folder, lies in none, or its links form a cycle.
    pub(crate) fn new(path: &Path) -> Result<Self, Failure> {
        if path == Path::new("-") {
            return Ok(Self::Standard);
        }
        let failed = |source| Failure::file(path, source);
        let (target, open_file) = follow(path).map_err(failed)?;
        let found = match fs::metadata(path) {
            Ok(found) => Some(found),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(failed(error)),
        };
        match found {
            Some(found) if found.is_dir() => Err(failed(io::ErrorKind::IsADirectory.into())),
            Some(found) if is_standard_output(&found) => Ok(Self::Standard),
            Some(found) if open_file || !found.is_file() => Ok(Self::Special(path.to_owned())),
            Some(_) => Ok(Self::File(target)),
            None if folder_of(&target).is_dir() => Ok(Self::File(target)),
            None => Err(failed(io::Error::new(io::ErrorKind::NotFound, "there is no such folder"))),
        }
    }

    /// Refuses a destination that is an input, or would become one.
    ///
    /// # Errors
    ///
    /// [`Failure::OutputIsInput`] if it is one of these files, or lies in one of these folders under the name of a
    /// structure file.
    pub(crate) fn is_none_of(&self, inputs: &[PathBuf]) -> Result<(), Failure> {
        let Self::File(output) = self else { return Ok(()) };
        let refused = || Err(Failure::OutputIsInput { path: output.clone() });
        let there = fs::metadata(output).ok();
        let folder = fs::canonicalize(folder_of(output)).ok();
        for input in inputs {
            let Ok(found) = fs::metadata(input) else { continue };
            if there.as_ref().is_some_and(|there| same_file(there, &found)) {
                return refused();
            }
            let inside = || Some(folder.as_ref()?.starts_with(fs::canonicalize(input).ok()?));
            if found.is_dir() && inside() == Some(true) && is_named_as_input(output) {
                return refused();
            }
        }
        Ok(())
    }

    /// Refuses to replace a file that is there.
    pub(crate) fn is_new(&self) -> Result<(), Failure> {
        match self {
            Self::File(path) if path.exists() => Err(Failure::Exists { path: path.clone() }),
            _ => Ok(()),
        }
    }

    /// What is written piece by piece, and never replaced: standard output or a special file.
    pub(crate) fn stream(&self) -> io::Result<Box<dyn Write>> {
        match self {
            Self::Standard => Ok(Box::new(StandardOutput::lock())),
            Self::Special(path) | Self::File(path) => Ok(Box::new(File::options().append(true).open(path)?)),
        }
    }

    /// Writes all of the result.
    ///
    /// # Errors
    ///
    /// If it cannot be written; a regular file is then as it was.
    pub(crate) fn write(&self, contents: &[u8]) -> Result<(), Failure> {
        match self {
            Self::Standard => {
                let mut out = StandardOutput::lock();
                out.write_all(contents)?;
                Ok(out.flush()?)
            }
            Self::Special(path) => {
                match File::options().append(true).open(path).and_then(|mut f| f.write_all(contents)) {
                    Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::file(path, error)),
                    _ => Ok(()),
                }
            }
            Self::File(path) => replace(path, contents).map_err(|source| Failure::file(path, source)),
        }
    }
}

/// Writes beside the file, then renames; the new file has the permissions of the old one.
fn replace(path: &Path, contents: &[u8]) -> io::Result<()> {
    let mut file = beside(path)?;
    file.write_all(contents)?;
    file.as_file().sync_data()?;
    file.persist(path)?;
    Ok(())
}

/// A temporary file in the folder of a path, with the permissions that a file created there has.
pub(crate) fn beside(path: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".s2s-").suffix(".part");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // The umask removes permissions from 0o666.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let file = builder.tempfile_in(folder_of(path))?;
    if let Ok(old) = fs::metadata(path) {
        file.as_file().set_permissions(old.permissions())?;
    }
    Ok(file)
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The end of a chain of links, and whether it leads through what the system says about open files.
fn follow(path: &Path) -> io::Result<(PathBuf, bool)> {
    let mut target = path.to_owned();
    let mut open_file = false;
    for _ in 0..MOST_LINKS {
        open_file |= target.starts_with("/dev") || target.starts_with("/proc");
        match fs::symlink_metadata(&target) {
            // `/dev/fd` is itself a link to a folder of open files.
            Ok(found) if found.is_symlink() => target = folder_of(&target).join(fs::read_link(&target)?),
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => return Ok((target, open_file)),
        }
    }
    Err(io::Error::other("too many links"))
}

/// Whether a folder that is read would give this file, going by its name.
fn is_named_as_input(path: &Path) -> bool {
    path.file_name().is_some_and(is_structure_file)
}

#[cfg(unix)]
fn is_standard_output(found: &Metadata) -> bool {
    use std::os::fd::AsFd;
    let standard = io::stdout().as_fd().try_clone_to_owned().map(File::from).and_then(|file| file.metadata());
    standard.is_ok_and(|standard| same_file(found, &standard))
}

#[cfg(not(unix))]
fn is_standard_output(_: &Metadata) -> bool {
    false
}

/// Whether two files are one, under whatever names.
#[cfg(unix)]
pub(crate) fn same_file(one: &Metadata, other: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

#[cfg(not(unix))]
pub(crate) fn same_file(one: &Metadata, other: &Metadata) -> bool {
    one.is_file() && other.is_file() && one.created().ok() == other.created().ok() && one.len() == other.len()
}
