//! Sixty scenarios of servers that send wrong data, change, stall and never end: the final path holds the right bytes or what it held.

use std::{fs, path::Path, time::Duration};

use s2s_data::{
    download::{DownloadError, DownloadFolder, HttpClient, HttpOptions, OptimadeQuery, PagedDownload, RemoteFile},
    file::FileEntry,
    source::OptimadeNames,
};

use super::{
    client,
    loopback::{Asked, Reply, Server},
    scratch,
};

fn content(version: u8) -> Vec<u8> {
    (0..50_000_u32).flat_map(|i| (i.wrapping_mul(2_654_435_761) >> 7).to_le_bytes()).map(|b| b ^ version).collect()
}

const NEW: u8 = 0;
const OLD: u8 = 1;

/// What a server does: the request, and how many came before it.
type Behavior = fn(&Asked, usize) -> Reply;

/// The new version of the file, as a correct server sends it.
fn good(asked: &Asked) -> Reply {
    Reply::part_of(&content(NEW), "\"new\"", asked)
}

fn partial(range: &str, body: &[u8], tag: &'static str) -> Reply {
    Reply { status: 206, ..Reply::ok(body) }.with("content-range", range.to_owned()).with("etag", tag)
}

/// What is known about the file.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Known {
    Nothing,
    Length,
    Hash,
}

/// What the folder holds before.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Before {
    Nothing,
    /// A part of the old version, of which the server said this.
    OldPart,
    /// The hash of the new version, recorded when it came first; the file was deleted.
    Record,
}

const BEHAVIORS: [(&str, Behavior); 20] = [
    ("good", |asked, _| good(asked)),
    ("if-range-ignored", |asked, _| match asked.from() {
        Some(from) => partial(&format!("bytes {from}-199999/200000"), &content(NEW)[from.min(200_000)..], "\"new\""),
        None => good(asked),
    }),
    ("part-without-version", |asked, _| match asked.from() {
        Some(from) => Reply { status: 206, ..Reply::ok(&content(NEW)[from.min(200_000)..]) }
            .with("content-range", format!("bytes {from}-199999/200000")),
        None => good(asked),
    }),
    ("nothing-left-of-another-length", |asked, before| match asked.from() {
        Some(from) => Reply::status(416).with("content-range", format!("bytes */{from}")),
        None if before == 0 => good(asked).cut_after(90_000),
        None => good(asked),
    }),
    ("nothing-left-always", |asked, _| {
        Reply::status(416).with("content-range", format!("bytes */{}", asked.from().unwrap_or(0)))
    }),
    ("another-length-in-the-part", |asked, before| match asked.from() {
        Some(from) => {
            partial(&format!("bytes {from}-99999/100000"), &content(NEW)[from.min(100_000)..100_000], "\"new\"")
        }
        None if before == 0 => good(asked).cut_after(90_000),
        None => good(asked),
    }),
    ("another-part", |asked, before| match asked.from() {
        Some(_) => partial("bytes 5-199999/200000", &content(NEW)[5..], "\"new\""),
        None if before == 0 => good(asked).cut_after(90_000),
        None => good(asked),
    }),
    ("part-that-was-not-asked-for", |_, _| partial("bytes 0-99999/200000", &content(NEW)[..100_000], "\"new\"")),
    ("changes-meanwhile", |asked, before| match before {
        0 => Reply::part_of(&content(OLD), "\"old\"", asked).cut_after(90_000),
        _ => good(asked),
    }),
    ("always-cut", |asked, _| good(asked).cut_after(1000)),
    ("cut-chunks", |_, _| Reply::ok(content(NEW)).chunked(false)),
    ("chunks", |_, _| Reply::ok(content(NEW)).chunked(true)),
    ("dripping", |asked, _| good(asked).dripping(Duration::from_millis(30))),
    ("silent", |asked, _| good(asked).stalled_after(100)),
    ("longer-than-announced", |_, _| {
        Reply::ok([content(NEW), content(OLD)].concat()).with("content-length", "200000").with("etag", "\"new\"")
    }),
    ("shorter-than-announced", |_, _| Reply::ok(content(NEW)).with("content-length", "300000").with("etag", "\"new\"")),
    ("web-page", |_, _| Reply::ok("<html>log in</html>").with("content-type", "text/html; charset=utf-8")),
    ("without-an-end", |_, _| Reply::ok(&content(NEW)[..70_000]).unannounced()),
    ("compressed", |_, _| Reply::ok("not really").with("content-encoding", "gzip")),
    ("redirects", |_, before| Reply::redirect(format!("/{before}"))),
];

/// Short timeouts, so that sixty scenarios end within seconds.
fn hasty() -> HttpClient {
    let options = HttpOptions {
        timeout: Duration::from_millis(250),
        max_time: Duration::from_millis(1500),
        pause: Duration::from_millis(1),
        longest_pause: Duration::from_millis(2),
        ..client().options().clone()
    };
    HttpClient::new(options).unwrap()
}

