//! The loop: learns, resumes exactly, refuses what does not belong together.

use std::fs;

use s2s_data::{Record, reference};
use s2s_featurize::{AtomFeaturizer, PaperVocabulary};
use s2s_model::{BatchNorm, Mode, Noise, Parameters, Precision, read_weights};
use s2s_train::recipe::Prepared;
use s2s_train::{
    Ema, EpochReport, FitConfig, Goal, Masks, RunIdentity, Snapshot, TrainError, Watch,
    checkpoint::CheckpointStore,
    evaluate, fit,
    observer::{
        CheckpointWriter, EarlyStopping, JsonLines, Observer, ProgressLines, Signal, StepReport, Stopwatch, TensorBoard,
    },
    resolve,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tch::Kind;

use crate::{
    support::scratch,
    tiny::{Classifier, classifier, config, crystals, guesser, labeled, masked, model},
};

fn weights(snapshot: &dyn Snapshot) -> Result<String, TrainError> {
    let files = snapshot.files()?;
    Ok(format!("{:x}", Sha256::digest(&files["model.safetensors"])))
}

/// Stops after a number of batches, as a kill would, but without one.
#[derive(Debug)]
struct StopAfter(usize);

impl Observer for StopAfter {
    fn stepped(&mut self, _step: &StepReport, _snapshot: &dyn Snapshot) -> Result<Signal, TrainError> {
        self.0 = self.0.saturating_sub(1);
        Ok(if self.0 == 0 { Signal::Stop } else { Signal::Continue })
    }
}

fn trained(config: FitConfig) -> Result<Classifier, TrainError> {
    let (features, labels) = crystals(40);
    let seed = config.seed;
    let mut learner = classifier(config, RunIdentity::default())?;
    let train = labeled(&features[..30], &labels[..30], seed)?;
    let validation = labeled(&features[30..], &labels[30..], 0)?;
    fit(&mut learner, &train, &validation, &mut [])?;
    Ok(learner)
}

#[test]
fn same_seed_gives_the_same_weights_after_200_steps_and_another_seed_others() -> Result<(), TrainError> {
    let run = |seed| {
        let learner = trained(FitConfig { accumulate: 1, ..config(25, seed) })?;
        assert_eq!(learner.step(), 200);
        weights(&learner)
    };
    assert_eq!(run(1)?, run(1)?);
    assert_ne!(run(1)?, run(2)?);
    Ok(())
}

#[test]
fn the_number_of_threads_that_featurize_changes_nothing() -> Result<(), TrainError> {
    let records: Vec<Record> = reference::crystals().iter().take(40).map(|crystal| crystal.to_record()).collect();
    let prepare = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads can be started");
        pool.install(|| Prepared::new(&records, &AtomFeaturizer::new(model().featurizer(), PaperVocabulary)?))
    };
    let (one, four) = (prepare(1)?, prepare(4)?);
    assert_eq!((&one.features, &one.kept), (&four.features, &four.kept));
    assert_eq!(one.features.len() + one.refused.len(), 40);
    Ok(())
}

#[test]
fn resuming_at_any_batch_equals_not_stopping() -> Result<(), TrainError> {
    let (features, labels) = crystals(40);
    let train = labeled(&features[..30], &labels[..30], 1)?;
    let validation = labeled(&features[30..], &labels[30..], 0)?;
    let whole = trained(config(4, 1))?;
    // Eight batches per epoch: within epochs, between two batches of one optimizer step, and at their ends.
    for stop in [1, 2, 7, 8, 9, 16, 21, 31] {
        let store = CheckpointStore::new(scratch("resume"));
        let mut first = classifier(config(4, 1), RunIdentity::default())?;
        let mut writer = CheckpointWriter::every_steps(&store, 1);
        fit(&mut first, &train, &validation, &mut [&mut writer, &mut StopAfter(stop)])?;
        let mut second = classifier(config(4, 1), RunIdentity::default())?;
        assert!(second.resume(&store)?.is_empty());
        if stop > 2 {
            assert!(second.progress().step > 0);
        }
        fit(&mut second, &train, &validation, &mut [])?;
        assert_eq!(weights(&second)?, weights(&whole)?, "stopped after batch {stop}");
        assert_eq!(second.progress(), whole.progress(), "stopped after batch {stop}");
        assert_eq!(second.files()?, whole.files()?, "stopped after batch {stop}");
        fs::remove_dir_all(store.folder()).expect("the folder can be removed");
    }
    Ok(())
}

