//! `s2s download`: published data, downloaded, verified and converted to JSON lines.
//!
//! ```text
//! s2s download s2s                                        # the authors' S2S set
//! s2s download mp2018                                     # 69,239 crystals, from figshare
//! MP_API_KEY=… s2s download mp --where chemsys=Nb-Sn      # the Materials Project's API
//! s2s download optimade https://oqmd.org/optimade --names oqmd --filter 'elements HAS "Nb"'
//! ```
//!
//! What was interrupted goes on where it was when the same command is run again. With `S2S_OFFLINE=1` no request is sent and
//! what was downloaded before is verified. Memory does not grow with the response: records are written as their pages are read. With the feature `parquet`, `--parquet` also writes a Parquet file.

use std::{
    io::{self, BufWriter, IsTerminal, Write},
    path::{Path, PathBuf},
    time::Duration,
};

use clap::{Args, Subcommand, ValueEnum};
use s2s_crystal::Severity;
use s2s_data::{
    Record,
    download::{
        DownloadFolder, HttpClient, HttpOptions, MaterialsProjectQuery, OptimadeQuery, Paged, PagedDownload, Progress,
        RemoteFile, read_zipped,
    },
    record::RecordWriter,
    source::{AuthorsFiles, MaterialsProjectRecords, OptimadeNames},
};
use tempfile::NamedTempFile;

use crate::{
    Status,
    console::{StandardOutput, note},
    destination::beside,
    failure::{AnyError, Failure},
    input_path,
};

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Where everything goes
    #[arg(long, default_value = "target/download", global = true, value_name = "DIR", value_parser = input_path::named())]
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
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=100_000))]
        page: u32,
        /// Pause between two pages, in milliseconds
        #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u64).range(..=3_600_000))]
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
    let parquet = options.wants_parquet();
    let written = |name| Written::create(&options.folder, name, parquet);
    let written = match options.source {
        Source::S2s => {
            let mut files = Vec::new();
            for file in RemoteFile::s2s() {
                files.push(std::fs::read(folder.get(&file, &mut show)?)?);
            }
            let [molecule, coordinates, lattice, labels] = &files[..] else { return Err("four files".into()) };
            let records = AuthorsFiles { molecule, coordinates, lattice, labels }.records()?;
            written("s2s")?.all(records.into_iter().map(Ok::<_, std::convert::Infallible>))?
        }
        Source::Mp2018 => {
            let archive = folder.get(&RemoteFile::mp_2018(), &mut show)?;
            let written = written("mp-2018")?;
            read_zipped(&archive, |member| written.all(MaterialsProjectRecords::mp_2018(member)))??
        }
        Source::Mp { filters } => {
            let query = MaterialsProjectQuery::from_env();
            let mut query = query.ok_or_else(|| format!("set {} to your key", MaterialsProjectQuery::KEY))?;
            for filter in filters {
                let (name, value) = filter.split_once('=').ok_or_else(|| format!("{filter:?} is not name=value"))?;
                query.filters.push((name.to_owned(), value.to_owned()));
            }
            let pages = options.folder.join("mp");
            downloaded(&client, &query, &pages, Duration::from_millis(100), || written("mp"))?
        }
        Source::Optimade { base, filter, names, page, pause } => {
            let names = match names {
                Names::AsWritten => OptimadeNames::as_written(),
                Names::Oqmd => OptimadeNames::oqmd(),
                Names::Alexandria => OptimadeNames::alexandria(),
            };
            let query = OptimadeQuery { filter, page_limit: page, ..OptimadeQuery::everything(base, names) };
            let pages = options.folder.join("optimade");
            downloaded(&client, &query, &pages, Duration::from_millis(pause), || written("optimade"))?
        }
    };
    written.finish(out)
}

impl Options {
    #[cfg(feature = "parquet")]
    fn wants_parquet(&self) -> bool {
        self.parquet
    }

    #[cfg(not(feature = "parquet"))]
    fn wants_parquet(&self) -> bool {
        false
    }
}

