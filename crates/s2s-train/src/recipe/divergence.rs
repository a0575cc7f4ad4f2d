//! Divergence of a training, which is a result and no failure.

use std::fmt;

use s2s_model::NamedTensors;
use serde::{Deserialize, Serialize};

use crate::{Learner, TrainError, objective::Objective};

/// Where the loss stopped being a number.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Divergence {
    /// Optimizer step.
    pub step: u64,
    /// Epoch, counted from 0.
    pub epoch: u64,
}

impl fmt::Display for Divergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "training diverged at step {} (epoch {}); lower the learning rate or clip the gradient",
            self.step, self.epoch
        )
    }
}

impl Divergence {
    /// A training whose divergence is its result: if no epoch was judged before it, the weights are those of the start again.
    pub(super) fn of_training<O: Objective>(
        learner: &mut Learner<O>,
        train: impl FnOnce(&mut Learner<O>) -> Result<(), TrainError>,
    ) -> Result<Option<Self>, TrainError> {
        let copies = learner.parameters().all().into_iter().map(|(name, tensor)| (name, tensor.detach().copy()));
        let start: NamedTensors = copies.collect();
        let diverged = Self::of(train(learner))?;
        if diverged.is_some() && learner.config.watch.best(&learner.progress.history).is_none() {
            learner.parameters().assign_all(start.iter().map(|(name, tensor)| (name.as_str(), tensor)))?;
        }
        Ok(diverged)
    }

    /// What `fit` says, if that is all it has to say; other errors stay errors.
    pub(super) fn of(fitted: Result<(), TrainError>) -> Result<Option<Self>, TrainError> {
        match fitted {
            Ok(()) => Ok(None),
            Err(TrainError::Diverged { step, epoch, .. }) => Ok(Some(Self { step, epoch })),
            Err(error) => Err(error),
        }
    }
}
