//! The shared folder of real CIF files, where `S2S_DATA_DIR` says where it is.

use std::{fs, path::PathBuf};

use s2s_crystal::{DiagnosticKind, Merge, OccupancyPolicy, ReadOptions, cif};

/// The CIF files of the shared folder with their texts; `None` where there is no such folder.
pub(crate) fn real_files() -> Option<Vec<(String, String)>> {
    let Some(folder) = std::env::var_os("S2S_DATA_DIR").map(|dir| PathBuf::from(dir).join("cif")) else {
        println!("skipped: S2S_DATA_DIR is not set");
        return None;
    };
    let mut files: Vec<_> = fs::read_dir(folder)
        .expect("the folder cif/ of S2S_DATA_DIR can be read")
        .map(|entry| entry.expect("a folder entry can be read").path())
        .collect();
    files.sort();
    let name = |path: &PathBuf| path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let text = |path: &PathBuf| fs::read_to_string(path).expect("a CIF file is text");
    Some(files.iter().map(|path| (name(path), text(path))).collect())
}

#[test]
fn every_real_file_is_read_and_agrees_with_its_own_formula() {
    let Some(files) = real_files() else { return };
    assert_eq!(files.len(), 360);
    let options = ReadOptions::disordered();
    let mut disordered = 0;
    let mut faults = Vec::new();
    for (name, text) in &files {
        let structures: Vec<_> = cif::read(text, &options).collect();
        assert_eq!(structures.len(), 1, "{name}");
        for parsed in structures {
            match parsed {
                Ok(parsed) => disordered += usize::from(!parsed.crystal.is_ordered()),
                Err(error) => faults.push(format!("{name}: {error}")),
            }
        }
    }
    assert_eq!(faults, Vec::<String>::new());
    assert_eq!(disordered, 60);
}

#[test]
fn real_files_need_no_changes_but_exact_special_positions() {
    let Some(files) = real_files() else { return };
    for (name, text) in &files {
        for parsed in cif::read(text, &ReadOptions::disordered()) {
            let notes = parsed.map(|r| r.diagnostics).unwrap_or_default();
            let strange: Vec<_> = notes.iter().filter(|note| note.kind != DiagnosticKind::Rounded).collect();
            assert!(strange.is_empty(), "{name}: {strange:?}");
        }
    }
}

#[test]
fn policies_and_merging_treat_real_disorder_as_documented() {
    let Some(files) = real_files() else { return };
    let majority = ReadOptions { occupancy: OccupancyPolicy::Majority, ..ReadOptions::lenient() };
    let apart = ReadOptions { merge: Merge::Off, ..ReadOptions::disordered() };
    for (name, text) in &files {
        let kept = cif::read_one(text, &ReadOptions::disordered()).expect("every real file is read").crystal;
        let refused = cif::read_one(text, &ReadOptions::ordered());
        assert_eq!(refused.is_ok(), kept.is_ordered(), "{name}");
        assert!(cif::read_one(text, &majority).is_ok_and(|read| read.crystal.is_ordered()), "{name}");
        let apart = cif::read_one(text, &apart).expect("every real file is read without merging").crystal;
        let mixed: usize = kept.sites().iter().map(|site| site.species.occupants().len()).sum();
        assert_eq!(apart.num_sites(), mixed, "{name}");
    }
}
