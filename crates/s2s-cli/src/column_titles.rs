//! Titles of the columns of a table, where they are not the usual ones.

use std::{collections::BTreeMap, str::FromStr};

use clap::Args;
use s2s_data::table::TableColumn;

/// What columns of a table are called.
#[derive(Clone, Debug, Args)]
pub(crate) struct ColumnTitles {
    /// Title of a column: KEY is formula, tc (K), tested-to (lowest temperature in K of a measurement without a transition),
    /// pressure, year, reference or structure; TITLE alone is that of tc [default: found by usual titles and those of NIMS]
    #[arg(long = "column", value_name = "[KEY=]TITLE")]
    columns: Vec<ColumnTitle>,
}

/// `KEY=TITLE`, or `TITLE` of the temperatures.
#[derive(Clone, Debug)]
struct ColumnTitle(TableColumn, String);

impl FromStr for ColumnTitle {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (column, title) = match text.split_once('=') {
            Some((key, title)) => (key.trim().parse()?, title),
            None => (TableColumn::Tc, text),
        };
        Ok(Self(column, title.trim().to_owned()))
    }
}

impl ColumnTitles {
    /// The titles by column.
    ///
    /// # Errors
    ///
    /// One sentence if a column has two.
    pub(crate) fn by_column(&self) -> Result<BTreeMap<TableColumn, String>, String> {
        let mut titles = BTreeMap::new();
        for ColumnTitle(column, title) in &self.columns {
            if titles.insert(*column, title.clone()).is_some() {
                return Err(format!("--column gives {column} twice"));
            }
        }
        Ok(titles)
    }
}
