//! Writes what `tests/agreement/agree.py` compares with pymatgen, ASE and gemmi; see there.

use std::{fs, path::PathBuf};

use s2s_crystal::{Format, Merge, ReadOptions, cif};

use crate::real_files::real_files;

#[test]
fn write_real_structures_for_other_libraries() {
    let Some(folder) = std::env::var_os("S2S_PEERS_DIR").map(PathBuf::from) else {
        println!("skipped: S2S_PEERS_DIR is not set");
        return;
    };
    let Some(files) = real_files() else { return };
    let write = |name: String, text: String| fs::write(folder.join(name), text).expect("the folder can be written");
    // gemmi lists the occupants of a mixed site as atoms of their own.
    let apart = ReadOptions { merge: Merge::Off, ..ReadOptions::disordered() };
    for (name, text) in &files {
        let atoms = cif::read_one(text, &apart).expect("every real file is read").crystal;
        let json = |crystal| serde_json::to_string(crystal).expect("a crystal can be written");
        write(format!("{name}.atoms"), json(&atoms));
        let crystal = cif::read_one(text, &ReadOptions::disordered()).expect("every real file is read").crystal;
        write(format!("{name}.crystal"), json(&crystal));
        for (format, ending) in Format::ALL.into_iter().zip(["cif", "vasp", "extxyz", "json", "optimade"]) {
            if let Ok(written) = format.write(name, &crystal) {
                write(format!("{name}.written.{ending}"), written);
            }
        }
    }
}
