//! The answer to a question that a server gives page by page.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{
    Access, DownloadError, HttpClient, Progress,
    client::Request,
    install,
    url::{origin, resolve},
};
use crate::{EntryError, FileEntry, Record};

/// A question that a server answers page by page.
pub trait Paged {
    /// The address of the first page; it is all that the answer depends on.
    fn first(&self) -> String;

    /// The name and value of a header that proves who asks; it is sent to the server of the first page alone, and written
    /// nowhere.
    fn secret(&self) -> Option<(&'static str, &str)> {
        None
    }

    /// What a page says about itself, when this many entries came before it.
    ///
    /// # Errors
    ///
    /// A sentence about what is wrong with the page.
    fn page(&self, body: &[u8], seen: u64) -> Result<Page, String>;

    /// The records of a page.
    fn records(&self, body: &[u8]) -> Vec<Result<Record, EntryError>>;
}

/// What a page of an answer says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Number of entries.
    pub entries: u64,
    /// Number of entries of all pages, where the server says so.
    pub total: Option<u64>,
    /// Address of the next page, absolute or seen from this one; nothing after the last.
    pub next: Option<String>,
}

/// Why an answer is not complete, or cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum HarvestError {
    /// A page could not be downloaded or stored.
    #[error(transparent)]
    Download(#[from] DownloadError),
    /// A page that is none.
    #[error("{url}: {message}")]
    Page {
        /// Its address.
        url: String,
        /// What is wrong with it.
        message: String,
    },
    /// The link to the next page leads back.
    #[error("{url} was linked as the next page twice")]
    Circle {
        /// The address that came twice.
        url: String,
    },
    /// The server ended before it had sent what it announced.
    #[error("{url} gave {found} of {expected} entries")]
    Incomplete {
        /// The address of the last page.
        url: String,
        /// The number that was announced.
        expected: u64,
        /// The number that came.
        found: u64,
    },
    /// The server sends more than it announced.
    #[error("{url} links on after {found} of {expected} entries")]
    TooMany {
        /// The address of the last page.
        url: String,
        /// The number that was announced.
        expected: u64,
        /// The number that came.
        found: u64,
    },
    /// Page after page brings nothing new: they are empty, or all the same.
    #[error("{url} links from page to page without anything new")]
    NothingNew {
        /// The address of the last page.
        url: String,
    },
    /// More pages than any answer has.
    #[error("{url} is page {limit}, and there is no end")]
    TooManyPages {
        /// The address of the last page.
        url: String,
        /// How many pages are asked for.
        limit: usize,
    },
    /// The folder holds the answer to another question.
    #[error("{} holds the answer to {found}, not to {wanted}", path.display())]
    OtherQuestion {
        /// The folder.
        path: PathBuf,
        /// The question of the folder.
        found: String,
        /// The question that was asked now.
        wanted: String,
    },
    /// A stored page is not what it was.
    #[error("{} is not what was downloaded", path.display())]
    Damaged {
        /// The page.
        path: PathBuf,
    },
}

/// A complete answer: a folder with its pages as they came, and what they are.
///
/// While the answer arrives its folder is `.name.part`; an interrupted run goes on behind the last whole page. The folder
/// under the final name is always complete.
#[derive(Debug)]
pub struct Harvest {
    folder: PathBuf,
    state: State,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    question: String,
    entries: u64,
    pages: Vec<FileEntry>,
    /// Address of the next page; nothing when all are there.
    next: Option<String>,
    /// Addresses of pages that came.
    asked: Vec<String>,
}

const STATE: &str = "harvest.json";
/// A thousand large crystals take some tens of megabytes.
const PAGE_BYTES: u64 = 1 << 28;
/// The largest provider, five million entries, has fifty thousand pages of a hundred.
const MAX_PAGES: usize = 200_000;
/// Some servers link an empty page behind the last one; not several.
const MAX_EMPTY: usize = 2;

