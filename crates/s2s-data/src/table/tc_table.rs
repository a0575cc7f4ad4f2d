//! Tables of formulas and critical temperatures, read by the titles of their columns.

use std::{io::Read, ops::RangeInclusive};

use s2s_crystal::Composition;

use super::{
    ApproximateFormula, TableColumn, TableError,
    column::find,
    field::{Temperature, is_empty, plain},
    rows::{TableRows, bytes_of},
};
use crate::{Kelvin, Label, excerpt::excerpt};

/// A table with a column of formulas and, in any order, one of critical temperatures in K and one of identifiers.
///
/// | column | titles, in any case |
/// |---|---|
/// | formula | `formula`, else `name`, else `composition`, else `chemical formula`, else `element` |
/// | temperature | `Tc`, else `Tc_K`, else `critical_temp`, else `Tc (of this sample) recommended`; may be missing, and so may its numbers |
/// | limit | `tested_to`, else `tested_to_K`, else `tcn`, else `lowest temperature for measurement (not superconducting)`: the lowest temperature in K of a measurement without a transition; may be missing |
/// | year | `year` of publication; may be missing |
/// | identifier | `id`, else `data number`, else `num`; may be missing |
///
/// The last ones are those of the SuperCon table that NIMS publishes (doi 10.48505/nims.4487); its second line, short names of the columns, is
/// passed over.
///
/// Separators are commas, semicolons or tabs, whichever the header has. A temperature of zero stands for none reported; one
/// with `<` or `≤` before it for none found down to there, and so does no temperature, or zero, beside a limit.
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
    /// What was measured; `None` where the row does not say.
    pub label: Option<Label>,
    /// Year of publication, where the row has one.
    pub year: Option<u16>,
    /// What was assumed, or cannot be used: one sentence each.
    pub remarks: Vec<String>,
}

impl TcRow {
    /// Tc in K, zero for none found or none reported; `None` where the row does not say.
    pub fn kelvin(&self) -> Option<f64> {
        self.label.map(|label| label.tc().map_or(0.0, |tc| tc.0))
    }
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
    /// use s2s_data::{Kelvin, Label, table::TcTable};
    ///
    /// let table = TcTable::read("Tc;Formula\n9.2;Nb\n;YBa2Cu3O7-y\n<1.2;Au\n".as_bytes())?;
    /// assert_eq!(table.rows[0].kelvin(), Some(9.2));
    /// assert_eq!((table.rows[1].label, table.rows[1].remarks.len()), (None, 1));
    /// assert_eq!(table.rows[2].label, Some(Label::NoTransition { tested_to: Kelvin(1.2) }));
    /// # Ok::<(), s2s_data::table::TableError>(())
    /// ```
    pub fn read(source: impl Read) -> Result<Self, TableError> {
        let bytes = bytes_of(source)?;
        let mut rows = TableRows::detect(&bytes)?;
        let header = rows.header();
        let missing = || TableError::Column { column: "formula".to_owned(), found: header.to_vec() };
        let formula = TableColumn::Formula.find(header)?.ok_or_else(missing)?;
        let (tc, id) = (TableColumn::Tc.find(header)?, find(&ID, header)?);
        let (limit, year) = (TableColumn::TestedTo.find(header)?, TableColumn::Year.find(header)?);
        // A second line of titles is one of both columns; a table without temperatures has none.
        rows.skip_second_header(tc.into_iter().flat_map(|tc| [(TableColumn::Formula, formula), (TableColumn::Tc, tc)]));
        let mut table = Self::default();
        while let Some((row, fields)) = rows.next_row()? {
            let fields = match fields {
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
            let at = |place: Option<usize>| place.map(|place| plain(&fields[place])).filter(|text| !is_empty(text));
            let measured = at(tc).and_then(|text| measured(text, &mut remarks));
            let limit = at(limit).and_then(|text| tested_to(text, &mut remarks));
            let label = match (measured, limit) {
                (None | Some(Label::NoneReported), Some(tested_to)) => Some(Label::NoTransition { tested_to }),
                (measured, _) => measured,
            };
            let year = at(year).and_then(|text| {
                let year = text.parse().ok().filter(|year| YEARS.contains(year));
                remarks.extend(year.is_none().then(|| format!("{:?} is no year", excerpt(text))));
                year
            });
            let id = id.map(|place| plain(&fields[place])).filter(|id| !id.is_empty()).unwrap_or(&written).to_owned();
            table.rows.push(TcRow { row, id, formula: written, composition, label, year, remarks });
        }
        Ok(table)
    }
}

/// Titles of the column of identifiers, in lower case; the first that is there counts.
const ID: [&str; 3] = ["id", "data number", "num"];

/// Years in which transitions can have been published.
const YEARS: RangeInclusive<u16> = 1908..=2199;

/// What a temperature in K says, or a limit with a mark before it.
fn measured(text: &str, remarks: &mut Vec<String>) -> Option<Label> {
    let temperature = Temperature::read(text);
    if temperature.is_none() {
        remarks.push(format!("Tc {:?} is no temperature in K", excerpt(text)));
    }
    temperature.map(Temperature::label)
}

/// The lowest temperature of a measurement, with or without a mark before it.
fn tested_to(text: &str, remarks: &mut Vec<String>) -> Option<Kelvin> {
    let kelvin = Temperature::read_lowest(text);
    if kelvin.is_none() {
        remarks.push(format!("the limit {:?} is no temperature in K", excerpt(text)));
    }
    kelvin
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
        assert_eq!((row(0).id.as_str(), row(0).kelvin(), row(0).remarks.len()), ("a", Some(18.05), 0));
        assert_eq!((row(1).label, row(1).remarks.len()), (None, 1));
        assert_eq!((row(2).label, row(2).kelvin()), (Some(Label::NoTransition { tested_to: Kelvin(1.2) }), Some(0.0)));
        assert!(row(3).composition.is_err() && row(3).remarks == ["Tc \"x\" is no temperature in K"]);
        assert_eq!(table.faults, ["row 5: 2 fields, the header has 3"]);
        Ok(())
    }

