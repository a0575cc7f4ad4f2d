//! Bootstrap confidence intervals of metrics.

use serde::{Deserialize, Serialize};

use s2s_featurize::RandomStream;

/// A confidence interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// Percentile bootstrap: a metric over resampled items, drawn with replacement.
///
/// # Examples
///
/// ```
/// use s2s_eval::metric::Bootstrap;
///
/// let values = [1.0, 2.0, 3.0, 4.0, 5.0];
/// let mean = |items: &[usize]| Some(items.iter().map(|i| values[*i]).sum::<f64>() / items.len() as f64);
/// let interval = Bootstrap { resamples: 500, level: 0.95, seed: 1 }.interval(values.len(), mean);
/// assert!(interval.is_some_and(|i| 1.0 < i.low && i.low < 3.0 && 3.0 < i.high && i.high < 5.0));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bootstrap {
    /// How often to resample.
    pub resamples: usize,
    /// Share of the resampled values inside the interval, in (0, 1).
    pub level: f64,
    /// Seed of the resampling.
    pub seed: u64,
}

impl Bootstrap {
    /// 1,000 resamples, 95 %.
    pub fn standard(seed: u64) -> Self {
        Self { resamples: 1000, level: 0.95, seed }
    }

    /// The interval of a metric of item indices; resamples on which it is undefined are left out, and `None` if all are.
    pub fn interval(&self, items: usize, metric: impl Fn(&[usize]) -> Option<f64>) -> Option<Interval> {
        let mut values: Vec<f64> = self.resampled(items).filter_map(|drawn| metric(&drawn)).collect();
        values.sort_by(f64::total_cmp);
        let tail = (1.0 - self.level) / 2.0;
        Some(Interval { low: quantile(&values, tail)?, high: quantile(&values, 1.0 - tail)? })
    }

    pub(super) fn resampled(&self, items: usize) -> impl Iterator<Item = Vec<usize>> + '_ {
        (0..self.resamples).map(move |k| {
            let mut stream = RandomStream::new(*b"resample", self.seed, 0, k as u64);
            (0..items).map(|_| stream.below(items)).collect()
        })
    }
}

/// Linear interpolation between the sorted values around `share`.
fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let rank = share * sorted.len().checked_sub(1)? as f64;
    let (low, high) = (sorted[rank.floor() as usize], sorted[rank.ceil() as usize]);
    Some(low + (high - low) * rank.fract())
}
