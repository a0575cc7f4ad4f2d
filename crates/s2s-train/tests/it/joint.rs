//! Several targets at once: each is learned as it is alone, from the crystals that have it.

use s2s_crystal::Crystal;
use s2s_data::{
    Record, reference,
    target::{Target, Targets},
};
use s2s_eval::benchmark::{BenchmarkModel, Example};
use s2s_featurize::{AtomFeatures, BatchSize};
use s2s_model::{Calibration, Mode, ModelConfig, S2sNetConfig};
use s2s_train::{
    Batches, JointBatches, JointBenchmarkNetwork, Objective, RunIdentity, Schedule, Settings, TrainError, Watch,
    objective::{JointOutcome, Outcome, TargetOutcome},
    recipe::{
        FinetuneRecipe, JointData, JointRecipe, Labeled, MaskedElements, Prepared, PretrainedWeights, RegressionRecipe,
        SealedWith, TargetConfig, TrainedJointly,
    },
};
use tch::Device;

use crate::{support::scratch, wide::small};

const LABEL: &str = "has a metal of the first row";
const NUMBER: &str = "mean atomic number";

struct Known {
    crystals: Vec<Crystal>,
    features: Vec<AtomFeatures>,
    labels: Vec<bool>,
    numbers: Vec<f32>,
}

/// Crystals of few atoms with a label and a number that their compositions say.
fn known(model: &S2sNetConfig) -> Result<Known, TrainError> {
    tch::set_num_threads(1);
    let few = |record: &Record| (1..=6).contains(&record.crystal.num_sites());
    let records: Vec<Record> = reference::crystals().iter().map(|c| c.to_record()).filter(few).take(60).collect();
    let recipe = FinetuneRecipe::new(ModelConfig::from(model.clone()));
    let prepared = Prepared::new(&records, &recipe.build_featurizer()?)?;
    let crystals: Vec<Crystal> = prepared.kept.iter().map(|&k| records[k].crystal.clone()).collect();
    let mean = |crystal: &Crystal| -> f64 {
        crystal.composition().fractions().map(|(e, share)| share * f64::from(e.atomic_number())).sum()
    };
    let has_metal = |crystal: &Crystal| {
        crystal.composition().fractions().any(|(element, _)| (21..=30).contains(&element.atomic_number()))
    };
    Ok(Known {
        labels: crystals.iter().map(has_metal).collect(),
        numbers: crystals.iter().map(|crystal| mean(crystal) as f32).collect(),
        features: prepared.features,
        crystals,
    })
}

impl Known {
    /// One row per crystal of those targets that `has` gives it.
    fn rows(&self, has: impl Fn(usize) -> [bool; 2]) -> Vec<Vec<Option<Target<f64>>>> {
        let labels = Targets::new(self.labels.iter().enumerate().map(|(k, label)| has(k)[0].then_some(*label)));
        let numbers = self.numbers.iter().enumerate().map(|(k, number)| has(k)[1].then_some(f64::from(*number)));
        let data = JointData::new(&self.features).with_labels(&labels).expect("one item per crystal");
        data.with_numbers(&Targets::new(numbers)).expect("one item per crystal").rows
    }

    fn data(&self, rows: Vec<Vec<Option<Target<f64>>>>) -> JointData<'_> {
        JointData { features: self.features.iter().collect(), rows }
    }
}

fn both() -> Vec<TargetConfig> {
    vec![TargetConfig::label(LABEL), TargetConfig::number(NUMBER, "1")]
}

fn recipe(model: S2sNetConfig, targets: Vec<TargetConfig>, epochs: u64) -> JointRecipe {
    let mut recipe =
        JointRecipe { batch: BatchSize::Crystals(8), pool: 8, ..JointRecipe::new(ModelConfig::from(model), targets) };
    recipe.fit.epochs = epochs;
    recipe
}

