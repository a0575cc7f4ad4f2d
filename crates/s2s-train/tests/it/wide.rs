//! Networks that read descriptors beside the atoms, and heads of several members.

use std::sync::Arc;

use s2s_data::{
    Record,
    table::{SuperCon, SuperConColumns},
};
use s2s_eval::benchmark::{BenchmarkModel, Example, Supplement};
use s2s_featurize::{AtomFeatures, AtomFeaturizer, BatchSize, PaperVocabulary, Scaling, ScalingTable};
use s2s_model::{
    EncoderConfig, GlobalsConfig, MlpConfig, Mode, ModelConfig, Noise, PeriodicEncoderConfig, ReadoutConfig,
    S2sNetConfig,
};
use s2s_train::{
    Batches, BenchmarkNetwork, LabeledBatches, Objective, RunIdentity, TrainError,
    objective::Scores,
    recipe::{FinetuneRecipe, Labeled, Prepared},
};
use tch::{Device, Kind, Reduction, Tensor};

use crate::support::{benchmark_network, crystals_of};

/// The network, small: three members that read three numbers beside one layer of width 8.
pub(crate) fn small() -> S2sNetConfig {
    let wide = S2sNetConfig::wide();
    let encoder =
        PeriodicEncoderConfig { width: 8, layers: 1, feed_forward: 8, heads: 2, ..PeriodicEncoderConfig::standard() };
    S2sNetConfig {
        encoder: EncoderConfig::Periodic(encoder),
        readout: ReadoutConfig::Mean,
        head: MlpConfig { hidden: vec![16], dropout: 0.0, ..wide.head },
        globals: Some(GlobalsConfig {
            descriptors: "element-count".parse().expect("a descriptor"),
            scaling: Scaling::Quantile { knots: 8 },
        }),
        members: Some(3),
        ..wide
    }
}

/// Crystals of few atoms, each with one number beside it that says its label.
fn told(model: &S2sNetConfig, count: usize) -> Result<(Vec<AtomFeatures>, Vec<bool>), TrainError> {
    // Threads that wait for each other cost more than these networks.
    tch::set_num_threads(1);
    let mut features =
        Prepared::new(&records(count), &AtomFeaturizer::new(model.featurizer(), PaperVocabulary)?)?.features;
    let labels: Vec<bool> = (0..features.len()).map(|k| k % 3 == 0).collect();
    for (k, (features, label)) in features.iter_mut().zip(&labels).enumerate() {
        let noise = (k as f32 * 0.7).sin();
        features.globals = vec![Some(if *label { 300.0 + noise } else { 100.0 + noise })];
    }
    Ok((features, labels))
}

fn records(count: usize) -> Vec<Record> {
    crystals_of(1..=4).take(count).collect()
}

fn recipe(epochs: u64) -> FinetuneRecipe {
    let mut recipe =
        FinetuneRecipe { batch: BatchSize::Crystals(8), pool: 8, ..FinetuneRecipe::new(ModelConfig::from(small())) };
    recipe.fit.epochs = epochs;
    recipe.fit.optimizer.learning_rate = 0.002;
    recipe
}

#[test]
fn the_scale_is_that_of_the_training_crystals_alone_and_what_it_shows_is_learned() -> Result<(), TrainError> {
    let recipe = recipe(15);
    let (features, labels) = told(&small(), 36)?;
    let mut others = features.clone();
    // Numbers that would move every knot, if they were looked at.
    others.iter_mut().for_each(|features| features.globals[0] = features.globals[0].map(|x| 50.0 * x));
    let all: Vec<usize> = (0..features.len()).collect();
    let (learner, _) = recipe.learner(None, RunIdentity::default(), Device::Cpu)?;
    let (train, validation) = (Labeled::some(&features, &labels, &all), Labeled::some(&others, &labels, &all));
    let trained = recipe.run(learner, 0, train.clone(), validation, &mut [])?;

    let rows: Vec<_> = features.iter().map(|features| features.globals.as_slice()).collect();
    let expected = ScalingTable::fit(Scaling::Quantile { knots: 8 }, &rows);
    let tensors = trained.learner.parameters().all();
    let found = tensors.iter().find(|(name, _)| name == "readout.globals.positions").expect("a buffer of the network");
    assert_eq!(Vec::<f32>::try_from(found.1.reshape([-1])).expect("numbers"), expected.positions());

    let Scores { labels, logits } = trained.scores(train, recipe.batch)?;
    let right = labels.iter().zip(&logits).filter(|(label, logit)| **label == (**logit > 0.0)).count();
    assert_eq!(right, labels.len(), "the number beside the atoms says it: {logits:?}");
    Ok(())
}

