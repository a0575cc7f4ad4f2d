//! The input tables of critical temperatures, and what of them was not read as it is written.

use std::{
    collections::BTreeMap,
    io::{self, Read},
    path::Path,
};

use s2s_data::{
    Label,
    file::open_file,
    table::{TableColumn, TcRow, TcTable},
};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::failure::Failure;

/// The longest table that is read, in bytes.
const TABLE_BYTES: u64 = 64 << 20;

/// A table with the hash of its file.
pub(super) struct Input {
    pub(super) table: TcTable,
    name: String,
    sha256: String,
}

impl Input {
    /// Reads a table of which these columns must be there.
    pub(super) fn read(
        path: &Path,
        titles: &BTreeMap<TableColumn, String>,
        needed: &[TableColumn],
    ) -> Result<Self, Failure> {
        let failed = |source| Failure::file(path, source);
        let source: Box<dyn Read> = match path == Path::new("-") {
            true => Box::new(io::stdin()),
            false => Box::new(open_file(path).map_err(failed)?),
        };
        let mut bytes = Vec::new();
        source.take(TABLE_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
        if bytes.len() as u64 > TABLE_BYTES {
            let message = format!("{}: the table is longer than {} MiB", path.display(), TABLE_BYTES >> 20);
            return Err(Failure::usage(message));
        }
        let table = TcTable::read_columns(bytes.as_slice(), titles, needed)
            .map_err(|error| Failure::usage(format!("{}: {error}", path.display())))?;
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Self { table, name, sha256: format!("{:x}", Sha256::digest(&bytes)) })
    }

    /// The file, and its rows by what they say.
    pub(super) fn counts(&self) -> serde_json::Value {
        let rows = &self.table.rows;
        let count = |wanted: fn(&TcRow) -> bool| rows.iter().filter(|row| wanted(row)).count();
        json!({
            "name": self.name,
            "sha256": self.sha256,
            "rows": rows.len(),
            "lines_without_a_row": self.table.faults.len(),
            "superconductors": count(|row| row.kelvin() > Some(0.0)),
            "no_transition_down_to_a_limit": count(|row| row.label.is_some_and(|label| label.tested_to().is_some())),
            "none_reported": count(|row| row.label == Some(Label::NoneReported)),
            "without_a_tc": count(|row| row.label.is_none()),
            "with_a_year": count(|row| row.year.is_some()),
        })
    }

    /// Whether every line, formula and number was read, if only by an assumption.
    pub(super) fn is_complete(&self) -> bool {
        let read = |row: &TcRow| row.composition.is_ok() && row.unused == 0;
        self.table.faults.is_empty() && self.table.rows.iter().all(read)
    }

    /// One line for everything that was not read as it is written.
    pub(super) fn remarks(&self) -> Vec<String> {
        let rows = self.table.rows.iter().flat_map(|row| {
            let unread = row.composition.as_ref().err();
            unread.into_iter().chain(&row.remarks).map(|what| format!("{} row {}: {what}", self.name, row.row))
        });
        let faults = self.table.faults.iter().map(|fault| format!("{} {fault}", self.name));
        rows.chain(faults).collect()
    }
}
