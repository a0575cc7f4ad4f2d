//! Multi-head attention among the atoms of a crystal.
//!
//! ```text
//! scores = softmax(q · Kᵀ / √d)      a‴ᵢ = Σⱼ scoresᵢⱼ · vⱼ
//! ```
//!
//! # Source
//!
//! Liu et al., S2SNet, Eqs. 3, 7 and 8; Vaswani et al. 2017.
//!
//! # Deviations
//!
//! | | paper | released code | here |
//! |---|---|---|---|
//! | scaling by √d | after the softmax (Eq. 7 as printed) | before | [`ScoreScaling`] |
//! | heads | one is described | 16, and an output map | a parameter; the output map exists with several heads |
//! | which atoms attend to which | atoms within ρ | every atom of the cell | the mask says; without one, every atom of the cell |

use std::ops::Range;

use tch::{Device, Kind, Tensor};

use crate::{DeviceBatch, Init, Kinds, Linear, Mode, Run, Scope, ScoreScaling, precision::product};

/// Queries, keys and values of all atoms, mixed per head.
#[derive(Debug)]
pub struct MultiHeadAttention {
    query: Linear,
    key: Linear,
    value: Linear,
    output: Option<Linear>,
    heads: i64,
    scaling: ScoreScaling,
    dropout: f64,
    keeps_scores: bool,
}

impl MultiHeadAttention {
    /// `heads` heads that share `width` numbers; several heads are joined by an output map.
    pub fn new(scope: &Scope<'_>, width: i64, heads: i64, scaling: ScoreScaling, dropout: f64, init: Init) -> Self {
        Self::projecting(Linear::new, scope, width, heads, scaling, dropout, init)
    }

    /// The same, of which queries, keys and values have no bias.
    pub fn without_bias(
        scope: &Scope<'_>,
        width: i64,
        heads: i64,
        scaling: ScoreScaling,
        dropout: f64,
        init: Init,
    ) -> Self {
        Self::projecting(Linear::without_bias, scope, width, heads, scaling, dropout, init)
    }

