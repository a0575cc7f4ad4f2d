//! Processor time, which other work on the machine does not lengthen.

use std::time::Duration;

/// Processor time of this thread so far.
#[cfg(unix)]
pub(crate) fn thread_time() -> Option<Duration> {
    use rustix::time::{ClockId, clock_gettime};
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).ok()
}

/// Not measured on systems other than Unix.
#[cfg(not(unix))]
pub(crate) fn thread_time() -> Option<Duration> {
    None
}
