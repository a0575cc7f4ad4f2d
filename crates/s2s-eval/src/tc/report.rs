//! Metrics of predicted critical temperatures.

use std::collections::BTreeMap;

use s2s_crystal::Composition;
use s2s_data::label::{FamilyRule, SuperconductorFamily};
use serde::{Deserialize, Serialize};

use super::TcPrediction;
use crate::metric::{
    Bootstrap, Interval, expected_calibration_error, mean_absolute_error, r_squared, roc_auc, root_mean_squared_error,
};

/// A figure with its bootstrap interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// On all rows.
    pub value: f64,
    /// 95 % of the values on resampled rows lie inside.
    pub interval: Option<Interval>,
}

/// How good predictions are; a figure that is not defined on the rows is absent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TcReport {
    /// Rows with a known Tc.
    pub rows: usize,
    /// Those of them with a Tc above zero.
    pub superconductors: usize,
    /// Mean absolute error in K.
    pub mae_k: Option<Figure>,
    /// Root of the mean squared error in K.
    pub rmse_k: Option<Figure>,
    /// Share of the variance of Tc that is explained.
    pub r2: Option<Figure>,
    /// Mean absolute error in K among superconductors.
    pub mae_superconductors_k: Option<Figure>,
    /// ROC-AUC of the probability, some against none.
    pub roc_auc: Option<Figure>,
    /// Expected calibration error of the probability, ten bins.
    pub calibration_error: Option<Figure>,
    /// Share of the answers inside the 80 % interval.
    pub coverage: Option<Figure>,
    /// The same by family, with the number of rows.
    pub coverage_by_family: BTreeMap<SuperconductorFamily, (usize, f64)>,
    /// Mean absolute error in K of always predicting the median of the training data.
    pub mae_of_median_k: Option<f64>,
}

impl TcReport {
    /// The figures of predictions beside measured temperatures in K; zero for none. `median` is that of the training data.
    ///
    /// # Panics
    ///
    /// If the slices differ in length.
    pub fn new(
        compositions: &[&Composition],
        kelvin: &[f64],
        predictions: &[TcPrediction],
        median: f64,
        bootstrap: Bootstrap,
    ) -> Self {
        assert!(compositions.len() == kelvin.len() && kelvin.len() == predictions.len(), "one prediction per row");
        let all: Vec<usize> = (0..kelvin.len()).collect();
        let positive: Vec<usize> = all.iter().copied().filter(|&i| kelvin[i] > 0.0).collect();
        let figure = |rows: &[usize], metric: &dyn Fn(&[usize]) -> Option<f64>| {
            let value = metric(rows)?;
            let drawn = |indices: &[usize]| metric(&indices.iter().map(|&k| rows[k]).collect::<Vec<_>>());
            Some(Figure { value, interval: bootstrap.interval(rows.len(), drawn) })
        };
        let regression = |metric: fn(&[f64], &[f64]) -> Option<f64>| {
            move |rows: &[usize]| {
                let (targets, predicted): (Vec<f64>, Vec<f64>) =
                    rows.iter().map(|&i| (kelvin[i], predictions[i].kelvin)).unzip();
                metric(&targets, &predicted)
            }
        };
        let classification = |metric: fn(&[bool], &[f64]) -> Option<f64>| {
            move |rows: &[usize]| {
                let (labels, scores): (Vec<bool>, Vec<f64>) =
                    rows.iter().map(|&i| (kelvin[i] > 0.0, predictions[i].probability)).unzip();
                metric(&labels, &scores)
            }
        };
        let covered = |rows: &[usize]| {
            let inside = rows.iter().filter(|&&i| (predictions[i].low..=predictions[i].high).contains(&kelvin[i]));
            (!rows.is_empty()).then(|| inside.count() as f64 / rows.len() as f64)
        };
        let by_family = SuperconductorFamily::ALL.into_iter().filter_map(|family| {
            let rows: Vec<usize> =
                all.iter().copied().filter(|&i| FamilyRule::Chemistry.family(compositions[i]) == family).collect();
            Some((family, (rows.len(), covered(&rows)?)))
        });
        Self {
            rows: kelvin.len(),
            superconductors: positive.len(),
            mae_k: figure(&all, &regression(mean_absolute_error)),
            rmse_k: figure(&all, &regression(root_mean_squared_error)),
            r2: figure(&all, &regression(r_squared)),
            mae_superconductors_k: figure(&positive, &regression(mean_absolute_error)),
            roc_auc: figure(&all, &classification(roc_auc)),
            calibration_error: figure(&all, &classification(|labels, p| expected_calibration_error(labels, p, 10))),
            coverage: figure(&all, &covered),
            coverage_by_family: by_family.collect(),
            mae_of_median_k: mean_absolute_error(kelvin, &vec![median; kelvin.len()]),
        }
    }
}
