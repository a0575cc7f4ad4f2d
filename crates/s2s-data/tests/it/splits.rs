use std::collections::BTreeSet;

use proptest::prelude::*;
use s2s_crystal::StructureFingerprint;
use s2s_data::{Dataset, Folds, Groups, Record, RecordStream, Split};

use crate::real_data::folder;

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
    assert_eq!(message(Split::temporal(&[Some(1987), Some(1986)], 0.0)), "a share of 0 is not between 0 and 1");
    assert_eq!(message(Split::temporal(&[Some(1987), None, Some(1987)], 0.2)), "1 groups cannot fill 2 folds");
    assert_eq!(message(Split::temporal(&[None, None], 0.2)), "0 groups cannot fill 2 folds");
}

proptest! {
    #[test]
    fn what_is_judged_was_published_after_all_that_is_learned_from(
        years in prop::collection::vec(prop::option::weighted(0.9, 1980_u16..2020), 2..150), share in 0.05_f64..0.95,
    ) {
        let distinct: BTreeSet<u16> = years.iter().flatten().copied().collect();
        prop_assume!(distinct.len() >= 2);
        let split = Split::temporal(&years, share).unwrap();
        let dated = (0..years.len()).filter(|&i| years[i].is_some());
        let total = dated.clone().count() as f64;
        prop_assert!(is_partition(&[&split.train, &split.test], dated));
        let latest = split.train.iter().map(|&i| years[i]).max().unwrap();
        let first = split.test.iter().map(|&i| years[i]).min().unwrap();
        prop_assert!(latest < first, "{latest:?} is not before {first:?}");
        // No other first year comes nearer to the share.
        let excess = |held: usize| (held as f64 - share * total).abs();
        for first in distinct.iter().skip(1) {
            let held = years.iter().flatten().filter(|year| *year >= first).count();
            prop_assert!(excess(split.test.len()) <= excess(held) + 1e-9);
        }
    }

    #[test]
    fn no_group_is_on_both_sides(items in prop::collection::vec((any::<bool>(), 0_u8..30), 2..150), k in 2_usize..6, seed: u64) {
        let labels: Vec<bool> = items.iter().map(|i| i.0).collect();
        let groups = Groups::by_key(items.iter().map(|i| i.1));
        prop_assume!(groups.num_groups() >= k);
        let folds = Folds::grouped(&labels, &groups, k, seed).unwrap();
        for split in folds.splits() {
            prop_assert!(is_partition(&[&split.train, &split.test], 0..labels.len()));
            prop_assert!(!split.test.is_empty());
            prop_assert_eq!(groups.shared_by(&split.train, &split.test), 0);
        }
        let split = Split::grouped(&labels, &groups, 0.2, seed).unwrap();
        prop_assert!(is_partition(&[&split.train, &split.test], 0..labels.len()));
        prop_assert_eq!(groups.shared_by(&split.train, &split.test), 0);
        let inner = split.hold_out_groups(&labels, &groups, 0.2, seed).unwrap();
        prop_assert!(is_partition(&[&inner.train, &inner.test], split.train.iter().copied()));
        prop_assert_eq!(groups.shared_by(&inner.train, &inner.test), 0);
    }

    #[test]
    fn small_groups_balance_as_well_as_records(labels in prop::collection::vec(any::<bool>(), 40..200), seed: u64) {
        let folds = Folds::grouped(&labels, &Groups::singletons(labels.len()), 5, seed).unwrap();
        let positives = |side: &[usize]| side.iter().filter(|&&i| labels[i]).count();
        for class in [true, false] {
            let counts: Vec<usize> = folds.splits().map(|s| if class { positives(&s.test) } else { s.test.len() - positives(&s.test) }).collect();
            prop_assert!(counts.iter().max().unwrap() - counts.iter().min().unwrap() <= 2, "{counts:?}");
        }
    }
}

/// Every way to group the real set: no group on both sides, and folds that are as even as the groups allow.
#[test]
fn the_s2s_set_splits_by_every_grouping() {
    let Some(folder) = folder("the_s2s_set_splits_by_every_grouping") else { return };
    let records: Vec<Record> = RecordStream::open(folder.s2s()).unwrap().map(Result::unwrap).collect();
    let dataset = Dataset::new(records).unwrap();
    let records = dataset.records();
    for (name, groups, expected) in [
        ("formula", Groups::by_formula(records), 1655),
        ("chemical system", Groups::by_chemical_system(records), 1510),
        ("composition cluster", Groups::by_composition_cluster(records, 30, 1), 30),
        ("structure", Groups::by_structure(records, StructureFingerprint::SAME).unwrap(), 928),
    ] {
        let largest = groups.sizes().into_iter().max().unwrap();
        let folds = Folds::grouped(dataset.labels(), &groups, 5, 7).unwrap();
        let sizes: Vec<usize> = folds.splits().map(|s| s.test.len()).collect();
        let positives: Vec<usize> =
            folds.splits().map(|s| s.test.iter().filter(|&&i| dataset.labels()[i]).count()).collect();
        println!("{name}: {} groups, largest {largest}, folds {sizes:?}, positives {positives:?}", groups.num_groups());
        assert_eq!(groups.num_groups(), expected, "{name}");
        for split in folds.splits() {
            assert_eq!(groups.shared_by(&split.train, &split.test), 0, "{name}");
        }
    }
    let random = Folds::stratified(dataset.labels(), 5, 7).unwrap();
    let shared: usize = random.splits().map(|s| Groups::by_formula(records).shared_by(&s.train, &s.test)).sum();
    assert!(shared > 0, "a random split of S2S shares formulas");
}

#[test]
fn folds_take_any_class_and_none() {
    let bins: Vec<&str> = (0..60).map(|k| ["low", "middle", "high"][k % 3]).collect();
    for split in Folds::stratified(&bins, 4, 3).unwrap().splits() {
        for bin in ["low", "middle", "high"] {
            assert_eq!(split.test.iter().filter(|&&i| bins[i] == bin).count(), 5);
        }
    }
    let random = Folds::random(10, 3, 1).unwrap();
    let mut sizes: Vec<usize> = random.splits().map(|split| split.test.len()).collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [3, 3, 4]);
    assert_ne!(random, Folds::random(10, 3, 2).unwrap());
    let groups = Groups::by_key((0..40).map(|k| k / 4));
    for split in Folds::grouped(&[(); 40], &groups, 5, 1).unwrap().splits() {
        assert_eq!((split.test.len(), groups.shared_by(&split.train, &split.test)), (8, 0));
    }
}
