//! The standard streams, with closed pipes handled.

use std::{
    fmt,
    io::{self, BufWriter, StdoutLock, Write},
};

/// Standard output. After its reader has gone away, as `head` does, everything written to it is dropped.
#[derive(Debug)]
pub(crate) struct StandardOutput {
    stream: BufWriter<StdoutLock<'static>>,
    closed: bool,
}

impl StandardOutput {
    pub(crate) fn lock() -> Self {
        Self { stream: BufWriter::new(io::stdout().lock()), closed: false }
    }

    /// Whether the reader has closed the pipe.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed
    }

    /// What a write came to; a closed pipe is no error.
    fn tolerate<T>(&mut self, result: io::Result<T>, dropped: T) -> io::Result<T> {
        match result {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(dropped)
            }
            Err(error) => Err(io::Error::new(error.kind(), format!("standard output: {error}"))),
            Ok(value) => Ok(value),
        }
    }
}

impl Write for StandardOutput {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.closed {
            return Ok(bytes.len());
        }
        let written = self.stream.write(bytes);
        self.tolerate(written, bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.closed {
            return Ok(());
        }
        let flushed = self.stream.flush();
        self.tolerate(flushed, ())
    }
}

impl Drop for StandardOutput {
    /// Drops what a reader that went away has left in the buffer.
    fn drop(&mut self) {
        let _ = self.flush();
    }
}

/// Columns of text that standard output has room for: 80 where it is no terminal.
pub(crate) fn width() -> usize {
    terminal_size::terminal_size_of(io::stdout()).map_or(80, |(width, _)| usize::from(width.0).max(40))
}

/// Writes a line to standard error, if there is one.
pub(crate) fn note(line: impl fmt::Display) {
    let _ = writeln!(io::stderr(), "{line}");
}
