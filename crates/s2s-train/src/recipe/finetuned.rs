//! A trained classifier, and how it is sealed.

use std::{collections::BTreeMap, path::Path};

use s2s_featurize::BatchSize;
use s2s_model::{Architecture, Calibration, CheckpointConfig, ModelConfig, Task};
use serde::{Deserialize, Serialize};

use super::{Divergence, FinetuneRecipe, Labeled, finetune::ClassifierObjective, labeled::in_order};
use crate::{Learner, TrainError, objective::Scores};

/// A trained classifier, with the weights of its best epoch.
#[derive(Debug)]
pub struct Finetuned {
    /// The classifier and its history.
    pub learner: Learner<ClassifierObjective>,
    /// Position of the best epoch in the history.
    pub best_epoch: Option<usize>,
    /// Where training diverged, if it did; the weights are those of the best epoch before, or of the start.
    pub diverged: Option<Divergence>,
    /// Tensors taken from the pre-trained encoder.
    pub transferred: usize,
}

/// What a network in training gives to crystals that it does not learn from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Look {
    /// Epochs that were over.
    pub epoch: u64,
    /// Labels and logits, in the order of the crystals.
    pub scores: Scores,
}

impl Finetuned {
    /// The network that has learned once more from all crystals, by [`FinetuneRecipe::of_refit`]; if its training diverged, this
    /// one. Epoch and divergence are those of this one, unless the second diverged.
    #[must_use]
    pub fn refitted(self, second: Self) -> Self {
        match second.diverged {
            None => Self { best_epoch: self.best_epoch, diverged: self.diverged, ..second },
            Some(_) => Self { diverged: second.diverged, ..self },
        }
    }

    /// Writes the network of the best epoch as a sealed folder that [`Predictor`](s2s_model::Predictor) opens, in
    /// place of an earlier one.
    ///
    /// # Errors
    ///
    /// [`TrainError::Checkpoint`] if the folder cannot be written; an earlier model is left as it was then.
    pub fn seal<A: Architecture>(&self, folder: &Path, about: About<'_, A>) -> Result<(), TrainError> {
        // A line that falls belongs to a network that is worse than chance; no model is sealed with one.
        let calibration = Some(about.calibration).filter(|line| line.validate().is_ok());
        let task = Task::Classification {
            positive: about.positive.to_owned(),
            calibration: calibration.unwrap_or(Calibration::IDENTITY),
        };
        let config = CheckpointConfig {
            featurizer: about.recipe.featurizer.clone(),
            dataset_sha256: about.dataset_sha256,
            metrics: about.metrics,
            ..CheckpointConfig::new(about.recipe.model.clone(), task)
        };
        self.learner.seal(folder, &config, about.card)
    }

    /// Labels and logits of other crystals, in their order.
    ///
    /// # Errors
    ///
    /// [`TrainError`] if they cannot be batched.
    pub fn scores(&self, data: Labeled<'_>, batch: BatchSize) -> Result<Scores, TrainError> {
        let device = self.learner.parameters().device();
        let batches = data.batches(batch, device)?;
        in_order(&self.learner.objective, &batches)
    }
}

/// What is sealed beside the weights.
#[derive(Debug)]
pub struct About<'r, A: Architecture = ModelConfig> {
    /// How the network was trained.
    pub recipe: &'r FinetuneRecipe<A>,
    /// What is true of the positive class: what the labels say.
    pub positive: &'r str,
    /// Fitted on validation data.
    pub calibration: Calibration,
    /// SHA-256 of the data file.
    pub dataset_sha256: Option<String>,
    /// What was measured on data that was not seen.
    pub metrics: BTreeMap<String, f64>,
    /// The model card, in Markdown.
    pub card: &'r str,
}
