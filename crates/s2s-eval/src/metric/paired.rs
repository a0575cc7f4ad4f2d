//! Paired tests of two models on the same crystals or folds.

use super::bootstrap::Bootstrap;

/// Two-sided paired bootstrap of a difference of metrics: `(difference, p)`.
///
/// `difference` maps item indices to metric(a) − metric(b); `p` is twice the smaller share of resamples on either side
/// of zero, at least 1 / resamples. `None` where the difference is undefined.
pub fn paired_bootstrap(
    bootstrap: Bootstrap,
    items: usize,
    difference: impl Fn(&[usize]) -> Option<f64>,
) -> Option<(f64, f64)> {
    let observed = difference(&(0..items).collect::<Vec<_>>())?;
    let values: Vec<f64> = bootstrap.resampled(items).filter_map(|drawn| difference(&drawn)).collect();
    let below = values.iter().filter(|v| **v <= 0.0).count();
    let above = values.iter().filter(|v| **v >= 0.0).count();
    let total = (!values.is_empty()).then_some(values.len() as f64)?;
    Some((observed, (2.0 * below.min(above) as f64 / total).clamp(1.0 / total, 1.0)))
}

/// Two-sided exact McNemar test on two models' decisions: are their disagreements one-sided?
///
/// # Panics
///
/// If the slices differ in length.
pub fn mcnemar(labels: &[bool], first: &[bool], second: &[bool]) -> f64 {
    assert!(labels.len() == first.len() && labels.len() == second.len(), "one decision per label");
    let mut only = (0_u32, 0_u32);
    for ((label, a), b) in labels.iter().zip(first).zip(second) {
        only.0 += u32::from(a == label && b != label);
        only.1 += u32::from(a != label && b == label);
    }
    let trials = only.0 + only.1;
    // P(X ≤ min) of the binomial with p = 1/2, in logarithms so that no factorial overflows.
    let (mut log_choose, mut tail) = (0.0_f64, 0.0);
    for k in 0..=only.0.min(only.1) {
        if k > 0 {
            log_choose += f64::from(trials - k + 1).ln() - f64::from(k).ln();
        }
        tail += (log_choose - f64::from(trials) * std::f64::consts::LN_2).exp();
    }
    (2.0 * tail).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mcnemar_matches_the_binomial_by_hand() {
        // Six disagreements, all won by the first: 2 / 2⁶.
        let p = mcnemar(&[true; 8], &[true; 8], &[false, false, false, false, false, false, true, true]);
        assert!((p - 2.0 / 64.0).abs() < 1e-12);
        assert_eq!(mcnemar(&[true; 3], &[true; 3], &[true; 3]), 1.0);
    }

    #[test]
    fn a_bootstrap_sees_a_clear_difference_and_not_a_missing_one() {
        let bootstrap = Bootstrap { resamples: 400, level: 0.95, seed: 3 };
        let clear = paired_bootstrap(bootstrap, 50, |items| Some(items.iter().map(|i| (*i % 5) as f64 + 1.0).sum()));
        assert!(clear.is_some_and(|(d, p)| d > 0.0 && p <= 1.0 / 400.0));
        let none = paired_bootstrap(bootstrap, 50, |items| {
            Some(items.iter().map(|i| if *i % 2 == 0 { 1.0 } else { -1.0 }).sum())
        });
        assert!(none.is_some_and(|(d, p)| d == 0.0 && p > 0.5));
    }
}
