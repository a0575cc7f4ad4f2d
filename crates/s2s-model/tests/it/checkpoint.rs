//! Sealed folders: what was written comes back, and nothing else does.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use s2s_crystal::Crystal;
use s2s_featurize::{AtomFeaturizerConfig, PaperVocabulary, ReleasedVocabulary};
use s2s_model::{
    BuildNetwork, Calibration, Checkpoint, CheckpointConfig, EncoderConfig, ModelConfig, Parameters,
    PeriodicEncoderConfig, Predictor, S2sNetConfig, Task,
    tch::{Device, Kind},
    transfer,
};

use crate::support::{assert_close, crystal, three_crystals};

/// A folder that goes away with the test.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("checkpoint-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).expect("a scratch folder");
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn network() -> S2sNetConfig {
    let encoder = PeriodicEncoderConfig {
        width: 8,
        layers: 1,
        heads: 2,
        channels: 1,
        feed_forward: 8,
        ..PeriodicEncoderConfig::standard()
    };
    let mut config = S2sNetConfig { encoder: EncoderConfig::Periodic(encoder), ..S2sNetConfig::periodic() };
    config.head.hidden = vec![4];
    config
}

fn config(network: &S2sNetConfig) -> CheckpointConfig {
    CheckpointConfig {
        model: ModelConfig::S2sNet(network.clone()),
        task: Task::Classification { positive: "superconductor".to_owned(), calibration: Calibration::IDENTITY },
        featurizer: network.featurizer(),
        featurizer_version: AtomFeaturizerConfig::VERSION,
        vocabulary: "paper-95".to_owned(),
        dataset_sha256: None,
        metrics: BTreeMap::from([("accuracy".to_owned(), 0.5)]),
    }
}

fn save(folder: &Path, seed: u64) -> Parameters {
    let network = network();
    let parameters = Parameters::new(seed, Device::Cpu);
    network.classifier(&parameters, &PaperVocabulary).expect("a valid configuration");
    Checkpoint::save(folder, &config(&network), &parameters, "# A small model\n").expect("a free name");
    parameters
}

fn message<T, E: std::fmt::Display>(result: Result<T, E>) -> String {
    result.map(|_| ()).map_err(|e| e.to_string()).expect_err("a refusal")
}

#[test]
fn what_was_saved_comes_back_bit_for_bit() {
    let scratch = Scratch::new("round-trip");
    let folder = scratch.0.join("model");
    let parameters = save(&folder, 1);
    let loaded = Checkpoint::load(&folder).expect("as written");
    assert_eq!(loaded.config, config(&network()));
    assert_eq!(loaded.tensors.len(), parameters.all().len());
    for (name, tensor) in parameters.all() {
        assert_eq!(loaded.tensors[&name].kind(), Kind::Float);
        assert!(loaded.tensors[&name].equal(&tensor), "{name}");
    }
    let again = message(Checkpoint::save(&folder, &config(&network()), &parameters, ""));
    assert_eq!(again, format!("{} exists already", folder.display()));
    assert_eq!(fs::read_dir(&scratch.0).expect("a folder").count(), 1, "nothing is left beside it");
}

#[test]
fn a_model_replaces_another_and_nothing_else() {
    let scratch = Scratch::new("replaced");
    let folder = scratch.0.join("model");
    let first = save(&folder, 1).all();
    let network = network();
    let parameters = Parameters::new(2, Device::Cpu);
    network.classifier(&parameters, &PaperVocabulary).expect("a valid configuration");
    let replace = |folder: &Path| Checkpoint::replace(folder, &config(&network), &parameters.all(), "# Another\n");
    replace(&folder).expect("a model is there");
    let loaded = Checkpoint::load(&folder).expect("as written");
    loaded.verify().expect("the network that is described");
    assert!(parameters.all().iter().all(|(name, tensor)| loaded.tensors[name].equal(tensor)));
    assert!(first.iter().any(|(name, tensor)| !loaded.tensors[name].equal(tensor)));
    assert_eq!(fs::read_dir(&scratch.0).expect("a folder").count(), 1, "nothing is left beside it");

    let other = scratch.0.join("thesis");
    fs::create_dir(&other).expect("a free name");
    fs::write(other.join("chapter"), "words").expect("a free name");
    assert_eq!(message(replace(&other)), format!("{} exists already", other.display()));
    assert_eq!(fs::read(other.join("chapter")).expect("it is left"), b"words");
}

