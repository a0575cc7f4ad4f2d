//! Sealing of what was learned jointly: each target as a network of its own, and the encoder for others to start from.

use std::path::Path;

use s2s_model::{Architecture, BuildNetwork, Calibration, Checkpoint, CheckpointConfig, ModelError, Parameters, Task};
use tch::Tensor;

use super::{ELEMENTS, JointRecipe, TargetKind, TrainedJointly, is_of_head};
use crate::{
    TrainError,
    objective::{CrystalHead, JointOutcome, Outcome},
};

/// What is sealed beside the weights of one target.
#[derive(Debug)]
pub struct SealedWith<'a> {
    /// SHA-256 of the data file.
    pub dataset_sha256: Option<String>,
    /// What was measured on data that was not seen.
    pub outcome: &'a JointOutcome,
    /// The model card, in Markdown.
    pub card: &'a str,
}

impl<A: Architecture + BuildNetwork> JointRecipe<A> {
    /// The network of one target alone as a sealed folder that [`Predictor`](s2s_model::Predictor) opens, in place of an earlier
    /// one; of a label, with this calibration. It is the network that [`FinetuneRecipe`](crate::recipe::FinetuneRecipe) or
    /// [`RegressionRecipe`](crate::recipe::RegressionRecipe) makes of the same description.
    ///
    /// # Errors
    ///
    /// [`TrainError::Config`] if there is no such target, [`TrainError::Checkpoint`] if the folder cannot be written; an earlier
    /// model is left as it was then.
    pub fn seal_target(
        &self,
        trained: &TrainedJointly,
        name: &str,
        calibration: Calibration,
        folder: &Path,
        about: SealedWith<'_>,
    ) -> Result<(), TrainError> {
        let target = self.target(name)?;
        let heads = &trained.learner.objective.heads;
        let head = heads.iter().find(|head| head.name == name).map(|head| &head.head);
        let task = match (&target.kind, head) {
            (TargetKind::Number { unit, .. }, Some(CrystalHead::Number { standard, .. })) => standard.task(name, unit),
            _ => Task::Classification { positive: name.to_owned(), calibration },
        };
        self.seal(trained, &task, &target.scope(), folder, about)
    }

    /// The encoder with the element head as a sealed folder from which another network starts, as
    /// [`PretrainRecipe`](crate::recipe::PretrainRecipe) writes it, in place of an earlier one.
    ///
    /// # Errors
    ///
    /// [`TrainError::Config`] if the recipe masks no atoms; otherwise as [`seal_target`](Self::seal_target).
    pub fn seal_elements(
        &self,
        trained: &TrainedJointly,
        folder: &Path,
        about: SealedWith<'_>,
    ) -> Result<(), TrainError> {
        if self.elements.is_none() {
            return Err(TrainError::Config { reason: "no atoms were masked".to_owned() });
        }
        self.seal(trained, &Task::MaskedAtoms, ELEMENTS, folder, about)
    }

    /// Writes those tensors that a network for this task alone has, its head from `scope`.
    fn seal(
        &self,
        trained: &TrainedJointly,
        task: &Task,
        scope: &str,
        folder: &Path,
        about: SealedWith<'_>,
    ) -> Result<(), TrainError> {
        let counting = Parameters::counting();
        drop(self.model.build(task, &counting, &*self.model.vocabulary())?);
        let all = trained.learner.parameters().all();
        let counterpart = |(name, _): (String, Tensor)| {
            let own = if is_of_head(&name) { format!("{scope}{name}") } else { name.clone() };
            let found = all.iter().find(|(other, _)| *other == own).map(|(_, tensor)| tensor.shallow_clone());
            found.map(|tensor| (name, tensor)).ok_or(ModelError::MissingTensor { name: own })
        };
        let tensors = counting.all().into_iter().map(counterpart).collect::<Result<Vec<_>, _>>()?;
        let config = CheckpointConfig {
            featurizer: self.featurizer.clone(),
            dataset_sha256: about.dataset_sha256,
            metrics: about.outcome.metrics(),
            ..CheckpointConfig::new(self.model.clone(), task.clone())
        };
        Ok(Checkpoint::replace(folder, &config, &tensors, about.card)?)
    }
}