#[test]
fn batches_collated_beside_the_step_change_no_number() -> Result<(), TrainError> {
    let (features, labels) = crystals(40);
    let whole = trained(config(3, 1))?;
    let train = labeled(&features[..30], &labels[..30], 1)?.collated_ahead(true);
    let validation = labeled(&features[30..], &labels[30..], 0)?.collated_ahead(true);
    let mut learner = classifier(config(3, 1), RunIdentity::default())?;
    // Stopped within an epoch, the thread that collates ends too; continued, it begins where training stands.
    fit(&mut learner, &train, &validation, &mut [&mut StopAfter(5)])?;
    fit(&mut learner, &train, &validation, &mut [])?;
    assert_eq!(weights(&learner)?, weights(&whole)?);
    assert_eq!(learner.progress().history, whole.progress().history);
    let guess = |ahead: bool| -> Result<String, TrainError> {
        let [fresh, fixed] = [Masks::Fresh, Masks::Fixed].map(|masks| masked(&features, masks, 1));
        let mut guesser = guesser(config(2, 1), RunIdentity::default())?;
        fit(&mut guesser, &fresh?.collated_ahead(ahead), &fixed?.collated_ahead(ahead), &mut [])?;
        weights(&guesser)
    };
    assert_eq!(guess(true)?, guess(false)?);
    Ok(())
}

#[test]
fn bfloat16_learns_resumes_exactly_and_keeps_single_weights() -> Result<(), TrainError> {
    let lower = |epochs| FitConfig { precision: Precision::Bfloat16, ..config(epochs, 1) };
    let (features, labels) = crystals(40);
    let train = labeled(&features[..30], &labels[..30], 1)?;
    let validation = labeled(&features[30..], &labels[30..], 0)?;
    let whole = trained(lower(4))?;
    assert_ne!(weights(&whole)?, weights(&trained(config(4, 1))?)?, "products were rounded");
    for stop in [3, 16] {
        let store = CheckpointStore::new(scratch("bfloat16"));
        let mut first = classifier(lower(4), RunIdentity::default())?;
        let mut writer = CheckpointWriter::every_steps(&store, 1);
        fit(&mut first, &train, &validation, &mut [&mut writer, &mut StopAfter(stop)])?;
        let mut second = classifier(lower(4), RunIdentity::default())?;
        second.resume(&store)?;
        fit(&mut second, &train, &validation, &mut [])?;
        assert_eq!(second.files()?, whole.files()?, "stopped after batch {stop}");
        fs::remove_dir_all(store.folder()).expect("the folder can be removed");
    }
    for (name, bytes) in whole.files()?.iter().filter(|(name, _)| name.ends_with(".safetensors")) {
        let tensors = read_weights(bytes)?;
        assert!(tensors.values().all(|tensor| tensor.kind() == Kind::Float), "{name}");
    }
    let (features, labels) = crystals(8);
    let data = labeled(&features, &labels, 1)?;
    let mut learner = classifier(lower(150), RunIdentity::default())?;
    fit(&mut learner, &data, &data, &mut [])?;
    learner.use_best()?;
    let metrics = evaluate(&learner.objective, &data)?.metrics();
    assert!(metrics["loss"] < 0.1 && metrics["accuracy"] == 1.0, "{metrics:?}");
    Ok(())
}

#[test]
fn a_precision_is_set_by_name_and_runs_from_before_it_existed_continue() -> Result<(), TrainError> {
    let plain = FitConfig::plain(1, 0.1, 1);
    assert!(serde_json::to_value(&plain).expect("JSON").get("precision").is_none(), "single is what it always was");
    for name in ["precision=bf16", "precision=bfloat16", "precision=\"bf16\""] {
        assert_eq!(resolve(&plain, None, &[name.to_owned()])?.precision, Precision::Bfloat16);
    }
    assert_eq!(resolve(&plain, Some("precision = \"single\""), &[])?, plain);
    let error = resolve(&plain, None, &["precision=half".to_owned()]).expect_err("no such precision").to_string();
    let known = "unknown variant `half`, expected one of `single`, `tf32`, `bf16`, `bfloat16`";
    assert!(error.starts_with(&format!("invalid configuration: {known}")), "{error}");
    Ok(())
}

/// Keeps the run as it was after every third step.
#[derive(Debug, Default)]
struct Copies(Vec<String>);

