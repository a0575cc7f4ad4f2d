//! t-SNE: points of many dimensions on a plane, so that neighbors stay neighbors.
//!
//! Exact t-SNE: every pair counts. For a hundred points that is quicker than any approximation.
//!
//! # Source
//!
//! Van der Maaten and Hinton, J. Mach. Learn. Res. 9, 2579 (2008): perplexities by bisection, early exaggeration by 4,
//! momentum 0.5 and then 0.8, and gains of each coordinate.

use s2s_featurize::RandomStream;

/// How the plane is found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Tsne {
    /// About how many neighbors each point has.
    pub(crate) perplexity: f64,
    /// Steps of gradient descent.
    pub(crate) steps: usize,
    /// Seed of where the points start.
    pub(crate) seed: u64,
}

const EXAGGERATED: usize = 250;
const RATE: f64 = 20.0;

impl Tsne {
    /// A position for each point; a pure function of points and seed.
    pub(crate) fn positions(&self, points: &[Vec<f64>]) -> Vec<[f64; 2]> {
        let count = points.len();
        let joint = self.joint(points);
        let mut stream = RandomStream::new(*b"t-sne   ", self.seed, 0, 0);
        let mut positions: Vec<[f64; 2]> = (0..count).map(|_| [0; 2].map(|_| 1e-2 * (stream.unit() - 0.5))).collect();
        let (mut speeds, mut gains) = (vec![[0.0; 2]; count], vec![[1.0f64; 2]; count]);
        for step in 0..self.steps {
            let exaggeration = if step < EXAGGERATED { 4.0 } else { 1.0 };
            let momentum = if step < EXAGGERATED { 0.5 } else { 0.8 };
            let slopes = slopes(&joint, &positions, exaggeration);
            for i in 0..count {
                for c in 0..2 {
                    let (slope, gain) = (slopes[i][c], &mut gains[i][c]);
                    *gain = if (slope > 0.0) == (speeds[i][c] > 0.0) { (*gain * 0.8).max(0.01) } else { *gain + 0.2 };
                    speeds[i][c] = momentum * speeds[i][c] - RATE * *gain * slope;
                    positions[i][c] += speeds[i][c];
                }
            }
        }
        positions
    }

    /// How likely each pair are neighbors: symmetric, sums to 1.
    fn joint(&self, points: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let count = points.len();
        let conditional: Vec<Vec<f64>> = (0..count)
            .map(|i| {
                let squares: Vec<f64> = points
                    .iter()
                    .map(|other| other.iter().zip(&points[i]).map(|(a, b)| (a - b).powi(2)).sum())
                    .collect();
                neighbors(i, &squares, self.perplexity.min((count as f64 - 1.0) / 3.0).max(1.0))
            })
            .collect();
        let half = 1.0 / (2.0 * count as f64);
        let pair = |i: usize, j: usize| ((conditional[i][j] + conditional[j][i]) * half).max(1e-12);
        (0..count).map(|i| (0..count).map(|j| if i == j { 0.0 } else { pair(i, j) }).collect()).collect()
    }
}

/// Shares of a Gaussian around point `i` whose width gives the perplexity.
fn neighbors(i: usize, squares: &[f64], perplexity: f64) -> Vec<f64> {
    let nearest = squares.iter().enumerate().filter(|(j, _)| *j != i).map(|(_, d)| *d).fold(f64::INFINITY, f64::min);
    let shares = |precision: f64| {
        let weight = |(j, d): (usize, &f64)| if j == i { 0.0 } else { (-(d - nearest) * precision).exp() };
        let weights: Vec<f64> = squares.iter().enumerate().map(weight).collect();
        let sum: f64 = weights.iter().sum();
        weights.into_iter().map(|w| w / sum).collect::<Vec<f64>>()
    };
    let entropy = |shares: &[f64]| -> f64 { shares.iter().filter(|p| **p > 0.0).map(|p| -p * p.ln()).sum() };
    let (mut low, mut high) = (-40.0f64, 40.0f64);
    for _ in 0..80 {
        let middle = (low + high) / 2.0;
        if entropy(&shares(middle.exp())) > perplexity.ln() { low = middle } else { high = middle }
    }
    shares(((low + high) / 2.0).exp())
}

/// The gradient of the Kullback-Leibler divergence at each position.
fn slopes(joint: &[Vec<f64>], positions: &[[f64; 2]], exaggeration: f64) -> Vec<[f64; 2]> {
    let closeness = |a: [f64; 2], b: [f64; 2]| 1.0 / (1.0 + (a[0] - b[0]).powi(2) + (a[1] - b[1]).powi(2));
    // Every point counts itself with 1.
    let total: f64 = positions.iter().flat_map(|&a| positions.iter().map(move |&b| closeness(a, b))).sum::<f64>()
        - positions.len() as f64;
    positions
        .iter()
        .zip(joint)
        .map(|(&a, row)| {
            let mut slope = [0.0; 2];
            for (&b, p) in positions.iter().zip(row) {
                let near = closeness(a, b);
                let force = 4.0 * (exaggeration * p - near / total) * near;
                slope = [slope[0] + force * (a[0] - b[0]), slope[1] + force * (a[1] - b[1])];
            }
            slope
        })
        .collect()
}
