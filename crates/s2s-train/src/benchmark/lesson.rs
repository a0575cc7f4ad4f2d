//! Numbers that models of other crystals predict: transfer for tables.

use std::collections::HashSet;

use forust_ml::{GradientBooster, Matrix, objective::ObjectiveType, sampler::SampleMethod};
use rayon::prelude::*;
use s2s_crystal::Element;
use s2s_data::Record;

use super::{FeatureSet, boosting::by_column, boosting::varying};
use crate::TrainError;

/// What is learned from other crystals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Whether it is a superconductor.
    Label,
    /// Formation energy in eV per atom.
    FormationEnergy,
    /// Root of the band gap in eV.
    Gap,
}

impl Subject {
    fn of(self, record: &Record) -> Option<f64> {
        match self {
            Self::Label => record.label.and_then(|label| label.is_superconductor()).map(|l| f64::from(u8::from(l))),
            Self::FormationEnergy => record.mp2018.and_then(|known| known.e_form),
            Self::Gap => record.mp2018.and_then(|known| known.gap_pbe).map(|gap| gap.max(0.0).sqrt()),
        }
    }
}

/// Boosted trees that learned something from crystals of which none shares a chemical system with a benchmark.
///
/// Because the chemical systems of *all* crystals of the benchmark are left out, the same lesson serves every fold under
/// the random split and those by formula and by chemical system. A [`Subject::Label`] lesson must not be used under the
/// split by family, whose test families it may have seen.
pub struct Lesson {
    name: String,
    set: FeatureSet,
    columns: Vec<usize>,
    booster: GradientBooster,
    examples: usize,
}

impl std::fmt::Debug for Lesson {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lesson").field("name", &self.name).field("examples", &self.examples).finish_non_exhaustive()
    }
}

/// Larger cells cost more than they teach.
const MOST_SITES: usize = 60;

impl Lesson {
    /// Learns a subject from those records that know it and share no chemical system with the benchmark.
    ///
    /// # Errors
    ///
    /// [`TrainError::Data`] if none is left, or one cannot be turned into numbers.
    pub fn learn(
        name: impl Into<String>,
        subject: Subject,
        set: FeatureSet,
        records: &[Record],
        benchmark: &[Record],
        seed: u64,
    ) -> Result<Self, TrainError> {
        let name = name.into();
        let system = |record: &Record| record.crystal.composition().elements().collect::<Vec<Element>>();
        let forbidden: HashSet<Vec<Element>> = benchmark.par_iter().map(system).collect();
        let allowed = |record: &&Record| {
            record.crystal.num_sites() <= MOST_SITES
                && subject.of(record).is_some()
                && !forbidden.contains(&system(record))
        };
        let records: Vec<&Record> = records.par_iter().filter(allowed).collect();
        let failed = |reason: String| TrainError::Data { reason: format!("lesson {name}: {reason}") };
        if records.is_empty() {
            return Err(failed("no crystal is left to learn from".to_owned()));
        }
        let rows = set.rows(&records).map_err(|error| failed(error.to_string()))?;
        let columns = varying(&rows);
        let numbers = by_column(&rows, &columns);
        let target: Vec<f64> = records.iter().filter_map(|record| subject.of(record)).collect();
        let (objective, trees, rate, depth, leaf) = match subject {
            Subject::Label => (ObjectiveType::LogLoss, 300, 0.06, 6, 1.0),
            _ => (ObjectiveType::SquaredLoss, 300, 0.1, 8, 3.0),
        };
        let mut booster = GradientBooster::default()
            .set_objective_type(objective)
            .set_iterations(trees)
            .set_learning_rate(rate)
            .set_max_depth(depth)
            .set_min_leaf_weight(leaf)
            .set_subsample(0.8)
            .set_sample_method(SampleMethod::Random)
            .set_colsample_bytree(0.2)
            .set_l2(1.0)
            .set_initialize_base_score(true)
            .set_parallel(false)
            .set_seed(seed);
        let matrix = Matrix::new(&numbers, rows.len(), columns.len());
        booster.fit(&matrix, &target, &vec![1.0; target.len()], None).map_err(|error| failed(error.to_string()))?;
        Ok(Self { name, set, columns, booster, examples: rows.len() })
    }

    /// What the number is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How many crystals it was learned from.
    pub fn examples(&self) -> usize {
        self.examples
    }

    /// The number for each of these records.
    ///
    /// # Errors
    ///
    /// [`TrainError::Data`] if one cannot be turned into numbers.
    pub fn recite(&self, records: &[&Record]) -> Result<Vec<f64>, TrainError> {
        let rows = self.set.rows(records).map_err(|error| TrainError::Data { reason: error.to_string() })?;
        let numbers = by_column(&rows, &self.columns);
        Ok(self.booster.predict(&Matrix::new(&numbers, rows.len(), self.columns.len()), false))
    }
}
