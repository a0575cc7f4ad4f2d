//! What the paper leaves open.

use s2s_crystal::Crystal;
use s2s_featurize::{NeighborRule, PaperVocabulary};
use s2s_model::{
    AtomEncoder, BuildNetwork, Classifier, DeviceBatch, ElementNorm, EncoderConfig, Expansion, FirstLayer,
    LayerNormPlacement, Mode, NeighborScope, Noise, PaperEncoder, PaperEncoderConfig, Parameters, ProjectionBias,
    Residual, S2sNetConfig, ScoreScaling,
    tch::{Device, Kind, Tensor, no_grad},
};

use crate::support::{assert_close, batch, crystal, numbers, three_crystals};

fn interpretation(change: impl FnOnce(&mut PaperEncoderConfig)) -> S2sNetConfig {
    let mut encoder = PaperEncoderConfig { width: 8, layers: 2, ..PaperEncoderConfig::paper() };
    change(&mut encoder);
    S2sNetConfig { encoder: EncoderConfig::Paper(encoder), ..S2sNetConfig::paper() }
}

/// The paper's network at width 8 with one option, or two that belong together, changed.
pub(crate) fn interpretations() -> Vec<S2sNetConfig> {
    vec![
        interpretation(|e| e.scaling = ScoreScaling::AfterSoftmax),
        interpretation(|e| e.expansion = Expansion::UnitSum),
        interpretation(|e| e.cutoff = 4.0),
        interpretation(|e| (e.cutoff, e.neighbors) = (4.0, NeighborScope::Cell)),
        interpretation(|e| e.residual = Residual::Added),
        interpretation(|e| e.norm = LayerNormPlacement::Before),
        interpretation(|e| (e.residual, e.norm) = (Residual::Added, LayerNormPlacement::Before)),
        interpretation(|e| (e.residual, e.norm) = (Residual::Added, LayerNormPlacement::After)),
        S2sNetConfig { first_layer: FirstLayer::BeforeLattice, ..interpretation(|_| {}) },
    ]
}

fn upload(config: &S2sNetConfig) -> DeviceBatch {
    let host = batch(&three_crystals(), &config.featurizer(), PaperVocabulary);
    DeviceBatch::upload(&host, Device::Cpu).expect("a valid batch")
}

fn classifier(config: &S2sNetConfig) -> (Parameters, Classifier) {
    let parameters = Parameters::new(3, Device::Cpu);
    let classifier = config.classifier(&parameters, &PaperVocabulary).expect("a valid configuration");
    (parameters, classifier)
}

/// MgB2 with an atom written a lattice vector away, so that its neighbors are images.
fn written_apart() -> Crystal {
    let magnesium_diboride = &three_crystals()[1];
    let mut sites = magnesium_diboride.sites().to_vec();
    sites[2].position.0[1] -= 1.0;
    Crystal::new(*magnesium_diboride.lattice(), sites).expect("the same crystal")
}

#[test]
fn every_option_makes_another_network() {
    let mut all = interpretations();
    all.push(interpretation(|_| {}));
    let answers: Vec<Vec<f64>> = all
        .iter()
        .map(|config| {
            let (_parameters, classifier) = classifier(config);
            let host = batch(&[written_apart()], &config.featurizer(), PaperVocabulary);
            let batch = DeviceBatch::upload(&host, Device::Cpu).expect("a valid batch");
            numbers(&no_grad(|| classifier.forward(&batch, Mode::Eval).0))
        })
        .collect();
    for (i, one) in answers.iter().enumerate() {
        for (j, other) in answers[..i].iter().enumerate() {
            let apart = one.iter().zip(other).any(|(a, b)| (a - b).abs() > 1e-5);
            assert!(apart, "{:?} and {:?} give {one:?}", all[i].encoder, all[j].encoder);
        }
    }
}