impl Observer for Copies {
    fn awaits(&self, step: u64) -> bool {
        step.is_multiple_of(3)
    }

    fn stepped(&mut self, step: &StepReport, snapshot: &dyn Snapshot) -> Result<Signal, TrainError> {
        if step.whole && step.step.is_multiple_of(3) {
            assert_eq!(snapshot.step(), step.step);
            let files = snapshot.files()?;
            let state = String::from_utf8_lossy(&files["state.json"]).into_owned();
            self.0.push(weights(snapshot)? + &state);
        }
        Ok(Signal::Continue)
    }
}

#[test]
fn results_that_are_read_late_and_together_are_the_same() -> Result<(), TrainError> {
    let (features, labels) = crystals(40);
    let train = labeled(&features[..30], &labels[..30], 1)?;
    let validation = labeled(&features[30..], &labels[30..], 0)?;
    let run = |together: usize, watched: bool| -> Result<_, TrainError> {
        let log = scratch("late").join("log.jsonl");
        let mut learner = classifier(config(4, 1), RunIdentity::default())?.reading_together(together);
        let (mut lines, mut copies) = (JsonLines::new(&log, 1), Copies::default());
        let mut observers: Vec<&mut dyn Observer> = vec![&mut lines];
        if watched {
            observers.push(&mut copies);
        }
        fit(&mut learner, &train, &validation, &mut observers)?;
        let text = fs::read_to_string(&log).expect("the log is there");
        let mut events: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        for event in &mut events {
            event.as_object_mut().expect("an object").remove("timing");
        }
        Ok((learner.reads(), learner.files()?, events, copies.0))
    };
    // Four steps per epoch, of two batches each, and four epochs; the end of an epoch is waited for.
    let (reads, files, events, copies) = run(1, true)?;
    assert_eq!((reads, events.len(), copies.len()), (16, 20, 5));
    for (together, watched, expected) in [(1, false, 16), (3, false, 8), (1000, false, 4), (1000, true, 8)] {
        let late = run(together, watched)?;
        assert_eq!(late.0, expected, "{together} steps read together");
        assert!(late.1 == files && late.2 == events, "{together} steps read together");
        assert!(!watched || late.3 == copies);
    }
    Ok(())
}

#[test]
fn changed_data_or_configuration_is_refused_with_the_reason() -> Result<(), TrainError> {
    let identity = |learning_rate: f64, hash: &str| RunIdentity {
        config: json!({"fit": {"optimizer": {"rate": learning_rate}}}),
        data: [("train".to_owned(), hash.to_owned())].into(),
    };
    let store = CheckpointStore::new(scratch("refused"));
    let learner = classifier(config(4, 1), identity(0.01, "aa"))?;
    store.save(learner.step(), &learner.files()?)?;
    let refused = |identity: RunIdentity| -> Result<String, TrainError> {
        let error = classifier(config(4, 1), identity)?.resume(&store).expect_err("it must be refused");
        Ok(error.to_string())
    };
    let prefix = format!("the run in {} cannot be continued: ", store.folder().display());
    let reason = "configuration.fit.optimizer.rate was 0.01 and is 0.02 now";
    assert_eq!(refused(identity(0.02, "aa"))?, format!("{prefix}{reason}"));
    assert_eq!(refused(identity(0.01, "bb"))?, format!("{prefix}data.train was \"aa\" and is \"bb\" now"));
    classifier(config(4, 1), identity(0.01, "aa"))?.resume(&store)?;
    fs::remove_dir_all(store.folder()).expect("the folder can be removed");
    Ok(())
}

#[test]
fn the_weights_that_were_chosen_are_those_that_are_evaluated() -> Result<(), TrainError> {
    let (features, labels) = crystals(40);
    let judged = labeled(&features[30..], &labels[30..], 0)?;
    for best in [true, false] {
        let mut learner = trained(FitConfig { average: Some(0.9), ..config(4, 1) })?;
        if best {
            learner.use_best()?;
        } else {
            learner.use_average();
        }
        let (as_they_are, before) = (evaluate(&learner.objective, &judged)?.loss, weights(&learner)?);
        assert_eq!(learner.evaluate(&judged)?.loss, as_they_are, "the last average is not swapped in");
        assert_eq!(weights(&learner)?, before);
    }
    Ok(())
}

