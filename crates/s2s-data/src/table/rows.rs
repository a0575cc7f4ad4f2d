//! Rows below the header of a table, numbered from 1.

use std::io::Read;

use super::{
    TableColumn, TableError,
    lines::{Fields, TABLE_BYTES, TableLines},
};

/// The header of a table and the rows below it.
#[derive(Debug)]
pub(crate) struct TableRows<R> {
    lines: TableLines<R>,
    header: Vec<String>,
    /// Columns whose titles the first row may hold again.
    titled: Vec<(TableColumn, usize)>,
    row: u32,
}

impl<R: Read> TableRows<R> {
    /// Reads the header; a table without one has no columns.
    pub(crate) fn new(source: R, delimiter: u8, comment: Option<u8>) -> Result<Self, TableError> {
        let mut lines = TableLines::new(source, delimiter, comment);
        let header = match lines.next_row()? {
            None => Vec::new(),
            Some(fields) => fields.map_err(|reason| TableError::Header { reason })?,
        };
        Ok(Self { lines, header, titled: Vec::new(), row: 0 })
    }

    /// The titles.
    pub(crate) fn header(&self) -> &[String] {
        &self.header
    }

    /// Passes over a first row that holds titles of these columns, as in the published table of NIMS.
    pub(crate) fn skip_second_header(&mut self, columns: impl IntoIterator<Item = (TableColumn, usize)>) {
        self.titled = columns.into_iter().collect();
    }

    /// What separates the columns.
    pub(crate) fn delimiter(&self) -> u8 {
        self.lines.delimiter()
    }

    /// The next row and its number, or what is wrong with its line; `None` at the end.
    pub(crate) fn next_row(&mut self) -> Result<Option<(u32, Fields)>, TableError> {
        let next = self.next_fields()?;
        Ok(next.map(|(row, fields)| (row, fields.and_then(|fields| self.check_width(&fields).map(|()| fields)))))
    }

    /// As [`Self::next_row`], with as many fields as the line has.
    pub(crate) fn next_fields(&mut self) -> Result<Option<(u32, Fields)>, TableError> {
        while let Some(fields) = self.lines.next_row()? {
            let titled = std::mem::take(&mut self.titled);
            let is_title = |fields: &[String], &(column, index): &(TableColumn, usize)| column.is_title(&fields[index]);
            if let Ok(fields) = &fields
                && !titled.is_empty()
                && self.check_width(fields).is_ok()
                && titled.iter().all(|title| is_title(fields, title))
            {
                continue;
            }
            self.row += 1;
            return Ok(Some((self.row, fields)));
        }
        Ok(None)
    }

    /// One sentence if a row has not as many fields as the header.
    pub(crate) fn check_width(&self, fields: &[String]) -> Result<(), String> {
        let width = self.header.len();
        let plural = if fields.len() == 1 { "" } else { "s" };
        if fields.len() == width {
            Ok(())
        } else {
            Err(format!("{} field{plural}, the header has {width}", fields.len()))
        }
    }
}

impl<'t> TableRows<&'t [u8]> {
    /// Reads the header of a table whose columns are separated by commas, semicolons or tabs: of these, the one that its first line
    /// has most often.
    pub(crate) fn detect(table: &'t [u8]) -> Result<Self, TableError> {
        Self::new(table, separator_of(table), None)
    }
}

/// Of comma, semicolon and tab the one that the first line of a table has most often.
pub fn separator_of(table: &[u8]) -> u8 {
    let first = table.split(|byte| matches!(byte, b'\n' | b'\r')).find(|line| !line.is_empty()).unwrap_or_default();
    let count = |wanted: u8| first.iter().filter(|byte| **byte == wanted).count();
    [b',', b';', b'\t'].into_iter().rev().max_by_key(|delimiter| count(*delimiter)).unwrap_or(b',')
}

/// The bytes of a table, and one more where it is too long.
pub(crate) fn bytes_of(source: impl Read) -> Result<Vec<u8>, TableError> {
    let mut bytes = Vec::new();
    source.take(TABLE_BYTES + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}