#[test]
fn files_that_are_older_than_an_option_keep_their_meaning() {
    let text = serde_json::to_value(S2sNetConfig::paper()).expect("plain data");
    let mut older = text.clone();
    let encoder = older["encoder"].as_object_mut().expect("an object");
    for key in ["expansion", "cutoff", "neighbors", "bias", "residual", "norm"] {
        assert!(encoder.remove(key).is_some(), "{key}");
    }
    assert!(older.get("first_layer").is_none() && older.get("element_norm").is_none(), "{older}");
    let read: S2sNetConfig = serde_json::from_value(older).expect("an older file");
    assert_eq!(read, S2sNetConfig::paper());
    assert_eq!(read.featurizer().pairs, NeighborRule::Within { cutoff: 2.0 });
    let mut misspelled = text;
    misspelled["encoder"]["residuals"] = "added".into();
    assert!(serde_json::from_value::<S2sNetConfig>(misspelled).is_err());
}

#[test]
fn a_residual_adds_what_a_layer_is_given() {
    let states = |config: &S2sNetConfig| {
        let parameters = Parameters::new(3, Device::Cpu);
        let EncoderConfig::Paper(sizes) = &config.encoder else { unreachable!("it is the paper's") };
        let encoder = PaperEncoder::new(&parameters.root(), sizes, 97);
        let batch = upload(config);
        no_grad(|| (encoder.join(&batch), encoder.encode(&batch, Mode::Eval).packed(&batch)))
    };
    let (input, without) = states(&interpretation(|e| e.layers = 1));
    let (_, with) = states(&interpretation(|e| (e.layers, e.residual) = (1, Residual::Added)));
    assert_close(&numbers(&with), &numbers(&(input + without)), 1e-6);
    for norm in [LayerNormPlacement::Before, LayerNormPlacement::After] {
        let (_, normal) = states(&interpretation(|e| (e.residual, e.norm) = (Residual::Added, norm)));
        let of_rows = |x: &Tensor| numbers(&x.mean_dim([1].as_slice(), false, Kind::Float));
        assert_close(&of_rows(&normal), &[0.0; 6], 1e-5);
        assert_close(&of_rows(&normal.square()), &[1.0; 6], 1e-3);
    }
}

/// 27 different elements on a cubic grid, so that libtorch does not multiply their states row by row.
fn grid() -> Crystal {
    let third = |k: u8| f64::from(k) / 3.0;
    let sites: Vec<(u8, [f64; 3])> = (0..27).map(|k| (k + 3, [third(k % 3), third(k / 3 % 3), third(k / 9)])).collect();
    crystal([[5.4, 0.0, 0.0], [0.0, 5.4, 0.0], [0.0, 0.0, 5.4]], &sites)
}

#[test]
fn gradients_are_finite_however_large_states_grow() {
    for (factor, residual) in [(1e2, Residual::Omitted), (1e4, Residual::Omitted), (1e4, Residual::Added)] {
        let config = interpretation(|e| (e.width, e.residual) = (512, residual));
        let EncoderConfig::Paper(sizes) = &config.encoder else { unreachable!("it is the paper's") };
        let parameters = Parameters::new(3, Device::Cpu);
        let encoder = PaperEncoder::new(&parameters.root(), sizes, 97);
        let table = parameters.all().into_iter().find(|(name, _)| name == "embedding.weight").expect("a table").1;
        parameters.assign("embedding.weight", &no_grad(|| table * factor)).expect("a tensor");
        let host = batch(&[grid()], &config.featurizer(), PaperVocabulary);
        let batch = DeviceBatch::upload(&host, Device::Cpu).expect("a valid batch");
        let noise = Noise::new(1, 0, 0);
        let states = encoder.encode(&batch, Mode::Train(&noise)).packed(&batch);
        let loss = (states / factor).square().mean(Kind::Float);
        let tensors: Vec<Tensor> = parameters.trainable().into_iter().map(|(_, tensor)| tensor).collect();
        let gradients = Tensor::run_backward(&[loss], &tensors, false, false);
        let finite = |gradient: &Tensor| gradient.isfinite().all().int64_value(&[]) == 1;
        assert!(gradients.iter().all(finite), "{residual:?}, states {factor} times as large");
    }
}

