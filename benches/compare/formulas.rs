//! Chemical formulas to compositions, against pymatgen, on the names of SuperCon where `S2S_DATA_DIR` has them.

mod protocol;

use std::fs;
use std::path::{Path, PathBuf};

use s2s_crystal::Composition;

/// Used where there is no SuperCon.
const FEW: &str = "name,Tc\nBa0.4K0.6Fe2As2,38\nYBa2Cu3O6.94,92\nNb3Sn,18\nMgB2,39\nLa1.85Sr0.15Cu1O4,37\n";

fn main() {
    protocol::run("formulas", prepare, measure);
}

/// Writes the formulas that our parser takes, one a line; a library that refuses one fails the check.
fn prepare(folder: &Path) {
    let table = std::env::var_os("S2S_DATA_DIR").map(|data| PathBuf::from(data).join("supercon.csv"));
    let table = table.and_then(|path| fs::read_to_string(path).ok()).unwrap_or_else(|| FEW.to_owned());
    let names = table.lines().skip(1).filter_map(|line| Some(line.split_once(',')?.0));
    let known: Vec<&str> = names.filter(|name| name.parse::<Composition>().is_ok()).collect();
    fs::write(folder.join("formulas.txt"), known.join("\n")).expect("the folder can be written");
}

fn measure(folder: &Path) {
    let text = fs::read_to_string(folder.join("formulas.txt")).expect("`prepare` wrote the formulas");
    let formulas: Vec<&str> = text.lines().collect();
    protocol::report("parse", "formulas", formulas.len(), || {
        let compositions = formulas.iter().map(|formula| formula.parse::<Composition>());
        compositions.map(|composition| composition.map_or(0.0, |known| known.num_atoms())).sum()
    });
}
