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

use tch::{Device, Kind, Tensor, no_grad};

use crate::{AtomStates, CrystalStates, DeviceBatch, Init, Mode, Precision, Readout, Scope, precision::single};

/// How many pairs of a set and a row may meet where only those within a set count.
const MAX_CROSSED: i64 = 1 << 18;

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
        let hidden = mask.logical_not().unsqueeze(-1); // (B, N, 1)
        // Places without an atom may hold anything, and zero times infinity is not zero.
        let x = x.masked_fill(&hidden, 0.0);
        self.rounds(x.size()[0], &x, |query| {
            let scores = x.bmm(&query.unsqueeze(-1)).masked_fill(&hidden, f64::NEG_INFINITY).softmax(1, None);
            scores.transpose(1, 2).bmm(&x).squeeze_dim(1)
        })
    }

    /// The same of sets without padding, `x (T, D)`: all queries meet all rows, and those of other sets count nothing.
    ///
    /// Two products replace many small ones; `owner (T)` says which of the `sets` a row belongs to.
    fn forward_crossed(&self, x: &Tensor, owner: &Tensor, sets: i64) -> Tensor {
        let own = owner.unsqueeze(0).eq_tensor(&Tensor::arange(sets, (Kind::Int64, x.device())).unsqueeze(1));
        let others = Tensor::zeros(own.size(), (x.kind(), x.device()));
        let others = others.masked_fill(&own.logical_not(), f64::NEG_INFINITY); // (sets, T)
        self.rounds(sets, x, |query| others.addmm(query, &x.tr()).softmax(1, None).mm(x))
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
                None => precision.operand(&state).linear(&weight, Some(&bias)),
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
        Self { states: states.data(), biases, weight: weight.detach().tr() }
    }

    fn gates(&self, state: &Tensor, step: usize) -> Tensor {
        let sets = state.size()[0];
        no_grad(|| self.states.narrow(0, step as i64 * sets, sets).copy_(state));
        self.biases[step].addmm(&state.to_kind(self.weight.kind()), &self.weight)
    }
}

impl Readout for Set2Set {
    fn read_out(&self, atoms: &AtomStates, batch: &DeviceBatch, _mode: Mode<'_>) -> CrystalStates {
        let crossed = batch.num_crystals() * batch.num_atoms();
        CrystalStates(if batch.device() == Device::Cpu && crossed <= MAX_CROSSED {
            let owner = batch.atoms().floor_divide_scalar(batch.num_places());
            self.forward_crossed(&batch.pack(&atoms.values), &owner, batch.num_crystals())
        } else {
            self.forward(&atoms.values, &atoms.mask)
        }) // Eq. 4
    }
}
