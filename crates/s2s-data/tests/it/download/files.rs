use std::{fs, path::Path};

use s2s_data::{
    download::{DownloadError, DownloadFolder, RemoteFile, read_zipped},
    file::FileEntry,
    source::MaterialsProjectRecords,
};

use super::{
    client,
    loopback::{Reply, Server},
    offline, scratch,
};

/// Longer than what is read at once, and not the same anywhere.
fn content() -> Vec<u8> {
    (0..300_000_u32).flat_map(|i| (i.wrapping_mul(2_654_435_761) >> 7).to_le_bytes()).collect()
}

/// The file that the server should give.
fn pinned(server: &Server) -> RemoteFile {
    let entry = FileEntry::of_stream(&content()[..]).unwrap();
    RemoteFile {
        bytes: Some(entry.bytes),
        sha256: Some(entry.sha256),
        ..RemoteFile::at("data.bin", server.url("/data"))
    }
}

fn open(path: &Path) -> DownloadFolder {
    DownloadFolder::open(path, client()).unwrap()
}

/// The error of a download that leaves nothing under the final name, and nothing beside it either unless it can go on.
#[track_caller]
fn failing(name: &str, file: &RemoteFile) -> DownloadError {
    let folder = scratch(name);
    let error = open(&folder).get(file, &mut |_| {}).unwrap_err();
    assert!(!folder.join("data.bin").exists(), "{error}");
    assert!(!folder.join(DownloadFolder::MANIFEST).exists(), "{error}");
    let left = fs::read_dir(&folder).unwrap().count();
    assert!(left == 0 || error.is_transient(), "{error}: {left} files left");
    error
}

#[test]
fn a_file_arrives_whole_with_progress_and_a_record_of_it() {
    let server = Server::new(|_, _| Reply::ok(content()));
    let (folder, file) = (scratch("whole"), pinned(&server));
    let mut steps = Vec::new();
    let path = open(&folder).get(&file, &mut |p| steps.push((p.done, p.total))).unwrap();
    assert_eq!(fs::read(path).unwrap(), content());
    let length = content().len() as u64;
    assert_eq!(steps.last(), Some(&(length, Some(length))));
    assert!(steps.len() > 10 && steps.is_sorted());
    let manifest = open(&folder).manifest().unwrap();
    assert_eq!(Some(&manifest.sources["data.bin"].sha256), file.sha256.as_ref());
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 2);
    // It is there now: no request is sent.
    open(&folder).get(&file, &mut |_| {}).unwrap();
    assert_eq!(server.asked().len(), 1);
}

#[test]
fn a_flipped_byte_is_refused() {
    let server = Server::new(|_, _| {
        let mut body = content();
        body[1_000_000] ^= 1;
        Reply::ok(body)
    });
    let file = pinned(&server);
    let error = failing("flipped", &file);
    let DownloadError::Checksum { expected, found, .. } = &error else { panic!("{error}") };
    assert_eq!(error.to_string(), format!("data.bin has the SHA-256 {found}, expected {expected}"));
    assert_eq!(Some(expected), file.sha256.as_ref());
    assert_eq!(server.asked().len(), 1);
}

#[test]
fn a_file_of_another_length_is_refused() {
    let server = Server::new(|_, _| Reply::ok("not the file"));
    assert_eq!(failing("short", &pinned(&server)).to_string(), "data.bin has 12 bytes, expected 1200000");
    let server = Server::new(|_, _| Reply::ok([content(), content()].concat()));
    let url = server.url("/data");
    assert_eq!(failing("long", &pinned(&server)).to_string(), format!("{url} sent more than 1200000 bytes"));
}

#[test]
fn a_truncated_body_goes_on_where_it_broke_off() {
    let server = Server::new(|asked, before| {
        let reply = Reply::part_of(&content(), "\"one\"", asked);
        if before < 2 { reply.cut_after(500_001) } else { reply }
    });
    let folder = scratch("resumed");
    let path = open(&folder).get(&pinned(&server), &mut |_| {}).unwrap();
    assert_eq!(fs::read(path).unwrap(), content());
    let from: Vec<_> = server.asked().iter().map(|asked| asked.from()).collect();
    assert_eq!(from, [None, Some(500_001), Some(1_000_002)]);
    assert_eq!(server.asked()[1].header("if-range"), Some("\"one\""));
}

