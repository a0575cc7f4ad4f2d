//! The held-out part of a table.

use std::str::FromStr;

use s2s_crystal::Composition;
use s2s_data::{Groups, Split, table::TcRow};
use s2s_eval::benchmark::Sides;

use crate::{console::note, failure::Failure};

/// What --split holds out.
#[derive(Clone, Copy, Debug)]
pub(super) enum HeldOut {
    /// So that nothing of a kind is on both sides.
    Sides(Sides),
    /// The latest years.
    Year,
}

impl FromStr for HeldOut {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        if word == "year" {
            return Ok(Self::Year);
        }
        word.parse().map(Self::Sides).map_err(|error: String| format!("{error}, year"))
    }
}

/// Share of the rows that --split holds out.
const HELD_OUT: f64 = 0.2;

/// Clusters of compositions of the split by family.
const FAMILIES: usize = 30;

impl HeldOut {
    /// A fifth of these rows, all of which have a composition and a Tc, as the test side.
    pub(super) fn split(self, rows: &[&TcRow], seed: u64) -> Result<Split, Failure> {
        let labels: Vec<bool> = rows.iter().map(|row| row.kelvin() > Some(0.0)).collect();
        let compositions: Vec<Composition> = rows.iter().filter_map(|row| row.composition.clone().ok()).collect();
        let split = match self {
            Self::Year => {
                let years: Vec<Option<u16>> = rows.iter().map(|row| row.year).collect();
                if years.iter().flatten().min() == years.iter().flatten().max() {
                    return Err(Failure::usage("--split year needs a column `year` with two different years"));
                }
                let split = Split::temporal(&years, HELD_OUT)?;
                let undated = years.iter().filter(|year| year.is_none()).count();
                if let Some(first) = split.test.iter().filter_map(|&i| years[i]).min() {
                    note(format_args!("predicted: {first} and later; rows without a year, left out: {undated}"));
                }
                split
            }
            Self::Sides(Sides::Random) => Split::stratified(&labels, HELD_OUT, seed)?,
            Self::Sides(Sides::Formula) => {
                let key = |c: &Composition| c.reduced_formula();
                Split::grouped(&labels, &Groups::by_key(compositions.iter().map(key)), HELD_OUT, seed)?
            }
            Self::Sides(Sides::ChemicalSystem) => {
                let key = |c: &Composition| c.elements().collect::<Vec<_>>();
                Split::grouped(&labels, &Groups::by_key(compositions.iter().map(key)), HELD_OUT, seed)?
            }
            Self::Sides(Sides::Family) => {
                let groups = Groups::of_compositions_by_cluster(&compositions, FAMILIES, seed);
                Split::grouped(&labels, &groups, HELD_OUT, seed)?
            }
        };
        Ok(split)
    }
}