fn trained(recipe: &JointRecipe, data: &JointData<'_>) -> Result<TrainedJointly, TrainError> {
    let learner = recipe.learner(data, None, RunIdentity::default(), Device::Cpu)?;
    recipe.run(learner, data, data, &mut [])
}

/// The tensors of a training and of another, whose head is named without its target.
fn largest_difference(joint: &TrainedJointly, alone: &[(String, tch::Tensor)], target: &str) -> f64 {
    let all = joint.learner.parameters().all();
    let scope = format!("targets.{target}.");
    assert_eq!(all.len(), alone.len());
    let difference = |(name, tensor): &(String, tch::Tensor)| {
        let own = name.strip_prefix(&scope).unwrap_or(name);
        let other = alone.iter().find(|(other, _)| other == own).expect("both have the same tensors");
        (tensor - &other.1).abs().max().double_value(&[])
    };
    all.iter().map(difference).fold(0.0, f64::max)
}

#[test]
fn a_label_alone_is_learned_as_fine_tuning_learns_it() -> Result<(), TrainError> {
    let known = known(&small())?;
    let joint = recipe(small(), both()[..1].to_vec(), 3);
    let rows = known.rows(|_| [true, true]).into_iter().map(|row| row[..1].to_vec()).collect();
    let jointly = trained(&joint, &known.data(rows))?;

    let mut alone = FinetuneRecipe { batch: joint.batch, pool: joint.pool, ..FinetuneRecipe::new(joint.model.clone()) };
    (alone.fit.epochs, alone.fit.watch) = (3, Watch::loss());
    let all: Vec<usize> = (0..known.features.len()).collect();
    let labeled = || Labeled::some(&known.features, &known.labels, &all);
    let (learner, _) = alone.learner(None, RunIdentity::default(), Device::Cpu)?;
    let finetuned = alone.run(learner, 0, labeled(), labeled(), &mut [])?;

    let difference = largest_difference(&jointly, &finetuned.learner.parameters().all(), LABEL);
    assert!(difference < 1e-5, "{difference}");
    Ok(())
}

#[test]
fn a_number_alone_is_learned_as_a_regression_learns_it() -> Result<(), TrainError> {
    let known = known(&small())?;
    let joint = recipe(small(), both()[1..].to_vec(), 3);
    let rows = known.rows(|_| [true, true]).into_iter().map(|row| row[1..].to_vec()).collect();
    let jointly = trained(&joint, &known.data(rows))?;

    let mut alone = RegressionRecipe::new(joint.model.clone(), [NUMBER, "1"], 3, 1);
    (alone.batch, alone.pool, alone.fit) = (joint.batch, joint.pool, joint.fit.clone());
    alone.fit.groups[0].prefix = "head.".to_owned();
    alone.loss = s2s_train::objective::RegressionLoss::Huber(1.0);
    let numbers = || (known.features.iter().collect::<Vec<_>>(), known.numbers.clone());
    let learner = alone.learner(&known.numbers, RunIdentity::default(), Device::Cpu)?;
    let regression = alone.run(learner, numbers(), numbers(), &mut [])?;

    let difference = largest_difference(&jointly, &regression.learner.parameters().all(), NUMBER);
    assert!(difference < 1e-5, "{difference}");
    Ok(())
}

/// Loss of all crystals in one batch, times their number.
fn total_loss(
    recipe: &JointRecipe,
    features: Vec<&AtomFeatures>,
    rows: &[Vec<Option<Target<f64>>>],
    fitted_on: &JointData<'_>,
) -> Result<f64, TrainError> {
    let learner = recipe.learner(fitted_on, None, RunIdentity::default(), Device::Cpu)?;
    let count = features.len();
    let batches = JointBatches::new(features, rows, recipe.targets.len(), BatchSize::Crystals(count), Device::Cpu)?;
    let crystals: Vec<u32> = (0..count as u32).collect();
    let step = learner.objective.step(&batches.batch(0, &crystals)?, Mode::Eval)?;
    Ok(step.loss.double_value(&[]) * count as f64)
}

