//! Set2Set: a set as a vector, by repeated attention.
//!
//! ```text
//! q, c = LSTM(q*, c)      eᵢ = xᵢ · q      r = Σᵢ softmax(e)ᵢ xᵢ      q* = [q ; r]
//! ```

use super::{
    Linear, NetworkError, Scope,
    simd::{add_scaled, dot, exp, largest, sigmoid, vectorized},
};

/// Set2Set: the vector is twice as wide as the states.
#[derive(Debug)]
pub(super) struct Set2Set {
    /// Both weights of q in one, `4 D` of `2 D`.
    gates: Linear,
    bias: Vec<f32>,
    width: usize,
    steps: usize,
}

impl Set2Set {
    pub(super) fn read(scope: &Scope<'_>, width: usize, steps: usize) -> Result<Self, NetworkError> {
        let mut weight = scope.take("weight_ih", &[4 * width, 2 * width])?;
        let of_query = scope.take("weight_hh", &[4 * width, width])?;
        for (row, added) in weight.chunks_exact_mut(2 * width).zip(of_query.chunks_exact(width)) {
            row.iter_mut().zip(added).for_each(|(sum, value)| *sum += value);
        }
        let mut bias = scope.take("bias_ih", &[4 * width])?;
        let added = scope.take("bias_hh", &[4 * width])?;
        bias.iter_mut().zip(added).for_each(|(sum, value)| *sum += value);
        Ok(Self { gates: Linear::new(&weight, Some(&bias), 2 * width), bias, width, steps })
    }

    /// Rows `(R, D)` that count so often each become `2 D` numbers.
    pub(super) fn forward(&self, x: &[f32], counts: &[f32]) -> Vec<f32> {
        // The first step sees nothing: its gates are the bias alone.
        let mut gates = self.bias.clone();
        let (mut cell, mut state) = (vec![0.0; self.width], vec![0.0; 2 * self.width]);
        let mut shares = vec![0.0; counts.len()];
        for step in 0..self.steps {
            if step > 0 {
                self.gates.forward(&state, &mut gates);
            }
            let (query, found) = state.split_at_mut(self.width);
            update(&gates, &mut cell, query);
            read(x, counts, query, &mut shares, found);
        }
        state
    }
}

vectorized! {
    /// One step of the LSTM.
    fn update<'a>(gates: &'a [f32], cell: &'a mut [f32], query: &'a mut [f32]) {
        let width = cell.len();
        let (input, rest) = gates.split_at(width);
        let (forget, rest) = rest.split_at(width);
        let (candidate, output) = rest.split_at(width);
        for k in 0..width {
            cell[k] = sigmoid::<S>(forget[k]) * cell[k] + sigmoid::<S>(input[k]) * candidate[k].tanh();
            query[k] = sigmoid::<S>(output[k]) * cell[k].tanh();
        }
    }
}

vectorized! {
    /// The mean of rows, weighted by how much each is like the query and how often it counts.
    fn read<'a>(x: &'a [f32], counts: &'a [f32], query: &'a [f32], shares: &'a mut [f32], found: &'a mut [f32]) {
        for (share, row) in shares.iter_mut().zip(x.chunks_exact(query.len())) {
            *share = dot::<S>(row, query);
        }
        let top = largest(shares);
        let mut total = 0.0;
        for (share, count) in shares.iter_mut().zip(counts) {
            *share = count * exp::<S>(*share - top);
            total += *share;
        }
        found.fill(0.0);
        for (share, row) in shares.iter().zip(x.chunks_exact(query.len())) {
            add_scaled::<S>(found, share / total, row);
        }
    }
}
