//! Mutated inputs through every reader, in process, with overflow checks: no panic, no hang, no swelling.
//!
//! Each input is a seed with one to eight changes, cut at 8 KiB; in one of 200 a part is then repeated up to a size that is
//! drawn evenly on a logarithmic scale from 8 KiB to 1 MiB. Each is read under options that its bytes choose.
//!
//! One test only: the allocator counts for the whole process. `S2S_MUTATION_EXECUTIONS` sets the number of inputs (6,000 by
//! default), `S2S_MUTATION_SEED` the random ones (runs with different seeds add up), `S2S_MUTATION_OUT` a folder for inputs that
//! fail. The last results are in `results/mutation.md`. A long run:
//!
//! ```text
//! S2S_MUTATION_EXECUTIONS=10000000 nice -n 19 cargo test -p s2s-data --features parquet --test mutation -- --nocapture
//! ```

mod mutate;
#[path = "../../../s2s-crystal/tests/memory/peak.rs"]
mod peak;
mod seeds;
mod targets;
#[path = "../../../s2s-crystal/tests/it/thread_time.rs"]
mod thread_time;

use std::{
    collections::BTreeMap,
    fs,
    hint::black_box,
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use mutate::Mutator;
use peak::peak;
use targets::{Target, targets};
use thread_time::thread_time;

/// Bytes that an input may take beyond what was held before.
const MAX_PEAK: usize = 512 << 20;
/// Processor time that an input may take.
const MAX_TIME: Duration = Duration::from_secs(1);
/// Wall time from which an input is run again to measure its CPU time.
const SLOW: Duration = Duration::from_millis(50);
/// Wall time after which an input counts as one that never ends.
const ENDLESS: Duration = Duration::from_secs(300);

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// What the executions of one target cost.
#[derive(Debug, Default)]
struct Cost {
    executions: u64,
    bytes: u64,
    largest: usize,
    peak: usize,
    slowest: Duration,
}

/// An input that failed, and how.
struct Failure {
    target: &'static str,
    reason: String,
    input: Vec<u8>,
}

/// Whether panics are those of an input, which are reported with it and not as they happen.
static QUIET: AtomicBool = AtomicBool::new(false);

/// Reads the input; the panic, if there is one.
fn run(target: &Target, input: &[u8]) -> std::thread::Result<()> {
    QUIET.store(true, Ordering::Relaxed);
    let outcome = catch_unwind(AssertUnwindSafe(|| (target.run)(input)));
    QUIET.store(false, Ordering::Relaxed);
    outcome
}

/// Runs one input; why it fails, if it does.
fn execute(target: &Target, input: &[u8], cost: &mut Cost) -> Option<String> {
    let start = Instant::now();
    let (peak, outcome) = peak(|| run(target, input));
    let mut elapsed = start.elapsed();
    if elapsed > SLOW {
        // On a busy machine wall time is not the time that an input takes: it is run again by the CPU's clock.
        let before = thread_time();
        let _ = run(target, input);
        if let (Some(before), Some(after)) = (before, thread_time()) {
            elapsed = after.saturating_sub(before);
        }
    }
    cost.executions += 1;
    cost.bytes += input.len() as u64;
    cost.largest = cost.largest.max(input.len());
    cost.peak = cost.peak.max(peak);
    cost.slowest = cost.slowest.max(elapsed);
    if let Err(panic) = outcome {
        let message = panic.downcast_ref::<String>().cloned();
        let message = message.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        return Some(format!("panic: {}", message.unwrap_or_default()));
    }
    if peak > MAX_PEAK {
        return Some(format!("{peak} bytes held"));
    }
    (elapsed > MAX_TIME).then(|| format!("{elapsed:?} of CPU time"))
}

/// Ends the process with the input at hand, should an execution never end.
fn watch(current: Arc<Mutex<(Instant, &'static str, Vec<u8>)>>, out: Option<PathBuf>) {
    std::thread::spawn(move || {
        loop {
            std::thread::sleep(Duration::from_secs(5));
            let Ok(at_hand) = current.lock() else { return };
            if at_hand.0.elapsed() > ENDLESS {
                let (_, target, input) = &*at_hand;
                eprintln!("{target} does not end; the input begins {}", shown(input));
                if let Some(out) = &out {
                    let _ = fs::write(out.join(format!("{target}-endless")), input);
                }
                std::process::exit(1);
            }
        }
    });
}

fn shown(input: &[u8]) -> String {
    input[..input.len().min(300)].escape_ascii().to_string()
}

#[test]
fn mutated_inputs_neither_panic_nor_hang_nor_swell() {
    let executions = number("S2S_MUTATION_EXECUTIONS", 6_000);
    let out = std::env::var_os("S2S_MUTATION_OUT").map(PathBuf::from);
    if let Some(out) = &out {
        fs::create_dir_all(out).expect("the folder for inputs can be made");
    }
    let current = Arc::new(Mutex::new((Instant::now(), "", Vec::new())));
    watch(Arc::clone(&current), out.clone());
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !QUIET.load(Ordering::Relaxed) {
            report(panic);
        }
    }));

    let missed = faults_that_are_missed();
    assert!(missed.is_empty(), "the campaign does not notice {}", missed.join(", "));

    let targets = targets();
    let mut mutator = Mutator::new(number("S2S_MUTATION_SEED", 1));
    let mut costs: BTreeMap<&str, Cost> = BTreeMap::new();
    let mut failures: Vec<Failure> = Vec::new();
    // Every seed as it is, then mutations in turn.
    let unchanged = targets.iter().flat_map(|target| target.seeds.iter().map(move |seed| (target, seed.clone())));
    let mut unchanged: Vec<_> = unchanged.collect();
    let mut turns = (0_u64..).flat_map(|round| targets.iter().filter(move |target| round % target.every == 0));
    for execution in 0..executions {
        let (target, input) = match (unchanged.pop(), turns.next()) {
            (Some(next), _) => next,
            (None, Some(target)) => (target, mutator.mutate(&target.seeds)),
            (None, None) => break,
        };
        if let Ok(mut at_hand) = current.lock() {
            at_hand.0 = Instant::now();
            at_hand.1 = target.name;
            at_hand.2.clear();
            at_hand.2.extend_from_slice(&input);
        }
        if let Some(reason) = execute(target, &input, costs.entry(target.name).or_default()) {
            let known = failures.iter().filter(|f| f.target == target.name && f.reason == reason).count();
            if known < 3 && failures.len() < 200 {
                eprintln!("{}: {reason}; {} bytes: {}", target.name, input.len(), shown(&input));
                if let Some(out) = &out {
                    let _ = fs::write(out.join(format!("{}-{}", target.name, failures.len())), &input);
                }
                failures.push(Failure { target: target.name, reason, input });
            }
        }
        if (execution + 1) % 250_000 == 0 {
            eprintln!("{} executions, {} failures", execution + 1, failures.len());
        }
    }
    println!("| target | executions | mean bytes | largest | peak MB | slowest ms |\n|---|---|---|---|---|---|");
    for (target, cost) in &costs {
        println!(
            "| {target} | {} | {} | {} | {:.1} | {:.0} |",
            cost.executions,
            cost.bytes / cost.executions.max(1),
            cost.largest,
            cost.peak as f64 / 1e6,
            1e3 * cost.slowest.as_secs_f64()
        );
    }
    let messages = failures.iter().map(|f| format!("{}: {} ({} bytes)", f.target, f.reason, f.input.len()));
    let messages: Vec<String> = messages.collect();
    assert!(messages.is_empty(), "{} inputs failed:\n{}", messages.len(), messages.join("\n"));
}

