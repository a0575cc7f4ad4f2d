//! What parsing allocates, counted by the allocator. One test only: the count is that of the whole process.
//!
//! It prints the time and memory of each input; `results/limits.md` of s2s-data has those of a release build:
//!
//! ```text
//! cargo test --release -p s2s-crystal --test memory -- --nocapture
//! ```

mod inputs;
mod peak;

use std::time::Instant;

use inputs::{
    adversarial_inputs, adversarial_searches, cutoff, dense_searches, large_inputs, long_cells, searched_crystals,
};
use peak::peak;
use s2s_crystal::{
    CellList, Format, NeighborList, NeighborSearch, ParseErrorKind, ReadOptions, ShellPolicy, StructureFingerprint,
};

const MIB: usize = 1 << 20;

/// A row of the table in `results/limits.md` of s2s-data: the time since the start, and the most that was allocated.
fn print_row(name: &str, start: Instant, peak: usize) {
    println!("| {name} | {:.0} | {:.1} |", 1e3 * start.elapsed().as_secs_f64(), peak as f64 / MIB as f64);
}

/// What parsing may allocate at most: 16 times its input and 64 MiB.
fn allowance(input: usize) -> usize {
    16 * input + 64 * MIB
}

/// Reads everything; the peak of what was allocated meanwhile, and the first error.
fn measure(format: Format, text: &[u8]) -> (usize, Option<ParseErrorKind>) {
    let options = ReadOptions::disordered();
    peak(|| format.read(text, &options).filter_map(Result::err).fold(None, |first, error| first.or(Some(error.kind()))))
}

#[test]
fn memory_is_bounded() {
    println!("| input | ms | MiB |\n|---|---|---|");
    for (name, format, text) in large_inputs() {
        let start = Instant::now();
        let (peak, _) = measure(format, text.as_bytes());
        print_row(&format!("{name}, {:.1} MiB", text.len() as f64 / MIB as f64), start, peak);
        assert!(peak <= allowance(text.len()), "{name}: {peak} bytes for an input of {}", text.len());
    }
    for (name, format, text, expected) in adversarial_inputs() {
        let start = Instant::now();
        let (peak, kind) = measure(format, text.as_bytes());
        print_row(name, start, peak);
        assert_eq!(kind, Some(expected), "{name}");
        assert!(peak < 8 * MIB, "{name}: {peak} bytes");
    }
    let crystals = searched_crystals();
    let mut list = NeighborList::default();
    let mut search_all = || {
        let search = |crystal| CellList::default().search_into(crystal, cutoff(6.0), &mut list);
        crystals
            .iter()
            .try_for_each(search)
            .and_then(|()| CellList::default().nearest_into(&crystals[0], 12, ShellPolicy::Cut, &mut list))
    };
    search_all().expect("the crystals are searched without an error");
    let (again, _) = peak(search_all);
    assert_eq!(again, 0, "a list that has seen the largest crystal needs no more memory");
    for crystal in long_cells() {
        let start = Instant::now();
        let (held, outcome) = peak(|| CellList::default().nearest(&crystal, 12, ShellPolicy::Cut));
        print_row("12 neighbors in a long cell", start, held);
        let list = outcome.expect("the neighbors are found");
        assert_eq!(list.num_pairs(), 24);
        assert!(list.distances().iter().all(|distance| *distance < 25.0));
        assert!(held < 128 * MIB, "{held} bytes");
        let start = Instant::now();
        let (held, _) = peak(|| (crystal.min_distance(), StructureFingerprint::new(&crystal)));
        print_row("shortest distance and fingerprint of a long cell", start, held);
        assert!(held < 64 * MIB, "{held} bytes");
    }
    for (crystal, cutoff) in dense_searches() {
        let start = Instant::now();
        let (peak, _) = peak(|| CellList::default().search(&crystal, cutoff).map(|list| list.num_pairs()));
        print_row(&format!("45 atoms in a cube of 0.2 Å, cutoff of {} Å", cutoff.to_angstrom()), start, peak);
        assert!(peak < 256 * MIB, "{cutoff:?}: {peak} bytes");
    }
    for (name, crystal, cutoff) in adversarial_searches() {
        let start = Instant::now();
        let (peak, outcome) = peak(|| CellList::default().search(&crystal, cutoff).map(|list| list.num_pairs()));
        print_row(name, start, peak);
        let error = outcome.expect_err("an adversarial search is refused").to_string();
        assert!(error.contains("would exceed the limit"), "{name}: {error}");
        assert!(peak < 8 * MIB, "{name}: {peak} bytes");
    }
}
