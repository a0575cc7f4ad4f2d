//! Any network of this crate.

use tch::Tensor;

use crate::{Classifier, DeviceBatch, Mode, Regressor};

/// A network of whatever family, ready for a task.
#[derive(Debug)]
pub enum AnyNetwork {
    /// For a classification.
    Classifier(Classifier),
    /// For a regression.
    Regressor(Regressor),
}

impl AnyNetwork {
    /// Logits or standardized numbers: `f32 (B)`.
    pub fn forward(&self, batch: &DeviceBatch, mode: Mode<'_>) -> Tensor {
        match self {
            Self::Classifier(network) => network.forward(batch, mode).0,
            Self::Regressor(network) => network.forward(batch, mode).0,
        }
    }
}
