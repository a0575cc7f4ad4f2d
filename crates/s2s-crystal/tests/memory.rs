//! What parsing allocates, counted by the allocator. One test only: the count is that of the whole process.

// An allocator can only be written with unsafe code; this one forwards every call.
#![allow(unsafe_code)]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use s2s_crystal::{Format, ParseErrorKind, ReadOptions};

struct Counting;

static HELD: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call goes to the system's allocator unchanged; counting touches only two atomics.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let held = HELD.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        PEAK.fetch_max(held, Ordering::Relaxed);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

const MIB: usize = 1 << 20;

/// What parsing may allocate at most: 16 times its input and 64 MiB.
fn allowance(input: usize) -> usize {
    16 * input + 64 * MIB
}

/// Reads everything; the peak of what was allocated meanwhile, and the first error.
fn measure(format: Format, text: &[u8]) -> (usize, Duration, Option<ParseErrorKind>) {
    let options = ReadOptions::disordered();
    let before = HELD.load(Ordering::Relaxed);
    PEAK.store(before, Ordering::Relaxed);
    let start = Instant::now();
    let mut kind = None;
    for reading in format.read(text, &options) {
        if let Err(error) = reading {
            kind = kind.or(Some(error.kind()));
        }
    }
    (PEAK.load(Ordering::Relaxed) - before, start.elapsed(), kind)
}

fn cell(a: f64) -> String {
    format!(
        "data_x\n_cell_length_a {a}\n_cell_length_b {a}\n_cell_length_c {a}\n_cell_angle_alpha 90\n_cell_angle_beta 90\n\
         _cell_angle_gamma 90\n"
    )
}

const ATOMS: &str = "loop_\n_atom_site_label\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\n";

fn atoms(count: usize) -> String {
    let coordinate = |i: usize| i as f64 / 101.0 % 1.0;
    (0..count).map(|i| format!("C {} {} {}\n", coordinate(i), coordinate(i / 101), coordinate(i / 10_201))).collect()
}

/// 192 operations: the group that two shifts and 48 rotations make.
fn operations() -> String {
    let mut text = "loop_\n_symmetry_equiv_pos_as_xyz\n".to_owned();
    let axes = [["x", "y", "z"], ["y", "z", "x"], ["z", "x", "y"], ["y", "x", "z"], ["x", "z", "y"], ["z", "y", "x"]];
    for shift in [["", "", ""], ["", "+1/2", "+1/2"], ["+1/2", "", "+1/2"], ["+1/2", "+1/2", ""]] {
        for axes in axes {
            for signs in 0..8 {
                let part = |k: usize| format!("{}{}{}", if signs >> k & 1 == 1 { "-" } else { "" }, axes[k], shift[k]);
                text.push_str(&format!("'{},{},{}'\n", part(0), part(1), part(2)));
            }
        }
    }
    text
}

fn large_inputs() -> Vec<(&'static str, Format, String)> {
    let site = r#"{"species":[{"element":"C","occu":1}],"abc":[0.1,0.2,0.3]}"#;
    let lattice = r#"[[90,0,0],[0,90,0],[0,0,90]]"#;
    let sites = vec![site; 100_000].join(",");
    let positions = vec!["[1,2,3]"; 100_000].join(",");
    let names = vec!["\"C\""; 100_000].join(",");
    vec![
        ("200,000 sites", Format::Cif, format!("{}{ATOMS}{}", cell(300.0), atoms(200_000))),
        ("1,000 sites, 192 operations", Format::Cif, format!("{}{}{ATOMS}{}", cell(90.0), operations(), atoms(1000))),
        ("many blocks", Format::Cif, (0..100_000).map(|i| format!("data_{i}\n_a 1\n")).collect()),
        ("many tags", Format::Cif, format!("data_x\n{}", (0..50_000).map(|i| format!("_{i} 1\n")).collect::<String>())),
        ("many faults", Format::Cif, "data_x\n_a\n".repeat(100_000)),
        (
            "one atom in every block",
            Format::Cif,
            (0..5000).map(|i| format!("{}{ATOMS}C 0 0 0\n", cell(4.0).replace("_x", &format!("_{i}")))).collect(),
        ),
        (
            "POSCAR",
            Format::Poscar,
            format!("x\n1\n90 0 0\n0 90 0\n0 0 90\nC\n200000\nDirect\n{}", "0 0 0\n".repeat(200_000)),
        ),
        ("XYZ", Format::ExtXyz, format!("200000\nLattice=\"90 90 90\"\n{}", "C 0 0 0\n".repeat(200_000))),
        ("XYZ frames", Format::ExtXyz, "1\n\nC 0 0 0\n".repeat(50_000)),
        ("pymatgen", Format::Pymatgen, format!("{{\"lattice\":{{\"matrix\":{lattice}}},\"sites\":[{sites}]}}")),
        ("deep JSON", Format::Pymatgen, "[".repeat(100_000)),
        (
            "OPTIMADE",
            Format::Optimade,
            format!(
                "{{\"lattice_vectors\":{lattice},\"cartesian_site_positions\":[{positions}],\"species_at_sites\":[{names}],\
                 \"species\":[{{\"name\":\"C\",\"chemical_symbols\":[\"C\"],\"concentration\":[1]}}]}}"
            ),
        ),
    ]
}

