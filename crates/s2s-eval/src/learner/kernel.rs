//! Least-squares kernel machines on tables.

use std::sync::Arc;

use s2s_data::Record;
use serde::{Deserialize, Serialize};

use super::{
    RowCache,
    validation::{not_negative, positive},
};
use crate::{
    EvalError,
    benchmark::{BenchmarkModel, Example},
    fit_platt,
};

/// How alike two rows are, and how closely the labels are followed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KernelConfig {
    /// Distance at which likeness falls to `e⁻¹`, in units of the median distance of two training rows.
    pub length: f64,
    /// What is added to the diagonal: 0 follows every label.
    pub ridge: f64,
}

impl KernelConfig {
    /// What one would pick without looking at any result.
    pub fn plain() -> Self {
        Self { length: 1.0, ridge: 0.1 }
    }

    /// Checks that rows can be compared so.
    ///
    /// # Errors
    ///
    /// [`EvalError::Config`] names the first setting that cannot be followed, with its value.
    pub fn check(&self) -> Result<(), EvalError> {
        positive("the length of the kernel", self.length)?;
        not_negative("the ridge of the kernel", self.ridge)
    }
}

/// Kernel ridge regression on labels ±1 with the kernel `exp(−d / length)` on standardized, clipped columns.
///
/// The leave-one-out values of the training crystals follow from the same factorization; a line of Platt through them
/// turns values into probabilities.
///
/// # Source
///
/// Rifkin and Lippert, Notes on Regularized Least Squares (2007), for the leave-one-out values.
#[derive(Debug)]
pub struct Kernel {
    /// Name of the row.
    pub name: String,
    /// What it sees.
    pub rows: Arc<RowCache>,
    /// How it learns.
    pub config: KernelConfig,
}

/// Columns are cut off this many standard deviations from their mean: trees would not see outliers either.
const CLIP: f64 = 4.0;

impl BenchmarkModel for Kernel {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn settings(&self) -> String {
        format!("{:?} on {}", self.config, self.rows)
    }

    fn fit_score(&self, train: &[Example<'_>], test: &[&Record], _seed: u64) -> Result<Vec<f64>, EvalError> {
        self.config.check()?;
        let known = self.rows.rows(&train.iter().map(|example| example.record).collect::<Vec<_>>())?;
        let asked = self.rows.rows(test)?;
        let scale = Scale::of(&known);
        let known: Vec<Vec<f32>> = known.iter().map(|row| scale.apply(row)).collect();
        let n = known.len();
        let mut kernel = vec![0.0_f64; n * n];
        let mut between = Vec::with_capacity(n * n / 2);
        for i in 0..n {
            for j in 0..i {
                let d = distance(&known[i], &known[j]);
                kernel[i * n + j] = d;
                between.push(d);
            }
        }
        let middle = between.len() / 2;
        let median = if between.is_empty() { 1.0 } else { *between.select_nth_unstable_by(middle, f64::total_cmp).1 };
        let length = (self.config.length * median).max(f64::MIN_POSITIVE);
        for i in 0..n {
            for j in 0..i {
                kernel[i * n + j] = (-kernel[i * n + j] / length).exp();
            }
            kernel[i * n + i] = 1.0 + self.config.ridge;
        }
        let labels: Vec<bool> = train.iter().map(|example| example.superconducts).collect();
        let mean = labels.iter().map(|&l| if l { 1.0 } else { -1.0 }).sum::<f64>() / n.max(1) as f64;
        let target: Vec<f64> = labels.iter().map(|&l| if l { 1.0 - mean } else { -1.0 - mean }).collect();
        let inverse = Inverse::of(kernel, n).ok_or_else(|| EvalError::Data {
            reason: "the kernel of the training rows is singular; raise the ridge".to_owned(),
        })?;
        let weights = inverse.times(&target);
        let left_out: Vec<f64> = (0..n).map(|i| target[i] - weights[i] / inverse.diagonal(i)).collect();
        let line = fit_platt(&labels, &left_out);
        let score = |row: &Arc<[f64]>| {
            let row = scale.apply(row);
            let likeness = known.iter().map(|other| (-distance(&row, other) / length).exp());
            line.probability(likeness.zip(&weights).map(|(k, w)| k * w).sum())
        };
        Ok(asked.iter().map(score).collect())
    }
}

fn distance(a: &[f32], b: &[f32]) -> f64 {
    // Eight sums at a time, so that the compiler can use vectors.
    let mut sums = [0.0_f32; 8];
    for (x, y) in a.chunks(8).zip(b.chunks(8)) {
        for (k, (x, y)) in x.iter().zip(y).enumerate() {
            sums[k] += (x - y) * (x - y);
        }
    }
    f64::from(sums.iter().sum::<f32>()).sqrt()
}

/// Mean and inverse deviation of the columns of the training rows.
struct Scale(Vec<(f64, f64)>);

impl Scale {
    fn of(rows: &[Arc<[f64]>]) -> Self {
        let width = rows.first().map_or(0, |row| row.len());
        let n = rows.len() as f64;
        let column = |k: usize| {
            let mean = rows.iter().map(|row| row[k]).sum::<f64>() / n;
            let deviation = (rows.iter().map(|row| (row[k] - mean).powi(2)).sum::<f64>() / n).sqrt();
            // A column that does not vary says nothing.
            (mean, if deviation > 1e-12 * mean.abs() && deviation > 0.0 { 1.0 / deviation } else { 0.0 })
        };
        Self((0..width).map(column).collect())
    }

