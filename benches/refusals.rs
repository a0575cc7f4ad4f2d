//! How fast inputs are refused that were made to exhaust a reader or a search: less than 100 ms each, on an idle machine.
//!
//! Each row is the fastest of five runs. Memory is counted by the tests of `s2s-crystal`, on the same inputs.

use std::{
    hint::black_box,
    process::ExitCode,
    time::{Duration, Instant},
};

use s2s_crystal::{CellList, NeighborSearch, ParseErrorKind, ReadOptions};

#[allow(dead_code)] // The large inputs are for the test.
#[path = "../crates/s2s-crystal/tests/memory/inputs.rs"]
mod inputs;

const PATIENCE: Duration = Duration::from_millis(100);

fn fastest(mut work: impl FnMut()) -> Duration {
    let once = |work: &mut dyn FnMut()| {
        let start = Instant::now();
        work();
        start.elapsed()
    };
    (0..5).map(|_| once(&mut work)).min().unwrap_or(Duration::MAX)
}

fn main() -> ExitCode {
    let mut slow = 0;
    let mut say = |name: &str, size: usize, time: Duration, kind: &str| {
        println!("{:>10.2} ms  {:>6.1} MiB  {kind:<16}  {name}", time.as_secs_f64() * 1e3, size as f64 / 1048576.0);
        slow += usize::from(time > PATIENCE);
    };
    let options = ReadOptions::disordered();
    for (name, format, text, _) in inputs::adversarial_inputs() {
        let mut kind = None;
        let time = fastest(|| {
            let errors = format.read(text.as_bytes(), &options).filter_map(Result::err);
            kind = errors.fold(None, |first, error| first.or(Some(error.kind())));
        });
        say(name, text.len(), time, kind.map_or("read", ParseErrorKind::name));
    }
    for (name, crystal, cutoff) in inputs::adversarial_searches() {
        let time = fastest(|| {
            let _ = black_box(CellList::default().search(&crystal, cutoff));
        });
        say(name, 0, time, "limit_exceeded");
    }
    if slow == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
