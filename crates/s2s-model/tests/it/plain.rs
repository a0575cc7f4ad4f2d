//! The forward pass in plain Rust (`s2s-predict`) against libtorch, over real crystals.

use s2s_crystal::{Crystal, strategies};
use s2s_data::{DataFolder, RecordStream};
use s2s_featurize::{
    AtomFeatures, AtomFeaturizer, Collate, Featurizer, PaddedCollate, PaperVocabulary, Scaling, ScalingTable,
};
use s2s_model::{
    Activation, BinaryLogits, BuildNetwork, Checkpoint, Composition, DeviceBatch, EncoderConfig, Expansion, FirstLayer,
    GlobalsConfig, JoinGlobals, LayerNormPlacement, Logits, Mode, NeighborScope, PaperEncoderConfig, Parameters,
    PeriodicEncoderConfig, ProjectionBias, ReadoutConfig, Residual, S2sNetConfig, ScoreScaling,
    tch::{Device, no_grad},
    write_weights,
};
use s2s_predict::{Network, Output, Weights};

use crate::support::{disordered_crystals, numbers, three_crystals};

/// What an answer of the bundled model may differ by, as probability and as calibrated logit.
const TOLERANCE: f64 = 1e-5;

/// Crystals of a shared file that a test wants; the three built-in ones where there is no shared data.
fn crystals(file: &str, wanted: impl Fn(&Crystal) -> bool) -> Vec<Crystal> {
    let Ok(folder) = DataFolder::from_env() else {
        eprintln!("skipped: S2S_DATA_DIR is not set, so {file} is not at hand");
        return three_crystals();
    };
    let records = RecordStream::open(folder.path().join(file)).expect("a readable file");
    let crystals = records.map(|record| record.expect("a valid record").crystal);
    crystals.filter(|crystal| crystal.ordered_elements().is_ok() && wanted(crystal)).collect()
}

/// Logits on libtorch and in plain Rust, crystal by crystal.
fn both(config: &S2sNetConfig, crystals: &[Crystal], stir: bool) -> Vec<(f64, f64)> {
    both_of(config, features(config, crystals), stir)
}

/// The same of what the networks read.
fn both_of(config: &S2sNetConfig, mut features: Vec<AtomFeatures>, stir: bool) -> Vec<(f64, f64)> {
    let parameters = Parameters::new(11, Device::Cpu);
    let classifier = config.classifier(&parameters, &PaperVocabulary).expect("a valid configuration");
    if stir {
        // Zeros included, so that no part of the network is silent.
        for (k, (name, tensor)) in parameters.trainable().into_iter().enumerate() {
            let wave = (no_grad(|| tensor.ones_like()).flatten(0, -1).cumsum(0, None) * 0.7 + k as f64).cos() * 0.05;
            let stirred = no_grad(|| &tensor + wave.view_as(&tensor));
            parameters.assign(&name, &stirred).expect("the tensor's own name and shape");
        }
    }
    if let Some(globals) = &config.globals {
        let rows: Vec<_> = features.iter().map(|features| features.globals.as_slice()).collect();
        JoinGlobals::fit(&parameters, &ScalingTable::fit(globals.scaling, &rows)).expect("as many columns");
        // Some are missing, others in each crystal.
        for (k, features) in features.iter_mut().enumerate() {
            features.globals.iter_mut().skip(k % 7).step_by(11).for_each(|number| *number = None);
        }
    }
    let bytes = write_weights(&parameters.all(), &Default::default()).expect("tensors on the host");
    let weights = Weights::read(&bytes).expect("as written");
    let network = Network::new(config, Output::Logit, &PaperVocabulary, weights).expect("the same network");
    let torch = |batch: &DeviceBatch| classifier.forward(batch, Mode::Eval);
    features.iter().map(|features| (on_libtorch(features, torch), f64::from(network.output(features)))).collect()
}

