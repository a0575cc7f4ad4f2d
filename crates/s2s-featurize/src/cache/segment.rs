//! One file of the cache: written once, never changed.
//!
//! ```text
//! magic (8 bytes) · number of entries (u64) · SHA-256 of the table (32 bytes)
//! table: key (32 bytes) · offset (u64) · length (u64) · first 8 bytes of the SHA-256 of the payload, per entry
//! payloads
//! ```
//!
//! Numbers are little-endian.

use std::{
    collections::HashMap,
    fs::{self, File},
    io::{self, Read, Write},
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicU64, Ordering},
};

use sha2::{Digest, Sha256};

use super::Key;

const MAGIC: &[u8; 8] = b"S2SFEAT1";
const HEADER: usize = 8 + 8 + 32;
const ROW: usize = 32 + 8 + 8 + 8;
const EXTENSION: &str = "s2sfeat";

/// An open file.
#[derive(Debug)]
pub(super) struct Segment {
    file: File,
}

/// Where an entry lies in its file.
#[derive(Clone, Copy, Debug)]
pub(super) struct EntryLocation {
    offset: u64,
    length: u64,
    checksum: [u8; 8],
}

/// Whether a path is named like a finished file.
pub(super) fn is_segment(path: &Path) -> bool {
    path.extension().is_some_and(|e| e == EXTENSION)
}

impl Segment {
    /// Opens a file and reads its table.
    pub(super) fn open(path: &Path) -> io::Result<(Self, Vec<(Key, EntryLocation)>)> {
        let mut file = File::open(path)?;
        let size = file.metadata()?.len();
        let mut header = [0; HEADER];
        file.read_exact(&mut header)?;
        let entries = read_u64(&header[8..16]);
        // A table cannot be larger than its file: a damaged count must not ask for memory.
        let table_size = entries.checked_mul(ROW as u64).filter(|t| *t <= size.saturating_sub(HEADER as u64));
        let (true, Some(table_size)) = (header.starts_with(MAGIC), table_size) else {
            return Err(damaged("its header"));
        };
        let mut table = vec![0; table_size as usize];
        file.read_exact(&mut table)?;
        if Sha256::digest(&table)[..] != header[16..48] {
            return Err(damaged("its table"));
        }
        let locations: Vec<(Key, EntryLocation)> = table.chunks_exact(ROW).map(read_row).collect();
        let ends_inside =
            |location: &EntryLocation| location.offset.checked_add(location.length).is_some_and(|end| end <= size);
        if !locations.iter().all(|(_, location)| ends_inside(location)) {
            return Err(damaged("its length"));
        }
        Ok((Self { file }, locations))
    }

    /// The payload of an entry, checked.
    pub(super) fn read(&self, location: &EntryLocation) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; location.length as usize];
        read_exact_at(&self.file, &mut bytes, location.offset)?;
        if checksum(&bytes) == location.checksum { Ok(bytes) } else { Err(damaged("an entry")) }
    }
}

/// Writes a file under another name, syncs it and renames it; its name says what is in it.
pub(super) fn write(folder: &Path, entries: &HashMap<Key, Vec<u8>>) -> io::Result<PathBuf> {
    let mut sorted: Vec<(&Key, &Vec<u8>)> = entries.iter().collect();
    sorted.sort_unstable_by_key(|(key, _)| **key);
    let mut table = Vec::with_capacity(sorted.len() * ROW);
    let mut offset = (HEADER + sorted.len() * ROW) as u64;
    for (key, payload) in &sorted {
        table.extend_from_slice(*key);
        table.extend_from_slice(&offset.to_le_bytes());
        table.extend_from_slice(&(payload.len() as u64).to_le_bytes());
        table.extend_from_slice(&checksum(payload));
        offset += payload.len() as u64;
    }
    let digest = Sha256::digest(&table);

    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let number = COUNTER.fetch_add(1, Ordering::Relaxed);
    let draft = folder.join(format!("draft-{}-{number}", process::id()));
    let written = (|| {
        let mut file = io::BufWriter::with_capacity(1 << 20, File::create(&draft)?);
        file.write_all(MAGIC)?;
        file.write_all(&(sorted.len() as u64).to_le_bytes())?;
        file.write_all(&digest)?;
        file.write_all(&table)?;
        sorted.iter().try_for_each(|(_, payload)| file.write_all(payload))?;
        file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        let name: String = digest[..16].iter().map(|b| format!("{b:02x}")).collect();
        let path = folder.join(name).with_extension(EXTENSION);
        fs::rename(&draft, &path)?;
        Ok(path)
    })();
    if written.is_err() {
        // The draft is useless; a failure to remove it is not the error to report.
        fs::remove_file(&draft).ok();
    }
    written
}

fn read_row(row: &[u8]) -> (Key, EntryLocation) {
    let (mut key, mut checksum) = ([0; 32], [0; 8]);
    key.copy_from_slice(&row[..32]);
    checksum.copy_from_slice(&row[48..56]);
    (key, EntryLocation { offset: read_u64(&row[32..40]), length: read_u64(&row[40..48]), checksum })
}

fn read_u64(bytes: &[u8]) -> u64 {
    let mut number = [0; 8];
    number.copy_from_slice(bytes);
    u64::from_le_bytes(number)
}

fn checksum(bytes: &[u8]) -> [u8; 8] {
    let mut first = [0; 8];
    first.copy_from_slice(&Sha256::digest(bytes)[..8]);
    first
}

fn damaged(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("{what} is damaged"))
}

#[cfg(unix)]
fn read_exact_at(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, offset)
}

#[cfg(windows)]
fn read_exact_at(file: &File, mut bytes: &mut [u8], mut offset: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        let read = std::os::windows::fs::FileExt::seek_read(file, bytes, offset)?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        bytes = &mut bytes[read..];
        offset += read as u64;
    }
    Ok(())
}
