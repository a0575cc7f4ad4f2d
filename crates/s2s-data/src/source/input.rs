//! Where the bytes of a source come from: a file, or a stream that stands for a path.

use std::{
    fmt,
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
};

use super::structure_text::SourceError;
use crate::file::special;

/// A file or a stream that is open.
pub(super) enum Input {
    File(File),
    Stream(Stream),
}

/// A source of bytes without a file, such as standard input.
pub(super) type Stream = Box<dyn Read + Send + Sync>;

impl Input {
    /// Opens a file that is neither a pipe nor a device.
    pub(super) fn open(path: &Path) -> Result<Self, SourceError> {
        let status = fs::metadata(path).map_err(SourceError::Io)?;
        if let Some(special) = special(&status) {
            return Err(SourceError::Special(special));
        }
        File::open(path).map(Self::File).map_err(SourceError::Io)
    }
}

impl Read for Input {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::File(file) => file.read(buffer),
            Self::Stream(stream) => stream.read(buffer),
        }
    }
}

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(file) => f.debug_tuple("File").field(file).finish(),
            Self::Stream(_) => f.write_str("Stream"),
        }
    }
}

/// A stream under the path that it stands for, until it is read.
pub(super) struct NamedStream {
    pub(super) path: PathBuf,
    pub(super) stream: Option<Stream>,
}

impl NamedStream {
    /// The stream, which can be read once.
    pub(super) fn take(&mut self) -> Result<Input, SourceError> {
        let stream = self.stream.take();
        stream.map(Input::Stream).ok_or_else(|| SourceError::Io(io::Error::other("it has been read already")))
    }
}

impl fmt::Debug for NamedStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NamedStream").field("path", &self.path).finish_non_exhaustive()
    }
}