    /// Queries, keys and values by such maps; the output map has a bias in any case.
    fn projecting(
        projection: fn(&Scope<'_>, i64, i64, Init) -> Linear,
        scope: &Scope<'_>,
        width: i64,
        heads: i64,
        scaling: ScoreScaling,
        dropout: f64,
        init: Init,
    ) -> Self {
        let output = (heads > 1).then(|| Linear::new(&scope.child("output"), width, width, init));
        let [query, key, value] =
            ["query", "key", "value"].map(|name| projection(&scope.child(name), width, width, init));
        Self { query, key, value, output, heads, scaling, dropout, keeps_scores: false }
    }

    /// The same for states that no layer norm bounds: the backward pass reads the scores of the forward pass.
    ///
    /// The fused attention of libtorch 2.11 computes them anew and takes the exponential of what differs by rounding. On a CPU, with one
    /// head of 512, its gradients are off by 5 % at scores of 2·10⁵, by orders of magnitude at 2·10⁷, and infinite at 2·10⁸.
    #[must_use]
    pub fn keeping_scores(self) -> Self {
        Self { keeps_scores: true, ..self }
    }

    /// Mixes the atoms.
    ///
    /// # Shapes
    ///
    /// | | |
    /// |---|---|
    /// | `packed` | `f32 (T, D)`, the atoms without padding |
    /// | `visible` | `bool (B, 1, N, N)`: `true` where `j` may be seen by `i`; `None` if all atoms of a crystal see each other |
    /// | returns | `f32 (T, D)` |
    pub fn forward(&self, packed: &Tensor, batch: &DeviceBatch, visible: Option<&Tensor>, mode: Mode<'_>) -> Tensor {
        self.join(self.heads(packed, batch, visible, mode))
    }

    /// The same before the output map.
    pub(crate) fn heads(
        &self,
        packed: &Tensor,
        batch: &DeviceBatch,
        visible: Option<&Tensor>,
        mode: Mode<'_>,
    ) -> Tensor {
        match batch.runs() {
            Some(runs) => {
                let mut first = 0;
                let mask = |run: Run| {
                    first += run.crystals;
                    let of_run = |all: &Tensor| all.narrow(0, first - run.crystals, run.crystals);
                    visible.map(|all| of_run(all).narrow(2, 0, run.atoms).narrow(3, 0, run.atoms))
                };
                self.mix_runs(packed, runs, mask, mode)
            }
            None => self.mix_padded(packed, batch, visible, mode),
        }
    }

    /// Mixes kinds of atoms, `f32 (S, D)`, each as often as there are atoms of the kind; all see each other. The output map
    /// is left out.
    pub(crate) fn heads_of_kinds(&self, packed: &Tensor, kinds: &Kinds) -> Tensor {
        let mut first = 0;
        let mask = |run: Run| {
            let length = run.crystals * run.atoms;
            first += length;
            // exp(score + ln n) is n times exp(score).
            Some(kinds.log_counts.narrow(0, first - length, length).view([run.crystals, 1, 1, run.atoms]))
        };
        self.mix_runs(packed, &kinds.runs, mask, Mode::Eval)
    }

    /// The map after the heads, if there are several.
    pub(crate) fn output(&self) -> Option<&Linear> {
        self.output.as_ref()
    }

    fn join(&self, heads: Tensor) -> Tensor {
        match &self.output {
            Some(output) => output.forward(&heads),
            None => heads,
        }
    }

    /// Run by run, so that nothing is padded.
    fn mix_runs(
        &self,
        packed: &Tensor,
        runs: &[Run],
        mut mask: impl FnMut(Run) -> Option<Tensor>,
        mode: Mode<'_>,
    ) -> Tensor {
        let sizes: Vec<i64> = runs.iter().map(|run| run.crystals * run.atoms).collect();
        let split = |linear: &Linear| linear.forward(packed).split_with_sizes(sizes.as_slice(), 0);
        let (query, key, value) = (split(&self.query), split(&self.key), split(&self.value));
        let mut mixed = Vec::with_capacity(runs.len());
        for (k, &run) in runs.iter().enumerate() {
            let states = [&query[k], &key[k], &value[k]]
                .map(|flat| flat.view([run.crystals, run.atoms, self.heads, -1]).transpose(1, 2));
            let states = self.mix(states, mask(run).as_ref(), mode);
            mixed.push(states.transpose(1, 2).reshape([run.crystals * run.atoms, -1]));
        }
        if mixed.len() == 1 { mixed.remove(0) } else { Tensor::cat(&mixed, 0) }
    }

    /// All crystals at once, padded to the largest.
    fn mix_padded(&self, packed: &Tensor, batch: &DeviceBatch, visible: Option<&Tensor>, mode: Mode<'_>) -> Tensor {
        let split =
            |linear: &Linear| batch.unpack(&linear.forward(packed)).unflatten(2, [self.heads, -1]).transpose(1, 2);
        let present = batch.present().unsqueeze(1).unsqueeze(1); // (B, 1, 1, N)
        let mixed = self.mix([&self.query, &self.key, &self.value].map(split), Some(visible.unwrap_or(&present)), mode);
        batch.pack(&mixed.transpose(1, 2).flatten(2, 3))
    }

    /// Queries, keys and values `(B, H, N, D/H)` become `(B, H, N, D/H)`.
    fn mix(&self, [query, key, value]: [Tensor; 3], visible: Option<&Tensor>, mode: Mode<'_>) -> Tensor {
        let (atoms, depth) = (query.size()[2], (query.size()[3] as f64).sqrt());
        let kept = match mode {
            Mode::Train(_) => self.keeps_scores || self.dropout > 0.0,
            Mode::Eval => query.device() == Device::Cpu && PLAIN.contains(&atoms),
        };
        match self.scaling {
            ScoreScaling::BeforeSoftmax if kept => {
                let scores = softmax(&query, &key, visible, 1.0 / depth);
                product(&mode.dropout(scores, self.dropout), &value)
            }
            ScoreScaling::BeforeSoftmax => {
                Tensor::scaled_dot_product_attention(&query, &key, &value, visible, 0.0, false, None, false)
            }
            ScoreScaling::AfterSoftmax => {
                let scores = softmax(&query, &key, visible, 1.0) / depth; // Eq. 7
                product(&mode.dropout(scores, self.dropout), &value) // Eq. 8
            }
        }
    }

    /// The share of each atom in what atom `i` becomes: `f32 (B, H, N, N)`; rows of slots without an atom are
    /// unspecified.
    pub fn scores(&self, packed: &Tensor, batch: &DeviceBatch, visible: &Tensor) -> Tensor {
        let split =
            |linear: &Linear| batch.unpack(&linear.forward(packed)).unflatten(2, [self.heads, -1]).transpose(1, 2);
        let (query, key) = (split(&self.query), split(&self.key));
        let depth = (query.size()[3] as f64).sqrt();
        match self.scaling {
            ScoreScaling::BeforeSoftmax => softmax(&query, &key, Some(visible), 1.0 / depth),
            ScoreScaling::AfterSoftmax => softmax(&query, &key, Some(visible), 1.0),
        }
    }
}

/// Numbers of atoms for which a CPU is faster with plain products than with libtorch's fused attention.
const PLAIN: Range<i64> = 24..512;

/// In `f32`, whatever queries and keys are. `visible` says who is seen, or what is added to the scores.
fn softmax(query: &Tensor, key: &Tensor, visible: Option<&Tensor>, scale: f64) -> Tensor {
    let scores = product(&(query * scale), &key.transpose(-2, -1));
    match visible {
        Some(visible) if visible.kind() == Kind::Bool => {
            scores.masked_fill(&visible.logical_not(), f64::NEG_INFINITY).softmax(-1, Kind::Float)
        }
        Some(weights) => (scores + weights).softmax(-1, Kind::Float),
        None => scores.softmax(-1, Kind::Float),
    }
}
