//! Overlap of a test set with the training data.

use std::collections::HashSet;

use rayon::prelude::*;
use s2s_crystal::Composition;
use s2s_featurize::ElementFractions;
use serde::{Deserialize, Serialize};

use super::{TcExample, model::system, rounded};

/// How near the nearest training composition is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Resemblance {
    /// The same composition, however it is written.
    Duplicate,
    /// Less than one atom in a hundred differs.
    NearDuplicate,
    /// The same elements in other amounts.
    SameSystem,
    /// No training composition has these elements.
    NewSystem,
}

/// Test compositions by how near the nearest training composition is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overlap {
    /// Compositions of the training data that are there more than once, the first occurrence not counted.
    pub repeated_in_training: usize,
    /// See [`Resemblance::Duplicate`].
    pub duplicates: usize,
    /// See [`Resemblance::NearDuplicate`].
    pub near_duplicates: usize,
    /// See [`Resemblance::SameSystem`].
    pub same_system: usize,
    /// See [`Resemblance::NewSystem`].
    pub new_system: usize,
}

/// Shares of atoms that differ by less are those of one composition.
const SAME: f32 = 1e-5;

/// Share of the atoms in which near duplicates differ.
const NEAR: f32 = 0.01;

impl Overlap {
    /// The resemblance of every test composition, and how many there are of each.
    pub fn of(train: &[TcExample], test: &[&Composition]) -> (Self, Vec<Resemblance>) {
        let point = |composition: &Composition| ElementFractions.describe(composition).map(|x| x as f32);
        let known: Vec<_> = train.iter().map(|example| point(&example.composition)).collect();
        let systems: HashSet<_> = train.iter().map(|example| system(&example.composition)).collect();
        let found: Vec<Resemblance> = test
            .par_iter()
            .map(|composition| {
                let own = point(composition);
                let differing = |other: &[f32; ElementFractions::LEN]| {
                    own.iter().zip(other).map(|(a, b)| (a - b).abs()).sum::<f32>()
                };
                match 0.5 * known.iter().map(differing).fold(f32::INFINITY, f32::min) {
                    least if least < SAME => Resemblance::Duplicate,
                    least if least < NEAR => Resemblance::NearDuplicate,
                    _ if systems.contains(&system(composition)) => Resemblance::SameSystem,
                    _ => Resemblance::NewSystem,
                }
            })
            .collect();
        let distinct: HashSet<_> = train.iter().map(|example| rounded(&example.composition)).collect();
        let count = |wanted: Resemblance| found.iter().filter(|found| **found == wanted).count();
        let overlap = Self {
            repeated_in_training: train.len() - distinct.len(),
            duplicates: count(Resemblance::Duplicate),
            near_duplicates: count(Resemblance::NearDuplicate),
            same_system: count(Resemblance::SameSystem),
            new_system: count(Resemblance::NewSystem),
        };
        (overlap, found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_multiple_is_a_duplicate_and_a_little_dopant_a_near_one() -> Result<(), s2s_crystal::FormulaError> {
        let example = |formula: &str| {
            Ok(TcExample { composition: formula.parse()?, kelvin: 1.0, tested_to: None, crystal: None })
        };
        let train = [example("YBa2Cu3O7")?, example("Y2Ba4Cu6O14")?, example("Nb3Sn")?];
        let asked = ["Y2Ba4Cu6O14", "YBa2Cu2.95Zn0.05O7", "Nb2Sn3", "Nb", "YBa2Cu3O6.9"];
        let asked: Vec<Composition> = asked.into_iter().map(str::parse).collect::<Result<_, _>>()?;
        let (overlap, found) = Overlap::of(&train, &asked.iter().collect::<Vec<_>>());
        use Resemblance::{Duplicate, NearDuplicate, NewSystem, SameSystem};
        assert_eq!(found, [Duplicate, NearDuplicate, SameSystem, NewSystem, NearDuplicate]);
        assert_eq!(overlap.repeated_in_training, 1);
        assert_eq!((overlap.duplicates, overlap.near_duplicates, overlap.new_system), (1, 2, 1));
        Ok(())
    }
}
