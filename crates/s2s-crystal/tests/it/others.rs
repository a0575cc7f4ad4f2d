//! Writes how the files of a folder are read, for `tests/agreement/others.py`; see there.

use std::{fs, io::Write, path::PathBuf};

use s2s_crystal::{ReadOptions, Strictness, cif};
use serde_json::json;

#[test]
fn write_structures_of_a_folder_for_other_libraries() {
    let Some(folder) = std::env::var_os("S2S_OTHERS_DIR").map(PathBuf::from) else {
        println!("skipped: S2S_OTHERS_DIR is not set");
        return;
    };
    let mut files = Vec::new();
    let mut folders = vec![folder.clone()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).expect("a folder can be read") {
            let path = entry.expect("an entry can be read").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "cif" || extension == "mcif") {
                files.push(path);
            }
        }
    }
    files.sort();
    let mut out = fs::File::create(folder.join("ours.jsonl")).expect("the folder can be written");
    for path in files {
        let text = fs::read(&path).expect("a file can be read");
        for (level, strictness) in [("standard", Strictness::Standard), ("lenient", Strictness::Lenient)] {
            let options = ReadOptions { strictness, ..ReadOptions::disordered() };
            let structures: Vec<_> = cif::read(&text, &options)
                .map(|read| match read {
                    Err(error) => {
                        json!({ "block": error.block(), "kind": error.kind().name(), "error": error.to_string() })
                    }
                    Ok(read) => {
                        let site = |site: &s2s_crystal::Site| {
                            let one = |o: &s2s_crystal::Occupant| json!([o.element.symbol(), o.occupancy]);
                            json!([site.position.0, site.species.occupants().iter().map(one).collect::<Vec<_>>()])
                        };
                        json!({
                            "block": read.name,
                            "lattice": read.crystal.lattice().vectors(),
                            "sites": read.crystal.sites().iter().map(site).collect::<Vec<_>>(),
                            "diagnostics": read.diagnostics.iter().map(ToString::to_string).collect::<Vec<_>>(),
                        })
                    }
                })
                .collect();
            let line = json!({ "file": path.strip_prefix(&folder).unwrap_or(&path), "level": level, "structures": structures });
            writeln!(out, "{line}").expect("the folder can be written");
        }
    }
}
