//! The transfer of one file: partial file, resumption, verification, final name.

use std::{
    fmt,
    fs::{self, File, OpenOptions, TryLockError},
    io::{Read, Seek, SeekFrom, Write},
    path::Path,
    time::Instant,
};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{
    DownloadError, HttpClient, RemoteFile,
    client::{Answer, Request},
    install,
};
use crate::file::FileEntry;

/// How far a download is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress<'a> {
    /// The file.
    pub name: &'a str,
    /// Bytes that are there.
    pub done: u64,
    /// Bytes that there will be, where the server says so.
    pub total: Option<u64>,
}

impl fmt::Display for Progress<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.total {
            Some(total) if total > 0 => {
                write!(
                    f,
                    "{}: {} of {total} bytes, {} %",
                    self.name,
                    self.done,
                    u128::from(self.done) * 100 / u128::from(total)
                )
            }
            _ => write!(f, "{}: {} bytes", self.name, self.done),
        }
    }
}

/// No file of ours is longer, and no disk is filled by a server that never ends.
const LONGEST: u64 = 1 << 36;

/// What an unfinished file is a part of.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Origin {
    url: String,
    validator: String,
    /// A weak tag: versions with different ones differ, though equal ones need not be equal in every byte.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    weak: Option<String>,
    /// Length of the whole, where the server said so.
    #[serde(default)]
    total: Option<u64>,
}

/// Fetches a file that is not there.
pub(super) fn transfer(
    client: &HttpClient,
    file: &RemoteFile,
    path: &Path,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<FileEntry, DownloadError> {
    let (part_path, origin_path) = (install::beside(path, "part"), install::beside(path, "part.json"));
    let mut part = Part::open(file, &part_path, &origin_path)?;
    let fetched = if part.is_complete(file) {
        Ok(())
    } else {
        client.retry(&file.url, |got, deadline| {
            let attempt = part.attempt(client, file, deadline, progress);
            *got = part.done;
            attempt
        })
    };
    let entry = part.entry();
    let checked =
        fetched.and_then(|()| check(&file.name, file.bytes, file.sha256.as_deref(), entry.bytes, &entry.sha256));
    match checked {
        Ok(()) => {
            install::rename(&part.file, &part_path, path)?;
            drop(fs::remove_file(&origin_path));
            Ok(entry)
        }
        Err(error) => {
            // What a transient failure left is where the next run goes on, if it can be known to be the same file.
            let goes_on = error.is_transient() || matches!(error, DownloadError::OutOfTime { .. });
            if !goes_on || (file.sha256.is_none() && part.origin.validator.is_empty()) {
                drop(fs::remove_file(&part_path));
                drop(fs::remove_file(&origin_path));
            }
            Err(error)
        }
    }
}

/// Compares length and hash with those that a file must have, as far as they are known.
pub(super) fn check(
    name: &str,
    bytes: Option<u64>,
    sha256: Option<&str>,
    found_bytes: u64,
    found_sha256: &str,
) -> Result<(), DownloadError> {
    let name = name.to_owned();
    match (bytes, sha256) {
        (Some(expected), _) if expected != found_bytes => {
            Err(DownloadError::Length { name, expected, found: found_bytes })
        }
        (_, Some(expected)) if !expected.eq_ignore_ascii_case(found_sha256) => {
            Err(DownloadError::Checksum { name, expected: expected.to_owned(), found: found_sha256.to_owned() })
        }
        _ => Ok(()),
    }
}

/// An unfinished file, and the hash of what is there.
struct Part<'a> {
    path: &'a Path,
    origin_path: &'a Path,
    file: File,
    done: u64,
    hasher: Sha256,
    origin: Origin,
}

impl<'a> Part<'a> {
    /// Opens what an earlier run left, or begins anew if that cannot be known to be a part of the same file.
    fn open(remote: &RemoteFile, path: &'a Path, origin_path: &'a Path) -> Result<Self, DownloadError> {
        let opened = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path);
        let file = opened.map_err(DownloadError::io(path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(DownloadError::Busy { path: path.to_owned() }),
            Err(TryLockError::Error(error)) => return Err(DownloadError::io(path)(error)),
        }
        let known = fs::read(origin_path).ok().and_then(|bytes| serde_json::from_slice::<Origin>(&bytes).ok());
        let origin = known.filter(|origin| origin.url == remote.url);
        let mut part = Self { path, origin_path, file, done: 0, hasher: Sha256::new(), origin: Origin::default() };
        match origin {
            Some(origin) if remote.sha256.is_some() || !origin.validator.is_empty() => {
                part.origin = origin;
                let mut buffer = vec![0; 1 << 18];
                loop {
                    match part.file.read(&mut buffer).map_err(DownloadError::io(path))? {
                        0 => break,
                        read => {
                            part.hasher.update(&buffer[..read]);
                            part.done += read as u64;
                        }
                    }
                }
            }
            _ => part.restart()?,
        }
        Ok(part)
    }

