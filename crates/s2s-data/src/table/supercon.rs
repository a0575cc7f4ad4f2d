//! SuperCon tables: compositions, and what was measured on them.

use std::{collections::BTreeMap, io::Read};

use s2s_crystal::{Composition, FormulaError};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{
    TableColumn, TableError,
    field::{Temperature, decimal_point, is_empty, plain},
    header::column_index,
    rows::{TableRows, bytes_of, separator_of},
};
use crate::{Kelvin, excerpt::excerpt};

/// Which columns of a table hold what, and how they are separated.
///
/// The wider tables of NIMS have the same content under other names: [`Self::detect`] finds these and the common titles; others are
/// given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SuperConColumns {
    /// The column with the chemical formula.
    pub name: String,
    /// The column with the transition temperature in K; zero, or nothing where `tested_to` is given, means that none was found.
    pub tc: String,
    /// The column with the lowest temperature in K down to which a sample without a transition was tested.
    pub tested_to: Option<String>,
    /// The column with the pressure of the measurement, as the table writes it.
    pub pressure: Option<String>,
    /// The column with the year of publication.
    pub year: Option<String>,
    /// The column with the reference.
    pub reference: Option<String>,
    /// The column with the structure type.
    pub structure: Option<String>,
    /// What separates the columns; where it is no comma, a comma between two digits of a formula or a temperature is a decimal point.
    pub delimiter: u8,
}

impl SuperConColumns {
    /// `name,Tc`, as Stanev et al. (2018) curated the table.
    pub fn stanev() -> Self {
        Self {
            name: "name".into(),
            tc: "Tc".into(),
            tested_to: None,
            pressure: None,
            year: None,
            reference: None,
            structure: None,
            delimiter: b',',
        }
    }

    /// The columns of a table by its header: those that are given by their titles, the others by the titles that
    /// [`TableColumn`] knows, in any case. A comma, a semicolon or a tab separates them, whichever the header has.
    ///
    /// # Errors
    ///
    /// [`TableError`] if there is no column of formulas or of temperatures, a title that is given is not there exactly once,
    /// or the source fails.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::collections::BTreeMap;
    ///
    /// use s2s_data::table::{SuperCon, SuperConColumns, TableColumn};
    ///
    /// let table = "num\telement\ttc\ttcn\tTc onset\n1\tNb3Sn\t18\t\t18.3\n2\tCu\t\t0.01\t\n";
    /// let columns = SuperConColumns::detect(table.as_bytes(), &BTreeMap::new())?;
    /// assert_eq!((columns.name.as_str(), columns.tested_to.as_deref()), ("element", Some("tcn")));
    /// let onset = BTreeMap::from([(TableColumn::Tc, "Tc onset".to_owned())]);
    /// let columns = SuperConColumns::detect(table.as_bytes(), &onset)?;
    /// assert_eq!(SuperCon::read(table.as_bytes(), &columns)?.rows.len(), 2);
    /// # Ok::<(), s2s_data::table::TableError>(())
    /// ```
    pub fn detect(source: impl Read, given: &BTreeMap<TableColumn, String>) -> Result<Self, TableError> {
        let bytes = bytes_of(source)?;
        let delimiter = separator_of(&bytes);
        let rows = TableRows::new(&bytes[..], delimiter, None)?;
        let header = rows.header();
        let title = |column: TableColumn| -> Result<Option<String>, TableError> {
            Ok(column.find_given(given, header)?.map(|index| header[index].trim().to_owned()))
        };
        let needed = |column: TableColumn| {
            let missing = || TableError::Column { column: column.to_string(), found: header.to_vec() };
            title(column)?.ok_or_else(missing)
        };
        Ok(Self {
            name: needed(TableColumn::Formula)?,
            tc: needed(TableColumn::Tc)?,
            tested_to: title(TableColumn::TestedTo)?,
            pressure: title(TableColumn::Pressure)?,
            year: title(TableColumn::Year)?,
            reference: title(TableColumn::Reference)?,
            structure: title(TableColumn::Structure)?,
            delimiter,
        })
    }
}

/// What a measurement found.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measurement {
    /// A transition at this temperature.
    Transition(Kelvin),
    /// No transition, down to this temperature where the table states it.
    NoTransition {
        /// The lowest temperature of the measurement.
        tested_to: Option<Kelvin>,
    },
}

impl Measurement {
    /// Down to which temperature no transition was found, where that is stated.
    pub fn tested_to(self) -> Option<Kelvin> {
        match self {
            Self::NoTransition { tested_to } => tested_to,
            Self::Transition(_) => None,
        }
    }

    /// Whether a transition was found.
    pub fn is_transition(self) -> bool {
        matches!(self, Self::Transition(_))
    }
}

/// One measurement of one composition.
#[derive(Clone, Debug, PartialEq)]
pub struct SuperConRow {
    /// Number of the row below the header, from 1.
    pub row: u32,
    /// The formula as written.
    pub name: Box<str>,
    /// What it consists of.
    pub composition: Composition,
    /// What was found.
    pub measurement: Measurement,
    /// Where and how it was measured, as far as the table says.
    pub source: RowSource,
}

/// What a table says about a measurement besides its result; fields that it leaves empty are absent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RowSource {
    /// The pressure, as written.
    pub pressure: Option<Box<str>>,
    /// The year of publication.
    pub year: Option<u16>,
    /// The reference, as written.
    pub reference: Option<Box<str>>,
    /// The structure type, as written.
    pub structure: Option<Box<str>>,
}

