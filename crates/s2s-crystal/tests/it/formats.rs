//! POSCAR and extended XYZ as people have them, and what all formats share, with every sentence that readers say about them.

use s2s_crystal::{DiagnosticKind, Element, Format, OccupancyPolicy, ParsedStructure, ReadOptions, Strictness};

use crate::json_formats::{SITE, entry, structure};

/// Everything that reading says: structures as their sites and findings, faults as `!` and the sentence.
pub(crate) fn said(format: Format, text: &str, options: &ReadOptions) -> Vec<String> {
    let tell = |structure: Result<ParsedStructure, _>| match structure {
        Ok(structure) => {
            let findings: Vec<String> = structure.diagnostics.iter().map(|d| format!("; {d}")).collect();
            format!("{} sites{}", structure.crystal.num_sites(), findings.concat())
        }
        Err(error) => format!("! {error}"),
    };
    format.read(text.as_bytes(), options).map(tell).collect()
}

#[track_caller]
pub(crate) fn assert_said(format: Format, text: &str, expected: &[&str]) {
    assert_eq!(said(format, text, &ReadOptions::disordered()), expected, "{text}");
}

/// What is an error if warnings are.
#[track_caller]
fn assert_strict(format: Format, text: &str, expected: &str) {
    let strict = ReadOptions { strictness: Strictness::Strict, ..ReadOptions::disordered() };
    assert_eq!(said(format, text, &strict), [expected], "{text}");
}

fn poscar(symbols_and_counts: &str, rest: &str) -> String {
    format!("x\n1.0\n9 0 0\n0 9 0\n0 0 9\n{symbols_and_counts}\n{rest}")
}

const TWO: &str = "Direct\n0 0 0\n.5 .5 .5\n";

#[test]
fn symbols_and_counts_go_over_several_lines() {
    for head in ["Nb N\n1 1", "Nb\nN\n1 1", "Nb N\n1\n1", "Nb\nN\n1\n1", "  Nb\tN  ! two\n 1 1 # each", "Nb N\r\n1 1"] {
        assert_said(Format::Poscar, &poscar(head, TWO), &["2 sites"]);
    }
    assert_said(Format::Poscar, &poscar("Nb N\n1 1 1", TWO), &["! line 7, column 1: 2 elements have 3 counts"]);
    assert_said(Format::Poscar, &poscar("Nb N\n1\n1 1", TWO), &["! line 7, column 1: 2 elements have 3 counts"]);
    assert_said(Format::Poscar, &poscar("Nb N\n1", TWO), &["! line 7, column 1: 2 elements have 1 counts"]);
    let unnamed = "! line 9, column 6: the file names no elements (VASP 4), and its comment is not a symbol for each count: supply them, on the command line with --elements";
    assert_said(Format::Poscar, &poscar("1\n1", TWO), &[unnamed]);
    let elements = ["Nb", "N"].map(|symbol| Element::from_symbol(symbol).expect("it is an element")).to_vec();
    let supplied = ReadOptions { elements, ..ReadOptions::ordered() };
    assert_eq!(said(Format::Poscar, &poscar("1\n1", TWO), &supplied), ["2 sites"]);
    assert_eq!(said(Format::Poscar, &poscar("1", TWO), &supplied), ["! line 6, column 1: 2 elements have 1 counts"]);
}