#[test]
fn each_member_has_a_loss_of_its_own_while_it_learns_and_the_mean_probability_is_judged() -> Result<(), TrainError> {
    let recipe = recipe(1);
    let (features, labels) = told(&small(), 8)?;
    let (learner, _) = recipe.learner(None, RunIdentity::default(), Device::Cpu)?;
    let targets: Vec<f32> = labels.iter().map(|&label| f32::from(u8::from(label))).collect();
    let batches = LabeledBatches::new(&features, targets.clone(), BatchSize::Crystals(8), Device::Cpu)?;
    let batch = batches.batch(0, batches.plan(0).batch(0))?;
    let objective = &learner.objective;
    let states = objective.network.states(&batch.crystals, Mode::Eval);
    let (members, together) = objective.network.head.predict_members(&states, Mode::Eval).expect("three members");
    assert_eq!(members.size(), [8, 3]);
    let probability = members.sigmoid().mean_dim([1].as_slice(), false, Kind::Float);
    let difference = (together.probabilities() - probability).abs().max().double_value(&[]);
    assert!(difference < 1e-6, "{difference}");

    let loss = |logits: &Tensor, targets: &Tensor| {
        logits.binary_cross_entropy_with_logits::<Tensor>(targets, None, None, Reduction::Mean).double_value(&[])
    };
    let of_members: f64 = (0..3).map(|m| loss(&members.select(1, m), &batch.targets)).sum::<f64>() / 3.0;
    let noise = Noise::new(1, 0, 0);
    // Without dropout in the head, that of the encoder is what is left, which is not drawn here.
    let mut quiet = recipe.clone();
    let ModelConfig::S2sNet(S2sNetConfig { encoder: EncoderConfig::Periodic(encoder), .. }) = &mut quiet.model else {
        unreachable!("it is periodic")
    };
    encoder.dropout = 0.0;
    let (quiet, _) = quiet.learner(None, RunIdentity::default(), Device::Cpu)?;
    let learned = quiet.objective.step(&batch, Mode::Train(&noise))?.loss.double_value(&[]);
    let judged = quiet.objective.step(&batch, Mode::Eval)?.loss.double_value(&[]);
    assert!((learned - of_members).abs() < 1e-5, "{learned} and {of_members}");
    assert!((judged - loss(&together.0, &batch.targets)).abs() < 1e-5);
    assert!(learned > judged + 1e-6, "the mean of members that differ is better than their mean loss");
    Ok(())
}

/// A model of the benchmark, by a recipe of two epochs.
fn model(networks: usize, validation_share: f64) -> BenchmarkNetwork {
    tch::set_num_threads(1);
    benchmark_network(recipe(2), validation_share, networks)
}

#[test]
fn networks_of_a_fold_are_averaged() -> Result<(), TrainError> {
    let records = records(30);
    let examples: Vec<Example<'_>> =
        records[..20].iter().enumerate().map(|(k, record)| Example { record, superconducts: k % 3 == 0 }).collect();
    let test: Vec<&Record> = records[20..].iter().collect();
    let scores = |networks, seed| model(networks, 0.3).fit_score(&examples, &test, seed).expect("it trains");
    let (first, second, both) = (scores(1, 1), scores(1, 1_000_001), scores(2, 1));
    assert!(first.iter().zip(&second).any(|(a, b)| (a - b).abs() > 1e-6), "two networks");
    for ((a, b), mean) in first.iter().zip(&second).zip(&both) {
        assert!(((a + b) / 2.0 - mean).abs() < 1e-12);
    }
    Ok(())
}

#[test]
fn without_a_validation_part_a_network_learns_from_every_crystal_through_every_epoch() -> Result<(), TrainError> {
    let records = records(30);
    let labels: Vec<bool> = (0..30).map(|k| k % 3 == 0).collect();
    let examples: Vec<Example<'_>> =
        records[..20].iter().zip(&labels).map(|(record, &superconducts)| Example { record, superconducts }).collect();
    let test: Vec<&Record> = records[20..].iter().collect();
    let found = model(1, 0.0).fit_score(&examples, &test, 5)?;

    let mut recipe = recipe(2);
    recipe.fit.seed = 5;
    let features = Prepared::new(&records, &recipe.build_featurizer()?)?.features;
    let some = |items: std::ops::Range<usize>| Labeled::some(&features, &labels, &items.collect::<Vec<_>>());
    let (learner, transferred) = recipe.learner(None, RunIdentity::default(), Device::Cpu)?;
    let trained = recipe.run_through(learner, transferred, some(0..20), &mut [])?;
    let expected = trained.scores(some(20..30), recipe.batch)?.logits;
    assert_eq!(found.len(), expected.len());
    assert!(found.iter().zip(expected).all(|(p, z)| (p - 1.0 / (1.0 + (-z).exp())).abs() < 1e-12));
    Ok(())
}