    fn apply(&self, row: &[f64]) -> Vec<f32> {
        row.iter().zip(&self.0).map(|(x, (mean, scale))| ((x - mean) * scale).clamp(-CLIP, CLIP) as f32).collect()
    }
}

/// The inverse of a symmetric positive matrix, through its Cholesky factor.
pub(crate) struct Inverse {
    /// Rows of the inverse of the factor, lower triangle.
    rows: Vec<f64>,
    n: usize,
}

impl Inverse {
    /// Of the lower triangle; `None` if the matrix is not positive.
    pub(crate) fn of(mut a: Vec<f64>, n: usize) -> Option<Self> {
        for j in 0..n {
            for i in j..n {
                let (head, tail) = a.split_at(i * n);
                let sum = if i == j { dot(&tail[..j], &tail[..j]) } else { dot(&head[j * n..j * n + j], &tail[..j]) };
                let value = a[i * n + j] - sum;
                a[i * n + j] = if i == j {
                    if value <= 0.0 {
                        return None;
                    }
                    value.sqrt()
                } else {
                    value / a[j * n + j]
                };
            }
        }
        // Column by column of the inverse factor, kept as rows of its transpose: contiguous sums again.
        let mut columns = vec![0.0; n * n];
        for j in 0..n {
            let column = &mut columns[j * n..(j + 1) * n];
            column[j] = 1.0 / a[j * n + j];
            for i in j + 1..n {
                let sum = dot(&a[i * n + j..i * n + i], &column[j..i]);
                column[i] = -sum / a[i * n + i];
            }
        }
        Some(Self { rows: columns, n })
    }

    /// The inverse times a vector: `L⁻ᵀ (L⁻¹ v)`.
    pub(crate) fn times(&self, vector: &[f64]) -> Vec<f64> {
        let n = self.n;
        let mut half = vec![0.0; n];
        for (j, x) in vector.iter().enumerate() {
            half.iter_mut().zip(&self.rows[j * n..(j + 1) * n]).for_each(|(h, l)| *h += l * x);
        }
        (0..n).map(|j| dot(&self.rows[j * n..(j + 1) * n], &half)).collect()
    }

    fn diagonal(&self, i: usize) -> f64 {
        let row = &self.rows[i * self.n..(i + 1) * self.n];
        dot(row, row)
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; 8];
    let (mut x, mut y) = (a.chunks_exact(8), b.chunks_exact(8));
    for (x, y) in x.by_ref().zip(y.by_ref()) {
        for k in 0..8 {
            sums[k] += x[k] * y[k];
        }
    }
    let rest: f64 = x.remainder().iter().zip(y.remainder()).map(|(x, y)| x * y).sum();
    sums.iter().sum::<f64>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_inverse_undoes_the_matrix() {
        let a = [4.0, 0.0, 0.0, 2.0, 5.0, 0.0, 1.0, 3.0, 6.0];
        let full = [[4.0, 2.0, 1.0], [2.0, 5.0, 3.0], [1.0, 3.0, 6.0]];
        let inverse = Inverse::of(a.to_vec(), 3).expect("it is positive");
        let found = inverse.times(&[1.0, -2.0, 0.5]);
        for (row, expected) in full.iter().zip([1.0, -2.0, 0.5]) {
            let product: f64 = row.iter().zip(&found).map(|(x, y)| x * y).sum();
            assert!((product - expected).abs() < 1e-12);
        }
        for i in 0..3 {
            let mut unit = [0.0; 3];
            unit[i] = 1.0;
            assert!((inverse.diagonal(i) - inverse.times(&unit)[i]).abs() < 1e-12);
        }
        assert!(Inverse::of(vec![1.0, 0.0, 2.0, 1.0], 2).is_none());
    }
}
