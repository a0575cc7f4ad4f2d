//! Results as a table: mean and standard deviation of every metric.

use std::{collections::BTreeMap, fmt};

use s2s_data::Dataset;
use serde::Serialize;

use super::{FoldResult, Job, Sides, difference::paired_difference};
use crate::{
    EvalError, Summary,
    metric::{Evaluation, ResampledDifference, expected_calibration_error, precision_at},
};

const BINS: usize = 10;

/// Mean and standard deviation of every metric of one model over the folds of one kind of split.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Scores {
    /// Name of the model; summaries call it `contender`.
    #[serde(rename = "contender")]
    pub model: String,
    /// What was kept apart.
    pub sides: Sides,
    /// Folds that were run.
    pub folds: usize,
    /// Metric to mean and standard deviation over the folds; `ece` and `precision_at_tenth` (share of positives among the
    /// tenth of the crystals with the highest probabilities) over the seeds, each with all folds together;
    /// `validation_roc_auc` where models have a validation part and recorded it.
    pub metrics: BTreeMap<&'static str, Summary>,
    /// ROC-AUC minus that of the model compared with, over the folds that both have.
    pub against: Option<ResampledDifference>,
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
    ("matched_roc_auc", |e| e.stratified_roc_auc),
    ("pr_auc", |e| e.pr_auc),
    ("mcc", |e| Some(e.mcc)),
    ("brier", |e| e.brier),
];

impl ScoreTable {
    /// The table of these results; `jobs` are the folds that they came from.
    ///
    /// # Errors
    ///
    /// [`EvalError::Data`] if a result's probabilities are damaged or not of these folds, or the reference has no results.
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
        if let Some(missing) = reference.filter(|reference| !names.contains(reference)) {
            let reason = format!("there are no results of `{missing}` to compare with");
            return Err(EvalError::Data { reason });
        }
        let mut scores = Vec::new();
        for sides in Sides::EVERY {
            let mut rows = Vec::new();
            for name in &names {
                let own = FoldResult::of_model(results, name, sides);
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
                let seeds = whole_seeds(data, jobs, &own)?;
                let error = |(labels, scores): &Answers| expected_calibration_error(labels, scores, BINS);
                let best = |(labels, scores): &Answers| precision_at(labels, scores, labels.len() / 10);
                for (name, values) in [
                    ("ece", seeds.iter().filter_map(error).collect::<Vec<f64>>()),
                    ("precision_at_tenth", seeds.iter().filter_map(best).collect()),
                ] {
                    metrics.extend(Summary::of(&values).map(|summary| (name, summary)));
                }
                let other =
                    reference.filter(|r| r != name).map(|reference| FoldResult::of_model(results, reference, sides));
                let against = other.and_then(|other| paired_difference(jobs, &own, &other));
                rows.push(Scores { model: (*name).to_owned(), sides, folds: own.len(), metrics, against });
            }
            let auc = |row: &Scores| row.metrics.get("roc_auc").map_or(f64::NEG_INFINITY, |summary| summary.mean);
            rows.sort_by(|a, b| auc(b).total_cmp(&auc(a)));
            scores.extend(rows);
        }
        Ok(Self { scores, reference: reference.map(str::to_owned) })
    }
}

/// Labels and probabilities of crystals.
type Answers = (Vec<bool>, Vec<f64>);

/// What was answered for all crystals, of each seed whose folds are all there.
fn whole_seeds(data: &Dataset, jobs: &[Job], results: &[&FoldResult]) -> Result<Vec<Answers>, EvalError> {
    let mut seeds: BTreeMap<u64, Answers> = BTreeMap::new();
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
    Ok(seeds.into_values().filter(|(labels, _)| labels.len() == data.len()).collect())
}

impl fmt::Display for ScoreTable {
    /// As Markdown, in %: means ± standard deviations over folds, of ECE and P@10 % over seeds.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for sides in Sides::EVERY {
            let rows: Vec<&Scores> = self.scores.iter().filter(|s| s.sides == sides).collect();
            if rows.is_empty() {
                continue;
            }
            let against = self.reference.as_ref().filter(|_| rows.iter().any(|row| row.against.is_some()));
            write!(
                f,
                "### {sides}\n\n| model | ACC | ROC-AUC | AUC, equal numbers of elements | PR-AUC | MCC | Brier | ECE | P@10 % | folds |"
            )?;
            let validated = rows.iter().any(|row| row.metrics.contains_key("validation_roc_auc"));
            let more = usize::from(validated) + usize::from(against.is_some());
            write!(f, "{}", if validated { " validation ROC-AUC |" } else { "" })?;
            against.map_or(Ok(()), |name| write!(f, " ROC-AUC − {name} [95 % interval] |"))?;
            writeln!(f, "\n|---|---|---|---|---|---|---|---|---|---|{}", "---|".repeat(more))?;
            for row in rows {
                let percent = |metric: &str| match row.metrics.get(metric) {
                    Some(s) if s.count > 1 => format!(" {:.1} ± {:.1} |", 100.0 * s.mean, 100.0 * s.deviation),
                    Some(s) => format!(" {:.1} |", 100.0 * s.mean),
                    None => " – |".to_owned(),
                };
                write!(f, "| {} |", row.model)?;
                for metric in
                    ["accuracy", "roc_auc", "matched_roc_auc", "pr_auc", "mcc", "brier", "ece", "precision_at_tenth"]
                {
                    f.write_str(&percent(metric))?;
                }
                write!(f, " {} |", row.folds)?;
                if validated {
                    f.write_str(&percent("validation_roc_auc"))?;
                }
                match (against, &row.against) {
                    (None, _) => {}
                    (_, None) => write!(f, " – |")?,
                    (_, Some(found)) => {
                        write!(f, " {:+.2}", 100.0 * found.mean)?;
                        if let Some((low, high)) = found.interval {
                            write!(f, " [{:+.2}, {:+.2}]", 100.0 * low, 100.0 * high)?;
                        }
                        f.write_str(" |")?;
                    }
                }
                writeln!(f)?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}
