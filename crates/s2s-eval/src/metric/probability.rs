//! Metrics of probabilities: log loss, Brier score and calibration error.

/// Mean squared difference of probability and outcome; `None` of nothing.
///
/// # Panics
///
/// If the slices differ in length.
pub fn brier_score(labels: &[bool], probabilities: &[f64]) -> Option<f64> {
    mean(labels, probabilities, |label, p| (p - f64::from(label)).powi(2))
}

/// Mean negative logarithm of the probability given to what happened; `None` of nothing.
///
/// Probabilities are kept away from 0 and 1 by the rounding unit of `f64`, as in scikit-learn.
///
/// # Panics
///
/// If the slices differ in length.
pub fn log_loss(labels: &[bool], probabilities: &[f64]) -> Option<f64> {
    mean(labels, probabilities, |label, p| {
        let p = p.clamp(f64::EPSILON, 1.0 - f64::EPSILON);
        -(if label { p } else { 1.0 - p }).ln()
    })
}

/// Expected calibration error: |mean probability − share of positives| over bins of equal width, weighted by their
/// filling; `None` of nothing.
///
/// Bin `k` of `n` holds the probabilities in `[k/n, (k+1)/n)`; the last one also holds 1.
///
/// # Source
///
/// Guo et al., On Calibration of Modern Neural Networks (2017), Eq. 3.
///
/// # Panics
///
/// If the slices differ in length or there are no bins.
pub fn expected_calibration_error(labels: &[bool], probabilities: &[f64], bins: usize) -> Option<f64> {
    let filled = bin(labels, probabilities, bins);
    let total: f64 = filled.iter().map(|b| b.count).sum();
    (total > 0.0).then(|| filled.iter().map(|b| (b.probability - b.positives).abs() / total).sum())
}

/// Sums over one bin of probabilities.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Bin {
    pub(super) count: f64,
    pub(super) probability: f64,
    pub(super) positives: f64,
}

pub(super) fn bin(labels: &[bool], probabilities: &[f64], bins: usize) -> Vec<Bin> {
    assert_eq!(labels.len(), probabilities.len(), "one probability per label");
    assert!(bins > 0, "at least one bin");
    let mut filled = vec![Bin::default(); bins];
    for (label, p) in labels.iter().zip(probabilities) {
        let bin = ((p * bins as f64) as usize).min(bins - 1);
        filled[bin].count += 1.0;
        filled[bin].probability += p;
        filled[bin].positives += f64::from(*label);
    }
    filled
}

fn mean(labels: &[bool], probabilities: &[f64], error: impl Fn(bool, f64) -> f64) -> Option<f64> {
    assert_eq!(labels.len(), probabilities.len(), "one probability per label");
    let sum: f64 = labels.iter().zip(probabilities).map(|(label, p)| error(*label, *p)).sum();
    (!labels.is_empty()).then(|| sum / labels.len() as f64)
}
