//! Gradient-boosted trees on tables.

use std::{ops::Deref, sync::Arc};

use forust_ml::{GradientBooster, Matrix, objective::ObjectiveType, sampler::SampleMethod};
use s2s_data::Record;
use serde::{Deserialize, Serialize};

use super::{
    RowCache,
    validation::{count, not_negative, part, positive, share},
};
use crate::{
    BoostedTrees, EvalError, TreeNode, TreesError,
    benchmark::{BenchmarkModel, Example, Supplement},
    sigmoid,
};

/// How trees are boosted.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BoostingConfig {
    /// Number of trees.
    pub trees: usize,
    /// Share of each tree's step that is taken.
    #[serde(rename = "rate")]
    pub learning_rate: f32,
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
        Self { trees: 200, learning_rate: 0.06, depth: 5, crystals: 0.8, columns: 0.2, ridge: 1.0, leaf: 1.0, bags: 1 }
    }

    /// For ten times as many examples: they carry more trees, and deeper ones.
    pub fn large() -> Self {
        Self { trees: 400, depth: 7, ..Self::plain() }
    }

    /// Checks that trees can be grown so.
    ///
    /// # Errors
    ///
    /// [`EvalError::Config`] names the first setting that cannot be followed, with its value.
    pub fn check(&self) -> Result<(), EvalError> {
        count("the number of trees", self.trees as u64, 100_000)?;
        count("the depth of the trees", self.depth as u64, 64)?;
        count("the number of bags", self.bags, 10_000)?;
        positive("the learning rate", self.learning_rate.into())?;
        share("the share of crystals", self.crystals.into())?;
        share("the share of columns", self.columns)?;
        not_negative("the penalty on leaves", self.ridge.into())?;
        not_negative("the smallest weight of a leaf", self.leaf.into())
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
    /// Share of a crystal's weight with which its composition alone is learned from, beside the whole crystal with the rest of the weight; in
    /// [0, 1).
    ///
    /// Where a supplement has no structures, this keeps trees from learning that a missing structure says something about the answer.
    pub masked: f64,
}

impl Boosting {
    /// A crystal counts as much without its structure as with it.
    pub const MASKED: f64 = 0.5;

