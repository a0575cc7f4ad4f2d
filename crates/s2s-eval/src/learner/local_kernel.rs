//! Kernel regression in the neighborhood of a composition: interpolation between samples of one doping series.

use s2s_crystal::Composition;
use s2s_featurize::ElementFractions;
use serde::{Deserialize, Serialize};

/// How alike two compositions are, and how closely targets are followed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LocalKernelConfig {
    /// Examples that have a say: the nearest ones.
    pub neighbors: usize,
    /// Composition distances at which likeness falls to `e⁻¹`; the kernel is the mean over them. The distance is the share
    /// of atoms that differ, counted on both sides: 2 for compositions without a common element.
    pub lengths: [f64; 2],
    /// What is added to the diagonal: 0 follows every target.
    pub ridge: f64,
}

/// Kernel ridge regression on the nearest training compositions, with several targets at once.
#[derive(Clone, Debug)]
pub struct LocalKernel<const T: usize> {
    config: LocalKernelConfig,
    points: Vec<[f32; WIDTH]>,
    targets: Vec<[f64; T]>,
}

/// What a [`LocalKernel`] says about a composition.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LocalAnswer<const T: usize> {
    /// The targets.
    pub values: [f64; T],
    /// Share of the prior variance that is left, in [0, 1]: 0 on a training composition without noise, 1 far from all.
    pub variance: f64,
    /// Distance of the nearest training composition, in [0, 2].
    pub distance: f64,
}

const WIDTH: usize = 104;

impl<const T: usize> LocalKernel<T> {
    /// Remembers the examples.
    ///
    /// # Panics
    ///
    /// If there are not as many compositions as targets, or none.
    pub fn new<'c>(
        compositions: impl IntoIterator<Item = &'c Composition>,
        targets: Vec<[f64; T]>,
        config: LocalKernelConfig,
    ) -> Self {
        let points: Vec<[f32; WIDTH]> = compositions.into_iter().map(point).collect();
        assert!(points.len() == targets.len() && !points.is_empty(), "one target per composition, and at least one");
        Self { config, points, targets }
    }

    /// What the neighbors of a composition say.
    pub fn answer(&self, composition: &Composition) -> LocalAnswer<T> {
        let own = point(composition);
        let mut near: Vec<(f32, u32)> =
            self.points.iter().enumerate().map(|(k, other)| (distance(&own, other), k as u32)).collect();
        let count = self.config.neighbors.clamp(1, near.len());
        let order = |a: &(f32, u32), b: &(f32, u32)| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1));
        if count < near.len() {
            near.select_nth_unstable_by(count - 1, order);
            near.truncate(count);
        }
        near.sort_unstable_by(order);
        let kernel = |d: f32| -> f64 {
            let lengths = &self.config.lengths;
            lengths.iter().map(|length| (-f64::from(d) / length).exp()).sum::<f64>() / lengths.len() as f64
        };
        let n = near.len();
        // The lower triangle, row by row, factored in place: n is some dozens.
        let mut factor = vec![0.0; n * n];
        for i in 0..n {
            for j in 0..i {
                let (a, b) = (near[i].1 as usize, near[j].1 as usize);
                factor[i * n + j] = kernel(distance(&self.points[a], &self.points[b]));
            }
            factor[i * n + i] = 1.0 + self.config.ridge;
        }
        for j in 0..n {
            for i in j..n {
                let dot: f64 = (0..j).map(|k| factor[i * n + k] * factor[j * n + k]).sum();
                let value = factor[i * n + j] - dot;
                // The ridge keeps the diagonal positive.
                factor[i * n + j] = if i == j { value.max(1e-12).sqrt() } else { value / factor[j * n + j] };
            }
        }
        // L z = v for the likeness and for ones: weights of the values and of their common mean (ordinary kriging).
        let solve = |right: &dyn Fn(usize) -> f64| {
            let mut z = vec![0.0; n];
            for i in 0..n {
                let dot: f64 = (0..i).map(|k| factor[i * n + k] * z[k]).sum();
                z[i] = (right(i) - dot) / factor[i * n + i];
            }
            z
        };
        let likeness = solve(&|i| kernel(near[i].0));
        let ones = solve(&|_| 1.0);
        let ones_squared: f64 = ones.iter().map(|x| x * x).sum();
        let explained: f64 = likeness.iter().map(|x| x * x).sum();
        let mut values = [0.0; T];
        for (t, value) in values.iter_mut().enumerate() {
            let z = solve(&|i| self.targets[near[i].1 as usize][t]);
            let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
            let mean = dot(&ones, &z) / ones_squared;
            *value = mean + dot(&likeness, &z) - mean * dot(&likeness, &ones);
        }
        LocalAnswer { values, variance: (1.0 - explained).clamp(0.0, 1.0), distance: f64::from(near[0].0) }
    }
}

fn point(composition: &Composition) -> [f32; WIDTH] {
    let mut point = [0.0; WIDTH];
    point.iter_mut().zip(ElementFractions.describe(composition)).for_each(|(to, x)| *to = x as f32);
    point
}

/// Sum of absolute differences of the fractions.
fn distance(a: &[f32; WIDTH], b: &[f32; WIDTH]) -> f32 {
    // Eight sums at a time, so that the compiler can use vectors.
    let mut sums = [0.0_f32; 8];
    for (x, y) in a.chunks_exact(8).zip(b.chunks_exact(8)) {
        for k in 0..8 {
            sums[k] += (x[k] - y[k]).abs();
        }
    }
    sums.iter().sum()
}
