//! Divergence of a training, which is a result and no failure.

use serde::{Deserialize, Serialize};

use crate::TrainError;

/// Where the loss stopped being a number.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Divergence {
    /// Optimizer step.
    pub step: u64,
    /// Epoch, counted from 0.
    pub epoch: u64,
}

impl Divergence {
    /// What `fit` says, if that is all it has to say; other errors stay errors.
    pub(super) fn of(fitted: Result<(), TrainError>) -> Result<Option<Self>, TrainError> {
        match fitted {
            Ok(()) => Ok(None),
            Err(TrainError::Diverged { step, epoch, .. }) => Ok(Some(Self { step, epoch })),
            Err(error) => Err(error),
        }
    }
}