    #[test]
    fn a_limit_is_kept_however_it_is_written_and_a_zero_without_one_has_none() -> Result<(), TableError> {
        let limit = |kelvin| Some(Label::NoTransition { tested_to: Kelvin(kelvin) });
        let transition = |kelvin| Some(Label::Superconductor { tc: Some(Kelvin(kelvin)) });
        for (tc, tcn, label, remarks) in [
            ("<4.2", "", limit(4.2), 0),
            ("=4.2", "", transition(4.2), 0),
            ("", "=4.2", limit(4.2), 0),
            (">4.2", "", None, 1),
            ("< 4.2 K", "", limit(4.2), 0),
            ("≤1.5", "-", limit(1.5), 0),
            ("", "2", limit(2.0), 0),
            ("0", "<2 K", limit(2.0), 0),
            ("nan", "0.35", limit(0.35), 0),
            ("0", "", Some(Label::NoneReported), 0),
            ("0.0 K", "x", Some(Label::NoneReported), 1),
            ("9.2", "4.2", transition(9.2), 0),
            ("", "", None, 0),
            ("<0", "", None, 1),
            ("<", "", None, 1),
            ("-4", "", None, 1),
            ("<-4", "", None, 1),
            ("inf", "", None, 1),
        ] {
            let table = TcTable::read(format!("formula;Tc;tcn\nNb;{tc};{tcn}\n").as_bytes())?;
            assert_eq!((table.rows[0].label, table.rows[0].remarks.len()), (label, remarks), "{tc:?}, {tcn:?}");
        }
        Ok(())
    }

    #[test]
    fn years_are_read_where_they_are_years() -> Result<(), TableError> {
        let table = TcTable::read("formula,Tc,Year\nNb,9.2,1986\nPb,7.2,\nAl,1.2,86\nSn,3.7,soon\n".as_bytes())?;
        let found: Vec<_> = table.rows.iter().map(|row| (row.year, row.remarks.len())).collect();
        assert_eq!(found, [(Some(1986), 0), (None, 0), (None, 1), (None, 1)]);
        Ok(())
    }

    #[test]
    fn the_table_of_nims_is_read_as_it_is_published() -> Result<(), TableError> {
        let long = "data number\tchemical formula\telement name of materials\telement name of materials\t\
                    Tc (of this sample) recommended\tunit of Tc\tlowest temperature for measurement (not superconducting)\n";
        let short = "num\telement\tma1\tmb1\ttc\tutc\ttcn\n";
        let rows = "111\tNb3Sn1\tNb\tSn\t18.05\tK\t\n112\tLa1.9Sr0.1Cu1O4-Y\tLa\tSr\t\t\t4.2\n113\tAu1\tAu\t\t\t\t\n";
        for header in [format!("{long}{short}"), long.to_owned(), short.to_owned()] {
            let table = TcTable::read(format!("{header}{rows}").as_bytes())?;
            let found: Vec<_> = table.rows.iter().map(|row| (row.row, row.id.as_str(), row.label)).collect();
            let tc = Some(Label::Superconductor { tc: Some(Kelvin(18.05)) });
            let limit = Some(Label::NoTransition { tested_to: Kelvin(4.2) });
            assert_eq!(found, [(1, "111", tc), (2, "112", limit), (3, "113", None)], "{header}");
            assert_eq!(table.rows[1].remarks.len(), 1, "the open amount is reported: {:?}", table.rows[1].remarks);
        }
        Ok(())
    }

    #[test]
    fn a_table_without_formulas_or_with_two_columns_of_them_is_refused() {
        assert!(TcTable::read("id,Tc\n1,2\n".as_bytes()).is_err());
        assert!(TcTable::read("formula,Formula,Tc\nNb,Nb,2\n".as_bytes()).is_err());
        assert!(TcTable::read("".as_bytes()).is_err());
    }
}
