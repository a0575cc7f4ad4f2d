//! A folder of downloaded files with a manifest of their hashes and sources.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{Access, DownloadError, HttpClient, Progress, RemoteFile, install, transfer};
use crate::file::{FileEntry, Manifest};

/// A folder with files of others, and a manifest of them.
///
/// # Examples
///
/// ```no_run
/// use s2s_data::download::{DownloadFolder, HttpClient, HttpOptions, RemoteFile};
///
/// let folder = DownloadFolder::open("data", HttpClient::new(HttpOptions::from_env())?)?;
/// let path = folder.get(&RemoteFile::mp_2018(), &mut |progress| println!("{progress}"))?;
/// # Ok::<(), s2s_data::download::DownloadError>(())
/// ```
#[derive(Debug)]
pub struct DownloadFolder {
    path: PathBuf,
    client: HttpClient,
}

impl DownloadFolder {
    /// The file that records what the others are.
    pub const MANIFEST: &str = "downloads.json";

    /// The folder at this path; it is made if it is not there.
    ///
    /// # Errors
    ///
    /// [`DownloadError::Io`] if it cannot be made.
    pub fn open(path: impl Into<PathBuf>, client: HttpClient) -> Result<Self, DownloadError> {
        let path = path.into();
        fs::create_dir_all(&path).map_err(DownloadError::io(&path))?;
        Ok(Self { path, client })
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What was downloaded into this folder, or put there and used.
    ///
    /// # Errors
    ///
    /// [`DownloadError::Io`] if the manifest cannot be read.
    pub fn manifest(&self) -> Result<Manifest, DownloadError> {
        let path = self.path.join(Self::MANIFEST);
        match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| DownloadError::io(&path)(error.into())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Manifest::new()),
            Err(error) => Err(DownloadError::io(&path)(error)),
        }
    }

    /// Where a file is, after fetching it if it is not there; in both cases its hash was just checked: against the one that
    /// is known, or else against the one that the manifest recorded when the file first came. To accept a new version of a
    /// file without a known hash, remove its entry from the manifest.
    ///
    /// `progress` is told after each piece. Two processes do not get in each other's way: one of them is refused.
    ///
    /// # Errors
    ///
    /// Any [`DownloadError`]; then there is nothing under the name of the file that was not there before.
    pub fn get(&self, file: &RemoteFile, progress: &mut dyn FnMut(Progress<'_>)) -> Result<PathBuf, DownloadError> {
        let path = self.path.join(&file.name);
        if Path::new(&file.name).file_name() != Some(file.name.as_ref()) {
            let error = std::io::Error::new(std::io::ErrorKind::InvalidInput, "the name of a file has no folders");
            return Err(DownloadError::Io { path, error });
        }
        let recorded = self.manifest()?.sources.remove(&file.name).map(|entry| entry.sha256);
        let entry = if path.exists() {
            let entry = FileEntry::of_stream(fs::File::open(&path).map_err(DownloadError::io(&path))?);
            let entry = entry.map_err(DownloadError::io(&path))?;
            let expected = file.sha256.as_ref().or(recorded.as_ref());
            transfer::check(&file.name, file.bytes, expected.map(String::as_str), entry.bytes, &entry.sha256)?;
            entry
        } else if self.client.options().access == Access::Offline {
            return Err(DownloadError::Offline { path, url: file.url.clone() });
        } else {
            // What came first is what a file is, also when it has to come again.
            let sha256 = file.sha256.clone().or(recorded.clone());
            transfer::transfer(&self.client, &RemoteFile { sha256, ..file.clone() }, &path, progress)?
        };
        if recorded.as_ref() != Some(&entry.sha256) {
            let (source, licence) = (Some(format!("{}; {}", file.source, file.url)), Some(file.licence.clone()));
            self.record(&file.name, FileEntry { source, licence, ..entry })?;
        }
        Ok(path)
    }

    /// Adds a file to the manifest, one process after the other.
    fn record(&self, name: &str, entry: FileEntry) -> Result<(), DownloadError> {
        let path = self.path.join(Self::MANIFEST);
        // Elsewhere a folder cannot be opened, and so not be locked.
        #[cfg(unix)]
        let _lock = fs::File::open(&self.path)
            .and_then(|folder| folder.lock().map(|()| folder))
            .map_err(DownloadError::io(&self.path))?;
        let mut manifest = self.manifest()?;
        manifest.sources.insert(name.to_owned(), entry);
        let text = serde_json::to_vec_pretty(&manifest).map_err(|error| DownloadError::io(&path)(error.into()))?;
        install::write(&path, &text)
    }
}
