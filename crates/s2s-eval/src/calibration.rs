//! Calibration of probabilities, fitted on validation data only.

use s2s_predict::Calibration;
use serde::{Deserialize, Serialize};

/// Divides logits by one number, so that confidence matches frequency; the order of the crystals does not change.
///
/// # Source
///
/// Guo et al., On Calibration of Modern Neural Networks (2017), §4.2.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Temperature(pub f64);

impl Temperature {
    /// Bounds of the search: beyond them the validation set is (anti-)separable and says nothing more.
    const RANGE: (f64, f64) = (0.05, 20.0);

    /// The temperature that minimizes the log-loss on validation data; 1 without data.
    ///
    /// # Panics
    ///
    /// If the slices differ in length.
    pub fn fit(labels: &[bool], logits: &[f64]) -> Self {
        assert_eq!(labels.len(), logits.len(), "one logit per label");
        // The loss is convex in 1/T, so its derivative there has one sign change: bisect it.
        let slope = |inverse: f64| -> f64 {
            labels.iter().zip(logits).map(|(label, z)| z * (sigmoid(z * inverse) - f64::from(*label))).sum()
        };
        let (mut low, mut high) = (1.0 / Self::RANGE.1, 1.0 / Self::RANGE.0);
        if labels.is_empty() {
            return Self(1.0);
        }
        for _ in 0..200 {
            let middle = (low + high) / 2.0;
            if slope(middle) > 0.0 { high = middle } else { low = middle }
        }
        Self(2.0 / (low + high))
    }

    /// The calibrated probability of a logit.
    pub fn probability(&self, logit: f64) -> f64 {
        sigmoid(logit / self.0)
    }
}

/// The straight line from logits to calibrated logits that minimizes the log-loss on validation data; the identity if a class
/// is missing.
///
/// # Panics
///
/// If the slices differ in length.
///
/// # Source
///
/// Platt, Probabilistic outputs for support vector machines (1999), with the smoothed targets given there.
pub fn fit_platt(labels: &[bool], logits: &[f64]) -> Calibration {
    assert_eq!(labels.len(), logits.len(), "one logit per label");
    let positives = labels.iter().filter(|l| **l).count() as f64;
    let negatives = labels.len() as f64 - positives;
    if positives == 0.0 || negatives == 0.0 {
        return Calibration::IDENTITY;
    }
    let target = |label: bool| if label { (positives + 1.0) / (positives + 2.0) } else { 1.0 / (negatives + 2.0) };
    let mut line = Calibration::IDENTITY;
    for _ in 0..100 {
        // Gradient and Hessian of the log-loss in (slope, offset); a little ridge keeps the step finite.
        let (mut g, mut h) = ([0.0; 2], [1e-9, 0.0, 1e-9]);
        for (label, z) in labels.iter().zip(logits) {
            let p = line.probability(*z);
            let (error, weight) = (p - target(*label), p * (1.0 - p));
            g = [g[0] + error * z, g[1] + error];
            h = [h[0] + weight * z * z, h[1] + weight * z, h[2] + weight];
        }
        let determinant = h[0] * h[2] - h[1] * h[1];
        let step = [(h[2] * g[0] - h[1] * g[1]) / determinant, (h[0] * g[1] - h[1] * g[0]) / determinant];
        let limit = 2.0 / step[0].hypot(step[1]).max(2.0);
        (line.slope, line.offset) = (line.slope - limit * step[0], line.offset - limit * step[1]);
        if step[0].hypot(step[1]) < 1e-10 {
            break;
        }
    }
    if line.slope.is_finite() && line.offset.is_finite() { line } else { Calibration::IDENTITY }
}

/// A monotone step-wise linear map from scores to probabilities (pool adjacent violators).
///
/// # Source
///
/// Zadrozny and Elkan, Transforming classifier scores into accurate multiclass probability estimates (2002); equal to
/// scikit-learn's `IsotonicRegression(out_of_bounds="clip")`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Isotonic {
    /// `(score, probability)`, increasing in both.
    knots: Vec<(f64, f64)>,
}

impl Isotonic {
    /// The monotone map closest to the labels in mean square; scores that are not numbers are left out.
    ///
    /// # Panics
    ///
    /// If the slices differ in length.
    pub fn fit(labels: &[bool], scores: &[f64]) -> Self {
        assert_eq!(labels.len(), scores.len(), "one score per label");
        let mut pairs: Vec<(f64, f64)> =
            scores.iter().zip(labels).filter(|(s, _)| !s.is_nan()).map(|(s, l)| (*s, f64::from(*l))).collect();
        pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut blocks: Vec<Block> = Vec::new();
        for (score, label) in pairs {
            match blocks.last_mut() {
                Some(last) if last.high == score => last.add(label),
                _ => blocks.push(Block { low: score, high: score, sum: label, weight: 1.0 }),
            }
        }
        let mut pooled: Vec<Block> = Vec::new();
        for mut block in blocks {
            while let Some(last) = pooled.pop_if(|last| last.mean() >= block.mean()) {
                block = Block { low: last.low, high: block.high, sum: last.sum + block.sum, ..block }
                    .weighing(last.weight + block.weight);
            }
            pooled.push(block);
        }
        let mut knots = Vec::new();
        for block in pooled {
            knots.push((block.low, block.mean()));
            if block.high > block.low {
                knots.push((block.high, block.mean()));
            }
        }
        Self { knots }
    }

