//! Every truncation and every change of a single byte of the valid files ends in crystals or typed errors.

use s2s_crystal::{ReadOptions, read};

use crate::corpus::table;

/// Reads everything, however it ends; an error lies inside the text.
fn consume(file: &str, bytes: &[u8], options: &ReadOptions) {
    let lines = bytes.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count() + 1;
    for parsed in read(file, bytes, options) {
        match parsed {
            Ok(parsed) => assert!(parsed.crystal.cart_positions().all(|p| p.0.iter().all(|x| x.is_finite()))),
            Err(error) => assert!((1..=lines).contains(&error.line()) && error.column() >= 1, "{file}: {error}"),
        }
    }
}

fn mutate(wanted: impl Fn(&str) -> bool) {
    let options = ReadOptions::disordered();
    for (file, bytes, _) in table("valid").into_iter().filter(|(file, _, _)| wanted(file)) {
        for end in 0..bytes.len() {
            consume(&file, &bytes[..end], &options);
        }
        let mut changed = bytes.clone();
        for at in 0..bytes.len() {
            for byte in 0..=u8::MAX {
                changed[at] = byte;
                consume(&file, &changed, &options);
            }
            changed[at] = bytes[at];
        }
    }
}

#[test]
fn cif_files_with_symmetry() {
    mutate(|file| file.ends_with(".cif") && file.contains("space_group"));
}

#[test]
fn cif_files_without_symmetry() {
    mutate(|file| file.ends_with(".cif") && !file.contains("space_group"));
}

#[test]
fn plain_text_formats() {
    mutate(|file| file.ends_with(".vasp") || file.ends_with(".extxyz"));
}

#[test]
fn json_formats() {
    mutate(|file| file.ends_with(".json") || file.ends_with(".optimade"));
}
