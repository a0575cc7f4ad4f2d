//! Tables of targets: a column of keys, one of values, and perhaps one of weights, in any table of separated values.

use std::{collections::HashMap, io::Read};

use s2s_crystal::{Composition, FormulaError};
use thiserror::Error;

use super::{
    TableError,
    field::{is_empty, plain},
    header::column_index,
    rows::{TableRows, bytes_of},
};
use crate::{
    excerpt::excerpt,
    target::{Target, Targets},
};

/// Which columns of a table hold what, by their titles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetColumns {
    /// What the value belongs to: identifiers, formulas, names.
    pub key: String,
    /// The value.
    pub value: String,
    /// The weight; without the column, and where its field is empty, a row counts once.
    pub weight: Option<String>,
}

impl TargetColumns {
    /// Keys and values that count once each.
    pub fn new(key: impl Into<String>, value: impl Into<String>) -> Self {
        Self { key: key.into(), value: value.into(), weight: None }
    }
}

/// What a field of a table can be read as.
pub trait TargetValue: Sized {
    /// What the field should be, for messages: `number`.
    const WHAT: &'static str;

    /// Reads a field that is not empty; `None` if it is something else.
    fn read(field: &str) -> Option<Self>;
}

/// Finite numbers.
impl TargetValue for f64 {
    const WHAT: &'static str = "number";

    fn read(field: &str) -> Option<Self> {
        field.parse().ok().filter(|number: &f64| number.is_finite())
    }
}

/// `1`, `true` and `yes`, `0`, `false` and `no`, in any case.
impl TargetValue for bool {
    const WHAT: &'static str = "class 0 or 1";

    fn read(field: &str) -> Option<Self> {
        match field.to_lowercase().as_str() {
            "1" | "true" | "yes" => Some(true),
            "0" | "false" | "no" => Some(false),
            _ => None,
        }
    }
}

/// Names of classes.
impl TargetValue for String {
    const WHAT: &'static str = "class";

    fn read(field: &str) -> Option<Self> {
        Some(field.to_owned())
    }
}

/// A row of a [`TargetTable`].
#[derive(Clone, Debug, PartialEq)]
pub struct TargetRow<T> {
    /// Number of the row below the header, from 1.
    pub row: u32,
    /// The key as written.
    pub key: String,
    /// The target; `None` where the field of the value is empty.
    pub target: Option<Target<T>>,
}

/// A row that says nothing usable, and why.
#[derive(Clone, Debug, PartialEq, Error)]
#[error("row {row}: {reason}")]
pub struct TargetFault {
    /// Number of the row below the header, from 1.
    pub row: u32,
    /// What is wrong with it.
    pub reason: TargetFaultReason,
}

/// What is wrong with a row.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum TargetFaultReason {
    /// The line has another number of columns than the header, a quote that is not closed on it, or is not text.
    #[error("{0}")]
    Line(String),
    /// The field of the key is empty.
    #[error("no key")]
    NoKey,
    /// A value or a weight that is none.
    #[error("{:?} is no {what}", excerpt(value))]
    Value {
        /// What it should be.
        what: &'static str,
        /// The field as written.
        value: String,
    },
}

/// A table of targets: every row of the source is in exactly one of the two lists.
#[derive(Clone, Debug, PartialEq)]
pub struct TargetTable<T> {
    /// Rows that can be used, in order.
    pub rows: Vec<TargetRow<T>>,
    /// Rows that cannot, in order.
    pub faults: Vec<TargetFault>,
}

/// Targets put beside items, and what was left of the table.
#[derive(Clone, Debug, PartialEq)]
pub struct Matched<T> {
    /// One for each item, in their order; missing where the table has no row for it, or no value.
    pub targets: Targets<T>,
    /// Numbers of the rows that belong to none of the items.
    pub unused: Vec<u32>,
}

/// Why targets cannot be put beside items.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum MatchError {
    /// Two rows have the key of one item.
    #[error("rows {} and {} both are of {:?}", rows[0], rows[1], excerpt(key))]
    Ambiguous {
        /// The key of the second row, as written.
        key: String,
        /// Numbers of the rows.
        rows: [u32; 2],
    },
    /// A key that should be a formula and is none.
    #[error("row {row}, {:?}: {error}", excerpt(key))]
    Formula {
        /// Number of the row.
        row: u32,
        /// The key as written.
        key: String,
        /// What is wrong with it.
        error: FormulaError,
    },
}