    fn is_complete(&self, remote: &RemoteFile) -> bool {
        remote.bytes.is_some_and(|bytes| bytes == self.done)
    }

    fn restart(&mut self) -> Result<(), DownloadError> {
        self.file.set_len(0).map_err(DownloadError::io(self.path))?;
        self.file.seek(SeekFrom::Start(0)).map_err(DownloadError::io(self.path))?;
        (self.done, self.hasher, self.origin) = (0, Sha256::new(), Origin::default());
        Ok(())
    }

    /// Whether a response belongs to the file that the part is a part of: the same version, and of the same length.
    fn is_same(&self, remote: &RemoteFile, answer: &Answer, whole: Option<u64>) -> bool {
        let version = match &answer.validator {
            Some(found) if !self.origin.validator.is_empty() => *found == self.origin.validator,
            // Where one of the two is not stated, the hash of the whole will tell.
            _ => remote.sha256.is_some(),
        };
        let differs = matches!((&answer.weak, &self.origin.weak), (Some(found), Some(known)) if found != known);
        let version = version && !differs;
        let lengths = [whole, self.origin.total, remote.bytes];
        let mut known = lengths.into_iter().flatten();
        let first = known.next();
        version && known.all(|length| Some(length) == first)
    }

    /// Goes on at the end of what is there, or at the beginning if the server cannot or the file has changed.
    fn attempt(
        &mut self,
        client: &HttpClient,
        remote: &RemoteFile,
        deadline: Instant,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<(), DownloadError> {
        if self.done > 0 && remote.sha256.is_none() && self.origin.validator.is_empty() {
            self.restart()?;
        }
        let validator = self.origin.validator.clone();
        let from = (self.done > 0).then_some((self.done, validator.as_str()));
        let mut answer = client.send(&Request { url: &remote.url, from, secret: None, deadline: Some(deadline) })?;
        let total = match (answer.status, answer.part, from) {
            (206, Some((first, whole)), Some((from, _))) if first == from && self.is_same(remote, &answer, whole) => {
                whole.or(self.origin.total).or(answer.length.and_then(|length| from.checked_add(length)))
            }
            (416, Some((_, Some(whole))), Some((from, _)))
                if whole == from && self.is_same(remote, &answer, Some(whole)) =>
            {
                return Ok(());
            }
            (200, ..) => {
                if self.done > 0 {
                    self.restart()?;
                }
                answer.length
            }
            _ => {
                self.restart()?;
                return Err(DownloadError::WrongPart { url: answer.url().to_owned() });
            }
        };
        if remote.sha256.is_none() && remote.bytes.is_none() {
            let url = answer.url().to_owned();
            let wants_page = remote.name.ends_with(".html") || remote.name.ends_with(".htm");
            if answer.is_page && !wants_page {
                return Err(DownloadError::WebPage { url });
            }
            if total.is_none() && !answer.is_delimited {
                return Err(DownloadError::Undelimited { url });
            }
        }
        if self.done == 0 {
            let validator = answer.validator.clone().unwrap_or_default();
            self.origin = Origin { url: remote.url.clone(), validator, weak: answer.weak.clone(), total };
            let text = serde_json::to_vec(&self.origin).map_err(|e| DownloadError::io(self.origin_path)(e.into()))?;
            install::write(self.origin_path, &text)?;
        }
        let limit = remote.bytes.or(total).unwrap_or(LONGEST).min(LONGEST);
        let mut piece = Vec::new();
        loop {
            piece.clear();
            let read = answer.read_some(&mut piece);
            // What came before a failure is kept.
            self.file.write_all(&piece).map_err(DownloadError::io(self.path))?;
            self.hasher.update(&piece);
            self.done += piece.len() as u64;
            if !piece.is_empty() {
                progress(Progress { name: &remote.name, done: self.done, total });
            }
            if read? == 0 {
                break;
            }
            if self.done > limit {
                return Err(DownloadError::TooLong { url: answer.url().to_owned(), limit });
            }
        }
        match total {
            Some(expected) if self.done < expected => {
                Err(DownloadError::Truncated { url: answer.url().to_owned(), expected, found: self.done })
            }
            _ => Ok(()),
        }
    }

    fn entry(&self) -> FileEntry {
        let sha256 = self.hasher.clone().finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        FileEntry { bytes: self.done, sha256, records: None, source: None, licence: None }
    }
}
