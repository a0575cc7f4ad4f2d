//! The NumPy reader on files that NumPy wrote, and on damaged ones.

#![allow(clippy::unwrap_used)]

use super::{NpyError, NpyValue, read_npy};
use proptest::prelude::*;

fn bytes(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/data/npy/{name}.npy", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn objects(name: &str) -> Vec<NpyValue> {
    match read_npy(&bytes(name)).unwrap() {
        NpyValue::Objects { shape, values } => {
            assert_eq!(shape, [values.len()]);
            values
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn arrays_of_lists_and_arrays_are_read_from_every_protocol() {
    for protocol in [2, 3, 4] {
        let numbers = |name: &str| -> Vec<Vec<f64>> {
            objects(&format!("{name}{protocol}")).iter().map(|item| item.to_numbers().unwrap()).collect()
        };
        assert_eq!(numbers("molecules"), [vec![19.0, 50.0, 50.0], vec![83.0]]);
        assert_eq!(numbers("coordinates"), [vec![0.0, 0.5, 0.25, 1.0, 2.0, 3.0], vec![0.125, 0.0, -1.0]]);
        let mixed = objects(&format!("mixed{protocol}"));
        let expected = [
            NpyValue::Text("Nb".into()),
            NpyValue::None,
            NpyValue::Bool(true),
            NpyValue::Int(1 << 40),
            NpyValue::Int(-3),
            NpyValue::Int(70_000),
            NpyValue::Float(1.5),
        ];
        assert_eq!(mixed[0], NpyValue::List(expected.to_vec()));
        assert_eq!(mixed[1], NpyValue::Numbers { shape: vec![3], values: vec![0.0, 1.0, 2.0] });
        assert_eq!(mixed[0].to_numbers(), None);
    }
}

#[test]
fn plain_numbers_need_no_pickle() {
    let values = (0..18).map(f64::from).collect();
    assert_eq!(read_npy(&bytes("lattice")).unwrap(), NpyValue::Numbers { shape: vec![2, 9], values });
}

#[test]
fn a_pickle_that_wants_to_run_something_is_refused_by_name() {
    let error = read_npy(&bytes("evil")).unwrap_err();
    assert_eq!(error, NpyError::Forbidden("posix.system".into()));
    assert_eq!(error.to_string(), "the pickle asks for \"posix.system\", which is no part of an array: refused");
}

#[test]
fn lists_in_lists_in_lists_are_refused_and_forgotten() {
    // A list that is appended to a list that is appended to a list …, a million times; and a list inside itself.
    let header = &bytes("evil")[..128];
    let nested = [header, &b"\x80\x04"[..], &b"]".repeat(1_000_000), &b"a".repeat(999_999), b"."].concat();
    let own = [header, &b"\x80\x04]\x94h\x00a."[..]].concat();
    for file in [nested, own] {
        let message = read_npy(&file).unwrap_err().to_string();
        assert!(message.ends_with(": too deep or too much data"), "{message}");
    }
}

#[test]
fn every_cut_is_an_error() {
    for name in ["molecules2", "coordinates3", "mixed4", "lattice"] {
        let whole = bytes(name);
        for length in 0..whole.len() {
            assert!(read_npy(&whole[..length]).is_err(), "{name} cut at {length}");
        }
    }
}

proptest! {
    #[test]
    fn changed_bytes_give_data_or_errors(
        name in prop::sample::select(vec!["molecules2", "coordinates3", "coordinates4", "mixed4", "lattice"]),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut bytes = bytes(name);
        for (position, value) in changes {
            let position = position.index(bytes.len());
            bytes[position] = value;
        }
        drop(read_npy(&bytes));
    }
}
