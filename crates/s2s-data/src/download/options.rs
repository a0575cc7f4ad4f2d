//! Options of requests: timeouts, rates, retries and offline use.

use std::time::Duration;

/// Whether requests may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Access {
    /// They may.
    Online,
    /// They may not: only what was downloaded before is used.
    Offline,
}

/// How requests are sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpOptions {
    /// Whether they are sent at all.
    pub access: Access,
    /// How long a server may take to connect, and to send the next byte.
    pub timeout: Duration,
    /// Bytes per second that a server must send at least, on average over each stretch of the timeout.
    pub min_rate: u64,
    /// How long one file, or one page of a response, may take in all, every attempt and pause included.
    pub max_time: Duration,
    /// How long all pages of a response may take in all; a run after it goes on where this one ended.
    pub max_answer_time: Duration,
    /// How often in a row a request may fail without new bytes.
    pub attempts: u32,
    /// How long to wait after the first failure; each time twice as long.
    pub pause: Duration,
    /// How long to wait at most, even where the server requests more.
    pub longest_pause: Duration,
}

impl HttpOptions {
    /// The environment variable that forbids requests, unless it is empty or `0`.
    pub const OFFLINE: &str = "S2S_OFFLINE";

    /// Five attempts, waiting from one second to a minute; a timeout of half a minute, in which a server must send a
    /// kilobyte per second; six hours for a file, three days for all pages of a response.
    pub fn standard() -> Self {
        Self {
            access: Access::Online,
            timeout: Duration::from_secs(30),
            min_rate: 1000,
            max_time: Duration::from_secs(6 * 3600),
            max_answer_time: Duration::from_secs(3 * 24 * 3600),
            attempts: 5,
            pause: Duration::from_secs(1),
            longest_pause: Duration::from_secs(60),
        }
    }

    /// The standard, offline if [`OFFLINE`](Self::OFFLINE) says so.
    pub fn from_env() -> Self {
        let offline = std::env::var_os(Self::OFFLINE).is_some_and(|value| !value.is_empty() && value != "0");
        Self { access: if offline { Access::Offline } else { Access::Online }, ..Self::standard() }
    }
}
