//! Records from Parquet.

use std::{
    collections::{BTreeMap, VecDeque},
    fmt,
    fs::File,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
};

use parquet::{
    column::reader::{ColumnReader, ColumnReaderImpl},
    data_type::{ByteArray, DataType},
    file::reader::{FileReader, RowGroupReader, SerializedFileReader},
};
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use super::ParquetError;
use crate::{Record, file::open_file};

/// Rows, and values of a column, that a row group may state: a group is held in memory as a whole.
const MAX_ROWS: usize = 1 << 20;
const MAX_VALUES: i64 = 1 << 26;

/// Records of a Parquet file in order, one row group in memory at a time.
///
/// A row that is no record is one `Err` and the stream goes on; a damaged file ends it.
pub struct ParquetRecords {
    file: SerializedFileReader<File>,
    group: usize,
    row: u64,
    ready: VecDeque<Result<Record, ParquetError>>,
}

impl ParquetRecords {
    /// Opens a file.
    ///
    /// # Errors
    ///
    /// [`ParquetError::File`] if it cannot be read or is no Parquet file.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, ParquetError> {
        let file = open_file(path).map_err(|error| ParquetError::File(error.to_string()))?;
        Ok(Self { file: SerializedFileReader::new(file)?, group: 0, row: 0, ready: VecDeque::new() })
    }

    fn read_group(&mut self) -> Result<(), ParquetError> {
        let group = self.file.get_row_group(self.group)?;
        self.group += 1;
        let rows = usize::try_from(group.metadata().num_rows()).unwrap_or(usize::MAX);
        let values = group.metadata().columns().iter().map(|column| column.num_values()).max().unwrap_or(0);
        if rows > MAX_ROWS || values > MAX_VALUES {
            let reason = format!("a group of {rows} rows and {values} values in a column, more than any writer makes");
            return Err(ParquetError::File(reason));
        }
        let group = Group { rows, group: &*group };
        let texts = "text";
        let ids = group.texts("id")?.ok_or(ParquetError::Column { column: "id", expected: texts })?;
        let formulas = group.texts("formula")?.ok_or(ParquetError::Column { column: "formula", expected: texts })?;
        let (answers, more) = (group.texts("answer")?, group.texts("more")?);
        let (labels, temperatures) = (group.numbers("label")?, group.numbers("tc")?);
        let needed = |column| {
            let lists = group.numbers(column)?;
            lists.ok_or(ParquetError::Column { column, expected: "a list of numbers" })
        };
        let (lattices, species, coordinates) = (needed("lattice")?, needed("species")?, needed("frac_coords")?);
        for row in 0..group.rows {
            let text = |texts: &[Vec<String>]| texts.get(row).and_then(|values| values.first().cloned());
            let number = |lists: &[Vec<f64>]| lists.get(row).and_then(|values| values.first().copied());
            let list = |lists: &[Vec<f64>]| lists.get(row).cloned().unwrap_or_default();
            let atomic_numbers: Vec<Value> = list(&species).into_iter().map(whole).collect();
            let more = more.as_deref().and_then(text).unwrap_or_default();
            let mut fields =
                vec![("lattice", rows_of_three(&list(&lattices))), ("frac_coords", rows_of_three(&list(&coordinates)))];
            if !has_species(&more) {
                fields.push(("species", atomic_numbers.into()));
            }
            fields.extend(text(&ids).map(|id| ("id", id.into())));
            fields.extend(text(&formulas).map(|formula| ("formula", formula.into())));
            fields.extend(answers.as_deref().and_then(text).map(|answer| ("answer", answer.into())));
            fields.extend(labels.as_deref().and_then(number).map(|label| ("label", whole(label))));
            fields.extend(temperatures.as_deref().and_then(number).map(|tc| ("tc", json!(tc))));
            let record = Record::from_json(line(&fields, &more).as_bytes());
            self.ready.push_back(record.map_err(|error| ParquetError::Record { row: self.row, error }));
            self.row += 1;
        }
        Ok(())
    }
}

impl Iterator for ParquetRecords {
    type Item = Result<Record, ParquetError>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.ready.is_empty() {
            if self.group >= self.file.num_row_groups() {
                return None;
            }
            // The decoder panics on some damaged pages; nothing of it is used after that.
            let read = catch_unwind(AssertUnwindSafe(|| self.read_group()));
            let damaged = |_| Err(ParquetError::File("the pages of a row group are damaged".to_owned()));
            if let Err(error) = read.unwrap_or_else(damaged) {
                self.group = usize::MAX;
                return Some(Err(error));
            }
        }
        self.ready.pop_front()
    }
}

impl fmt::Debug for ParquetRecords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ParquetRecords").field("row", &self.row).finish_non_exhaustive()
    }
}

/// Whether the rest of a record lists its sites itself: mixed or partly filled ones, of which the column has the majority.
fn has_species(more: &str) -> bool {
    let fields: Result<BTreeMap<String, IgnoredAny>, _> = serde_json::from_str(more);
    fields.is_ok_and(|fields| fields.contains_key("species"))
}

