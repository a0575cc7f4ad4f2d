//! The HTTP client: attempts, timeouts, redirections and retries.

use std::{
    fmt,
    io::{self, Read},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use ureq::{
    Agent, Body, Timeout,
    http::{HeaderMap, Response},
    tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem},
};

use super::{
    DownloadError, HttpOptions,
    pace::Pace,
    url::{is_encrypted, origin, resolve},
};

/// A client of HTTP and HTTPS.
///
/// `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` are followed. Certificates are checked against Mozilla's list,
/// or against those of the PEM file that `SSL_CERT_FILE` names. The cryptography is that of the process' default
/// `rustls` provider, or else Graviola, which needs no C compiler.
#[derive(Clone)]
pub struct HttpClient {
    agent: Agent,
    options: HttpOptions,
}

/// A request.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Request<'a> {
    pub(super) url: &'a str,
    /// Sent to the address itself and to no other server that it redirects to.
    pub(super) secret: Option<(&'static str, &'a str)>,
    /// The first byte that is wanted, and what the file has to be for that; empty if unknown.
    pub(super) from: Option<(u64, &'a str)>,
    /// When the response must be complete; none where a single attempt has all the time.
    pub(super) deadline: Option<Instant>,
}

/// Status and headers of a response; the body is still to be read.
pub(super) struct Answer {
    pub(super) status: u16,
    /// Length of the body.
    pub(super) length: Option<u64>,
    /// First byte of a part, and length of the whole.
    pub(super) part: Option<(u64, Option<u64>)>,
    /// What tells this version of the file from others; never a weak one.
    pub(super) validator: Option<String>,
    /// A weak tag, by which versions can be told apart but not taken for equal.
    pub(super) weak: Option<String>,
    /// Whether the response states where it ends: by its length, or chunk by chunk.
    pub(super) is_delimited: bool,
    /// Whether it is a web page, which servers and the gates of networks send in place of a file.
    pub(super) is_page: bool,
    pub(super) body: Box<dyn Read>,
    url: String,
    pace: Pace,
}

const MOST_REDIRECTS: usize = 10;
/// What an error page may say.
const DETAIL_BYTES: usize = 1 << 16;

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
            .timeout_resolve(Some(options.timeout))
            .timeout_connect(Some(options.timeout))
            // A server may send its headers byte by byte, each of them in time.
            .timeout_recv_response(Some(2 * options.timeout))
            .timeout_per_read(Some(options.timeout))
            .timeout_per_write(Some(options.timeout))
            .build();
        Ok(Self { agent: config.new_agent(), options })
    }

    /// How requests are sent.
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
            return self.answer(url, status, response, request.deadline);
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

    fn answer(
        &self,
        url: String,
        status: u16,
        response: Response<Body>,
        deadline: Option<Instant>,
    ) -> Result<Answer, DownloadError> {
        let headers = response.headers();
        let number = |name: &str| text(headers, name).and_then(|value| value.trim().parse::<u64>().ok());
        let retry_after = number("retry-after").map(Duration::from_secs);
        let (weak, strong) = match text(headers, "etag") {
            Some(tag) if tag.starts_with("W/") => (Some(tag), None),
            tag => (None, tag),
        };
        if let Some(encoding) = text(headers, "content-encoding").filter(|name| !name.eq_ignore_ascii_case("identity"))
        {
            return Err(DownloadError::Encoded { url, encoding });
        }
        let says = |name: &str, what: &str| text(headers, name).is_some_and(|v| v.to_ascii_lowercase().contains(what));
        let mut answer = Answer {
            status,
            is_delimited: number("content-length").is_some() || says("transfer-encoding", "chunked"),
            is_page: says("content-type", "text/html"),
            length: number("content-length"),
            part: text(headers, "content-range").as_deref().and_then(content_range),
            validator: strong.or_else(|| text(headers, "last-modified")),
            weak,
            pace: Pace::new(self.options.clone(), deadline),
            url: url.clone(),
            body: Box::new(response.into_body().into_reader()),
        };
        if matches!(status, 200 | 206 | 416) {
            return Ok(answer);
        }
        let mut page = Vec::new();
        // What a refusal says is a courtesy: if it cannot be read, the status has to do.
        while page.len() < DETAIL_BYTES && answer.read_some(&mut page).is_ok_and(|read| read > 0) {}
        Err(DownloadError::Status { url, status, detail: detail(&page), retry_after })
    }

    fn failure(&self, url: &str, error: ureq::Error) -> DownloadError {
        failure(url, self.options.timeout, error)
    }

    /// Repeats a request while that may help, with longer and longer pauses.
    ///
    /// `attempt` is told when it must be done, and says how much it has got so far; having got more than ever before
    /// counts as a fresh start.
    pub(super) fn retry<T>(
        &self,
        url: &str,
        mut attempt: impl FnMut(&mut u64, Instant) -> Result<T, DownloadError>,
    ) -> Result<T, DownloadError> {
        let (mut got, mut best, mut failures) = (0, 0, 0);
        let deadline = Instant::now() + self.options.max_time;
        loop {
            match attempt(&mut got, deadline) {
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
                    let pause = wanted.min(self.options.longest_pause);
                    if Instant::now() + pause > deadline {
                        return Err(DownloadError::OutOfTime { url: url.to_owned(), limit: self.options.max_time });
                    }
                    thread::sleep(pause);
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// A whole response of at most this length.
    pub(super) fn read_whole(&self, request: &Request<'_>, limit: u64) -> Result<Vec<u8>, DownloadError> {
        self.retry(request.url, |_, deadline| {
            let mut answer = self.send(&Request { deadline: Some(deadline), ..*request })?;
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

/// Less than this is no progress, so that attempts end where a server closes the connection every few bytes.
const WORTHWHILE_BYTES: u64 = 1 << 16;
const READ_BYTES: usize = 1 << 16;

impl Answer {
    /// Appends what comes next, and says how much it was; nothing at the end.
    pub(super) fn read_some(&mut self, out: &mut Vec<u8>) -> Result<usize, DownloadError> {
        let held = out.len();
        out.resize(held + READ_BYTES, 0);
        // One read at a time: filling the buffer would wait for ever on a server that sends a byte now and then.
        let read = loop {
            match self.body.read(&mut out[held..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read,
            }
        };
        out.truncate(held + read.as_ref().map_or(0, |read| *read));
        match read {
            Ok(read) => self.pace.count(read, &self.url).map(|()| read),
            // The connection was closed before the announced end, which the count of bytes shows.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof && self.length.is_some() => Ok(0),
            Err(error) => Err(failure(&self.url, self.pace.options.timeout, error.into())),
        }
    }

    /// The URL that sent the response, after redirections.
    pub(super) fn url(&self) -> &str {
        &self.url
    }
}

fn failure(url: &str, timeout: Duration, error: ureq::Error) -> DownloadError {
    let url = url.to_owned();
    match error {
        ureq::Error::Timeout(
            Timeout::PerRead | Timeout::PerWrite | Timeout::Connect | Timeout::RecvBody | Timeout::RecvResponse,
        ) => DownloadError::Stalled { url, timeout },
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