/// All records of an answer, written one page after the other.
fn downloaded<Q: Paged>(
    client: &HttpClient,
    query: &Q,
    pages: &Path,
    pause: Duration,
    written: impl FnOnce() -> Result<Written, AnyError>,
) -> Result<Written, AnyError> {
    let downloaded = PagedDownload::complete(client, query, pages, pause, &mut show)?;
    let mut written = written()?;
    for entry in downloaded.records(query) {
        written.one(entry?)?;
    }
    Ok(written)
}

/// Files of records that grow as the records come, so that memory does not; they get their names in the end.
struct Written {
    path: PathBuf,
    lines: RecordWriter<BufWriter<NamedTempFile>>,
    #[cfg(feature = "parquet")]
    parquet: Option<(PathBuf, s2s_data::parquet::ParquetWriter<BufWriter<NamedTempFile>>)>,
    records: u64,
    /// Entries that are none.
    bad: u64,
    /// Warnings of the readers of structures.
    warnings: usize,
}

impl Written {
    #[cfg_attr(not(feature = "parquet"), expect(unused_variables, reason = "there is none"))]
    fn create(folder: &Path, name: &str, parquet: bool) -> Result<Self, AnyError> {
        let path = folder.join(format!("{name}.jsonl"));
        #[cfg(feature = "parquet")]
        let parquet = match parquet {
            true => {
                let path = folder.join(format!("{name}.parquet"));
                let writer = s2s_data::parquet::ParquetWriter::new(BufWriter::new(beside(&path)?))?;
                Some((path, writer))
            }
            false => None,
        };
        Ok(Self {
            lines: RecordWriter::new(BufWriter::new(beside(&path)?)),
            path,
            #[cfg(feature = "parquet")]
            parquet,
            records: 0,
            bad: 0,
            warnings: 0,
        })
    }

    /// Adds a record, or names an entry that is none on standard error.
    fn one<E: std::fmt::Display>(&mut self, entry: Result<Record, E>) -> Result<(), AnyError> {
        match entry {
            Ok(record) => {
                self.records += 1;
                self.warnings += record.diagnostics.iter().filter(|found| found.severity == Severity::Warning).count();
                self.lines.write(&record)?;
                #[cfg(feature = "parquet")]
                if let Some((_, parquet)) = &mut self.parquet {
                    parquet.push(&record)?;
                }
            }
            Err(error) => {
                self.bad += 1;
                note(error);
            }
        }
        Ok(())
    }

    fn all<E: std::fmt::Display>(mut self, entries: impl Iterator<Item = Result<Record, E>>) -> Result<Self, AnyError> {
        for entry in entries {
            self.one(entry)?;
        }
        Ok(self)
    }

    /// Gives the files their names; whether every entry was a record.
    fn finish(self, out: &mut impl Write) -> Result<bool, AnyError> {
        let Self { path, lines, records, bad, warnings, .. } = self;
        writeln!(out, "{records} records, {bad} entries that are none")?;
        if warnings > 0 {
            writeln!(out, "{warnings} warnings, kept as `diagnostics` of the records")?;
        }
        install(lines.finish()?, &path)?;
        writeln!(out, "{records} records written to {}", path.display())?;
        #[cfg(feature = "parquet")]
        if let Some((path, parquet)) = self.parquet {
            install(parquet.finish()?, &path)?;
            writeln!(out, "and to {}", path.display())?;
        }
        Ok(bad == 0)
    }
}

fn install(file: BufWriter<NamedTempFile>, path: &Path) -> io::Result<()> {
    let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.as_file().sync_data()?;
    file.persist(path)?;
    Ok(())
}

/// One line that is written over; nothing where standard error is no terminal.
fn show(progress: Progress<'_>) {
    if io::stderr().is_terminal() {
        let end = if progress.total == Some(progress.done) { "\n" } else { "" };
        let _ = write!(io::stderr(), "\r{progress}{end}");
    }
}