/// Inputs made to exhaust a reader, and the kind of error that refuses them.
fn adversarial_inputs() -> Vec<(&'static str, Format, String, ParseErrorKind)> {
    let many = format!("{}{}{ATOMS}{}", cell(300.0), operations(), "C 0.1 0.2 0.3\n".repeat(100_000));
    let mut missing = format!("{}{ATOMS}{}", cell(300.0), "C 0.1 0.2 0.3\n".repeat(1_000_000));
    missing.truncate(missing.len() - 5);
    let exhausted = ParseErrorKind::LimitExceeded;
    let shifts: String = (0..100_000).map(|i| format!("x,y,z+{i}/100000\n")).collect();
    vec![
        ("192 operations on 100,000 sites", Format::Cif, many, exhausted),
        ("a loop of a million rows with a missing value", Format::Cif, missing, ParseErrorKind::IncompleteLoop),
        (
            "100,000 operations",
            Format::Cif,
            format!("{}loop_\n_symmetry_equiv_pos_as_xyz\n{shifts}{ATOMS}C 0 0 0\n", cell(9.0)),
            exhausted,
        ),
        ("two million sites", Format::Cif, format!("{}{ATOMS}{}", cell(9.0), "C 0 0 0\n".repeat(2_000_000)), exhausted),
        ("a cell of 10⁻⁶ Å", Format::Cif, format!("{}{ATOMS}C 0 0 0\n", cell(1e-6)), exhausted),
        ("a cell of 10⁹ Å", Format::Cif, format!("{}{ATOMS}C 0 0 0\n", cell(1e9)), exhausted),
        ("a million tags", Format::Cif, format!("data_x\n{}", "_a 1\n".repeat(1_000_000)), exhausted),
        (
            "a billion atoms",
            Format::Poscar,
            "x\n1\n9 0 0\n0 9 0\n0 0 9\nC\n1000000000\nDirect\n0 0 0\n".to_owned(),
            exhausted,
        ),
        (
            "counts that overflow",
            Format::Poscar,
            format!("x\n1\n9 0 0\n0 9 0\n0 0 9\nC C\n{0} {0}\nDirect\n", u64::MAX),
            exhausted,
        ),
        ("a billion atoms in a frame", Format::ExtXyz, "1000000000\n\nC 0 0 0\n".to_owned(), exhausted),
        (
            "columns beyond number",
            Format::ExtXyz,
            "1\nProperties=species:S:1:pos:R:3:x:R:9999:y:R:9999\nC 0 0 0\n".to_owned(),
            exhausted,
        ),
        ("a million brackets", Format::Pymatgen, "[".repeat(1_000_000), ParseErrorKind::Syntax),
        (
            "structures inside structures",
            Format::Pymatgen,
            format!("{}1{}", r#"{"data":"#.repeat(60), "}".repeat(60)),
            exhausted,
        ),
    ]
}

#[test]
fn memory_and_time_are_bounded() {
    for (name, format, text) in large_inputs() {
        let (peak, _, _) = measure(format, text.as_bytes());
        println!(
            "{name}: {:.1} MiB read, {:.1} MiB allocated",
            text.len() as f64 / MIB as f64,
            peak as f64 / MIB as f64
        );
        assert!(peak <= allowance(text.len()), "{name}: {peak} bytes for an input of {}", text.len());
    }
    // Time is that of this machine with others at work; the release figure is a tenth of it.
    let patience = Duration::from_secs(1);
    for (name, format, text, expected) in adversarial_inputs() {
        let (peak, elapsed, kind) = measure(format, text.as_bytes());
        println!("{name}: {:.2} MiB allocated, {elapsed:.1?}", peak as f64 / MIB as f64);
        assert_eq!(kind, Some(expected), "{name}");
        assert!(peak < 8 * MIB, "{name}: {peak} bytes");
        assert!(elapsed < patience, "{name}: {elapsed:?}");
    }
}
