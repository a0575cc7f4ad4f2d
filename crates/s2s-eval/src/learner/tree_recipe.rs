//! Growing an ensemble of boosted trees: one member per fold of chemical systems, calibrated on what it has not seen.

use std::collections::BTreeMap;

use s2s_data::{Dataset, Folds, Groups, Record};
use s2s_predict::{Known, KnownCrystal, TreeModel, TreeModelConfig};

use super::Boosting;
use crate::{BoostedTrees, Calibration, EvalError, benchmark::Example, fit_platt, metric::Evaluation};

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

    /// Grows the members and makes of them a model that `s2s screen` uses, with what the left-out crystals say about it.
    ///
    /// A positive answer means what the boosting is named; `data_sha256` is the hash of the file of the data.
    ///
    /// # Errors
    ///
    /// As [`grow`](Self::grow); [`EvalError::Model`] if the trees see more than descriptors, which a model could not compute.
    pub fn grow_model(&self, data: &Dataset, data_sha256: String) -> Result<(TreeModel, Evaluation), EvalError> {
        let grown = self.grow(data)?;
        let elements: Vec<usize> = data.records().iter().map(|r| r.crystal.composition().num_elements()).collect();
        let found =
            Evaluation::new(data.labels(), &grown.left_out).with_strata(data.labels(), &grown.left_out, &elements);
        let measured = [
            ("accuracy", found.accuracy),
            ("roc_auc", found.roc_auc),
            ("matched_roc_auc", found.stratified_roc_auc),
            ("pr_auc", found.pr_auc),
            ("brier", found.brier),
            ("ece", found.ece),
        ];
        let metrics: BTreeMap<String, f64> =
            measured.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect();
        let config = TreeModelConfig {
            positive: self.boosting.name.clone(),
            features: self.boosting.rows.to_string(),
            calibration: grown.calibration,
            dataset_sha256: data_sha256,
            metrics,
        };
        let known = data.records().iter().zip(data.labels());
        let known = known.map(|(record, &label)| KnownCrystal::new(record.id.to_string(), &record.crystal, label));
        let known = Known::new(known.collect()).map_err(EvalError::model)?;
        let model = TreeModel::new(config, grown.members, known).map_err(EvalError::model)?;
        Ok((model, found))
    }
}
