//! Errors of downloads.

use std::{io, path::PathBuf, time::Duration};

use thiserror::Error;

/// Why something could not be downloaded.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DownloadError {
    /// No request may be sent, and the file has not been downloaded before.
    #[error("offline, and {} is not at hand; it comes from {url}", path.display())]
    Offline {
        /// Where it would be.
        path: PathBuf,
        /// Where it would come from.
        url: String,
    },
    /// No address of the web, or one of another kind than `http` and `https`.
    #[error("{url:?} is no address that can be asked")]
    Address {
        /// The address.
        url: String,
    },
    /// The server said no.
    #[error("{url} answered {status}{detail}")]
    Status {
        /// The URL of the request.
        url: String,
        /// The status of the response.
        status: u16,
        /// What the server says about it, after a colon; empty if it says nothing.
        detail: String,
        /// The pause that the server requests.
        retry_after: Option<Duration>,
    },
    /// The server could not be reached, or the connection broke.
    #[error("{url}: {message}")]
    Connection {
        /// The URL of the request.
        url: String,
        /// What happened.
        message: String,
    },
    /// The server sent nothing for too long.
    #[error("{url} sent nothing for {timeout:?}")]
    Stalled {
        /// The URL of the request.
        url: String,
        /// How long we waited.
        timeout: Duration,
    },
    /// The server sends less than it must.
    #[error("{url} sent {bytes} bytes in {elapsed:?}")]
    TooSlow {
        /// The URL of the request.
        url: String,
        /// What came.
        bytes: u64,
        /// In this time.
        elapsed: Duration,
    },
    /// All attempts together take too long.
    #[error("{url} did not send everything within {limit:?}")]
    OutOfTime {
        /// The URL of the request.
        url: String,
        /// The longest time.
        limit: Duration,
    },
    /// The response does not state its length, and nothing else does.
    #[error("{url} does not say how long its answer is")]
    Undelimited {
        /// The URL of the request.
        url: String,
    },
    /// The response is compressed, which was not requested.
    #[error("{url} answered with the encoding {encoding:?}, which was not asked for")]
    Encoded {
        /// The URL of the request.
        url: String,
        /// The encoding.
        encoding: String,
    },
    /// A web page came in place of a file of which neither length nor hash is known.
    #[error("{url} answered with a web page in place of the file")]
    WebPage {
        /// The URL of the request.
        url: String,
    },
    /// The response ended before its stated end.
    #[error("{url} broke off after {found} of {expected} bytes")]
    Truncated {
        /// The URL of the request.
        url: String,
        /// The length that was announced.
        expected: u64,
        /// The length that came.
        found: u64,
    },
    /// The response is longer than it may be.
    #[error("{url} sent more than {limit} bytes")]
    TooLong {
        /// The URL of the request.
        url: String,
        /// The greatest length.
        limit: u64,
    },
    /// The server sent another part of the file than the one that was requested.
    #[error("{url} answered with another part of the file than was asked for")]
    WrongPart {
        /// The URL of the request.
        url: String,
    },
    /// A redirection leads back to an address that was requested already.
    #[error("{url} redirects in a circle")]
    RedirectLoop {
        /// The address that came twice.
        url: String,
    },
    /// One redirection after the other.
    #[error("{url} redirects more than {limit} times")]
    TooManyRedirects {
        /// The URL of the first request.
        url: String,
        /// How many redirections are followed.
        limit: usize,
    },
    /// A redirection from an encrypted connection to one that is not.
    #[error("{url} redirects to {to}, which is not encrypted")]
    Unencrypted {
        /// The URL of the request.
        url: String,
        /// Where it sends us.
        to: String,
    },
    /// The file has another length than it must have.
    #[error("{name} has {found} bytes, expected {expected}")]
    Length {
        /// The file.
        name: String,
        /// The length that it must have.
        expected: u64,
        /// The length that it has.
        found: u64,
    },
    /// The file has another content than it must have.
    #[error("{name} has the SHA-256 {found}, expected {expected}")]
    Checksum {
        /// The file.
        name: String,
        /// The hash that it must have.
        expected: String,
        /// The hash that it has.
        found: String,
    },
    /// Another process is downloading the same file.
    #[error("another process is writing {}", path.display())]
    Busy {
        /// The unfinished file.
        path: PathBuf,
    },
    /// A file cannot be read or written.
    #[error("cannot use {}: {error}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
}

impl DownloadError {
    pub(super) fn io(path: &std::path::Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |error| Self::Io { path, error }
    }

    /// Whether asking again may help.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Status { status, .. } => matches!(status, 408 | 425 | 429 | 500 | 502 | 503 | 504),
            Self::Connection { .. } | Self::Stalled { .. } | Self::TooSlow { .. } => true,
            Self::Truncated { .. } | Self::WrongPart { .. } => true,
            _ => false,
        }
    }

    /// The pause that the server requests, if it does.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}
