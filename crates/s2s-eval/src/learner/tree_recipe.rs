//! Growing an ensemble of boosted trees: one member per fold of chemical systems, calibrated on what it has not seen.

use s2s_data::{Dataset, Folds, Groups, Record};

use super::Boosting;
use crate::{BoostedTrees, Calibration, EvalError, benchmark::Example, fit_platt};

/// How the members of an ensemble of trees are grown.
#[derive(Debug)]
pub struct TreeRecipe {
    /// How each member is boosted, and what it sees.
    pub boosting: Boosting,
    /// Number of members; each leaves out its share of the chemical systems.
    pub folds: usize,
    /// Seed of folds and trees.
    pub seed: u64,
}

/// What a [`TreeRecipe`] yields.
#[derive(Debug)]
pub struct Grown {
    /// One sum of trees per fold.
    pub members: Vec<BoostedTrees>,
    /// Fitted on the logit that each crystal got from the member that had seen none of its chemical system.
    pub calibration: Calibration,
    /// The calibrated probabilities of these logits, in the order of the data.
    pub left_out: Vec<f64>,
}

impl TreeRecipe {
    /// Grows one member per fold of chemical systems.
    ///
    /// # Errors
    ///
    /// [`EvalError::Config`] if trees cannot be grown so, and [`EvalError`] if the data has too few crystals or chemical systems, or a crystal cannot be turned into numbers.
    pub fn grow(&self, data: &Dataset) -> Result<Grown, EvalError> {
        self.boosting.config.check()?;
        let (records, labels) = (data.records(), data.labels());
        let groups = Groups::by_key(records.iter().map(|r| r.crystal.composition().elements().collect::<Vec<_>>()));
        let folds = Folds::grouped(labels, &groups, self.folds, self.seed)?;
        let mut members = Vec::with_capacity(self.folds);
        let mut logits = vec![0.0; records.len()];
        for split in folds.splits() {
            let example = |&i: &usize| Example { record: &records[i], superconducts: labels[i] };
            let train: Vec<Example<'_>> = split.train.iter().map(example).collect();
            let left_out: Vec<&Record> = split.test.iter().map(|&i| &records[i]).collect();
            let grown = self.boosting.grow(&train, &left_out, self.seed)?;
            let rows = self.boosting.rows.rows(&left_out)?;
            for (&i, row) in split.test.iter().zip(rows) {
                logits[i] = grown.iter().map(|trees| trees.logit(&row)).sum::<f64>() / grown.len() as f64;
            }
            members.extend(grown);
        }
        let calibration = fit_platt(labels, &logits);
        let left_out = logits.iter().map(|z| calibration.probability(*z)).collect();
        Ok(Grown { members, calibration, left_out })
    }
}
