//! Records from a stream of JSON lines, in order, in constant memory.

use std::{
    collections::VecDeque,
    io::{BufRead, BufReader, Read},
};

use rayon::prelude::*;

use super::{Record, RecordError, RecordErrorKind, SoundRecords};
use crate::file::Decompressed;

/// Records of a stream of JSON lines, plain or zstd-compressed, in the order of the lines.
///
/// Lines are decoded a batch at a time on the current rayon pool while the next batch is being read, so memory does not
/// grow with the stream. A bad line is one `Err` and the stream goes on; only a failing source ends it. Blank lines are
/// skipped but counted.
///
/// # Examples
///
/// ```
/// use s2s_data::RecordStream;
///
/// let lines = "\n{\"id\": \"x\"}\nnonsense\n";
/// let problems: Vec<String> = RecordStream::new(lines.as_bytes()).map(|r| r.unwrap_err().to_string()).collect();
/// assert_eq!(problems[0], "line 2: column 11: the object has no formula");
/// assert_eq!(problems[1], "line 3: column 2: the JSON is malformed: a value should stand here");
/// ```
#[derive(Debug)]
pub struct RecordStream<R: Read> {
    lines: Lines<R>,
    next: Option<Batch>,
    ready: VecDeque<Result<Record, RecordError>>,
}

impl<R: Read + Send> RecordStream<R> {
    /// Records of this source; whether it is compressed is seen from its first bytes.
    pub fn new(source: R) -> Self {
        let reader = BufReader::with_capacity(READ_BYTES, Decompressed::new(source));
        Self { lines: Lines { reader, number: 0, ended: false }, next: None, ready: VecDeque::new() }
    }

    /// The records of the good lines; the stream ends with an error where the source is damaged, or where more than
    /// `max_errors` lines are bad.
    pub fn with_max_errors(self, max_errors: u64) -> SoundRecords<R> {
        SoundRecords::new(self, max_errors)
    }

    /// Decodes the current batch while the next one is read.
    fn advance(&mut self) {
        let current = match self.next.take() {
            Some(batch) => batch,
            None => self.lines.read_batch(),
        };
        let (decoded, next) = rayon::join(|| current.decode(), || self.lines.read_batch());
        self.ready = decoded.into();
        self.next = Some(next);
    }
}

impl<R: Read + Send> Iterator for RecordStream<R> {
    type Item = Result<Record, RecordError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(record) = self.ready.pop_front() {
                return Some(record);
            }
            // A batch without lines is read only at the end.
            if self.next.as_ref().is_some_and(|batch| batch.lines.is_empty()) {
                return None;
            }
            self.advance();
        }
    }
}

const READ_BYTES: usize = 1 << 18;
const BATCH_BYTES: usize = 1 << 20;
/// A crystal of 444 atoms takes 20 kB; a line of this length is something else.
const LINE_BYTES: usize = 1 << 24;

#[derive(Debug)]
struct Lines<R: Read> {
    reader: BufReader<Decompressed<R>>,
    number: u64,
    ended: bool,
}

/// Lines back to back in one buffer.
#[derive(Debug, Default)]
struct Batch {
    bytes: Vec<u8>,
    /// Number of the line, and its end in `bytes` or why it could not be read.
    lines: Vec<(u64, Result<usize, RecordErrorKind>)>,
}

impl<R: Read> Lines<R> {
    fn read_batch(&mut self) -> Batch {
        let mut batch = Batch::default();
        while !self.ended && batch.bytes.len() < BATCH_BYTES {
            let start = batch.bytes.len();
            let read = (&mut self.reader).take(LINE_BYTES as u64).read_until(b'\n', &mut batch.bytes);
            self.number += 1;
            match read {
                Ok(0) => self.ended = true,
                Ok(LINE_BYTES) if !batch.bytes.ends_with(b"\n") => {
                    batch.bytes.truncate(start);
                    batch.lines.push((self.number, Err(RecordErrorKind::TooLong { limit: LINE_BYTES })));
                    self.skip_rest_of_line(&mut batch);
                }
                Ok(_) if batch.bytes[start..].trim_ascii().is_empty() => batch.bytes.truncate(start),
                Ok(_) => batch.lines.push((self.number, Ok(batch.bytes.len()))),
                Err(error) => self.fail(error, &mut batch),
            }
        }
        batch
    }

    fn skip_rest_of_line(&mut self, batch: &mut Batch) {
        if let Err(error) = self.reader.skip_until(b'\n') {
            self.fail(error, batch);
        }
    }

    fn fail(&mut self, error: std::io::Error, batch: &mut Batch) {
        self.ended = true;
        batch.lines.push((self.number, Err(RecordErrorKind::Io(error))));
    }
}

impl Batch {
    fn decode(self) -> Vec<Result<Record, RecordError>> {
        let mut start = 0;
        let span = |(number, end): (u64, Result<usize, RecordErrorKind>)| {
            let span = end.map(|end| std::mem::replace(&mut start, end)..end);
            (number, span)
        };
        let spans: Vec<_> = self.lines.into_iter().map(span).collect();
        let decode = |(number, span): (u64, Result<std::ops::Range<usize>, RecordErrorKind>)| {
            let record = span.and_then(|span| Record::from_json(self.bytes[span].trim_ascii()));
            record.map_err(|kind| RecordError::new(number, kind))
        };
        spans.into_par_iter().with_min_len(16).map(decode).collect()
    }
}
