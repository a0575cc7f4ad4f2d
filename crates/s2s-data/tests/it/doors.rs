//! What is deserialized is what a constructor would have made, or an error.

use proptest::prelude::*;
use s2s_data::{Folds, Groups, Split};
use serde_json::json;

proptest! {
    #[test]
    fn groups(of in prop::collection::vec(0_u32..5, 0..8), num_groups in 0_usize..6) {
        let read: Result<Groups, _> = serde_json::from_value(json!({ "of": of, "num_groups": num_groups }));
        let made = Groups::by_key(&of);
        let valid = made.of() == of && made.num_groups() == num_groups;
        prop_assert_eq!(read.ok(), valid.then_some(made));
    }

    #[test]
    fn folds(fold_of in prop::collection::vec(0_u32..4, 0..9), num_folds in 0_usize..5) {
        let read: Result<Folds, _> = serde_json::from_value(json!({ "fold_of": fold_of, "num_folds": num_folds }));
        if let Ok(folds) = read {
            prop_assert!(folds.num_folds() >= 2);
            let mut tested = vec![0; fold_of.len()];
            for split in folds.splits() {
                split.test.iter().for_each(|record| tested[*record] += 1);
            }
            prop_assert!(tested.iter().all(|times| *times == 1));
        } else {
            prop_assert!(num_folds < 2 || num_folds > fold_of.len() || fold_of.iter().any(|fold| *fold as usize >= num_folds));
        }
    }

    #[test]
    fn splits(train in prop::collection::vec(0_usize..9, 0..5), test in prop::collection::vec(0_usize..9, 0..5)) {
        let read: Result<Split, _> = serde_json::from_value(json!({ "train": train, "test": test }));
        let mut all = [train.clone(), test.clone()].concat();
        all.sort_unstable();
        all.dedup();
        let valid = train.is_sorted() && test.is_sorted() && all.len() == train.len() + test.len();
        prop_assert_eq!(read.is_ok(), valid);
    }
}

#[test]
fn messages_say_what_is_wrong() {
    let message = |text: &str| serde_json::from_str::<Folds>(text).unwrap_err().to_string();
    assert_eq!(message(r#"{"fold_of": [0, 0, 7], "num_folds": 2}"#), "a record is in a fold that there is not");
    assert_eq!(message(r#"{"fold_of": [0], "num_folds": 1}"#), "1 groups cannot fill 1 folds");
}

#[cfg(feature = "download")]
#[test]
fn files_to_download_have_names_without_folders() {
    let file = |name: &str, sha256: &str| {
        let file = json!({ "name": name, "url": "u", "bytes": null, "sha256": sha256, "source": "s", "licence": "l" });
        serde_json::from_value::<s2s_data::download::RemoteFile>(file).map_err(|error| error.to_string())
    };
    assert!(file("a.csv", &"0".repeat(64)).is_ok());
    for name in ["../a.csv", "/etc/passwd", "..", "", "a\\b"] {
        assert_eq!(file(name, &"0".repeat(64)).unwrap_err(), "the name of a file holds folders, or nothing");
    }
    assert_eq!(file("a.csv", "0").unwrap_err(), "a SHA-256 is not 64 hexadecimal digits");
}