impl<T: TargetValue> TargetTable<T> {
    /// Reads a table whose columns are separated by commas, semicolons or tabs.
    ///
    /// # Errors
    ///
    /// [`TableError`] if a column is not there exactly once or the source fails; a bad row is a [`TargetFault`], not an error.
    ///
    /// # Examples
    ///
    /// ```
    /// use s2s_data::table::{TargetColumns, TargetTable};
    ///
    /// let csv = "material_id,band_gap\nmp-149,0.61\nmp-75,0\nmp-134,\nmp-66,wide\n";
    /// let table = TargetTable::<f64>::read(csv.as_bytes(), &TargetColumns::new("material_id", "band_gap"))?;
    /// assert_eq!(table.faults[0].to_string(), "row 4: \"wide\" is no number");
    /// let matched = table.beside(["mp-75", "mp-2"])?;
    /// assert_eq!((matched.targets.known(), matched.unused), (vec![0], vec![1, 3]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn read(source: impl Read, columns: &TargetColumns) -> Result<Self, TableError> {
        let bytes = bytes_of(source)?;
        let mut rows = TableRows::detect(&bytes)?;
        let (key, value) = (column_index(&columns.key, rows.header())?, column_index(&columns.value, rows.header())?);
        let weight = columns.weight.as_deref().map(|title| column_index(title, rows.header())).transpose()?;
        let mut table = Self { rows: Vec::new(), faults: Vec::new() };
        while let Some((row, fields)) = rows.next_row()? {
            let read = fields.map_err(TargetFaultReason::Line).and_then(|fields| {
                let text = |index: usize| Some(plain(&fields[index])).filter(|text| !is_empty(text));
                let key = text(key).ok_or(TargetFaultReason::NoKey)?.to_owned();
                let refused = |what, value: &str| TargetFaultReason::Value { what, value: value.to_owned() };
                let value = text(value).map(|text| T::read(text).ok_or_else(|| refused(T::WHAT, text))).transpose()?;
                let weight = match weight.and_then(text) {
                    None => 1.0,
                    Some(text) => {
                        f64::read(text).filter(|weight| *weight >= 0.0).ok_or_else(|| refused("weight", text))?
                    }
                };
                Ok(TargetRow { row, key, target: value.map(|value| Target { value, weight }) })
            });
            match read {
                Ok(row) => table.rows.push(row),
                Err(reason) => table.faults.push(TargetFault { row, reason }),
            }
        }
        Ok(table)
    }
}

impl<T: Clone> TargetTable<T> {
    /// The targets of the items with these keys.
    ///
    /// # Errors
    ///
    /// [`MatchError::Ambiguous`] if two rows are of one item.
    pub fn beside<'k>(&self, keys: impl IntoIterator<Item = &'k str>) -> Result<Matched<T>, MatchError> {
        self.matched(keys.into_iter().map(str::to_owned), |row| Ok(row.key.clone()))
    }

    /// The targets of the items with these compositions, where the keys of the table are formulas: compositions are the same if their
    /// reduced formulas are.
    ///
    /// # Errors
    ///
    /// [`MatchError::Formula`] if a key is no formula, [`MatchError::Ambiguous`] if two rows are of one item.
    pub fn beside_compositions<'c>(
        &self,
        compositions: impl IntoIterator<Item = &'c Composition>,
    ) -> Result<Matched<T>, MatchError> {
        self.matched(compositions.into_iter().map(Composition::reduced_formula), |row| {
            let refused = |error| MatchError::Formula { row: row.row, key: row.key.clone(), error };
            Ok(row.key.parse::<Composition>().map_err(refused)?.reduced_formula())
        })
    }

    fn matched(
        &self,
        keys: impl Iterator<Item = String>,
        key_of: impl Fn(&TargetRow<T>) -> Result<String, MatchError>,
    ) -> Result<Matched<T>, MatchError> {
        let mut indices: HashMap<String, Vec<usize>> = HashMap::new();
        for (index, row) in self.rows.iter().enumerate() {
            indices.entry(key_of(row)?).or_default().push(index);
        }
        let mut used = vec![false; self.rows.len()];
        let mut targets = Vec::new();
        for key in keys {
            let target = match indices.get(&key).map(Vec::as_slice) {
                None => None,
                Some(&[index]) => {
                    used[index] = true;
                    self.rows[index].target.clone()
                }
                Some(several) => {
                    let [first, second] = [0, 1].map(|k| &self.rows[several[k]]);
                    return Err(MatchError::Ambiguous { key: second.key.clone(), rows: [first.row, second.row] });
                }
            };
            targets.push(target);
        }
        let unused = self.rows.iter().zip(used).filter(|(_, used)| !used).map(|(row, _)| row.row).collect();
        Ok(Matched { targets: Targets::unchecked(targets), unused })
    }
}
