//! What flows between encoder, readout and head.

use tch::Tensor;

/// One vector per atom.
///
/// # Shapes
///
/// `values` is `f32 (B, N, D)`; rows where `mask`, `bool (B, N)`, is false are unspecified.
#[derive(Debug)]
pub struct AtomStates {
    /// `f32 (B, N, D)`.
    pub values: Tensor,
    /// `bool (B, N)`; `true` where an atom is.
    pub mask: Tensor,
    /// What some encoders know besides atoms.
    pub graph: Option<GraphStates>,
}

impl AtomStates {
    /// States of atoms alone.
    pub fn new(values: Tensor, mask: Tensor) -> Self {
        Self { values, mask, graph: None }
    }

    /// Width `D` of a state.
    pub fn width(&self) -> i64 {
        self.values.size()[2]
    }

    /// The states at some flat places `crystal · N + atom`, as one crystal of that many atoms.
    pub fn at(&self, places: &Tensor) -> AtomStates {
        let values = self.values.reshape([-1, self.width()]).index_select(0, places).unsqueeze(0);
        AtomStates::new(values, self.mask.reshape([-1]).index_select(0, places).unsqueeze(0))
    }
}

/// States of pairs and of whole crystals, for encoders that update them too (MEGNet).
#[derive(Debug)]
pub struct GraphStates {
    /// `f32 (E, D)`; one row per directed pair of the batch, in the batch's order.
    pub pairs: Tensor,
    /// `f32 (B, D)`.
    pub crystals: Tensor,
}

/// One vector per crystal: `f32 (B, W)`.
#[derive(Debug)]
pub struct CrystalStates(pub Tensor);

/// One logit per crystal: `f32 (B)`; the probability of the positive class is its sigmoid.
#[derive(Debug)]
pub struct BinaryLogits(pub Tensor);

impl BinaryLogits {
    /// Probabilities in (0, 1): `f32 (B)`.
    pub fn probabilities(&self) -> Tensor {
        self.0.sigmoid()
    }
}

/// One score per atom and element class: `f32 (…, V)`; class `k` is token `k + 1`.
#[derive(Debug)]
pub struct ElementLogits(pub Tensor);

/// One number per crystal: `f32 (B)`, in the unit of the training targets.
#[derive(Debug)]
pub struct Regression(pub Tensor);
