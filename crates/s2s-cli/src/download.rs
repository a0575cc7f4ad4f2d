//! `s2s download`: data of others, fetched, verified and turned into JSON lines.
//!
//! ```text
//! s2s download s2s                                        # the authors' S2S set
//! s2s download mp2018                                     # 69,239 crystals, from figshare
//! MP_API_KEY=… s2s download mp --where chemsys=Nb-Sn      # the Materials Project's API
//! s2s download optimade https://oqmd.org/optimade --names oqmd --filter 'elements HAS "Nb"'
//! ```
//!
//! What was interrupted goes on where it was when the same command is run again. With `S2S_OFFLINE=1` nothing is asked and
//! what is at hand is verified. With the feature `parquet`, `--parquet` also writes a Parquet file.

use std::{
    io::{self, BufWriter, IsTerminal, Write},
    path::{Path, PathBuf},
    time::Duration,
};

use clap::{Args, Subcommand, ValueEnum};
use s2s_data::{
    AuthorsFiles, DownloadFolder, Harvest, HttpClient, HttpOptions, MaterialsProjectQuery, MaterialsProjectRecords,
    OptimadeNames, OptimadeQuery, Paged, Progress, Record, RecordWriter, RemoteFile, read_zipped,
};

use crate::{
    Status,
    console::{StandardOutput, note},
    destination::beside,
    failure::{AnyError, Failure},
};

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Where everything goes
    #[arg(long, default_value = "target/download", global = true, value_name = "DIR")]
    folder: PathBuf,
    /// Also write a Parquet file
    #[cfg(feature = "parquet")]
    #[arg(long, global = true)]
    parquet: bool,
    #[command(subcommand)]
    source: Source,
}

#[derive(Debug, Subcommand)]
enum Source {
    /// The authors' four files of S2S
    S2s,
    /// MP-2018.6.1
    Mp2018,
    /// Summary documents of the Materials Project, with the key in `MP_API_KEY`
    Mp {
        /// `name=value` of a parameter of the API; may be given several times
        #[arg(long = "where", value_name = "NAME=VALUE")]
        filters: Vec<String>,
    },
    /// Structures of an OPTIMADE provider
    Optimade {
        /// Base address of the provider
        base: String,
        /// Which structures, in OPTIMADE's language; all if there is none
        #[arg(long)]
        filter: Option<String>,
        /// Whose names the fields have
        #[arg(long, value_enum, default_value = "as-written")]
        names: Names,
        /// Entries on each page
        #[arg(long, default_value_t = 100)]
        page: u32,
        /// Pause between two pages, in milliseconds
        #[arg(long, default_value_t = 200)]
        pause: u64,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Names {
    AsWritten,
    Oqmd,
    Alexandria,
}

/// Entries that are none leave the status at "some could not be read".
pub(crate) fn run(options: Options) -> Result<Status, Failure> {
    let mut out = StandardOutput::lock();
    let complete = work(options, &mut out)?;
    out.flush()?;
    Ok(Status::of(complete))
}

/// Whether every entry of the source is a record.
fn work(options: Options, out: &mut impl Write) -> Result<bool, AnyError> {
    let client = HttpClient::new(HttpOptions::from_env())?;
    let folder = DownloadFolder::open(&options.folder, client.clone())?;
    let mut show = show;
    let (name, (records, bad)) = match options.source {
        Source::S2s => {
            let mut files = Vec::new();
            for file in RemoteFile::s2s() {
                files.push(std::fs::read(folder.get(&file, &mut show)?)?);
            }
            let [molecule, coordinates, lattice, labels] = &files[..] else { return Err("four files".into()) };
            ("s2s", (AuthorsFiles { molecule, coordinates, lattice, labels }.records()?, 0))
        }
        Source::Mp2018 => {
            let archive = folder.get(&RemoteFile::mp_2018(), &mut show)?;
            ("mp-2018", read_zipped(&archive, |member| kept(MaterialsProjectRecords::mp_2018(member)))?)
        }
        Source::Mp { filters } => {
            let query = MaterialsProjectQuery::from_env();
            let mut query = query.ok_or_else(|| format!("set {} to your key", MaterialsProjectQuery::KEY))?;
            for filter in filters {
                let (name, value) = filter.split_once('=').ok_or_else(|| format!("{filter:?} is not name=value"))?;
                query.filters.push((name.to_owned(), value.to_owned()));
            }
            ("mp", harvest(&client, &query, &options.folder.join("mp"), Duration::from_millis(100))?)
        }
        Source::Optimade { base, filter, names, page, pause } => {
            let names = match names {
                Names::AsWritten => OptimadeNames::as_written(),
                Names::Oqmd => OptimadeNames::oqmd(),
                Names::Alexandria => OptimadeNames::alexandria(),
            };
            let query = OptimadeQuery { filter, page_limit: page, ..OptimadeQuery::everything(base, names) };
            let pages = options.folder.join("optimade");
            ("optimade", harvest(&client, &query, &pages, Duration::from_millis(pause))?)
        }
    };
    writeln!(out, "{} records, {bad} entries that are none", records.len())?;
    let path = options.folder.join(format!("{name}.jsonl"));
    let mut writer = RecordWriter::new(BufWriter::new(beside(&path)?));
    records.iter().try_for_each(|record| writer.write(record))?;
    writer.finish()?.into_inner().map_err(io::IntoInnerError::into_error)?.persist(&path)?;
    writeln!(out, "{} records written to {}", records.len(), path.display())?;
    #[cfg(feature = "parquet")]
    if options.parquet {
        let path = options.folder.join(format!("{name}.parquet"));
        write_parquet(&path, &records)?;
        writeln!(out, "and to {}", path.display())?;
    }
    Ok(bad == 0)
}

/// All records of an answer, and how many entries are none.
fn harvest<Q: Paged>(
    client: &HttpClient,
    query: &Q,
    pages: &Path,
    pause: Duration,
) -> Result<(Vec<Record>, usize), AnyError> {
    let harvest = Harvest::complete(client, query, pages, pause, &mut show)?;
    let entries = harvest.records(query).collect::<Result<Vec<_>, _>>()?;
    Ok(kept(entries.into_iter()))
}

/// The records, and how many entries are none; each of these is named on standard error.
fn kept<E: std::fmt::Display>(entries: impl Iterator<Item = Result<Record, E>>) -> (Vec<Record>, usize) {
    let (mut records, mut bad) = (Vec::new(), 0_usize);
    for entry in entries {
        match entry {
            Ok(record) => records.push(record),
            Err(error) => {
                bad += 1;
                note(error);
            }
        }
    }
    (records, bad)
}

#[cfg(feature = "parquet")]
fn write_parquet(path: &Path, records: &[Record]) -> Result<(), AnyError> {
    let mut writer = s2s_data::ParquetWriter::new(BufWriter::new(beside(path)?))?;
    records.iter().try_for_each(|record| writer.push(record))?;
    writer.finish()?.into_inner().map_err(io::IntoInnerError::into_error)?.persist(path)?;
    Ok(())
}

/// One line that is written over; nothing where nobody looks.
fn show(progress: Progress<'_>) {
    if io::stderr().is_terminal() {
        let end = if progress.total == Some(progress.done) { "\n" } else { "" };
        let _ = write!(io::stderr(), "\r{progress}{end}");
    }
}
