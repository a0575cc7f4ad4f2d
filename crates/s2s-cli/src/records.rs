//! Records that a command holds in memory, with limits on bad lines and memory.

use std::{mem::size_of, path::Path};

use clap::Args;
use s2s_crystal::Site;
use s2s_data::{Record, RecordStream};

use crate::{console::note, failure::Failure};

/// Limits on a file of records.
#[derive(Clone, Debug, Args)]
pub(crate) struct HeldRecords {
    /// Bad lines that are skipped and named; one more ends the command, as a damaged file does
    #[arg(long, value_name = "N", default_value_t = 0)]
    max_errors: u64,
    /// Memory that the records may take in MB: this command holds all of them at once, some 2 kB each, and as much again to
    /// work with them
    #[arg(long, value_name = "MB", default_value_t = 4096, value_parser = clap::value_parser!(u64).range(1..=1 << 24))]
    max_memory: u64,
}

impl HeldRecords {
    /// All records of a file, and how many bad lines were skipped.
    ///
    /// # Errors
    ///
    /// If the file is damaged, has more bad lines, or its records take more memory.
    pub(crate) fn read(&self, path: &Path) -> Result<(Vec<Record>, u64), Failure> {
        let mut stream = RecordStream::open(path)?.with_max_errors(self.max_errors);
        let (mut records, mut held) = (Vec::new(), 0_u64);
        for record in stream.by_ref() {
            let record = record.map_err(|error| Failure::usage(format!("{}: {error}", path.display())))?;
            held += size(&record);
            if held > self.max_memory << 20 {
                return Err(Failure::usage(format!(
                    "{}: the first {} records take more than {} MB; --max-memory sets another limit",
                    path.display(),
                    records.len(),
                    self.max_memory
                )));
            }
            records.push(record);
        }
        stream.errors().iter().for_each(|error| note(format_args!("{}: {error}; skipped", path.display())));
        if stream.num_errors() > 0 {
            note(format_args!("{}: {} bad lines skipped", path.display(), stream.num_errors()));
        }
        Ok((records, stream.num_errors()))
    }
}

/// Bytes that a record takes, the allocator's own left out.
fn size(record: &Record) -> u64 {
    // A site has its occupants in a list of its own.
    let sites = record.crystal.num_sites() * (size_of::<Site>() + 48);
    let extra = if record.extra.is_empty() { 0 } else { 200 * record.extra.len() };
    (size_of::<Record>() + sites + record.formula.len() + record.id.as_str().len() + extra) as u64
}