    /// The calibrated probability of a score: linear between knots, constant outside; 1/2 if fitted on nothing.
    pub fn probability(&self, score: f64) -> f64 {
        let after = self.knots.partition_point(|knot| knot.0 < score);
        match (after.checked_sub(1).map(|k| self.knots[k]), self.knots.get(after).copied()) {
            (None, None) => 0.5,
            (Some((_, p)), None) | (None, Some((_, p))) => p,
            (Some((x0, y0)), Some((x1, y1))) => y0 + (y1 - y0) * (score - x0) / (x1 - x0),
        }
    }
}

/// Neighboring scores that share one probability.
#[derive(Clone, Copy, Debug)]
struct Block {
    low: f64,
    high: f64,
    sum: f64,
    weight: f64,
}

impl Block {
    fn add(&mut self, label: f64) {
        self.sum += label;
        self.weight += 1.0;
    }

    fn weighing(self, weight: f64) -> Self {
        Self { weight, ..self }
    }

    fn mean(&self) -> f64 {
        self.sum / self.weight
    }
}

/// The logistic function `1 / (1 + exp(−x))`, without overflow: the probability of a logit.
pub fn sigmoid(x: f64) -> f64 {
    if x >= 0.0 { 1.0 / (1.0 + (-x).exp()) } else { x.exp() / (1.0 + x.exp()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use s2s_featurize::RandomStream;

    use crate::metric::expected_calibration_error;

    /// Labels drawn with probability sigmoid(z / 3): the right temperature of z is 3.
    fn overconfident() -> (Vec<bool>, Vec<f64>) {
        let mut stream = RandomStream::new(*b"temper  ", 11, 0, 0);
        let logits: Vec<f64> = (0..20_000).map(|_| 12.0 * (stream.unit() - 0.5)).collect();
        (logits.iter().map(|z| stream.unit() < sigmoid(z / 3.0)).collect(), logits)
    }

    #[test]
    fn the_temperature_of_overconfident_logits_is_found() {
        let (labels, logits) = overconfident();
        let temperature = Temperature::fit(&labels, &logits);
        assert!((temperature.0 - 3.0).abs() < 0.15, "{temperature:?}");
        let raw: Vec<f64> = logits.iter().map(|z| sigmoid(*z)).collect();
        let calibrated: Vec<f64> = logits.iter().map(|z| temperature.probability(*z)).collect();
        let error = |p: &[f64]| expected_calibration_error(&labels, p, 10).expect("labels are there");
        assert!(error(&raw) > 0.1 && error(&calibrated) < 0.02);
    }

    #[test]
    fn separable_logits_keep_a_finite_temperature() {
        assert!((Temperature::fit(&[true, false], &[1.0, -1.0]).0 - 0.05).abs() < 1e-9);
        assert!((Temperature::fit(&[false, true], &[1.0, -1.0]).0 - 20.0).abs() < 1e-9);
        assert_eq!(Temperature::fit(&[], &[]), Temperature(1.0));
    }

    #[test]
    fn platt_finds_slope_and_offset() {
        let (labels, logits) = overconfident();
        let shifted: Vec<f64> = logits.iter().map(|z| z + 2.0).collect();
        let line = fit_platt(&labels, &shifted);
        assert!((line.slope - 1.0 / 3.0).abs() < 0.02 && (line.offset + 2.0 / 3.0).abs() < 0.06, "{line:?}");
        assert_eq!(fit_platt(&[true, true], &[1.0, 2.0]), Calibration::IDENTITY);
        let separable = fit_platt(&[true, false], &[1.0, -1.0]);
        assert!(separable.slope.is_finite() && separable.probability(1.0) > separable.probability(-1.0));
    }

    #[test]
    fn isotonic_regression_pools_violators() {
        // sklearn: IsotonicRegression(out_of_bounds="clip").fit([1, 2, 3, 4], [0, 1, 0, 1]).predict([0, 1.5, 2.5, 3.5, 9])
        let map = Isotonic::fit(&[false, true, false, true], &[1.0, 2.0, 3.0, 4.0]);
        let predicted = [0.0, 1.5, 2.5, 3.5, 9.0].map(|x| map.probability(x));
        assert_eq!(predicted, [0.0, 0.25, 0.5, 0.75, 1.0]);
        assert_eq!(Isotonic::fit(&[], &[]).probability(0.3), 0.5);
    }
}