#[test]
fn a_comment_that_is_a_symbol_for_each_count_names_the_elements_with_a_warning() {
    let text = |comment: &str, counts: &str, rest: &str| poscar(counts, rest).replacen('x', comment, 1);
    let taken =
        |symbols: &str| format!("the file names no elements (VASP 4); they were taken from its comment: {symbols}");
    for comment in ["Nb N", "  Nb   N  ", "N Nb", "Nb Nb"] {
        let symbols = comment.split_whitespace().collect::<Vec<_>>().join(" ");
        let column = 1 + comment.len() - comment.trim_start().len();
        let warning = format!("2 sites; line 1, column {column}: warning: {}", taken(&symbols));
        assert_said(Format::Poscar, &text(comment, "1 1", TWO), &[&warning]);
        let error = format!("! line 1, column {column}: {}", taken(&symbols));
        assert_strict(Format::Poscar, &text(comment, "1 1", TWO), &error);
    }
    // A first position with a symbol stands for all of them.
    let partly = "! line 9, column 9: no symbol stands behind this position, as one does behind others";
    assert_said(Format::Poscar, &text("Nb N", "1 1", &TWO.replacen("0 0 0", "0 0 0 Nb", 1)), &[partly]);
    let unnamed = "! line 8, column 6: the file names no elements (VASP 4), and its comment is not a symbol for each count: \
                   supply them, on the command line with --elements";
    for comment in ["Nb", "Nb N O", "NbN", "Nb1 N1", "nb n", "NB N", "Nb N!", "Nb, N", "Nb_pv N", "D T", "no title", ""]
    {
        assert_said(Format::Poscar, &text(comment, "1 1", TWO), &[unnamed]);
    }
    // Whatever else names the elements comes first.
    let elements = ["Nb", "N"].map(|symbol| Element::from_symbol(symbol).expect("it is an element")).to_vec();
    let supplied = ReadOptions { elements, ..ReadOptions::ordered() };
    let composition = |text: &str, options: &ReadOptions| {
        let read = Format::Poscar.read(text.as_bytes(), options).next().expect("there is a structure");
        let read = read.unwrap_or_else(|error| panic!("{error}"));
        (read.crystal.composition().hill_formula(), read.diagnostics.len())
    };
    assert_eq!(composition(&text("Fe O", "1 1", TWO), &supplied), ("N Nb".to_owned(), 0));
    let labelled = "Selective dynamics\nDirect\n0 0 0 T T T Ti\n.5 .5 .5 T T T C\n";
    assert_eq!(composition(&text("Fe O", "1 1", labelled), &ReadOptions::ordered()), ("C Ti".to_owned(), 0));
    let one_configuration = "Direct configuration= 1\n0 0 0\n.5 .5 .5\n";
    assert_eq!(composition(&text("Fe O", "1 1", one_configuration), &ReadOptions::ordered()), ("Fe O".to_owned(), 1));
}

#[test]
fn suffixes_of_symbols_mean_nothing_and_other_words_are_no_elements() {
    for symbol in
        ["Fe_pv", "Fe_sv_GW", "Fe1", "Fe2+", "Fe+3", "Fe/7a3bff01", "Fe_pv/7A3BFF01", "Fe_AE", "Fe_GW", "Fe-1", "FE"]
    {
        assert_said(Format::Poscar, &poscar(&format!("{symbol}\n2"), TWO), &["2 sites"]);
    }
    let isotope = |word: &str| format!("2 sites; line 6, column 1: note: {word} was read as hydrogen");
    for symbol in ["D", "T", "H.75", "H1.25"] {
        assert_said(Format::Poscar, &poscar(&format!("{symbol}\n2"), TWO), &[&isotope(symbol)]);
    }
    for symbol in [
        "Nb0.8Zr0.2",
        "NH4",
        "CO2",
        "OH1",
        "Wat",
        "Vac",
        "X",
        "Fe2O3",
        "Fe(2)",
        "CF3",
        "NH",
        "CN",
        "NO",
        "Nb/Zr",
        "Nb_Zr",
        "Nb-N",
        "Nb:Zr",
        "Nb+Zr_pv",
    ] {
        let sentence = format!("! line 6, column 1: {symbol} is no element");
        assert_said(Format::Poscar, &poscar(&format!("{symbol}\n2"), TWO), &[&sentence]);
    }
}

