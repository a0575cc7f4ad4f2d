//! CIF texts to all atoms of the cell, against gemmi, pymatgen and ASE, on the ordered Materials Project files of the
//! shared folder `cif/`, or on the reference crystals where `S2S_DATA_DIR` is not set.

mod protocol;

use std::fs;
use std::path::{Path, PathBuf};

use s2s_crystal::{ReadOptions, cif};

fn main() {
    protocol::run("cif", prepare, measure);
}

/// Copies the files; those with mixed sites are left out, because every library counts their atoms in its own way.
fn prepare(folder: &Path) {
    let write = |name: &str, text: &str| fs::write(folder.join(name), text).expect("the folder can be written");
    let Some(data) = std::env::var_os("S2S_DATA_DIR") else {
        for (number, reference) in s2s_data::reference::crystals().iter().enumerate() {
            let text = cif::write(&reference.name, &reference.crystal).expect("a reference crystal is periodic");
            write(&format!("{number}.cif"), &text);
        }
        return;
    };
    for entry in fs::read_dir(PathBuf::from(data).join("cif")).expect("the folder of CIF files can be read") {
        let path = entry.expect("an entry can be read").path();
        let text = fs::read_to_string(&path).expect("a CIF is text");
        if let (Ok(_), Some(name)) = (cif::read_one(&text, &ReadOptions::ordered()), path.file_name()) {
            write(&name.to_string_lossy(), &text);
        }
    }
}

fn measure(folder: &Path) {
    let entries = fs::read_dir(folder).expect("`prepare` wrote the files");
    let paths = entries.map(|entry| entry.expect("an entry can be read").path());
    let texts: Vec<String> = paths
        .filter(|path| path.extension().is_some_and(|extension| extension == "cif"))
        .map(|path| fs::read_to_string(path).expect("a CIF is text"))
        .collect();
    let options = ReadOptions::ordered();
    protocol::report("structure", "files", texts.len(), || {
        let atoms = |text: &String| cif::read_one(text, &options).map_or(0, |read| read.crystal.num_sites());
        texts.iter().map(atoms).sum::<usize>() as f64
    });
}
