//! Random edits of a model's files; the tests of `s2s-model` include this file.

use proptest::{prelude::*, sample::Index};
use s2s_predict::{Weights, write_weights};
use serde_json::Value;
use std::collections::BTreeMap;

/// Every value that holds no others, by its position.
fn leaves<'v>(value: &'v mut Value, found: &mut Vec<&'v mut Value>) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| leaves(item, found)),
        Value::Object(entries) => entries.values_mut().for_each(|item| leaves(item, found)),
        leaf => found.push(leaf),
    }
}

/// What a number, a word or an option is replaced by.
pub(crate) fn replacement() -> impl Strategy<Value = Value> {
    prop_oneof![
        prop::sample::select(vec![0_i64, -1, 1, 2, 63, 65_536, 1_000_000_000, 1_000_000_000_000, i64::MIN])
            .prop_map(Value::from),
        prop::sample::select(vec![0.0, -1.0, 0.5, 1e-308, 1e308, -1e308, 300.0]).prop_map(Value::from),
        prop::sample::select(vec![
            "", "all-118", "cgcnn-92", "released", "paper", "rows", "lengths", "omitted", "mean"
        ])
        .prop_map(Value::from),
        Just(Value::Null),
        Just(serde_json::json!([])),
    ]
}

/// One value of a configuration replaced.
pub(crate) fn changed_json(text: &[u8], position: Index, by: &Value) -> Vec<u8> {
    let mut value: Value = serde_json::from_slice(text).expect("as written");
    let mut found = Vec::new();
    leaves(&mut value, &mut found);
    let position = position.index(found.len());
    *found[position] = by.clone();
    serde_json::to_vec(&value).expect("plain data")
}

/// Numbers that no training gives, among some that it could.
pub(crate) fn number() -> impl Strategy<Value = f32> {
    prop::sample::select(vec![0.0, -1.0, 1e30, f32::MAX, f32::MIN_POSITIVE, f32::NAN, f32::INFINITY])
}

/// How many kinds of changes of weights there are.
pub(crate) const KINDS: u8 = 7;

/// One change of the weights.
pub(crate) fn changed_weights(bytes: &[u8], kind: u8, which: Index, position: Index, number: f32) -> Vec<u8> {
    if kind == 0 {
        // The numbers of one tensor are said to be of another kind, of the same length.
        let length = u64::from_le_bytes(bytes[..8].try_into().expect("eight bytes")) as usize;
        let header = std::str::from_utf8(&bytes[8..8 + length]).expect("a header is text");
        let kinds: Vec<usize> = header.match_indices("\"F32\"").map(|(at, _)| at).collect();
        let at = 8 + kinds[which.index(kinds.len())];
        return [&bytes[..at], b"\"I32\"", &bytes[at + 5..]].concat();
    }
    let mut tensors = Weights::read(bytes).expect("as written").into_tensors();
    let name = tensors.keys().nth(which.index(tensors.len())).expect("a tensor").clone();
    let tensor = tensors.get_mut(&name).expect("it is there");
    match kind {
        1 => {
            let position = position.index(tensor.values.len());
            tensor.values[position] = number;
        }
        2 => tensor.values.fill(number),
        3 => tensor.shape.reverse(),
        4 => {
            tensor.shape = vec![tensor.values.len()];
        }
        5 => {
            tensors.remove(&name);
        }
        _ => {
            let tensor = tensors.remove(&name).expect("it is there");
            tensors.insert(format!("{name}.x"), tensor);
        }
    }
    write_weights(tensors.iter().map(|(name, tensor)| (name.as_str(), tensor)), &BTreeMap::new())
}
