//! Replays the corpora of the fuzz targets: the files of `tests/corpus`, and what fuzzing has found and kept.

use std::{fs, path::Path};

#[path = "../../fuzz/bodies.rs"]
mod bodies;

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

fn replay_all(name: &str, target: impl Fn(&[u8])) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let found = replay(&root.join("fuzz/seeds").join(name), &target);
    assert!(found > 0, "fuzz/seeds/{name} is empty");
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
fn formula() {
    replay_all("formula", bodies::formula);
}

#[test]
fn symop() {
    replay_all("symop", bodies::symop);
}
