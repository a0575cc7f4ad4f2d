//! A network of whatever family and task.

use tch::Tensor;

use crate::{AtomEncoder, Classifier, DeviceBatch, Head, MaskedAtomModel, Mode, Regressor};

/// A network of whatever family, ready for a task.
#[derive(Debug)]
#[non_exhaustive]
pub enum AnyNetwork {
    /// For a classification.
    Classifier(Classifier),
    /// For a regression.
    Regressor(Regressor),
    /// For masked elements.
    MaskedAtoms(MaskedAtomModel),
}

impl AnyNetwork {
    /// Logits or standardized numbers, `f32 (B)`; of masked elements the scores of every slot, `f32 (B, N, V)`.
    pub fn forward(&self, batch: &DeviceBatch, mode: Mode<'_>) -> Tensor {
        match self {
            Self::Classifier(network) => network.forward(batch, mode).0,
            Self::Regressor(network) => network.forward(batch, mode).0,
            Self::MaskedAtoms(network) => network.head.predict(&network.encoder.encode(batch, mode), mode).0,
        }
    }
}
