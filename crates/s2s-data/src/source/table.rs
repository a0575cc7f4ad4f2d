//! A table of measurements whose structures are files, as ICSD users and 3DSC have them.

use std::{
    io::Read,
    path::{Path, PathBuf},
};

use s2s_crystal::{ParseError, ReadOptions, read};
use serde_json::Value;
use thiserror::Error;

use super::folder::read_file;
use crate::{
    Evidence, Kelvin, Label, MatchTier, Record, TableError,
    excerpt::excerpt,
    table_header::{header_of, place_of},
    table_lines::{TableLines, of_width},
};

/// Which columns of a table hold what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StructureTableColumns {
    /// The structure file. Folders in front of its name are ignored: it is looked for in the folder that is given.
    pub file: String,
    /// The identifier; without one, the name of the file up to its last dot.
    pub id: Option<String>,
    /// The formula; without one, that of the atoms.
    pub formula: Option<String>,
    /// The transition temperature in K: zero means that none was found, nothing that nobody looked.
    pub tc: Option<String>,
    /// 1 for a superconductor, 0 for anything not listed as one; where there is a temperature, it must not contradict it.
    pub label: Option<String>,
    /// Share of the atoms in which the sample and the structure differ.
    pub difference: Option<String>,
    /// Weight among the structures that carry the same label.
    pub weight: Option<String>,
    /// Columns that are kept in [`Record::extra`].
    pub kept: Vec<String>,
    /// What separates the columns.
    pub delimiter: u8,
    /// What a line begins with that is no row.
    pub comment: Option<u8>,
}

impl StructureTableColumns {
    /// A table with nothing but a column of files.
    pub fn of_files(file: impl Into<String>) -> Self {
        Self {
            file: file.into(),
            id: None,
            formula: None,
            tc: None,
            label: None,
            difference: None,
            weight: None,
            kept: Vec::new(),
            delimiter: b',',
            comment: None,
        }
    }

    /// `3DSC_MP.csv` and `3DSC_ICSD.csv` of Sommer et al., Sci. Data 10, 816 (2023).
    pub fn three_dsc() -> Self {
        Self {
            tc: Some("tc".into()),
            difference: Some("totreldiff".into()),
            weight: Some("weight".into()),
            kept: ["formula_sc", "sc_class"].map(str::to_owned).to_vec(),
            comment: Some(b'#'),
            ..Self::of_files("cif")
        }
    }
}

/// A row that is no record, and why.
#[derive(Debug, Error)]
#[error("row {row}, {:?}: {reason}", excerpt(file))]
pub struct TableFault {
    /// Number of the row below the header, from 1; lines of comment do not count.
    pub row: u32,
    /// The file as written, as far as it could be read.
    pub file: String,
    /// What is wrong with the row.
    pub reason: TableFaultReason,
}

/// What is wrong with a row.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TableFaultReason {
    /// The line has another number of columns than the header, a quote that is not closed on it, or is not text.
    #[error("{0}")]
    Line(String),
    /// The row names no file.
    #[error("no file")]
    NoFile,
    /// The file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is no structure.
    #[error("{0}")]
    Structure(ParseError),
    /// The file holds several structures, and the row does not say which.
    #[error("the file holds several structures")]
    SeveralStructures,
    /// A temperature, share, weight or label that is none.
    #[error("{:?} is no {what}", excerpt(value))]
    Value {
        /// What it should be.
        what: &'static str,
        /// The value as written.
        value: String,
    },
    /// The label says one thing, the temperature another.
    #[error("the label {} contradicts a transition temperature of {tc}", excerpt(label))]
    Contradiction {
        /// The label as written.
        label: String,
        /// The temperature.
        tc: Kelvin,
    },
}

/// A table and its structures: every row is in exactly one of the two lists.
#[derive(Debug, Default)]
pub struct StructureTable {
    /// Rows with a structure, in order. Where a row says something about superconductivity, the record has the label, and
    /// the number of the row as its evidence.
    pub records: Vec<Record>,
    /// Rows without one, in order.
    pub faults: Vec<TableFault>,
}

impl StructureTable {
    /// Reads a table, and for each row the structure file of that name in the folder.
    ///
    /// # Errors
    ///
    /// [`TableError`] if the header is not as stated or the table cannot be read; a bad row or file is a
    /// [`TableFault`], not an error.
    pub fn read(table: impl Read, columns: &StructureTableColumns, folder: &Path) -> Result<Self, TableError> {
        let mut lines = TableLines::new(table, columns.delimiter, columns.comment);
        let header = header_of(&mut lines)?;
        let places = Places::find(&header, columns)?;
        let options = ReadOptions::disordered();
        let mut found = Self::default();
        let mut row = 0_u32;
        while let Some(fields) = lines.next_row()? {
            row += 1;
            let (file, read) = match of_width(fields, header.len()) {
                Ok(line) => {
                    let file = line[places.file].trim().to_owned();
                    let read = places.record(row, &line, folder, &options);
                    (file, read)
                }
                Err(reason) => (String::new(), Err(TableFaultReason::Line(reason))),
            };
            match read {
                Ok(record) => found.records.push(record),
                Err(reason) => found.faults.push(TableFault { row, file, reason }),
            }
        }
        Ok(found)
    }
}

