//! Recipes: what the paper says, frozen encoders, stability, atoms with and without a neighbor.

use std::{
    mem,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use s2s_data::Record;
use s2s_featurize::{
    AtomFeatures, AtomFeaturizer, BatchOrder, BatchSize, MaskPolicy, Masker, PaperVocabulary, Replacement, Token,
};
use s2s_model::{
    Architecture, AtomEncoder, AtomStates, DeviceBatch, EncoderConfig, Mode, ModelConfig, PaperEncoderConfig, Residual,
    S2sNetConfig, TaskKind,
};
use s2s_train::{
    AdamConfig, Batches, Decay, LabeledBatches, MaskedAtomBatches, Masks, NetworkRecipe, RunIdentity, Schedule,
    SingleProcess, TrainError, View, evaluate,
    objective::{MaskedAtomCounts, Outcome},
    recipe::{
        FinetuneRecipe, JointRecipe, Labeled, Prepared, PretrainRecipe, TargetConfig, Transfer, frequency_baseline,
    },
    resolve,
};
use tch::{Device, no_grad};

use crate::support::crystals_of;

/// The paper's network, small.
pub(crate) fn small() -> S2sNetConfig {
    S2sNetConfig::paper().with_width(16).with_layers(2)
}

pub(crate) fn prepared(model: &S2sNetConfig, count: usize) -> Result<(Prepared, Vec<bool>), TrainError> {
    // Threads that wait for each other cost more than these networks.
    tch::set_num_threads(1);
    let records: Vec<Record> = crystals_of(2..=8).take(count).collect();
    let labels = (0..records.len()).map(|k| k % 3 == 0).collect();
    Ok((Prepared::new(&records, &AtomFeaturizer::new(model.featurizer(), PaperVocabulary)?)?, labels))
}

/// All of them to learn from.
pub(crate) fn all<'a>(prepared: &'a Prepared, labels: &[bool]) -> Labeled<'a> {
    Labeled::some(&prepared.features, labels, &(0..labels.len()).collect::<Vec<_>>())
}

#[test]
fn the_paper_s_recipes_have_nothing_that_the_paper_lacks() {
    let (pretrain, finetune) = (PretrainRecipe::paper(small(), 3), FinetuneRecipe::paper(ModelConfig::from(small())));
    for fit in [&pretrain.fit, &finetune.fit] {
        let AdamConfig { weight_decay, decay, .. } = fit.optimizer;
        assert_eq!((weight_decay, decay), (0.0, Decay::Gradient));
        assert_eq!((fit.clip, fit.average, fit.schedule, fit.accumulate), (None, None, Schedule::Constant, 1));
        assert!(fit.groups.is_empty());
    }
    assert_eq!((pretrain.mask, pretrain.replacement), (MaskPolicy::paper(), Replacement::Mask));
    assert_eq!((finetune.smoothing, finetune.positive_weight, finetune.refit), (0.0, 1.0, false));
    assert_eq!(finetune.transfer, Transfer::Frozen);
    assert!(matches!(&finetune.model, ModelConfig::S2sNet(model) if model.head.dropout == 0.0));
    assert!(finetune.patience as u64 >= finetune.fit.epochs);
}

#[test]
fn features_and_learning_rates_follow_the_network_that_settings_describe() -> Result<(), TrainError> {
    const NETWORK: [&str; 4] = ["width=512", "layers=10", "norm=before", "cutoff=4.0"];
    let network = NETWORK.map(|setting| format!("model.encoder.{setting}"));
    let preset = |model| PretrainRecipe::paper(model, 1);
    let pretrain = PretrainRecipe::described(small(), preset, None, &network)?;
    let finetune = FinetuneRecipe::described(small().into(), FinetuneRecipe::<ModelConfig>::paper, None, &network)?;
    let targets = || vec![TargetConfig::number("band gap", "eV")];
    let joint = JointRecipe::described(small(), |model| JointRecipe::new(model, targets()), None, &network)?;
    assert_eq!(pretrain.featurizer, pretrain.model.featurizer());
    assert_eq!(finetune.featurizer, finetune.model.featurizer());
    assert_eq!(joint.featurizer, joint.model.featurizer());
    for fit in [&pretrain.fit, &finetune.fit, &joint.fit] {
        assert_eq!(fit.optimizer.learning_rate, 1.5 / (512.0 * 10.0), "of a wide and deep network with layer norms");
    }
    // Over one preset alone, both are those of the network that the settings replace.
    let over_one = resolve(&preset(small()), None, &network)?;
    assert!(over_one.model.reads(&over_one.featurizer).is_err(), "features are those of 2 Å");
    assert_eq!(over_one.fit.optimizer.learning_rate, small().learning_rate());

    // What is set stays, also where it is what the first preset has.
    let own = format!("fit.optimizer.rate={}", small().learning_rate());
    let settings = [&network[..], &[own]].concat();
    let set = PretrainRecipe::described(small(), preset, None, &settings)?;
    assert_eq!(set.fit.optimizer.learning_rate, small().learning_rate());
    Ok(())
}

