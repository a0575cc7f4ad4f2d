//! Tables of formulas and critical temperatures, read by the titles of their columns.

use std::{collections::BTreeMap, io::Read, ops::RangeInclusive};

use s2s_crystal::Composition;

use super::{
    ApproximateFormula, TableColumn, TableError,
    column::find,
    field::{Temperature, decimal_point, is_empty, plain},
    rows::{TableRows, bytes_of},
};
use crate::{Kelvin, Label, excerpt::excerpt};

/// A table with a column of formulas and, in any order, one of critical temperatures in K and one of identifiers.
///
/// | column | titles, in any case |
/// |---|---|
/// | formula | `formula`, else `name`, else `composition`, else `chemical formula`, else `element` |
/// | temperature | `Tc`, else `Tc_K`, `Tc (K)`, `Tc [K]` or `Tc/K`, else `critical_temp`, else `Tc (of this sample) recommended`; may be missing, and so may its numbers |
/// | limit | `tested_to`, else `tested_to_K`, else `tcn`, else `lowest temperature for measurement (not superconducting)`: the lowest temperature in K of a measurement without a transition; may be missing |
/// | year | `year` of publication; may be missing |
/// | identifier | `id`, else `data number`, else `num`; may be missing |
///
/// The last ones are those of the SuperCon table that NIMS publishes (doi 10.48505/nims.4487); its second line, short names of the columns, is
/// passed over.
///
/// Separators are commas, semicolons or tabs, whichever the header has; where they are no commas, a comma between two digits of a formula or
/// a temperature is a decimal point. Of a line that has not as many fields as the header, the formula alone is read. A temperature of zero stands for none reported; one
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
    /// How many of these are of fields that cannot be used.
    pub unused: usize,
}

impl TcRow {
    /// Tc in K, zero for none found or none reported; `None` where the row does not say.
    pub fn kelvin(&self) -> Option<f64> {
        self.label.map(|label| label.tc().map_or(0.0, |tc| tc.0))
    }
}

impl TcTable {
    /// Reads a table by its usual titles.
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
        Self::read_columns(source, &BTreeMap::new(), &[])
    }

    /// Reads a table of which some columns are given by their titles, and of which these ones, besides that of formulas, must be
    /// there.
    ///
    /// # Errors
    ///
    /// As [`Self::read`], and [`TableError::Column`] if a needed column is missing.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::collections::BTreeMap;
    ///
    /// use s2s_data::table::{TableColumn, TcTable};
    ///
    /// let onset = BTreeMap::from([(TableColumn::Tc, "Tc_onset".to_owned())]);
    /// let table = "formula,Tc,Tc_onset\nNb3Sn,18.0,18.3\n";
    /// let table = TcTable::read_columns(table.as_bytes(), &onset, &[TableColumn::Tc])?;
    /// assert_eq!(table.rows[0].kelvin(), Some(18.3));
    /// # Ok::<(), s2s_data::table::TableError>(())
    /// ```
    pub fn read_columns(
        source: impl Read,
        given: &BTreeMap<TableColumn, String>,
        needed: &[TableColumn],
    ) -> Result<Self, TableError> {
        let bytes = bytes_of(source)?;
        let mut rows = TableRows::detect(&bytes)?;
        let indices = ColumnIndices::find(rows.header(), rows.delimiter(), given, needed)?;
        // A second line of titles is one of both columns; a table without temperatures has none.
        let titled =
            indices.tc.into_iter().flat_map(|tc| [(TableColumn::Formula, indices.formula), (TableColumn::Tc, tc)]);
        rows.skip_second_header(titled);
        let mut table = Self::default();
        while let Some((row, fields)) = rows.next_fields()? {
            let read = fields.and_then(|fields| match rows.check_width(&fields) {
                Ok(()) => Ok(indices.row(row, &fields)),
                Err(width) => indices.formula_alone(row, &fields, &width).ok_or(width),
            });
            match read {
                Ok(row) => table.rows.push(row),
                Err(reason) => table.faults.push(format!("row {row}: {reason}")),
            }
        }
        Ok(table)
    }
}

