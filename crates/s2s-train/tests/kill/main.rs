//! Kills training at random moments and compares where it ends with a run that was left alone.
//!
//! The test starts itself as the run to be killed. `S2S_KILLS=200` sets the number of kills; 12 otherwise.

#[path = "../it/tiny.rs"]
mod tiny;

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Child, Command, ExitCode, Stdio},
    thread,
    time::{Duration, Instant},
};

use s2s_featurize::RandomStream;
use s2s_train::{Batches, Learner, Snapshot};
use s2s_train::{
    Masks, Objective, RunIdentity, TrainError,
    checkpoint::CheckpointStore,
    fit,
    observer::{CheckpointWriter, Observer, Signal, StepReport},
};
use sha2::{Digest, Sha256};
use tiny::{classifier, config, crystals, guesser, labeled, masked};

const EPOCHS: u64 = 6;
/// Optimizer steps between checkpoints.
const INTERVAL: u64 = 2;
/// Makes a run long enough to be killed in its middle.
const PAUSE: Duration = Duration::from_millis(10);

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().collect();
    if let [_, mark, task, folder] = arguments.as_slice()
        && mark == "--train"
    {
        return match train(task, Path::new(folder)) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("{error}");
                ExitCode::FAILURE
            }
        };
    }
    let kills: usize = env::var("S2S_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(12);
    for (task, share) in [("masked-atoms", kills / 2), ("superconductivity", kills - kills / 2)] {
        harness(task, share);
    }
    println!("test result: ok. {kills} kills survived");
    ExitCode::SUCCESS
}

/// One start of the run to be killed.
fn train(task: &str, folder: &Path) -> Result<(), TrainError> {
    tch::set_num_threads(1);
    let (features, labels) = crystals(40);
    if task == "masked-atoms" {
        let learner = guesser(config(EPOCHS, 1), RunIdentity::default())?;
        let held = masked(&features[30..], Masks::Fixed, 2)?;
        return go(learner, &masked(&features[..30], Masks::Fresh, 1)?, &held, folder);
    }
    let learner = classifier(config(EPOCHS, 1), RunIdentity::default())?;
    go(learner, &labeled(&features[..30], &labels[..30], 1)?, &labeled(&features[30..], &labels[30..], 0)?, folder)
}

fn go<O: Objective>(
    mut learner: Learner<O>,
    train: &impl Batches<Batch = O::Batch>,
    held: &impl Batches<Batch = O::Batch>,
    folder: &Path,
) -> Result<(), TrainError> {
    let store = CheckpointStore::new(folder);
    if let Some(damaged) = learner.resume(&store)?.into_iter().next() {
        return Err(TrainError::Data { reason: damaged });
    }
    println!("from {}", learner.progress().step);
    let mut writer = CheckpointWriter::every_steps(&store, INTERVAL);
    fit(&mut learner, train, held, &mut [&mut writer, &mut Told])?;
    println!("done {:x}", Sha256::digest(&learner.files()?["model.safetensors"]));
    Ok(())
}

/// Prints every step, after the checkpoint of that step was written, and waits a little.
#[derive(Debug)]
struct Told;

impl Observer for Told {
    fn stepped(&mut self, step: &StepReport, _snapshot: &dyn Snapshot) -> Result<Signal, TrainError> {
        println!("step {}", step.step);
        thread::sleep(PAUSE);
        Ok(Signal::Continue)
    }
}

fn harness(task: &str, kills: usize) {
    let folder = |name: &str| -> PathBuf {
        let folder = env::temp_dir().join(format!("s2s-kill-{task}-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        folder
    };
    let begun = Instant::now();
    let (alone, victim) = (folder("alone"), folder("victim"));
    let expected = finish(start(task, &alone));
    let length = begun.elapsed();
    let mut stream = RandomStream::new(*b"killings", kills as u64, 0, 0);
    let (mut killed, mut runs, mut reached) = (0, 0, 0);
    while killed < kills {
        let mut child = start(task, &victim);
        runs += 1;
        thread::sleep(length.mul_f64(stream.unit() * 0.8));
        child.kill().expect("the child belongs to this process");
        let output = child.wait_with_output().expect("the child can be waited for");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.stderr.is_empty(), "{task}: {}", String::from_utf8_lossy(&output.stderr));
        if let Some(from) = number(&text, "from ") {
            // What was done before the last kill and is done again: at most one interval, and the step in flight.
            assert!(from + INTERVAL + 1 >= reached, "{task}: step {reached} was reached, {from} was restored");
            reached = reached.max(from);
        }
        reached = reached.max(number(&text, "step ").unwrap_or(0));
        if let Some(hash) = text.lines().find_map(|line| line.strip_prefix("done ")) {
            assert_eq!(hash, expected, "{task}: finished after {killed} kills with other weights");
            fs::remove_dir_all(&victim).expect("the folder can be removed");
            reached = 0;
        } else {
            killed += 1;
        }
    }
    assert_eq!(finish(start(task, &victim)), expected, "{task}: other weights after {killed} kills");
    for used in [alone, victim] {
        fs::remove_dir_all(used).expect("the folder can be removed");
    }
    println!("test {task}: {killed} kills over {runs} starts, final weights {expected} as without kills ... ok");
}

/// The last number after this word.
fn number(text: &str, word: &str) -> Option<u64> {
    text.lines().filter_map(|line| line.strip_prefix(word)?.parse().ok()).next_back()
}

fn start(task: &str, folder: &Path) -> Child {
    Command::new(env::current_exe().expect("the test has a path"))
        .args(["--train", task])
        .arg(folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the test can start itself")
}

fn finish(child: Child) -> String {
    let output = child.wait_with_output().expect("the child can be waited for");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let hash = text.lines().find_map(|line| line.strip_prefix("done "));
    hash.unwrap_or_else(|| panic!("{}", String::from_utf8_lossy(&output.stderr))).to_owned()
}
