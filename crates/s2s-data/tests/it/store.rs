use std::{fs, path::PathBuf};

use proptest::prelude::*;
use s2s_data::{Record, RecordStream, Store, StoreWriter};

use crate::{real_data::folder, records::any_record};

fn file(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("store");
    fs::create_dir_all(&folder).unwrap();
    folder.join(name)
}

fn written(name: &str, records: &[Record]) -> PathBuf {
    let mut writer = StoreWriter::new(Vec::new()).unwrap();
    records.iter().for_each(|record| writer.push(record).unwrap());
    let path = file(name);
    fs::write(&path, writer.finish().unwrap()).unwrap();
    path
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn any_record_comes_back_to_the_last_bit(records in prop::collection::vec(any_record(), 0..5)) {
        let store = Store::open(written("any", &records)).unwrap();
        prop_assert_eq!(store.len(), records.len());
        for i in (0..records.len()).rev() {
            prop_assert_eq!(&store.get(i).unwrap(), &records[i]);
        }
    }
}

const IRON: &str =
    r#"{"id":"a","formula":"Fe","lattice":[[2,0,0],[0,2,0],[0,0,2]],"species":[26],"frac_coords":[[0,0.25,0]]}"#;

#[test]
fn every_flipped_byte_and_every_cut_is_noticed() {
    let record = Record::from_json(IRON.as_bytes()).unwrap();
    let whole = fs::read(written("whole", &[record.clone(), record.clone()])).unwrap();
    let path = file("damaged");
    let read = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        Store::open(&path).and_then(|store| store.iter().collect::<Result<Vec<_>, _>>())
    };
    assert_eq!(read(&whole).unwrap(), [record.clone(), record]);
    for byte in 8..whole.len() {
        let mut damaged = whole.clone();
        damaged[byte] ^= 1;
        assert!(read(&damaged).is_err(), "byte {byte}");
    }
    for length in 0..whole.len() {
        assert!(read(&whole[..length]).is_err(), "cut at {length}");
    }
    fs::write(&path, &whole[..20]).unwrap();
    assert_eq!(Store::open(&path).unwrap_err().to_string(), format!("{} is no finished store", path.display()));
}

#[test]
fn the_large_file_is_smaller_as_a_store_and_the_same() {
    let Some(folder) = folder("the_large_file_is_smaller_as_a_store_and_the_same") else { return };
    let records: Vec<Record> = RecordStream::open(folder.mp139k()).unwrap().take(5000).map(Result::unwrap).collect();
    let path = written("large", &records);
    let store = Store::open(&path).unwrap();
    println!("{} records in {} bytes", store.len(), fs::metadata(&path).unwrap().len());
    assert!(store.iter().map(Result::unwrap).eq(records));
}

#[test]
fn an_index_that_begins_behind_the_footer_is_refused() {
    let path = file("index-behind-footer");
    let mut writer = StoreWriter::new(Vec::new()).unwrap();
    writer.push(&Record::from_json(IRON.as_bytes()).unwrap()).unwrap();
    let mut bytes = writer.finish().unwrap();
    let footer = bytes.len() - 56;
    bytes[footer..footer + 16].fill(255);
    fs::write(&path, bytes).unwrap();
    let message = Store::open(&path).map(|store| store.len()).unwrap_err().to_string();
    assert!(message.ends_with("is no finished store"), "{message}");
}
