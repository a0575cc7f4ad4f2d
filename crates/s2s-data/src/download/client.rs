//! Requests: one attempt at a time, redirections followed by hand.

use std::{
    fmt,
    io::{self, Read},
    sync::Arc,
    thread,
    time::Duration,
};

use ureq::{
    Agent, Body, Timeout,
    http::{HeaderMap, Response},
    tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem},
};

use super::{
    DownloadError,
    url::{is_encrypted, origin, resolve},
};

/// Whether servers may be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// They may.
    Online,
    /// They may not: only what is at hand is used.
    Offline,
}

/// How servers are asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpOptions {
    /// Whether they are asked at all.
    pub access: Access,
    /// How long a server may take to connect, and to send the next byte.
    pub patience: Duration,
    /// How often in a row a request may fail without anything new having come.
    pub attempts: u32,
    /// How long to wait after the first failure; each time twice as long.
    pub pause: Duration,
    /// How long to wait at most, even where the server asks for more.
    pub longest_pause: Duration,
}

impl HttpOptions {
    /// The environment variable that forbids asking, unless it is empty or `0`.
    pub const OFFLINE: &str = "S2S_OFFLINE";

    /// Five attempts, waiting from one second to a minute; half a minute of patience.
    pub fn standard() -> Self {
        Self {
            access: Access::Online,
            patience: Duration::from_secs(30),
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

/// Asks servers over HTTP and HTTPS.
///
/// `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` are followed. Certificates are checked against Mozilla's list,
/// or against those of the PEM file that `SSL_CERT_FILE` names. The cryptography is that of the process' default
/// `rustls` provider, or else Graviola, which needs no C compiler.
#[derive(Clone)]
pub struct HttpClient {
    agent: Agent,
    options: HttpOptions,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Request<'a> {
    pub(super) url: &'a str,
    /// Sent to the address itself and to no other server that it redirects to.
    pub(super) secret: Option<(&'static str, &'a str)>,
    /// The first byte that is wanted, and what the file has to be for that; empty if unknown.
    pub(super) from: Option<(u64, &'a str)>,
}

/// The beginning of an answer; the body is still to be read.
pub(super) struct Answer {
    pub(super) status: u16,
    /// Length of the body.
    pub(super) length: Option<u64>,
    /// First byte of a part, and length of the whole.
    pub(super) part: Option<(u64, Option<u64>)>,
    /// What tells this version of the file from others; never a weak one.
    pub(super) validator: Option<String>,
    pub(super) body: Box<dyn Read>,
    url: String,
    patience: Duration,
}

const MOST_REDIRECTS: usize = 10;
/// What an error page may say.
const DETAIL_BYTES: u64 = 1 << 16;

impl HttpClient {
    /// A client with these options.
    ///
    /// # Errors
    ///
    /// [`DownloadError::Io`] if `SSL_CERT_FILE` names a file that cannot be read or is no list of certificates.
    pub fn new(options: HttpOptions) -> Result<Self, DownloadError> {
        let provider = rustls::crypto::CryptoProvider::get_default().cloned();
        let provider = provider.unwrap_or_else(|| Arc::new(rustls_graviola::default_provider()));
        let roots = match std::env::var_os("SSL_CERT_FILE") {
            Some(path) if !path.is_empty() => own_roots(path.as_ref())?,
            _ => RootCerts::WebPki,
        };
        let tls = TlsConfig::builder().root_certs(roots).unversioned_rustls_crypto_provider(provider).build();
        let config = Agent::config_builder()
            .tls_config(tls)
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION")))
            .accept("*/*")
            .accept_encoding("identity")
            .timeout_connect(Some(options.patience))
            .timeout_per_read(Some(options.patience))
            .timeout_per_write(Some(options.patience))
            .build();
        Ok(Self { agent: config.new_agent(), options })
    }

    /// How servers are asked.
    pub fn options(&self) -> &HttpOptions {
        &self.options
    }

    /// One attempt, redirections included; any status but one of success is an error, except 416.
    pub(super) fn send(&self, request: &Request<'_>) -> Result<Answer, DownloadError> {
        let mut url = request.url.to_owned();
        let mut asked = Vec::new();
        loop {
            let response = self.call(&url, request)?;
            let status = response.status().as_u16();
            if matches!(status, 301 | 302 | 303 | 307 | 308)
                && let Some(location) = text(response.headers(), "location")
            {
                let next = resolve(&url, &location);
                if is_encrypted(&url) && !is_encrypted(&next) {
                    return Err(DownloadError::Unencrypted { url, to: next });
                }
                asked.push(std::mem::replace(&mut url, next));
                if asked.contains(&url) {
                    return Err(DownloadError::RedirectLoop { url });
                }
                if asked.len() > MOST_REDIRECTS {
                    return Err(DownloadError::TooManyRedirects { url: asked.swap_remove(0), limit: MOST_REDIRECTS });
                }
                continue;
            }
            return self.answer(url, status, response);
        }
    }

    fn call(&self, url: &str, request: &Request<'_>) -> Result<Response<Body>, DownloadError> {
        let lower = url.get(..8).unwrap_or_default().to_ascii_lowercase();
        if !lower.starts_with("http://") && !lower.starts_with("https://") {
            return Err(DownloadError::Address { url: url.to_owned() });
        }
        let mut call = self.agent.get(url);
        if let Some((name, value)) = request.secret
            && origin(url) == origin(request.url)
        {
            call = call.header(name, value);
        }
        if let Some((from, validator)) = request.from {
            call = call.header("range", format!("bytes={from}-"));
            if !validator.is_empty() {
                call = call.header("if-range", validator);
            }
        }
        call.call().map_err(|error| self.failure(url, error))
    }

    fn answer(&self, url: String, status: u16, response: Response<Body>) -> Result<Answer, DownloadError> {
        let headers = response.headers();
        let number = |name: &str| text(headers, name).and_then(|value| value.trim().parse::<u64>().ok());
        let retry_after = number("retry-after").map(Duration::from_secs);
        let strong = text(headers, "etag").filter(|tag| !tag.starts_with("W/"));
        let answer = Answer {
            status,
            length: number("content-length"),
            part: text(headers, "content-range").as_deref().and_then(content_range),
            validator: strong.or_else(|| text(headers, "last-modified")),
            patience: self.options.patience,
            url: url.clone(),
            body: Box::new(response.into_body().into_reader()),
        };
        if matches!(status, 200 | 206 | 416) {
            return Ok(answer);
        }
        let mut page = Vec::new();
        // What a refusal says is a courtesy: if it cannot be read, the status has to do.
        let _ = answer.body.take(DETAIL_BYTES).read_to_end(&mut page);
        Err(DownloadError::Status { url, status, detail: detail(&page), retry_after })
    }

    fn failure(&self, url: &str, error: ureq::Error) -> DownloadError {
        failure(url, self.options.patience, error)
    }

    /// Asks again while that may help, with longer and longer pauses.
    ///
    /// `attempt` says how much it has got so far; having got more than ever before counts as a fresh start.
    pub(super) fn insist<T>(
        &self,
        mut attempt: impl FnMut(&mut u64) -> Result<T, DownloadError>,
    ) -> Result<T, DownloadError> {
        let (mut got, mut best, mut failures) = (0, 0, 0);
        loop {
            match attempt(&mut got) {
                Ok(value) => return Ok(value),
                Err(error) if error.is_transient() => {
                    if got >= best + WORTHWHILE_BYTES {
                        (best, failures) = (got, 0);
                    }
                    failures += 1;
                    if failures >= self.options.attempts {
                        return Err(error);
                    }
                    let doubled = self.options.pause.saturating_mul(1 << (failures - 1).min(16));
                    let wanted = error.retry_after().unwrap_or_default().max(doubled);
                    thread::sleep(wanted.min(self.options.longest_pause));
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// A whole answer of at most this length.
    pub(super) fn read_whole(&self, request: &Request<'_>, limit: u64) -> Result<Vec<u8>, DownloadError> {
        self.insist(|_| {
            let mut answer = self.send(request)?;
            if answer.status != 200 {
                return Err(DownloadError::WrongPart { url: answer.url });
            }
            let mut whole = Vec::new();
            while answer.read_some(&mut whole)? > 0 {
                if whole.len() as u64 > limit {
                    return Err(DownloadError::TooLong { url: answer.url, limit });
                }
            }
            match answer.length {
                Some(expected) if expected != whole.len() as u64 => {
                    Err(DownloadError::Truncated { url: answer.url, expected, found: whole.len() as u64 })
                }
                _ => Ok(whole),
            }
        })
    }
}

/// Less than this is no progress: a server that dies every few bytes is not to be asked for ever.
const WORTHWHILE_BYTES: u64 = 1 << 16;
const READ_BYTES: u64 = 1 << 16;

impl Answer {
    /// Appends what comes next, and says how much it was; nothing at the end.
    pub(super) fn read_some(&mut self, out: &mut Vec<u8>) -> Result<usize, DownloadError> {
        let read = (&mut self.body).take(READ_BYTES).read_to_end(out);
        match read {
            Ok(read) => Ok(read),
            // The connection was closed before the announced end: whoever counts the bytes says so.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof && self.length.is_some() => Ok(0),
            Err(error) => Err(failure(&self.url, self.patience, error.into())),
        }
    }

    /// Whom the answer came from in the end.
    pub(super) fn url(&self) -> &str {
        &self.url
    }
}

fn failure(url: &str, patience: Duration, error: ureq::Error) -> DownloadError {
    let url = url.to_owned();
    match error {
        ureq::Error::Timeout(
            Timeout::PerRead | Timeout::PerWrite | Timeout::Connect | Timeout::RecvBody | Timeout::RecvResponse,
        ) => DownloadError::Stalled { url, patience },
        ureq::Error::BadUri(_) | ureq::Error::Http(_) => DownloadError::Address { url },
        ureq::Error::Io(error) => DownloadError::Connection { url, message: error.to_string() },
        other => DownloadError::Connection { url, message: other.to_string() },
    }
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

/// `bytes 5-9/10` is `(5, Some(10))`; `bytes */10` is `(10, Some(10))`, nothing being left after the whole.
fn content_range(value: &str) -> Option<(u64, Option<u64>)> {
    let (range, whole) = value.trim().strip_prefix("bytes")?.trim_start().split_once('/')?;
    let whole = whole.parse().ok();
    match range.split_once('-') {
        Some((first, _)) => Some((first.parse().ok()?, whole)),
        None => Some((whole?, whole)),
    }
}

/// `: …` with the messages of an OPTIMADE or Materials Project error; empty if there is none.
fn detail(page: &[u8]) -> String {
    let Ok(value) = serde_json::from_slice::<serde_json::Value>(page) else { return String::new() };
    let message = match &value["errors"][0]["detail"] {
        serde_json::Value::String(message) => Some(message.as_str()),
        _ => ["detail", "message", "error"].iter().find_map(|key| value[key].as_str()),
    };
    message.map(|message| format!(": {}", message.chars().take(300).collect::<String>())).unwrap_or_default()
}

fn own_roots(path: &std::path::Path) -> Result<RootCerts, DownloadError> {
    let pem = std::fs::read(path).map_err(DownloadError::io(path))?;
    let mut roots: Vec<Certificate<'static>> = Vec::new();
    for item in parse_pem(&pem) {
        match item {
            Ok(PemItem::Certificate(certificate)) => roots.push(certificate),
            Ok(_) => {}
            Err(error) => return Err(DownloadError::io(path)(io::Error::other(error))),
        }
    }
    match roots.is_empty() {
        true => Err(DownloadError::io(path)(io::Error::other("it has no certificate"))),
        false => Ok(RootCerts::Specific(Arc::new(roots))),
    }
}

impl fmt::Debug for HttpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpClient").field("options", &self.options).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_servers_write_them() {
        assert_eq!(content_range("bytes 5-9/10"), Some((5, Some(10))));
        assert_eq!(content_range("bytes 5-9/*"), Some((5, None)));
        assert_eq!(content_range("bytes */10"), Some((10, Some(10))));
        assert_eq!(content_range("lines 1-2/3"), None);
    }

    #[test]
    fn what_a_server_says_about_its_refusal_is_kept() {
        let page = br#"{"errors": [{"status": "400", "title": "Bad Request", "detail": "no such property"}]}"#;
        assert_eq!(detail(page), ": no such property");
        assert_eq!(detail(br#"{"message": "Forbidden"}"#), ": Forbidden");
        assert_eq!(detail(b"<html>"), "");
    }
}
