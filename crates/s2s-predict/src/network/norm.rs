//! Layer normalization of rows.

use super::{
    NetworkError, Scope,
    simd::{multiply_add, vectorized},
};

/// Zero mean and unit variance per row, then a learned scale and shift (Ba et al. 2016), ε = 10⁻⁵.
#[derive(Debug)]
pub(super) struct LayerNorm {
    weight: Vec<f32>,
    bias: Vec<f32>,
}

impl LayerNorm {
    const EPSILON: f32 = 1e-5;

    pub(super) fn read(scope: &Scope<'_>, width: usize) -> Result<Self, NetworkError> {
        Ok(Self { weight: scope.take("weight", &[width])?, bias: scope.take("bias", &[width])? })
    }

    /// Rows `(R, width)`; shape stays.
    pub(super) fn forward(&self, x: &[f32], y: &mut Vec<f32>) {
        y.clear();
        y.extend_from_slice(x);
        normalize(self, y);
    }
}

vectorized! {
    fn normalize<'a>(norm: &'a LayerNorm, rows: &'a mut [f32]) {
        let width = norm.weight.len();
        for row in rows.chunks_exact_mut(width) {
            let mean = sum(row, |value| value) / width as f32;
            let variance = sum(row, |value| (value - mean) * (value - mean)) / width as f32;
            let scale = 1.0 / (variance + LayerNorm::EPSILON).sqrt();
            for ((value, weight), bias) in row.iter_mut().zip(&norm.weight).zip(&norm.bias) {
                *value = multiply_add::<S>((*value - mean) * scale, *weight, *bias);
            }
        }
    }
}

/// A sum in eight lanes.
#[inline(always)]
fn sum(values: &[f32], of: impl Fn(f32) -> f32) -> f32 {
    let (blocks, rest) = values.as_chunks::<8>();
    let mut lanes = [0.0_f32; 8];
    for block in blocks {
        for lane in 0..8 {
            lanes[lane] += of(block[lane]);
        }
    }
    let rest: f32 = rest.iter().map(|value| of(*value)).sum();
    ((lanes[0] + lanes[4]) + (lanes[1] + lanes[5])) + ((lanes[2] + lanes[6]) + (lanes[3] + lanes[7])) + rest
}
