//! Tables of structure files with their properties, such as those of ICSD users and 3DSC.

use std::{
    collections::HashMap,
    io::Read,
    path::{Path, PathBuf},
};

use s2s_crystal::{Crystal, ParseError, ReadOptions, read};
use serde_json::Value;
use thiserror::Error;

use super::{
    ApproximateFormula, TableError,
    field::{Temperature, is_empty},
    header::column_index,
    rows::TableRows,
};
use crate::{Label, MaterialId, Record, excerpt::excerpt, join::MatchTier, label::Evidence, source::read_file};

/// Which columns of a table hold what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StructureTableColumns {
    /// The structure file. Folders in front of its name are ignored: it is looked for in the folder that is given.
    pub file: String,
    /// The identifier; without one, the name of the file up to its last dot.
    pub id: Option<String>,
    /// The formula; without one, that of the atoms. It must agree with the structure, up to the difference where one is stated.
    pub formula: Option<String>,
    /// The transition temperature in K: zero means that none was found, an upper limit (`<4.2`) that none was found down to there,
    /// an empty field that nothing is known.
    pub tc: Option<String>,
    /// 1 for a superconductor, 0 for anything not listed as one; where there is a temperature, it must not contradict it.
    pub label: Option<String>,
    /// Share of the atoms in which the sample and the structure differ.
    pub difference: Option<String>,
    /// Weight among the structures that carry the same label.
    pub weight: Option<String>,
    /// Columns that are kept in [`Record::extra`], as numbers where they can be read as such.
    pub kept: Vec<String>,
    /// Columns of numbers that are kept in [`Record::extra`]; an empty field is left out.
    pub numbers: Vec<String>,
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
            numbers: Vec::new(),
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
    #[error("cannot read {}: {error}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// The file is no structure.
    #[error("{0}")]
    Structure(ParseError),
    /// The file holds several structures, and the row does not say which.
    #[error("the file holds several structures")]
    SeveralStructures,
    /// A temperature, share, weight, label, formula or number that is none.
    #[error("{:?} is no {what}", excerpt(value))]
    Value {
        /// What it should be.
        what: &'static str,
        /// The value as written.
        value: String,
    },
    /// The formula says one thing, the atoms of the structure another.
    #[error("the formula {:?} contradicts the structure, which is {atoms}", excerpt(written))]
    Formula {
        /// The formula as written.
        written: String,
        /// Reduced formula of the atoms.
        atoms: String,
    },
    /// An earlier row has this identifier.
    #[error("the identifier {:?} is that of row {first}", excerpt(id.as_str()))]
    DuplicateId {
        /// The identifier.
        id: MaterialId,
        /// The row that has it, too.
        first: u32,
    },
    /// The label says one thing, the temperature another.
    #[error("the label {label} contradicts the temperature {:?}", excerpt(temperature))]
    Contradiction {
        /// The label as written.
        label: String,
        /// The temperature as written.
        temperature: String,
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
        let mut rows = TableRows::new(table, columns.delimiter, columns.comment)?;
        let indices = ColumnIndices::find(rows.header(), columns)?;
        let options = ReadOptions::disordered();
        let mut found = Self::default();
        let mut rows_of_ids: HashMap<MaterialId, u32> = HashMap::new();
        while let Some((row, fields)) = rows.next_row()? {
            let (file, read) = match fields {
                Ok(line) => {
                    let file = line[indices.file].trim().to_owned();
                    let read = indices.record(row, &line, folder, &options).and_then(|record| {
                        match *rows_of_ids.entry(record.id.clone()).or_insert(row) {
                            first if first == row => Ok(record),
                            first => Err(TableFaultReason::DuplicateId { id: record.id, first }),
                        }
                    });
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
struct ColumnIndices<'a> {
    file: usize,
    id: Option<usize>,
    formula: Option<usize>,
    tc: Option<usize>,
    label: Option<usize>,
    difference: Option<usize>,
    weight: Option<usize>,
    kept: Vec<(&'a str, usize)>,
    numbers: Vec<(&'a str, usize)>,
}

impl<'a> ColumnIndices<'a> {
    fn find(header: &[String], columns: &'a StructureTableColumns) -> Result<Self, TableError> {
        let find = |column: &str| column_index(column, header);
        let optional = |column: &Option<String>| column.as_deref().map(find).transpose();
        let named = |columns: &'a [String]| -> Result<Vec<(&'a str, usize)>, TableError> {
            columns.iter().map(|name| find(name).map(|at| (name.as_str(), at))).collect()
        };
        Ok(Self {
            file: find(&columns.file)?,
            id: optional(&columns.id)?,
            formula: optional(&columns.formula)?,
            tc: optional(&columns.tc)?,
            label: optional(&columns.label)?,
            difference: optional(&columns.difference)?,
            weight: optional(&columns.weight)?,
            kept: named(&columns.kept)?,
            numbers: named(&columns.numbers)?,
        })
    }

    /// The label that temperature and class of a row add up to.
    fn label(tc: Option<&str>, class: Option<&str>) -> Result<Option<Label>, TableFaultReason> {
        let refused = |what, value: &str| TableFaultReason::Value { what, value: value.to_owned() };
        let class = match class {
            None => None,
            Some("0") => Some(false),
            Some("1") => Some(true),
            Some(other) => return Err(refused("label", other)),
        };
        let Some(written) = tc else {
            let listed = |class| if class { Label::Superconductor { tc: None } } else { Label::NotListed };
            return Ok(class.map(listed));
        };
        let label = Temperature::read(written).ok_or_else(|| refused("temperature in K", written))?.label();
        match class {
            Some(class) if Some(class) != label.is_superconductor() => Err(TableFaultReason::Contradiction {
                label: u8::from(class).to_string(),
                temperature: written.to_owned(),
            }),
            _ => Ok(Some(label)),
        }
    }

    fn record(
        &self,
        row: u32,
        line: &[String],
        folder: &Path,
        options: &ReadOptions,
    ) -> Result<Record, TableFaultReason> {
        let text = |index: Option<usize>| index.map(|at| line[at].trim()).filter(|text| !text.is_empty());
        let number = |index: Option<usize>, what: &'static str| match text(index) {
            None => Ok(None),
            Some(value) => match value.parse::<f64>() {
                Ok(number) if number.is_finite() && number >= 0.0 => Ok(Some(number)),
                _ => Err(TableFaultReason::Value { what, value: value.to_owned() }),
            },
        };
        let written = text(Some(self.file)).ok_or(TableFaultReason::NoFile)?;
        let file = written.rsplit(['/', '\\']).next().unwrap_or(written);
        let label = Self::label(text(self.tc).filter(|text| !is_empty(text)), text(self.label))?;
        let difference = number(self.difference, "difference")?.unwrap_or(0.0);
        let weight = number(self.weight, "weight")?.unwrap_or(1.0);
        let path = folder.join(file);
        let bytes = read_file(&path).map_err(|error| TableFaultReason::Io { path, error })?;
        let mut structures = read(file, &bytes, options);
        let crystal = match (structures.next(), structures.next()) {
            (Some(Ok(parsed)), None) => parsed.crystal,
            (Some(Err(error)), _) | (Some(Ok(_)), Some(Err(error))) => return Err(TableFaultReason::Structure(error)),
            _ => return Err(TableFaultReason::SeveralStructures),
        };
        let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
        let id = text(self.id).unwrap_or(stem);
        let formula = match text(self.formula) {
            Some(written) => agreeing(written, &crystal, difference)?.to_owned(),
            None => crystal.composition().reduced_formula(),
        };
        let mut record = Record::new(id, formula, crystal);
        record.label = label;
        if label.is_some() {
            let tier = if difference == 0.0 { MatchTier::Exact } else { MatchTier::Nearest };
            record.evidence = Some(Box::new(Evidence { tier, difference, weight, rows: vec![row] }));
        }
        let value = |text: &str| text.parse::<serde_json::Number>().map_or_else(|_| text.into(), Value::Number);
        record.extra = self.kept.iter().map(|&(name, at)| (name.to_owned(), value(line[at].trim()))).collect();
        for &(name, at) in &self.numbers {
            let Some(text) = text(Some(at)).filter(|text| !is_empty(text)) else { continue };
            let number = text.parse().ok().and_then(serde_json::Number::from_f64);
            let refused = || TableFaultReason::Value { what: "number", value: text.to_owned() };
            record.extra.insert(name.to_owned(), Value::Number(number.ok_or_else(refused)?));
        }
        Ok(record)
    }
}

/// Share of the atoms within which two formulas are roundings of one another.
const ROUNDING: f64 = 0.002;

/// The formula of a row, if it agrees with the structure: within the stated difference of compositions or, where it leaves amounts
/// open (`O7-x`), in the elements.
fn agreeing<'f>(written: &'f str, crystal: &Crystal, difference: f64) -> Result<&'f str, TableFaultReason> {
    let refused = |_| TableFaultReason::Value { what: "formula", value: written.to_owned() };
    let formula = ApproximateFormula::read(written).map_err(refused)?;
    let atoms = crystal.composition();
    let agrees = if formula.remark.is_some() {
        formula.composition.elements().eq(atoms.elements())
    } else {
        formula.composition.fraction_distance(&atoms) <= difference + ROUNDING
    };
    let atoms = || atoms.reduced_formula();
    if agrees { Ok(written) } else { Err(TableFaultReason::Formula { written: written.to_owned(), atoms: atoms() }) }
}
