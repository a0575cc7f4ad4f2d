//! How much ROC-AUC models have more than another one, on the folds that both have.

use std::fmt;

use serde::Serialize;

use super::{FoldResult, Job, Sides};
use crate::{EvalError, Summary, metric::ResampledDifference};

/// Models that are compared with one other. Several are taken as repetitions of one model, such as seeds of its
/// pre-training, so that their mean has a row too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// The models.
    pub models: Vec<String>,
    /// The model whose ROC-AUC is subtracted from theirs.
    pub reference: String,
}

/// Differences of ROC-AUC under one kind of split.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ComparisonScores {
    /// What was kept apart.
    pub sides: Sides,
    /// The model whose ROC-AUC was subtracted.
    pub reference: String,
    /// The models' differences.
    pub differences: Vec<ModelDifference>,
    /// Mean and standard deviation of the models' mean differences, where there are several.
    pub repetitions: Option<Summary>,
}

/// ROC-AUC of a model minus that of another.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ModelDifference {
    /// The model.
    pub model: String,
    /// The difference, over the folds that both have.
    #[serde(flatten)]
    pub roc_auc: ResampledDifference,
}

/// Differences of ROC-AUC, of every comparison under every split of which there are results.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DifferenceTable {
    /// By kind of split, then as they were asked for.
    pub scores: Vec<ComparisonScores>,
}

impl DifferenceTable {
    /// The differences that these comparisons ask for; `jobs` are the folds that the results came from.
    ///
    /// # Errors
    ///
    /// [`EvalError::Data`] if no fold has results of both a model and its reference.
    pub fn new(jobs: &[Job], results: &[FoldResult], comparisons: &[Comparison]) -> Result<Self, EvalError> {
        let mut scores: Vec<ComparisonScores> = Vec::new();
        for Comparison { models, reference } in comparisons {
            let mut missing: Vec<&String> = models.iter().collect();
            for sides in Sides::EVERY {
                let subtracted = FoldResult::of_model(results, reference, sides);
                let found = models.iter().filter_map(|model| {
                    let own = FoldResult::of_model(results, model, sides);
                    Some(ModelDifference { model: model.clone(), roc_auc: paired_difference(jobs, &own, &subtracted)? })
                });
                let differences: Vec<ModelDifference> = found.collect();
                missing.retain(|model| differences.iter().all(|found| found.model != **model));
                let means: Vec<f64> = differences.iter().map(|row| row.roc_auc.mean).collect();
                let repetitions = Summary::of(&means).filter(|summary| summary.count > 1);
                if !differences.is_empty() {
                    scores.push(ComparisonScores { sides, reference: reference.clone(), differences, repetitions });
                }
            }
            if let Some(model) = missing.first() {
                let reason = format!("no fold has results of both `{model}` and `{reference}`");
                return Err(EvalError::Data { reason });
            }
        }
        // Stable: under each split comparisons stay as they were asked for.
        scores.sort_by_key(|row| row.sides);
        Ok(Self { scores })
    }
}

/// ROC-AUC of one model minus that of another, over the folds that both have; `None` if there are none.
pub(super) fn paired_difference(
    jobs: &[Job],
    own: &[&FoldResult],
    other: &[&FoldResult],
) -> Option<ResampledDifference> {
    let paired = own.iter().filter_map(|a| {
        let b = other.iter().find(|b| (a.seed, a.fold) == (b.seed, b.fold))?;
        let split = &jobs.iter().find(|job| a.is_of(job))?.split;
        let test_over_train = split.test.len() as f64 / split.train.len() as f64;
        Some((a.evaluation.roc_auc? - b.evaluation.roc_auc?, test_over_train))
    });
    let (differences, ratios): (Vec<f64>, Vec<f64>) = paired.unzip();
    ResampledDifference::of(&differences, Summary::of(&ratios)?.mean)
}

impl fmt::Display for DifferenceTable {
    /// As Markdown, in points of 100: means ± standard deviations over folds, in the rows of repetitions over the models.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for sides in Sides::EVERY {
            let rows: Vec<&ComparisonScores> = self.scores.iter().filter(|row| row.sides == sides).collect();
            if rows.is_empty() {
                continue;
            }
            writeln!(
                f,
                "### differences, {sides}\n\n| model | compared with | ROC-AUC, difference ± std [95 % interval] | folds |"
            )?;
            writeln!(f, "|---|---|---|---|")?;
            for ComparisonScores { reference, differences, repetitions, .. } in rows {
                for ModelDifference { model, roc_auc } in differences {
                    let ResampledDifference { mean, deviation, interval, folds, .. } = roc_auc;
                    write!(f, "| {model} | {reference} | {:+.2} ± {:.2}", 100.0 * mean, 100.0 * deviation)?;
                    if let Some((low, high)) = interval {
                        write!(f, " [{:+.2}, {:+.2}]", 100.0 * low, 100.0 * high)?;
                    }
                    writeln!(f, " | {folds} |")?;
                }
                if let Some(Summary { count, mean, deviation }) = repetitions {
                    let (mean, deviation) = (100.0 * mean, 100.0 * deviation);
                    writeln!(f, "| mean of these {count} | {reference} | {mean:+.2} ± {deviation:.2} | – |")?;
                }
            }
            writeln!(f)?;
        }
        Ok(())
    }
}