/// The campaign is shown what it looks for; which of the faults it does not notice.
fn faults_that_are_missed() -> Vec<&'static str> {
    let outcome = |run: fn(&[u8])| {
        let target = Target { name: "wrong", seeds: vec![Vec::new()], run, every: 1 };
        execute(&target, b"\x01", &mut Cost::default())
    };
    // What other threads and the system do meanwhile may hide a fault once, or make one.
    let notices = |run, reason| (0..3).any(|_| outcome(run).is_some_and(|found| found.contains(reason)));
    let spin = |_: &[u8]| {
        let start = thread_time();
        while let (Some(start), Some(now)) = (start, thread_time())
            && now.saturating_sub(start) < MAX_TIME + MAX_TIME / 10
        {}
    };
    // More than the limit by what other threads may give back meanwhile.
    let swell = |_: &[u8]| drop(black_box(vec![0_u8; MAX_PEAK + MAX_PEAK / 8]));
    let found = [
        ("that nothing is wrong", (0..3).any(|_| outcome(|_| {}).is_none())),
        ("a panic", notices(|input| assert!(input.is_empty()), "panic")),
        ("an overflow", notices(|input| assert!(255 + black_box(input[0]) > 0), "overflow")),
        ("memory", notices(swell, "bytes held")),
        ("time", thread_time().is_none() || notices(spin, "CPU time")),
    ];
    found.into_iter().filter(|(_, noticed)| !noticed).map(|(fault, _)| fault).collect()
}