#[test]
fn weighted_atoms_give_the_logits_of_libtorch() {
    let ordered = sample().into_iter().take(20);
    let generated = (0..60).map(|seed| strategies::disordered_crystal(1..=6).generate(seed));
    let crystals: Vec<Crystal> = disordered_crystals().into_iter().chain(generated).chain(ordered).collect();
    let periodic = S2sNetConfig::periodic().with_width(32);
    let wide = S2sNetConfig::wide().with_width(32);
    for (name, config) in [
        ("disordered, periodic", periodic.clone()),
        ("disordered, mean", S2sNetConfig { readout: ReadoutConfig::Mean, ..periodic }),
        ("disordered, wide", wide.clone()),
    ] {
        let featurizer = AtomFeaturizer::new(config.featurizer(), PaperVocabulary).expect("a valid featurizer");
        let read = |crystal: &Crystal| featurizer.featurize(crystal).ok();
        let features: Vec<AtomFeatures> = crystals.iter().filter_map(read).collect();
        assert!(features.iter().filter(|features| !features.weights.is_empty()).count() > 20);
        assert_equal(name, &both_of(&config, features, true));
    }
    let featurizer = AtomFeaturizer::new(wide.featurizer(), PaperVocabulary).expect("a valid featurizer");
    let compositions = crystals.iter().map(Crystal::composition);
    let features = compositions.filter_map(|composition| featurizer.featurize_composition(&composition).ok());
    assert_equal("compositions, wide", &both_of(&wide, features.collect(), true));
}

fn features(config: &S2sNetConfig, crystals: &[Crystal]) -> Vec<AtomFeatures> {
    let featurizer = AtomFeaturizer::new(config.featurizer(), PaperVocabulary).expect("a valid featurizer");
    crystals.iter().map(|crystal| featurizer.featurize(crystal).expect("known elements")).collect()
}

fn on_libtorch(features: &AtomFeatures, forward: impl Fn(&DeviceBatch) -> BinaryLogits) -> f64 {
    let batch = PaddedCollate.collate(&[features]).expect("a batch of one");
    let batch = DeviceBatch::upload(&batch, Device::Cpu).expect("a valid batch");
    numbers(&no_grad(|| forward(&batch).0))[0]
}

#[track_caller]
fn assert_equal(name: &str, answers: &[(f64, f64)]) {
    let difference = |(a, b): &(f64, f64)| (a - b).abs() / a.abs().max(1.0);
    let worst = answers.iter().map(difference).fold(0.0, f64::max);
    assert!(answers.iter().all(|(a, b)| a.is_finite() && b.is_finite()), "{name}: not finite");
    eprintln!("{name}: {} crystals, largest difference of logits {worst:.1e}", answers.len());
    assert!(worst <= TOLERANCE, "{name}: {worst:e}");
    let spread = answers.iter().map(|(a, _)| a).fold(f64::NEG_INFINITY, |m, a| a.max(m))
        - answers.iter().map(|(a, _)| a).fold(f64::INFINITY, |m, a| a.min(m));
    // Without the shared data a single crystal may be all there is.
    assert!(spread > 1e-3 || answers.len() == 1, "{name}: all answers are the same, which proves nothing");
}

/// Every twentieth crystal of S2S: from one to a few hundred atoms.
fn sample() -> Vec<Crystal> {
    let all = crystals("s2s.jsonl.zst", |_| true);
    let step = if all.len() > 100 { 20 } else { 1 };
    all.into_iter().step_by(step).collect()
}

