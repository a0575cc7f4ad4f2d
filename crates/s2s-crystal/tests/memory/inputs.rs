//! Inputs that cost a reader the most, and inputs made to exhaust it.

use s2s_crystal::{Crystal, Cutoff, Element, Format, Frac, Lattice, ParseErrorKind, Site};

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

/// A cell as long as the limit of volumes allows, with atoms too close for the boxes of a shorter one.
fn needle() -> String {
    let sites: String = (0..200_000).map(|k| format!("C {:e} 0.5 0.5\n", f64::from(k) * 0.09 / 6e9)).collect();
    let cell = cell(0.4).replacen("_cell_length_a 0.4", "_cell_length_a 6000000000", 1);
    format!("{cell}{ATOMS}{sites}")
}

/// Translations along **c** by multiples of a step.
fn steps(count: usize, step: f64) -> String {
    let operations: String = (0..count).map(|k| format!("x,y,z+{}\n", k as f64 * step)).collect();
    format!("{}loop_\n_symmetry_equiv_pos_as_xyz\n{operations}{ATOMS}C 0.1 0.2 0.3\n", cell(9.0))
}

pub(crate) fn large_inputs() -> Vec<(&'static str, Format, String)> {
    let site = r#"{"species":[{"element":"C","occu":1}],"abc":[0.1,0.2,0.3]}"#;
    let lattice = r#"[[90,0,0],[0,90,0],[0,0,90]]"#;
    let sites = vec![site; 100_000].join(",");
    let positions = vec!["[1,2,3]"; 100_000].join(",");
    let names = vec!["\"C\""; 100_000].join(",");
    vec![
        ("200,000 sites in a needle", Format::Cif, needle()),
        ("1,000 operations that are steps of a thousandth", Format::Cif, steps(1000, 0.001)),
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
pub(crate) fn adversarial_inputs() -> Vec<(&'static str, Format, String, ParseErrorKind)> {
    let many = format!("{}{}{ATOMS}{}", cell(300.0), operations(), "C 0.1 0.2 0.3\n".repeat(100_000));
    let mut missing = format!("{}{ATOMS}{}", cell(300.0), "C 0.1 0.2 0.3\n".repeat(1_000_000));
    missing.truncate(missing.len() - 5);
    let exhausted = ParseErrorKind::LimitExceeded;
    let shifts: String = (0..100_000).map(|i| format!("x,y,z+{i}/100000\n")).collect();
    vec![
        ("three operations within the tolerance", Format::Cif, steps(3, 0.002), ParseErrorKind::InconsistentSymmetry),
        (
            "1,024 operations within the tolerance",
            Format::Cif,
            steps(1024, 0.000_97),
            ParseErrorKind::InconsistentSymmetry,
        ),
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
        ("a million brackets", Format::Pymatgen, "[".repeat(1_000_000), exhausted),
        (
            "structures inside structures",
            Format::Pymatgen,
            format!("{}1{}", r#"{"data":"#.repeat(60), "}".repeat(60)),
            exhausted,
        ),
    ]
}

/// A cutoff of this many Å.
pub(crate) fn cutoff(length: f64) -> Cutoff {
    Cutoff::angstrom(length).expect("the cutoff is positive")
}

fn polonium(lengths: [f64; 3], angles: [f64; 3], positions: Vec<Frac>) -> Crystal {
    let polonium = Element::from_atomic_number(84).expect("polonium is an element");
    let lattice = Lattice::from_parameters(lengths, angles).expect("the lengths and angles make a cell");
    let sites = positions.into_iter().map(|position| Site::pure(polonium, position)).collect();
    Crystal::new(lattice, sites).expect("the positions are finite")
}

/// One bin, many bins, a slanted cell, atoms outside of the cell.
pub(crate) fn searched_crystals() -> Vec<Crystal> {
    let line = |count: usize, step: f64| (0..count).map(|k| Frac([k as f64 * step, k as f64 * 0.37, 0.2])).collect();
    vec![
        polonium([3.3; 3], [90.0; 3], line(2, 0.5)),
        polonium([30.0; 3], [90.0; 3], line(1000, 0.013)),
        polonium([4.0, 5.0, 9.0], [40.0, 60.0, 35.0], line(3, 0.31)),
    ]
}

/// Long and flat cells, in which the nearest neighbors are images along the short vectors.
pub(crate) fn long_cells() -> Vec<Crystal> {
    let cell = |lengths, gamma| polonium(lengths, [90.0, 90.0, gamma], vec![Frac([0.0; 3]), Frac([0.5; 3])]);
    vec![cell([1e8, 4.0, 4.0], 90.0), cell([1e8, 4.0, 4.0], 30.0), cell([3e4, 3e4, 4.0], 90.0)]
}

/// Atoms so dense that their neighbors fill any memory, cutoffs that are usual.
pub(crate) fn dense_searches() -> Vec<(Crystal, Cutoff)> {
    let positions = (0..45_u32).map(|k| Frac([k % 5, k / 5 % 3, k / 15].map(|n| f64::from(n) / 6.0))).collect();
    let cube = polonium([0.2; 3], [90.0; 3], positions);
    [2.0, 5.0, 8.0, 12.0].map(|length| (cube.clone(), cutoff(length))).to_vec()
}

/// Searches for neighbors that would fill any memory.
pub(crate) fn adversarial_searches() -> Vec<(&'static str, Crystal, Cutoff)> {
    let search = |name, lengths, length| (name, polonium(lengths, [90.0; 3], vec![Frac([0.0; 3])]), cutoff(length));
    vec![
        search("a cutoff of 10,000 cells", [3.0; 3], 3e4),
        search("a cutoff of 10,000 plane spacings along one vector", [5e-4, 20.0, 20.0], 5.0),
        search("a cutoff of 10,000 plane spacings along two vectors", [5e-4, 5e-4, 20.0], 5.0),
        search("a cell of 10⁻⁶ Å", [1e-6; 3], 5.0),
        search("a cutoff that spans 10⁹ pairs", [0.2; 3], 100.0),
    ]
}
