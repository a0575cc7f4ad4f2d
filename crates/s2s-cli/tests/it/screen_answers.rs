//! `s2s screen --answers`: killed, started again on changed inputs, sharded, merged, tampered with.
//!
//! One law: a run that ends with status 0 leaves the bytes that an undisturbed run over the present inputs writes; a run
//! that is refused leaves the answers as they were.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use crate::support::{NIOBIUM, folder, output, s2s, text, write};

/// Numbers that are a function of a seed (SplitMix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }
}

const ELEMENTS: [&str; 12] = ["Nb", "Al", "Ti", "Fe", "Cu", "Sn", "Ge", "Mg", "Pb", "La", "Ta", "Re"];

/// A binary crystal; every text has the same length, so that a size tells nothing.
fn poscar(random: &mut Random) -> String {
    let one = ELEMENTS[random.below(12)];
    let other = ELEMENTS[random.below(12)];
    let length = 300 + random.below(99);
    format!("x\n0.01\n{length} 0 0\n0 {length} 0\n0 0 {length}\n{one} {other}\n1 1\nDirect\n0 0 0\n.5 .5 .5\n")
}

/// Inputs of a scenario: a folder of structures and a table of compositions.
struct Inputs {
    structures: PathBuf,
    table: PathBuf,
    count: usize,
}

impl Inputs {
    fn new(folder: &Path, random: &mut Random) -> Self {
        let structures = folder.join("structures");
        let count = 5 + random.below(6);
        for k in 0..count {
            write(&structures, &format!("{k:02}.vasp"), poscar(random));
        }
        write(&structures, "03-broken.cif", "data_x\n_cell_length_a 1");
        let rows: String = (0..random.below(4)).map(|k| format!("{k},{}2Si\n", ELEMENTS[random.below(12)])).collect();
        let table = write(folder, "table.csv", format!("id,formula\n{rows}"));
        Self { structures, table, count }
    }

    /// Changes something at random, mostly nothing.
    fn change(&mut self, random: &mut Random) -> &'static str {
        let some = format!("{:02}.vasp", random.below(self.count));
        match random.below(12) {
            0 => {
                write(&self.structures, &some, poscar(random));
                "changed"
            }
            1 => {
                let _ = fs::remove_file(self.structures.join(&some));
                "removed"
            }
            2 => {
                write(&self.structures, &format!("{:02}a.vasp", random.below(self.count)), poscar(random));
                "added"
            }
            3 => {
                write(&self.structures, &format!("{:02}.vasp", self.count), poscar(random));
                self.count += 1;
                "added at the end"
            }
            _ => "",
        }
    }

    fn command(&self, answers: &Path, window: usize) -> Command {
        let mut command = s2s(["screen", "--top", "2", "--threads", "1", "--window", &window.to_string(), "--answers"]);
        command.arg(answers).args([&self.structures, &self.table]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// What an undisturbed run writes.
    fn undisturbed(&self, folder: &Path) -> Vec<u8> {
        let answers = folder.join("undisturbed.jsonl");
        let _ = fs::remove_file(&answers);
        let ended = output(&mut self.command(&answers, 64));
        assert_eq!(ended.status.code(), Some(1), "one file is broken: {}", text(&ended.stderr));
        fs::read(&answers).expect("it is there")
    }
}

/// Lines that a killed run may add: about those of a whole one.
const LINES: usize = 14;

/// Starts a command that writes answers and kills it once it has added so many lines, or a few milliseconds later; not at all if it
/// ends before. How fast the machine is changes nothing about what is there then.
fn killed_at(command: &mut Command, answers: &Path, lines: usize, milliseconds: u64) {
    let written = || fs::read(answers).map_or(0, |bytes| bytes.iter().filter(|&&byte| byte == b'\n').count());
    let enough = written() + lines;
    let mut child = command.spawn().expect("the command can be run");
    while written() < enough {
        if child.try_wait().expect("the child can be asked").is_some() {
            return;
        }
        thread::sleep(Duration::from_millis(1));
    }
    thread::sleep(Duration::from_millis(milliseconds));
    child.kill().expect("the child can be killed");
    child.wait_with_output().expect("the child has ended");
}

/// Damages an answers file at random, mostly not.
fn tamper(answers: &Path, random: &mut Random) -> &'static str {
    let Ok(mut bytes) = fs::read(answers) else { return "" };
    if bytes.is_empty() {
        return "";
    }
    let what = match random.below(10) {
        0 => {
            let at = random.below(bytes.len());
            bytes[at] ^= 1 << random.below(7);
            "one bit"
        }
        1 => {
            bytes.truncate(random.below(bytes.len()));
            "cut off"
        }
        2 => {
            let mut lines: Vec<Vec<u8>> = bytes.split_inclusive(|&b| b == b'\n').map(<[u8]>::to_vec).collect();
            let (one, other) = (random.below(lines.len()), random.below(lines.len()));
            lines.swap(one, other);
            bytes = lines.concat();
            "two lines swapped"
        }
        3 => {
            let lines: Vec<&[u8]> = bytes.split_inclusive(|&b| b == b'\n').collect();
            let gone = random.below(lines.len());
            bytes = lines.iter().enumerate().filter(|(k, _)| *k != gone).flat_map(|(_, l)| l.to_vec()).collect();
            "a line removed"
        }
        _ => return "",
    };
    fs::write(answers, bytes).expect("the temporary folder can be written");
    what
}