#[test]
fn words_behind_positions_name_elements_or_contradict_those_that_are_counted() {
    let flags = "Selective dynamics\nDirect\n0 0 0 T T F Nb\n.5 .5 .5 T T T N\n";
    assert_said(Format::Poscar, &poscar("1 1", flags), &["2 sites"]);
    assert_said(Format::Poscar, &poscar("Nb N\n1 1", flags), &["2 sites"]);
    let warning = "line 10, column 13: warning: Nb stands behind a position that the counts give to N";
    assert_said(Format::Poscar, &poscar("N Nb\n1 1", flags), &[&format!("2 sites; {warning}")]);
    let error = "! line 10, column 13: Nb stands behind a position that the counts give to N";
    assert_strict(Format::Poscar, &poscar("N Nb\n1 1", flags), error);
}

#[test]
fn scale_lines_and_modes_are_read_as_vasp_reads_them() {
    for (scale, edge) in [("1.0D0", 9.0), ("-1458", 1458.0_f64.cbrt()), ("1 1 2 ! z", 9.0), ("2 remark", 18.0)] {
        for mode in ["Direct", "direct", "D", "Fractional", "Selective\nDirect"] {
            let text = poscar("Nb\n2", &TWO.replace("Direct", mode)).replace("\n1.0\n", &format!("\n{scale}\n"));
            let read = Format::Poscar.read(text.as_bytes(), &ReadOptions::ordered()).next();
            let length = read.expect("there is a structure").map(|s| s.crystal.lattice().lengths()[0]);
            assert!((length.expect("it is read") - edge).abs() < 1e-9, "{scale}, {mode}");
        }
    }
    let sentence = "! line 8, column 1: the coordinates are neither Direct nor Cartesian: Positions";
    assert_said(Format::Poscar, &poscar("Nb\n2", &TWO.replace("Direct", "Positions")), &[sentence]);
}

const MOLECULE: &str = "note: no lattice is stated; the frame is a molecule";

#[test]
fn a_plain_comment_is_a_comment_whatever_it_says() {
    for comment in [
        "",
        "water",
        "[Cu(H2O step 12",
        "E = -12.3 \"unclosed",
        "it's 5 o'clock",
        "{a: 1",
        "a=b=c == =",
        "step=5 energy=-1.2 pbc",
        "charge=1 name=\"ion\"",
        "pbc=\"F F F\"",
        "\\",
        "\u{e9}\u{fffd}",
    ] {
        let text = format!("1\n{comment}\nPo 0 0 0\n");
        let name = if comment.contains("name=") { " (block ion)" } else { "" };
        assert_said(Format::ExtXyz, &text, &[&format!("1 sites; line 2, column 1{name}: {MOLECULE}")]);
    }
    let unread = "warning: the comment names a lattice without nine numbers; it was read as a comment";
    for comment in ["Lattice=fcc", "lattice = \"5 5\"", "Lattice=\"1 2 3 4 5 6 7 8 x\"", "a=[ Lattice=\"5"] {
        let text = format!("1\n{comment}\nPo 0 0 0\n");
        let said = said(Format::ExtXyz, &text, &ReadOptions::disordered());
        assert!(said[0].contains(unread) && said[0].contains(MOLECULE), "{comment}: {said:?}");
        assert_strict(Format::ExtXyz, &text, &format!("! line 2, column 1: {}", &unread["warning: ".len()..]));
    }
}

#[test]
fn a_comment_with_columns_or_a_whole_lattice_is_read_strictly() {
    let text = |comment: &str| format!("1\n{comment}\nPo 0 0 0\n");
    for (comment, sentence) in [
        ("Properties=species:S:1:pos:R:3 a=[1", "! line 2, column 34: a bracketed value has no end"),
        ("Lattice=\"9 0 0 0 9 0 0 0 9\" a=\"1", "! line 2, column 31: a quoted value has no end"),
        ("properties=species:S:1", "! line 2, column 12: Properties names no column pos"),
        (
            "Properties=species:S:1:pos:R:3:pos:R:3",
            "! line 2, column 32: Properties names pos after a column of the same meaning",
        ),
        (
            "Properties=species:S:1:element:S:1:pos:R:3",
            "! line 2, column 24: Properties names element after a column of the same meaning",
        ),
        ("pbc=\"T T F\"", "! line 2, column 1: the frame is periodic but has no Lattice"),
    ] {
        assert_said(Format::ExtXyz, &text(comment), &[sentence]);
    }
    let both = "1\nProperties=species:S:1:Z:I:1:pos:R:3\nFe 27 0 0 0\n";
    assert_said(Format::ExtXyz, both, &["! line 3, column 4: one column says Fe, another Co"]);
}

