//! Set2Set: a set as a vector, by repeated attention.
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

use tch::{Kind, Tensor, no_grad};

use crate::{AtomStates, CrystalStates, DeviceBatch, Init, Mode, Precision, Readout, Scope, precision::single};

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

    /// Padded sets: `x (B, N, D)` and `mask (B, N)` become `(B, 2 D)`.
    pub fn forward(&self, x: &Tensor, mask: &Tensor) -> Tensor {
        self.forward_weighted(x, mask, None)
    }

    /// The same of rows that count by `weights (B, N)`.
    fn forward_weighted(&self, x: &Tensor, mask: &Tensor, weights: Option<&Tensor>) -> Tensor {
        let padding = mask.logical_not().unsqueeze(-1); // (B, N, 1)
        // Slots without an atom may hold anything, and zero times infinity is not zero.
        let x = x.masked_fill(&padding, 0.0);
        // exp(score + ln w) is w times exp(score); where no row is, ln 0 leaves it out as well.
        let log_weights = weights.map(|weights| weights.unsqueeze(-1).log());
        self.rounds(x.size()[0], &x, |query| {
            let scores = x.bmm(&query.unsqueeze(-1));
            let scores = match &log_weights {
                Some(log_weights) => scores + log_weights,
                None => scores.masked_fill(&padding, f64::NEG_INFINITY),
            };
            scores.softmax(1, None).transpose(1, 2).bmm(&x).squeeze_dim(1)
        })
    }

    /// The same of sets without padding, of so many rows each, one after another in `x (T, D)`.
    ///
    /// In each block all queries meet all rows, and those of other sets count nothing: two products replace many small ones. Rows
    /// count by `weights (T)`, if there are any.
    fn forward_crossed(&self, x: &Tensor, sizes: &[i64], weights: Option<&Tensor>) -> Tensor {
        let mut blocks: Vec<Block> = sizes.chunks(Block::SETS).map(|sizes| Block::new(sizes, x)).collect();
        let rows: Vec<i64> = blocks.iter().map(Block::rows).collect();
        if let Some(weights) = weights {
            let weights = weights.log().to_kind(x.kind()).split_with_sizes(rows.as_slice(), 0);
            blocks.iter_mut().zip(&weights).for_each(|(block, log_weights)| block.others += log_weights);
        }
        let x = x.split_with_sizes(rows.as_slice(), 0);
        self.rounds(sizes.len() as i64, &x[0], |query| {
            let queries = query.split(Block::SETS as i64, 0);
            let read = |(block, (query, x)): (&Block, (&Tensor, &Tensor))| {
                block.others.addmm(query, &x.tr()).softmax(1, None).mm(x)
            };
            let mut found: Vec<Tensor> = blocks.iter().zip(queries.iter().zip(&x)).map(read).collect();
            if found.len() == 1 { found.remove(0) } else { Tensor::cat(&found, 0) }
        })
    }

    /// Sets one after another: row `i` of `x (E, D)` belongs to set `owner (E)`; they become `(sets, 2 D)`.
    ///
    /// `owner` increases; an empty set is read as zeros.
    pub fn forward_ragged(&self, x: &Tensor, owner: &Tensor, sets: i64) -> Tensor {
        let options = (Kind::Float, x.device());
        // `bincount` would wait for a GPU to know its length.
        let sizes = Tensor::zeros([sets], (Kind::Int64, x.device())).index_add_(0, owner, &owner.ones_like());
        self.rounds(sets, x, |query| {
            let scores = (x * query.index_select(0, owner)).sum_dim_intlist([1].as_slice(), false, None); // (E)
            let seen = scores.detach();
            let top = Tensor::segment_reduce(&seen, "max", Some(&sizes), None, None, 0, true, f64::NEG_INFINITY);
            let weights = (scores - top.index_select(0, owner)).exp();
            let total = Tensor::zeros([sets], options).index_add(0, owner, &weights);
            let shares = weights / total.index_select(0, owner);
            Tensor::zeros([sets, self.width], options).index_add(0, owner, &(x * shares.unsqueeze(-1)))
        })
    }

    /// The rounds of attention, of which `read` is the part that sees the sets.
    fn rounds(&self, sets: i64, x: &Tensor, read: impl Fn(&Tensor) -> Tensor) -> Tensor {
        // q* begins with q itself, so both weights of q act as one.
        let precision = Precision::in_force();
        let weight = precision.operand(&(&self.weight_ih + self.weight_hh.constant_pad_nd([0, self.width])));
        let bias = precision.operand(&(&self.bias_ih + &self.bias_hh));
        let options = (x.kind(), x.device());
        let later = self.steps.saturating_sub(1) as i64;
        let learned = (weight.requires_grad() && later > 0).then(|| Learned::new(&weight, &bias, later, sets));
        let mut cell = Tensor::zeros([sets, self.width], options);
        // The first step sees nothing: its gates are the bias alone.
        let mut gates = bias.expand([sets, -1], false);
        for step in 0.. {
            let [input, forget, candidate, output] =
                [0, 1, 2, 3].map(|k| single(gates.narrow(1, k * self.width, self.width)));
            cell = forget.sigmoid() * cell + input.sigmoid() * candidate.tanh();
            let query = output.sigmoid() * cell.tanh(); // (B, D)
            let state = Tensor::cat(&[&query, &read(&query)], 1);
            if step + 1 >= self.steps {
                return state;
            }
            gates = match &learned {
                Some(learned) => learned.gates(&state, step),
                None => product_onto(&bias.expand([sets, -1], false), &precision.operand(&state), &weight),
            };
        }
        unreachable!("the loop returns at its last step")
    }
}

