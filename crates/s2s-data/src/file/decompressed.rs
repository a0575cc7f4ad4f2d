//! Decompression of gzip, zstd, bzip2, xz and lzma streams, detected by their first bytes.

use std::{
    fmt,
    io::{self, BufReader, Cursor, Read},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use bzip2::read::MultiBzDecoder;
use flate2::read::MultiGzDecoder;
use lzma_rust2::{LzmaReader, XzReader};

use super::zstd::{SKIPPABLE_MAGIC, ZSTD_MAGIC, ZstdReader};

/// The plain bytes of a source that may be compressed by gzip, zstd, bzip2, xz or lzma (`.lzma`, the format before xz), seen
/// from its first bytes.
///
/// Several compressed parts in a row are read as one, and their checksums are verified; lzma has neither parts nor checksums.
/// A damaged stream ends in an error of kind [`InvalidData`](io::ErrorKind::InvalidData) or
/// [`UnexpectedEof`](io::ErrorKind::UnexpectedEof). So does one that unfolds to more than 64 MiB and to more than a thousand
/// times its size: no structures are that alike.
///
/// # Examples
///
/// ```
/// use std::io::Read;
///
/// let mut text = String::new();
/// s2s_data::file::Decompressed::new(&b"as it is"[..]).read_to_string(&mut text)?;
/// assert_eq!(text, "as it is");
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Decompressed<R: Read> {
    state: State<R>,
    taken: Arc<AtomicU64>,
    given: u64,
}

/// The source behind the bytes that were read for detection.
type Rest<R> = io::Chain<Cursor<Vec<u8>>, Counted<R>>;

enum State<R: Read> {
    Start(Counted<R>),
    Plain(Rest<R>),
    Zstd(Box<ZstdReader<Rest<R>>>),
    Gzip(Box<MultiGzDecoder<Rest<R>>>),
    Bzip2(Box<MultiBzDecoder<Rest<R>>>),
    Xz(Box<XzReader<BufReader<Rest<R>>>>),
    Lzma(Box<LzmaReader<Rest<R>>>),
    End,
}

/// Counts what was read.
struct Counted<R> {
    source: R,
    taken: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(buffer)?;
        self.taken.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// Up to this size any ratio of decompression is accepted.
const FREE: u64 = 1 << 26;

/// Beyond, it may not be this much larger than what it is compressed to.
const EXPANSION: u64 = 1000;

/// The dictionary of the strongest setting of xz and lzma takes half of this, in KiB.
const XZ_MEMORY: u32 = 128 << 10;

/// Bytes of the longest header that tells a format: that of lzma.
const HEADER: usize = 13;

impl<R: Read> Decompressed<R> {
    /// The plain bytes of this source.
    pub fn new(source: R) -> Self {
        let taken = Arc::new(AtomicU64::new(0));
        Self { state: State::Start(Counted { source, taken: Arc::clone(&taken) }), taken, given: 0 }
    }

    fn start(&mut self, mut source: Counted<R>) -> io::Result<State<R>> {
        let mut head = Vec::with_capacity(HEADER);
        Read::by_ref(&mut source).take(HEADER as u64).read_to_end(&mut head)?;
        let number = head.first_chunk::<4>().map(|bytes| u32::from_le_bytes(*bytes));
        let is_zstd = number.is_some_and(|number| number == ZSTD_MAGIC || number & !0xF == SKIPPABLE_MAGIC);
        let kind = head.clone();
        let rest = Cursor::new(head).chain(source);
        Ok(match kind[..] {
            [0x1F, 0x8B, ..] => State::Gzip(Box::new(MultiGzDecoder::new(rest))),
            [b'B', b'Z', b'h', b'1'..=b'9', ..] => State::Bzip2(Box::new(MultiBzDecoder::new(rest))),
            [0xFD, b'7', b'z', b'X', b'Z', 0, ..] => {
                State::Xz(Box::new(XzReader::new_mem_limit(BufReader::new(rest), true, XZ_MEMORY)))
            }
            _ if is_zstd => State::Zstd(Box::new(ZstdReader::new(rest))),
            _ if is_lzma(&kind) => {
                let reader = LzmaReader::new_mem_limit(rest, XZ_MEMORY, None);
                State::Lzma(Box::new(reader.map_err(|error| damaged("lzma", error))?))
            }
            _ => State::Plain(rest),
        })
    }
}

impl<R: Read> Read for Decompressed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let State::Start(_) = self.state
            && let State::Start(source) = std::mem::replace(&mut self.state, State::End)
        {
            self.state = self.start(source)?;
        }
        let read = match &mut self.state {
            State::Start(_) | State::End => return Ok(0),
            State::Plain(source) => return source.read(buffer),
            State::Zstd(reader) => reader.read(buffer)?,
            State::Gzip(reader) => reader.read(buffer).map_err(|error| damaged("gzip", error))?,
            State::Bzip2(reader) => reader.read(buffer).map_err(|error| damaged("bzip2", error))?,
            State::Xz(reader) => reader.read(buffer).map_err(|error| damaged("xz", error))?,
            State::Lzma(reader) => reader.read(buffer).map_err(|error| damaged("lzma", error))?,
        };
        self.given += read as u64;
        if self.given > FREE && self.given / EXPANSION > self.taken.load(Ordering::Relaxed) {
            self.state = State::End;
            let message = format!("it unfolds to more than {EXPANSION} times its size");
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        }
        Ok(read)
    }
}

/// Whether a stream begins as an lzma stream, which has no magic number: a byte of properties, the size of the dictionary, which
/// is a power of two or half as much again, and the size of the content, which is unknown or below 256 GiB.
///
/// No text is taken for one: the size of the content has bytes that no text holds. `xz` tells the format by the same signs.
fn is_lzma(head: &[u8]) -> bool {
    let Some((&[properties], rest)) = head.split_first_chunk::<1>() else { return false };
    let Some((dictionary, rest)) = rest.split_first_chunk::<4>() else { return false };
    let Some(size) = rest.first_chunk::<8>() else { return false };
    let (dictionary, size) = (u32::from_le_bytes(*dictionary), u64::from_le_bytes(*size));
    let is_usual =
        dictionary == u32::MAX || dictionary >= 1 << 12 && matches!(dictionary >> dictionary.trailing_zeros(), 1 | 3);
    properties < 9 * 5 * 5 && is_usual && (size == u64::MAX || size < 1 << 38)
}

/// Errors of the system stay what they are.
fn damaged(kind: &str, error: io::Error) -> io::Error {
    if error.raw_os_error().is_some() || error.kind() == io::ErrorKind::Interrupted {
        return error;
    }
    io::Error::new(io::ErrorKind::InvalidData, format!("damaged {kind} stream: {error}"))
}

impl<R: Read> fmt::Debug for Decompressed<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match self.state {
            State::Start(_) => "start",
            State::Plain(_) => "plain",
            State::Zstd(_) => "zstd",
            State::Gzip(_) => "gzip",
            State::Bzip2(_) => "bzip2",
            State::Xz(_) => "xz",
            State::Lzma(_) => "lzma",
            State::End => "end",
        };
        f.debug_struct("Decompressed").field("state", &state).finish_non_exhaustive()
    }
}
