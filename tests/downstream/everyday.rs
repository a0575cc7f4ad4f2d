//! Reads a folder of structures, puts tantalum in the place of niobium, and writes supercells as CIF.

use std::{env, error::Error, fs};

use s2s_crystal::{Crystal, Element, ReadOptions, SymmetrySearch, cif, read};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = env::args().nth(1).ok_or("which folder?")?;
    let out = env::args().nth(2).ok_or("where to?")?;
    let mut paths: Vec<_> = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Result<_, std::io::Error>>()?;
    paths.sort();
    for path in paths {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        for structure in read(&name, &fs::read(&path)?, &ReadOptions::ordered()) {
            let crystal: Crystal = structure?.crystal.substituted(Element::NB, Element::TA);
            let symmetry = SymmetrySearch::with_tolerance(0.01).find(&crystal)?;
            let large = symmetry.primitive.supercell([[2, 0, 0], [0, 2, 0], [0, 0, 2]])?;
            println!(
                "{name}: {} {}, {} operations, {} sites in the primitive cell, {:.2} g/cm3",
                crystal.composition(),
                symmetry.symbol,
                symmetry.operations.len(),
                symmetry.primitive.num_sites(),
                crystal.density(),
            );
            fs::write(format!("{out}/{name}.cif"), cif::write(&name, &large)?)?;
        }
    }
    Ok(())
}
