//! An iterator over the valid records of a stream, up to a number of bad lines.

use std::io::Read;

use super::{Record, RecordError, RecordStream};

/// Bad lines that are kept to be shown; all are counted.
const KEPT: usize = 20;

/// Records of the good lines of a stream.
///
/// A bad line is counted; one more than the caller accepts ends the stream with an error. So does a damaged source, however
/// many bad lines are accepted: a part of a file is not the file.
///
/// # Examples
///
/// ```
/// use s2s_data::RecordStream;
///
/// let lines = "nonsense\n";
/// let mut records = RecordStream::new(lines.as_bytes()).with_max_errors(1);
/// assert!(records.next().is_none());
/// assert_eq!(records.num_errors(), 1);
///
/// let mut strict = RecordStream::new(lines.as_bytes()).with_max_errors(0);
/// let error = strict.next().and_then(Result::err).map(|error| error.to_string());
/// assert_eq!(error.as_deref(), Some("line 1: column 2: the JSON is malformed: a value should stand here (more than 0 bad lines)"));
/// ```
#[derive(Debug)]
pub struct SoundRecords<R: Read> {
    stream: RecordStream<R>,
    max_errors: u64,
    num_errors: u64,
    errors: Vec<RecordError>,
    ended: bool,
}

impl<R: Read + Send> SoundRecords<R> {
    pub(super) fn new(stream: RecordStream<R>, max_errors: u64) -> Self {
        Self { stream, max_errors, num_errors: 0, errors: Vec::new(), ended: false }
    }
}

impl<R: Read> SoundRecords<R> {
    /// Number of bad lines so far.
    pub fn num_errors(&self) -> u64 {
        self.num_errors
    }

    /// The first bad lines so far, at most twenty.
    pub fn errors(&self) -> &[RecordError] {
        &self.errors
    }
}

impl<R: Read + Send> Iterator for SoundRecords<R> {
    type Item = Result<Record, RecordError>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.ended {
            match self.stream.next()? {
                Ok(record) => return Some(Ok(record)),
                Err(error) if error.is_damage() => {
                    self.ended = true;
                    return Some(Err(error));
                }
                Err(error) if self.num_errors == self.max_errors => {
                    self.ended = true;
                    return Some(Err(error.beyond(self.max_errors)));
                }
                Err(error) => {
                    self.num_errors += 1;
                    if self.errors.len() < KEPT {
                        self.errors.push(error);
                    }
                }
            }
        }
        None
    }
}
