//! The pace of a response: its rate over each period, and its deadline.

use std::time::Instant;

use super::{DownloadError, HttpOptions};

/// Whether a response arrives fast enough.
#[derive(Debug)]
pub(super) struct Pace {
    pub(super) options: HttpOptions,
    deadline: Option<Instant>,
    since: Instant,
    bytes: u64,
}

impl Pace {
    /// The pace of a response that begins now.
    pub(super) fn new(options: HttpOptions, deadline: Option<Instant>) -> Self {
        Self { options, deadline, since: Instant::now(), bytes: 0 }
    }

    /// Counts bytes that came just now.
    pub(super) fn count(&mut self, bytes: usize, url: &str) -> Result<(), DownloadError> {
        let (now, url) = (Instant::now(), || url.to_owned());
        if self.deadline.is_some_and(|deadline| now > deadline) {
            return Err(DownloadError::OutOfTime { url: url(), limit: self.options.max_time });
        }
        self.bytes += bytes as u64;
        let elapsed = now - self.since;
        if elapsed < self.options.timeout {
            return Ok(());
        }
        if (self.bytes as f64) < self.options.min_rate as f64 * elapsed.as_secs_f64() {
            return Err(DownloadError::TooSlow { url: url(), bytes: self.bytes, elapsed });
        }
        (self.since, self.bytes) = (now, 0);
        Ok(())
    }
}
