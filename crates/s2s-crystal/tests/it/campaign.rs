//! Random changes of the corpora through the bodies of the fuzz targets, without a fuzzer: inputs up to 1 MiB and nesting up
//! to 10⁵, no panic, no overflow of numbers or of the stack, nothing that takes more than a second.
//!
//! Each input has one to seven changes. One change in 200 repeats a piece, as much as 2ᵏ times with k drawn evenly from 0 to 17, so that
//! most inputs have some hundreds of bytes and one in some hundreds more than 64 KiB. `S2S_CAMPAIGN_SEED` chooses the random numbers:
//! runs with different seeds add up. The full number is run by hand; the last results are in `results/campaign.md`:
//!
//! ```text
//! S2S_CAMPAIGN=1000000 cargo test -p s2s-crystal --test it campaign::cif -- --nocapture
//! ```

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use chacha20::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};

use crate::{fuzz_corpus::bodies, thread_time::thread_time};

/// Largest input in bytes.
const LARGEST: usize = 1 << 20;

/// Deepest nesting, and most repetitions of a piece.
const DEEPEST: usize = 100_000;

/// Wall time from which an input is run again to measure its CPU time.
const SLOW: Duration = Duration::from_millis(50);

/// Longest CPU time of one execution.
const LONGEST: Duration = Duration::from_secs(1);

/// Pieces that mean something to a format.
const PIECES: &[&str] = &[
    "loop_\n",
    "data_\n",
    "save_",
    "global_\n",
    "\n;",
    "'",
    "\"",
    "[",
    "]",
    "{",
    "}",
    "(",
    ")",
    ",",
    ":",
    "?",
    ".",
    "-",
    "+",
    "0",
    "1",
    "1e308",
    "-1",
    "1/2",
    "x,y,z",
    "x,y,z+0.002",
    "_atom_site_label\n",
    "_atom_site_fract_x\n",
    "_atom_site_occupancy\n",
    "_symmetry_equiv_pos_as_xyz\n",
    "_space_group_IT_number 225\n",
    "_cell_length_a 4\n",
    "_chemical_formula_sum 'Nb3 Sn'\n",
    "Nb0.8Zr0.2",
    "NH4",
    "#\\#CIF_2.0\n",
    "\"a\":",
    "null",
    "NaN",
    "{\"a\":",
    "[[",
    "Lattice=\"",
    "Properties=species:S:1:pos:R:3",
    "Direct\n",
    "Selective dynamics\n",
    "\0",
    "\u{e9}",
    "\r\n",
    "\t",
    " ",
    "99999999999999999999",
    "1(2)",
    "Fe3+",
    "D",
    "□",
];

fn below(random: &mut ChaCha8Rng, bound: usize) -> usize {
    (random.next_u64() % bound.max(1) as u64) as usize
}

/// The files of a target's format, and those of the other formats.
fn seeds(name: &str) -> Vec<Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut seeds = Vec::new();
    for folder in [&format!("fuzz/seeds/{name}")[..], "tests/corpus/valid", "tests/corpus/malformed", "tests/cif"] {
        let entries = fs::read_dir(root.join(folder)).expect("a folder of seeds can be read");
        let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry can be read").path()).collect();
        paths.sort();
        // Files of other formats say little about this one.
        let wanted = |path: &Path| {
            let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
            folder.starts_with("fuzz")
                || match name {
                    "cif" => ending == "cif",
                    "poscar" => ending == "vasp",
                    "extxyz" => ending == "extxyz",
                    "pymatgen" | "ase" => ending == "json",
                    "optimade" => ending == "optimade",
                    _ => false,
                }
        };
        seeds.extend(paths.iter().filter(|path| wanted(path)).map(|path| fs::read(path).expect("a seed can be read")));
    }
    seeds
}

/// One change of an input; large ones are rare.
fn change(input: &mut Vec<u8>, seeds: &[Vec<u8>], random: &mut ChaCha8Rng) {
    let at = below(random, input.len() + 1);
    let piece = PIECES[below(random, PIECES.len())].as_bytes();
    match below(random, 400) {
        0 => {
            // A piece many times, or nested: everything after it closes what it opens, or not.
            let times = 1 << below(random, 18);
            let times = times.min(DEEPEST).min(LARGEST / piece.len());
            input.splice(at..at, piece.repeat(times));
        }
        1 => {
            let start = below(random, at + 1);
            let part = input[start..at].to_vec();
            let times = (1 << below(random, 16)).min(LARGEST / (part.len() + 1));
            input.splice(at..at, part.repeat(times));
        }
        2..=40 => {
            let other = &seeds[below(random, seeds.len())];
            let from = below(random, other.len() + 1);
            let to = from + below(random, (other.len() - from).min(200) + 1);
            input.splice(at..at, other[from..to].iter().copied());
        }
        41..=100 => {
            let end = (at + below(random, 40)).min(input.len());
            input.drain(at..end);
        }
        101..=220 => {
            input.splice(at..at, piece.iter().copied());
        }
        221..=280 => {
            let end = (at + piece.len()).min(input.len());
            input.splice(at..end, piece.iter().copied());
        }
        _ => {
            if let Some(byte) = input.get_mut(at) {
                *byte ^= 1 << below(random, 8);
            }
        }
    }
    input.truncate(LARGEST);
}

fn campaign(name: &str, target: fn(&[u8])) {
    let setting = |name| std::env::var(name).ok().and_then(|n| n.parse().ok());
    let executions: u64 = setting("S2S_CAMPAIGN").unwrap_or(1500);
    let seed = setting("S2S_CAMPAIGN_SEED").unwrap_or(20);
    let seeds = seeds(name);
    assert!(!seeds.is_empty(), "there are seeds for {name}");
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let (mut bytes, mut largest, mut longest) = (0, 0, Duration::ZERO);
    for _ in 0..executions {
        let mut input = seeds[below(&mut random, seeds.len())].clone();
        for _ in 0..=below(&mut random, 6) {
            change(&mut input, &seeds, &mut random);
        }
        let start = Instant::now();
        target(&input);
        let mut time = start.elapsed();
        if time > SLOW {
            // On a busy machine a process stands still at times.
            let start = (Instant::now(), thread_time());
            target(&input);
            time = match (start.1, thread_time()) {
                (Some(before), Some(after)) => after - before,
                _ => start.0.elapsed(),
            };
        }
        bytes += input.len() as u64;
        largest = largest.max(input.len());
        longest = longest.max(time);
        if time > LONGEST {
            let path = std::env::temp_dir().join(format!("s2s-slow-{name}-{seed}"));
            fs::write(&path, &input).expect("a temporary file can be written");
            panic!("{name}: {time:?} for {} bytes, which are kept in {}", input.len(), path.display());
        }
    }
    println!(
        "| {name} | {seed} | {executions} | {} | {largest} | {:.0} |",
        bytes / executions.max(1),
        1e3 * longest.as_secs_f64()
    );
}

#[test]
fn cif() {
    campaign("cif", bodies::cif);
}

#[test]
fn poscar() {
    campaign("poscar", bodies::poscar);
}

#[test]
fn extxyz() {
    campaign("extxyz", bodies::extxyz);
}

#[test]
fn pymatgen() {
    campaign("pymatgen", bodies::pymatgen);
}

#[test]
fn optimade() {
    campaign("optimade", bodies::optimade);
}

#[test]
fn ase() {
    campaign("ase", bodies::ase);
}

#[test]
fn formula() {
    campaign("formula", bodies::formula);
}

#[test]
fn symop() {
    campaign("symop", bodies::symop);
}