#[test]
fn an_interrupted_run_is_taken_up_by_the_next_one() {
    let server = Server::new(|asked, before| {
        let reply = Reply::part_of(&content(), "\"one\"", asked);
        // The first run is cut off thirty bytes later each time, which is not worth another try.
        if before < 3 { reply.cut_after(if before == 0 { 700_000 } else { 30 }) } else { reply }
    });
    // Nothing is known about the file but its version.
    let (folder, file) = (scratch("taken-up"), RemoteFile::at("data.bin", server.url("/data")));
    let error = open(&folder).get(&file, &mut |_| {}).unwrap_err();
    let message = format!("{} broke off after 700060 of 1200000 bytes", file.url);
    assert_eq!(error.to_string(), message);
    assert!(!folder.join("data.bin").exists());
    let path = open(&folder).get(&file, &mut |_| {}).unwrap();
    assert_eq!(fs::read(path).unwrap(), content());
    assert_eq!(server.asked().last().unwrap().from(), Some(700_060));
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 2);
}

#[test]
fn a_file_that_changed_meanwhile_is_fetched_anew() {
    let server = Server::new(|asked, before| match before {
        0 => Reply::part_of(&vec![7; 900_000], "\"old\"", asked).cut_after(600_000),
        _ => Reply::part_of(&content(), "\"new\"", asked),
    });
    let file = RemoteFile::at("data.bin", server.url("/data"));
    let path = open(&scratch("changed")).get(&file, &mut |_| {}).unwrap();
    assert_eq!(fs::read(path).unwrap(), content());
    assert_eq!(server.asked().len(), 2);
}

#[test]
fn a_server_without_ranges_is_asked_from_the_beginning() {
    let server = Server::new(|_, before| {
        let reply = Reply::ok(content());
        if before == 0 { reply.cut_after(600_000) } else { reply }
    });
    let path = open(&scratch("no-range")).get(&pinned(&server), &mut |_| {}).unwrap();
    assert_eq!(fs::read(path).unwrap(), content());
    assert_eq!(server.asked()[1].from(), Some(600_000));
}

#[test]
fn a_server_that_sends_another_part_is_asked_from_the_beginning() {
    let server = Server::new(|asked, before| match (before, asked.from()) {
        (0, _) => Reply::ok(content()).cut_after(600_000),
        (_, Some(_)) => {
            Reply { status: 206, ..Reply::ok(&content()[5..]) }.with("content-range", "bytes 5-1199999/1200000")
        }
        _ => Reply::ok(content()),
    });
    let path = open(&scratch("wrong-part")).get(&pinned(&server), &mut |_| {}).unwrap();
    assert_eq!(fs::read(path).unwrap(), content());
}

#[test]
fn a_body_that_is_always_cut_is_an_error() {
    let server = Server::new(|_, _| Reply::ok(content()).cut_after(100));
    let message = format!("{} broke off after 100 of 1200000 bytes", server.url("/data"));
    assert_eq!(failing("cut", &pinned(&server)).to_string(), message);
    assert_eq!(server.asked().len(), 3);
    // Of a file whose version is unknown, the part is worth nothing and is not kept.
    let (folder, file) = (scratch("cut-unknown"), RemoteFile::at("data.bin", server.url("/data")));
    assert_eq!(open(&folder).get(&file, &mut |_| {}).unwrap_err().to_string(), message);
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
}

#[test]
fn a_stalled_server_is_an_error_in_time() {
    let server = Server::new(|_, _| Reply::ok(content()).stalled_after(100));
    let started = std::time::Instant::now();
    let message = format!("{} sent nothing for 400ms", server.url("/data"));
    assert_eq!(failing("stalled", &pinned(&server)).to_string(), message);
    assert!(started.elapsed().as_secs_f64() < 2.9, "{:?}", started.elapsed());
    // The same before the first byte.
    let server = Server::new(|_, _| {
        std::thread::sleep(std::time::Duration::from_secs(2));
        Reply::ok(content())
    });
    let message = format!("{} sent nothing for 400ms", server.url("/data"));
    assert_eq!(failing("silent", &pinned(&server)).to_string(), message);
}

