//! Models that were changed and sealed again: refused, or every answer is finite.

use std::{collections::BTreeMap, fs, sync::LazyLock};

use proptest::{prelude::*, sample::Index, test_runner::RngSeed};
use s2s_predict::{Predictor, SealedFolder, TransitionTemperature};
use serde_json::Value;

use crate::{
    edits::{KINDS, changed_json, changed_weights, number, replacement},
    support::{bundled, crystals},
};

type Files = BTreeMap<&'static str, Vec<u8>>;

fn files(name: &str, names: [&'static str; 3]) -> Files {
    names.map(|file| (file, fs::read(bundled(name).join(file)).expect("a file of the model"))).into()
}

static NETWORK: LazyLock<Files> = LazyLock::new(|| files("network", ["config.json", "model.safetensors", "README.md"]));
static TC: LazyLock<Files> = LazyLock::new(|| files("tc", ["config.json", "forest.bin", "known.csv"]));
static TREES: LazyLock<Files> = LazyLock::new(|| files("listed", ["config.json", "known.json", "trees.bin"]));

/// Seals the files and predicts: whatever loads has to answer with finite numbers or say why it does not.
fn ask(files: &Files) -> Result<(), String> {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let folder = scratch.path().join("model");
    let files: Vec<(&str, Vec<u8>)> = files.iter().map(|(name, bytes)| (*name, bytes.clone())).collect();
    SealedFolder::write(&folder, &files).expect("a free name");
    let predictor = Predictor::load(&folder).map_err(|error| error.to_string())?;
    for crystal in crystals() {
        if let Ok(answer) = predictor.answer(&crystal) {
            assert!(answer.value.is_finite(), "{answer:?}");
            assert!(answer.probability.is_none_or(|p| (0.0..=1.0).contains(&p)), "{answer:?}");
            assert!(answer.std.is_none_or(f64::is_finite), "{answer:?}");
            let ordered = |t: TransitionTemperature| (0.0..=t.high).contains(&t.low) && t.high.is_finite();
            assert!(answer.transition.is_none_or(ordered), "{answer:?}");
        }
    }
    Ok(())
}

#[test]
fn the_models_as_they_are_answer() {
    ask(&NETWORK).expect("nothing was changed");
    ask(&TREES).expect("nothing was changed");
    ask(&TC).expect("nothing was changed");
}

#[test]
fn impossible_networks_are_refused_by_name() {
    let refused = |pointer: &str, value: Value| {
        let mut files = NETWORK.clone();
        let mut config: Value = serde_json::from_slice(&files["config.json"]).expect("as written");
        *config.pointer_mut(pointer).expect("a value") = value;
        files.insert("config.json", serde_json::to_vec(&config).expect("plain data"));
        let message = ask(&files).expect_err("an impossible model");
        message.rsplit_once(": ").map(|(_, reason)| reason.to_owned()).expect("a reason")
    };
    assert_eq!(
        refused("/model/encoder/width", 1_000_000_000_000_i64.into()),
        "the width is 1000000000000, not 1 to 65536"
    );
    assert_eq!(refused("/model/readout/steps", 1_000_000_000.into()), "1000000000 rounds of Set2Set are more than 256");
    assert_eq!(
        refused("/model/encoder/layers", 4.into()),
        "tensor \"encoder.layers.3.attention.project.weight\" is missing"
    );
    assert_eq!(
        refused("/task/calibration/slope", (-1.0).into()),
        "the slope of the calibration is -1e0, not a positive number of usual size"
    );
    assert_eq!(refused("/task/calibration/offset", 1e9.into()), "the offset of the calibration is 1e9, beyond 36");
    assert_eq!(
        refused("/featurizer/pairs", serde_json::json!({"kind": "none"})),
        "the network reads pairs of atoms as Within { cutoff: 5.0 }, and the featurizer gives None"
            .rsplit_once(": ")
            .map(|(_, end)| end.to_owned())
            .expect("a colon")
    );
}

#[test]
fn numbers_that_no_training_of_tc_gives_are_refused() {
    for pointer in ["/exponent", "/kernel/ridge", "/kernel/lengths/0", "/kernel/lengths/1"] {
        for number in [0.0, -1.0, 1e-320, 1e308] {
            let mut files = TC.clone();
            let mut config: Value = serde_json::from_slice(&files["config.json"]).expect("as written");
            *config.pointer_mut(pointer).expect("a value") = number.into();
            files.insert("config.json", serde_json::to_vec(&config).expect("plain data"));
            let message = ask(&files).expect_err("an impossible model");
            assert!(message.ends_with("a length, a weight or an exponent cannot be"), "{pointer} {number}: {message}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, rng_seed: RngSeed::Fixed(20), max_shrink_iters: 20, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_changed_configuration_is_refused_or_answers(position: Index, by in replacement(), which in 0_usize..3) {
        let mut files = [&TREES, &NETWORK, &TC].map(|files| (**files).clone())[which].clone();
        let changed = changed_json(&files["config.json"], position, &by);
        files.insert("config.json", changed);
        let _ = ask(&files);
    }

    #[test]
    fn changed_numbers_are_refused_or_answer(
        kind in 0_u8..=KINDS,
        which: Index,
        position: Index,
        number in number(),
        byte: u8,
    ) {
        if kind < KINDS {
            let mut files = NETWORK.clone();
            let changed = changed_weights(&files["model.safetensors"], kind, which, position, number);
            files.insert("model.safetensors", changed);
            let found = ask(&files);
            // A list is the same list the other way around or laid flat, and one number may be as good as another.
            prop_assert!((1..=4).contains(&kind) || found.is_err(), "kind {} is not refused", kind);
            prop_assert!(!((kind == 1 || kind == 2) && !number.is_finite()) || found.is_err());
        } else {
            let mut files = TREES.clone();
            let trees = files.get_mut("trees.bin").expect("it is there");
            let position = position.index(trees.len());
            trees[position] = byte;
            let _ = ask(&files);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, rng_seed: RngSeed::Fixed(23), max_shrink_iters: 20, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn changed_superconductors_and_trees_are_refused_or_answer(name in 0_usize..2, position: Index, bytes in prop::collection::vec(any::<u8>(), 1..6)) {
        let mut files = TC.clone();
        let changed = files.get_mut(["forest.bin", "known.csv"][name]).expect("it is there");
        let position = position.index(changed.len() - bytes.len());
        changed[position..position + bytes.len()].copy_from_slice(&bytes);
        let _ = ask(&files);
    }
}