#[test]
fn weights_of_another_network_are_found_out() {
    let scratch = Scratch::new("verified");
    let folder = scratch.0.join("model");
    let parameters = save(&folder, 1);
    let mut deeper = config(&network());
    let ModelConfig::S2sNet(model) = &mut deeper.model else { unreachable!("it is of the family") };
    *model = model.clone().with_layers(2);
    let replace = |config: &CheckpointConfig, tensors: &[(String, s2s_model::tch::Tensor)]| {
        Checkpoint::replace(&folder, config, tensors, "").expect("a model is there");
        Checkpoint::load(&folder).expect("as written").verify()
    };
    let missing = message(replace(&deeper, &parameters.all()));
    assert!(missing.contains("encoder.layers.1."), "{missing}");
    let guessing = CheckpointConfig { task: Task::MaskedAtoms, ..config(&network()) };
    assert!(message(replace(&guessing, &parameters.all())).contains("head.elements"));
    assert!(message(Predictor::load(&folder)).contains("predicts masked elements"));
}

#[test]
fn any_flipped_byte_is_refused() {
    let scratch = Scratch::new("flipped");
    let folder = scratch.0.join("model");
    save(&folder, 1);
    for name in ["MANIFEST.json", "config.json", "README.md", "model.safetensors"] {
        let path = folder.join(name);
        let bytes = fs::read(&path).expect("a file of the checkpoint");
        // Every byte of the texts, and some hundred of the weights.
        let step = if name.ends_with(".json") { 1 } else { (bytes.len() / 100).max(1) };
        for k in (0..bytes.len()).step_by(step) {
            let mut changed = bytes.clone();
            changed[k] ^= 1 << (k % 8);
            fs::write(&path, &changed).expect("a writable file");
            assert!(Checkpoint::load(&folder).is_err(), "byte {k} of {name}");
        }
        fs::write(&path, &bytes).expect("a writable file");
        fs::write(&path, &bytes[..bytes.len() - 1]).expect("a writable file");
        assert!(Checkpoint::load(&folder).is_err(), "{name} without its last byte");
        fs::write(&path, &bytes).expect("a writable file");
    }
    Checkpoint::load(&folder).expect("whole again");
}

#[test]
fn another_featurizer_or_vocabulary_is_refused() {
    let scratch = Scratch::new("featurizer");
    let folder = scratch.0.join("model");
    save(&folder, 1);
    let checkpoint = Checkpoint::load(&folder).expect("as written");
    let own = network().featurizer();
    checkpoint.require(&own, &PaperVocabulary).expect("its own");
    let other = message(checkpoint.require(&AtomFeaturizerConfig::paper(), &PaperVocabulary));
    assert!(
        other.starts_with("the checkpoint reads {") && other.ends_with("with the vocabulary \"paper-95\""),
        "{other}"
    );
    let other = message(checkpoint.require(&own, &ReleasedVocabulary));
    assert!(other.ends_with("with the vocabulary \"released-94\""), "{other}");
}

