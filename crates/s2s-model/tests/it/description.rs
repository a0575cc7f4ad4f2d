//! The same crystal, written down in another way, gives the same logit.

use proptest::prelude::*;
use s2s_crystal::{Crystal, CrystalError, Frac, Lattice, Site, strategies};
use s2s_featurize::AllElements;
use s2s_model::{
    BuildNetwork, Classifier, DeviceBatch, EncoderConfig, Mode, Parameters, PeriodicEncoderConfig, S2sNetConfig,
    tch::{Device, no_grad},
};

use crate::support::{batch, numbers, three_crystals};

/// What two descriptions of one crystal may differ by.
const TOLERANCE: f64 = 1e-5;

fn small() -> S2sNetConfig {
    let encoder = PeriodicEncoderConfig { width: 16, layers: 2, feed_forward: 32, ..PeriodicEncoderConfig::standard() };
    S2sNetConfig { encoder: EncoderConfig::Periodic(encoder), ..S2sNetConfig::periodic() }
}

/// The classifier whose parameters, zeros included, are all stirred.
fn classifier(config: &S2sNetConfig) -> Classifier {
    let parameters = Parameters::new(5, Device::Cpu);
    let classifier = config.classifier(&parameters, &AllElements).expect("a valid configuration");
    for (k, (name, tensor)) in parameters.trainable().into_iter().enumerate() {
        let wave = (no_grad(|| tensor.ones_like()).flatten(0, -1).cumsum(0, None) * 0.7 + k as f64).cos() * 0.05;
        let stirred = no_grad(|| &tensor + wave.view_as(&tensor));
        parameters.assign(&name, &stirred).expect("the tensor's own name and shape");
    }
    classifier
}

fn logits(config: &S2sNetConfig, classifier: &Classifier, crystals: &[Crystal]) -> Vec<f64> {
    let batch = batch(crystals, &config.featurizer(), AllElements);
    let batch = DeviceBatch::upload(&batch, Device::Cpu).expect("a valid batch");
    numbers(&no_grad(|| classifier.forward(&batch, Mode::Eval).0))
}

/// The descriptions of one crystal, itself first.
fn descriptions(crystal: &Crystal, by: [f64; 3], rotation: [[f64; 3]; 3], n: i32, times: [i32; 3]) -> Vec<Crystal> {
    let shear = [[1, n, 0], [0, 1, 0], [0, 0, 1]];
    let cells = [[times[0], 0, 0], [0, times[1], 0], [0, 0, times[2]]];
    let reversed: Vec<usize> = (0..crystal.num_sites()).rev().collect();
    let all = || -> Result<Vec<Crystal>, CrystalError> {
        Ok(vec![
            crystal.clone(),
            crystal.translated(by)?.wrapped(),
            crystal.rotated(rotation)?,
            crystal.with_basis(shear)?,
            crystal.supercell(cells)?,
            crystal.permuted(&reversed)?,
            crystal.translated(by)?.supercell(cells)?.with_basis(shear)?.rotated(rotation)?,
        ])
    };
    all().expect("every one is a crystal")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20))]

    #[test]
    fn every_description_of_a_crystal_gives_the_same_logit(
        crystal in strategies::spaced_crystal(1..=6),
        by in [0.0..1.0, 0.0..1.0, 0.0..1.0_f64],
        rotation in strategies::orthogonal(),
        n in -2..=2_i32,
        times in [1..=2_i32, 1..=2_i32, 1..=3_i32],
    ) {
        let config = small();
        let classifier = classifier(&config);
        let found = logits(&config, &classifier, &descriptions(&crystal, by, rotation, n, times));
        let spread = found.iter().map(|x| (x - found[0]).abs()).fold(0.0, f64::max);
        prop_assert!(spread <= TOLERANCE, "{found:?}");
    }
}

#[test]
fn known_crystals_do_not_depend_on_their_description_and_differ_from_each_other() {
    let config = S2sNetConfig::periodic();
    let classifier = classifier(&config);
    let rotation = [[0.6, -0.8, 0.0], [0.8, 0.6, 0.0], [0.0, 0.0, 1.0]];
    let mut firsts = Vec::new();
    for crystal in three_crystals() {
        let found = logits(&config, &classifier, &descriptions(&crystal, [0.3, 0.7, 0.2], rotation, 1, [2, 1, 3]));
        assert!(found.iter().all(|x| (x - found[0]).abs() <= TOLERANCE), "{found:?}");
        firsts.push(found[0]);
    }
    assert!((firsts[0] - firsts[1]).abs() > 1e-2 && (firsts[1] - firsts[2]).abs() > 1e-2, "{firsts:?}");
}

#[test]
fn nothing_jumps_when_an_atom_crosses_the_cutoff() {
    let config = small();
    let classifier = classifier(&config);
    let pair = |distance: f64| {
        let lattice = Lattice::from_rows([[40.0, 0.0, 0.0], [0.0, 40.0, 0.0], [0.0, 0.0, 40.0]]).expect("a cube");
        let sites = three_crystals()[0].sites().to_vec();
        let positions = [[0.0; 3], [distance / 40.0, 0.0, 0.0]];
        let sites = sites.into_iter().zip(positions).map(|(s, p)| Site { position: Frac(p), ..s }).collect();
        Crystal::new(lattice, sites).expect("two sites")
    };
    let found = logits(&config, &classifier, &[pair(4.999), pair(5.0), pair(5.001)]);
    assert!((found[0] - found[1]).abs() < 1e-4 && (found[1] - found[2]).abs() < 1e-4, "{found:?}");
}
