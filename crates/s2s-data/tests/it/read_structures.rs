//! Structures of files and folders of every kind.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use s2s_crystal::{ReadOptions, Strictness};
use s2s_data::source::{
    SkipReason, SourceError, SourceOptions, SourceStructure, StructureTexts, Structures, read_structures,
};

/// An empty folder of this name.
fn scratch(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    drop(fs::remove_dir_all(&folder));
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn options() -> SourceOptions {
    SourceOptions::new(ReadOptions::disordered())
}

fn read(path: impl AsRef<Path>) -> Structures {
    read_structures([path], options())
}

/// Identifiers, or `!` and the error.
fn told(structures: impl IntoIterator<Item = SourceStructure>) -> Vec<String> {
    let tell = |s: SourceStructure| match s.structure {
        Ok(_) => s.id,
        Err(error) => format!("! {}: {error}", s.id),
    };
    structures.into_iter().map(tell).collect()
}

const NIOBIUM: &str = "bcc\n3.3\n1 0 0\n0 1 0\n0 0 1\nNb\n2\nDirect\n0 0 0\n.5 .5 .5\n";
const NITRIDE: &str = r#"{"@class": "Structure", "lattice": {"matrix": [[3, 0, 0], [0, 3, 0], [0, 0, 3]]}, "sites": [{"species": [{"element": "Nb", "occu": 1}], "abc": [0, 0, 0]}]}"#;
const RECORD: &str =
    r#"{"id":"a","formula":"Fe","label":1,"lattice":[[2,0,0],[0,2,0],[0,0,2]],"species":[26],"frac_coords":[[0,0,0]]}"#;
const ENTRY: &str = r#"{"id": "o1", "type": "structures", "attributes": {"lattice_vectors": [[3, 0, 0], [0, 3, 0], [0, 0, 3]], "cartesian_site_positions": [[0, 0, 0]], "species_at_sites": ["Po"], "species": [{"name": "Po", "chemical_symbols": ["Po"], "concentration": [1]}]}}"#;

#[test]
fn a_folder_gives_what_is_named_as_a_structure_and_counts_the_rest() {
    let folder = scratch("folder");
    for name in ["NbN_POSCAR", "run_CONTCAR", "POSCAR.relaxed", "b.vasp", "contcar-3"] {
        fs::write(folder.join(name), NIOBIUM).unwrap();
    }
    fs::create_dir(folder.join("deep")).unwrap();
    fs::write(folder.join("deep/s.json"), NITRIDE).unwrap();
    fs::write(folder.join("deep/settings.json"), r#"{"epochs": 3}"#).unwrap();
    fs::write(folder.join("deep/list.json"), r#"[{"structure": {}}, {"lattice": {}}]"#).unwrap();
    fs::write(folder.join("notes.txt"), "read me").unwrap();
    fs::write(folder.join("POSCAR.py"), "print()").unwrap();
    let mut structures = read(&folder);
    assert_eq!(
        told(structures.by_ref()),
        [
            "NbN_POSCAR",
            "POSCAR.relaxed",
            "b.vasp",
            "contcar-3",
            "! list.json:1: line 1, column 16: the object has no lattice",
            "! list.json:2: line 1, column 21: the object has no sites",
            "s.json",
            "run_CONTCAR"
        ]
    );
    let summary = structures.summary();
    assert_eq!((summary.files, summary.structures, summary.faults), (8, 6, 2));
    assert_eq!(summary.skipped[&SkipReason::OtherFile].count, 2);
    assert_eq!(summary.skipped[&SkipReason::NoStructure].first, folder.join("deep/settings.json"));
    assert_eq!(
        told(read(folder.join("deep/settings.json"))),
        ["! settings.json: line 1, column 1: the object describes no structure"]
    );
    assert_eq!(told(read(folder.join("notes.txt"))), ["! notes.txt: neither the name nor the text tells the format"]);
}

#[test]
fn every_kind_of_json_lines_is_told_by_its_first_line() {
    let folder = scratch("lines");
    let computed = format!(
        r#"{{"@class": "ComputedStructureEntry", "entry_id": "e1", "data": {{"x": 1}}, "structure": {NITRIDE}}}"#
    );
    let document = format!(r#"{{"material_id": "mp-1", "nsites": 1, "structure": {NITRIDE}}}"#);
    for (line, id) in
        [(RECORD, "a"), (ENTRY, "o1"), (NITRIDE, "any:1"), (computed.as_str(), "e1"), (document.as_str(), "mp-1")]
    {
        fs::write(folder.join("any"), format!("{line}\n\n{line}\nnonsense\n")).unwrap();
        let found = told(read(folder.join("any")));
        assert_eq!(found.len(), 3, "{found:?}");
        assert_eq!(found[0], id);
        assert!(found[2].starts_with("! any:3: "), "{}", found[2]);
    }
    fs::write(folder.join("any"), format!("{RECORD}\n")).unwrap();
    let record = read(folder.join("any")).next().unwrap();
    assert_eq!(record.formula.as_deref(), Some("Fe"));
    assert_eq!(record.label.and_then(|label| label.is_superconductor()), Some(true));
}

#[test]
fn the_lines_of_an_optimade_dump_that_describe_it_are_passed_over_and_counted() {
    let path = scratch("dump").join("structures.jsonl");
    let header = r#"{"x-optimade": {"meta": {"api_version": "1.1.0"}}}"#;
    let info = r#"{"type": "info", "id": "structures", "properties": {}}"#;
    let reference = r#"{"type": "references", "id": "r", "attributes": {"title": "x"}}"#;
    fs::write(&path, format!("{header}\n{info}\n{ENTRY}\n{reference}\n{ENTRY}\n")).unwrap();
    let mut structures = read(&path);
    assert_eq!(told(structures.by_ref()), ["o1", "o1"]);
    assert_eq!(structures.summary().skipped[&SkipReason::OtherEntry].count, 3);
    assert!(!structures.summary().skipped.contains_key(&SkipReason::NoStructure));
}

/// What is said of a file named on its own, and of the folder that holds it.
fn alone_and_in_folder(name: &str, text: &str) -> [Vec<String>; 2] {
    let folder = scratch("parity");
    fs::write(folder.join(name), text).unwrap();
    [told(read(folder.join(name))), told(read(&folder))]
}

#[test]
fn a_record_without_a_structure_is_told_of_a_file_in_a_folder_as_of_the_file_alone() {
    let good = format!(r#"{{"material_id": "mp-1", "structure": {NITRIDE}}}"#);
    let null = r#"{"material_id": "mp-2", "structure": null}"#;
    let none = "the object describes no structure";
    let lines = |lines: &[&str]| lines.join("\n") + "\n";
    let long = format!(r#"{{"x": "{}"}}"#, "sites ".repeat(20_000));
    for (name, text, lacking) in [
        ("a.jsonl", lines(&[&good, null, &good]), format!("! mp-2: line 2, column 1 (block mp-2): {none}")),
        ("a.jsonl", lines(&[null, &good, &good]), format!("! mp-2: line 1, column 1 (block mp-2): {none}")),
        (
            "a.jsonl",
            lines(&[&good, &good, r#"{"type": "oxide"}"#]),
            "! a.jsonl:3: line 3, column 1: the text describes no structure".to_owned(),
        ),
        ("a.jsonl", lines(&[&long, &good, &good]), format!("! a.jsonl:1: line 1, column 1: {none}")),
        (
            "a.json",
            format!("[{good}, {null}, {good}]"),
            format!("! mp-2: line 1, column {} (block mp-2): {none}", good.len() + 4),
        ),
        (
            "a.json",
            format!(r#"{{"a": {good}, "mp-2": {{"structure": null}}, "b": {good}}}"#),
            format!("! mp-2: line 1, column {} (block mp-2): {none}", good.len() + 17),
        ),
        (
            "a.json",
            format!(r#"{{"mp-2": {{"structure": null}}, "a": {good}, "b": {good}}}"#),
            format!("! mp-2: line 1, column 10 (block mp-2): {none}"),
        ),
        (
            "a.jsonl",
            lines(&[ENTRY, r#"{"id": "x", "structure": null}"#, ENTRY]),
            format!("! x: line 2, column 1 (block x): {none}"),
        ),
        (
            "a.jsonl",
            lines(&[&good, r#"{"structure": {"lattice": {}, "sites": []}}"#, &good]),
            "! a.jsonl:2: line 2, column 27: the object has no matrix".to_owned(),
        ),
    ] {
        let [alone, in_folder] = alone_and_in_folder(name, &text);
        assert_eq!(alone, in_folder, "{text}");
        assert_eq!(alone.iter().filter(|told| **told == lacking).count(), 1, "{alone:?} without {lacking}");
        assert_eq!(alone.len(), 3, "{alone:?}");
    }
    // A structure with a fault is one.
    let broken = r#"{"structure": {"lattice": {}, "sites": []}}"#;
    let [alone, in_folder] = alone_and_in_folder("a.jsonl", &lines(&[null, broken]));
    assert_eq!((alone.len(), alone), (2, in_folder));
}

#[test]
fn a_file_of_a_folder_without_any_structure_is_passed_over_and_counted_once() {
    let null = r#"{"material_id": "mp-2", "structure": null}"#;
    let folder = scratch("without");
    fs::write(folder.join("a.jsonl"), format!("{null}\n").repeat(5000)).unwrap();
    fs::write(folder.join("b.json"), format!("[{null}, {null}]")).unwrap();
    fs::write(folder.join("c.json"), null).unwrap();
    fs::write(folder.join("d.json"), r#"{"a": {"mp-1": null}, "x": {"abc": 1}, "sites": null}"#).unwrap();
    fs::write(folder.join("e.json"), "{}").unwrap();
    fs::write(folder.join("f.json"), "").unwrap();
    fs::write(folder.join("g.optimade"), "").unwrap();
    let mut structures = read(&folder);
    assert_eq!(told(structures.by_ref()), [""; 0]);
    let summary = structures.summary();
    assert_eq!(summary.skipped.keys().collect::<Vec<_>>(), [&SkipReason::NoStructure]);
    assert_eq!(summary.skipped[&SkipReason::NoStructure].count, 7);
    assert_eq!(
        summary.skipped[&SkipReason::NoStructure].names,
        [(".json".into(), 5), (".jsonl".into(), 1), (".optimade".into(), 1)].into()
    );
    // Damage is told all the same, and it alone.
    fs::write(folder.join("a.jsonl"), format!("{null}\n{null}\n{{\"structure\": \n{null}\n")).unwrap();
    let mut structures = read(folder.join("a.jsonl"));
    assert_eq!(told(structures.by_ref()).len(), 4);
    let mut structures = read(&folder);
    let found = told(structures.by_ref());
    assert!(found.len() == 1 && found[0].starts_with("! a.jsonl:3: "), "{found:?}");
    assert_eq!(structures.summary().skipped[&SkipReason::EmptyRecord].count, 3);
}

#[test]
fn what_is_passed_over_is_told_by_the_kinds_of_its_names() {
    let folder = scratch("kinds");
    for name in [
        "x.cif.txt",
        "y.TXT",
        "XDATCAR",
        "OUTCAR",
        "a.pdb",
        "b.tar.gz",
        "noext",
        "other",
        "z.",
        ".hidden",
        ".git/config",
        "deep/.x/y",
    ] {
        fs::create_dir_all(folder.join(name).parent().unwrap()).unwrap();
        fs::write(folder.join(name), NIOBIUM).unwrap();
    }
    let mut structures = read(&folder);
    assert!(structures.next().is_none());
    let told = "passed over: 9 files whose names are not of a structure format \
        (no extension 3, .txt 2, .gz 1, .pdb 1, OUTCAR 1, XDATCAR 1)";
    assert_eq!(structures.summary().passed_over().as_deref(), Some(told));
    assert_eq!(structures.summary().skipped[&SkipReason::Hidden].count, 3);
    let many = scratch("many-kinds");
    (0..300).for_each(|k| fs::write(many.join(format!("run.{k}")), "").unwrap());
    let mut structures = read(&many);
    assert!(structures.next().is_none());
    let told = structures.summary().passed_over().unwrap_or_default();
    assert!(told.starts_with("passed over: 300 files ") && told.ends_with(", others 292)"), "{told}");
}

#[test]
fn a_stream_is_read_once_in_the_place_of_its_name_packed_or_not() {
    let folder = scratch("stream");
    fs::write(folder.join("a.vasp"), NIOBIUM).unwrap();
    let a = folder.join("a.vasp");
    let of = |bytes: &[u8], paths: &[&Path]| {
        told(read_structures(paths, options()).with_stream("-", std::io::Cursor::new(bytes.to_vec())))
    };
    let stream = Path::new("-");
    assert_eq!(of(NIOBIUM.as_bytes(), &[&a, stream, &a]), ["a.vasp", "-", "a.vasp"]);
    assert_eq!(of(format!("{RECORD}\n{RECORD}\n").as_bytes(), &[stream]), ["a", "a"]);
    assert_eq!(
        of(format!("{NITRIDE}\n{{}}\n").as_bytes(), &[stream]),
        ["-:1", "! -:2: line 2, column 1: the object describes no structure"]
    );
    assert_eq!(of(b"hello", &[stream]), ["! -: neither the name nor the text tells the format"]);
    let packed = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/packed/NbN.vasp.zst")).unwrap();
    assert_eq!(of(&packed, &[stream]), ["-"]);
    assert_eq!(of(NIOBIUM.as_bytes(), &[stream, stream]), ["-", "! -: cannot be read: it has been read already"]);
    assert_eq!(told(read("-")), ["! -: cannot be read: No such file or directory (os error 2)"]);
}

#[test]
fn maps_lists_and_tables_of_structures_are_read() {
    let folder = scratch("maps");
    let table = format!(r#"{{"columns": ["structure", "y"], "data": [[{NITRIDE}, 0.1], [{NITRIDE}, 0.2]]}}"#);
    for (text, ids) in [
        (format!(r#"{{"mp-1": {NITRIDE}, "mp-2": {{"structure": {NITRIDE}}}, "note": "two"}}"#), vec!["mp-1", "mp-2"]),
        (format!("[{NITRIDE},\n {NITRIDE}]"), vec!["m.json:1", "m.json:2"]),
        (format!(r#"{{"data": [{ENTRY}], "meta": {{}}}}"#), vec!["o1"]),
        (table, vec!["m.json:1", "m.json:2"]),
        // Rows of a table with what stands beside a structure, with titles and without.
        (format!("[[{NITRIDE}, 0.1], [0.2, null, {NITRIDE}]]"), vec!["m.json:1", "m.json:2"]),
        (format!("[[\"structure\", \"y\"],\n[{NITRIDE}, 0.1],\n[{NITRIDE}, 0.2]]"), vec!["m.json:1", "m.json:2"]),
    ] {
        fs::write(folder.join("m.json"), text).unwrap();
        assert_eq!(told(read(folder.join("m.json"))), ids);
    }
}

#[test]
fn rows_of_a_table_without_a_structure_are_faults_where_they_stand() {
    let folder = scratch("rows");
    let broken = NITRIDE.replace("[0, 0, 0]}", "[0, null, 0]}");
    let column = 3 + broken.find("null").unwrap();
    fs::write(folder.join("m.json"), format!("[[{NITRIDE}, 1],\n[null, 2],\n [{broken}, 3],\n[{broken}, 4]]")).unwrap();
    assert_eq!(
        told(read(folder.join("m.json"))),
        [
            "m.json:1",
            "! m.json:2: line 2, column 1: the text describes no structure",
            &format!("! m.json:3: line 3, column {column}: a number is missing in abc"),
            &format!("! m.json:4: line 4, column {}: a number is missing in abc", column - 1),
        ]
    );
    fs::write(folder.join("m.json"), r#"[["a", "b"], ["c", "d"]]"#).unwrap();
    assert_eq!(told(read(folder.join("m.json"))), ["! m.json: line 1, column 14: the text describes no structure"]);
}

#[test]
fn positions_of_faults_are_those_in_the_file() {
    let folder = scratch("locations");
    let broken = NITRIDE.replace("[0, 0, 0]}", "[0, null, 0]}");
    fs::write(folder.join("list.json"), format!("[{NITRIDE},\n  {broken}]")).unwrap();
    let column = 3 + broken.find("null").unwrap();
    let message = format!("! list.json:2: line 2, column {column}: a number is missing in abc");
    assert_eq!(told(read(folder.join("list.json"))), ["list.json:1", message.as_str()]);
    fs::write(folder.join("two.xyz"), "1\n\nPo 0 0 0\n\n1\n\nPo 0 zero 0\n").unwrap();
    assert_eq!(
        told(read(folder.join("two.xyz"))),
        ["two.xyz:1", "! two.xyz:2: line 7, column 6: a coordinate is not a number: zero"]
    );
}

#[test]
fn packed_files_are_unpacked_whatever_their_names() {
    let packed = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/packed");
    let mut structures = read(&packed);
    assert_eq!(
        told(structures.by_ref()),
        ["NbN.vasp.bz2", "NbN.vasp.gz", "NbN.vasp.lzma", "NbN.vasp.xz", "NbN.vasp.zst"]
    );
    let folder = scratch("packed");
    for ending in ["bz2", "gz", "lzma", "xz", "zst"] {
        let bytes = fs::read(packed.join(format!("NbN.vasp.{ending}"))).unwrap();
        fs::write(folder.join("unnamed"), &bytes).unwrap();
        assert_eq!(told(read(folder.join("unnamed"))), ["unnamed"]);
        fs::write(folder.join("cut.vasp"), &bytes[..bytes.len() - 9]).unwrap();
        let error = told(read(folder.join("cut.vasp"))).remove(0);
        assert!(error.starts_with("! cut.vasp: cannot be read: "), "{ending}: {error}");
    }
}

#[test]
fn a_text_is_held_only_up_to_the_limit() {
    let folder = scratch("limits");
    let small = SourceOptions { text_bytes: 1000, ..options() };
    let told_small = |name: &str| told(read_structures([folder.join(name)], small.clone()));
    fs::write(folder.join("long.cif"), "#".repeat(1001)).unwrap();
    assert_eq!(told_small("long.cif"), ["! long.cif: longer than 1000 bytes"]);
    fs::write(folder.join("long.xyz"), format!("1\n\nPo 0 0 0\n900\n\n{}", "Po 0 0 0\n".repeat(900))).unwrap();
    assert_eq!(told_small("long.xyz"), ["long.xyz:1", "! long.xyz:2: longer than 1000 bytes"]);
    fs::write(folder.join("long.jsonl"), format!("{NITRIDE}\n{{\"x\": \"{}\"}}\n{NITRIDE}", "x".repeat(1001))).unwrap();
    assert_eq!(told_small("long.jsonl"), ["long.jsonl:1", "! long.jsonl:2: longer than 1000 bytes"]);
    fs::write(folder.join("long.json"), format!("[{NITRIDE}, {{\"x\": \"{}\"}}]", "x".repeat(1001))).unwrap();
    assert_eq!(told_small("long.json"), ["long.json:1", "! long.json:2: longer than 1000 bytes"]);
    let many = format!("{NITRIDE}\n").repeat(2000);
    fs::write(folder.join("many.jsonl"), many).unwrap();
    assert_eq!(told_small("many.jsonl").len(), 2000);
}

/// A zstd frame of 65,536 blocks, each of which says that a byte is to be repeated 131,072 times: 256 KiB for 8 GiB.
fn bomb(byte: u8) -> Vec<u8> {
    let mut bytes = b"\x28\xb5\x2f\xfd\x00\x38".to_vec();
    for _ in 0..65_536 {
        bytes.extend_from_slice(&(131_072_u32 << 3 | 1 << 1).to_le_bytes()[..3]);
        bytes.push(byte);
    }
    bytes
}

#[test]
fn a_file_that_unfolds_without_end_is_given_up() {
    let folder = scratch("bombs");
    for (name, byte) in [("bomb.cif.zst", b' '), ("bomb.jsonl.zst", b'{'), ("bomb.xyz.zst", b' ')] {
        fs::write(folder.join(name), bomb(byte)).unwrap();
    }
    let found = told(read(&folder));
    assert_eq!(found[0], "! bomb.cif.zst: longer than 67108864 bytes");
    assert_eq!(found[1], "! bomb.jsonl.zst: longer than 67108864 bytes");
    assert_eq!(found[2], "! bomb.xyz.zst: cannot be read: it unfolds to more than 1000 times its size");
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(NITRIDE.as_bytes()).unwrap();
    for _ in 0..1 << 11 {
        gzip.write_all(&[b'\n'; 1 << 16]).unwrap();
    }
    fs::write(folder.join("blank.jsonl.gz"), gzip.finish().unwrap()).unwrap();
    let found = told(read(folder.join("blank.jsonl.gz")));
    let given_up = "! blank.jsonl.gz:2: cannot be read: it unfolds to more than 1000 times its size";
    assert_eq!(found, ["blank.jsonl.gz", given_up]);
}

#[test]
fn a_file_of_faults_is_given_up_and_the_next_is_read() {
    let folder = scratch("faults");
    fs::write(folder.join("a.jsonl"), format!("{NITRIDE}\n{}", "{\"lattice\": {}}\n".repeat(5000))).unwrap();
    fs::write(folder.join("b.json"), format!("[{}{{}}]", "{},".repeat(100_000))).unwrap();
    fs::write(folder.join("c.json"), format!("{{\"data\": [{}{{\"sites\": []}}]}}", "{\"sites\": []},".repeat(5000)))
        .unwrap();
    fs::write(folder.join("d.vasp"), NIOBIUM).unwrap();
    let mut structures = read(&folder);
    let found = told(structures.by_ref());
    assert_eq!(found.len(), 1 + 1001 + 1001 + 1);
    assert_eq!(found[1001], "! a.jsonl:1002: more than 1000 faults in a row: the rest of the file is not read");
    assert_eq!(found.last().map(String::as_str), Some("d.vasp"));
    assert_eq!(structures.summary().skipped[&SkipReason::NoStructure].count, 1);
}

#[cfg(unix)]
#[test]
fn pipes_are_refused_and_names_need_not_be_utf_8() {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt};

    let folder = scratch("special");
    let pipe = folder.join("pipe.cif");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    fs::write(folder.join(OsStr::from_bytes(b"Nb\xFF.vasp")), NIOBIUM).unwrap();
    assert_eq!(told(read(&pipe)), ["! pipe.cif: is a named pipe, not a file: save what it gives to a file"]);
    let mut structures = read(&folder);
    assert_eq!(told(structures.by_ref()), ["Nb\u{FFFD}.vasp"]);
    let summary = structures.summary();
    assert_eq!((summary.names_not_utf8, summary.skipped[&SkipReason::Special].count), (1, 1));
    assert_eq!(
        summary.to_string(),
        format!(
            "1 file, 1 structure, 0 faults; skipped 1: neither a file nor a folder ({}); 1 name not UTF-8",
            pipe.display()
        )
    );
}

#[test]
fn unparsed_texts_have_names_and_bytes() {
    let folder = scratch("texts");
    fs::write(folder.join("a.vasp"), NIOBIUM).unwrap();
    fs::write(folder.join("b.jsonl"), format!("{RECORD}\n{RECORD}\n")).unwrap();
    let texts: Vec<_> = StructureTexts::new([&folder], options()).collect();
    let names: Vec<String> =
        texts.iter().map(|text| text.name().replace(&format!("{}/", folder.display()), "")).collect();
    assert_eq!(names, ["a.vasp", "b.jsonl:1", "b.jsonl:2"]);
    assert_eq!(texts[0].bytes(), NIOBIUM.as_bytes());
    assert_eq!(texts[2].bytes(), format!("{RECORD}\n").as_bytes());
}

#[test]
fn utf_16_is_named_and_a_missing_file_is_an_item() {
    let folder = scratch("encodings");
    for (name, text) in [("a.json", NITRIDE), ("b.vasp", NIOBIUM), ("c.xyz", "1\n\nPo 0 0 0\n")] {
        let bytes = [0xFEFF].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect::<Vec<_>>();
        fs::write(folder.join(name), bytes).unwrap();
    }
    let said = |name: &str| format!("! {name}: line 1, column 1: the text is UTF-16: save it as UTF-8");
    assert_eq!(told(read(&folder)), [said("a.json"), said("b.vasp"), said("c.xyz")]);
    let missing = read(folder.join("missing.cif")).next().unwrap().structure.unwrap_err();
    assert!(matches!(missing, SourceError::Io(_)), "{missing}");
}

#[test]
fn atoms_that_are_too_close_are_told_of_records_as_of_other_files() {
    let folder = scratch("close-records");
    let path = folder.join("close.jsonl");
    let close = RECORD.replace("[26]", "[26,26]").replace("[[0,0,0]]", "[[0,0,0],[0,0,0.0001]]");
    fs::write(&path, format!("{close}\n{}\n", RECORD.replace("\"a\"", "\"b\""))).unwrap();
    let found: Vec<Vec<String>> = read(&path)
        .map(|structure| structure.structure.unwrap().diagnostics.iter().map(ToString::to_string).collect())
        .collect();
    let warning = "line 1, column 1 (block a): warning: atom 2 (Fe) lies on atom 1 (Fe)";
    assert_eq!(found, [vec![warning.to_owned()], vec![]]);
    let strict = ReadOptions { strictness: Strictness::Strict, ..ReadOptions::disordered() };
    let told = told(read_structures([&path], SourceOptions::new(strict)));
    assert_eq!(told, ["! close.jsonl:1: atom 2 (Fe) lies on atom 1 (Fe)", "b"]);
}
