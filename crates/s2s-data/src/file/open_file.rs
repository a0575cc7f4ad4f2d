//! Opening of regular files; pipes, sockets and devices are refused.

use std::{
    fs::{self, File},
    io,
    path::Path,
};

/// Opens a file to read it.
///
/// # Errors
///
/// If it cannot be opened, or is a named pipe, a socket or a device: opening a pipe blocks until a writer opens it, and
/// reading a device might never end.
pub fn open_file(path: impl AsRef<Path>) -> io::Result<File> {
    let path = path.as_ref();
    if let Some(special) = special(&fs::metadata(path)?) {
        let message = format!("it is {special}, not a file: save what it gives to a file");
        return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
    }
    File::open(path)
}

/// What a path leads to that is neither a file nor a folder.
#[cfg(unix)]
pub(crate) fn special(status: &fs::Metadata) -> Option<&'static str> {
    use std::os::unix::fs::FileTypeExt;

    let kind = status.file_type();
    if kind.is_fifo() {
        Some("a named pipe")
    } else if kind.is_socket() {
        Some("a socket")
    } else if kind.is_char_device() || kind.is_block_device() {
        Some("a device")
    } else {
        None
    }
}

#[cfg(not(unix))]
pub(crate) fn special(status: &fs::Metadata) -> Option<&'static str> {
    (!status.is_file()).then_some("something special")
}
