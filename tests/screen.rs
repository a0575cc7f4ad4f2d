//! `examples/screen --answers` as its users see it: killed, started again, and asked for something else.

mod example;

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    thread,
    time::Duration,
};

use example::{binary, folder};
use s2s_crystal::Format;
use s2s_data::reference;

/// All reference crystals as CIF files, and one file that cannot be read.
fn structures(folder: &Path) -> PathBuf {
    let structures = folder.join("structures");
    fs::create_dir(&structures).expect("the temporary folder can be written");
    for (k, known) in reference::crystals().iter().enumerate() {
        let text = Format::Cif.write(&known.name, &known.crystal).expect("a reference crystal can be written");
        fs::write(structures.join(format!("{k:03}.cif")), text).expect("the temporary folder can be written");
    }
    fs::write(structures.join("100-broken.cif"), "data_x\n_cell_length_a 1").expect("the same");
    structures
}

fn command(binary: &Path, structures: &Path, answers: &Path, window: &str) -> Command {
    let mut command = Command::new(binary);
    command.arg(structures).arg("--answers").arg(answers).args(["--window", window, "--top", "3", "--device", "cpu"]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn a_run_that_is_killed_ends_with_the_bytes_of_one_that_is_not() {
    let (binary, folder) = (binary("screen", "torch"), folder("screen-kill"));
    let structures = structures(&folder);
    let [whole, killed] = ["whole.jsonl", "killed.jsonl"].map(|name| folder.join(name));
    let undisturbed = command(&binary, &structures, &whole, "8").output().expect("the example can be run");
    assert_eq!(undisturbed.status.code(), Some(1), "one file is broken: {}", text(&undisturbed.stderr));

    let mut interrupted = 0;
    let last: Output = loop {
        let mut child = command(&binary, &structures, &killed, "8").spawn().expect("the example can be run");
        let before = progress(&killed);
        // Waits until another window has counted, then a little more, so that kills fall between and within windows.
        while child.try_wait().expect("the child can be asked").is_none() && progress(&killed) == before {
            thread::sleep(Duration::from_millis(1));
        }
        thread::sleep(Duration::from_millis(7 * interrupted));
        child.kill().expect("the child can be killed");
        let output = child.wait_with_output().expect("the child has ended");
        if output.status.code().is_some() {
            break output;
        }
        interrupted += 1;
    };
    assert!(interrupted >= 3, "killed only {interrupted} times");
    assert_eq!(fs::read(&killed).ok(), fs::read(&whole).ok());
    assert_eq!(table(&last), table(&undisturbed));

    let again = command(&binary, &structures, &whole, "8").output().expect("the example can be run");
    assert_eq!(table(&again), table(&undisturbed));
}

/// What is counted as done.
fn progress(answers: &Path) -> Option<Vec<u8>> {
    fs::read(format!("{}.progress", answers.display())).ok()
}

/// What is printed, without the time.
fn table(output: &Output) -> String {
    let all = text(&output.stdout);
    all.rsplit_once(" in ").map_or(all.clone(), |(table, _)| table.to_owned())
}

#[test]
fn shards_make_the_bytes_of_a_single_run() {
    let (binary, folder) = (binary("screen", "torch"), folder("screen-shards"));
    let structures = structures(&folder);
    let [whole, merged] = ["whole.jsonl", "merged.jsonl"].map(|name| folder.join(name));
    let single = command(&binary, &structures, &whole, "16").output().expect("the example can be run");
    let shards: Vec<PathBuf> = (0..3).map(|k| folder.join(format!("{k}.jsonl"))).collect();
    let merge = |shards: &[PathBuf]| -> Output {
        let mut command = Command::new(&binary);
        command.arg("--merge").args(shards).arg("--answers").arg(&merged).args(["--top", "3", "--device", "cpu"]);
        command.output().expect("the example can be run")
    };
    for (k, shard) in shards.iter().enumerate() {
        let mut command = command(&binary, &structures, shard, "16");
        command.arg("--shard").arg(format!("{k}/3")).output().expect("the example can be run");
    }
    let missing = merge(&shards[..2]);
    assert_eq!(text(&missing.stderr), "error: these shards do not make a whole: 0/3, 1/3\n");
    let together = merge(&[shards[2].clone(), shards[0].clone(), shards[1].clone()]);
    assert_eq!(table(&together), table(&single), "{}", text(&together.stderr));
    assert_eq!(fs::read(&merged).ok(), fs::read(&whole).ok());
    assert_eq!(progress(&merged), progress(&whole));
}

#[test]
fn answers_to_another_question_are_not_mixed_in() {
    let (binary, folder) = (binary("screen", "torch"), folder("screen-question"));
    let structures = structures(&folder);
    let answers = folder.join("answers.jsonl");
    assert_eq!(command(&binary, &structures, &answers, "64").output().ok().and_then(|o| o.status.code()), Some(1));
    let refused = command(&binary, &structures, &answers, "32").output().expect("the example can be run");
    let sentence = format!(
        "error: {} belongs to a run with another model, other structures or other options; choose another file or remove it\n",
        answers.display()
    );
    assert_eq!((refused.status.code(), text(&refused.stderr)), (Some(2), sentence));

    let foreign = folder.join("notes.txt");
    fs::write(&foreign, "mine").expect("the temporary folder can be written");
    let refused = command(&binary, &structures, &foreign, "64").output().expect("the example can be run");
    let sentence = format!("error: {} is there already, and no run of this program\n", foreign.display());
    assert_eq!((refused.status.code(), text(&refused.stderr)), (Some(2), sentence));
    assert_eq!(fs::read_to_string(&foreign).ok().as_deref(), Some("mine"));
}