/// Kills, changes and damages a run, then lets it end, and checks the law. Whether it was refused.
fn single_run(name: &str, seed: u64) -> bool {
    let (folder, mut random) = (folder(name), Random(seed));
    let mut inputs = Inputs::new(&folder, &mut random);
    let answers = folder.join("answers.jsonl");
    let mut story = Vec::new();
    for _ in 0..=random.below(3) {
        let window = 1 + random.below(4);
        let (lines, milliseconds) = (random.below(LINES), random.below(5) as u64);
        killed_at(&mut inputs.command(&answers, window), &answers, lines, milliseconds);
        story.push(inputs.change(&mut random));
        story.push(tamper(&answers, &mut random));
    }
    let before = fs::read(&answers).unwrap_or_default();
    let ended = output(&mut inputs.command(&answers, 1 + random.below(8)));
    let after = fs::read(&answers).unwrap_or_default();
    match ended.status.code() {
        Some(1) => {
            let expected = inputs.undisturbed(&folder);
            assert!(after == expected, "seed {seed}, {story:?}: other bytes than an undisturbed run");
            false
        }
        Some(2) => {
            assert_eq!(after, before, "seed {seed}, {story:?}: a refused run changed the answers");
            assert!(text(&ended.stderr).contains("answers.jsonl"), "{}", text(&ended.stderr));
            true
        }
        other => panic!("seed {seed}, {story:?}: status {other:?}, {}", text(&ended.stderr)),
    }
}

/// Runs shards with kills, changes and damage between them, merges them, and checks the law. Whether it was refused.
fn sharded_run(name: &str, seed: u64) -> bool {
    let (folder, mut random) = (folder(name), Random(seed));
    let mut inputs = Inputs::new(&folder, &mut random);
    let count = 1 + random.below(3);
    let shards: Vec<PathBuf> = (0..count).map(|k| folder.join(format!("{k}.jsonl"))).collect();
    let mut story = Vec::new();
    for (k, shard) in shards.iter().enumerate() {
        let run = |inputs: &Inputs, window: usize| {
            let mut command = inputs.command(shard, window);
            command.arg("--shard").arg(format!("{k}/{count}"));
            command
        };
        let (lines, milliseconds) = (random.below(LINES), random.below(5) as u64);
        killed_at(&mut run(&inputs, 1 + random.below(3)), shard, lines, milliseconds);
        if random.below(6) > 0 {
            output(&mut run(&inputs, 4));
        }
        if random.below(2) == 0 {
            story.push(inputs.change(&mut random));
        }
        story.push(tamper(shard, &mut random));
    }
    let merged = folder.join("merged.jsonl");
    let mut given = shards.clone();
    given.rotate_left(random.below(count));
    match random.below(10) {
        0 => drop(given.pop()),
        1 => given.push(shards[0].clone()),
        _ => {}
    }
    let target = match random.below(10) {
        0 => shards[0].clone(),
        _ => merged,
    };
    let before: Vec<_> = shards.iter().map(|shard| fs::read(shard).ok()).collect();
    if given.is_empty() {
        return true;
    }
    let mut command = s2s(["screen", "--top", "2", "--answers"]);
    let ended = output(command.arg(&target).arg("--merge").args(&given));
    let after: Vec<_> = shards.iter().map(|shard| fs::read(shard).ok()).collect();
    assert!(before == after, "seed {seed}, {story:?}: merging changed a shard");
    match ended.status.code() {
        Some(1) => {
            let expected = inputs.undisturbed(&folder);
            let found = fs::read(&target).expect("it is there");
            // A change after the last shard has ended is nothing that a merge could know.
            let last = story.len().saturating_sub(2);
            if story.iter().skip(last).all(|change| change.is_empty()) || found == expected {
                assert!(found == expected, "seed {seed}, {story:?}: other bytes than a single run");
            }
            false
        }
        Some(2) => {
            assert!(shards.contains(&target) || !target.exists(), "seed {seed}: a refused merge left a file");
            true
        }
        other => panic!("seed {seed}, {story:?}: status {other:?}, {}", text(&ended.stderr)),
    }
}

