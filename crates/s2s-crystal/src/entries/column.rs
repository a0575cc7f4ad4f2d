//! A column of structures: tables that pandas writes by column, `{"structure": {"0": …, "1": …}, "gap": {"0": 0.5, "1": 0.1}}`.
//!
//! # Source
//!
//! `pandas.DataFrame.to_json` of pandas 2.2: `orient="columns"`, its default, gives an object of columns, each of which is an object
//! of row labels to cells; all columns have the same labels in the same order.

use super::visit::{IDENTIFIERS, is_structure};
use crate::json::{Fields, Value, decode};

/// The cells of a column, with a name for each.
#[derive(Debug)]
pub(super) struct Column<'a> {
    cells: Fields<'a>,
    /// The column of identifiers that goes along.
    names: Option<Fields<'a>>,
}

impl<'a> Column<'a> {
    /// The column `structure` of a table, whose cells may be texts of CIF; `None` if the object is no table, or none of these
    /// cells is a structure.
    pub(super) fn titled(table: Value<'a>, cells: Value<'a>) -> Option<Self> {
        let is_cell = |cell: Value<'_>| is_structure(cell) || is_cif(cell);
        (holds(cells, is_cell) && is_table(table, cells)).then(|| Self::new(table, cells))?
    }

    /// The only column of a table that holds structures, whatever its title.
    pub(super) fn only(table: Value<'a>) -> Option<Self> {
        let mut columns = table.fields("the table").ok()?.filter(|(_, cells)| holds(*cells, is_structure));
        let ((_, cells), None) = (columns.next()?, columns.next()) else { return None };
        is_table(table, cells).then(|| Self::new(table, cells))?
    }

    fn new(table: Value<'a>, cells: Value<'a>) -> Option<Self> {
        let columns = table.pick("the table", IDENTIFIERS).ok()?;
        let names = columns.into_iter().flatten().next().and_then(|names| names.fields("the identifiers").ok());
        Some(Self { cells: cells.fields("the column").ok()?, names })
    }
}

impl<'a> Iterator for Column<'a> {
    /// A name and a cell: the identifier of the row, or its label.
    type Item = (String, Value<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let (label, cell) = self.cells.next()?;
        let beside = self.names.as_mut().and_then(Iterator::next);
        let own = beside.and_then(|(_, name)| name.name());
        Some((own.unwrap_or_else(|| decode(label)).into_owned(), cell))
    }
}

/// Whether an object is a table: all of its values are columns with the labels of this one, in the same order.
fn is_table(value: Value<'_>, column: Value<'_>) -> bool {
    let Ok(cells) = column.fields("the column") else { return false };
    // Structures are long, and a table may have many other columns.
    let labels: Vec<&[u8]> = cells.map(|(label, _)| label).collect();
    let is_column = |(_, cells): (&[u8], Value<'_>)| {
        cells.fields("the column").is_ok_and(|cells| cells.map(|(label, _)| label).eq(labels.iter().copied()))
    };
    value.fields("the table").is_ok_and(|mut columns| columns.all(is_column))
}

fn holds(cells: Value<'_>, is_cell: impl Fn(Value<'_>) -> bool) -> bool {
    cells.fields("the column").is_ok_and(|mut cells| cells.any(|(_, cell)| is_cell(cell)))
}

/// Whether a cell is the text of a CIF.
fn is_cif(cell: Value<'_>) -> bool {
    cell.text("the cell").is_ok_and(|text| text.contains("_cell_length_a"))
}
