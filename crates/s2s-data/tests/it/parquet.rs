use std::{fs, path::PathBuf};

use proptest::prelude::*;
use s2s_data::{
    Record, RecordStream,
    parquet::{ParquetRecords, ParquetWriter},
};

use crate::{real_data::folder, records::any_record};

fn path(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("parquet");
    fs::create_dir_all(&folder).unwrap();
    folder.join(name)
}

fn bytes(records: &[Record]) -> Vec<u8> {
    let mut writer = ParquetWriter::new(Vec::new()).unwrap();
    records.iter().for_each(|record| writer.push(record).unwrap());
    writer.finish().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn any_record_comes_back_to_the_last_bit(records in prop::collection::vec(any_record(), 0..6)) {
        let path = path("any.parquet");
        fs::write(&path, bytes(&records)).unwrap();
        let read = ParquetRecords::open(&path).unwrap().collect::<Result<Vec<_>, _>>().unwrap();
        prop_assert_eq!(read, records);
    }
}

const IRON: &str =
    r#"{"id":"a","formula":"Fe","lattice":[[2,0,0],[0,2,0],[0,0,2]],"species":[26],"frac_coords":[[0,0.25,0]]}"#;

#[test]
fn damaged_pages_are_an_error() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/parquet");
    let records = ParquetRecords::open(folder.join("damaged_pages.parquet")).unwrap();
    let last = records.filter_map(Result::err).last().map(|error| error.to_string());
    assert!(last.as_deref().is_some_and(|last| last.ends_with("the pages of a row group are damaged")), "{last:?}");
}

#[test]
fn a_cut_file_is_an_error() {
    let whole = bytes(&[Record::from_json(IRON.as_bytes()).unwrap()]);
    let path = path("cut.parquet");
    for length in (0..whole.len()).step_by(7) {
        fs::write(&path, &whole[..length]).unwrap();
        assert!(ParquetRecords::open(&path).is_err(), "cut at {length}");
    }
    assert!(ParquetRecords::open(path.with_file_name("nothing.parquet")).is_err());
}

#[test]
fn tables_that_pandas_wrote_are_read() {
    // tests/data/parquet/make.py says what is in them.
    let file = |name: &str| {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/parquet").join(name);
        ParquetRecords::open(path).unwrap().map(|r| r.map_err(|e| e.to_string())).collect::<Vec<_>>()
    };
    let records = file("pandas.parquet");
    let first = records[0].as_ref().unwrap();
    assert_eq!((first.id.as_str(), &*first.formula), ("a", "Fe"));
    assert_eq!(first.label.unwrap().to_string(), "superconductor, Tc = 1.5 K");
    assert_eq!(records[1].as_ref().unwrap().crystal.num_sites(), 2);
    assert_eq!(records[1].as_ref().unwrap().label, None);
    assert_eq!(records[2].as_ref().unwrap_err(), "row 2: 2 species for 1 positions");
    assert_eq!(records.len(), 3);
    let records = file("no_lattice.parquet");
    assert_eq!(records[0].as_ref().unwrap_err(), "the column \"lattice\" is missing or not a list of numbers");
    assert_eq!(records.len(), 1);
}

#[test]
fn the_large_file_survives_parquet() {
    let Some(folder) = folder("the_large_file_survives_parquet") else { return };
    let records: Vec<Record> = RecordStream::open(folder.mp139k()).unwrap().take(9000).map(Result::unwrap).collect();
    let path = path("large.parquet");
    let written = bytes(&records);
    println!("{} records in {} bytes", records.len(), written.len());
    assert_eq!(written, bytes(&records));
    fs::write(&path, written).unwrap();
    assert!(ParquetRecords::open(&path).unwrap().map(Result::unwrap).eq(records));
    // For a look from the other side: S2S as a file that stays.
    let s2s: Vec<Record> = RecordStream::open(folder.s2s()).unwrap().map(Result::unwrap).collect();
    fs::write(path.with_file_name("s2s.parquet"), bytes(&s2s)).unwrap();
}