/// Where the columns are.
struct Places<'a> {
    file: usize,
    id: Option<usize>,
    formula: Option<usize>,
    tc: Option<usize>,
    label: Option<usize>,
    difference: Option<usize>,
    weight: Option<usize>,
    kept: Vec<(&'a str, usize)>,
}

impl<'a> Places<'a> {
    fn find(header: &[String], columns: &'a StructureTableColumns) -> Result<Self, TableError> {
        let find = |column: &str| place_of(column, header);
        let optional = |column: &Option<String>| column.as_deref().map(find).transpose();
        Ok(Self {
            file: find(&columns.file)?,
            id: optional(&columns.id)?,
            formula: optional(&columns.formula)?,
            tc: optional(&columns.tc)?,
            label: optional(&columns.label)?,
            difference: optional(&columns.difference)?,
            weight: optional(&columns.weight)?,
            kept: columns.kept.iter().map(|name| find(name).map(|at| (name.as_str(), at))).collect::<Result<_, _>>()?,
        })
    }

    fn record(
        &self,
        row: u32,
        line: &[String],
        folder: &Path,
        options: &ReadOptions,
    ) -> Result<Record, TableFaultReason> {
        let text = |place: Option<usize>| place.map(|at| line[at].trim()).filter(|text| !text.is_empty());
        let number = |place: Option<usize>, what: &'static str| match text(place) {
            None => Ok(None),
            Some(value) => match value.parse::<f64>() {
                Ok(number) if number.is_finite() && number >= 0.0 => Ok(Some(number)),
                _ => Err(TableFaultReason::Value { what, value: value.to_owned() }),
            },
        };
        let written = text(Some(self.file)).ok_or(TableFaultReason::NoFile)?;
        let file = written.rsplit(['/', '\\']).next().unwrap_or(written);
        let label = match (number(self.tc, "temperature in K")?, text(self.label)) {
            (Some(tc), Some(label @ ("0" | "1"))) if (label == "1") != (tc > 0.0) => {
                return Err(TableFaultReason::Contradiction { label: label.to_owned(), tc: Kelvin(tc) });
            }
            (Some(0.0), _) => Some(Label::NoneReported),
            (Some(tc), _) if Kelvin(tc).is_transition_temperature() => {
                Some(Label::Superconductor { tc: Some(Kelvin(tc)) })
            }
            (Some(tc), _) => {
                return Err(TableFaultReason::Value { what: "temperature in K", value: tc.to_string() });
            }
            (None, Some("1")) => Some(Label::Superconductor { tc: None }),
            (None, Some("0")) => Some(Label::NotListed),
            (None, None) => None,
            (None, Some(other)) => {
                return Err(TableFaultReason::Value { what: "label", value: other.to_owned() });
            }
        };
        let difference = number(self.difference, "difference")?.unwrap_or(0.0);
        let weight = number(self.weight, "weight")?.unwrap_or(1.0);
        let path = folder.join(file);
        let bytes = read_file(&path).map_err(|source| TableFaultReason::Io { path, source })?;
        let mut readings = read(file, &bytes, options);
        let crystal = match (readings.next(), readings.next()) {
            (Some(Ok(reading)), None) => reading.crystal,
            (Some(Err(error)), _) | (Some(Ok(_)), Some(Err(error))) => return Err(TableFaultReason::Structure(error)),
            _ => return Err(TableFaultReason::SeveralStructures),
        };
        let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
        let id = text(self.id).unwrap_or(stem);
        let formula = text(self.formula).map_or_else(|| crystal.composition().reduced_formula(), str::to_owned);
        let mut record = Record::new(id, formula, crystal);
        record.label = label;
        if label.is_some() {
            let tier = if difference == 0.0 { MatchTier::Exact } else { MatchTier::Nearest };
            record.evidence = Some(Box::new(Evidence { tier, difference, weight, rows: vec![row] }));
        }
        let value = |text: &str| text.parse::<serde_json::Number>().map_or_else(|_| text.into(), Value::Number);
        record.extra = self.kept.iter().map(|&(name, at)| (name.to_owned(), value(line[at].trim()))).collect();
        Ok(record)
    }
}
