//! Reads a folder of structures, puts tantalum in place of niobium, and writes supercells as CIF.

use std::{env, error::Error, fs};

use s2s_crystal::{Element, ReadOptions, SymmetrySearch, cif};
use s2s_data::source::{SourceOptions, read_structures};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = env::args().nth(1).ok_or("which folder?")?;
    let out = env::args().nth(2).ok_or("where to?")?;
    for source in read_structures([folder], SourceOptions::new(ReadOptions::ordered())) {
        let crystal = source.structure?.crystal.substituted(Element::NB, Element::TA);
        let symmetry = SymmetrySearch::with_tolerance(0.01).find(&crystal)?;
        let large = symmetry.primitive.supercell([[2, 0, 0], [0, 2, 0], [0, 0, 2]])?;
        println!(
            "{}: {} {}, {} operations, {} sites in the primitive cell, {:.2} g/cm3",
            source.id,
            crystal.composition(),
            symmetry.symbol,
            symmetry.operations.len(),
            symmetry.primitive.num_sites(),
            crystal.density(),
        );
        fs::write(format!("{out}/{}.cif", source.id), cif::write(&source.id, &large)?)?;
    }
    Ok(())
}