#[test]
fn every_preset_and_option_gives_the_logits_of_libtorch() {
    let paper = |change: &dyn Fn(&mut PaperEncoderConfig)| {
        let mut encoder = PaperEncoderConfig { layers: 3, ..PaperEncoderConfig::paper() };
        change(&mut encoder);
        S2sNetConfig { encoder: EncoderConfig::Paper(encoder), ..S2sNetConfig::paper() }.with_width(32)
    };
    let periodic = S2sNetConfig::periodic().with_width(32);
    let wide = |scaling, members| S2sNetConfig {
        globals: Some(GlobalsConfig { descriptors: "magpie+symmetry".parse().expect("descriptors"), scaling }),
        members,
        ..periodic.clone()
    };
    let narrow = PeriodicEncoderConfig { heads: 1, channels: 3, layers: 1, ..PeriodicEncoderConfig::standard() };
    let after = |c: &mut PaperEncoderConfig| c.scaling = ScoreScaling::AfterSoftmax;
    let networks = [
        ("periodic", periodic.clone()),
        ("periodic, narrow", S2sNetConfig { encoder: EncoderConfig::Periodic(narrow), ..periodic.clone() }),
        ("periodic, mean", S2sNetConfig { readout: ReadoutConfig::Mean, ..periodic.clone() }),
        ("periodic, no lattice", S2sNetConfig { lattice: None, ..periodic.clone() }),
        ("periodic, no statistics", S2sNetConfig { composition: Composition::Omitted, ..periodic.clone() }),
        ("wide", S2sNetConfig::wide().with_width(32)),
        ("wide, one member on standard scales", wide(Scaling::Standard, None)),
        (
            "wide, beside lattice and composition",
            S2sNetConfig { members: Some(3), ..wide(Scaling::Quantile { knots: 5 }, None) },
        ),
        ("periodic, two logits", S2sNetConfig { logits: Logits::Two, ..periodic.clone() }),
        ("paper", paper(&|_| ())),
        ("paper, one layer", paper(&|c| c.layers = 1)),
        ("paper, scaled after the softmax", paper(&after)),
        ("paper, printed", {
            let printed = PaperEncoderConfig { layers: 2, ..PaperEncoderConfig::printed() };
            S2sNetConfig { encoder: EncoderConfig::Paper(printed), ..S2sNetConfig::printed() }.with_width(32)
        }),
        ("paper, residual", paper(&|c| (c.residual, c.norm) = (Residual::Added, LayerNormPlacement::Before))),
        ("paper, norm after", paper(&|c| (c.residual, c.norm) = (Residual::Added, LayerNormPlacement::After))),
        ("paper, 4 Å, atoms of the cell", paper(&|c| (c.cutoff, c.neighbors) = (4.0, NeighborScope::Cell))),
        (
            "paper, no biases, Gaussians of sum one",
            paper(&|c| (c.bias, c.expansion) = (ProjectionBias::Omitted, Expansion::UnitSum)),
        ),
        ("paper, FC1 before the lattice", S2sNetConfig { first_layer: FirstLayer::BeforeLattice, ..paper(&|_| ()) }),
        (
            "paper, mean and statistics",
            S2sNetConfig { readout: ReadoutConfig::Mean, composition: Composition::Statistics, ..paper(&|_| ()) },
        ),
    ];
    let crystals = sample();
    for (name, network) in &networks {
        assert_equal(name, &both(network, &crystals, true));
    }
    for activation in
        [Activation::Relu, Activation::Gelu, Activation::Silu, Activation::Softplus, Activation::ShiftedSoftplus]
    {
        let mut network = periodic.clone();
        network.head.activation = activation;
        network.head.hidden = vec![24, 8];
        assert_equal(&format!("{activation:?}"), &both(&network, &crystals[..crystals.len().min(20)], true));
    }
}

#[test]
fn the_papers_own_width_gives_the_logits_of_libtorch() {
    let crystals: Vec<Crystal> = sample().into_iter().step_by(4).collect();
    // Weights as initialized: ten wide layers of stirred ones are ill-conditioned, and a change of their last bit moves the
    // logits of libtorch itself by 1e-3. Narrow networks with every part stirred are compared above.
    assert_equal("paper, width 512, ten layers", &both(&S2sNetConfig::paper(), &crystals, false));
}

#[test]
fn the_bundled_networks_answer_as_on_libtorch_for_every_crystal_and_for_444_atoms() {
    for name in ["network", "s2snet"] {
        the_bundled_answers_as_on_libtorch(name);
    }
}

fn the_bundled_answers_as_on_libtorch(name: &str) {
    let folder = format!("{}/../s2s-predict/models/{name}", env!("CARGO_MANIFEST_DIR"));
    let checkpoint = Checkpoint::load(&folder).expect("as sealed");
    let s2s_model::ModelConfig::S2sNet(config) = &checkpoint.config.model else { panic!("it is an S2SNet") };
    let parameters = Parameters::new(0, Device::Cpu);
    let classifier = config.classifier(&parameters, &PaperVocabulary).expect("a valid configuration");
    parameters.assign_all(checkpoint.tensors.iter().map(|(name, t)| (name.as_str(), t))).expect("its own tensors");
    let bytes = std::fs::read(format!("{folder}/model.safetensors")).expect("a file of the model");
    let weights = Weights::read(&bytes).expect("as written");
    let network = Network::new(config, Output::Logit, &PaperVocabulary, weights).expect("the same network");
    let mut asked = crystals("s2s.jsonl.zst", |_| true);
    let of_s2s = asked.len();
    let largest = crystals("mp2018.jsonl.zst", |crystal| crystal.num_sites() == 444 || crystal.num_sites() == 2);
    asked.extend(largest.into_iter().step_by(7));
    let torch = |batch: &DeviceBatch| classifier.forward(batch, Mode::Eval);
    let answers: Vec<(f64, f64)> = features(config, &asked)
        .iter()
        .map(|features| (on_libtorch(features, torch), f64::from(network.output(features))))
        .collect();
    assert_equal(&format!("bundled {name}, S2S"), &answers[..of_s2s]);
    assert_equal(&format!("bundled {name}, two and 444 atoms"), &answers[of_s2s..]);
}