/// A number without decimals as such, so that it counts as an atomic number or a label.
fn whole(x: f64) -> Value {
    if x.fract() == 0.0 && x.abs() < 1e15 { json!(x as i64) } else { json!(x) }
}

fn rows_of_three(values: &[f64]) -> Value {
    values.chunks(3).map(|row| json!(row)).collect::<Vec<_>>().into()
}

/// The columns and the rest as one JSON object, to be read as every other record is.
fn line(fields: &[(&str, Value)], more: &str) -> String {
    let mut line = String::from("{");
    for (name, value) in fields {
        line += &format!("{name:?}:{value},");
    }
    match more.trim().strip_prefix('{') {
        Some(rest) if rest.trim_start() != "}" => line.push_str(rest),
        // The reader of the line reports what is no object.
        None if !more.is_empty() => line.push_str(more),
        _ => {
            line.pop();
            line.push('}');
        }
    }
    line
}

/// One row group.
struct Group<'a> {
    group: &'a dyn RowGroupReader,
    rows: usize,
}

impl Group<'_> {
    /// The column of this name, or the only one inside the group of this name.
    fn column(&self, name: &str) -> Result<Option<(ColumnReader, i16)>, ParquetError> {
        let schema = self.group.metadata().schema_descr();
        let numbered = schema.columns().iter().enumerate();
        let named = numbered.filter(|(_, column)| column.path().parts().first().is_some_and(|first| first == name));
        match named.map(|(at, column)| (at, column.max_def_level())).next() {
            Some((at, defined)) => Ok(Some((self.group.get_column_reader(at)?, defined))),
            None => Ok(None),
        }
    }

    fn texts(&self, name: &'static str) -> Result<Option<Vec<Vec<String>>>, ParquetError> {
        let Some((reader, defined)) = self.column(name)? else { return Ok(None) };
        let wrong = ParquetError::Column { column: name, expected: "text" };
        let ColumnReader::ByteArrayColumnReader(reader) = reader else { return Err(wrong) };
        let text = |bytes: ByteArray| bytes.as_utf8().map(str::to_owned);
        let lists = lists(reader, defined, self.rows)?;
        let decoded: Result<_, _> = lists.into_iter().map(|list| list.into_iter().map(text).collect()).collect();
        decoded.map(Some).map_err(|_| wrong)
    }

    fn numbers(&self, name: &'static str) -> Result<Option<Vec<Vec<f64>>>, ParquetError> {
        let Some((reader, defined)) = self.column(name)? else { return Ok(None) };
        let all = |lists: Vec<Vec<f64>>| Ok(Some(lists));
        match reader {
            ColumnReader::DoubleColumnReader(reader) => all(lists(reader, defined, self.rows)?),
            ColumnReader::FloatColumnReader(reader) => all(converted(lists(reader, defined, self.rows)?, f64::from)),
            ColumnReader::Int32ColumnReader(reader) => all(converted(lists(reader, defined, self.rows)?, f64::from)),
            ColumnReader::Int64ColumnReader(reader) => {
                all(converted(lists(reader, defined, self.rows)?, |x: i64| x as f64))
            }
            _ => Err(ParquetError::Column { column: name, expected: "numbers" }),
        }
    }
}

fn converted<T>(lists: Vec<Vec<T>>, number: impl Fn(T) -> f64) -> Vec<Vec<f64>> {
    lists.into_iter().map(|list| list.into_iter().map(&number).collect()).collect()
}

/// The values of each row, however deep they lie; none where the row is null.
fn lists<T: DataType>(
    mut reader: ColumnReaderImpl<T>,
    max_defined: i16,
    rows: usize,
) -> Result<Vec<Vec<T::T>>, ParquetError> {
    let (mut defined, mut repeated, mut values) = (Vec::new(), Vec::new(), Vec::new());
    let mut read = 0;
    while read < rows {
        let (records, ..) = reader.read_records(rows - read, Some(&mut defined), Some(&mut repeated), &mut values)?;
        if records == 0 {
            return Err(ParquetError::File(format!("{read} of {rows} rows in a column")));
        }
        read += records;
    }
    let mut values = values.into_iter();
    let num_levels = defined.len().max(repeated.len());
    if num_levels == 0 {
        // A plain column without nulls has no levels.
        return Ok(values.map(|value| vec![value]).collect());
    }
    let mut lists: Vec<Vec<T::T>> = Vec::with_capacity(rows);
    for index in 0..num_levels {
        if repeated.get(index).is_none_or(|&level| level == 0) {
            lists.push(Vec::new());
        }
        if defined.get(index).is_none_or(|&level| level == max_defined)
            && let (Some(list), Some(value)) = (lists.last_mut(), values.next())
        {
            list.push(value);
        }
    }
    Ok(lists)
}
