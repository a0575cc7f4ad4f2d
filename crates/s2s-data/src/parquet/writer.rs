//! Records to Parquet.

use std::{io::Write, sync::Arc};

use parquet::{
    basic::Compression,
    data_type::{ByteArray, ByteArrayType, DataType, DoubleType, Int32Type},
    file::{
        properties::WriterProperties,
        writer::{SerializedFileWriter, SerializedRowGroupWriter},
    },
    schema::parser::parse_message_type,
};

use super::ParquetError;
use crate::{
    Record,
    record::{answer, beside_columns},
};

/// Records in one row group: a few megabytes.
const GROUP: usize = 4096;

const SCHEMA: &str = "message record {
    required binary id (STRING);
    required binary formula (STRING);
    optional int32 label;
    optional binary answer (STRING);
    optional double tc;
    required group lattice (LIST) { repeated group list { required group element (LIST) {
        repeated group list { required double element; } } } }
    required group species (LIST) { repeated group list { required int32 element; } }
    required group frac_coords (LIST) { repeated group list { required group element (LIST) {
        repeated group list { required double element; } } } }
    required binary more (STRING);
}";

/// Writes records as a Parquet file; the same records give the same bytes.
///
/// Memory does not grow with the number of records.
pub struct ParquetWriter<W: Write + Send> {
    file: SerializedFileWriter<W>,
    waiting: Vec<Row>,
}

/// What becomes of a record.
struct Row {
    id: ByteArray,
    formula: ByteArray,
    label: Option<i32>,
    answer: Option<ByteArray>,
    tc: Option<f64>,
    lattice: [f64; 9],
    species: Vec<i32>,
    coordinates: Vec<f64>,
    more: ByteArray,
}

impl<W: Write + Send> ParquetWriter<W> {
    /// Writes to this sink, compressed by Snappy.
    ///
    /// # Errors
    ///
    /// [`ParquetError::File`] with what the sink reports.
    pub fn new(sink: W) -> Result<Self, ParquetError> {
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_created_by(concat!(env!("CARGO_PKG_NAME"), " ", env!("CARGO_PKG_VERSION")).into())
            .build();
        let schema = Arc::new(parse_message_type(SCHEMA)?);
        Ok(Self { file: SerializedFileWriter::new(sink, schema, Arc::new(properties))?, waiting: Vec::new() })
    }

    /// Appends a record.
    ///
    /// # Errors
    ///
    /// [`ParquetError::File`] with what the sink reports.
    pub fn push(&mut self, record: &Record) -> Result<(), ParquetError> {
        let bytes = |text: &str| ByteArray::from(text.as_bytes().to_vec());
        let answered = record.label.map(answer);
        let more = beside_columns(record).map_err(|error| ParquetError::File(error.to_string()))?;
        let sites = record.crystal.sites();
        let mut lattice = [0.0; 9];
        lattice.copy_from_slice(record.crystal.lattice().vectors().as_flattened());
        self.waiting.push(Row {
            id: bytes(record.id.as_str()),
            formula: bytes(&record.formula),
            label: record.label.and_then(|label| label.is_superconductor()).map(i32::from),
            answer: answered.map(|(words, _)| bytes(words)),
            tc: answered.and_then(|(_, tc)| tc).map(|tc| tc.0),
            lattice,
            species: sites.iter().map(|site| i32::from(site.species.majority_element().atomic_number())).collect(),
            coordinates: sites.iter().flat_map(|site| site.position.0).collect(),
            more: bytes(&more),
        });
        if self.waiting.len() == GROUP { self.write_group() } else { Ok(()) }
    }

    /// Writes what is left and gives the sink back; without this there is no file.
    ///
    /// # Errors
    ///
    /// [`ParquetError::File`] with what the sink reports.
    pub fn finish(mut self) -> Result<W, ParquetError> {
        if !self.waiting.is_empty() {
            self.write_group()?;
        }
        Ok(self.file.into_inner()?)
    }

    fn write_group(&mut self) -> Result<(), ParquetError> {
        let rows = std::mem::take(&mut self.waiting);
        let mut group = self.file.next_row_group()?;
        let texts = |text: fn(&Row) -> &ByteArray| rows.iter().map(|row| text(row).clone()).collect::<Vec<_>>();
        column::<ByteArrayType, _>(&mut group, &texts(|row| &row.id), None, None)?;
        column::<ByteArrayType, _>(&mut group, &texts(|row| &row.formula), None, None)?;
        optional::<Int32Type, _>(&mut group, rows.iter().map(|row| row.label))?;
        optional::<ByteArrayType, _>(&mut group, rows.iter().map(|row| row.answer.clone()))?;
        optional::<DoubleType, _>(&mut group, rows.iter().map(|row| row.tc))?;
        triples(&mut group, rows.iter().map(|row| &row.lattice[..]))?;
        let species: Vec<i32> = rows.iter().flat_map(|row| row.species.iter().copied()).collect();
        let begins = rows.iter().flat_map(|row| (0..row.species.len()).map(|at| i16::from(at > 0)));
        column::<Int32Type, _>(&mut group, &species, Some(&vec![1; species.len()]), Some(&begins.collect::<Vec<_>>()))?;
        triples(&mut group, rows.iter().map(|row| &row.coordinates[..]))?;
        column::<ByteArrayType, _>(&mut group, &texts(|row| &row.more), None, None)?;
        group.close()?;
        Ok(())
    }
}

impl<W: Write + Send> std::fmt::Debug for ParquetWriter<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ParquetWriter").field("waiting", &self.waiting.len()).finish_non_exhaustive()
    }
}

/// The next column of a group: its values, and their definition and repetition levels.
fn column<T: DataType, W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    values: &[T::T],
    defined: Option<&[i16]>,
    repeated: Option<&[i16]>,
) -> Result<(), ParquetError> {
    let mut column = group.next_column()?.expect("invariant: the schema has this column");
    column.typed::<T>().write_batch(values, defined, repeated)?;
    Ok(column.close()?)
}

fn optional<T: DataType, W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    values: impl Iterator<Item = Option<T::T>>,
) -> Result<(), ParquetError> {
    let values: Vec<Option<T::T>> = values.collect();
    let defined: Vec<i16> = values.iter().map(|value| i16::from(value.is_some())).collect();
    column::<T, W>(group, &values.into_iter().flatten().collect::<Vec<_>>(), Some(&defined), None)
}

/// Lists of lists of three numbers.
fn triples<'a, W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    lists: impl Iterator<Item = &'a [f64]>,
) -> Result<(), ParquetError> {
    let (mut values, mut repeated) = (Vec::new(), Vec::new());
    for list in lists {
        values.extend_from_slice(list);
        repeated.extend((0..list.len()).map(|at| match at {
            0 => 0,
            _ if at % 3 == 0 => 1,
            _ => 2,
        }));
    }
    column::<DoubleType, W>(group, &values, Some(&vec![2; values.len()]), Some(&repeated))
}
