//! Attention among the atoms of a crystal.
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
//! | who sees whom | atoms within ρ | every atom of the cell | the mask says |

use serde::{Deserialize, Serialize};
use tch::Tensor;

use crate::{Init, Linear, Mode, Scope};

/// Where the factor `1/√d` stands in Eq. 7.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ScoreScaling {
    /// `softmax(q · Kᵀ / √d)`, as in the released code.
    BeforeSoftmax,
    /// `softmax(q · Kᵀ) / √d`, as printed; every layer then shrinks its input by √d.
    AfterSoftmax,
}

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
}

impl MultiHeadAttention {
    /// `heads` heads that share `width` numbers; several heads are joined by an output map.
    pub fn new(scope: &Scope<'_>, width: i64, heads: i64, scaling: ScoreScaling, dropout: f64, init: Init) -> Self {
        let linear = |name| Linear::new(&scope.child(name), width, width, init);
        let output = (heads > 1).then(|| linear("output"));
        Self { query: linear("query"), key: linear("key"), value: linear("value"), output, heads, scaling, dropout }
    }

    /// Mixes the atoms.
    ///
    /// # Shapes
    ///
    /// | | |
    /// |---|---|
    /// | `packed` | `f32 (T, D)`, the atoms without padding |
    /// | `visible` | `bool`, broadcast to `(B, H, N, N)`: `true` where `j` may be seen by `i` |
    /// | returns | `f32 (T, D)` |
    pub fn forward(&self, packed: &Tensor, batch: &crate::DeviceBatch, visible: &Tensor, mode: Mode<'_>) -> Tensor {
        let split = |linear: &Linear| {
            let padded = batch.unpack(&linear.forward(packed)); // (B, N, D)
            padded.unflatten(2, [self.heads, -1]).transpose(1, 2) // (B, H, N, D/H)
        };
        let (query, key, value) = (split(&self.query), split(&self.key), split(&self.value));
        let depth = (query.size()[3] as f64).sqrt();
        let mixed = match (self.scaling, mode) {
            (ScoreScaling::BeforeSoftmax, Mode::Train(_)) if self.dropout > 0.0 => {
                let scores = self.softmax(&query, &key, visible, 1.0 / depth);
                mode.dropout(scores, self.dropout).matmul(&value)
            }
            (ScoreScaling::BeforeSoftmax, _) => {
                Tensor::scaled_dot_product_attention(&query, &key, &value, Some(visible), 0.0, false, None, false)
            }
            (ScoreScaling::AfterSoftmax, _) => {
                let scores = self.softmax(&query, &key, visible, 1.0) / depth; // Eq. 7
                mode.dropout(scores, self.dropout).matmul(&value) // Eq. 8
            }
        };
        let joined = batch.pack(&mixed.transpose(1, 2).flatten(2, 3));
        match &self.output {
            Some(output) => output.forward(&joined),
            None => joined,
        }
    }

    /// The share of each atom in what atom `i` becomes: `f32 (B, H, N, N)`; rows of places without an atom are
    /// unspecified.
    pub fn scores(&self, packed: &Tensor, batch: &crate::DeviceBatch, visible: &Tensor) -> Tensor {
        let split =
            |linear: &Linear| batch.unpack(&linear.forward(packed)).unflatten(2, [self.heads, -1]).transpose(1, 2);
        let (query, key) = (split(&self.query), split(&self.key));
        let depth = (query.size()[3] as f64).sqrt();
        match self.scaling {
            ScoreScaling::BeforeSoftmax => self.softmax(&query, &key, visible, 1.0 / depth),
            ScoreScaling::AfterSoftmax => self.softmax(&query, &key, visible, 1.0),
        }
    }

    fn softmax(&self, query: &Tensor, key: &Tensor, visible: &Tensor, scale: f64) -> Tensor {
        let scores = query.matmul(&key.transpose(-2, -1)) * scale;
        scores.masked_fill(&visible.logical_not(), f64::NEG_INFINITY).softmax(-1, None)
    }
}