#[test]
fn a_crystal_counts_in_the_targets_that_it_has_and_as_much_as_its_weight() -> Result<(), TrainError> {
    let known = known(&small())?;
    let recipe = recipe(small(), both(), 1);
    let all = known.data(known.rows(|_| [true, true]));
    let loss = |items: &[usize], rows: &[Vec<Option<Target<f64>>>]| {
        total_loss(&recipe, items.iter().map(|&k| &known.features[k]).collect(), rows, &all)
    };
    let one = |k: usize, has: [bool; 2]| known.rows(|_| has)[k].clone();
    let items: Vec<usize> = (0..12).collect();
    let whole = loss(&items, &all.rows[..12])?;
    // Target by target, crystal by crystal.
    let mut parts = 0.0;
    for &k in &items {
        parts += loss(&[k], &[one(k, [true, false])])? + loss(&[k], &[one(k, [false, true])])?;
        assert_eq!(loss(&[k], &[one(k, [false, false])])?, 0.0);
    }
    assert!((whole - parts).abs() < 1e-4 * whole, "{whole} and {parts}");
    // Twice the weight is the crystal twice.
    let weighted = |k: usize| {
        let doubled = |value: Target<f64>| Target { weight: 2.0, ..value };
        one(k, [true, true]).into_iter().map(|value| value.map(doubled)).collect::<Vec<_>>()
    };
    let twice = loss(&[0, 0, 1], &[one(0, [true, true]), one(0, [true, true]), one(1, [true, true])])?;
    let heavy = loss(&[0, 1], &[weighted(0), one(1, [true, true])])?;
    assert!((twice - heavy).abs() < 1e-4 * twice, "{twice} and {heavy}");
    Ok(())
}

#[test]
fn two_targets_of_different_crystals_are_learned_and_sealed_one_by_one() -> Result<(), TrainError> {
    let known = known(&small())?;
    let mut recipe = recipe(small(), both(), 40);
    recipe.fit.optimizer.learning_rate = 4e-3;
    // No crystal of the first half has the number, none of the second has the label, but a few.
    let half = known.features.len() / 2;
    let data = known.data(known.rows(|k| [k < half || k % 7 == 0, k >= half || k % 7 == 0]));
    let trained = trained(&recipe, &data)?;
    let everything = known.data(known.rows(|_| [true, true]));
    let JointOutcome(outcome) = recipe.outcome(&trained, &data)?;
    let (Some(TargetOutcome::Label(label)), Some(TargetOutcome::Number(number))) =
        (outcome.get(LABEL), outcome.get(NUMBER))
    else {
        panic!("{outcome:?}")
    };
    let has = |column: usize| data.rows.iter().filter(|row| row[column].is_some()).count();
    assert_eq!((label.labels.len(), number.targets.len()), (has(0), has(1)));
    let metrics = JointOutcome(outcome.clone()).metrics();
    let (roc_auc, r2) = (metrics[&format!("{LABEL}.roc_auc")], metrics[&format!("{NUMBER}.r2")]);
    assert!(roc_auc > 0.95 && r2 > 0.8, "{metrics:?}");

    // Each sealed network answers as the joint one does.
    let folder = scratch("joint");
    let outcome = recipe.outcome(&trained, &everything)?;
    let features: Vec<&AtomFeatures> = known.features.iter().collect();
    for target in [LABEL, NUMBER] {
        let about = SealedWith { dataset_sha256: None, outcome: &outcome, card: "# Joint\n" };
        let path = folder.join(target);
        recipe.seal_target(&trained, target, Calibration::IDENTITY, &path, about)?;
        let expected = recipe.predictions(&trained, target, &features)?;
        let answers = s2s_model::Predictor::load(&path)?.predict(&known.crystals);
        assert_eq!(answers.len(), expected.len());
        for (answer, expected) in answers.into_iter().zip(expected) {
            let found = answer.expect("the network reads these crystals").value;
            assert!((expected - found).abs() < 1e-4 * expected.abs().max(1.0), "{target}: {expected} and {found}");
        }
    }
    let unknown = recipe.seal_target(
        &trained,
        "Tc",
        Calibration::IDENTITY,
        &folder.join("Tc"),
        SealedWith { dataset_sha256: None, outcome: &outcome, card: "" },
    );
    assert!(unknown.is_err_and(|error| error.to_string().contains("there is no target `Tc`")));
    std::fs::remove_dir_all(folder).expect("a folder of this test");
    Ok(())
}