#[test]
fn examples_count_by_their_weights_in_the_loss_of_every_member() -> Result<(), TrainError> {
    let recipe = recipe(1);
    let (features, labels) = told(&small(), 6)?;
    let (learner, _) = recipe.learner(None, RunIdentity::default(), Device::Cpu)?;
    let targets: Vec<f32> = labels.iter().map(|&label| f32::from(u8::from(label))).collect();
    let loss = |items: &[usize], weights: Option<Vec<f32>>, mode: Mode<'_>| -> Result<f64, TrainError> {
        let (features, targets): (Vec<&AtomFeatures>, Vec<f32>) =
            items.iter().map(|&i| (&features[i], targets[i])).unzip();
        let mut batches = LabeledBatches::new(features, targets, BatchSize::Crystals(8), Device::Cpu)?;
        if let Some(weights) = weights {
            batches = batches.weighted(weights)?;
        }
        let batch = batches.batch(0, batches.plan(0).batch(0))?;
        Ok(learner.objective.step(&batch, mode)?.loss.double_value(&[]))
    };
    let plain = loss(&[0, 1, 2, 3], None, Mode::Eval)?;
    assert!((loss(&[0, 1, 2, 3], Some(vec![1.0; 4]), Mode::Eval)? - plain).abs() < 1e-6);
    // Twice the first, half the second and nothing of the others, over four crystals.
    let [first, second] = [0, 1].map(|item| loss(&[item], None, Mode::Eval));
    let expected = (2.0 * first? + 0.5 * second?) / 4.0;
    let found = loss(&[0, 1, 2, 3], Some(vec![2.0, 0.5, 0.0, 0.0]), Mode::Eval)?;
    assert!((found - expected).abs() < 1e-6, "{found} and {expected}");
    // The same dropout for both.
    let learned = |weight| loss(&[0, 1, 2], Some(vec![weight; 3]), Mode::Train(&Noise::new(1, 0, 0)));
    let (once, thrice) = (learned(1.0)?, learned(3.0)?);
    assert!((3.0 * once - thrice).abs() < 1e-5, "{once} and {thrice}");
    let refused =
        |weights: Vec<f32>| loss(&[0, 1], Some(weights), Mode::Eval).expect_err("no such weights").to_string();
    for weights in [vec![1.0], vec![1.0, -1.0], vec![f32::NAN, 1.0]] {
        assert!(refused(weights).contains("2 weights that are not negative are needed"));
    }
    Ok(())
}

#[test]
fn compositions_are_learned_from_unless_they_share_a_system_with_the_test_side()
-> Result<(), Box<dyn std::error::Error>> {
    let records = records(30);
    let labels: Vec<bool> = (0..30).map(|k| k % 3 == 0).collect();
    let examples: Vec<Example<'_>> =
        records[..20].iter().zip(&labels).map(|(record, &superconducts)| Example { record, superconducts }).collect();
    let test: Vec<&Record> = records[20..].iter().collect();
    let table = |extra: &str| -> Result<Arc<Supplement>, Box<dyn std::error::Error>> {
        let text = format!("name,Tc\nYBa2Cu3O6.9,92\nLa1.9Sr0.1CuO4,30\nPt0.7Pd0.3,0\nAm,0.8\n{extra}");
        let table = SuperCon::read(text.as_bytes(), &SuperConColumns::stanev())?;
        Ok(Arc::new(Supplement::of_supercon(&table, 0.5)))
    };
    let scores = |supplement| BenchmarkNetwork { supplement, ..model(1, 0.0) }.fit_score(&examples, &test, 5);
    let found = scores(Some(table("")?))?;
    // Of the chemical system of a test crystal, and of an element that the vocabulary does not know.
    let asked = test[0].crystal.composition();
    assert_eq!(scores(Some(table(&format!("{asked},9\nEs2O3,0\n"))?))?, found);
    assert!(scores(None)?.iter().zip(&found).any(|(a, b)| (a - b).abs() > 1e-4), "they change what is learned");

    let mut recipe = recipe(2);
    recipe.fit.seed = 5;
    let features = Prepared::new(&records, &recipe.build_featurizer()?)?.features;
    let featurizer = AtomFeaturizer::new(small().featurizer(), PaperVocabulary)?;
    let supplement = table("")?;
    let known = supplement.apart_from(&test);
    let of_compositions: Vec<(AtomFeatures, bool)> = known
        .iter()
        .filter_map(|(composition, label)| Some((featurizer.featurize_composition(composition).ok()?, *label)))
        .collect();
    let (more, more_labels): (Vec<AtomFeatures>, Vec<bool>) = of_compositions.into_iter().unzip();
    let some = |items: std::ops::Range<usize>| Labeled::some(&features, &labels, &items.collect::<Vec<_>>());
    let (learner, transferred) = recipe.learner(None, RunIdentity::default(), Device::Cpu)?;
    let trained = recipe.run_through(learner, transferred, some(0..20).and(&more, &more_labels, 0.5), &mut [])?;
    let expected = trained.scores(some(20..30), recipe.batch)?.logits;
    assert!(more.len() >= 3 && found.len() == expected.len());
    assert!(found.iter().zip(expected).all(|(p, z)| (p - 1.0 / (1.0 + (-z).exp())).abs() < 1e-12));
    Ok(())
}