    /// Grows the trees of every bag; compositions of the supplement that share a chemical system with `test` are left out.
    ///
    /// # Errors
    ///
    /// [`EvalError::Config`] if trees cannot be grown so, [`EvalError::Data`] if the examples do not suffice or a crystal cannot
    /// be turned into numbers.
    pub fn grow(&self, train: &[Example<'_>], test: &[&Record], seed: u64) -> Result<Vec<BoostedTrees>, EvalError> {
        self.config.check()?;
        part("the share of masked structures", self.masked)?;
        let failed = |reason: String| EvalError::Data { reason: format!("no trees: {reason}") };
        let mut known = self.rows.rows(&train.iter().map(|example| example.record).collect::<Vec<_>>())?;
        let mut target: Vec<f64> = train.iter().map(|example| f64::from(u8::from(example.superconducts))).collect();
        let mut weights = vec![1.0 - self.masked; train.len()];
        if self.masked > 0.0 {
            known.extend(train.iter().map(|e| self.rows.row_of_composition(&e.record.crystal.composition())));
            target.extend_from_within(..);
            weights.resize(known.len(), self.masked);
        }
        if let Some(supplement) = &self.supplement {
            let more = supplement.apart_from(test);
            known.extend(more.iter().map(|(composition, _)| self.rows.row_of_composition(composition)));
            target.extend(more.iter().map(|(_, superconducts)| f64::from(u8::from(*superconducts))));
            positive("the weight of a composition", supplement.weight)?;
            weights.resize(known.len(), supplement.weight);
        }
        let columns = varying(&known);
        let numbers = by_column(&known, &columns);
        let matrix = Matrix::new(&numbers, target.len(), columns.len());
        let bags = 0..self.config.bags;
        let grow = |bag| {
            let mut booster = booster(&self.config, seed.wrapping_mul(1009).wrapping_add(bag));
            booster.fit(&matrix, &target, &weights, None).map_err(|error| failed(error.to_string()))?;
            to_trees(&booster, &columns).map_err(|error| failed(error.to_string()))
        };
        bags.map(grow).collect()
    }
}

fn booster(config: &BoostingConfig, seed: u64) -> GradientBooster {
    let sampling = if config.crystals < 1.0 { SampleMethod::Random } else { SampleMethod::None };
    GradientBooster::default()
        .set_iterations(config.trees)
        .set_learning_rate(config.learning_rate)
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

/// Trees whose sum is the logit of a label.
///
/// # Errors
///
/// [`EvalError::Data`] if the rows do not suffice.
pub fn boosted_classifier<R: Deref<Target = [f32]>>(
    rows: &[R],
    labels: &[bool],
    config: &BoostingConfig,
    seed: u64,
) -> Result<BoostedTrees, EvalError> {
    let shares: Vec<f64> = labels.iter().map(|label| f64::from(u8::from(*label))).collect();
    boosted_shares(rows, &shares, config, seed)
}

/// Trees whose sum is the logit of a share in [0, 1]: an example of share w counts as positive with weight w, and as
/// negative with weight 1 − w.
///
/// # Errors
///
/// [`EvalError::Data`] if the rows do not suffice.
pub fn boosted_shares<R: Deref<Target = [f32]>>(
    rows: &[R],
    shares: &[f64],
    config: &BoostingConfig,
    seed: u64,
) -> Result<BoostedTrees, EvalError> {
    boosted(rows, shares, booster(config, seed))
}

/// Trees whose sum is a number, with the squared error.
///
/// # Errors
///
/// [`EvalError::Data`] if the rows do not suffice.
pub fn boosted_regression<R: Deref<Target = [f32]>>(
    rows: &[R],
    targets: &[f64],
    config: &BoostingConfig,
    seed: u64,
) -> Result<BoostedTrees, EvalError> {
    boosted(rows, targets, booster(config, seed).set_objective_type(ObjectiveType::SquaredLoss))
}

fn boosted<R: Deref<Target = [f32]>>(
    rows: &[R],
    target: &[f64],
    mut booster: GradientBooster,
) -> Result<BoostedTrees, EvalError> {
    let failed = |reason: String| EvalError::Data { reason: format!("no trees: {reason}") };
    let columns = varying(rows);
    let numbers = by_column(rows, &columns);
    let matrix = Matrix::new(&numbers, target.len(), columns.len());
    booster.fit(&matrix, target, &vec![1.0; target.len()], None).map_err(|error| failed(error.to_string()))?;
    to_trees(&booster, &columns).map_err(|error| failed(error.to_string()))
}

/// What a booster has grown, with the columns of whole rows in place of those that it was shown.
fn to_trees(booster: &GradientBooster, columns: &[usize]) -> Result<BoostedTrees, TreesError> {
    let narrow = |n: usize| u16::try_from(n).expect("invariant: trees and rows are small");
    let trees = booster.trees.iter().map(|tree| {
        let nodes = tree.nodes.iter().map(|node| match node.is_leaf {
            true => TreeNode::Leaf(f64::from(node.weight_value)),
            false => TreeNode::Split {
                column: narrow(columns[node.split_feature]),
                threshold: node.split_value,
                below: narrow(node.left_child),
                above: narrow(node.right_child),
                missing: narrow(node.missing_node),
            },
        });
        nodes.collect()
    });
    BoostedTrees::new(booster.base_score, trees)
}

impl BenchmarkModel for Boosting {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn settings(&self) -> String {
        let more = self.supplement.as_ref().map(|s| format!(" and {} compositions of weight {}", s.len(), s.weight));
        let masked = (self.masked > 0.0).then(|| format!(", masked structures of weight {}", self.masked));
        format!("{:?} on {}{}{}", self.config, self.rows, more.unwrap_or_default(), masked.unwrap_or_default())
    }

    fn fit_score(&self, train: &[Example<'_>], test: &[&Record], seed: u64) -> Result<Vec<f64>, EvalError> {
        let grown = self.grow(train, test, seed)?;
        let asked = self.rows.rows(test)?;
        let mean = |row: &Arc<[f64]>| grown.iter().map(|trees| trees.logit(row)).sum::<f64>() / grown.len() as f64;
        Ok(asked.iter().map(|row| sigmoid(mean(row))).collect())
    }
}

/// The columns that are not the same for all rows: the library refuses the others.
pub(super) fn varying<T: Copy + PartialEq, R: Deref<Target = [T]>>(rows: &[R]) -> Vec<usize> {
    let width = rows.first().map_or(0, |row| row.len());
    (0..width).filter(|&column| rows.iter().any(|row| row[column] != rows[0][column])).collect()
}

/// The numbers of some columns, column by column.
pub(super) fn by_column<T: Copy + Into<f64>, R: Deref<Target = [T]>>(rows: &[R], columns: &[usize]) -> Vec<f64> {
    columns.iter().flat_map(|&column| rows.iter().map(move |row| row[column].into())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn converted_trees_predict_what_the_booster_predicts() {
        // Two columns that matter, one that never varies and is left out, and holes.
        let number = |k: u32, m: u32| f64::from((k * m) % 97) / 97.0;
        let row = |k: u32| [number(k, 31), 7.0, if k.is_multiple_of(5) { f64::NAN } else { number(k, 57) }];
        let rows: Vec<Vec<f64>> = (0..300).map(|k| row(k).to_vec()).collect();
        let labels: Vec<f64> = rows.iter().map(|r| f64::from(u8::from(r[0] + r[2].max(0.0) > 0.8))).collect();
        let columns = vec![0, 2];
        let numbers = by_column(&rows, &columns);
        let matrix = Matrix::new(&numbers, rows.len(), columns.len());
        let mut booster = GradientBooster::default().set_iterations(30).set_initialize_base_score(true);
        booster.fit(&matrix, &labels, &vec![1.0; rows.len()], None).expect("there is something to learn");
        let trees = to_trees(&booster, &columns).expect("a booster grows trees");
        for (row, expected) in rows.iter().zip(booster.predict(&matrix, false)) {
            assert!((trees.logit(row) - expected).abs() < 1e-9, "{} is not {expected}", trees.logit(row));
        }
    }
}
