//! Models that only libtorch evaluates, and pre-trained weights, changed and sealed again: refused, or every answer is finite.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::{
        LazyLock,
        atomic::{AtomicU32, Ordering},
    },
};

use proptest::{
    prelude::*,
    sample::Index,
    test_runner::{RngSeed, TestRunner},
};
use s2s_featurize::{AtomFeaturizer, AtomFeaturizerConfig, Collate, Featurizer, PaddedCollate, PaperVocabulary};
use s2s_model::{
    Architecture, BuildNetwork, Calibration, CgcnnConfig, Checkpoint, CheckpointConfig, DeviceBatch, EncoderConfig,
    MegnetConfig, Mode, ModelConfig, Parameters, Predictor, S2sNetConfig, Task,
    tch::{Device, no_grad},
    vocabulary_named,
};
use s2s_predict::SealedFolder;

use crate::{
    edits::{KINDS, changed_json, changed_weights, number, replacement},
    support::three_crystals,
};

const CONFIG: &str = "config.json";
const WEIGHTS: &str = "model.safetensors";
const CARD: &str = "README.md";

/// Edits of the configuration of each model, and as many of its weights.
const CASES: u32 = 250;

type Files = BTreeMap<&'static str, Vec<u8>>;

fn scratch(name: &str) -> PathBuf {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let name = format!("resealed-{name}-{}-{number}", std::process::id());
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    folder
}

/// The sealed files of a small network with the weights that it begins with.
fn files(name: &str, model: ModelConfig, task: Task) -> Files {
    let parameters = Parameters::new(1, Device::Cpu);
    drop(model.build(&task, &parameters, &PaperVocabulary).expect("a valid configuration"));
    let config = CheckpointConfig {
        featurizer: model.featurizer(),
        model,
        task,
        featurizer_version: AtomFeaturizerConfig::VERSION,
        vocabulary: "paper-95".to_owned(),
        dataset_sha256: None,
        metrics: BTreeMap::from([("accuracy".to_owned(), 0.5)]),
    };
    let folder = scratch(name);
    Checkpoint::replace(&folder, &config, &parameters.all(), "# A small network\n").expect("a free name");
    let files = [CONFIG, WEIGHTS, CARD].map(|file| (file, fs::read(folder.join(file)).expect("a file of the model")));
    fs::remove_dir_all(folder).expect("it is there");
    files.into()
}

fn classification() -> Task {
    Task::Classification {
        positive: "superconductor".to_owned(),
        calibration: Calibration { slope: 0.9, offset: -0.1 },
    }
}

fn energy() -> Task {
    Task::Regression { quantity: "formation energy".into(), unit: "eV/atom".into(), mean: -1.5, deviation: 0.8 }
}

fn cgcnn() -> CgcnnConfig {
    let mut config = CgcnnConfig::published();
    (config.encoder.width, config.encoder.convolutions, config.head.hidden) = (8, 2, vec![8]);
    config
}

fn megnet() -> MegnetConfig {
    let mut config = MegnetConfig::published();
    (config.encoder.embedding, config.encoder.width, config.encoder.hidden, config.encoder.blocks) = (4, 8, 8, 2);
    config
}

fn released() -> S2sNetConfig {
    let mut config = S2sNetConfig::released().with_width(16).with_layers(2);
    if let EncoderConfig::Released(encoder) = &mut config.encoder {
        encoder.heads = 4;
    }
    config
}

static MODELS: LazyLock<[(&str, Files); 6]> = LazyLock::new(|| {
    let [periodic, paper] = [S2sNetConfig::periodic(), S2sNetConfig::paper()].map(|preset| preset.with_width(16));
    [
        ("cgcnn", files("cgcnn", ModelConfig::Cgcnn(cgcnn()), classification())),
        ("megnet", files("megnet", ModelConfig::Megnet(megnet()), energy())),
        ("released", files("released", ModelConfig::S2sNet(released()), classification())),
        ("pretrained-periodic", files("periodic", ModelConfig::S2sNet(periodic.with_layers(1)), Task::MaskedAtoms)),
        ("pretrained-paper", files("paper", ModelConfig::S2sNet(paper.with_layers(2)), Task::MaskedAtoms)),
        ("pretrained-released", files("masked", ModelConfig::S2sNet(released()), Task::MaskedAtoms)),
    ]
});

