//! Columns of tables of measurements, and the titles by which they are found.

use std::{collections::BTreeMap, fmt, str::FromStr};

use super::{TableError, field::plain, header::column_index};

/// What a column of a table of measurements holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum TableColumn {
    /// Chemical formulas.
    Formula,
    /// Transition temperatures in K.
    Tc,
    /// Lowest temperatures in K of measurements without a transition.
    TestedTo,
    /// Pressures of the measurements.
    Pressure,
    /// Years of publication.
    Year,
    /// References.
    Reference,
    /// Structure types.
    Structure,
}

impl TableColumn {
    /// Every column.
    pub const ALL: [Self; 7] =
        [Self::Formula, Self::Tc, Self::TestedTo, Self::Pressure, Self::Year, Self::Reference, Self::Structure];

    /// The word for it on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Formula => "formula",
            Self::Tc => "tc",
            Self::TestedTo => "tested-to",
            Self::Pressure => "pressure",
            Self::Year => "year",
            Self::Reference => "reference",
            Self::Structure => "structure",
        }
    }

    /// Titles by which it is found, in lower case; the first that a header has counts. Those behind the common ones are the long
    /// and the short titles of the SuperCon table that NIMS publishes.
    pub fn titles(self) -> &'static [&'static str] {
        match self {
            Self::Formula => &["formula", "name", "composition", "chemical formula", "element"],
            Self::Tc => &["tc", "tc_k", "tc (k)", "tc [k]", "tc/k", "critical_temp", "tc (of this sample) recommended"],
            Self::TestedTo => {
                &["tested_to", "tested_to_k", "tcn", "lowest temperature for measurement (not superconducting)"]
            }
            Self::Pressure => &["pressure", "pressure_gpa"],
            Self::Year => &["year"],
            Self::Reference => &["reference", "doi", "journal"],
            Self::Structure => &["structure", "structure_type", "structure type", "common name of structure", "str3"],
        }
    }

    /// Where a header has the column; `None` if it lacks it.
    ///
    /// # Errors
    ///
    /// [`TableError::Column`] if the header has the first of the titles that it has more than once.
    pub(crate) fn find(self, header: &[String]) -> Result<Option<usize>, TableError> {
        find(self.titles(), header)
    }

    /// Where a header has the column: under the title that is given for it, else under its usual ones; `None` if it lacks it.
    ///
    /// # Errors
    ///
    /// [`TableError::Column`] if the title that is given is not there exactly once, or the usual one more than once.
    pub(crate) fn find_given(
        self,
        given: &BTreeMap<Self, String>,
        header: &[String],
    ) -> Result<Option<usize>, TableError> {
        match given.get(&self) {
            Some(title) => column_index(title, header).map(Some),
            None => self.find(header),
        }
    }

    /// Whether a field is one of the titles.
    pub(crate) fn is_title(self, field: &str) -> bool {
        self.titles().contains(&plain(field).to_lowercase().as_str())
    }
}

impl fmt::Display for TableColumn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

impl FromStr for TableColumn {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        let known = || Self::ALL.map(Self::word).join(", ");
        Self::ALL.into_iter().find(|c| c.word() == word).ok_or_else(|| format!("`{word}` is none of {}", known()))
    }
}

/// Where a header has the first of these titles that it has at all: a table may have a `name` beside its `formula`.
pub(crate) fn find(titles: &[&str], header: &[String]) -> Result<Option<usize>, TableError> {
    let is = |title: &str, written: &String| plain(written).to_lowercase() == title;
    let indices = |title: &&str| (0..header.len()).filter(|&k| is(title, &header[k])).collect::<Vec<usize>>();
    match titles.iter().map(indices).find(|indices| !indices.is_empty()).as_deref() {
        None => Ok(None),
        Some([index]) => Ok(Some(*index)),
        Some(_) => Err(TableError::Column { column: titles[0].to_owned(), found: header.to_vec() }),
    }
}
