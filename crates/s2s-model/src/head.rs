//! The trait of heads, from states to predictions, and the heads of this workspace.

use std::fmt::Debug;

use crate::{
    AtomStates, BinaryLogits, CrystalStates, ElementLogits, ElementNorm, Init, LayerNorm, Linear, MemberMlp, Mlp,
    MlpConfig, Mode, Precision, Regression, Scope,
};
use tch::{Kind, Tensor};

/// Makes a prediction of states.
pub trait Head<In>: Debug + Send {
    /// What is predicted.
    type Output;

    /// The predictions of a batch.
    fn predict(&self, states: &In, mode: Mode<'_>) -> Self::Output;

    /// What several members predict, `f32 (B, M)`, and what is predicted of it: each member has a loss of its own while it
    /// learns. `None` for a head that is one network.
    fn predict_members(&self, states: &In, mode: Mode<'_>) -> Option<(Tensor, Self::Output)> {
        let _ = (states, mode);
        None
    }
}

impl<In, H: Head<In> + ?Sized> Head<In> for Box<H> {
    type Output = H::Output;

    fn predict(&self, states: &In, mode: Mode<'_>) -> H::Output {
        (**self).predict(states, mode)
    }

    fn predict_members(&self, states: &In, mode: Mode<'_>) -> Option<(Tensor, H::Output)> {
        (**self).predict_members(states, mode)
    }
}

/// Several members that share their matrices: one logit per crystal, that of the mean of their probabilities.
#[derive(Debug)]
pub struct MembersHead(MemberMlp);

impl MembersHead {
    /// States of width `width` become one logit of each member.
    pub fn new(scope: &Scope<'_>, config: &MlpConfig, width: i64, members: i64) -> Self {
        Self(MemberMlp::new(scope, config, width, members))
    }
}

impl Head<CrystalStates> for MembersHead {
    type Output = BinaryLogits;

    fn predict(&self, states: &CrystalStates, mode: Mode<'_>) -> BinaryLogits {
        BinaryLogits::of_members(&self.0.forward(&states.0, mode))
    }

    fn predict_members(&self, states: &CrystalStates, mode: Mode<'_>) -> Option<(Tensor, BinaryLogits)> {
        let logits = self.0.forward(&states.0, mode);
        let mean = BinaryLogits::of_members(&logits);
        Some((logits, mean))
    }
}

/// Several members that share their matrices: one number per crystal, the mean of theirs.
#[derive(Debug)]
pub struct MembersRegressionHead(MemberMlp);

impl MembersRegressionHead {
    /// States of width `width` become one number of each member.
    pub fn new(scope: &Scope<'_>, config: &MlpConfig, width: i64, members: i64) -> Self {
        Self(MemberMlp::new(scope, config, width, members))
    }
}

impl Head<CrystalStates> for MembersRegressionHead {
    type Output = Regression;

    fn predict(&self, states: &CrystalStates, mode: Mode<'_>) -> Regression {
        Regression(self.0.forward(&states.0, mode).mean_dim([1].as_slice(), false, Kind::Float))
    }

    fn predict_members(&self, states: &CrystalStates, mode: Mode<'_>) -> Option<(Tensor, Regression)> {
        let numbers = self.0.forward(&states.0, mode);
        let mean = numbers.mean_dim([1].as_slice(), false, Kind::Float);
        Some((numbers, Regression(mean)))
    }
}

/// One logit per crystal through fully connected layers: FC1, FC2, … (Fig. 1).
#[derive(Debug)]
pub struct BinaryHead(Mlp);

impl BinaryHead {
    /// States of width `width` become one logit.
    pub fn new(scope: &Scope<'_>, config: &MlpConfig, width: i64) -> Self {
        Self(Mlp::new(scope, config, width, 1))
    }

    /// The same without hidden layers.
    pub fn linear(scope: &Scope<'_>, width: i64) -> Self {
        Self::new(scope, &MlpConfig::linear(), width)
    }
}

impl Head<CrystalStates> for BinaryHead {
    type Output = BinaryLogits;

    fn predict(&self, states: &CrystalStates, mode: Mode<'_>) -> BinaryLogits {
        BinaryLogits(self.0.forward(&states.0, mode).squeeze_dim(-1))
    }
}

/// Two logits per crystal, of which the difference counts: the released code's head.
///
/// Cross-entropy over two logits is binary cross-entropy of their difference.
#[derive(Debug)]
pub struct TwoLogitHead(Mlp);

impl TwoLogitHead {
    /// States of width `width` become two logits.
    pub fn new(scope: &Scope<'_>, config: &MlpConfig, width: i64) -> Self {
        Self(Mlp::new(scope, config, width, 2))
    }

    /// `f32 (B, 2)`: negative and positive class.
    pub fn logits(&self, states: &CrystalStates, mode: Mode<'_>) -> tch::Tensor {
        self.0.forward(&states.0, mode)
    }
}

impl Head<CrystalStates> for TwoLogitHead {
    type Output = BinaryLogits;

    fn predict(&self, states: &CrystalStates, mode: Mode<'_>) -> BinaryLogits {
        let logits = self.logits(states, mode);
        BinaryLogits(logits.select(1, 1) - logits.select(1, 0))
    }
}

/// One number per crystal.
#[derive(Debug)]
pub struct RegressionHead(Mlp);

impl RegressionHead {
    /// States of width `width` become one number.
    pub fn new(scope: &Scope<'_>, config: &MlpConfig, width: i64) -> Self {
        Self(Mlp::new(scope, config, width, 1))
    }

    /// The same without hidden layers.
    pub fn linear(scope: &Scope<'_>, width: i64) -> Self {
        Self::new(scope, &MlpConfig::linear(), width)
    }
}

impl Head<CrystalStates> for RegressionHead {
    type Output = Regression;

    fn predict(&self, states: &CrystalStates, mode: Mode<'_>) -> Regression {
        Regression(self.0.forward(&states.0, mode).squeeze_dim(-1))
    }
}

/// One score per atom and element class (Fig. 2).
#[derive(Debug)]
pub struct ElementHead {
    norm: Option<LayerNorm>,
    classifier: Linear,
}

impl ElementHead {
    /// States of width `width` become scores of `classes` elements; all equal before training.
    pub fn new(scope: &Scope<'_>, width: i64, classes: i64, norm: ElementNorm) -> Self {
        let norm = (norm == ElementNorm::Layer).then(|| LayerNorm::new(&scope.child("norm"), width));
        Self { norm, classifier: Linear::new(&scope.child("classifier"), width, classes, Init::Zeros) }
    }
}

impl Head<AtomStates> for ElementHead {
    type Output = ElementLogits;

    fn predict(&self, states: &AtomStates, _mode: Mode<'_>) -> ElementLogits {
        let normal = self.norm.as_ref().map(|norm| norm.forward(states.values()));
        let states = normal.as_ref().unwrap_or_else(|| states.values());
        ElementLogits(Precision::Single.compute(|| self.classifier.forward(states)))
    }
}
