//! Results as a table: mean and standard deviation of every metric.

use std::{collections::BTreeMap, fmt};

use s2s_data::Dataset;
use serde::Serialize;

use super::{FoldResult, Job, Sides};
use crate::{
    EvalError, Summary,
    metric::{Evaluation, expected_calibration_error, sign_flip_test},
};

const BINS: usize = 10;

/// Mean and spread of every metric of one model over the folds of one kind of split.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Scores {
    /// Name of the model; summaries call it `contender`.
    #[serde(rename = "contender")]
    pub model: String,
    /// What was kept apart.
    pub sides: Sides,
    /// Folds that were run.
    pub folds: usize,
    /// Metric to mean and standard deviation over the folds; `ece` over the seeds, each with all folds together;
    /// `validation_roc_auc` where models have a validation part and recorded it.
    pub metrics: BTreeMap<&'static str, Summary>,
    /// ROC-AUC minus that of the model compared with, fold by fold, and the p of a sign-flip test over folds. Folds
    /// share training crystals, so p is too small rather than too large.
    pub against: Option<(Summary, Option<f64>)>,
}

/// Scores of all models.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ScoreTable {
    /// By kind of split, then by mean ROC-AUC, the best first.
    pub scores: Vec<Scores>,
    /// The model that the others are compared with.
    pub reference: Option<String>,
}

type Metric = fn(&Evaluation) -> Option<f64>;

const METRICS: [(&str, Metric); 6] = [
    ("accuracy", |e| e.accuracy),
    ("roc_auc", |e| e.roc_auc),
    ("matched_roc_auc", |e| e.matched_roc_auc),
    ("pr_auc", |e| e.pr_auc),
    ("mcc", |e| Some(e.mcc)),
    ("brier", |e| e.brier),
];

impl ScoreTable {
    /// The table of these results; `jobs` are the folds that they came from.
    ///
    /// # Errors
    ///
    /// [`EvalError::Data`] if a result's probabilities are damaged or not of these folds.
    pub fn new(
        data: &Dataset,
        jobs: &[Job],
        results: &[FoldResult],
        reference: Option<&str>,
    ) -> Result<Self, EvalError> {
        let mut names: Vec<&str> = Vec::new();
        for result in results {
            if !names.contains(&result.model.as_str()) {
                names.push(&result.model);
            }
        }
        let of = |name: &str, sides: Sides| -> Vec<&FoldResult> {
            results.iter().filter(|r| r.model == name && r.sides == sides).collect()
        };
        let mut scores = Vec::new();
        for sides in Sides::EVERY {
            let mut rows = Vec::new();
            for name in &names {
                let own = of(name, sides);
                if own.is_empty() {
                    continue;
                }
                let mut metrics = BTreeMap::new();
                for (metric, value) in METRICS {
                    let values: Vec<f64> = own.iter().filter_map(|r| value(&r.evaluation)).collect();
                    metrics.extend(Summary::of(&values).map(|summary| (metric, summary)));
                }
                let validation: Vec<f64> = own.iter().filter_map(|r| r.training.validation_roc_auc).collect();
                metrics.extend(Summary::of(&validation).map(|summary| ("validation_roc_auc", summary)));
                metrics.extend(Summary::of(&calibration_errors(data, jobs, &own)?).map(|summary| ("ece", summary)));
                let other = reference.filter(|r| r != name).map(|reference| of(reference, sides));
                let against = other.and_then(|other| difference(&own, &other));
                rows.push(Scores { model: (*name).to_owned(), sides, folds: own.len(), metrics, against });
            }
            let auc = |row: &Scores| row.metrics.get("roc_auc").map_or(f64::NEG_INFINITY, |summary| summary.mean);
            rows.sort_by(|a, b| auc(b).total_cmp(&auc(a)));
            scores.extend(rows);
        }
        Ok(Self { scores, reference: reference.map(str::to_owned) })
    }
}

/// Expected calibration error of each seed whose folds are all there, over all its crystals.
fn calibration_errors(data: &Dataset, jobs: &[Job], results: &[&FoldResult]) -> Result<Vec<f64>, EvalError> {
    let mut seeds: BTreeMap<u64, (Vec<bool>, Vec<f64>)> = BTreeMap::new();
    for result in results {
        let Some(job) = jobs.iter().find(|job| result.is_of(job)) else { continue };
        let probabilities = result.probabilities()?;
        if probabilities.len() != job.split.test.len() {
            let reason = format!("the results of {} are not of these folds", result.model);
            return Err(EvalError::Data { reason });
        }
        let (labels, scores) = seeds.entry(result.seed).or_default();
        labels.extend(job.split.test.iter().map(|&i| data.labels()[i]));
        scores.extend(probabilities);
    }
    let whole = seeds.values().filter(|(labels, _)| labels.len() == data.len());
    Ok(whole.filter_map(|(labels, scores)| expected_calibration_error(labels, scores, BINS)).collect())
}

fn difference(own: &[&FoldResult], other: &[&FoldResult]) -> Option<(Summary, Option<f64>)> {
    let paired = own.iter().filter_map(|a| {
        let b = other.iter().find(|b| (a.seed, a.fold) == (b.seed, b.fold))?;
        Some(a.evaluation.roc_auc? - b.evaluation.roc_auc?)
    });
    let differences: Vec<f64> = paired.collect();
    Summary::of(&differences).map(|summary| (summary, sign_flip_test(&differences, 1)))
}

impl fmt::Display for ScoreTable {
    /// As Markdown, in %.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for sides in Sides::EVERY {
            let rows: Vec<&Scores> = self.scores.iter().filter(|s| s.sides == sides).collect();
            if rows.is_empty() {
                continue;
            }
            let against = self.reference.as_ref().filter(|_| rows.iter().any(|row| row.against.is_some()));
            write!(f, "### {sides}\n\n| model | ACC | ROC-AUC | matched | PR-AUC | MCC | Brier | ECE | folds |")?;
            let validated = rows.iter().any(|row| row.metrics.contains_key("validation_roc_auc"));
            let more = usize::from(validated) + usize::from(against.is_some());
            write!(f, "{}", if validated { " validation ROC-AUC |" } else { "" })?;
            against.map_or(Ok(()), |name| write!(f, " ROC-AUC − {name} (p) |"))?;
            writeln!(f, "\n|---|---|---|---|---|---|---|---|---|{}", "---|".repeat(more))?;
            for row in rows {
                let percent = |metric: &str| match row.metrics.get(metric) {
                    Some(s) if s.count > 1 => format!(" {:.1} ± {:.1} |", 100.0 * s.mean, 100.0 * s.deviation),
                    Some(s) => format!(" {:.1} |", 100.0 * s.mean),
                    None => " – |".to_owned(),
                };
                write!(f, "| {} |", row.model)?;
                for metric in ["accuracy", "roc_auc", "matched_roc_auc", "pr_auc", "mcc", "brier", "ece"] {
                    f.write_str(&percent(metric))?;
                }
                write!(f, " {} |", row.folds)?;
                if validated {
                    f.write_str(&percent("validation_roc_auc"))?;
                }
                match (against, &row.against) {
                    (None, _) => {}
                    (_, None) => write!(f, " – |")?,
                    (_, Some((d, p))) => {
                        let p = p.map_or(String::new(), |p| format!(" ({p:.3})"));
                        write!(f, " {:+.2}{p} |", 100.0 * d.mean)?;
                    }
                }
                writeln!(f)?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}