/// Counts how often it is asked.
#[derive(Debug)]
struct Counted(Box<dyn AtomEncoder>, Arc<AtomicUsize>);

impl AtomEncoder for Counted {
    fn encode(&self, batch: &DeviceBatch, mode: Mode<'_>) -> AtomStates {
        self.1.fetch_add(1, Ordering::Relaxed);
        self.0.encode(batch, mode)
    }
}

#[test]
fn a_frozen_encoder_is_asked_once_and_gives_the_same_predictions() -> Result<(), TrainError> {
    let model = small();
    let (prepared, labels) = prepared(&model, 40)?;
    let recipe = FinetuneRecipe { transfer: Transfer::Frozen, ..FinetuneRecipe::new(ModelConfig::from(model)) };
    let (learner, _) = recipe.learner(None, RunIdentity::default(), Device::Cpu)?;
    let network = &learner.objective.network;
    let batches = || {
        let targets = labels.iter().map(|&label| f32::from(u8::from(label))).collect();
        LabeledBatches::new(&prepared.features, targets, BatchSize::Crystals(4), Device::Cpu)?
            .ordered(BatchOrder::Bucketed { pool: 16 }, 1)
    };
    let same = recipe.learner(None, RunIdentity::default(), Device::Cpu)?.0;
    let counted = Counted(same.objective.network.encoder, Arc::default());
    let (asked, remembered) = (batches()?, batches()?.encoded_by(&counted)?);
    let times = counted.1.load(Ordering::Relaxed);
    for epoch in 0..3 {
        let plan = asked.plan(epoch);
        for crystals in plan.batches(0..plan.len()) {
            let (one, other) = (asked.batch(epoch, crystals)?, remembered.batch(epoch, crystals)?);
            assert!(one.states.is_none());
            let states = network.encoder.encode(&one.crystals, Mode::Eval).packed(&one.crystals);
            let difference = (states - other.states.as_ref().expect("states")).abs().max().double_value(&[]);
            assert!(difference < 1e-5, "{difference}");
        }
    }
    assert_eq!(counted.1.load(Ordering::Relaxed), times, "nobody asks again");
    let [one, other] = [evaluate(&learner.objective, &asked)?, evaluate(&learner.objective, &remembered)?];
    assert!((one.loss - other.loss).abs() < 1e-4 * one.loss);
    Ok(())
}

#[test]
fn a_frozen_encoder_is_asked_as_often_for_three_epochs_as_for_one() -> Result<(), TrainError> {
    let model = small();
    let (prepared, labels) = prepared(&model, 24)?;
    let data = || all(&prepared, &labels);
    let asked = |transfer, epochs| -> Result<usize, TrainError> {
        let mut recipe = FinetuneRecipe { transfer, ..FinetuneRecipe::new(ModelConfig::from(model.clone())) };
        recipe.fit.epochs = epochs;
        let learner = || recipe.learner(None, RunIdentity::default(), Device::Cpu);
        let ((mut counted, transferred), (other, _)) = (learner()?, learner()?);
        let times = Arc::<AtomicUsize>::default();
        let encoder = mem::replace(&mut counted.objective.network.encoder, other.objective.network.encoder);
        counted.objective.network.encoder = Box::new(Counted(encoder, Arc::clone(&times)));
        recipe.run(counted, transferred, data(), data(), &mut [])?;
        Ok(times.load(Ordering::Relaxed))
    };
    assert!(asked(Transfer::Frozen, 1)? > 0);
    assert_eq!(asked(Transfer::Frozen, 3)?, asked(Transfer::Frozen, 1)?);
    assert_eq!(asked(Transfer::Initial, 3)?, 3 * asked(Transfer::Initial, 1)?);
    Ok(())
}