/// The linear map of all steps, arranged so that the gradient of its weight is one product instead of a sum over steps.
///
/// `states` holds zeros when it meets the weight, so that what comes out is the bias. Each step adds its own product with
/// a constant copy of the weight, and writes its state over the zeros: going backward, the gradient of the weight is the
/// product of all steps' gradients with the states that stand there by then.
struct Learned {
    states: Tensor,
    biases: Vec<Tensor>,
    weight: Tensor,
}

impl Learned {
    fn new(weight: &Tensor, bias: &Tensor, steps: i64, sets: i64) -> Self {
        let states = Tensor::zeros([steps * sets, weight.size()[1]], (weight.kind(), weight.device()));
        let biases = states.linear(weight, Some(bias)).split(sets, 0);
        // What is written through `data` is not held against the graph, which shall see it.
        Self { states: states.data(), biases, weight: weight.detach() }
    }

    fn gates(&self, state: &Tensor, step: usize) -> Tensor {
        let sets = state.size()[0];
        no_grad(|| self.states.narrow(0, step as i64 * sets, sets).copy_(state));
        product_onto(&self.biases[step], &state.to_kind(self.weight.kind()), &self.weight)
    }
}

/// `onto + x · Wᵀ`, for an `x` of few rows: computed as its transpose, because libraries of products prefer many rows.
fn product_onto(onto: &Tensor, x: &Tensor, weight: &Tensor) -> Tensor {
    onto.tr().addmm(weight, &x.tr()).tr()
}

/// A few sets that are read together.
struct Block {
    /// `f32 (S, R)`; 0, or the logarithm of the row's weight, where a row belongs to a set, −∞ elsewhere.
    others: Tensor,
}

impl Block {
    /// Beyond this, so much is computed for nothing that fewer operations do not make up for it.
    const SETS: usize = 8;

    /// Sets of so many rows each, whose numbers are like those of `x`.
    fn new(sizes: &[i64], x: &Tensor) -> Self {
        let (sets, rows) = (sizes.len() as i64, sizes.iter().sum::<i64>());
        let others = Tensor::full([sets, rows], f64::NEG_INFINITY, (x.kind(), x.device()));
        let mut first = 0;
        for (set, &size) in sizes.iter().enumerate() {
            let _ = others.get(set as i64).narrow(0, first, size).zero_();
            first += size;
        }
        Self { others }
    }

    fn rows(&self) -> i64 {
        self.others.size()[1]
    }
}

impl Readout for Set2Set {
    fn read_out(&self, atoms: &AtomStates, batch: &DeviceBatch, _mode: Mode<'_>) -> CrystalStates {
        CrystalStates(match batch.runs() {
            Some(runs) => {
                let sizes = runs.iter().flat_map(|run| std::iter::repeat_n(run.atoms, run.crystals as usize));
                let weights = batch.weights().map(|weights| batch.pack(weights));
                self.forward_crossed(&atoms.packed(batch), &sizes.collect::<Vec<_>>(), weights.as_ref())
            }
            None => self.forward_weighted(atoms.values(), &atoms.mask, batch.weights()),
        }) // Eq. 4
    }
}
