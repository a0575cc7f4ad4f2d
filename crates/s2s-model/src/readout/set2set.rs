//! A set as a vector, by repeated attention.
//!
//! ```text
//! q, c = LSTM(q*, c)      eᵢ = xᵢ · q      r = Σᵢ softmax(e)ᵢ xᵢ      q* = [q ; r]
//! ```
//!
//! # Source
//!
//! Liu et al., S2SNet, Eq. 4; Vinyals et al. 2015.
//!
//! # Deviations
//!
//! | | paper | released code | here |
//! |---|---|---|---|
//! | steps | not said | 10 | a parameter |

use tch::Tensor;

use crate::{AtomStates, CrystalStates, DeviceBatch, Init, Mode, Readout, Scope};

/// Set2Set: `W = 2 D`.
///
/// The softmax makes the answer the same for a cell and for its supercells.
#[derive(Debug)]
pub struct Set2Set {
    weight_ih: Tensor,
    weight_hh: Tensor,
    bias_ih: Tensor,
    bias_hh: Tensor,
    width: i64,
    steps: usize,
}

impl Set2Set {
    /// `steps` rounds of attention over states of width `width`.
    pub fn new(scope: &Scope<'_>, width: i64, steps: usize) -> Self {
        let bound = Init::Uniform(1.0 / (width as f64).sqrt());
        Self {
            weight_ih: scope.parameter("weight_ih", &[4 * width, 2 * width], bound),
            weight_hh: scope.parameter("weight_hh", &[4 * width, width], bound),
            bias_ih: scope.parameter("bias_ih", &[4 * width], bound),
            bias_hh: scope.parameter("bias_hh", &[4 * width], bound),
            width,
            steps,
        }
    }

    /// `x (B, N, D)` and `mask (B, N)` become `(B, 2 D)`.
    pub fn forward(&self, x: &Tensor, mask: &Tensor) -> Tensor {
        let crystals = x.size()[0];
        let hidden = mask.logical_not().unsqueeze(-1); // (B, N, 1)
        // Places without an atom may hold anything, and zero times infinity is not zero.
        let x = x.masked_fill(&hidden, 0.0);
        // q* begins with q itself, so both weights of q act as one.
        let weight = self.weight_ih.narrow(1, 0, self.width) + &self.weight_hh;
        let weight = Tensor::cat(&[weight, self.weight_ih.narrow(1, self.width, self.width)], 1);
        let bias = &self.bias_ih + &self.bias_hh;
        let mut cell = Tensor::zeros([crystals, self.width], (x.kind(), x.device()));
        // The first step sees nothing: its gates are the bias alone.
        let mut gates = bias.expand([crystals, -1], false);
        for step in 0.. {
            let [input, forget, candidate, output] = [0, 1, 2, 3].map(|k| gates.narrow(1, k * self.width, self.width));
            cell = forget.sigmoid() * cell + input.sigmoid() * candidate.tanh();
            let query = output.sigmoid() * cell.tanh(); // (B, D)
            let scores = x.bmm(&query.unsqueeze(-1)).masked_fill(&hidden, f64::NEG_INFINITY).softmax(1, None);
            let read = scores.transpose(1, 2).bmm(&x).squeeze_dim(1);
            let state = Tensor::cat(&[query, read], 1);
            if step + 1 >= self.steps {
                return state;
            }
            gates = state.linear(&weight, Some(&bias));
        }
        unreachable!("the loop returns at its last step")
    }
}

impl Readout for Set2Set {
    fn read_out(&self, atoms: &AtomStates, _batch: &DeviceBatch, _mode: Mode<'_>) -> CrystalStates {
        CrystalStates(self.forward(&atoms.values, &atoms.mask)) // Eq. 4
    }
}