/// A row that says nothing usable, and why.
#[derive(Clone, Debug, PartialEq, Error)]
#[error("row {row}, {:?}: {reason}", excerpt(name))]
pub struct RowFault {
    /// Number of the row below the header, from 1.
    pub row: u32,
    /// The formula as written, as far as it could be read.
    pub name: String,
    /// What is wrong with the row.
    pub reason: RowFaultReason,
}

/// What is wrong with a row.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum RowFaultReason {
    /// The name is not a chemical formula.
    #[error("{0}")]
    Name(FormulaError),
    /// The name is a formula with a charge, which no bulk sample has.
    #[error("a charge of {0} in the name of a sample")]
    Charge(f64),
    /// A temperature that is not a number, negative, or beyond [`Kelvin::HIGHEST_TRANSITION`].
    #[error("{:?} is not a temperature in K", excerpt(.0))]
    Temperature(String),
    /// A year that is not a number of years.
    #[error("{:?} is not a year", excerpt(.0))]
    Year(String),
    /// Nothing was measured.
    #[error("no measurement")]
    NoMeasurement,
    /// The line has another number of columns than the header, a quote that is not closed on it, or is not text.
    #[error("{0}")]
    Line(String),
}

/// A table of measurements: every row of the source is in exactly one of the two lists.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct SuperCon {
    /// Rows that can be used, in order.
    pub rows: Vec<SuperConRow>,
    /// Rows that cannot, in order.
    pub faults: Vec<RowFault>,
}

impl SuperCon {
    /// Reads a table: one row on each line, so that no quote reaches beyond its line.
    ///
    /// # Errors
    ///
    /// [`TableError`] if the header is not as stated or the source fails; a bad row is a [`RowFault`], not an error.
    ///
    /// # Examples
    ///
    /// ```
    /// use s2s_data::table::{SuperCon, SuperConColumns};
    ///
    /// let table = "name,Tc\nNb3Sn1,18.05\nSm1Ba-1Cu3O6.94,86.3\nAu1,0\n";
    /// let supercon = SuperCon::read(table.as_bytes(), &SuperConColumns::stanev())?;
    /// assert_eq!(supercon.rows.len(), 2);
    /// assert_eq!(supercon.faults[0].row, 2);
    /// # Ok::<(), s2s_data::table::TableError>(())
    /// ```
    pub fn read(source: impl Read, columns: &SuperConColumns) -> Result<Self, TableError> {
        let mut rows = TableRows::new(source, columns.delimiter, None)?;
        let find = |column: &str| column_index(column, rows.header());
        let (name, tc) = (find(&columns.name)?, find(&columns.tc)?);
        let tested_to = columns.tested_to.as_deref().map(find).transpose()?;
        let optional = |column: &Option<String>| column.as_deref().map(find).transpose();
        let (pressure, year) = (optional(&columns.pressure)?, optional(&columns.year)?);
        let (reference, structure) = (optional(&columns.reference)?, optional(&columns.structure)?);
        rows.skip_second_header([(TableColumn::Formula, name), (TableColumn::Tc, tc)]);
        let mut table = Self::default();
        while let Some((row, fields)) = rows.next_row()? {
            let record = match fields {
                Ok(record) => record,
                Err(reason) => {
                    let reason = RowFaultReason::Line(reason);
                    table.faults.push(RowFault { row, name: String::new(), reason });
                    continue;
                }
            };
            let name = plain(&record[name]);
            let text = |at: Option<usize>| at.map(|at| plain(&record[at])).filter(|text| !is_empty(text));
            let number = |at| text(at).map(|text| decimal_point(text, columns.delimiter));
            let (tc, tested_to) = (number(Some(tc)), number(tested_to));
            let read = read_row(&decimal_point(name, columns.delimiter), tc.as_deref(), tested_to.as_deref());
            let read = read.and_then(|(composition, measurement)| {
                let year = text(year).map(|year| year.parse().map_err(|_| RowFaultReason::Year(year.to_owned())));
                let source = RowSource {
                    pressure: text(pressure).map(Into::into),
                    year: year.transpose()?,
                    reference: text(reference).map(Into::into),
                    structure: text(structure).map(Into::into),
                };
                Ok((composition, measurement, source))
            });
            match read {
                Ok((composition, measurement, source)) => {
                    table.rows.push(SuperConRow { row, name: name.into(), composition, measurement, source });
                }
                Err(reason) => table.faults.push(RowFault { row, name: name.to_owned(), reason }),
            }
        }
        Ok(table)
    }

    /// Number of rows of the source.
    pub fn num_rows(&self) -> usize {
        self.rows.len() + self.faults.len()
    }
}

fn read_row(
    name: &str,
    tc: Option<&str>,
    tested_to: Option<&str>,
) -> Result<(Composition, Measurement), RowFaultReason> {
    let formula: s2s_crystal::Formula = name.parse().map_err(RowFaultReason::Name)?;
    if formula.charge() != 0.0 {
        return Err(RowFaultReason::Charge(formula.charge()));
    }
    let refused = |text: &str| RowFaultReason::Temperature(text.to_owned());
    let lowest = |text| Temperature::read_lowest(text).ok_or_else(|| refused(text));
    let tested_to = tested_to.map(lowest).transpose()?;
    let measurement = match tc.map(|text| Temperature::read(text).ok_or_else(|| refused(text))).transpose()? {
        None if tested_to.is_none() => return Err(RowFaultReason::NoMeasurement),
        None | Some(Temperature::Zero) => Measurement::NoTransition { tested_to },
        Some(Temperature::Below(limit)) => Measurement::NoTransition { tested_to: Some(limit) },
        Some(Temperature::At(tc)) => Measurement::Transition(tc),
    };
    Ok((formula.into_composition(), measurement))
}