#[test]
fn running_statistics_are_averaged_with_the_weights_that_they_belong_to() {
    let parameters = Parameters::new(1, tch::Device::Cpu);
    let norm = BatchNorm::new(&parameters.root().child("norm"), 2);
    let mut average = Ema::new(0.5, parameters.changing());
    let noise = Noise::new(1, 0, 0);
    let rows = tch::Tensor::from_slice(&[1.0_f32, 2.0, 3.0, 6.0]).view([2, 2]);
    let of = |name: &str, all: Vec<(String, tch::Tensor)>| -> Vec<f64> {
        let found = all.into_iter().find(|(other, _)| other == name).expect("a tensor of the layer");
        Vec::try_from(found.1.to_kind(Kind::Double)).expect("a list")
    };
    let _ = norm.forward(&rows, Mode::Train(&noise));
    average.update();
    let raw = of("norm.running_mean", parameters.all());
    assert!(raw.iter().all(|mean| *mean > 0.1));
    let averaged = of("average.norm.running_mean", average.state());
    for (averaged, raw) in averaged.iter().zip(&raw) {
        assert!((averaged - raw / 2.0).abs() < 1e-6, "{averaged} of {raw}");
    }
    // What is evaluated pairs averaged weights with averaged statistics.
    average.exchange();
    assert_eq!(of("norm.running_mean", parameters.all()), averaged);
}

#[test]
fn a_finished_run_that_is_started_again_leaves_everything_as_it_was() -> Result<(), TrainError> {
    let folder = scratch("again");
    let (features, labels) = crystals(24);
    let run = || -> Result<Stopwatch, TrainError> {
        let store = CheckpointStore::new(folder.join("checkpoints"));
        let mut learner = classifier(config(2, 1), RunIdentity::default())?;
        learner.resume(&store)?;
        let mut log = JsonLines::new(folder.join("log.jsonl"), 1);
        let mut board = TensorBoard::new(folder.join("tensorboard"), 1);
        let mut writer = CheckpointWriter::every(&store, std::time::Duration::ZERO);
        let mut stopwatch = Stopwatch::new();
        let (train, validation) = (labeled(&features, &labels, 1)?, labeled(&features, &labels, 0)?);
        fit(&mut learner, &train, &validation, &mut [&mut log, &mut board, &mut writer, &mut stopwatch])?;
        Ok(stopwatch)
    };
    let files = || {
        let of = |name: &str| fs::read_dir(folder.join(name)).map_or(0, Iterator::count);
        (of("tensorboard"), fs::read(folder.join("log.jsonl")).expect("a log"))
    };
    assert!(run()?.totals().throughput().is_some_and(f64::is_finite));
    let before = files();
    assert_eq!(before.0, 1);
    let totals = run()?.totals();
    assert_eq!((totals.throughput(), totals.overhead()), (None, None));
    assert_eq!(totals.to_string(), "nothing was left to learn");
    assert_eq!(files(), before);
    fs::remove_dir_all(folder).expect("a folder of this test");
    Ok(())
}

#[test]
fn progress_is_one_line_per_epoch() -> Result<(), TrainError> {
    let (features, labels) = crystals(8);
    let data = labeled(&features, &labels, 1)?;
    let mut written = Vec::new();
    let mut lines = ProgressLines::to(&mut written, "tiny");
    fit(&mut classifier(config(2, 1), RunIdentity::default())?, &data, &data, &mut [&mut lines])?;
    let text = String::from_utf8(written).expect("text");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 2, "{text}");
    for (epoch, line) in (1..).zip(lines) {
        assert!(line.starts_with(&format!("tiny epoch {epoch}/2: training loss 0.")), "{line}");
        assert!(line.contains("; validation accuracy ") && line.contains(", roc_auc "), "{line}");
        assert!(line.ends_with(if epoch == 2 { " crystals/s, 0 s left" } else { " s left" }), "{line}");
    }
    Ok(())
}

#[test]
fn overfits_eight_crystals() -> Result<(), TrainError> {
    let (features, labels) = crystals(8);
    let data = labeled(&features, &labels, 1)?;
    let mut learner = classifier(config(150, 1), RunIdentity::default())?;
    fit(&mut learner, &data, &data, &mut [])?;
    learner.use_best()?;
    let metrics = evaluate(&learner.objective, &data)?.metrics();
    assert!(metrics["loss"] < 0.1 && metrics["accuracy"] == 1.0 && metrics["roc_auc"] == 1.0, "{metrics:?}");
    Ok(())
}

