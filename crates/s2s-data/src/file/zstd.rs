//! A decoder of zstd streams, skippable frames included.

use std::{
    fmt,
    io::{self, BufReader, Read},
};

use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

/// The content of a source that is a row of zstd frames.
///
/// Several frames are read as one, skippable frames are skipped, and the content checksum of each frame that has one is
/// verified: a damaged stream ends in an error of kind [`InvalidData`](io::ErrorKind::InvalidData).
pub(super) struct ZstdReader<R> {
    source: BufReader<R>,
    state: State,
}

enum State {
    Frame(Box<FrameDecoder>),
    BetweenFrames,
    End,
}

/// Up to four bytes.
#[derive(Clone, Copy, Default)]
struct Head {
    bytes: [u8; 4],
    len: usize,
}

/// The number that a frame begins with.
pub(super) const ZSTD_MAGIC: u32 = 0xFD2F_B528;
/// The number that a frame without content begins with, but for its last four bits.
pub(super) const SKIPPABLE_MAGIC: u32 = 0x184D_2A50;

impl<R: Read> ZstdReader<R> {
    pub(super) fn new(source: R) -> Self {
        Self { source: BufReader::with_capacity(1 << 17, source), state: State::BetweenFrames }
    }

    fn read_head(&mut self) -> io::Result<Head> {
        let mut head = Head::default();
        while head.len < 4 {
            match self.source.read(&mut head.bytes[head.len..]) {
                Ok(0) => break,
                Ok(n) => head.len += n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(head)
    }

    /// Enters the frame that starts with this magic number; `None` if the number is not one of zstd's.
    fn enter_frame(&mut self, head: Head) -> io::Result<Option<State>> {
        let magic = u32::from_le_bytes(head.bytes);
        if head.len == 4 && magic == ZSTD_MAGIC {
            let mut decoder = FrameDecoder::new();
            decoder.init((&head.bytes[..]).chain(&mut self.source)).map_err(damaged)?;
            return Ok(Some(State::Frame(Box::new(decoder))));
        }
        if head.len == 4 && magic & !0xF == SKIPPABLE_MAGIC {
            let mut length = [0; 4];
            self.source.read_exact(&mut length)?;
            let length = u64::from(u32::from_le_bytes(length));
            let skipped = io::copy(&mut (&mut self.source).take(length), &mut io::sink())?;
            return if skipped == length { Ok(Some(State::BetweenFrames)) } else { Err(damaged("truncated frame")) };
        }
        Ok(None)
    }
}

impl<R: Read> Read for ZstdReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            match &mut self.state {
                State::Frame(decoder) => {
                    while decoder.can_collect() == 0 && !decoder.is_finished() {
                        let some = BlockDecodingStrategy::UptoBlocks(1);
                        decoder.decode_blocks(&mut self.source, some).map_err(damaged)?;
                    }
                    let read = decoder.read(buffer)?;
                    if read > 0 {
                        return Ok(read);
                    }
                    if let Some(stated) = decoder.get_checksum_from_data()
                        && decoder.get_calculated_checksum() != Some(stated)
                    {
                        return Err(damaged("the content does not match its checksum"));
                    }
                    self.state = State::BetweenFrames;
                }
                State::BetweenFrames => {
                    let head = self.read_head()?;
                    self.state = match self.enter_frame(head)? {
                        Some(frame) => frame,
                        None if head.len == 0 => State::End,
                        None => return Err(damaged("bytes after the last frame")),
                    };
                }
                State::End => return Ok(0),
            }
        }
    }
}

fn damaged(reason: impl fmt::Display) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("damaged zstd stream: {reason}"))
}