#[test]
fn a_missing_file_is_not_asked_for_again() {
    let server = Server::new(|_, _| Reply { body: br#"{"message": "no such file"}"#.to_vec(), ..Reply::status(404) });
    let message = format!("{} answered 404: no such file", server.url("/data"));
    assert_eq!(failing("missing", &pinned(&server)).to_string(), message);
    assert_eq!(server.asked().len(), 1);
}

#[test]
fn a_busy_server_is_asked_again_and_again_up_to_a_limit() {
    let server =
        Server::new(
            |_, before| {
                if before < 2 { Reply::status(503).with("retry-after", "0") } else { Reply::ok(content()) }
            },
        );
    open(&scratch("busy")).get(&pinned(&server), &mut |_| {}).unwrap();
    let server = Server::new(|_, _| Reply::status(429));
    let message = format!("{} answered 429", server.url("/data"));
    assert_eq!(failing("too-busy", &pinned(&server)).to_string(), message);
    assert_eq!(server.asked().len(), 3);
}

#[test]
fn redirections_are_followed_but_not_for_ever() {
    let server = Server::new(|asked, _| match asked.path.as_str() {
        "/data" => Reply::redirect("/moved?to=there"),
        _ => Reply::ok(content()),
    });
    let path = open(&scratch("redirected")).get(&pinned(&server), &mut |_| {}).unwrap();
    assert_eq!(fs::read(path).unwrap(), content());

    let server = Server::new(|asked, _| Reply::redirect(if asked.path == "/data" { "/other" } else { "/data" }));
    let message = format!("{} redirects in a circle", server.url("/data"));
    assert_eq!(failing("circle", &pinned(&server)).to_string(), message);

    let server = Server::new(|_, before| Reply::redirect(format!("/{before}")));
    let message = format!("{} redirects more than 10 times", server.url("/data"));
    assert_eq!(failing("endless", &pinned(&server)).to_string(), message);
}

#[test]
fn nobody_listening_is_an_error() {
    let file = pinned(&Server::new(|_, _| Reply::status(500)));
    let error = failing("nobody", &file);
    assert!(matches!(error, DownloadError::Connection { .. }), "{error}");
}

#[test]
fn what_is_no_address_or_no_name_is_refused() {
    let file = RemoteFile::at("data.bin", "ftp://example.org/data");
    assert_eq!(failing("ftp", &file).to_string(), "\"ftp://example.org/data\" is no address that can be asked");
    let file = RemoteFile::at("../data.bin", "http://127.0.0.1:1/");
    let message = failing("folders", &file).to_string();
    assert!(message.ends_with("the name of a file has no folders"), "{message}");
}

#[test]
fn offline_uses_what_is_there_and_asks_nobody() {
    let server = Server::new(|_, _| Reply::ok(content()));
    let (folder, file) = (scratch("offline"), pinned(&server));
    let away = DownloadFolder::open(&folder, offline()).unwrap();
    let path = folder.join("data.bin");
    let message = format!("offline, and {} is not at hand; it comes from {}", path.display(), file.url);
    assert_eq!(away.get(&file, &mut |_| {}).unwrap_err().to_string(), message);
    fs::write(&path, content()).unwrap();
    assert_eq!(away.get(&file, &mut |_| {}).unwrap(), path);
    assert!(server.asked().is_empty());
}

#[test]
fn a_file_that_was_changed_later_is_refused() {
    let server = Server::new(|_, _| Reply::ok(content()));
    let folder = scratch("changed-later");
    // No hash is known beforehand: the one of the first arrival counts.
    let file = RemoteFile::at("data.bin", server.url("/data"));
    let path = open(&folder).get(&file, &mut |_| {}).unwrap();
    let mut bytes = content();
    bytes[77] ^= 1;
    fs::write(&path, &bytes).unwrap();
    let error = open(&folder).get(&file, &mut |_| {}).unwrap_err();
    assert!(matches!(error, DownloadError::Checksum { .. }), "{error}");
    assert_eq!(fs::read(&path).unwrap(), bytes, "what is there is not ours to delete");
}

#[test]
fn two_downloads_of_one_file_do_not_mix() {
    let server = Server::new(|_, _| Reply::ok(content()));
    let folder = scratch("two");
    let part = folder.join(".data.bin.part");
    let other = fs::File::create(&part).unwrap();
    other.lock().unwrap();
    let error = open(&folder).get(&pinned(&server), &mut |_| {}).unwrap_err();
    assert_eq!(error.to_string(), format!("another process is writing {}", part.display()));
}

#[test]
fn every_published_file_is_described() {
    let files = [vec![RemoteFile::mp_2018()], RemoteFile::s2s().to_vec()].concat();
    for file in files {
        assert!(file.url.starts_with("https://") && !file.source.is_empty() && !file.licence.is_empty(), "{file:?}");
    }
}

#[test]
fn an_archive_is_read_without_unpacking_it_and_its_checksum_counts() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/materials_project/mp_2018.json.zip");
    let ids = |path: &Path| {
        read_zipped(path, |member| {
            MaterialsProjectRecords::mp_2018(member).filter_map(|r| Some(r.ok()?.id.to_string())).collect::<Vec<_>>()
        })
    };
    assert_eq!(ids(&path).unwrap(), ["mp-75", "mp-22862"]);
    let whole = fs::read(&path).unwrap();
    let damaged = scratch("archive").join("damaged.zip");
    // Every byte of the compressed content, which begins behind a header of 30 bytes and the name.
    for byte in 42..whole.len() - 80 {
        let mut bytes = whole.clone();
        bytes[byte] ^= 4;
        fs::write(&damaged, bytes).unwrap();
        assert!(ids(&damaged).is_err(), "byte {byte}");
    }
}
