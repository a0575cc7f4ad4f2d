//! What each fuzz target does with an input. Ordinary tests replay the corpus through the same functions.

#![allow(dead_code)] // Each target uses one of them.

use s2s_crystal::{Crystal, Format, Formula, Frac, Merge, OccupancyPolicy, ReadOptions, Strictness, SymOp};

/// Crystals up to this size are also written and read back.
const SMALL: usize = 8;

/// Every input is read one way, which its bytes decide: a second reading would halve the number of inputs.
pub(crate) fn cif(input: &[u8]) {
    let chance = input.iter().fold(0_u8, |sum, byte| sum.wrapping_mul(31).wrapping_add(*byte));
    match chance % 8 {
        0 => {
            let apart =
                ReadOptions { merge: Merge::Off, occupancy: OccupancyPolicy::Majority, ..ReadOptions::lenient() };
            consume(Format::Cif, input, &apart);
        }
        1 => consume(Format::Cif, input, &ReadOptions::ordered()),
        _ => read(Format::Cif, input),
    }
}

pub(crate) fn poscar(input: &[u8]) {
    read(Format::Poscar, input);
}

pub(crate) fn extxyz(input: &[u8]) {
    read(Format::ExtXyz, input);
}

pub(crate) fn pymatgen(input: &[u8]) {
    read(Format::Pymatgen, input);
}

pub(crate) fn optimade(input: &[u8]) {
    read(Format::Optimade, input);
}

pub(crate) fn ase(input: &[u8]) {
    read(Format::Ase, input);
}

/// A formula that can be read has amounts that are finite, positive numbers.
pub(crate) fn formula(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    if let Ok(formula) = text.parse::<Formula>() {
        assert!(formula.composition().iter().all(|(_, amount)| amount.is_finite() && amount > 0.0));
    }
}

/// An operation that can be read is written and read back as the same operation.
pub(crate) fn symop(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    if let Ok(operation) = text.parse::<SymOp>() {
        assert!(operation.translation().iter().all(|t| (0.0..1.0).contains(t)));
        let again: SymOp = operation.to_string().parse().expect("what was written can be read");
        assert_eq!(again, operation);
        assert!(operation.apply(Frac([0.1, 0.2, 0.3])).0.iter().all(|x| x.is_finite()));
    }
}

fn read(format: Format, input: &[u8]) {
    let options = ReadOptions { strictness: Strictness::Lenient, ..ReadOptions::disordered() };
    consume(format, input, &options);
}

/// Reads everything: crystals are valid, errors lie inside the text and say something.
fn consume(format: Format, input: &[u8], options: &ReadOptions) {
    for parsed in format.read(input, options) {
        match parsed {
            Ok(parsed) => check(&parsed.crystal),
            Err(error) => {
                assert!(error.line() >= 1 && error.column() >= 1 && error.line() <= input.len() + 1);
                assert!(!error.message().is_empty());
            }
        }
    }
}

fn check(crystal: &Crystal) {
    assert!(crystal.num_sites() > 0 && crystal.lattice().volume() > 0.0);
    for site in crystal.sites() {
        assert!(site.position.0.iter().all(|x| x.is_finite()));
        let total = site.species.total_occupancy();
        assert!(total > 0.0 && total <= 1.001 + 1e-9, "{total}");
    }
    if crystal.num_sites() <= SMALL {
        let text = s2s_crystal::pymatgen::write(crystal);
        let options = ReadOptions::disordered();
        let again = s2s_crystal::pymatgen::read(&text, &options).next().expect("there is one structure");
        assert_eq!(&again.expect("what was written can be read").crystal, crystal);
    }
}
