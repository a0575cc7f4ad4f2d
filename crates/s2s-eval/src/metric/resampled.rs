//! Differences between two models over folds that share training examples.

use serde::Serialize;
use statrs::distribution::{ContinuousCDF, StudentsT};

/// A mean difference over folds with its 95 % interval and p.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ResampledDifference {
    /// Number of folds.
    pub folds: usize,
    /// Mean of the differences.
    pub mean: f64,
    /// Their standard deviation (divided by J − 1 of J folds); 0 of one fold.
    pub deviation: f64,
    /// Ends of the 95 % interval of the mean; `None` of one fold, and of differences that are all equal.
    pub interval: Option<(f64, f64)>,
    /// Two-sided p of the hypothesis that the mean is zero, where there is an interval.
    pub p: Option<f64>,
}

impl ResampledDifference {
    /// The corrected resampled t-test of differences d, one per fold.
    ///
    /// ```text
    /// t = mean(d) / √((1/J + n_test/n_train) · var(d))      J − 1 degrees of freedom
    /// ```
    ///
    /// J is the number of folds over all repetitions, var(d) is divided by J − 1, and `test_over_train` is the mean of
    /// n_test / n_train over folds: 1/4 for five folds. Without the second term, folds would count as independent, which
    /// they are not, since they share training examples. `None` without differences, and of ones that are not finite.
    ///
    /// # Examples
    ///
    /// ```
    /// use s2s_eval::metric::ResampledDifference;
    ///
    /// let found = ResampledDifference::of(&[0.01, 0.02, 0.015, 0.03, 0.02], 0.25).expect("they differ");
    /// assert!(found.interval.is_some_and(|(low, high)| low > 0.0 && high < 0.04));
    /// assert!(found.p.is_some_and(|p| p > 0.01 && p < 0.02));
    /// ```
    ///
    /// # Source
    ///
    /// Nadeau and Bengio, Mach. Learn. 52, 239 (2003); for repeated cross-validation Bouckaert and Frank, PAKDD 2004.
    pub fn of(differences: &[f64], test_over_train: f64) -> Option<Self> {
        let folds = differences.len();
        let mean = differences.iter().sum::<f64>() / folds as f64;
        let variance = differences.iter().map(|d| (d - mean).powi(2)).sum::<f64>() / (folds as f64 - 1.0);
        let error = ((1.0 / folds as f64 + test_over_train) * variance).sqrt();
        let t = StudentsT::new(0.0, 1.0, folds as f64 - 1.0).ok().filter(|_| error > 0.0);
        let half = t.map(|t| t.inverse_cdf(0.975) * error);
        mean.is_finite().then(|| Self {
            folds,
            mean,
            deviation: if folds > 1 { variance.sqrt() } else { 0.0 },
            interval: half.map(|half| (mean - half, mean + half)),
            p: t.map(|t| 2.0 * t.cdf(-(mean / error).abs())),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `scipy.stats.t.ppf(0.975, 4)` is 2.7764451052, `2 * scipy.stats.t.cdf(-2, 4)` is 0.1161165235.
    #[test]
    fn interval_and_p_are_those_of_student() {
        let differences = [1.0, 2.0, 3.0, 4.0, 5.0];
        // Variance 2.5, mean 3: the ratio that makes the error 1.5 is 2.25 / 2.5 − 1/5.
        let found = ResampledDifference::of(&differences, 0.7).expect("they differ");
        let (p, (_, high)) = found.p.zip(found.interval).expect("there are five");
        assert!((p - 0.116_116_523_5).abs() < 1e-9, "{found:?}");
        assert!((high - (3.0 + 1.5 * 2.776_445_105_2)).abs() < 1e-7, "{found:?}");
    }

    #[test]
    fn folds_that_share_examples_say_less_than_independent_ones() {
        let differences: Vec<f64> = (0..25).map(|k| 0.01 + 0.01 * f64::from(k % 5)).collect();
        let [corrected, naive] =
            [0.25, 0.0].map(|share| ResampledDifference::of(&differences, share).expect("they differ"));
        assert!(corrected.p > naive.p.map(|p| 100.0 * p), "{corrected:?} {naive:?}");
        assert_eq!(corrected.mean, naive.mean);
    }

    #[test]
    fn one_difference_and_equal_ones_have_a_mean_and_no_interval() {
        for differences in [&[0.125][..], &[0.125, 0.125]] {
            let found = ResampledDifference::of(differences, 0.25).expect("they are finite");
            assert_eq!((found.mean, found.interval, found.p), (0.125, None, None));
        }
        for differences in [&[][..], &[0.1, f64::NAN], &[0.1, f64::INFINITY]] {
            assert_eq!(ResampledDifference::of(differences, 0.25), None, "{differences:?}");
        }
    }
}