/// Seals the files and predicts: whatever loads has to answer with finite numbers or say why it does not.
fn ask(name: &str, files: &Files) -> Result<(), String> {
    let folder = scratch(&format!("asked-{name}"));
    let files: Vec<(&str, Vec<u8>)> = files.iter().map(|(name, bytes)| (*name, bytes.clone())).collect();
    SealedFolder::write(&folder, &files).expect("a free name");
    let answered = if name.starts_with("pretrained") { guess(&folder) } else { predict(&folder) };
    fs::remove_dir_all(folder).expect("it is there");
    answered
}

fn predict(folder: &Path) -> Result<(), String> {
    let predictor = Predictor::load(folder).map_err(|error| error.to_string())?;
    for answer in predictor.predict(&three_crystals()).into_iter().flatten() {
        assert!(answer.value.is_finite(), "{answer:?}");
        assert!(answer.probability.is_none_or(|p| (0.0..=1.0).contains(&p)), "{answer:?}");
    }
    Ok(())
}

/// What fine-tuning does with pre-trained weights: it takes the encoder over and encodes crystals.
fn guess(folder: &Path) -> Result<(), String> {
    let named = |error: &dyn std::fmt::Display| error.to_string();
    assert!(Predictor::load(folder).is_err(), "nothing is predicted by what predicts elements");
    let checkpoint = Checkpoint::load(folder).map_err(|error| named(&error))?;
    checkpoint.verify().map_err(|error| named(&error))?;
    let ModelConfig::S2sNet(model) = &checkpoint.config.model else { return Err("another family".to_owned()) };
    let named_so = || vocabulary_named(&checkpoint.config.vocabulary).expect("it was verified");
    let featurizer = AtomFeaturizer::new(checkpoint.config.featurizer.clone(), named_so());
    let featurizer = featurizer.map_err(|error| named(&error))?;
    let parameters = Parameters::of_tensors(checkpoint.tensors, Device::Cpu);
    let network = model.masked_atom_model(&parameters, &*named_so()).expect("it was verified");
    let features: Vec<_> = three_crystals().iter().filter_map(|c| featurizer.featurize(c).ok()).collect();
    if features.is_empty() {
        return Ok(());
    }
    let batch = PaddedCollate.collate(&features).map_err(|error| named(&error))?;
    let batch = DeviceBatch::upload(&batch, Device::Cpu).map_err(|error| named(&error))?;
    // Weights of 10³⁰ give infinity, which training refuses as a loss that is no number.
    let states = no_grad(|| s2s_model::AtomEncoder::encode(&network.encoder, &batch, Mode::Eval));
    assert_eq!(states.packed(&batch).size()[1], model.encoder.width());
    Ok(())
}

#[test]
fn the_models_as_they_are_answer() {
    for (name, files) in MODELS.iter() {
        ask(name, files).expect("nothing was changed");
    }
}

#[test]
fn a_changed_configuration_or_changed_numbers_are_refused_or_answer() {
    for (name, files) in MODELS.iter() {
        let config = ProptestConfig {
            cases: CASES,
            rng_seed: RngSeed::Fixed(20),
            max_shrink_iters: 20,
            failure_persistence: None,
            ..ProptestConfig::default()
        };
        let mut runner = TestRunner::new(config.clone());
        let configurations = (any::<Index>(), replacement());
        let found = runner.run(&configurations, |(position, by)| {
            let mut files = files.clone();
            files.insert(CONFIG, changed_json(&files[CONFIG], position, &by));
            let _ = ask(name, &files);
            Ok(())
        });
        found.unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut runner = TestRunner::new(config);
        let weights = (0..KINDS, any::<Index>(), any::<Index>(), number());
        let found = runner.run(&weights, |(kind, which, position, number)| {
            let mut files = files.clone();
            files.insert(WEIGHTS, changed_weights(&files[WEIGHTS], kind, which, position, number));
            let found = ask(name, &files);
            // A list is the same list the other way around or laid flat, and one number may be as good as another.
            prop_assert!((1..=4).contains(&kind) || found.is_err(), "kind {} is not refused", kind);
            prop_assert!(!((kind == 1 || kind == 2) && !number.is_finite()) || found.is_err());
            Ok(())
        });
        found.unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}