#[test]
fn masked_atoms_are_learned_beside_a_number_and_the_encoder_moves_on() -> Result<(), TrainError> {
    let model = S2sNetConfig { globals: None, members: None, ..small() };
    let known = known(&model)?;
    let mut recipe = recipe(model, both()[1..].to_vec(), 20);
    recipe.elements = Some(MaskedElements::paper());
    (recipe.fit.optimizer.learning_rate, recipe.fit.schedule) = (1e-2, Schedule::Constant);
    let rows = known.rows(|k| [false, k % 2 == 0]).into_iter().map(|row| row[1..].to_vec()).collect();
    let data = known.data(rows);
    let before = recipe.learner(&data, None, RunIdentity::default(), Device::Cpu)?;
    let before = TrainedJointly { learner: before, best_epoch: None, diverged: None };
    let trained = trained(&recipe, &data)?;
    let accuracy = |of: &TrainedJointly| -> Result<f64, TrainError> {
        Ok(recipe.masked_outcome(of, &data)?.metrics()["elements.accuracy"])
    };
    let (first, last) = (accuracy(&before)?, accuracy(&trained)?);
    assert!(last > first + 0.2, "{first} before and {last} after");
    assert!(recipe.masked_outcome(&trained, &data)?.metrics()[&format!("{NUMBER}.r2")] > 0.5);

    let folder = scratch("joint-elements");
    let outcome = recipe.masked_outcome(&trained, &data)?;
    recipe.seal_elements(
        &trained,
        &folder.join("model"),
        SealedWith { dataset_sha256: None, outcome: &outcome, card: "# Joint\n" },
    )?;
    let weights = PretrainedWeights::load(&folder)?;
    // A network that reads descriptors starts from the encoder.
    let finetune = FinetuneRecipe::new(ModelConfig::from(small()));
    let (learner, moved) = finetune.learner(Some(&weights), RunIdentity::default(), Device::Cpu)?;
    let encoder = |all: Vec<(String, tch::Tensor)>| -> Vec<(String, tch::Tensor)> {
        all.into_iter().filter(|(name, _)| name.starts_with("encoder.")).collect()
    };
    let (own, theirs) = (encoder(learner.parameters().all()), encoder(trained.learner.parameters().all()));
    assert_eq!(moved, theirs.len());
    assert!(own.iter().zip(&theirs).all(|((a, x), (b, y))| a == b && x == y));
    // And so does another joint training.
    let told = self::known(&small())?;
    let data = told.data(told.rows(|_| [true, true]));
    let learner = recipe_of(both()).learner(&data, Some(&weights), RunIdentity::default(), Device::Cpu)?;
    assert!(encoder(learner.parameters().all()).iter().zip(&theirs).all(|((_, x), (_, y))| x == y));
    std::fs::remove_dir_all(folder).expect("a folder of this test");
    Ok(())
}

fn recipe_of(targets: Vec<TargetConfig>) -> JointRecipe {
    recipe(small(), targets, 1)
}

