//! A count on standard error, if that is a terminal.

use std::{
    io::{self, IsTerminal, Write},
    time::{Duration, Instant},
};

/// How many inputs are done, and how fast.
#[derive(Debug)]
pub(super) struct Progress {
    started: Instant,
    shown: Option<Instant>,
    done: u64,
    watched: bool,
}

/// Time between two counts.
const PACE: Duration = Duration::from_millis(200);

impl Default for Progress {
    fn default() -> Self {
        Self { started: Instant::now(), shown: None, done: 0, watched: io::stderr().is_terminal() }
    }
}

impl Progress {
    /// One more is done.
    pub(super) fn count(&mut self) {
        self.done += 1;
        let due = self.shown.unwrap_or(self.started).elapsed() >= PACE;
        if self.watched && due {
            let rate = self.done as f64 / self.started.elapsed().as_secs_f64();
            let _ = write!(io::stderr(), "\r{} done, {rate:.0} per second ", self.done);
            self.shown = Some(Instant::now());
        }
    }

    /// Makes room for a line of text.
    pub(super) fn pause(&mut self) {
        if self.shown.take().is_some() {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}