#[test]
fn masked_loss_before_training_is_ln_95_and_falls() -> Result<(), TrainError> {
    let (features, _) = crystals(60);
    let (train, held) = (masked(&features, Masks::Fresh, 1)?, masked(&features, Masks::Fixed, 2)?);
    let mut learner = guesser(config(15, 1), RunIdentity::default())?;
    let before = evaluate(&learner.objective, &held)?.metrics()["loss"];
    assert!((before - 95_f64.ln()).abs() < 1e-4, "{before}");
    fit(&mut learner, &train, &held, &mut [])?;
    // Thirty elements occur: knowing which is worth ln 30 = 3.4.
    let after = evaluate(&learner.objective, &held)?.metrics()["loss"];
    assert!(after < 3.7, "{after}");
    Ok(())
}

#[test]
fn a_loss_that_is_no_number_stops_the_run_with_advice() -> Result<(), TrainError> {
    let (features, labels) = crystals(12);
    let data = labeled(&features, &labels, 1)?;
    let mut fast = config(50, 1);
    (fast.optimizer.learning_rate, fast.clip) = (1e30, None);
    let error = fit(&mut classifier(fast, RunIdentity::default())?, &data, &data, &mut []).expect_err("it diverges");
    let message = error.to_string();
    assert!(message.starts_with("the loss is "), "{message}");
    assert!(message.ends_with("; lower the learning rate or clip the gradient"), "{message}");
    Ok(())
}

#[test]
fn early_stopping_counts_epochs_since_the_best() {
    let report = |epoch: u64, loss: f64| EpochReport {
        epoch,
        step: epoch,
        train: Default::default(),
        validation: [("loss".to_owned(), loss)].into(),
    };
    let losses = [3.0, 2.0, 2.5, 2.0, 2.1];
    let history: Vec<EpochReport> = (0..).zip(losses).map(|(epoch, loss)| report(epoch, loss)).collect();
    assert_eq!(Watch::loss().best(&history), Some(1));
    assert_eq!(Watch { goal: Goal::Maximize, ..Watch::loss() }.best(&history), Some(0));
    let learner = classifier(config(1, 1), RunIdentity::default()).expect("the tiny model exists");
    let mut stopping = EarlyStopping::new(3, Watch::loss());
    let signals: Vec<Signal> =
        (1..=5).map(|n| stopping.epoch_ended(&history[..n], &learner).expect("it cannot fail")).collect();
    let (go, stop) = (Signal::Continue, Signal::Stop);
    assert_eq!(signals, [go, go, go, go, stop]);
}

#[test]
fn the_log_holds_every_step_once_after_a_restart() -> Result<(), TrainError> {
    let folder = scratch("log");
    let (features, labels) = crystals(40);
    let train = labeled(&features[..30], &labels[..30], 1)?;
    let validation = labeled(&features[30..], &labels[30..], 0)?;
    let store = CheckpointStore::new(folder.join("checkpoints"));
    let log = folder.join("log.jsonl");
    let mut first = classifier(config(3, 1), RunIdentity::default())?;
    let mut writer = CheckpointWriter::every_steps(&store, 3);
    let mut lines = JsonLines::new(&log, 1);
    let mut board = TensorBoard::new(folder.join("tensorboard"), 1);
    fit(&mut first, &train, &validation, &mut [&mut lines, &mut board, &mut writer, &mut StopAfter(15)])?;
    let mut second = classifier(config(3, 1), RunIdentity::default())?;
    second.resume(&store)?;
    let (mut lines, mut watch) = (JsonLines::new(&log, 1), Stopwatch::new());
    fit(&mut second, &train, &validation, &mut [&mut lines, &mut watch])?;

    let text = fs::read_to_string(&log).expect("the log is there");
    let events: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let steps: Vec<u64> = events.iter().filter(|e| e["event"] == "step").filter_map(|e| e["step"].as_u64()).collect();
    assert_eq!(steps, (1..=12).collect::<Vec<u64>>());
    assert_eq!(events.iter().filter(|e| e["event"] == "epoch").count(), 3);
    // The first start was stopped after step 7; its newest checkpoint was of step 6.
    assert_eq!(watch.totals().steps, 6);
    assert_eq!(fs::read_dir(folder.join("tensorboard")).expect("a folder").count(), 1);
    fs::remove_dir_all(folder).expect("the folder can be removed");
    Ok(())
}