impl Harvest {
    /// The answer in this folder, after asking for what is missing of it.
    ///
    /// Where the folder is there, its pages are verified and nothing is asked; delete it to ask again. `pause` is how long
    /// the server is left alone between two pages. `progress` counts entries.
    ///
    /// # Errors
    ///
    /// Any [`HarvestError`]; then there is no folder of this name that was not there before.
    pub fn complete<Q: Paged + ?Sized>(
        client: &HttpClient,
        question: &Q,
        folder: &Path,
        pause: Duration,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<Self, HarvestError> {
        let first = question.first();
        if folder.exists() {
            let harvest = Self { folder: folder.to_owned(), state: read_state(folder, &first)? };
            return harvest.verified();
        }
        if client.options().access == Access::Offline {
            return Err(DownloadError::Offline { path: folder.to_owned(), url: first }.into());
        }
        let part = install::beside(folder, "part");
        fs::create_dir_all(&part).map_err(DownloadError::io(&part))?;
        let mut harvest = if part.join(STATE).exists() {
            Self { state: read_state(&part, &first)?, folder: part }.verified()?
        } else {
            let state =
                State { next: Some(first.clone()), question: first, entries: 0, pages: Vec::new(), asked: Vec::new() };
            Self { folder: part, state }
        };
        let name = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        while let Some(url) = harvest.state.next.clone() {
            if !harvest.state.pages.is_empty() {
                std::thread::sleep(pause);
            }
            let total = harvest.ask(client, question, &url)?;
            progress(Progress { name: &name, done: harvest.state.entries, total });
        }
        fs::rename(&harvest.folder, folder).map_err(DownloadError::io(folder))?;
        install::sync_folder(folder)?;
        Ok(Self { folder: folder.to_owned(), ..harvest })
    }

    /// Fetches and stores one page, and says how many entries there are in all.
    fn ask<Q: Paged + ?Sized>(
        &mut self,
        client: &HttpClient,
        question: &Q,
        url: &str,
    ) -> Result<Option<u64>, HarvestError> {
        // Where a link leads to another server, it gets no secret.
        let secret = question.secret().filter(|_| origin(url) == origin(&self.state.question));
        let body = client.read_whole(&Request { url, secret, ..Request::default() }, PAGE_BYTES)?;
        let page = question.page(&body, self.state.entries);
        let page = page.map_err(|message| HarvestError::Page { url: url.to_owned(), message })?;
        let found = self.state.entries + page.entries;
        if page.next.is_none()
            && let Some(expected) = page.total.filter(|&total| total > found)
        {
            return Err(HarvestError::Incomplete { url: url.to_owned(), expected, found });
        }
        self.state.asked.push(url.to_owned());
        let next = page.next.map(|next| resolve(url, &next));
        if let Some(next) = next.as_ref().filter(|next| self.state.asked.contains(next)) {
            return Err(HarvestError::Circle { url: next.clone() });
        }
        if let Some(expected) = page.total.filter(|&total| total < found) {
            return Err(HarvestError::TooMany { url: url.to_owned(), expected, found });
        }
        let entry = FileEntry::of_stream(&body[..]).map_err(DownloadError::io(&self.folder))?;
        let pages = &self.state.pages;
        let empty = pages.iter().rev().take_while(|page| page.records == Some(0)).count();
        let repeated = pages.last().is_some_and(|last| last.sha256 == entry.sha256);
        if next.is_some() && (repeated || (page.entries == 0 && empty >= MAX_EMPTY)) {
            return Err(HarvestError::NothingNew { url: url.to_owned() });
        }
        if pages.len() >= MAX_PAGES {
            return Err(HarvestError::TooManyPages { url: url.to_owned(), limit: MAX_PAGES });
        }
        install::write(&self.page_path(self.state.pages.len()), &body)?;
        self.state.pages.push(FileEntry { records: Some(page.entries), source: Some(url.to_owned()), ..entry });
        (self.state.entries, self.state.next) = (found, next);
        let path = self.folder.join(STATE);
        let state = serde_json::to_vec_pretty(&self.state).map_err(|error| DownloadError::io(&path)(error.into()))?;
        install::write(&path, &state)?;
        Ok(page.total)
    }

    fn page_path(&self, page: usize) -> PathBuf {
        self.folder.join(format!("page-{:06}.json", page + 1))
    }

    fn verified(self) -> Result<Self, HarvestError> {
        (0..self.state.pages.len()).try_for_each(|page| self.page(page).map(drop))?;
        Ok(self)
    }

    /// Where the pages are.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Number of entries of all pages.
    pub fn num_entries(&self) -> u64 {
        self.state.entries
    }

    /// Number of pages.
    pub fn num_pages(&self) -> usize {
        self.state.pages.len()
    }

    /// Length and hash of every page and where it came from, for a manifest.
    pub fn pages(&self) -> &[FileEntry] {
        &self.state.pages
    }

    /// A page as it came; its hash was just checked.
    ///
    /// # Errors
    ///
    /// [`HarvestError`] if it cannot be read or is not what it was.
    ///
    /// # Panics
    ///
    /// If `page` is not below [`num_pages`](Self::num_pages).
    pub fn page(&self, page: usize) -> Result<Vec<u8>, HarvestError> {
        let path = self.page_path(page);
        let body = fs::read(&path).map_err(DownloadError::io(&path))?;
        let found = FileEntry::of_stream(&body[..]).map_err(DownloadError::io(&path))?;
        match found.sha256 == self.state.pages[page].sha256 {
            true => Ok(body),
            false => Err(HarvestError::Damaged { path }),
        }
    }

    /// The records of all pages in order, one page in memory at a time, as `question` reads them.
    ///
    /// # Errors
    ///
    /// Each item is a record, an entry that is none, or the page that could not be read.
    pub fn records<'a, Q: Paged + ?Sized>(
        &'a self,
        question: &'a Q,
    ) -> impl Iterator<Item = Result<Result<Record, EntryError>, HarvestError>> + 'a {
        (0..self.num_pages()).flat_map(move |page| match self.page(page) {
            Ok(body) => question.records(&body).into_iter().map(Ok).collect::<Vec<_>>(),
            Err(error) => vec![Err(error)],
        })
    }
}

fn read_state(folder: &Path, wanted: &str) -> Result<State, HarvestError> {
    let path = folder.join(STATE);
    let bytes = fs::read(&path).map_err(DownloadError::io(&path))?;
    let state: State = serde_json::from_slice(&bytes)
        .map_err(|error| DownloadError::io(&path)(io::Error::new(io::ErrorKind::InvalidData, error)))?;
    if state.question != wanted {
        let (path, found, wanted) = (folder.to_owned(), state.question, wanted.to_owned());
        return Err(HarvestError::OtherQuestion { path, found, wanted });
    }
    Ok(state)
}
