//! Inputs of a quarter of a million repetitions, and of up to 1 MiB of mutated text: no panic, and time in proportion.

use std::time::Duration;

use s2s_crystal::{Format, ReadOptions};

use crate::{fuzz_corpus::bodies, thread_time::thread_time};

/// Repetitions of a unit.
const TIMES: usize = 250_000;

/// Processor time for so many. What grows with the square of an input and takes 16 seconds for a million takes one for these.
const MOST: Duration = Duration::from_secs(1);

#[track_caller]
fn in_time<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let start = thread_time();
    let outcome = work();
    if let (Some(start), Some(end)) = (start, thread_time()) {
        assert!(end - start < MOST, "{what}: {:?}", end - start);
    }
    outcome
}

const CELL: &str = "x\n1\n9 0 0\n0 9 0\n0 0 9\n";
const STRUCTURE: &str = r#"{"lattice":{"matrix":[[9,0,0],[0,9,0],[0,0,9]]},"sites":["#;
const ENTRY: &str =
    r#"{"lattice_vectors":[[9,0,0],[0,9,0],[0,0,9]],"cartesian_site_positions":[[1,2,3]],"species_at_sites":["#;

/// Many of the smallest unit of every construct, behind what brings a reader there.
fn repetitions() -> Vec<(Format, &'static str, String)> {
    let poscar = [
        ("", " "),
        ("", "\n"),
        ("x\n", "1 "),
        ("x\n1\n", "0 "),
        (CELL, "H "),
        (CELL, "H\n"),
        (CELL, "1 "),
        (CELL, "1\n"),
        (CELL, "0\n"),
        (CELL, "!"),
    ];
    let counted = format!("{CELL}H\n{TIMES}\nDirect\n");
    let labelled = format!("{CELL}{TIMES}\nDirect\n");
    let positions = [(counted.as_str(), "0 0 0\n"), (counted.as_str(), "\t"), (labelled.as_str(), "0 0 0 H\n")];
    let xyz = [
        ("", "\n"),
        ("", "1 "),
        ("", "1\n\nH 0 0 0\n"),
        ("1\n", "["),
        ("1\n", "\""),
        ("1\n", "\\"),
        ("1\n", "="),
        ("1\n", "a "),
        ("1\n", "a=1 "),
        ("1\nProperties=species:S:1:pos:R:3 ", "a=[1] "),
        ("1\nProperties=", "a:R:1:"),
        ("1\nProperties=", ":"),
        ("1\nLattice=\"", "1 "),
        ("1\npbc=\"", "T "),
        ("1\n\n", "H "),
        ("250000\n\n", "H 0 0 0\n"),
        ("1\nlattice ", "lattice "),
        ("1\n", "properties "),
    ];
    let json = [
        ("", "["),
        ("", "{\"a\":"),
        ("", "{}"),
        ("", "{}\n"),
        ("", "[]"),
        ("", "1 "),
        ("", "\""),
        ("", "\\"),
        ("\"", "\\u0041"),
        ("[", "{},"),
        ("[", "[{}],"),
        ("[", "1,"),
        ("{", "\"a\":1,"),
        ("{", "\"a\":{\"lattice\":{}},"),
        ("{\"data\":[", "{},"),
        ("{\"data\":[[", "1,"),
        ("{\"structure\":\"", "\\n"),
        ("{\"structure\":", "{\"structure\":"),
        ("-", "9"),
        ("1.", "9"),
        ("", "\n{"),
    ];
    let sites = [
        (STRUCTURE, r#"{"species":[{"element":"H","occu":1}],"abc":[0,0,0]},"#),
        (STRUCTURE, "{},"),
        (STRUCTURE, r#"{"species":[{"element":"H"}],"abc":[0,0,0],"properties":{"a":[[NaN]]}},"#),
    ];
    let entries = [(ENTRY, "\"H\","), (ENTRY, "1,")];
    let rows = [(r#"{"positions":[[0,0,0]],"numbers":["#, "1,"), (r#"{"numbers":[1],"positions":["#, "[0,0,0],")];
    let all = |format, cases: &[(&str, &'static str)]| {
        let repeated = |(before, unit): &(&str, &'static str)| {
            let units = unit.repeat(TIMES);
            // Both what ends in the middle and what is closed.
            let closed = format!("{before}{}]}}", units.trim_end_matches(','));
            [(format, *unit, format!("{before}{units}")), (format, *unit, closed)]
        };
        cases.iter().flat_map(repeated).collect::<Vec<_>>()
    };
    [
        all(Format::Poscar, &poscar),
        all(Format::Poscar, &positions),
        all(Format::ExtXyz, &xyz),
        all(Format::Pymatgen, &json),
        all(Format::Pymatgen, &sites),
        all(Format::Optimade, &entries),
        all(Format::Ase, &rows),
    ]
    .concat()
}

#[test]
fn a_quarter_of_a_million_of_the_smallest_units_take_time_in_proportion() {
    let options = ReadOptions::disordered();
    for (format, unit, text) in repetitions() {
        let (structures, faults) = in_time(unit, || {
            format.read(text.as_bytes(), &options).fold((0, 0), |(structures, faults), structure| match structure {
                Ok(_) => (structures + 1, faults),
                Err(_) => (structures, faults + 1),
            })
        });
        assert!(structures + faults > 0, "{unit}");
        assert!(format != Format::Pymatgen || faults <= 1001, "{unit}: {faults} faults");
    }
}

#[test]
fn words_of_a_quarter_of_a_megabyte_take_time_in_proportion() {
    let cell = "data_x\n_cell_length_a 9\n_cell_length_b 9\n_cell_length_c 9\n_cell_angle_alpha 90\n_cell_angle_beta 90\n\
        _cell_angle_gamma 90\n";
    let atoms = |kind: &str, word: &str| {
        format!(
            "loop_\n_atom_site_{kind}\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\n'{word}' 0 0 0\n"
        )
    };
    let options = ReadOptions::disordered();
    for unit in [
        "save_", "A", "Nb", "0.1-x", "0.", "1", "_", "(1)", "(", "+", "1+", "Nb0.5", "a1", "/", "0.5Nb + ", "-x", "x,",
        "1/",
    ] {
        let word = format!("Sn{}", unit.repeat(TIMES / unit.len()));
        let tagged = |tag: &str, word: &str| format!("{cell}{tag} '{word}'\n{}", atoms("type_symbol", "Sn"));
        for (format, text) in [
            (Format::Cif, format!("{cell}{}", atoms("type_symbol", &word))),
            (Format::Cif, format!("{cell}{}", atoms("label", &word))),
            (Format::Cif, format!("{cell}{}", atoms("label", &word[2..]))),
            (Format::Cif, tagged("_chemical_formula_sum", &word)),
            (Format::Cif, tagged("_symmetry_space_group_name_H-M", &word)),
            (Format::Cif, tagged("_space_group_name_Hall", &word[2..])),
            (Format::Cif, tagged("_symmetry_equiv_pos_as_xyz", &word[2..])),
            (Format::Poscar, format!("{CELL}{word}\n1\nDirect\n0 0 0\n")),
            (Format::ExtXyz, format!("1\n\n{word} 0 0 0\n")),
            (
                Format::Optimade,
                format!(
                    "{ENTRY}\"Sn\"],\"species\":[{{\"name\":\"Sn\",\"chemical_symbols\":[\"{word}\"],\"concentration\":[1]}}]}}"
                ),
            ),
        ] {
            assert!(in_time(unit, || format.read(text.as_bytes(), &options).count()) > 0, "{unit}");
        }
    }
}

/// Numbers that are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit.max(1) as u64) as usize
    }
}

/// Pieces of the seeds and of the files of the corpus, joined up to a length, with bytes changed.
fn mutated(pieces: &[Vec<u8>], length: usize, numbers: &mut Numbers) -> Vec<u8> {
    let mut input = Vec::with_capacity(length);
    while input.len() < length {
        let piece = &pieces[numbers.below(pieces.len())];
        let start = if numbers.below(2) == 0 { 0 } else { numbers.below(piece.len()) };
        let end = if numbers.below(2) == 0 { piece.len() } else { start + numbers.below(piece.len() - start) };
        let times = if numbers.below(8) == 0 { 1 + numbers.below(2000) } else { 1 };
        for _ in 0..times {
            input.extend_from_slice(&piece[start..end]);
            if input.len() >= length {
                break;
            }
        }
        input.push(b" \n,]}\"0"[numbers.below(7)]);
    }
    for _ in 0..numbers.below(20) {
        let at = numbers.below(input.len());
        input[at] = numbers.below(256) as u8;
    }
    input.truncate(length);
    input
}

/// A target, the endings of the files that it reads, and what it does.
type Target = (&'static str, &'static [&'static str], fn(&[u8]));

#[test]
fn mutated_texts_of_a_mebibyte_give_structures_or_errors() {
    let targets: [Target; 5] = [
        ("poscar", &["vasp"], bodies::poscar),
        ("extxyz", &["extxyz"], bodies::extxyz),
        ("pymatgen", &["json"], bodies::pymatgen),
        ("optimade", &["optimade"], bodies::optimade),
        ("ase", &["json", "ase"], bodies::ase),
    ];
    let cases = std::env::var("S2S_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(24);
    for (name, endings, target) in targets {
        let tables = ["valid", "malformed"].into_iter().flat_map(crate::corpus::table);
        let of_format = tables.filter(|(file, ..)| endings.iter().any(|ending| file.ends_with(ending)));
        let mut pieces: Vec<Vec<u8>> = of_format.map(|(_, bytes, _)| bytes).filter(|bytes| !bytes.is_empty()).collect();
        let seeds = format!("{}/fuzz/seeds/{name}", env!("CARGO_MANIFEST_DIR"));
        for seed in std::fs::read_dir(seeds).expect("the seeds can be listed") {
            pieces.push(std::fs::read(seed.expect("a seed can be listed").path()).expect("a seed can be read"));
        }
        let mut numbers = Numbers(0x9E37_79B9_7F4A_7C15);
        for case in 0..cases {
            let length = 1 + numbers.below(1 << [10, 14, 18, 20][case % 4]);
            let input = mutated(&pieces, length, &mut numbers);
            in_time(name, || target(&input));
        }
    }
}