#[test]
fn targets_that_cannot_be_learned_are_refused_by_name() -> Result<(), TrainError> {
    let refused = |targets: Vec<TargetConfig>| recipe_of(targets).check().expect_err("it must be refused").to_string();
    assert!(refused(Vec::new()).contains("a joint training needs a target"));
    for name in ["", "a.b", "elements"] {
        let message = refused(vec![TargetConfig::label("listed"), TargetConfig::label(name)]);
        assert!(message.contains(&format!("`{name}` cannot be the name of the target number 2")), "{message}");
    }
    let message = refused(vec![TargetConfig::label("listed"), TargetConfig::number("listed", "K")]);
    assert!(message.contains("`listed` cannot be the name of the target number 2"), "{message}");
    let message = refused(vec![TargetConfig { weight: f64::NAN, ..TargetConfig::label("listed") }]);
    assert!(message.contains("the weight of the target `listed` is NaN"), "{message}");
    let mut watching = recipe_of(both());
    watching.fit.watch = Watch::largest("roc_auc");
    let message = watching.check().expect_err("of which target?").to_string();
    assert!(message.contains(&format!("{LABEL}.roc_auc, ")), "{message}");
    watching.fit.watch = Watch::largest(&format!("{LABEL}.roc_auc"));
    watching.check()?;

    let known = known(&small())?;
    let learner = |rows: Vec<Vec<Option<Target<f64>>>>| {
        let learner = recipe_of(both()).learner(&known.data(rows), None, RunIdentity::default(), Device::Cpu);
        learner.map(drop).expect_err("it must be refused").to_string()
    };
    let no_labels = learner(known.rows(|_| [false, true]));
    assert!(no_labels.contains(&format!("the label `{LABEL}` is not 0 and 1")), "{no_labels}");
    let no_numbers = learner(known.rows(|k| [true, k == 0]));
    assert!(no_numbers.contains(&format!("the numbers of the target `{NUMBER}` do not vary")), "{no_numbers}");
    let batches = |rows: &[Vec<Option<Target<f64>>>]| {
        JointBatches::new(known.features.iter().collect(), rows, 2, BatchSize::Crystals(8), Device::Cpu).map(drop)
    };
    let mut rows = known.rows(|_| [true, true]);
    batches(&rows)?;
    rows[3][1] = Some(Target::new(f64::NAN));
    assert!(batches(&rows).is_err());
    rows[3].pop();
    assert!(batches(&rows).is_err());
    let short = JointData::new(&known.features).with_labels(&Targets::new([Some(true)]));
    assert!(short.is_err_and(|error| error.to_string().contains("have 1 items of a target")));
    Ok(())
}

#[test]
fn a_network_of_the_benchmark_learns_from_others_but_not_from_the_systems_of_the_test_side() -> Result<(), TrainError> {
    tch::set_num_threads(1);
    let mut records: Vec<Record> = crate::support::crystals_of(1..=4).collect();
    s2s_data::split::shuffle(&mut records, 1, 0);
    records.truncate(48);
    let label = |record: &Record| record.label.and_then(|label| label.is_superconductor()) == Some(true);
    let examples: Vec<Example<'_>> =
        records[..24].iter().map(|record| Example { record, superconducts: label(record) }).collect();
    let test: Vec<&Record> = records[24..32].iter().collect();
    let scores = |others: &[Record]| -> Result<Vec<f64>, TrainError> {
        let mut recipe = recipe(small(), JointBenchmarkNetwork::<ModelConfig>::targets(), 3);
        recipe.fit.watch = JointBenchmarkNetwork::<ModelConfig>::watch();
        let network = JointBenchmarkNetwork {
            name: "joint".to_owned(),
            recipe,
            pretrained: None,
            validation_share: 0.25,
            others: others.to_vec(),
            device: Device::Cpu,
        };
        let scores = network.fit_score(&examples, &test, 1).expect("it learns");
        assert_eq!(scores.len(), test.len());
        Ok(scores)
    };
    let others = &records[32..];
    let alone = scores(others)?;
    // The test crystals themselves, with any label, and so what shares their systems, change nothing.
    assert_eq!(scores(&[others, &records[24..32]].concat())?, alone);
    // Other crystals do.
    assert_ne!(scores(&others[..14])?, alone);
    Ok(())
}
