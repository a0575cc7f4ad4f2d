use std::collections::BTreeSet;

use proptest::prelude::*;
use s2s_data::{Folds, Split};

fn is_partition(parts: &[&[usize]], whole: impl IntoIterator<Item = usize>) -> bool {
    let joined: Vec<usize> = parts.concat();
    let set: BTreeSet<usize> = joined.iter().copied().collect();
    set.len() == joined.len() && set == whole.into_iter().collect()
}

proptest! {
    #[test]
    fn folds_partition_and_balance(labels in prop::collection::vec(any::<bool>(), 2..200), k in 2_usize..8, seed: u64) {
        prop_assume!(k <= labels.len());
        let folds = Folds::stratified(&labels, k, seed).unwrap();
        let positives = |side: &[usize]| side.iter().filter(|&&i| labels[i]).count();
        let splits: Vec<Split> = folds.splits().collect();
        for split in &splits {
            prop_assert!(is_partition(&[&split.train, &split.test], 0..labels.len()));
        }
        let sizes: Vec<usize> = splits.iter().map(|s| s.test.len()).collect();
        let counts: Vec<usize> = splits.iter().map(|s| positives(&s.test)).collect();
        for list in [sizes, counts] {
            prop_assert!(list.iter().max().unwrap() - list.iter().min().unwrap() <= 1, "{list:?}");
        }
    }

    #[test]
    fn a_validation_part_comes_from_the_training_side(labels in prop::collection::vec(any::<bool>(), 2..200), seed: u64) {
        let split = Split::stratified(&labels, 0.2, seed).unwrap();
        prop_assert!(is_partition(&[&split.train, &split.test], 0..labels.len()));
        let inner = split.hold_out(&labels, 0.1, seed).unwrap();
        prop_assert!(is_partition(&[&inner.train, &inner.test], split.train.iter().copied()));
    }
}

#[test]
fn seeds_differ_and_repeat() {
    let labels: Vec<bool> = (0..100).map(|i| i % 4 == 0).collect();
    let split = |seed| Split::stratified(&labels, 0.2, seed).unwrap();
    assert_eq!(split(1), split(1));
    assert_ne!(split(1), split(2));
    assert_eq!(split(1).test.len(), 20);
}

#[test]
fn impossible_splits_say_why() {
    let message = |r: Result<Split, s2s_data::DataError>| r.unwrap_err().to_string();
    assert_eq!(message(Split::stratified(&[true], 1.0, 0)), "a share of 1 is not between 0 and 1");
    assert_eq!(message(Split::stratified(&[true], f64::NAN, 0)), "a share of NaN is not between 0 and 1");
    assert_eq!(Folds::stratified(&[true], 2, 0).unwrap_err().to_string(), "1 groups cannot fill 2 folds");
}