#[test]
fn freezing_without_pretraining_keeps_random_weights() -> Result<(), TrainError> {
    let model = small();
    let (prepared, labels) = prepared(&model, 24)?;
    let data = || all(&prepared, &labels);
    let changed = |transfer| -> Result<(bool, bool), TrainError> {
        let mut recipe = FinetuneRecipe { transfer, ..FinetuneRecipe::new(ModelConfig::from(model.clone())) };
        recipe.fit.epochs = 2;
        let tensors = |learner: &s2s_train::Learner<_>| -> Vec<(String, tch::Tensor)> {
            learner.parameters().all().into_iter().map(|(name, tensor)| (name, tensor.detach().copy())).collect()
        };
        let (learner, transferred) = recipe.learner(None, RunIdentity::default(), Device::Cpu)?;
        let before = tensors(&learner);
        let trained = recipe.run(learner, transferred, data(), data(), &mut [])?;
        let after = tensors(&trained.learner);
        let moved = |inside: bool| {
            let pairs = before.iter().zip(&after).filter(|((name, _), _)| name.starts_with("encoder.") == inside);
            pairs.into_iter().any(|((_, a), (_, b))| a != b)
        };
        Ok((moved(true), moved(false)))
    };
    assert_eq!(changed(Transfer::Frozen)?, (false, true));
    assert_eq!(changed(Transfer::Initial)?, (true, true));
    Ok(())
}

/// Whether a network of the paper at width 512 learns for a few steps at some multiple of its rate.
fn begins(layers: usize, model: S2sNetConfig, multiple: f64) -> Result<f64, TrainError> {
    let model = model.with_width(512).with_layers(layers);
    let (prepared, _) = prepared(&model, 32)?;
    let features: Vec<&AtomFeatures> = prepared.features.iter().collect();
    let mut recipe = PretrainRecipe::paper(model, 3);
    recipe.batch = BatchSize::Crystals(8);
    recipe.fit.optimizer.learning_rate *= multiple;
    let learner = recipe.learner(RunIdentity::default(), Device::Cpu)?;
    let pretrained = recipe.run(&SingleProcess, learner, &features, &features[..8], &mut [])?;
    let finite = pretrained.learner.parameters().all().iter().all(|(_, t)| t.isfinite().all().int64_value(&[]) == 1);
    assert!(finite && pretrained.diverged.is_none());
    Ok(pretrained.held_out_loss)
}

#[test]
fn five_ten_and_fifteen_layers_of_width_512_learn_without_a_nan() -> Result<(), TrainError> {
    for layers in [5, 10, 15] {
        let loss = begins(layers, S2sNetConfig::paper(), 1.0)?;
        assert!(loss < 95_f64.ln(), "{loss} with {layers} layers");
    }
    let residual = PaperEncoderConfig { residual: Residual::Added, ..PaperEncoderConfig::residual() };
    let model = S2sNetConfig { encoder: EncoderConfig::Paper(residual), ..S2sNetConfig::paper() };
    assert!(begins(10, model, 1.0)? < 95_f64.ln());
    // The same test, on what is wrong: far above its rate such a network is lost.
    assert!(begins(15, S2sNetConfig::paper(), 1e6).is_err());
    Ok(())
}

/// Three atoms: the first sees the second, the second only an image of itself, the third nobody.
fn one_sided() -> AtomFeatures {
    AtomFeatures {
        tokens: vec![Token(3), Token(8), Token(26)],
        centroid_distances: vec![0.5, 1.0, 1.5],
        neighbor_offsets: vec![0, 1, 2, 2],
        neighbor_sites: vec![1, 1],
        neighbor_distances: vec![1.5, 1.9],
        lattice: vec![3.0, 4.0, 5.0],
        ..AtomFeatures::default()
    }
}