#[test]
fn groups_and_water_are_no_elements_in_a_frame() {
    for symbol in ["Wat1", "Wat", "NH4", "H2O", "CF3", "NH", "CN", "OH", "Nb/Zr", "OW1", "Vac", "X"] {
        let sentence = format!("! line 3, column 1: {symbol} is no element");
        assert_said(Format::ExtXyz, &format!("1\n\n{symbol} 0 0 0\n"), &[&sentence]);
    }
    for symbol in ["Fe", "FE", "Fe1", "fe", "26", "Fe3+"] {
        assert_said(
            Format::ExtXyz,
            &format!("1\n\n{symbol} 0 0 0\n"),
            &[&format!("1 sites; line 2, column 1: {MOLECULE}")],
        );
    }
}

#[test]
fn lattice_vectors_of_zero_stand_for_directions_without_repetition() {
    let frame = |lattice: &str, pbc: &str| format!("2\nLattice=\"{lattice}\"{pbc}\nPo 0 0 0\nPo 1 2 2\n");
    let lengths = |text: &str| {
        let read = Format::ExtXyz.read(text.as_bytes(), &ReadOptions::ordered()).next();
        let structure = read.expect("there is a frame").expect("it is read");
        (structure.crystal.lattice().lengths().map(|l| (l * 1e6).round() / 1e6), structure.crystal.periodic())
    };
    assert_eq!(lengths(&frame("0 0 0 0 0 0 0 0 0", " pbc=\"F F F\"")), ([11.0, 12.0, 12.0], [false; 3]));
    assert_eq!(lengths(&frame("0 0 0 0 0 0 0 0 0", "")), ([11.0, 12.0, 12.0], [false; 3]));
    assert_eq!(lengths(&frame("4 0 0 0 4 0 0 0 0", " pbc=\"T T F\"")), ([4.0, 4.0, 12.0], [true, true, false]));
    assert_eq!(lengths(&frame("4 0 0 0 0 0 0 0 0", " pbc=\"T F F\"")), ([4.0, 12.0, 12.0], [true, false, false]));
    assert_eq!(lengths(&frame("0 0 0 0 0 0 0 3 4", " pbc=\"F F T\"")).0[2], 5.0);
    let sentence = "! line 2, column 10: lattice vector 3 is zero, but the atoms repeat along it";
    assert_said(Format::ExtXyz, &frame("4 0 0 0 4 0 0 0 0", " pbc=\"T T T\""), &[sentence]);
}