#[test]
fn normalized_gaussians_average_the_rows_of_w_alpha() {
    let mean_of_ones = |expansion| {
        let config = interpretation(|e| (e.expansion, e.layers) = (expansion, 0));
        let parameters = Parameters::new(3, Device::Cpu);
        let EncoderConfig::Paper(sizes) = &config.encoder else { unreachable!("it is the paper's") };
        let encoder = PaperEncoder::new(&parameters.root(), sizes, 97);
        parameters.assign("embedding.weight", &Tensor::zeros([97, 8], (Kind::Float, Device::Cpu))).expect("a tensor");
        parameters.assign("position.weight", &Tensor::ones([8, 512], (Kind::Float, Device::Cpu))).expect("a tensor");
        numbers(&no_grad(|| encoder.join(&upload(&config))))
    };
    assert_close(&mean_of_ones(Expansion::UnitSum), &[1.0; 48], 1e-5);
    assert!(mean_of_ones(Expansion::AsPrinted).iter().all(|sum| (150.0..360.0).contains(sum)));
}

#[test]
fn parameters_say_which_options_were_chosen() {
    let names = |config: &S2sNetConfig| -> Vec<String> {
        let parameters = Parameters::new(3, Device::Cpu);
        let _ = config.classifier(&parameters, &PaperVocabulary).expect("a valid configuration");
        let _ = config.masked_atom_model(&Parameters::new(3, Device::Cpu), &PaperVocabulary).expect("valid");
        parameters.all().into_iter().map(|(name, _)| name).collect()
    };
    let has = |config: &S2sNetConfig, name: &str| names(config).iter().any(|other| other == name);
    assert!(has(&interpretation(|_| {}), "encoder.layers.1.attention.query.bias"));
    assert!(!has(&interpretation(|e| e.bias = ProjectionBias::Omitted), "encoder.layers.1.attention.query.bias"));
    assert!(has(&interpretation(|e| e.norm = LayerNormPlacement::Before), "encoder.norm.weight"));
    assert!(!has(&interpretation(|e| e.norm = LayerNormPlacement::After), "encoder.norm.weight"));
    assert!(has(&interpretation(|e| e.norm = LayerNormPlacement::After), "encoder.layers.0.norm.weight"));
    let early = S2sNetConfig { first_layer: FirstLayer::BeforeLattice, ..interpretation(|_| {}) };
    assert!(has(&early, "readout.fc1.weight") && !has(&early, "head.superconductivity.fc2.weight"));
    let guessing = |norm| {
        let parameters = Parameters::new(3, Device::Cpu);
        let config = S2sNetConfig { element_norm: norm, ..interpretation(|_| {}) };
        let _ = config.masked_atom_model(&parameters, &PaperVocabulary).expect("a valid configuration");
        parameters.all().iter().any(|(name, _)| name == "head.elements.norm.weight")
    };
    assert!(guessing(ElementNorm::Layer) && !guessing(ElementNorm::Omitted));
}

#[test]
fn the_distance_that_the_network_is_told_is_that_of_its_pairs() {
    let far = interpretation(|e| e.cutoff = 4.0);
    let refused = far.reads(&interpretation(|_| {}).featurizer()).map_err(|e| e.to_string());
    let expected = "invalid model configuration: the network reads pairs of atoms as Within { cutoff: 4.0 }, and the \
                    featurizer gives Within { cutoff: 2.0 }";
    assert_eq!(refused.err().as_deref(), Some(expected));
    let zero = interpretation(|e| e.cutoff = 0.0);
    let error =
        zero.classifier(&Parameters::new(3, Device::Cpu), &PaperVocabulary).map(drop).map_err(|e| e.to_string());
    assert_eq!(error.err().as_deref(), Some("invalid model configuration: ρ is not a positive length"));
}
