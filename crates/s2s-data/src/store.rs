//! Many records in one file, any of them at hand.
//!
//! ```text
//! magic ─ entry ─ entry ─ … ─ index: (offset, length, hash) per entry ─ footer: index offset, count, hash of the index, magic
//! ```
//!
//! The index is all that is kept in memory, 28 bytes per record; an entry is read where it lies, and its hash is checked
//! each time. A store that was not finished has no footer and does not open.

mod entry;

use std::{
    fs::File,
    io::{self, Write},
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::{Record, RecordErrorKind, open_file};

const MAGIC: [u8; 8] = *b"S2Sstor1";
const FOOTER_BYTES: u64 = 8 + 8 + 32 + 8;
const INDEX_BYTES: usize = 8 + 4 + 16;
/// A crystal of 444 atoms takes 6 kB; an entry of this length is something else.
const ENTRY_BYTES: u32 = 1 << 26;

/// Why a store cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is no store, or one that was not finished.
    #[error("{} is no finished store", path.display())]
    NotAStore {
        /// The file.
        path: PathBuf,
    },
    /// The list of entries does not match its hash.
    #[error("{}: the index is damaged", path.display())]
    DamagedIndex {
        /// The file.
        path: PathBuf,
    },
    /// An entry does not match its hash.
    #[error("{}: record {record} is damaged", path.display())]
    DamagedRecord {
        /// The file.
        path: PathBuf,
        /// Number of the record, from 0.
        record: usize,
    },
    /// An entry is as it was written, and yet no record.
    #[error("{}: record {record}: {source}", path.display())]
    InvalidRecord {
        /// The file.
        path: PathBuf,
        /// Number of the record, from 0.
        record: usize,
        /// What is wrong with it.
        source: RecordErrorKind,
    },
}

/// Writes a store, record by record, in constant memory but for the index.
#[derive(Debug)]
pub struct StoreWriter<W: Write> {
    sink: W,
    offset: u64,
    index: Vec<u8>,
}

impl<W: Write> StoreWriter<W> {
    /// Starts a store in this sink; wrap a file in a [`BufWriter`](io::BufWriter).
    ///
    /// # Errors
    ///
    /// Whatever the sink reports.
    pub fn new(mut sink: W) -> io::Result<Self> {
        sink.write_all(&MAGIC)?;
        Ok(Self { sink, offset: MAGIC.len() as u64, index: Vec::new() })
    }

    /// Appends a record.
    ///
    /// # Errors
    ///
    /// Whatever the sink reports; [`InvalidInput`](io::ErrorKind::InvalidInput) for a record of more than 64 MiB.
    pub fn push(&mut self, record: &Record) -> io::Result<()> {
        let entry = entry::encode(record)?;
        let length = u32::try_from(entry.len()).ok().filter(|length| *length <= ENTRY_BYTES);
        let length =
            length.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "a record of more than 64 MiB"))?;
        self.sink.write_all(&entry)?;
        self.index.extend(self.offset.to_le_bytes());
        self.index.extend(length.to_le_bytes());
        self.index.extend(&Sha256::digest(&entry)[..16]);
        self.offset += u64::from(length);
        Ok(())
    }

    /// Writes index and footer, and gives the sink back; without this there is no store.
    ///
    /// # Errors
    ///
    /// Whatever the sink reports.
    pub fn finish(mut self) -> io::Result<W> {
        self.sink.write_all(&self.index)?;
        self.sink.write_all(&self.offset.to_le_bytes())?;
        self.sink.write_all(&((self.index.len() / INDEX_BYTES) as u64).to_le_bytes())?;
        self.sink.write_all(&Sha256::digest(&self.index))?;
        self.sink.write_all(&MAGIC)?;
        self.sink.flush()?;
        Ok(self.sink)
    }
}

/// A file of records, read at any place; may be shared between threads.
#[derive(Debug)]
pub struct Store {
    path: PathBuf,
    file: File,
    index: Vec<u8>,
}

impl Store {
    /// Opens a store and checks its index.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if it cannot be read, was not finished, or has a damaged index.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, StoreError> {
        let path = path.into();
        let io = |source| StoreError::Io { path: path.clone(), source };
        let not_a_store = || StoreError::NotAStore { path: path.clone() };
        let file = open_file(&path).map_err(io)?;
        let length = file.metadata().map_err(io)?.len();
        let footer_at = length.checked_sub(FOOTER_BYTES).ok_or_else(not_a_store)?;
        let mut footer = [0; FOOTER_BYTES as usize];
        read_at(&file, &mut footer, footer_at).map_err(io)?;
        let number = |at: usize| footer[at..at + 8].iter().rev().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
        let (index_at, count) = (number(0), number(8));
        let index_length = footer_at.checked_sub(index_at).ok_or_else(not_a_store)?;
        if footer[48..] != MAGIC || Some(index_length) != count.checked_mul(INDEX_BYTES as u64) {
            return Err(not_a_store());
        }
        let mut index = vec![0; index_length as usize];
        read_at(&file, &mut index, index_at).map_err(io)?;
        if Sha256::digest(&index)[..] != footer[16..48] {
            return Err(StoreError::DamagedIndex { path });
        }
        Ok(Self { path, file, index })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Number of records.
    pub fn len(&self) -> usize {
        self.index.len() / INDEX_BYTES
    }

    /// Whether there is no record.
    pub fn is_empty(&self) -> bool {
        self.index.is_empty()
    }

    /// Record number `record`, from 0.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if it cannot be read or is damaged.
    ///
    /// # Panics
    ///
    /// If `record` is not below [`len`](Self::len).
    pub fn get(&self, record: usize) -> Result<Record, StoreError> {
        let row = &self.index[record * INDEX_BYTES..][..INDEX_BYTES];
        let number = |bytes: &[u8]| bytes.iter().rev().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
        let damaged = || StoreError::DamagedRecord { path: self.path.clone(), record };
        let length = number(&row[8..12]);
        if length > u64::from(ENTRY_BYTES) {
            return Err(damaged());
        }
        let mut entry = vec![0; length as usize];
        let read = read_at(&self.file, &mut entry, number(&row[..8]));
        read.map_err(|source| StoreError::Io { path: self.path.clone(), source })?;
        if Sha256::digest(&entry)[..16] != row[12..] {
            return Err(damaged());
        }
        let invalid = |source| StoreError::InvalidRecord { path: self.path.clone(), record, source };
        entry::decode(&entry).ok_or_else(damaged)?.map_err(invalid)
    }

    /// All records in order, one in memory at a time.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Result<Record, StoreError>> + '_ {
        (0..self.len()).map(|record| self.get(record))
    }
}

#[cfg(unix)]
fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, buffer, offset)
}

#[cfg(windows)]
fn read_at(file: &File, mut buffer: &mut [u8], mut offset: u64) -> io::Result<()> {
    while !buffer.is_empty() {
        match std::os::windows::fs::FileExt::seek_read(file, buffer, offset)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            read => {
                buffer = &mut buffer[read..];
                offset += read as u64;
            }
        }
    }
    Ok(())
}
