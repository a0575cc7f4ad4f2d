//! The Magpie set against matminer's answers.

use std::{error::Error, fs};

use proptest::prelude::*;
use s2s_crystal::{Composition, strategies};
use s2s_featurize::{ChargeBalance, Featurizer, MagpieConfig, MagpieFeaturizer, ValenceOccupation};

use crate::shared_data;

/// Holds the formulas of `names` to the answers in `packed`; says how many it compared.
fn agrees_with_matminer(names: &str, packed: &[u8]) -> Result<usize, Box<dyn Error>> {
    let names: Vec<&str> = names.lines().collect();
    let bytes = shared_data::unpacked(packed)?;
    let answers: Vec<f32> = bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
    assert_eq!(answers.len(), names.len() * (MagpieFeaturizer::LEN + 5));
    let magpie = MagpieFeaturizer::new(MagpieConfig::matminer());
    let shares = MagpieFeaturizer::new(MagpieConfig { valence: ValenceOccupation::Share, ..MagpieConfig::matminer() });
    let labels: Vec<String> = magpie.labels().into_iter().chain(shares.labels().drain(138..142)).collect();
    for (row, name) in names.iter().enumerate() {
        let composition: Composition = name.parse()?;
        let mut found = magpie.describe(&composition).to_vec();
        found.extend(&shares.describe(&composition)[138..142]);
        for (column, value) in found.iter().enumerate() {
            let expected = f64::from(answers[column * names.len() + row]);
            let tolerance = 2e-7 * expected.abs().max(1e-3);
            assert!((value - expected).abs() <= tolerance, "{name}, {}: {value} and {expected}", labels[column]);
        }
        let mixture = answers[149 * names.len() + row];
        if !mixture.is_nan() {
            let possible = ChargeBalance::AnyMixture.is_possible(&composition);
            assert_eq!(possible, mixture == 1.0, "{name}");
        }
    }
    Ok(names.len())
}

#[test]
fn a_thousand_superconductor_formulas_agree_with_matminer() -> Result<(), Box<dyn Error>> {
    let compared = agrees_with_matminer(include_str!("../data/magpie.txt"), include_bytes!("../data/magpie.f32.zst"))?;
    assert_eq!(compared, 1000);
    Ok(())
}

/// `python tests/data/magpie.py SUPERCON_CSV 0 FOLDER` writes the answers for all of SuperCon.
#[test]
fn all_of_supercon_agrees_where_its_answers_are_at_hand() -> Result<(), Box<dyn Error>> {
    let Some(folder) = std::env::var_os("S2S_MAGPIE_ANSWERS").map(std::path::PathBuf::from) else {
        println!("skipped: S2S_MAGPIE_ANSWERS is not set");
        return Ok(());
    };
    let names = fs::read_to_string(folder.join("magpie.txt"))?;
    let compared = agrees_with_matminer(&names, &fs::read(folder.join("magpie.f32.zst"))?)?;
    assert!(compared > 14_000, "{compared}");
    Ok(())
}

proptest! {
    #[test]
    fn features_are_finite_for_every_crystal(crystal in strategies::disordered_crystal(1..=6)) {
        for charge_balance in [ChargeBalance::OneStatePerElement, ChargeBalance::AnyMixture] {
            let config = MagpieConfig { valence: ValenceOccupation::Share, charge_balance };
            let features = MagpieFeaturizer::new(config).featurize(&crystal)?;
            prop_assert!(features.iter().all(|x| x.is_finite()));
        }
    }
}