#[test]
fn of_a_long_name_the_beginning_is_kept_in_every_format() {
    let cell = "[[9,0,0],[0,9,0],[0,0,9]]";
    let block = "_cell_length_a 9\n_cell_length_b 9\n_cell_length_c 9\n_cell_angle_alpha 90\n_cell_angle_beta 90\n\
        _cell_angle_gamma 90\n_space_group_IT_number 1\nloop_\n_atom_site_type_symbol\n_atom_site_fract_x\n\
        _atom_site_fract_y\n_atom_site_fract_z\nNb 0 0 0\n";
    for (length, kept) in [(1000, "é".repeat(1000)), (1001, format!("{}…", "é".repeat(1000)))] {
        let name = "é".repeat(length);
        let with_lattice = format!("Lattice=\"9 0 0 0 9 0 0 0 9\" name={name}");
        for (format, text) in [
            (Format::Cif, format!("data_{name}\n{block}")),
            (Format::Poscar, poscar("Nb\n1", "Direct\n0 0 0\n").replacen('x', &name, 1)),
            (Format::ExtXyz, format!("1\n{with_lattice}\nNb 0 0 0\n")),
            (Format::Pymatgen, structure(SITE).replacen('{', &format!("{{\"id\": \"{name}\", "), 1)),
            (Format::Pymatgen, format!("{{\"{name}\": {}}}", structure(SITE))),
            (Format::Optimade, format!("{{\"id\": \"{name}\", \"attributes\": {}}}", entry(""))),
            (
                Format::Ase,
                format!(
                    "{{\"id\": \"{name}\", \"numbers\": [41], \"positions\": [[0,0,0]], \"cell\": {cell}, \"pbc\": [true, true, true]}}"
                ),
            ),
        ] {
            let read = format.read(text.as_bytes(), &ReadOptions::disordered()).next().expect("there is a structure");
            let read = read.unwrap_or_else(|error| panic!("{format:?}: {error}"));
            assert_eq!(read.name, kept, "{format:?}");
            let notes: Vec<_> =
                read.diagnostics.iter().filter(|found| found.kind == DiagnosticKind::LongName).collect();
            assert_eq!(notes.len(), length - 1000, "{format:?}");
            assert!(
                notes.iter().all(|note| note.message == "of a name of 2002 bytes the first 1000 characters were kept")
            );
            assert!(read.diagnostics.iter().all(|found| found.to_string().len() < 500), "{format:?}");
        }
    }
}

