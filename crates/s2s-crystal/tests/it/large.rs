//! Every construct of a CIF a million times: no stack overflow, linear time, bounded memory.

use std::time::{Duration, Instant};

use s2s_crystal::{ReadOptions, Strictness, cif};

const BLOCK: &str = "data_t\n_cell_length_a 4\n_cell_length_b 4\n_cell_length_c 4\n_cell_angle_alpha 90\n_cell_angle_beta 90\n\
    _cell_angle_gamma 90\nloop_\n_atom_site_type_symbol\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\nNb 0 0 0\n";

/// The constructs, each as a smallest unit; what stands before and after a long row of them.
const UNITS: [(&str, &str, &str); 34] = [
    ("", "global_\n", BLOCK),
    ("", "global_ _a 1\n", BLOCK),
    ("", "data_\n", BLOCK),
    ("", "data_a\n", ""),
    ("data_x ", "save_a save_ ", BLOCK),
    ("data_x ", "save_a ", ""),
    ("data_x ", "save_ ", ""),
    ("data_x ", "save_a _b 1 loop_ _c 1 save_ ", ""),
    ("data_x ", "loop_ ", BLOCK),
    ("data_x ", "loop_ _a ", BLOCK),
    ("data_x ", "loop_ _a 1 ", BLOCK),
    ("data_x loop_ ", "_a ", "1"),
    ("data_x loop_ _a ", "1 ", BLOCK),
    ("data_x loop_ _a _b ", "1 ", BLOCK),
    ("data_x loop_ _a ", "'b c' ", BLOCK),
    ("data_x loop_ _a\n", ";b\n;\n", BLOCK),
    ("data_x loop_ _a\n", ";b\n", BLOCK),
    ("data_x ", "_a ", BLOCK),
    ("data_x ", "_a 1 ", BLOCK),
    ("data_x ", "1 ", BLOCK),
    ("data_x ", "'", BLOCK),
    ("data_x ", "\"", BLOCK),
    ("data_x _a '", "'b", "' "),
    ("data_x\n", ";\n", BLOCK),
    ("data_x\n", ";", BLOCK),
    ("", "#\n", BLOCK),
    ("", "# a ", ""),
    ("", " \n\t\r", BLOCK),
    ("data_x ", "stop_ ", BLOCK),
    ("#\\#CIF_2.0\ndata_x _a ", "[", ""),
    ("#\\#CIF_2.0\ndata_x _a ", "{'b':[", ""),
    ("#\\#CIF_2.0\ndata_x _a [", "b ", "] "),
    ("#\\#CIF_2.0\ndata_x _a ", "'''", " "),
    ("#\\#CIF_2.0\ndata_x ", "]", ""),
];

/// Reads everything; how many structures and errors there are.
fn consume(text: &str, strictness: Strictness) -> (usize, usize) {
    let options = ReadOptions { strictness, ..ReadOptions::disordered() };
    cif::read(text, &options).fold((0, 0), |(read, failed), result| match result {
        Ok(_) => (read + 1, failed),
        Err(_) => (read, failed + 1),
    })
}

/// How long the fastest of two readings takes.
fn time(text: &str) -> Duration {
    let once = || {
        let start = Instant::now();
        consume(text, Strictness::Standard);
        start.elapsed()
    };
    once().min(once())
}

#[test]
fn a_million_of_each_construct_take_linear_time_and_no_stack() {
    // A thread with little stack: recursion over the input would overflow it.
    let work = || {
        for (before, unit, after) in UNITS {
            let text = |times: usize| format!("{before}{}\n{after}", unit.repeat(times));
            let (small, large) = (text(125_000), text(1_000_000));
            let (short, long) = (time(&small), time(&large));
            // Eight times the input takes eight times as long, not 64; below a tenth of a second the clock decides.
            let allowed = 24 * short.max(Duration::from_millis(25));
            assert!(long < allowed, "{before}{unit}…: {short:?} for an eighth, {long:?} for all");
            let (read, failed) = consume(&large, Strictness::Lenient);
            assert!(read + failed >= 1, "{before}{unit}…");
        }
    };
    let thread = std::thread::Builder::new().stack_size(256 << 10).spawn(work).expect("a thread can be started");
    thread.join().expect("no construct overflows the stack or takes too long");
}

#[test]
fn a_structure_after_many_empty_sections_is_read() {
    for unit in ["global_\n", "data_\n", "#\n", "data_x loop_ _a 1\n"] {
        let text = format!("{}{BLOCK}", unit.repeat(20_000));
        assert_eq!(consume(&text, Strictness::Standard), (1, 0), "{unit}");
    }
}

#[test]
fn tables_of_a_million_sites_and_values_are_read_in_linear_time() {
    let columns = "loop_\n_atom_site_type_symbol\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\n";
    let head = BLOCK.split("loop_").next().unwrap_or_default().replace(" 4\n", " 400\n");
    let sites = |n: usize| {
        let row = |i: usize| format!("Nb .{:03} .{:03} .{:03}\n", i % 100 * 10, i / 100 % 100 * 10, i / 10_000 * 10);
        format!("{head}{columns}{}", (0..n).map(row).collect::<String>())
    };
    assert_eq!(consume(&sites(1_000_000), Strictness::Standard), (1, 0));
    assert_eq!(consume(&sites(1_000_001), Strictness::Standard), (0, 1), "the limit on sites holds");
}
