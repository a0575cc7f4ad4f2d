//! Replays the corpora of the fuzz targets: their seeds, what fuzzing has found and kept, and the files of `tests/corpus`.

use std::{fs, path::Path};

#[path = "../../fuzz/bodies.rs"]
pub(crate) mod bodies;

/// Feeds every file of a folder to a target; the number of files.
fn replay(folder: &Path, target: impl Fn(&[u8])) -> usize {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    let mut files = 0;
    for entry in entries {
        target(&fs::read(entry.expect("an entry can be read").path()).expect("a file can be read"));
        files += 1;
    }
    files
}

/// The bytes behind what `u8::escape_ascii` writes.
fn unescape(line: &str) -> Vec<u8> {
    let mut bytes = line.bytes();
    let mut plain = Vec::with_capacity(line.len());
    while let Some(byte) = bytes.next() {
        if byte != b'\\' {
            plain.push(byte);
            continue;
        }
        plain.push(match bytes.next() {
            Some(b'n') => b'\n',
            Some(b'r') => b'\r',
            Some(b't') => b'\t',
            Some(b'x') => {
                let digits: String = bytes.by_ref().take(2).map(char::from).collect();
                u8::from_str_radix(&digits, 16).expect("two digits follow an x")
            }
            other => other.expect("a backslash is not the last of a line"),
        });
    }
    plain
}

fn replay_all(name: &str, target: impl Fn(&[u8])) {
    replay_with(name, name, target);
}

/// Replays the seeds of one target and what fuzzing found for another one.
fn replay_with(name: &str, found: &str, target: impl Fn(&[u8])) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let seeds = replay(&root.join("fuzz/seeds").join(name), &target);
    assert!(seeds > 0, "fuzz/seeds/{name} is empty");
    let found = fs::read_to_string(root.join("fuzz/found").join(found).with_extension("txt"));
    let found = found.expect("the inputs that fuzzing found can be read");
    assert!(found.lines().count() >= 100, "what fuzzing found for {name} is empty");
    for line in found.lines() {
        let input = unescape(line);
        assert_eq!(input.escape_ascii().to_string(), line);
        target(&input);
    }
    for folder in ["tests/corpus/valid", "tests/corpus/malformed"] {
        assert!(replay(&root.join(folder), &target) >= 30);
    }
}

#[test]
fn cif() {
    replay_all("cif", bodies::cif);
}

#[test]
fn poscar() {
    replay_all("poscar", bodies::poscar);
}

#[test]
fn extxyz() {
    replay_all("extxyz", bodies::extxyz);
}

#[test]
fn pymatgen() {
    replay_all("pymatgen", bodies::pymatgen);
}

#[test]
fn optimade() {
    replay_all("optimade", bodies::optimade);
}

#[test]
fn ase() {
    // All layouts of JSON are told apart by one reader, whatever the requested format.
    replay_with("ase", "pymatgen", bodies::ase);
}

#[test]
fn formula() {
    replay_all("formula", bodies::formula);
}

#[test]
fn symop() {
    replay_all("symop", bodies::symop);
}
