//! The predictor on libtorch: on a GPU, and for networks that are being trained.
//!
//! Whoever only asks takes `s2s_predict::Predictor`, which reads the same folders, and trees too, needs no libtorch and is
//! faster on a CPU.

use std::{borrow::Borrow, path::Path};

use s2s_crystal::Crystal;
use s2s_featurize::{
    AtomFeatures, BatchOrder, BatchSampler, BatchSize, BoxedFeaturizer, Collate, FeaturizeError, FeaturizerConfig,
    PaddedCollate, featurize_all,
};
use s2s_predict::{Architecture, FolderError, ModelConfig, in_windows};
use tch::{Device, Kind, no_grad};
use thiserror::Error;

use crate::{
    AnyNetwork, BuildNetwork, Checkpoint, CheckpointError, DeviceBatch, Mode, ModelError, Parameters, Precision, Task,
};

/// What a model says about one crystal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prediction {
    /// The calibrated logit of a classification, or the number of a regression in its unit; the mean over members.
    pub value: f64,
    /// Probability of the positive class in [0, 1]; the mean over members; `None` for regressions.
    pub probability: Option<f64>,
    /// Standard deviation over the members of an ensemble, of the probability or of the number; `None` for one model.
    pub std: Option<f64>,
}

/// Why there is no prediction for a crystal.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PredictError {
    /// The crystal is nothing that the model can read.
    #[error(transparent)]
    Featurize(#[from] FeaturizeError),
    /// The crystal would not fit into memory.
    #[error("{atoms} atoms are more than {limit}")]
    TooLarge {
        /// Atoms in the cell.
        atoms: usize,
        /// What a predictor takes.
        limit: usize,
    },
    /// The network's answer is no number.
    #[error("the network's answer is not finite")]
    NotFinite,
    /// The batch was refused.
    #[error(transparent)]
    Model(#[from] ModelError),
}

/// A network, or an ensemble of them, that answers for crystals on libtorch; without it, there is `s2s_predict::Predictor`.
///
/// # Examples
///
/// ```no_run,standalone_crate
/// # use s2s_crystal::Crystal;
/// use s2s_model::Predictor;
///
/// # fn run(crystals: &[Crystal]) -> Result<(), Box<dyn std::error::Error>> {
/// let predictor = Predictor::load("my-model")?;
/// for answer in predictor.predict(crystals) {
///     match answer {
///         Ok(prediction) => println!("{:?}", prediction.probability),
///         Err(reason) => println!("{reason}"),
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Predictor {
    members: Vec<Member>,
    task: Task,
    featurizer: BoxedFeaturizer,
    device: Device,
    precision: Precision,
}

#[derive(Debug)]
struct Member {
    network: AnyNetwork,
    task: Task,
    _parameters: Parameters,
}

impl Predictor {
    /// The largest crystal that is answered for, in atoms: attention among them is quadratic.
    pub const MAX_ATOMS: usize = 2000;

    /// Crystals that are featurized together; what a stream holds in memory.
    const WINDOW: usize = 1024;

    /// Slots per batch, filled or not.
    const SLOTS: usize = 2048;

    /// The model or ensemble in a folder, on the CPU.
    ///
    /// # Errors
    ///
    /// [`CheckpointError`] if the folder is not what was written, or the members of an ensemble do not fit together.
    pub fn load(folder: impl AsRef<Path>) -> Result<Self, CheckpointError> {
        Self::load_on(folder, Device::Cpu)
    }

    /// The same on a device.
    ///
    /// # Errors
    ///
    /// As [`load`](Self::load).
    pub fn load_on(folder: impl AsRef<Path>, device: Device) -> Result<Self, CheckpointError> {
        Self::load_kind::<ModelConfig>(folder, device)
    }

    /// The same for networks of a kind of one's own.
    ///
    /// # Errors
    ///
    /// As [`load`](Self::load).
    pub fn load_kind<A>(folder: impl AsRef<Path>, device: Device) -> Result<Self, CheckpointError>
    where
        A: Architecture + BuildNetwork,
    {
        let path = folder.as_ref().to_owned();
        let checkpoints = Checkpoint::<A>::load_all_kind(&path)?;
        let first = checkpoints[0].config.clone();
        let unequal = |what| FolderError::UnequalMembers { path: path.clone(), what };
        let mut members = Vec::with_capacity(checkpoints.len());
        for checkpoint in checkpoints {
            if checkpoint.config.featurizer != first.featurizer || checkpoint.config.vocabulary != first.vocabulary {
                return Err(unequal("featurizer").into());
            }
            if !checkpoint.config.task.asks_the_same_as(&first.task) {
                return Err(unequal("task").into());
            }
            members.push(Member::new(checkpoint, device)?);
        }
        let featurizer = first.featurizer.featurizer(first.find_vocabulary()?).map_err(ModelError::from)?;
        Ok(Self { members, task: first.task, featurizer, device, precision: Precision::Single })
    }

    /// The same predictor, whose matrix products are computed in this precision.
    #[must_use]
    pub fn with_precision(self, precision: Precision) -> Self {
        Self { precision, ..self }
    }

    /// What is predicted.
    pub fn task(&self) -> &Task {
        &self.task
    }

    /// How many networks answer.
    pub fn num_members(&self) -> usize {
        self.members.len()
    }

    /// One answer per crystal, in their order; what is wrong with one crystal is the answer for that one alone.
    pub fn predict(&self, crystals: &[impl Borrow<Crystal> + Sync]) -> Vec<Result<Prediction, PredictError>> {
        let mut windows = crystals.chunks(Self::WINDOW);
        let mut answers = Vec::with_capacity(crystals.len());
        let Some(first) = windows.next() else { return answers };
        let mut features = featurize_all(&self.featurizer, first);
        loop {
            let next = windows.next();
            // The CPU featurizes the next window while the network answers for this one.
            let featurizer = &self.featurizer;
            let (found, following) = std::thread::scope(|scope| {
                let following = scope.spawn(|| next.map(|window| featurize_all(featurizer, window)));
                let found = self.answer(features);
                (found, following.join().expect("invariant: featurizing does not panic"))
            });
            answers.extend(found);
            match following {
                Some(window) => features = window,
                None => return answers,
            }
        }
    }

    /// Answers for a stream of crystals in constant memory: `sink` gets each answer with its item, in their order.
    ///
    /// # Errors
    ///
    /// The first error of the sink ends the stream.
    pub fn predict_stream<T, E>(
        &self,
        items: impl IntoIterator<Item = T>,
        crystal: impl Fn(&T) -> &Crystal,
        sink: impl FnMut(T, Result<Prediction, PredictError>) -> Result<(), E>,
    ) -> Result<(), E> {
        in_windows(items, Self::WINDOW, crystal, |crystals| self.predict(crystals), sink)
    }

    /// Answers for features, in their order.
    fn answer(&self, features: Vec<Result<AtomFeatures, FeaturizeError>>) -> Vec<Result<Prediction, PredictError>> {
        let fits = |features: &AtomFeatures| features.num_atoms() <= Self::MAX_ATOMS;
        let (mut good, mut good_indices) = (Vec::new(), Vec::new());
        let mut answers: Vec<Option<Result<Prediction, PredictError>>> = Vec::with_capacity(features.len());
        for (index, features) in features.into_iter().enumerate() {
            answers.push(match features {
                Err(reason) => Some(Err(reason.into())),
                Ok(large) if !fits(&large) => {
                    Some(Err(PredictError::TooLarge { atoms: large.num_atoms(), limit: Self::MAX_ATOMS }))
                }
                Ok(features) => {
                    good.push(features);
                    good_indices.push(index);
                    None
                }
            });
        }
        for (index, answer) in good_indices.into_iter().zip(self.answer_good(&good)) {
            answers[index] = Some(answer);
        }
        answers.into_iter().map(|a| a.expect("invariant: every crystal is refused or answered")).collect()
    }

    /// Answers for features that the network can read, in their order; there may be none.
    fn answer_good(&self, good: &[AtomFeatures]) -> Vec<Result<Prediction, PredictError>> {
        if good.is_empty() {
            return Vec::new();
        }
        let sizes = good.iter().map(|f| f.num_atoms() as u32).collect();
        let sampler = BatchSampler::new(sizes, BatchSize::PaddedAtoms(Self::SLOTS), BatchOrder::BySize, 0)
            .expect("invariant: there are crystals, and batches have slots");
        let plan = sampler.epoch(0);
        let mut answers: Vec<Option<Result<Prediction, PredictError>>> = good.iter().map(|_| None).collect();
        for k in 0..plan.len() {
            let indices = plan.batch(k);
            let items: Vec<&AtomFeatures> = indices.iter().map(|&i| &good[i as usize]).collect();
            match self.answer_batch(&items) {
                Ok(found) => {
                    for (&i, prediction) in indices.iter().zip(found) {
                        answers[i as usize] = Some(prediction);
                    }
                }
                Err(reason) => {
                    let text = reason.to_string();
                    for &i in indices {
                        let reason = ModelError::InvalidBatch { reason: text.clone() };
                        answers[i as usize] = Some(Err(reason.into()));
                    }
                }
            }
        }
        answers.into_iter().map(|a| a.expect("invariant: every crystal is in one batch")).collect()
    }

    fn answer_batch(&self, items: &[&AtomFeatures]) -> Result<Vec<Result<Prediction, PredictError>>, ModelError> {
        let batch = DeviceBatch::upload(&PaddedCollate.collate(items)?, self.device)?;
        let mut per_member = Vec::with_capacity(self.members.len());
        for member in &self.members {
            let output = self.precision.compute(|| no_grad(|| member.network.forward(&batch, Mode::Eval)));
            let output = output.f_to_device(Device::Cpu)?.f_to_kind(Kind::Double)?;
            per_member.push(Vec::<f64>::try_from(output)?);
        }
        let combine = |k: usize| {
            let outputs: Vec<f64> = per_member.iter().map(|outputs| outputs[k]).collect();
            if outputs.iter().all(|x| x.is_finite()) {
                Ok(self.combine(&outputs))
            } else {
                Err(PredictError::NotFinite)
            }
        };
        Ok((0..items.len()).map(combine).collect())
    }

    fn combine(&self, outputs: &[f64]) -> Prediction {
        let each = |f: &dyn Fn(&Task, f64) -> f64| -> Vec<f64> {
            self.members.iter().zip(outputs).map(|(member, &output)| f(&member.task, output)).collect()
        };
        let values = each(&|task, output| task.value(output));
        let value = mean(&values);
        match self.task {
            Task::Classification { .. } => {
                let probabilities = each(&|task, output| logistic(task.value(output)));
                Prediction { value, probability: Some(mean(&probabilities)), std: std(&probabilities) }
            }
            Task::Regression { .. } | Task::MaskedAtoms => Prediction { value, probability: None, std: std(&values) },
        }
    }
}

impl Member {
    fn new<A>(checkpoint: Checkpoint<A>, device: Device) -> Result<Self, CheckpointError>
    where
        A: Architecture + BuildNetwork,
    {
        checkpoint.config.task.answers().map_err(ModelError::from)?;
        let (network, parameters) = checkpoint.network(device)?;
        Ok(Self { network, task: checkpoint.config.task, _parameters: parameters })
    }
}

fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn std(values: &[f64]) -> Option<f64> {
    let center = mean(values);
    let variance = values.iter().map(|x| (x - center).powi(2)).sum::<f64>() / values.len() as f64;
    (values.len() > 1).then(|| variance.sqrt())
}
