//! Tables of formulas and critical temperatures, as users have them.

use std::io::Read;

use s2s_crystal::Composition;

use crate::{
    ApproximateFormula, Kelvin, TableError,
    excerpt::excerpt,
    table_header::header_of,
    table_lines::{TABLE_BYTES, TableLines, of_width},
};

/// A table with a column of formulas and, in any order, one of critical temperatures in K and one of identifiers.
///
/// | column | titles, in any case |
/// |---|---|
/// | formula | `formula`, else `name`, else `composition` |
/// | temperature | `Tc`, else `Tc_K`, else `critical_temp`; may be missing, and so may its numbers |
/// | identifier | `id`; may be missing |
///
/// Separators are commas, semicolons or tabs, whichever the header has. A temperature of zero, or one with `<` before it,
/// stands for none.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TcTable {
    /// Every row that names something, in order.
    pub rows: Vec<TcRow>,
    /// What is wrong with lines that name nothing: one sentence each.
    pub faults: Vec<String>,
}

/// A row of a [`TcTable`].
#[derive(Clone, Debug, PartialEq)]
pub struct TcRow {
    /// Number of the row below the header, from 1.
    pub row: u32,
    /// The identifier, or the formula where there is none.
    pub id: String,
    /// The formula as written.
    pub formula: String,
    /// What it consists of, or one sentence why that cannot be read.
    pub composition: Result<Composition, String>,
    /// Tc in K, zero for none; `None` where none is given.
    pub kelvin: Option<f64>,
    /// What was assumed, or cannot be used: one sentence each.
    pub remarks: Vec<String>,
}

impl TcTable {
    /// Reads a table.
    ///
    /// # Errors
    ///
    /// [`TableError`] if there is no column of formulas, a column is there twice, or the source fails.
    ///
    /// # Examples
    ///
    /// ```
    /// use s2s_data::TcTable;
    ///
    /// let table = TcTable::read("Tc;Formula\n9.2;Nb\n;YBa2Cu3O7-y\n".as_bytes())?;
    /// assert_eq!(table.rows[0].kelvin, Some(9.2));
    /// assert_eq!((table.rows[1].kelvin, table.rows[1].remarks.len()), (None, 1));
    /// # Ok::<(), s2s_data::TableError>(())
    /// ```
    pub fn read(source: impl Read) -> Result<Self, TableError> {
        let mut bytes = Vec::new();
        source.take(TABLE_BYTES + 1).read_to_end(&mut bytes)?;
        let first = bytes.split(|byte| matches!(byte, b'\n' | b'\r')).find(|line| !line.is_empty()).unwrap_or_default();
        let count = |wanted: u8| first.iter().filter(|byte| **byte == wanted).count();
        let delimiter = [b',', b';', b'\t'].into_iter().rev().max_by_key(|delimiter| count(*delimiter)).unwrap_or(b',');
        let mut lines = TableLines::new(bytes.as_slice(), delimiter, None);
        let header: Vec<String> = header_of(&mut lines)?.iter().map(|title| plain(title).to_lowercase()).collect();
        let find = |titles: &[&str]| -> Result<Option<usize>, TableError> {
            // The first title that is there decides: a table may have a `name` beside its `formula`.
            let places = |title: &&str| (0..header.len()).filter(|&k| header[k] == *title).collect::<Vec<usize>>();
            match titles.iter().map(places).find(|places| !places.is_empty()).as_deref() {
                None => Ok(None),
                Some([place]) => Ok(Some(*place)),
                Some(_) => Err(TableError::Column { column: titles[0].to_owned(), found: header.clone() }),
            }
        };
        let missing = || TableError::Column { column: "formula".to_owned(), found: header.clone() };
        let formula = find(&["formula", "name", "composition"])?.ok_or_else(missing)?;
        let (tc, id) = (find(&["tc", "tc_k", "critical_temp"])?, find(&["id"])?);
        let mut table = Self::default();
        let mut row = 0;
        while let Some(fields) = lines.next_row()? {
            row += 1;
            let fields = match of_width(fields, header.len()) {
                Ok(fields) => fields,
                Err(reason) => {
                    table.faults.push(format!("row {row}: {reason}"));
                    continue;
                }
            };
            let written = plain(&fields[formula]).to_owned();
            let mut remarks = Vec::new();
            let read = ApproximateFormula::read(&written);
            let composition =
                read.map_err(|error| format!("{:?} is no formula: {error}", excerpt(&written))).map(|read| {
                    remarks.extend(read.remark);
                    read.composition
                });
            let kelvin = tc.and_then(|place| temperature(plain(&fields[place]), &mut remarks));
            let id = id.map(|place| plain(&fields[place])).filter(|id| !id.is_empty()).unwrap_or(&written).to_owned();
            table.rows.push(TcRow { row, id, formula: written, composition, kelvin, remarks });
        }
        Ok(table)
    }
}

/// Without spaces and quotes around it.
fn plain(field: &str) -> &str {
    field.trim().trim_matches(['"', '\'']).trim()
}

fn temperature(text: &str, remarks: &mut Vec<String>) -> Option<f64> {
    let number = text.trim_end_matches(['K', ' ']);
    if ["", "-", "–", "nan", "na", "n/a", "none", "null", "?"].contains(&number.to_lowercase().as_str()) {
        return None;
    }
    if number.strip_prefix('<').is_some_and(|limit| limit.trim().parse::<f64>().is_ok()) {
        remarks.push(format!("Tc {:?} is read as none", excerpt(text)));
        return Some(0.0);
    }
    match number.parse::<f64>() {
        Ok(0.0) => Some(0.0),
        Ok(kelvin) if Kelvin(kelvin).is_transition_temperature() => Some(kelvin),
        _ => {
            remarks.push(format!("Tc {:?} is no temperature in K", excerpt(text)));
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_may_come_in_any_order_with_spaces_quotes_and_a_mark() -> Result<(), TableError> {
        let text =
            "\u{feff}\"Tc\", ID , Formula\r\n 18.05 ,a,\"Nb3Sn\"\r\n,b, YBa2Cu3O7-y\r\n<1.2,c,Au\r\nx,d,Q9\r\n1,2\r\n";
        let table = TcTable::read(text.as_bytes())?;
        let row = |k: usize| &table.rows[k];
        assert_eq!((row(0).id.as_str(), row(0).kelvin, row(0).remarks.len()), ("a", Some(18.05), 0));
        assert_eq!((row(1).kelvin, row(1).remarks.len()), (None, 1));
        assert_eq!((row(2).kelvin, row(2).remarks.len()), (Some(0.0), 1));
        assert!(row(3).composition.is_err() && row(3).remarks == ["Tc \"x\" is no temperature in K"]);
        assert_eq!(table.faults, ["row 5: 2 fields, the header has 3"]);
        Ok(())
    }

    #[test]
    fn a_table_without_formulas_or_with_two_columns_of_them_is_refused() {
        assert!(TcTable::read("id,Tc\n1,2\n".as_bytes()).is_err());
        assert!(TcTable::read("formula,Formula,Tc\nNb,Nb,2\n".as_bytes()).is_err());
        assert!(TcTable::read("".as_bytes()).is_err());
    }
}
