//! What must not change a prediction.

use s2s_crystal::Crystal;
use s2s_featurize::{Pairs, PaperVocabulary};
use s2s_model::{
    AtomEncoder, Classifier, DeviceBatch, EncoderConfig, Frozen, Mode, Noise, PaperEncoderConfig, Parameters,
    PeriodicEncoderConfig, S2sNetConfig,
    tch::{Device, no_grad},
};

use crate::support::{assert_close, batch, devices, numbers, three_crystals};

/// The presets at width 8 or 16: sizes do not matter to these laws.
fn presets() -> Vec<S2sNetConfig> {
    let mut paper = S2sNetConfig::paper();
    paper.encoder = EncoderConfig::Paper(PaperEncoderConfig { width: 8, layers: 2, ..PaperEncoderConfig::paper() });
    let released = s2s_model::import::released_config(r#"{"d_model": 16, "d_ff": 32, "h": 4, "num_layer": 2}"#);
    let mut periodic = S2sNetConfig::periodic();
    periodic.encoder =
        EncoderConfig::Periodic(PeriodicEncoderConfig { width: 16, layers: 2, ..PeriodicEncoderConfig::standard() });
    vec![paper, released.expect("sizes"), periodic]
}

fn build(config: &S2sNetConfig, device: Device) -> (Parameters, Classifier) {
    let parameters = Parameters::new(3, device);
    let classifier = config.classifier(&parameters, &PaperVocabulary).expect("a valid configuration");
    (parameters, classifier)
}

fn logits(config: &S2sNetConfig, classifier: &Classifier, crystals: &[Crystal], device: Device) -> Vec<f64> {
    let batch = batch(crystals, &config.featurizer(), PaperVocabulary);
    let batch = DeviceBatch::upload(&batch, device).expect("a valid batch");
    numbers(&no_grad(|| classifier.forward(&batch, Mode::Eval).0))
}

#[test]
fn padding_does_not_change_logits() {
    let crystals = three_crystals();
    for (device, config) in devices().into_iter().flat_map(|d| presets().into_iter().map(move |c| (d, c))) {
        let (_parameters, classifier) = build(&config, device);
        let together = logits(&config, &classifier, &crystals, device);
        for (crystal, expected) in crystals.iter().zip(&together) {
            let alone = logits(&config, &classifier, std::slice::from_ref(crystal), device);
            assert_close(&alone, &[*expected], 1e-5);
        }
        assert!(together.iter().any(|x| (x - together[0]).abs() > 1e-3), "the crystals differ: {together:?}");
    }
}

#[test]
fn permuting_atoms_does_not_change_logits() {
    for config in presets() {
        let (_parameters, classifier) = build(&config, Device::Cpu);
        for crystal in three_crystals() {
            let mut sites = crystal.sites().to_vec();
            sites.reverse();
            let reversed = Crystal::new(*crystal.lattice(), sites).expect("the same sites");
            let [a, b] = [crystal, reversed].map(|c| logits(&config, &classifier, &[c], Device::Cpu));
            assert_close(&a, &b, 1e-5);
        }
    }
}

#[test]
fn isolated_atom_attends_only_to_itself() {
    // Within 0.5 Å nobody has a neighbor, so every atom is alone: one in a cell of two is what it is in a cell of its own.
    let config = presets().remove(0);
    let (_parameters, classifier) = build(&config, Device::Cpu);
    let mut features = config.featurizer();
    features.pairs = Pairs::Within { cutoff: 0.5 };
    features.positions = None;
    let states = |crystals: &[Crystal]| {
        let batch = batch(crystals, &features, PaperVocabulary);
        let batch = DeviceBatch::upload(&batch, Device::Cpu).expect("a valid batch");
        assert_eq!(batch.num_pairs(), 0);
        no_grad(|| classifier.encoder.encode(&batch, Mode::Eval).values)
    };
    let cesium_chloride = &three_crystals()[0];
    let cesium = Crystal::new(*cesium_chloride.lattice(), cesium_chloride.sites()[..1].to_vec()).expect("a site");
    let pair = states(std::slice::from_ref(cesium_chloride)).get(0).get(0);
    assert_close(&numbers(&pair), &numbers(&states(&[cesium]).get(0).get(0)), 1e-6);
}

#[test]
fn frozen_encoder_receives_no_gradient() {
    let config = presets().remove(1);
    let (parameters, classifier) = build(&config, Device::Cpu);
    let frozen = s2s_model::Network {
        encoder: Box::new(Frozen(classifier.encoder)) as Box<dyn AtomEncoder>,
        readout: classifier.readout,
        head: classifier.head,
    };
    let batch = batch(&three_crystals(), &config.featurizer(), PaperVocabulary);
    let batch = DeviceBatch::upload(&batch, Device::Cpu).expect("a valid batch");
    let noise = Noise::new(1, 0, 0);
    frozen.forward(&batch, Mode::Train(&noise)).0.sum(None).backward();
    let (encoder, rest): (Vec<_>, Vec<_>) =
        parameters.trainable().into_iter().partition(|(name, _)| name.starts_with("encoder."));
    assert!(encoder.iter().all(|(_, tensor)| !tensor.grad().defined()));
    assert!(rest.iter().all(|(_, tensor)| tensor.grad().defined()));
    assert!(!encoder.is_empty() && !rest.is_empty());
}

#[test]
fn the_same_noise_gives_the_same_step_and_other_noise_another() {
    let config = presets().remove(1);
    let (_parameters, classifier) = build(&config, Device::Cpu);
    let batch = batch(&three_crystals(), &config.featurizer(), PaperVocabulary);
    let batch = DeviceBatch::upload(&batch, Device::Cpu).expect("a valid batch");
    let step = |step| numbers(&classifier.forward(&batch, Mode::Train(&Noise::new(7, 1, step))).0);
    assert_eq!(step(4), step(4));
    assert_ne!(step(4), step(5));
}
