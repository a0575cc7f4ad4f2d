//! Pre-trained weights are sealed with their network and featurizer.

use std::{collections::BTreeMap, fs, path::Path};

use s2s_data::{Record, reference};
use s2s_featurize::{
    AllElements, AtomFeatures, AtomFeaturizerConfig, BatchSize, NeighborRule, PaperVocabulary, Vocabulary,
};
use s2s_model::{
    Architecture, BuildNetwork, EncoderConfig, MaskedAtomModel, ModelConfig, ModelError, Parameters, S2sNetConfig,
    ScoreScaling, TaskKind, write_weights,
};
use s2s_predict::ConfigError;
use s2s_train::{
    RunIdentity, SingleProcess, TrainError,
    recipe::{FinetuneRecipe, Prepared, PretrainRecipe, Pretrained, PretrainedWeights},
};
use serde::{Deserialize, Serialize};
use tch::Device;

use crate::support::scratch;

fn small() -> S2sNetConfig {
    S2sNetConfig::paper().with_width(16).with_layers(2)
}

/// S2SNet with tokens for every element.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct EveryElement(S2sNetConfig);

impl Architecture for EveryElement {
    type Featurizer = AtomFeaturizerConfig;

    fn featurizer(&self) -> AtomFeaturizerConfig {
        self.0.featurizer()
    }

    fn vocabulary(&self) -> Box<dyn Vocabulary> {
        Box::new(AllElements)
    }

    fn reads(&self, featurizer: &AtomFeaturizerConfig, task: TaskKind) -> Result<(), ConfigError> {
        Architecture::reads(&self.0, featurizer, task)
    }
}

impl BuildNetwork for EveryElement {
    fn masked_atom_model(
        &self,
        parameters: &Parameters,
        vocabulary: &dyn Vocabulary,
    ) -> Result<MaskedAtomModel, ModelError> {
        self.0.masked_atom_model(parameters, vocabulary)
    }
}

fn pretrained<A>(model: A) -> Result<(PretrainRecipe<A>, Pretrained), TrainError>
where
    A: Architecture<Featurizer = AtomFeaturizerConfig> + BuildNetwork,
{
    // Threads that wait for each other cost more than these networks.
    tch::set_num_threads(1);
    let few = |record: &Record| (2..=8).contains(&record.crystal.num_sites());
    let records: Vec<Record> = reference::crystals().iter().map(|c| c.to_record()).filter(few).take(24).collect();
    let mut recipe = PretrainRecipe::paper(model, 2);
    recipe.batch = BatchSize::Crystals(8);
    let prepared = Prepared::new(&records, &recipe.build_featurizer()?)?;
    let features: Vec<&AtomFeatures> = prepared.features.iter().collect();
    let learner = recipe.learner(RunIdentity::default(), Device::Cpu)?;
    let trained = recipe.run(&SingleProcess, learner, &features[8..], &features[..8], &mut [])?;
    Ok((recipe, trained))
}

fn sealed(folder: &Path, model: S2sNetConfig) -> Result<Pretrained, TrainError> {
    let (recipe, trained) = pretrained(model)?;
    trained.seal(&folder.join("model"), &recipe, Some("00".to_owned()), "# Pre-trained\n")?;
    Ok(trained)
}

fn refusal<T>(result: Result<T, TrainError>) -> String {
    result.map(drop).expect_err("a refusal").to_string()
}

fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("a file").path());
    let name = |path: &Path| path.file_name().expect("a name").to_string_lossy().into_owned();
    entries.map(|path| (name(&path), fs::read(&path).expect("a file"))).collect()
}

#[test]
fn a_classifier_starts_from_the_encoder_that_was_sealed() -> Result<(), TrainError> {
    let folder = scratch("sealed");
    // The folder of the run, and that of the model itself; a network that reads descriptors was pre-trained without them.
    let [run, model] = [folder.clone(), folder.join("model")];
    for (network, saved) in [(small(), run), (small(), model.clone()), (crate::wide::small(), model)] {
        let trained = sealed(&folder, network.clone())?;
        let weights = PretrainedWeights::load(saved)?;
        let mut recipe = FinetuneRecipe::paper(ModelConfig::from(S2sNetConfig::periodic()));
        recipe.continue_from(&weights);
        assert_eq!((&recipe.model, &recipe.featurizer), (&ModelConfig::from(network.clone()), &network.featurizer()));
        let (learner, moved) = recipe.learner(Some(&weights), RunIdentity::default(), Device::Cpu)?;
        let of = |all: Vec<(String, tch::Tensor)>| -> Vec<(String, tch::Tensor)> {
            all.into_iter().filter(|(name, _)| name.starts_with("encoder.")).collect()
        };
        let (ours, theirs) = (of(learner.parameters().all()), of(trained.learner.parameters().all()));
        assert_eq!((ours.len(), ours.len()), (moved, theirs.len()));
        assert!(ours.iter().zip(&theirs).all(|(a, b)| a.0 == b.0 && a.1.equal(&b.1)));
    }
    fs::remove_dir_all(folder).expect("a folder of this test");
    Ok(())
}

