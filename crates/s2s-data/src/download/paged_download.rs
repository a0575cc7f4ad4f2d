//! Paged responses of servers: downloaded page by page, verified and resumed.

mod state;

use std::{
    collections::HashSet,
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use thiserror::Error;

use super::{
    Access, DownloadError, HttpClient, Progress,
    client::Request,
    install,
    url::{origin, resolve},
};
use crate::{Record, file::FileEntry, source::EntryError};
use state::{Journal, Line, State};

/// A query whose response comes page by page.
pub trait Paged {
    /// The address of the first page; it is all that the response depends on.
    fn first(&self) -> String;

    /// The name and value of a header that identifies the user; it is sent to the server of the first page alone, and written
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

/// Metadata of one page of a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Number of entries.
    pub entries: u64,
    /// Number of entries of all pages, where the server says so.
    pub total: Option<u64>,
    /// Address of the next page, absolute or seen from this one; nothing after the last.
    pub next: Option<String>,
}

/// Why a paged response is not complete, or cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PagedDownloadError {
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
    /// More pages than any response has.
    #[error("{url} is page {limit}, and there is no end")]
    TooManyPages {
        /// The address of the last page.
        url: String,
        /// How many pages are requested.
        limit: usize,
    },
    /// The folder holds the response to another query.
    #[error("{} holds the answer to {found}, not to {wanted}", path.display())]
    OtherQuestion {
        /// The folder.
        path: PathBuf,
        /// The question of the folder.
        found: String,
        /// The query now.
        wanted: String,
    },
    /// A stored page is not what it was.
    #[error("{} is not what was downloaded", path.display())]
    Damaged {
        /// The page.
        path: PathBuf,
    },
}

/// A complete response: a folder with its pages as they were received, and their hashes.
///
/// During the download its folder is `.name.part`, and each page adds a line to what is known of it; an interrupted run
/// goes on behind the last whole page. The folder under the final name is always complete.
#[derive(Debug)]
pub struct PagedDownload {
    folder: PathBuf,
    state: State,
}

/// A thousand large crystals take some tens of megabytes.
const PAGE_BYTES: u64 = 1 << 28;
/// The largest provider, five million entries, has fifty thousand pages of a hundred.
const MAX_PAGES: usize = 200_000;
/// Most pages of a response, so that an endless one does not fill the disk.
const LONGEST: u64 = 1 << 36;
/// Some servers link an empty page behind the last one; not several.
const MAX_EMPTY: usize = 2;