fn prepare(folder: &Path, before: Before, file: &RemoteFile) {
    match before {
        Before::Nothing => {}
        Before::OldPart => {
            fs::write(folder.join(".data.bin.part"), &content(OLD)[..80_000]).unwrap();
            let origin = format!("{{\"url\":{:?},\"validator\":\"\\\"old\\\"\",\"total\":200000}}", file.url);
            fs::write(folder.join(".data.bin.part.json"), origin).unwrap();
        }
        Before::Record => {
            let good = Server::new(|asked, _| good(asked));
            let file = RemoteFile { url: good.url("/data"), ..file.clone() };
            let path = DownloadFolder::open(folder, client()).unwrap().get(&file, &mut |_| {}).unwrap();
            fs::remove_file(path).unwrap();
        }
    }
}

fn scenario(name: &str, behavior: Behavior, known: Known, before: Before) -> Result<(), DownloadError> {
    let server = Server::new(behavior);
    let entry = FileEntry::of_stream(&content(NEW)[..]).unwrap();
    let file = RemoteFile {
        bytes: (known != Known::Nothing).then_some(entry.bytes),
        sha256: (known == Known::Hash).then_some(entry.sha256),
        ..RemoteFile::at("data.bin", server.url("/data"))
    };
    let folder = scratch(&format!("hostile-{name}-{known:?}-{before:?}"));
    prepare(&folder, before, &file);
    let mut outcome = Ok(());
    // The second run takes up what the first one left.
    for run in 0..2 {
        let started = std::time::Instant::now();
        outcome = DownloadFolder::open(&folder, hasty()).unwrap().get(&file, &mut |_| {}).map(drop);
        assert!(started.elapsed() < Duration::from_secs(8), "{name}: {:?}", started.elapsed());
        let found = fs::read(folder.join("data.bin")).ok();
        match &outcome {
            Ok(()) => {
                assert!(found.as_deref() == Some(&content(NEW)), "{name} {known:?} {before:?} run {run}: wrong bytes")
            }
            Err(error) => assert!(found.is_none(), "{name} {known:?} {before:?} run {run}: {error}, and yet a file"),
        }
    }
    outcome
}

#[test]
fn sixty_scenarios_end_with_the_right_bytes_or_with_what_was_there() {
    let pairs = [(Known::Nothing, Before::OldPart), (Known::Length, Before::Record), (Known::Hash, Before::Nothing)];
    let scenarios: Vec<_> =
        BEHAVIORS.iter().flat_map(|(name, behavior)| pairs.map(|pair| (*name, *behavior, pair))).collect();
    assert_eq!(scenarios.len(), 60);
    let mut succeeded = Vec::new();
    std::thread::scope(|scope| {
        let run = |(name, behavior, (known, before)): (&'static str, Behavior, (Known, Before))| {
            scope.spawn(move || scenario(name, behavior, known, before).is_ok().then_some((name, known)))
        };
        for chunk in scenarios.chunks(12) {
            let running: Vec<_> = chunk.iter().map(|scenario| run(*scenario)).collect();
            succeeded.extend(running.into_iter().filter_map(|scenario| scenario.join().unwrap()));
        }
    });
    // Where the server finally sends the right bytes, there is a file in the end.
    for name in ["good", "if-range-ignored", "changes-meanwhile", "chunks", "another-part"] {
        assert_eq!(succeeded.iter().filter(|(found, _)| *found == name).count(), 3, "{name}: {succeeded:?}");
    }
    for name in ["nothing-left-always", "always-cut", "dripping", "silent", "web-page", "redirects"] {
        assert!(!succeeded.iter().any(|(found, _)| *found == name), "{name}");
    }
}

#[test]
fn a_recorded_hash_counts_when_the_file_comes_again() {
    let folder = scratch("hostile-recorded");
    let open = || DownloadFolder::open(&folder, client()).unwrap();
    let first = Server::new(|asked, _| good(asked));
    let path = open().get(&RemoteFile::at("data.bin", first.url("/data")), &mut |_| {}).unwrap();
    fs::remove_file(&path).unwrap();
    let other = Server::new(|asked, _| Reply::part_of(&content(OLD), "\"old\"", asked));
    let error = open().get(&RemoteFile::at("data.bin", other.url("/data")), &mut |_| {}).unwrap_err();
    assert!(matches!(error, DownloadError::Checksum { .. }), "{error}");
    assert!(!path.exists());
    open().get(&RemoteFile::at("data.bin", first.url("/data")), &mut |_| {}).unwrap();
    assert_eq!(fs::read(&path).unwrap(), content(NEW));
}

#[test]
fn a_weak_tag_tells_versions_apart_that_have_one_date() {
    let server = Server::new(|asked, before| {
        let (content, tag) = if before == 0 { (content(OLD), "W/\"old\"") } else { (content(NEW), "W/\"new\"") };
        let reply = match asked.from() {
            Some(from) => {
                let range = format!("bytes {from}-{}/{}", content.len() - 1, content.len());
                Reply { status: 206, ..Reply::ok(&content[from..]) }.with("content-range", range)
            }
            None => Reply::ok(content),
        };
        let reply = reply.with("etag", tag).with("last-modified", "Thu, 01 Jan 1970 00:00:00 GMT");
        if before == 0 { reply.cut_after(90_000) } else { reply }
    });
    let folder = scratch("hostile-weak");
    let file = RemoteFile::at("data.bin", server.url("/data"));
    let path = DownloadFolder::open(&folder, client()).unwrap().get(&file, &mut |_| {}).unwrap();
    assert!(fs::read(path).unwrap() == content(NEW), "the file is glued together from two versions");
}