#[test]
fn no_answer_is_lost_doubled_or_changed_in_two_hundred_scenarios() {
    let worker = |half: u64| {
        let mut refused = [0; 2];
        for number in 0..50 {
            let seed = 2 * number + half;
            refused[0] += usize::from(single_run(&format!("answers-{half}"), seed));
            refused[1] += usize::from(sharded_run(&format!("shards-{half}"), 1000 + seed));
        }
        refused
    };
    let refused: Vec<[usize; 2]> = thread::scope(|scope| {
        let workers: Vec<_> = (0..2).map(|half| scope.spawn(move || worker(half))).collect();
        workers
            .into_iter()
            .map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    });
    let total = |k: usize| refused.iter().map(|halves| halves[k]).sum::<usize>();
    // Both outcomes have to occur, or the law was tested on one of them only.
    for k in 0..2 {
        assert!((5..95).contains(&total(k)), "{} of 100 refused", total(k));
    }
}

#[test]
fn second_process_on_one_file_is_refused() {
    let folder = folder("answers-locked");
    let inputs = Inputs::new(&folder, &mut Random(1));
    let answers = folder.join("answers.jsonl");
    let held = fs::File::create(&answers).expect("the temporary folder can be written");
    held.lock().expect("it can be locked");
    let refused = output(&mut inputs.command(&answers, 4));
    let sentence = format!("error: another process is writing {}\n", answers.display());
    assert_eq!((refused.status.code(), text(&refused.stderr)), (Some(2), sentence));
    drop(held);
    assert_eq!(output(&mut inputs.command(&answers, 4)).status.code(), Some(1));
}

#[test]
fn what_is_no_answers_file_is_left_alone() {
    let folder = folder("answers-foreign");
    let inputs = Inputs::new(&folder, &mut Random(2));
    let foreign = write(&folder, "notes.jsonl", "mine");
    let refused = output(&mut inputs.command(&foreign, 4));
    let sentence = format!("error: {} is there already, and holds no answers of this program\n", foreign.display());
    assert_eq!((refused.status.code(), text(&refused.stderr)), (Some(2), sentence));
    assert_eq!(fs::read_to_string(&foreign).ok().as_deref(), Some("mine"));
}

#[test]
fn other_options_are_refused_with_their_name() {
    let folder = folder("answers-options");
    let inputs = Inputs::new(&folder, &mut Random(3));
    let answers = folder.join("answers.jsonl");
    assert_eq!(output(&mut inputs.command(&answers, 4)).status.code(), Some(1));
    let refused = output(inputs.command(&answers, 4).arg("--lenient"));
    let sentence =
        format!("error: {} was begun with other options: choose another file, or remove it\n", answers.display());
    assert_eq!((refused.status.code(), text(&refused.stderr)), (Some(2), sentence));
    let changed = inputs.structures.join("00.vasp");
    fs::write(&changed, NIOBIUM).expect("the temporary folder can be written");
    let refused = output(&mut inputs.command(&answers, 4));
    let reason = format!("{} has changed since it was answered", changed.display());
    assert!(refused.status.code() == Some(2) && text(&refused.stderr).contains(&reason), "{}", text(&refused.stderr));
    let ranking = output(s2s(["screen", "--formula", "Nb", "--json"]).arg(&answers));
    assert_eq!(ranking.status.code(), Some(2), "a ranking must not replace answers");
}