/// Where a header has the columns.
struct ColumnIndices {
    formula: usize,
    tc: Option<usize>,
    limit: Option<usize>,
    year: Option<usize>,
    id: Option<usize>,
    delimiter: u8,
}

impl ColumnIndices {
    fn find(
        header: &[String],
        delimiter: u8,
        given: &BTreeMap<TableColumn, String>,
        needed: &[TableColumn],
    ) -> Result<Self, TableError> {
        let index = |column: TableColumn| match given.get(&column) {
            Some(title) if !header.iter().any(|found| found.trim() == title) => Ok(None),
            _ => column.find_given(given, header),
        };
        let missing = |column: TableColumn| {
            let column = given.get(&column).cloned().unwrap_or_else(|| column.titles()[0].to_owned());
            TableError::Column { column, found: header.to_vec() }
        };
        for column in needed {
            index(*column)?.ok_or_else(|| missing(*column))?;
        }
        Ok(Self {
            formula: index(TableColumn::Formula)?.ok_or_else(|| missing(TableColumn::Formula))?,
            tc: index(TableColumn::Tc)?,
            limit: index(TableColumn::TestedTo)?,
            year: index(TableColumn::Year)?,
            id: find(&ID, header)?,
            delimiter,
        })
    }

    /// The row with these fields.
    fn row(&self, row: u32, fields: &[String]) -> TcRow {
        let at = |index: Option<usize>| index.map(|index| plain(&fields[index])).filter(|text| !is_empty(text));
        let number = |index| at(index).map(|text| decimal_point(text, self.delimiter));
        let (formula, composition, mut remarks) = self.composition(&fields[self.formula]);
        let assumed = remarks.len();
        let measured = number(self.tc).and_then(|text| measured(&text, &mut remarks));
        let limit = number(self.limit).and_then(|text| tested_to(&text, &mut remarks));
        let label = match (measured, limit) {
            (None | Some(Label::NoneReported), Some(tested_to)) => Some(Label::NoTransition { tested_to }),
            (measured, _) => measured,
        };
        let year = at(self.year).and_then(|text| {
            let year = text.parse().ok().filter(|year| YEARS.contains(year));
            remarks.extend(year.is_none().then(|| format!("{:?} is no year", excerpt(text))));
            year
        });
        let id = self.id.map(|index| plain(&fields[index])).filter(|id| !id.is_empty()).unwrap_or(&formula).to_owned();
        let unused = remarks.len() - assumed;
        TcRow { row, id, formula, composition, label, year, remarks, unused }
    }

    /// What can be told of a line that has not as many fields as the header: its formula, where it is one, and what stands before
    /// that. Which column a number behind it belongs to is open.
    fn formula_alone(&self, row: u32, fields: &[String], width: &str) -> Option<TcRow> {
        let (formula, composition, mut remarks) = self.composition(fields.get(self.formula)?);
        composition.as_ref().ok()?;
        remarks.insert(0, format!("{width}: nothing but the formula is read"));
        let before = self.id.filter(|id| *id < self.formula);
        let id = before.map(|index| plain(&fields[index])).filter(|id| !id.is_empty()).unwrap_or(&formula).to_owned();
        Some(TcRow { row, id, formula, composition, label: None, year: None, remarks, unused: 1 })
    }

    /// A formula without quotes and spaces around it, what it consists of, and what was assumed for that.
    fn composition(&self, field: &str) -> (String, Result<Composition, String>, Vec<String>) {
        let formula = plain(field).to_owned();
        match ApproximateFormula::read(&decimal_point(&formula, self.delimiter)) {
            Ok(read) => (formula, Ok(read.composition), read.remark.into_iter().collect()),
            Err(error) => {
                let reason = format!("{:?} is no formula: {error}", excerpt(&formula));
                (formula, Err(reason), Vec::new())
            }
        }
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
        assert_eq!((row(1).label, row(1).remarks.len(), row(1).unused), (None, 1, 0));
        assert_eq!((row(2).label, row(2).kelvin()), (Some(Label::NoTransition { tested_to: Kelvin(1.2) }), Some(0.0)));
        assert!(row(3).composition.is_err() && row(3).remarks == ["Tc \"x\" is no temperature in K"]);
        assert_eq!(table.faults, ["row 5: 2 fields, the header has 3"]);
        Ok(())
    }

