//! What our side of every comparison shares: the two verbs, the timing rule and the printed line.
//!
//! `protocol.py` is the same for other libraries; see `README.md` beside it.

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long a piece of code is repeated; its fastest repetition counts.
const PATIENCE: Duration = Duration::from_millis(300);

/// Carries out the verb on the command line: `prepare FOLDER` or `measure FOLDER`.
///
/// Without a verb, as when `cargo bench` runs every target, it only says how to run the comparison.
pub(crate) fn run(name: &str, prepare: impl FnOnce(&Path), measure: impl FnOnce(&Path)) {
    // Cargo adds `--bench` to what it is given.
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    match words.as_slice() {
        [verb, folder] if verb == "prepare" => prepare(&PathBuf::from(folder)),
        [verb, folder] if verb == "measure" => measure(&PathBuf::from(folder)),
        _ => println!("a comparison: `cargo xtask compare {name}`"),
    }
}

/// Times `work`, which does `items` items each time and returns a number computed from all its results, and prints
/// the line that `cargo xtask compare` reads.
pub(crate) fn report(task: &str, unit: &str, items: usize, mut work: impl FnMut() -> f64) {
    let start = Instant::now();
    let mut best = f64::INFINITY;
    let mut check = 0.0;
    while start.elapsed() < PATIENCE || best.is_infinite() {
        let once = Instant::now();
        check = black_box(work());
        best = best.min(once.elapsed().as_secs_f64());
    }
    println!(
        "{{\"task\": \"{task}\", \"peer\": \"s2s\", \"items\": {items}, \"seconds\": {best:e}, \"unit\": \"{unit}\", \
         \"check\": {check:e}}}"
    );
}
