//! The linear layer, `y = x · Wᵀ + b`, of few rows and a weight that is arranged once.
//!
//! A crystal has some ten kinds of atoms, and libraries of matrix products arrange the weight anew for each product, which
//! for ten rows takes longer than the product. Here it is arranged when the network is read: sixteen outputs side by
//! side, which six rows use together while they are in registers. What a row becomes does not depend on the other rows.

use pulp::Simd;

use super::{NetworkError, Scope, simd::vectorized};

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
    /// The map with a bias under this scope.
    pub(super) fn read(scope: &Scope<'_>, inputs: usize, outputs: usize) -> Result<Self, NetworkError> {
        let weight = scope.take("weight", &[outputs, inputs])?;
        let bias = scope.take("bias", &[outputs])?;
        Ok(Self::new(&weight, Some(&bias), inputs))
    }

    /// The map without a bias under this scope.
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

    /// Some rows, with `N` registers for sixteen outputs.
    ///
    /// The sums are values of the registers' own type: arrays of numbers would leave it to the optimizer whether they become registers.
    #[inline(always)]
    fn some_rows<S: Simd, const R: usize, const N: usize>(&self, simd: S, x: &[f32], y: &mut [f32]) {
        let mut together = vec![[0.0; R]; self.inputs];
        for (r, row) in x.chunks_exact(self.inputs).enumerate() {
            for (values, value) in together.iter_mut().zip(row) {
                values[r] = *value;
            }
        }
        for (number, (panel, bias)) in self.panels.chunks_exact(self.inputs).zip(&self.bias).enumerate() {
            let mut sums = [*registers::<S, N>(bias); R];
            for (values, weights) in together.iter().zip(panel) {
                let weights = registers::<S, N>(weights);
                for r in 0..R {
                    let value = simd.splat_f32s(values[r]);
                    for n in 0..N {
                        sums[r][n] = simd.mul_add_e_f32s(value, weights[n], sums[r][n]);
                    }
                }
            }
            for (row, sums) in y.chunks_exact_mut(self.outputs).zip(&sums) {
                let mut values = [0.0; WIDE];
                S::as_mut_simd_f32s(&mut values).0.copy_from_slice(sums);
                let outputs = &mut row[number * WIDE..];
                match outputs.first_chunk_mut() {
                    Some(outputs) => *outputs = values,
                    None => outputs.copy_from_slice(&values[..outputs.len()]),
                }
            }
        }
    }

    #[inline(always)]
    fn rows<S: Simd, const N: usize>(&self, simd: S, x: &[f32], y: &mut [f32]) {
        // As many rows at a time for all of them as can be: seven are four and three rather than six and one.
        let (mut x, mut y, mut rows) = (x, y, x.len() / self.inputs);
        let mut turns = rows.div_ceil(ROWS);
        while turns > 0 {
            let here = rows.div_ceil(turns);
            let (x_here, x_rest) = x.split_at(here * self.inputs);
            let (y_here, y_rest) = y.split_at_mut(here * self.outputs);
            match here {
                1 => self.some_rows::<S, 1, N>(simd, x_here, y_here),
                2 => self.some_rows::<S, 2, N>(simd, x_here, y_here),
                3 => self.some_rows::<S, 3, N>(simd, x_here, y_here),
                4 => self.some_rows::<S, 4, N>(simd, x_here, y_here),
                5 => self.some_rows::<S, 5, N>(simd, x_here, y_here),
                _ => self.some_rows::<S, ROWS, N>(simd, x_here, y_here),
            }
            (x, y, rows, turns) = (x_rest, y_rest, rows - here, turns - 1);
        }
    }
}

/// Sixteen numbers as registers.
#[inline(always)]
fn registers<S: Simd, const N: usize>(numbers: &[f32; WIDE]) -> &[S::f32s; N] {
    S::as_simd_f32s(numbers).0.first_chunk().expect("invariant: so many registers hold sixteen numbers")
}

vectorized! {
    fn product<'a>(simd, linear: &'a Linear, x: &'a [f32], y: &'a mut [f32]) {
        match const { WIDE / S::F32_LANES } {
            1 => linear.rows::<S, 1>(simd, x, y),
            2 => linear.rows::<S, 2>(simd, x, y),
            4 => linear.rows::<S, 4>(simd, x, y),
            _ => linear.rows::<S, WIDE>(simd, x, y),
        }
    }
}