    #[test]
    fn columns_are_given_by_titles_and_those_that_are_needed_must_be_there() -> Result<(), TableError> {
        let text = "Sample,formula,Tc,Tc_onset\nNb3Ge,Nb3Sn,18.0,18.3\n";
        let title = |column, title: &str| (column, title.to_owned());
        let given = BTreeMap::from([title(TableColumn::Tc, "Tc_onset"), title(TableColumn::Formula, "Sample")]);
        let table = TcTable::read_columns(text.as_bytes(), &given, &[TableColumn::Tc])?;
        assert_eq!((table.rows[0].formula.as_str(), table.rows[0].kelvin()), ("Nb3Ge", Some(18.3)));
        // A title that is given never stands for the usual one.
        let given = BTreeMap::from([title(TableColumn::Tc, "Tc_zero")]);
        assert_eq!(TcTable::read_columns(text.as_bytes(), &given, &[])?.rows[0].label, None);
        let missing = TcTable::read_columns(text.as_bytes(), &given, &[TableColumn::Tc]).map_err(|e| e.to_string());
        let expected = "the header needs the column \"Tc_zero\" exactly once, \
                        found [\"Sample\", \"formula\", \"Tc\", \"Tc_onset\"]";
        assert_eq!(missing, Err(expected.to_owned()));
        let missing = TcTable::read_columns("formula\nNb\n".as_bytes(), &BTreeMap::new(), &[TableColumn::Tc]);
        assert!(missing.is_err_and(|error| error.to_string().contains("needs the column \"tc\" exactly once")));
        Ok(())
    }

    #[test]
    fn a_line_of_another_width_gives_its_formula_and_no_temperature() -> Result<(), TableError> {
        let text = "id,formula,Tc\na,Nb3Sn\nb,Nb3Ge,23,2\nc\nd,YBa2Cu3O7-y\n5,9.2\n";
        let table = TcTable::read(text.as_bytes())?;
        let found: Vec<_> =
            table.rows.iter().map(|row| (row.row, row.id.as_str(), row.label, row.remarks.len())).collect();
        assert_eq!(found, [(1, "a", None, 1), (2, "b", None, 1), (4, "d", None, 2)]);
        assert_eq!(table.rows[1].remarks, ["4 fields, the header has 3: nothing but the formula is read"]);
        assert_eq!(table.faults, ["row 3: 1 field, the header has 3", "row 5: 2 fields, the header has 3"]);
        // The identifier behind a formula may be another field.
        let table = TcTable::read("formula,Tc,id\nNb3Ge,23,2,x\n".as_bytes())?;
        assert_eq!(table.rows[0].id, "Nb3Ge");
        Ok(())
    }

    #[test]
    fn decimal_commas_are_read_where_something_else_separates_the_columns() -> Result<(), TableError> {
        for separator in [';', '\t'] {
            let text = "formula;Tc;tested_to\nBa0,6K0,4Fe2As2;38,5;\nAu;;0,35\n".replace(';', &separator.to_string());
            let table = TcTable::read(text.as_bytes())?;
            assert_eq!(table.rows[0].kelvin(), Some(38.5));
            assert_eq!(table.rows[0].composition, Ok("Ba0.6K0.4Fe2As2".parse().expect("a formula")));
            assert_eq!(table.rows[1].label, Some(Label::NoTransition { tested_to: Kelvin(0.35) }));
        }
        let table = TcTable::read("formula,Tc\nNb3Sn,\"18,05\"\n".as_bytes())?;
        assert_eq!(table.rows[0].remarks, ["Tc \"18,05\" is no temperature in K"]);
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
        let unused: Vec<usize> = table.rows.iter().map(|row| row.unused).collect();
        assert_eq!(unused, [0, 0, 1, 1]);
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