#[test]
fn a_server_that_sends_a_byte_now_and_then_is_left_in_time() {
    let server = Server::new(|asked, _| good(asked).dripping(Duration::from_millis(30)));
    let folder = scratch("hostile-slow");
    let started = std::time::Instant::now();
    let file = RemoteFile::at("data.bin", server.url("/data"));
    let error = DownloadFolder::open(&folder, client()).unwrap().get(&file, &mut |_| {}).unwrap_err();
    assert!(matches!(error, DownloadError::TooSlow { .. }), "{error}");
    assert!(started.elapsed() < Duration::from_secs(8), "{:?}", started.elapsed());
    // A server that is fast enough, and never done: 300 kB in every attempt, of a file without an end.
    let endless = Server::new(|asked, _| {
        let from = asked.from().unwrap_or(0);
        let range = format!("bytes {from}-{}/*", from + 300_000);
        let reply = Reply { status: if from == 0 { 200 } else { 206 }, ..Reply::ok(vec![7; 300_000]) };
        reply.with("content-range", range).with("etag", "\"one\"").with("content-length", "99999999").cut_after(300_000)
    });
    let hasty = HttpOptions { max_time: Duration::from_millis(700), ..client().options().clone() };
    let folder = DownloadFolder::open(folder, HttpClient::new(hasty).unwrap()).unwrap();
    let error = folder.get(&RemoteFile::at("data.bin", endless.url("/data")), &mut |_| {}).unwrap_err();
    assert!(matches!(error, DownloadError::OutOfTime { .. } | DownloadError::TooLong { .. }), "{error}");
}

/// The error of a paged download from a server that answers page after page.
fn downloaded(name: &str, page: fn(usize) -> String) -> (String, usize) {
    let server = Server::new(move |asked, before| {
        Reply::ok(page(before).replace("{base}", &format!("http://{}", asked.header("host").unwrap())))
    });
    let base = server.url("");
    let folder = scratch(name).join("all");
    let query = OptimadeQuery::everything(&*base, OptimadeNames::as_written());
    let error = PagedDownload::complete(&client(), &query, &folder, Duration::ZERO, &mut |_| {}).unwrap_err();
    assert!(!folder.exists());
    (error.to_string().replace(&base, ""), server.asked().len())
}

#[test]
fn links_that_never_end_are_followed_no_further_than_something_new_comes() {
    let announced = downloaded("hostile-announced", |n| {
        format!(r#"{{"data": [{{"id": "{n}"}}], "links": {{"next": "{{base}}/{n}"}}, "meta": {{"data_returned": 3}}}}"#)
    });
    assert_eq!(announced, ("/2 links on after 4 of 3 entries".to_owned(), 4));
    let empty =
        downloaded("hostile-empty", |n| format!(r#"{{"data": [], "x": {n}, "links": {{"next": "{{base}}/{n}"}}}}"#));
    assert_eq!(empty, ("/1 links from page to page without anything new".to_owned(), 3));
    let same = downloaded("hostile-same", |n| {
        let link = if n == 0 { "{base}/a" } else { "?same" };
        format!(r#"{{"data": [{{}}], "links": {{"next": "{link}"}}}}"#)
    });
    assert!(same.0.contains("twice") || same.0.contains("without anything new"), "{same:?}");
}

/// A disk that is full is played by a limit on the size of files, which a shell sets for another process.
#[cfg(unix)]
#[test]
fn a_full_disk_leaves_what_was_there() {
    let variable = "S2S_TEST_SMALL_DISK";
    if let Ok(folder) = std::env::var(variable) {
        let server = Server::new(|asked, _| good(asked));
        let file = RemoteFile::at("data.bin", server.url("/data"));
        let error = DownloadFolder::open(folder, client()).unwrap().get(&file, &mut |_| {}).unwrap_err();
        assert!(matches!(error, DownloadError::Io { .. }), "{error}");
        return;
    }
    let folder = scratch("hostile-full");
    fs::write(folder.join("other.bin"), "as it was").unwrap();
    fs::write(folder.join(DownloadFolder::MANIFEST), b"{}").unwrap();
    fs::remove_file(folder.join(DownloadFolder::MANIFEST)).unwrap();
    let test = "download::hostile::a_full_disk_leaves_what_was_there";
    let run = std::process::Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 100; exec \"$0\" --exact \"$1\" --nocapture"])
        .arg(std::env::current_exe().unwrap())
        .arg(test)
        .env(variable, &folder)
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    assert!(!folder.join("data.bin").exists());
    assert_eq!(fs::read(folder.join("other.bin")).unwrap(), b"as it was");
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
}
