//! Attributions sum to what they say, and an atom matters as much as they say.

use s2s_crystal::Crystal;
use s2s_featurize::PaperVocabulary;
use s2s_model::{
    AtomStates, BinaryHead, BuildNetwork, BuildS2sNet, DeviceBatch, Head, MeanReadout, MlpConfig, Mode, Network,
    Parameters, Readout, S2sNetConfig,
    attribution::{attention_rollout, class_activation, gradient_times_state},
    tch::{Device, no_grad},
};

use crate::support::{assert_close, batch, numbers, three_crystals};

fn uploaded(config: &S2sNetConfig, crystals: &[Crystal]) -> DeviceBatch {
    DeviceBatch::upload(&batch(crystals, &config.featurizer(), PaperVocabulary), Device::Cpu).expect("a valid batch")
}

fn sums(atoms: &[Vec<f64>]) -> Vec<f64> {
    atoms.iter().map(|numbers| numbers.iter().sum()).collect()
}

#[test]
fn contributions_sum_to_the_logit_less_that_of_nothing() {
    let config = S2sNetConfig::periodic();
    let parameters = Parameters::new(2, Device::Cpu);
    let classifier = config.classifier(&parameters, &PaperVocabulary).expect("a valid configuration");
    let batch = uploaded(&config, &three_crystals());
    let found = class_activation(&classifier, &batch);
    assert_eq!(found.atoms.iter().map(Vec::len).collect::<Vec<_>>(), [2, 3, 1]);
    assert_close(&sums(&found.atoms), &found.whole, 1e-3);
    assert!(found.whole.iter().any(|x| x.abs() > 1e-2), "{found:?}");
    let found = gradient_times_state(&classifier, &batch);
    assert_close(&sums(&found.atoms), &found.whole, 1e-3);
}

#[test]
fn hiding_an_atom_takes_away_its_contribution_where_the_head_is_linear() {
    let config = S2sNetConfig::periodic();
    let parameters = Parameters::new(2, Device::Cpu);
    let linear = MlpConfig::linear();
    let network = Network {
        encoder: config.encoder(&parameters, &PaperVocabulary).expect("a valid configuration"),
        readout: MeanReadout,
        head: BinaryHead::new(&parameters.root().child("head"), &linear, config.encoder.width()),
    };
    let batch = uploaded(&config, &three_crystals());
    let found = class_activation(&network, &batch);
    let logits = |states: &AtomStates| {
        numbers(&no_grad(|| network.head.predict(&network.readout.read_out(states, &batch, Mode::Eval), Mode::Eval).0))
    };
    let states = no_grad(|| network.encoder.encode(&batch, Mode::Eval));
    let all = logits(&states);
    for (crystal, atoms) in found.atoms.iter().enumerate() {
        for (atom, contribution) in atoms.iter().enumerate() {
            let zeroed = states.values().copy();
            let _ = zeroed.get(crystal as i64).get(atom as i64).zero_();
            let without = logits(&AtomStates::new(zeroed, states.mask.shallow_clone()));
            assert_close(&[all[crystal] - without[crystal]], &[*contribution], 1e-5);
        }
    }
}

#[test]
fn attention_is_shared_out_completely() {
    let released = s2s_model::import::released_config(r#"{"d_model": 16, "d_ff": 32, "h": 4, "num_layer": 2}"#);
    for config in [S2sNetConfig::periodic(), released.expect("sizes"), S2sNetConfig::paper()] {
        let parameters = Parameters::new(2, Device::Cpu);
        let encoder = config.encoder(&parameters, &PaperVocabulary).expect("a valid configuration");
        let found = attention_rollout(&*encoder, &uploaded(&config, &three_crystals())).expect("attention");
        assert_close(&sums(&found.atoms), &found.whole, 1e-5);
        assert!(found.atoms.iter().flatten().all(|share| *share >= 0.0));
        assert_close(&found.atoms[2], &[1.0], 1e-6);
    }
}
