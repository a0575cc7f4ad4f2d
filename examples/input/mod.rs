//! Files of records and of measurements; what cannot be read in them is named on the standard error.

use std::{error::Error, fs::File, path::Path};

use s2s_data::{Record, RecordStream, SuperCon, SuperConColumns};

/// The readable records of a file.
pub(crate) fn records(path: &Path) -> Result<Vec<Record>, Box<dyn Error>> {
    let mut records = Vec::new();
    for record in RecordStream::open(path)? {
        match record {
            Ok(record) => records.push(record),
            Err(error) => eprintln!("{}: {error}; skipped", path.display()),
        }
    }
    Ok(records)
}

/// The readable rows of SuperCon as `name,Tc`.
#[allow(dead_code, reason = "networks learn from structures alone")]
pub(crate) fn supercon(path: &Path) -> Result<SuperCon, Box<dyn Error>> {
    let table = SuperCon::read(File::open(path)?, &SuperConColumns::stanev())?;
    table.faults.iter().for_each(|fault| eprintln!("{}: {fault}; skipped", path.display()));
    Ok(table)
}
