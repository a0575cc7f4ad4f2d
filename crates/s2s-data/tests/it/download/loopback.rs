//! A server on this machine that answers as it is told to, well or badly.

use std::{
    io::{BufRead, BufReader, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

/// A request of a client.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    /// Path and parameters.
    pub(super) path: String,
    /// Names in lower case.
    pub(super) headers: Vec<(String, String)>,
}

impl Asked {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The first byte of a `Range`.
    pub(super) fn from(&self) -> Option<usize> {
        self.header("range")?.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok()
    }
}

/// What the server answers.
#[derive(Clone, Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Vec<u8>,
    /// Only this many bytes of the body are sent, and then …
    pub(super) cut: Option<usize>,
    /// … nothing for this long, or the connection is closed.
    pub(super) stall: Option<Duration>,
    /// The body comes byte by byte, with this pause between two of them.
    pub(super) drip: Option<Duration>,
    /// Whether the length of the body is announced where no header says anything about it.
    pub(super) announced: bool,
}

impl Reply {
    pub(super) fn ok(body: impl Into<Vec<u8>>) -> Self {
        Self {
            status: 200,
            headers: Vec::new(),
            body: body.into(),
            cut: None,
            stall: None,
            drip: None,
            announced: true,
        }
    }

    pub(super) fn status(status: u16) -> Self {
        Self { status, ..Self::ok("") }
    }

    pub(super) fn redirect(to: impl Into<String>) -> Self {
        Self::status(302).with("location", to.into())
    }

    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(super) fn dripping(self, pause: Duration) -> Self {
        Self { drip: Some(pause), ..self }
    }

    pub(super) fn unannounced(self) -> Self {
        Self { announced: false, ..self }
    }

    /// The body in chunks, whose end is sent or not.
    pub(super) fn chunked(mut self, ended: bool) -> Self {
        let chunks = self.body.chunks(50_000);
        let mut body: Vec<u8> =
            chunks.flat_map(|chunk| [format!("{:x}\r\n", chunk.len()).as_bytes(), chunk, b"\r\n"].concat()).collect();
        if ended {
            body.extend(b"0\r\n\r\n");
        }
        self.body = body;
        self.with("transfer-encoding", "chunked")
    }

    pub(super) fn cut_after(self, bytes: usize) -> Self {
        Self { cut: Some(bytes), ..self }
    }

    pub(super) fn stalled_after(self, bytes: usize) -> Self {
        Self { stall: Some(Duration::from_secs(3)), ..self.cut_after(bytes) }
    }

    /// As a server that supports `Range` answers this request for a file of this version.
    pub(super) fn part_of(whole: &[u8], version: &str, asked: &Asked) -> Self {
        let same = asked.header("if-range").is_none_or(|known| known == version);
        let reply = match asked.from().filter(|_| same) {
            Some(from) if from >= whole.len() => {
                Self::status(416).with("content-range", format!("bytes */{}", whole.len()))
            }
            Some(from) => Self { status: 206, ..Self::ok(&whole[from..]) }
                .with("content-range", format!("bytes {from}-{}/{}", whole.len() - 1, whole.len())),
            None => Self::ok(whole),
        };
        reply.with("etag", version)
    }
}

/// Runs until it is dropped, and records the requests.
pub(super) struct Server {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    stop: Arc<AtomicBool>,
}

impl Server {
    /// `answer` gets the request and how many came before it.
    pub(super) fn new(answer: impl Fn(&Asked, usize) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (asked, stop) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let (answer, log, stopped) = (Arc::new(answer), asked.clone(), stop.clone());
        thread::spawn(move || {
            for stream in listener.incoming() {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                let (answer, log) = (answer.clone(), log.clone());
                // A client that hangs up early is no fault of the server.
                thread::spawn(move || drop(serve(stream.unwrap(), &*answer, &log)));
            }
        });
        Self { address, asked, stop }
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(super) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.address));
    }
}

fn serve(
    mut stream: TcpStream,
    answer: &(impl Fn(&Asked, usize) -> Reply + ?Sized),
    log: &Mutex<Vec<Asked>>,
) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let first = lines.next().transpose()?.unwrap_or_default();
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut headers = Vec::new();
    for line in lines {
        let line = line?;
        let Some((name, value)) = line.split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let asked = Asked { path, headers };
    let before = {
        let mut log = log.lock().unwrap();
        log.push(asked.clone());
        log.len() - 1
    };
    let reply = answer(&asked, before);
    let mut head = format!("HTTP/1.1 {} Told\r\nconnection: close\r\n", reply.status);
    let says_length = |name: &str| matches!(name, "transfer-encoding" | "content-length");
    if reply.announced && !reply.headers.iter().any(|(name, _)| says_length(name)) {
        head += &format!("content-length: {}\r\n", reply.body.len());
    }
    for (name, value) in &reply.headers {
        head += &format!("{name}: {value}\r\n");
    }
    stream.write_all((head + "\r\n").as_bytes())?;
    let body = &reply.body[..reply.cut.unwrap_or(reply.body.len()).min(reply.body.len())];
    match reply.drip {
        None => stream.write_all(body)?,
        Some(pause) => {
            for byte in body {
                stream.write_all(&[*byte])?;
                thread::sleep(pause);
            }
        }
    }
    stream.flush()?;
    if let Some(stall) = reply.stall {
        thread::sleep(stall);
    }
    Ok(())
}
