//! Random forests on tables: the Statistic baseline, and what can be told from shortcut features.

use std::sync::Arc;

use s2s_data::Record;
use smartcore::{
    ensemble::random_forest_regressor::{RandomForestRegressor, RandomForestRegressorParameters},
    linalg::basic::matrix::DenseMatrix,
};

use super::{RowCache, validation::count};
use crate::{
    EvalError,
    benchmark::{BenchmarkModel, Example},
};

/// A random forest of regression trees on labels 0 and 1, whose mean is a probability.
///
/// With [`FeatureBlock::Magpie`](s2s_featurize::FeatureBlock::Magpie) it is the Statistic baseline of Stanev et al. (2018).
#[derive(Debug)]
pub struct Forest {
    /// Name of the row.
    pub name: String,
    /// What it sees.
    pub rows: Arc<RowCache>,
    /// Number of trees.
    pub trees: usize,
    /// Fewest crystals in a leaf.
    pub leaf: usize,
}

impl BenchmarkModel for Forest {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn settings(&self) -> String {
        format!("{} trees, leaves of {} on {}", self.trees, self.leaf, self.rows)
    }

    fn fit_score(&self, train: &[Example<'_>], test: &[&Record], seed: u64) -> Result<Vec<f64>, EvalError> {
        count("the number of trees", self.trees as u64, 100_000)?;
        count("the size of a leaf", self.leaf as u64, 1_000_000_000)?;
        let failed = |error: smartcore::error::Failed| EvalError::Data { reason: format!("no forest: {error}") };
        let matrix = |records: &[&Record]| {
            let rows: Vec<Vec<f64>> = self.rows.rows(records)?.iter().map(|row| row.to_vec()).collect();
            DenseMatrix::from_2d_vec(&rows).map_err(failed)
        };
        let known = matrix(&train.iter().map(|example| example.record).collect::<Vec<_>>())?;
        let target: Vec<f64> = train.iter().map(|example| f64::from(u8::from(example.superconducts))).collect();
        let width = self.rows.rows(&[train[0].record])?[0].len();
        let parameters = RandomForestRegressorParameters::default()
            .with_n_trees(self.trees)
            .with_min_samples_leaf(self.leaf)
            .with_m((width as f64).sqrt().ceil() as usize)
            .with_seed(seed);
        let forest = RandomForestRegressor::fit(&known, &target, parameters).map_err(failed)?;
        let scores = forest.predict(&matrix(test)?).map_err(failed)?;
        Ok(scores.into_iter().map(|p| p.clamp(0.0, 1.0)).collect())
    }
}
