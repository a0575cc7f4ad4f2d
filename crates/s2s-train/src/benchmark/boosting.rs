//! Gradient-boosted trees on tables.

use std::{ops::Deref, sync::Arc};

use forust_ml::{GradientBooster, Matrix, sampler::SampleMethod};
use s2s_data::Record;
use serde::{Deserialize, Serialize};

use super::{Contender, Example, RowCache, Supplement};
use crate::TrainError;

/// How trees are boosted.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BoostingConfig {
    /// Number of trees.
    pub trees: usize,
    /// Share of each tree's step that is taken.
    pub rate: f32,
    /// Deepest path of a tree.
    pub depth: usize,
    /// Share of the crystals that a tree sees.
    pub crystals: f32,
    /// Share of the columns that a tree sees.
    pub columns: f64,
    /// Penalty on the squares of the leaves.
    pub ridge: f32,
    /// Smallest sum of `p (1 − p)` in a leaf.
    pub leaf: f32,
    /// Models of different seeds whose logits are averaged.
    pub bags: u64,
}

impl BoostingConfig {
    /// For a thousand crystals and some hundred columns; results change by a few tenths of a point around it.
    pub fn plain() -> Self {
        Self { trees: 200, rate: 0.06, depth: 5, crystals: 0.8, columns: 0.2, ridge: 1.0, leaf: 1.0, bags: 1 }
    }
}

/// Gradient boosting with the logistic loss.
#[derive(Debug)]
pub struct Boosting {
    /// Name of the row.
    pub name: String,
    /// What it sees.
    pub rows: Arc<RowCache>,
    /// How it learns.
    pub config: BoostingConfig,
    /// Further examples, of which those are used that share no chemical system with the test side.
    pub supplement: Option<Arc<Supplement>>,
}

impl Boosting {
    fn booster(&self, seed: u64) -> GradientBooster {
        let config = &self.config;
        let sampling = if config.crystals < 1.0 { SampleMethod::Random } else { SampleMethod::None };
        GradientBooster::default()
            .set_iterations(config.trees)
            .set_learning_rate(config.rate)
            .set_max_depth(config.depth)
            .set_subsample(config.crystals)
            .set_sample_method(sampling)
            .set_colsample_bytree(config.columns)
            .set_l2(config.ridge)
            .set_min_leaf_weight(config.leaf)
            .set_initialize_base_score(true)
            .set_parallel(false)
            .set_seed(seed)
    }
}

impl Contender for Boosting {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn settings(&self) -> String {
        let more = self.supplement.as_ref().map(|s| format!(" and {} compositions of weight {}", s.len(), s.weight));
        format!("{:?} on {}{}", self.config, self.rows, more.unwrap_or_default())
    }

    fn fit_score(&self, train: &[Example<'_>], test: &[&Record], seed: u64) -> Result<Vec<f64>, TrainError> {
        let failed = |error: forust_ml::errors::ForustError| TrainError::Data { reason: format!("no trees: {error}") };
        let mut known = self.rows.rows(&train.iter().map(|example| example.record).collect::<Vec<_>>())?;
        let mut target: Vec<f64> = train.iter().map(|example| f64::from(u8::from(example.superconducts))).collect();
        let mut weights = vec![1.0; train.len()];
        if let (Some(supplement), Some(first)) = (&self.supplement, train.first()) {
            let more = supplement.apart_from(test);
            let records: Vec<&Record> = more.iter().map(|(record, _)| record).collect();
            known.extend(self.rows.rows_of_compositions(&records, first.record)?);
            target.extend(more.iter().map(|(_, superconducts)| f64::from(u8::from(*superconducts))));
            weights.resize(known.len(), supplement.weight);
        }
        let asked = self.rows.rows(test)?;
        let columns = varying(&known);
        let (known, asked) = (by_column(&known, &columns), by_column(&asked, &columns));
        let known = Matrix::new(&known, target.len(), columns.len());
        let asked = Matrix::new(&asked, test.len(), columns.len());
        let mut logits = vec![0.0; test.len()];
        for bag in 0..self.config.bags.max(1) {
            let mut booster = self.booster(seed.wrapping_mul(1009).wrapping_add(bag));
            booster.fit(&known, &target, &weights, None).map_err(failed)?;
            for (logit, score) in logits.iter_mut().zip(booster.predict(&asked, false)) {
                *logit += score / self.config.bags.max(1) as f64;
            }
        }
        Ok(logits.into_iter().map(|z| 1.0 / (1.0 + (-z).exp())).collect())
    }
}

/// The columns that are not the same for all rows: the library refuses the others.
pub(super) fn varying<R: Deref<Target = [f64]>>(rows: &[R]) -> Vec<usize> {
    let width = rows.first().map_or(0, |row| row.len());
    (0..width).filter(|&column| rows.iter().any(|row| row[column] != rows[0][column])).collect()
}

/// The numbers of some columns, column by column.
pub(super) fn by_column<R: Deref<Target = [f64]>>(rows: &[R], columns: &[usize]) -> Vec<f64> {
    columns.iter().flat_map(|&column| rows.iter().map(move |row| row[column])).collect()
}
