//! Auxiliary features: numbers that a model predicts that was fitted on other crystals.

use std::collections::HashSet;

use forust_ml::{GradientBooster, Matrix, objective::ObjectiveType, sampler::SampleMethod};
use rayon::prelude::*;
use s2s_crystal::Element;
use s2s_data::Record;

use super::{
    RecordFeatures,
    boosting::{by_column, varying},
};
use crate::EvalError;

/// What an auxiliary feature predicts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AuxiliaryTarget {
    /// Whether it is a superconductor.
    Label,
    /// Formation energy in eV per atom.
    FormationEnergy,
    /// Root of the band gap in eV.
    Gap,
}

impl AuxiliaryTarget {
    /// The target that the name of an auxiliary feature begins with: `gap`, `energy`, or else the label.
    pub fn of_name(name: &str) -> Self {
        match name {
            name if name.starts_with("gap") => Self::Gap,
            name if name.starts_with("energy") => Self::FormationEnergy,
            _ => Self::Label,
        }
    }

    fn of(self, record: &Record) -> Option<f64> {
        match self {
            Self::Label => record.label.and_then(|label| label.is_superconductor()).map(|l| f64::from(u8::from(l))),
            Self::FormationEnergy => record.mp2018.and_then(|known| known.e_form),
            Self::Gap => record.mp2018.and_then(|known| known.gap_pbe).map(|gap| gap.max(0.0).sqrt()),
        }
    }
}

/// Boosted trees fitted on crystals of which none shares a chemical system with a benchmark; their prediction is a column.
///
/// Because the chemical systems of *all* crystals of the benchmark are left out, the same feature serves every fold under
/// the random split and those by formula and by chemical system. One of [`AuxiliaryTarget::Label`] must not be used under the
/// split by family, whose test families it may have seen.
pub struct AuxiliaryFeature {
    name: String,
    features: RecordFeatures,
    columns: Vec<usize>,
    booster: GradientBooster,
    examples: usize,
}

impl std::fmt::Debug for AuxiliaryFeature {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AuxiliaryFeature")
            .field("name", &self.name)
            .field("examples", &self.examples)
            .finish_non_exhaustive()
    }
}

/// Larger cells cost more time than they improve the fit.
const MOST_SITES: usize = 60;

impl AuxiliaryFeature {
    /// The features that are quick to compute for tens of thousands of crystals: all but symmetry.
    pub fn quick_features() -> RecordFeatures {
        let words = "magpie+fractions+composition+pairs+structure+surroundings";
        words.parse().expect("invariant: these are names of blocks")
    }

    /// Fits the target on those records that know it and share no chemical system with the benchmark.
    ///
    /// # Errors
    ///
    /// [`EvalError::Data`] if none is left, or one cannot be turned into numbers.
    pub fn fit(
        name: impl Into<String>,
        target: AuxiliaryTarget,
        features: RecordFeatures,
        records: &[Record],
        benchmark: &[Record],
        seed: u64,
    ) -> Result<Self, EvalError> {
        let name = name.into();
        let system = |record: &Record| record.crystal.composition().elements().collect::<Vec<Element>>();
        let forbidden: HashSet<Vec<Element>> = benchmark.par_iter().map(system).collect();
        let allowed = |record: &&Record| {
            record.crystal.num_sites() <= MOST_SITES
                && target.of(record).is_some()
                && !forbidden.contains(&system(record))
        };
        let records: Vec<&Record> = records.par_iter().filter(allowed).collect();
        let failed = |reason: String| EvalError::Data { reason: format!("auxiliary feature {name}: {reason}") };
        if records.is_empty() {
            return Err(failed("no crystal is left to learn from".to_owned()));
        }
        let rows = features.rows(&records).map_err(|error| failed(error.to_string()))?;
        let columns = varying(&rows);
        let numbers = by_column(&rows, &columns);
        let values: Vec<f64> = records.iter().filter_map(|record| target.of(record)).collect();
        let (objective, trees, learning_rate, depth, leaf) = match target {
            AuxiliaryTarget::Label => (ObjectiveType::LogLoss, 300, 0.06, 6, 1.0),
            _ => (ObjectiveType::SquaredLoss, 300, 0.1, 8, 3.0),
        };
        let mut booster = GradientBooster::default()
            .set_objective_type(objective)
            .set_iterations(trees)
            .set_learning_rate(learning_rate)
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
        booster.fit(&matrix, &values, &vec![1.0; values.len()], None).map_err(|error| failed(error.to_string()))?;
        Ok(Self { name, features, columns, booster, examples: rows.len() })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How many crystals it was fitted on.
    pub fn examples(&self) -> usize {
        self.examples
    }

    /// The prediction for each of these records.
    ///
    /// # Errors
    ///
    /// [`EvalError::Data`] if one cannot be turned into numbers.
    pub fn predict(&self, records: &[&Record]) -> Result<Vec<f64>, EvalError> {
        let rows = self.features.rows(records).map_err(|error| EvalError::Data { reason: error.to_string() })?;
        let numbers = by_column(&rows, &self.columns);
        Ok(self.booster.predict(&Matrix::new(&numbers, rows.len(), self.columns.len()), false))
    }
}