#[test]
fn pretraining_hands_over_the_encoder_and_says_so() {
    let network = network();
    let pretrained = Parameters::new(1, Device::Cpu);
    network.masked_atom_model(&pretrained, &PaperVocabulary).expect("a valid configuration");
    let tensors = pretrained.all().into_iter().collect();
    let parameters = Parameters::new(2, Device::Cpu);
    network.classifier(&parameters, &PaperVocabulary).expect("a valid configuration");
    let report = transfer(&tensors, &parameters, "encoder.").expect("the same shapes");
    assert!(report.is_complete() && report.unknown.is_empty(), "{report:?}");
    assert!(report.moved.contains(&"encoder.layers.0.attention.project.weight".to_owned()));
    for (name, tensor) in parameters.all() {
        let same = tensors.get(&name).is_some_and(|t| t.equal(&tensor));
        assert_eq!(same, name.starts_with("encoder."), "{name}");
    }
    let mut wider = network.clone();
    wider.encoder = EncoderConfig::Periodic(PeriodicEncoderConfig { width: 16, ..PeriodicEncoderConfig::standard() });
    let other = Parameters::new(2, Device::Cpu);
    wider.classifier(&other, &PaperVocabulary).expect("a valid configuration");
    let report = transfer(&tensors, &other, "encoder.").expect("what fits");
    assert!(!report.is_complete() && report.unequal.contains(&"encoder.embedding.weight".to_owned()), "{report:?}");
}

/// Three crystals the model can read around one whose element it does not know.
fn mixed() -> Vec<Crystal> {
    let mut crystals = three_crystals();
    crystals.insert(1, crystal([[4.0, 0.0, 0.0], [0.0, 4.0, 0.0], [0.0, 0.0, 4.0]], &[(118, [0.0; 3])]));
    crystals
}

#[test]
fn predictions_keep_their_order_and_one_bad_crystal_stops_nobody() {
    let scratch = Scratch::new("predict");
    let folder = scratch.0.join("model");
    save(&folder, 1);
    let predictor = Predictor::load(&folder).expect("as written");
    let answers = predictor.predict(&mixed());
    assert_eq!(answers.len(), 4);
    assert_eq!(message(answers[1].as_ref()), "element Og is outside the vocabulary \"paper-95\"");
    for (k, crystal) in mixed().into_iter().enumerate().filter(|(k, _)| *k != 1) {
        let together = answers[k].as_ref().expect("a prediction");
        let alone = predictor.predict(&[crystal]).remove(0).expect("a prediction");
        assert_close(&[alone.value], &[together.value], 1e-5);
        let probability = together.probability.expect("a classifier");
        assert!((0.0..=1.0).contains(&probability));
        assert_eq!(together.std, None);
    }
    assert!(predictor.predict(&[] as &[s2s_crystal::Crystal]).is_empty());
    let refused = predictor.predict(&mixed()[1..2]);
    assert_eq!(refused.len(), 1);
    assert_eq!(message(refused[0].as_ref()), "element Og is outside the vocabulary \"paper-95\"");
}

#[test]
fn an_ensemble_averages_its_members_and_tells_their_standard_deviation() {
    let scratch = Scratch::new("ensemble");
    for (name, seed) in [("first", 1), ("second", 2)] {
        save(&scratch.0.join(name), seed);
    }
    Checkpoint::seal_ensemble(&scratch.0, &["first", "second"]).expect("two members");
    let ensemble = Predictor::load(&scratch.0).expect("as sealed");
    assert_eq!(ensemble.num_members(), 2);
    let members = ["first", "second"].map(|name| Predictor::load(scratch.0.join(name)).expect("as written"));
    for crystal in three_crystals() {
        let one =
            |predictor: &Predictor| predictor.predict(std::slice::from_ref(&crystal)).remove(0).expect("an answer");
        let [a, b] = [0, 1].map(|k| one(&members[k]).probability.expect("a classifier"));
        let together = one(&ensemble);
        assert_close(&[together.probability.expect("a classifier")], &[(a + b) / 2.0], 1e-6);
        assert_close(&[together.std.expect("an ensemble")], &[(a - b).abs() / 2.0], 1e-6);
    }
    let weights = scratch.0.join("second/MANIFEST.json");
    let mut bytes = fs::read(&weights).expect("a file of a member");
    bytes[100] ^= 1;
    fs::write(&weights, bytes).expect("a writable file");
    assert!(
        message(Predictor::load(&scratch.0)).ends_with("has been changed: its SHA-256 is not that of the manifest")
    );
}