impl PagedDownload {
    /// The response in this folder, after requesting what is missing of it.
    ///
    /// Where the folder is there, its pages are verified and no request is sent; delete it to download again. `pause` is how long
    /// the server is left alone between two pages. `progress` counts entries.
    ///
    /// # Errors
    ///
    /// Any [`PagedDownloadError`]; then there is no folder of this name that was not there before.
    pub fn complete<Q: Paged + ?Sized>(
        client: &HttpClient,
        question: &Q,
        folder: &Path,
        pause: Duration,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<Self, PagedDownloadError> {
        let first = question.first();
        if folder.exists() {
            return Self { folder: folder.to_owned(), state: State::read(folder, &first)? }.verified();
        }
        if client.options().access == Access::Offline {
            return Err(DownloadError::Offline { path: folder.to_owned(), url: first }.into());
        }
        let part = install::beside(folder, "part");
        fs::create_dir_all(&part).map_err(DownloadError::io(&part))?;
        let (mut journal, state) = Journal::open(&part, &first)?;
        let mut paged = Self { folder: part, state }.verified()?;
        let mut asked: HashSet<String> = paged.state.pages.iter().filter_map(|page| page.source.clone()).collect();
        let name = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let mut held: u64 = paged.state.pages.iter().map(|page| page.bytes).sum();
        let limit = client.options().max_answer_time;
        let started = Instant::now();
        while let Some(url) = paged.state.next.clone() {
            if started.elapsed() > limit {
                return Err(DownloadError::OutOfTime { url, limit }.into());
            }
            if held > LONGEST {
                return Err(DownloadError::TooLong { url, limit: LONGEST }.into());
            }
            if !paged.state.pages.is_empty() {
                std::thread::sleep(pause);
            }
            asked.insert(url.clone());
            let (line, total) = paged.ask(client, question, &url, &asked)?;
            journal.append(&line)?;
            held += line.page.bytes;
            paged.state.push(line);
            progress(Progress { name: &name, done: paged.state.entries, total });
        }
        paged.state.write(&paged.folder)?;
        journal.remove()?;
        fs::rename(&paged.folder, folder).map_err(DownloadError::io(folder))?;
        install::sync_folder(folder)?;
        Ok(Self { folder: folder.to_owned(), ..paged })
    }

    /// Fetches and stores one page; returns its line, and how many entries there are in all.
    fn ask<Q: Paged + ?Sized>(
        &self,
        client: &HttpClient,
        question: &Q,
        url: &str,
        asked: &HashSet<String>,
    ) -> Result<(Line, Option<u64>), PagedDownloadError> {
        // Where a link leads to another server, it is sent no credentials.
        let secret = question.secret().filter(|_| origin(url) == origin(&self.state.question));
        let body = client.read_whole(&Request { url, secret, ..Request::default() }, PAGE_BYTES)?;
        let page = question.page(&body, self.state.entries);
        let page = page.map_err(|message| PagedDownloadError::Page { url: url.to_owned(), message })?;
        let (found, page_total) = (self.state.entries + page.entries, page.total);
        if page.next.is_none()
            && let Some(expected) = page.total.filter(|&total| total > found)
        {
            return Err(PagedDownloadError::Incomplete { url: url.to_owned(), expected, found });
        }
        let next = page.next.map(|next| resolve(url, &next));
        if let Some(next) = next.as_ref().filter(|next| asked.contains(*next)) {
            return Err(PagedDownloadError::Circle { url: next.clone() });
        }
        if let Some(expected) = page.total.filter(|&total| total < found) {
            return Err(PagedDownloadError::TooMany { url: url.to_owned(), expected, found });
        }
        let entry = FileEntry::of_stream(&body[..]).map_err(DownloadError::io(&self.folder))?;
        let pages = &self.state.pages;
        let empty = pages.iter().rev().take_while(|page| page.records == Some(0)).count();
        let repeated = pages.last().is_some_and(|last| last.sha256 == entry.sha256);
        if next.is_some() && (repeated || (page.entries == 0 && empty >= MAX_EMPTY)) {
            return Err(PagedDownloadError::NothingNew { url: url.to_owned() });
        }
        if pages.len() >= MAX_PAGES {
            return Err(PagedDownloadError::TooManyPages { url: url.to_owned(), limit: MAX_PAGES });
        }
        install::write(&self.page_path(pages.len()), &body)?;
        let page = FileEntry { records: Some(page.entries), source: Some(url.to_owned()), ..entry };
        Ok((Line { page, next }, page_total))
    }

    fn page_path(&self, page: usize) -> PathBuf {
        self.folder.join(format!("page-{:06}.json", page + 1))
    }

    fn verified(self) -> Result<Self, PagedDownloadError> {
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
    /// [`PagedDownloadError`] if it cannot be read or is not what it was.
    ///
    /// # Panics
    ///
    /// If `page` is not below [`num_pages`](Self::num_pages).
    pub fn page(&self, page: usize) -> Result<Vec<u8>, PagedDownloadError> {
        let path = self.page_path(page);
        let body = fs::read(&path).map_err(DownloadError::io(&path))?;
        let found = FileEntry::of_stream(&body[..]).map_err(DownloadError::io(&path))?;
        match found.sha256 == self.state.pages[page].sha256 {
            true => Ok(body),
            false => Err(PagedDownloadError::Damaged { path }),
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
    ) -> impl Iterator<Item = Result<Result<Record, EntryError>, PagedDownloadError>> + 'a {
        (0..self.num_pages()).flat_map(move |page| match self.page(page) {
            Ok(body) => question.records(&body).into_iter().map(Ok).collect::<Vec<_>>(),
            Err(error) => vec![Err(error)],
        })
    }
}