#[test]
fn equal_training_gives_equal_bytes() -> Result<(), TrainError> {
    let folder = scratch("equal");
    let model = folder.join("model");
    sealed(&folder, small())?;
    let first = contents(&model);
    assert_eq!(first.len(), 4, "{:?}", first.keys());
    // Sealed again into the same folder.
    sealed(&folder, small())?;
    assert_eq!(first, contents(&model));
    assert_eq!(fs::read_dir(&folder).expect("a folder").count(), 1, "nothing is left beside it");
    fs::remove_dir_all(folder).expect("a folder of this test");
    Ok(())
}

#[test]
fn weights_that_are_not_sealed_or_were_changed_are_refused() -> Result<(), TrainError> {
    let folder = scratch("unsealed");
    let trained = sealed(&folder, small())?;
    let model = folder.join("model");
    for (name, bytes) in contents(&model) {
        let mut changed = bytes.clone();
        let middle = changed.len() / 2;
        changed[middle] ^= 1;
        fs::write(model.join(&name), changed).expect("a writable file");
        assert!(PretrainedWeights::load(&folder).is_err(), "{name}");
        fs::write(model.join(&name), bytes).expect("a writable file");
    }
    PretrainedWeights::load(&folder)?;

    // What runs wrote before: a plain file.
    fs::remove_dir_all(&model).expect("it is there");
    let plain = folder.join("model.safetensors");
    let bytes = write_weights(&trained.learner.parameters().all(), &BTreeMap::new())?;
    fs::write(&plain, bytes).expect("a free name");
    let expected = format!(
        "{} is not sealed with its network and featurizer; repeat the command that wrote it: it continues at its last \
         checkpoint and seals the weights",
        plain.display()
    );
    assert_eq!(refusal(PretrainedWeights::load(&folder)), expected);
    let missing = refusal(PretrainedWeights::load(folder.join("nothing")));
    assert!(missing.contains("nothing/model/MANIFEST.json"), "{missing}");
    fs::remove_dir_all(folder).expect("a folder of this test");
    Ok(())
}

#[test]
fn an_encoder_is_handed_over_to_the_same_encoder_on_the_same_features_alone() -> Result<(), TrainError> {
    let folder = scratch("handed-over");
    sealed(&folder, small())?;
    let weights = PretrainedWeights::load(&folder)?;
    let learner = |change: &dyn Fn(&mut FinetuneRecipe)| {
        let mut recipe = FinetuneRecipe::new(ModelConfig::from(small()));
        change(&mut recipe);
        recipe.learner(Some(&weights), RunIdentity::default(), Device::Cpu)
    };
    let encoder = |recipe: &mut FinetuneRecipe, change: &dyn Fn(&mut s2s_model::PaperEncoderConfig)| {
        let ModelConfig::S2sNet(S2sNetConfig { encoder: EncoderConfig::Paper(encoder), .. }) = &mut recipe.model else {
            unreachable!("it is the paper's")
        };
        change(encoder);
        recipe.featurizer = recipe.model.featurizer();
    };
    // The readout and what it reads may be others.
    learner(&|recipe| {
        recipe.model = S2sNetConfig { lattice: None, ..small() }.into();
        recipe.featurizer = recipe.model.featurizer();
    })?;
    // The same tensors, and another meaning of them.
    let other = refusal(learner(&|recipe| encoder(recipe, &|encoder| encoder.scaling = ScoreScaling::AfterSoftmax)));
    assert!(other.contains("the pre-trained encoder is") && other.contains("AfterSoftmax"), "{other}");
    let other = refusal(learner(&|recipe| encoder(recipe, &|encoder| encoder.cutoff = 3.0)));
    assert!(other.starts_with("the checkpoint reads {"), "{other}");
    let other = refusal(learner(&|recipe| recipe.featurizer.pairs = NeighborRule::Within { cutoff: 2.5 }));
    assert!(other.contains("the network reads pairs of atoms as"), "{other}");
    let other = refusal(learner(&|recipe| {
        recipe.model = S2sNetConfig::periodic().into();
        recipe.featurizer = recipe.model.featurizer();
    }));
    assert!(other.starts_with("the checkpoint reads {"), "{other}");
    fs::remove_dir_all(folder).expect("a folder of this test");
    Ok(())
}

#[test]
fn a_network_with_another_vocabulary_is_pretrained_and_sealed() -> Result<(), TrainError> {
    let folder = scratch("vocabulary");
    let (recipe, trained) = pretrained(EveryElement(small()))?;
    let rows: Vec<i64> =
        trained.learner.parameters().all().iter().filter_map(|(_, t)| t.size().first().copied()).collect();
    let tokens = |vocabulary: &dyn Vocabulary| vocabulary.num_tokens() as i64;
    assert!(rows.contains(&tokens(&AllElements)) && !rows.contains(&tokens(&PaperVocabulary)), "{rows:?}");
    let sealed = folder.join("model");
    trained.seal_as::<_, EveryElement>(&sealed, &recipe, None, "# Pre-trained\n")?;
    let weights = PretrainedWeights::<EveryElement>::load_kind(&sealed)?;
    assert_eq!(weights.config().vocabulary, AllElements.name());
    fs::remove_dir_all(folder).expect("a folder of this test");
    Ok(())
}