#[test]
fn atoms_on_each_other_and_unphysical_distances_are_warnings_in_every_format() {
    let positions = |b: [f64; 3]| [[0.0, 0.0, 0.0], b];
    for (position, sentence) in [
        ([0.0, 0.0, 0.0], Some("atom 2 (N) lies on atom 1 (Nb)")),
        ([1.0, 0.0, 0.999], Some("atom 2 (N) lies on atom 1 (Nb)")),
        ([0.0, 0.04, 0.0], Some("atom 2 (N) is 0.40 Å from atom 1 (Nb)")),
        ([0.0, 0.97, 0.0], Some("atom 2 (N) is 0.30 Å from atom 1 (Nb)")),
        ([0.0, 0.08, 0.0], None),
    ] {
        let [a, b] = positions(position);
        let row = |symbol: &str, p: [f64; 3], scale: f64| {
            format!("{symbol} {} {} {}\n", p[0] * scale, p[1] * scale, p[2] * scale)
        };
        let poscar = format!(
            "x\n10\n1 0 0\n0 1 0\n0 0 1\nNb N\n1 1\nDirect\n{} {} {}\n{} {} {}\n",
            a[0], a[1], a[2], b[0], b[1], b[2]
        );
        let xyz = format!("2\nLattice=\"10 10 10\"\n{}{}", row("Nb", a, 10.0), row("N", b, 10.0));
        let site = |symbol: &str, p: [f64; 3]| format!(r#"{{"species": [{{"element": "{symbol}"}}], "abc": {p:?}}}"#);
        let json = structure(&format!("{}, {}", site("Nb", a), site("N", b))).replace('9', "10");
        let json = json.replace(&format!("{:?}", b).replace('9', "10"), &format!("{b:?}"));
        for (format, text) in [(Format::Poscar, poscar), (Format::ExtXyz, xyz), (Format::Pymatgen, json)] {
            let found = said(format, &text, &ReadOptions::disordered());
            match sentence {
                Some(sentence) => {
                    assert!(
                        found[0].starts_with("2 sites; line ") && found[0].ends_with(&format!("warning: {sentence}")),
                        "{found:?}"
                    );
                    let strict = ReadOptions { strictness: Strictness::Strict, ..ReadOptions::ordered() };
                    assert!(said(format, &text, &strict)[0].ends_with(&format!(": {sentence}")));
                }
                None => assert_eq!(found, ["2 sites"]),
            }
        }
    }
}

#[test]
fn only_sites_that_are_both_occupied_and_only_images_that_exist_are_too_close() {
    let half = |x: f64| format!(r#"{{"species": [{{"element": "Nb", "occu": 0.5}}], "abc": [{x}, 0, 0]}}"#);
    assert_said(Format::Pymatgen, &structure(&format!("{}, {}", half(0.0), half(0.03))), &["2 sites"]);
    let slab = "2\nLattice=\"9 0 0 0 9 0 0 0 9\" pbc=\"T T F\"\nPo 0 0 0.1\nPo 0 0 8.9\n";
    assert_said(Format::ExtXyz, slab, &["2 sites"]);
    let crystal = slab.replace("T T F", "T T T");
    assert_said(
        Format::ExtXyz,
        &crystal,
        &["2 sites; line 4, column 1: warning: atom 2 (Po) is 0.20 Å from atom 1 (Po)"],
    );
    let many = format!("5\nLattice=\"9 9 9\"\n{}", "Po 1 1 1\n".repeat(5));
    let sentence = "5 sites; line 4, column 1: warning: atom 2 (Po) lies on atom 1 (Po), and 3 more so";
    assert_said(Format::ExtXyz, &many, &[sentence]);
    let thin = "1\nLattice=\"0.4 9 9\"\nPo 0 0 0\n";
    let sentence = "1 sites; line 3, column 1: warning: lattice vector 1 brings every atom within 0.40 Å of itself";
    assert_said(Format::ExtXyz, thin, &[sentence]);
}

#[test]
fn files_of_any_name_are_told_by_their_text() {
    let detect = |name: &str, text: &str| Format::detect(name, text.as_bytes());
    for name in
        ["NbN_POSCAR", "1_CONTCAR", "POSCAR.1", "POSCAR-relaxed", "a.vasp", "POSCAR.gz", "x.poscar.xz", "CONTCAR"]
    {
        assert_eq!(Format::of_name(name), Some(Format::Poscar), "{name}");
    }
    for name in ["a.cif", "a.MCIF", "a.cif.bz2"] {
        assert_eq!(Format::of_name(name), Some(Format::Cif), "{name}");
    }
    for name in ["a.json", "POSCAR.py", "poscars.md", "notes", "CONTCARS.png"] {
        assert_eq!(Format::of_name(name), None, "{name}");
    }
    assert_eq!(detect("x", &poscar("Nb\n2", TWO)), Some(Format::Poscar));
    assert_eq!(detect("x", &poscar("2", TWO)), Some(Format::Poscar));
    assert_eq!(detect("x", "2\n\nNb 0 0 0\nN 1 1 1\n"), Some(Format::ExtXyz));
    assert_eq!(detect("x", "2\r\nany text\r\n41 0 0 0 extra\r\n"), Some(Format::ExtXyz));
    assert_eq!(detect("x", &entry("")), Some(Format::Optimade));
    assert_eq!(detect("x", r#"{"1": {"numbers": [1], "positions": []}}"#), Some(Format::Ase));
    assert_eq!(detect("x", "{\"a\": 1}"), None);
    assert_eq!(detect("x", "2 3\n\nNb 0 0 0\n"), None);
    assert_eq!(detect("x", ""), None);
}

#[test]
fn occupancy_policies_apply_to_json_as_to_cif() {
    let mixed =
        structure(r#"{"species": [{"element": "Nb", "occu": 0.8}, {"element": "Zr", "occu": 0.2}], "abc": [0, 0, 0]}"#);
    let reject = said(Format::Pymatgen, &mixed, &ReadOptions::ordered());
    assert_eq!(reject, ["! line 1, column 70: the site holds Nb 0.8, Zr 0.2, and only ordered structures are wanted"]);
    let majority = ReadOptions { occupancy: OccupancyPolicy::Majority, ..ReadOptions::ordered() };
    let note = "1 sites; line 1, column 70: note: a site with Nb 0.8, Zr 0.2 was filled with Nb";
    assert_eq!(said(Format::Pymatgen, &mixed, &majority), [note]);
}
