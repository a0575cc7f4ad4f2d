//! Processor time, which other work on the machine does not lengthen.

use std::time::Duration;

/// Processor time of this thread so far; `None` where the system does not say.
pub(crate) fn thread_time() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}
