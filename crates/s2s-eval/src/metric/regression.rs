//! Metrics of regressions: absolute and squared errors and R².

/// Mean absolute error, in the unit of the targets; `None` of nothing.
///
/// # Panics
///
/// If the slices differ in length.
pub fn mean_absolute_error(targets: &[f64], predictions: &[f64]) -> Option<f64> {
    mean(targets, predictions, f64::abs)
}

/// Root of the mean squared error, in the unit of the targets; `None` of nothing.
///
/// # Panics
///
/// If the slices differ in length.
pub fn root_mean_squared_error(targets: &[f64], predictions: &[f64]) -> Option<f64> {
    mean(targets, predictions, |error| error * error).map(f64::sqrt)
}

/// Share of the targets' variance that the predictions explain; `None` if the targets do not vary.
///
/// # Panics
///
/// If the slices differ in length.
pub fn r_squared(targets: &[f64], predictions: &[f64]) -> Option<f64> {
    let center = targets.iter().sum::<f64>() / targets.len() as f64;
    let variance = mean(targets, &vec![center; targets.len()], |error| error * error)?;
    let error = mean(targets, predictions, |error| error * error)?;
    (variance > 0.0).then(|| 1.0 - error / variance)
}

fn mean(targets: &[f64], predictions: &[f64], weigh: impl Fn(f64) -> f64) -> Option<f64> {
    assert_eq!(targets.len(), predictions.len(), "one prediction per target");
    let sum: f64 = targets.iter().zip(predictions).map(|(target, prediction)| weigh(prediction - target)).sum();
    (!targets.is_empty()).then(|| sum / targets.len() as f64)
}
