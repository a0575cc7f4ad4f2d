//! Downloads of files and of paged responses: verified, resumed where they broke off, installed whole or not at all.
//!
//! [`DownloadFolder`] fetches whole files; [`PagedDownload`] keeps the response to a query that a server sends page by page.
//! What one of them returns has its agreed length and hash, or there is an error and nothing under its final name.
//!
//! # How a file arrives
//!
//! ```text
//! GET ─▶ .name.part ─ length, SHA-256 ─ fsync ─ rename ─▶ name ─▶ downloads.json
//!          ▲   │ broken off, stalled, 5xx: wait, longer each time, and go on at this byte (Range, If-Range)
//!          └───┘
//! ```
//!
//! A file with a known hash is compared with it. Of one without, the hash is recorded when it first arrives, and from
//! then on the file that is there has to have it.
//!
//! # Offline
//!
//! With [`Access::Offline`], which [`HttpOptions::from_env`] takes from `S2S_OFFLINE`, no request is sent: what was
//! downloaded before is verified and used, everything else is [`DownloadError::Offline`].

mod archive;
mod client;
mod error;
mod folder;
mod install;
mod materials_project;
mod optimade;
mod options;
mod pace;
mod paged_download;
mod remote_file;
mod transfer;
mod url;

pub use self::{
    archive::read_zipped,
    client::HttpClient,
    error::DownloadError,
    folder::DownloadFolder,
    materials_project::MaterialsProjectQuery,
    optimade::OptimadeQuery,
    options::{Access, HttpOptions},
    paged_download::{Page, Paged, PagedDownload, PagedDownloadError},
    remote_file::RemoteFile,
    transfer::Progress,
};
