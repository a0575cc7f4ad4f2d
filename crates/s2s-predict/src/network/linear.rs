//! `y = x · Wᵀ + b`, of few rows and a weight that is arranged once.
//!
//! A crystal has some ten kinds of atoms, and libraries of matrix products arrange the weight anew for each product, which
//! for ten rows takes longer than the product. Here it is arranged when the network is read: sixteen outputs side by
//! side, which six rows use together while they are in registers. What a row becomes does not depend on the other rows.

use pulp::Simd;

use super::{
    NetworkError, Scope,
    simd::{multiply_add, vectorized},
};

/// Outputs side by side.
const WIDE: usize = 16;

/// Rows that share what is in registers.
const ROWS: usize = 6;

/// An affine map of rows.
#[derive(Debug)]
pub(super) struct Linear {
    inputs: usize,
    outputs: usize,
    /// One row of sixteen outputs per input, panel after panel.
    panels: Vec<[f32; WIDE]>,
    bias: Vec<[f32; WIDE]>,
}

impl Linear {
    /// The map with a bias that stands at this place.
    pub(super) fn read(scope: &Scope<'_>, inputs: usize, outputs: usize) -> Result<Self, NetworkError> {
        let weight = scope.take("weight", &[outputs, inputs])?;
        let bias = scope.take("bias", &[outputs])?;
        Ok(Self::new(&weight, Some(&bias), inputs))
    }

    /// The map without a bias that stands at this place.
    pub(super) fn read_without_bias(scope: &Scope<'_>, inputs: usize, outputs: usize) -> Result<Self, NetworkError> {
        Ok(Self::new(&scope.take("weight", &[outputs, inputs])?, None, inputs))
    }

    /// A weight `(outputs, inputs)` and a bias `(outputs)`.
    pub(super) fn new(weight: &[f32], bias: Option<&[f32]>, inputs: usize) -> Self {
        let outputs = weight.len() / inputs;
        let panels_of = outputs.div_ceil(WIDE);
        let mut panels = vec![[0.0; WIDE]; panels_of * inputs];
        for (output, row) in weight.chunks_exact(inputs).enumerate() {
            let first = output / WIDE * inputs;
            for (panel, value) in panels[first..first + inputs].iter_mut().zip(row) {
                panel[output % WIDE] = *value;
            }
        }
        let mut padded = vec![[0.0; WIDE]; panels_of];
        for (output, value) in bias.into_iter().flatten().enumerate() {
            padded[output / WIDE][output % WIDE] = *value;
        }
        Self { inputs, outputs, panels, bias: padded }
    }

    /// Length of a row of the result.
    pub(super) fn outputs(&self) -> usize {
        self.outputs
    }

    /// Rows `(R, inputs)` become rows `(R, outputs)`.
    pub(super) fn forward(&self, x: &[f32], y: &mut Vec<f32>) {
        y.clear();
        y.resize(x.len() / self.inputs * self.outputs, 0.0);
        product(self, x, y);
    }

    #[inline(always)]
    fn some_rows<S: Simd, const R: usize>(&self, x: &[f32], y: &mut [f32]) {
        let mut together = vec![[0.0; R]; self.inputs];
        for (r, row) in x.chunks_exact(self.inputs).enumerate() {
            for (values, value) in together.iter_mut().zip(row) {
                values[r] = *value;
            }
        }
        for (number, (panel, bias)) in self.panels.chunks_exact(self.inputs).zip(&self.bias).enumerate() {
            let mut sums = [*bias; R];
            for (values, weights) in together.iter().zip(panel) {
                for r in 0..R {
                    for lane in 0..WIDE {
                        sums[r][lane] = multiply_add::<S>(values[r], weights[lane], sums[r][lane]);
                    }
                }
            }
            for (row, sums) in y.chunks_exact_mut(self.outputs).zip(&sums) {
                let places = row[number * WIDE..].iter_mut().take(WIDE);
                places.zip(sums).for_each(|(place, sum)| *place = *sum);
            }
        }
    }
}

vectorized! {
    fn product<'a>(linear: &'a Linear, x: &'a [f32], y: &'a mut [f32]) {
        let (xs, ys) = (x.chunks(ROWS * linear.inputs), y.chunks_mut(ROWS * linear.outputs));
        for (x, y) in xs.zip(ys) {
            match x.len() / linear.inputs {
                1 => linear.some_rows::<S, 1>(x, y),
                2 => linear.some_rows::<S, 2>(x, y),
                3 => linear.some_rows::<S, 3>(x, y),
                4 => linear.some_rows::<S, 4>(x, y),
                5 => linear.some_rows::<S, 5>(x, y),
                _ => linear.some_rows::<S, ROWS>(x, y),
            }
        }
    }
}