#[test]
fn masked_atoms_with_and_without_a_neighbor_are_counted_apart() -> Result<(), TrainError> {
    let features = [one_sided()];
    let masker = Masker::new(MaskPolicy::new(0.9, 2)?, Replacement::Mask, &PaperVocabulary, 1);
    let batches = |view| -> Result<MaskedAtomBatches<'_>, TrainError> {
        let size = BatchSize::Crystals(1);
        Ok(MaskedAtomBatches::new(&features, masker, Masks::Fresh, size, Device::Cpu)?.seen_by(view))
    };
    let (pairs, cell) = (batches(View::Pairs)?, batches(View::Cell)?);
    let mut seen = [false; 3];
    for epoch in 0..20 {
        let batch = pairs.batch(epoch, &[0])?;
        let slots = Vec::<i64>::try_from(&batch.masked.slots)?;
        let found = Vec::<bool>::try_from(&batch.masked.neighbored)?;
        assert_eq!(found, slots.iter().map(|&slot| slot == 0).collect::<Vec<_>>());
        slots.iter().for_each(|&slot| seen[slot as usize] = true);
        assert!(
            Vec::<bool>::try_from(&cell.batch(epoch, &[0])?.masked.neighbored)?
                .into_iter()
                .all(|neighbored| neighbored)
        );
    }
    assert_eq!(seen, [true; 3]);

    let recipe = PretrainRecipe::paper(small(), 1);
    let learner = recipe.learner(RunIdentity::default(), Device::Cpu)?;
    let outcome: MaskedAtomCounts = no_grad(|| evaluate(&learner.objective, &pairs))?.outcome;
    let baseline = frequency_baseline(&[&features[0]], &pairs)?;
    for guessed in [outcome, baseline] {
        assert_eq!((guessed.atoms, guessed.neighbored <= 1), (2, true));
        let metrics = guessed.metrics();
        let alone = guessed.atoms - guessed.neighbored;
        let expected = (guessed.right - guessed.neighbored_right) as f64 / alone as f64;
        assert_eq!(metrics.get("accuracy_without_neighbors"), Some(&expected));
        assert_eq!(metrics.contains_key("accuracy_with_neighbors"), guessed.neighbored > 0);
    }
    assert_eq!((outcome.atoms, outcome.neighbored), (baseline.atoms, baseline.neighbored));
    Ok(())
}

#[test]
fn a_file_brings_the_features_of_its_network() -> Result<(), Box<dyn std::error::Error>> {
    let results = Path::new(env!("CARGO_MANIFEST_DIR")).join("results");
    let files = [
        ("benchmark/released-128.toml", false),
        ("paper-regularized/config.toml", false),
        ("paper-regularized-2-layers-frozen/config.toml", false),
        ("periodic-scratch/config.toml", true),
        ("periodic-pretrained/config.toml", true),
    ];
    for (file, suits_preset) in files {
        let text = std::fs::read_to_string(results.join(file))?;
        let suits = |recipe: &FinetuneRecipe| recipe.model.reads(&recipe.featurizer, TaskKind::Classification).is_ok();
        let first = || ModelConfig::from(S2sNetConfig::periodic());
        let described = FinetuneRecipe::described(first(), FinetuneRecipe::new, Some(&text), &[])?;
        assert!(suits(&described), "{file}");
        // Over the preset alone, features that the file leaves out are those of another network.
        assert_eq!(suits(&resolve(&FinetuneRecipe::new(first()), Some(&text), &[])?), suits_preset, "{file}");
    }
    Ok(())
}

#[test]
fn held_out_atoms_are_masked_whatever_replaces_those_learned_from() -> Result<(), TrainError> {
    let model = small();
    let (prepared, _) = prepared(&model, 60)?;
    let features: Vec<&AtomFeatures> = prepared.features.iter().collect();
    let recipe = PretrainRecipe { replacement: Replacement::Bert, ..PretrainRecipe::paper(model, 1) };
    let learner = recipe.learner(RunIdentity::default(), Device::Cpu)?;
    let trained = recipe.run(&SingleProcess, learner, &features, &features, &mut [])?;
    let loss = |replacement| -> Result<f64, TrainError> {
        let masker = Masker::new(recipe.mask, replacement, &PaperVocabulary, recipe.fit.seed + 1);
        let batches = MaskedAtomBatches::new(features.clone(), masker, Masks::Fixed, recipe.batch, Device::Cpu)?;
        let found = no_grad(|| evaluate(&trained.learner.objective, &batches))?;
        Ok(found.loss / found.items as f64)
    };
    assert_eq!(trained.held_out_loss, loss(Replacement::Mask)?);
    assert_ne!(trained.held_out_loss, loss(Replacement::Bert)?);
    Ok(())
}
