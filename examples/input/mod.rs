//! Files of records and of measurements; what cannot be read in them is named on the standard error.

use std::{error::Error, fs::File, path::Path};

use s2s_data::{
    Record, RecordStream,
    table::{SuperCon, SuperConColumns},
};

/// The records of a file, every line of which is one.
#[allow(dead_code, reason = "not everything that learns is strict")]
pub(crate) fn records(path: &Path) -> Result<Vec<Record>, Box<dyn Error>> {
    records_but(0, path)
}

/// The records of a file in which so many lines may be bad; a damaged file is an error in any case.
#[allow(dead_code, reason = "not everything that learns is lenient")]
pub(crate) fn records_but(max_errors: u64, path: &Path) -> Result<Vec<Record>, Box<dyn Error>> {
    let mut records = RecordStream::open(path)?.with_max_errors(max_errors);
    let found =
        records.by_ref().collect::<Result<Vec<_>, _>>().map_err(|error| format!("{}: {error}", path.display()))?;
    records.errors().iter().for_each(|error| eprintln!("{}: {error}; skipped", path.display()));
    match records.num_errors() {
        0 => {}
        skipped => eprintln!("{}: {skipped} bad lines skipped of {}", path.display(), found.len() as u64 + skipped),
    }
    Ok(found)
}

/// The readable rows of SuperCon as `name,Tc`.
#[allow(dead_code, reason = "networks learn from structures alone")]
pub(crate) fn supercon(path: &Path) -> Result<SuperCon, Box<dyn Error>> {
    let table = SuperCon::read(File::open(path)?, &SuperConColumns::stanev())?;
    table.faults.iter().for_each(|fault| eprintln!("{}: {fault}; skipped", path.display()));
    Ok(table)
}
