//! The learner: a network, its optimizer, and the state of its training.

use std::{collections::BTreeMap, path::Path, time::Instant};

use s2s_featurize::BatchPlan;
use s2s_model::{
    Architecture, Checkpoint, CheckpointConfig, NamedTensors, Parameters, Precision, read_weights, write_weights,
};
use serde::{Deserialize, Serialize};
use tch::Tensor;

use crate::{
    Adam, AdamConfig, Batches, Communicator, Ema, GroupRule, MetricAccumulator, Progress, RunIdentity, Schedule,
    SingleProcess, TrainError, Watch,
    checkpoint::{CheckpointStore, FileSystem, Restored, Snapshot},
    distributed::{DeferredMetrics, ReadStep, UnreadBatch, Update, all_reduce_gradients, newest},
    evaluate_together, fit,
    objective::{Objective, Standard},
    observer::{Start, StepReport},
};

const MODEL: &str = "model.safetensors";
const OPTIMIZER: &str = "optimizer.safetensors";
const AVERAGE: &str = "average.safetensors";
const BEST: &str = "best.safetensors";
const STATE: &str = "state.json";

/// How a network learns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FitConfig {
    /// Times the training set is seen.
    pub epochs: u64,
    /// Seed of everything random.
    pub seed: u64,
    /// How gradients become steps.
    pub optimizer: AdamConfig,
    /// Parameters that are treated in another way.
    #[serde(default)]
    pub groups: Vec<GroupRule>,
    /// The learning rate over the steps.
    pub schedule: Schedule,
    /// Largest norm of the gradient; `None` does not clip.
    pub clip: Option<f64>,
    /// Batches whose gradients are added before a step.
    pub accumulate: usize,
    /// Share of itself that the moving average of the weights keeps each step; `None` evaluates the weights themselves.
    pub average: Option<f64>,
    /// What "best epoch" means.
    pub watch: Watch,
    /// In which numbers matrix products are computed; weights, moments and checkpoints are `f32` in any case.
    #[serde(default, skip_serializing_if = "Precision::is_single")]
    pub precision: Precision,
}

impl FitConfig {
    /// Adam at one learning rate, no clipping, no averaging, best by validation loss.
    pub fn plain(epochs: u64, learning_rate: f64, seed: u64) -> Self {
        Self {
            epochs,
            seed,
            optimizer: AdamConfig::adam(learning_rate),
            groups: Vec::new(),
            schedule: Schedule::Constant,
            clip: None,
            accumulate: 1,
            average: None,
            watch: Watch::loss(),
            precision: Precision::Single,
        }
    }
}

/// A network, its optimizer, and where its training stands.
#[derive(Debug)]
pub struct Learner<O: Objective> {
    /// What is learned.
    pub objective: O,
    pub(crate) progress: Progress<O::Outcome>,
    pub(crate) config: FitConfig,
    parameters: Parameters,
    optimizer: Adam,
    average: Option<Ema>,
    best: Option<NamedTensors>,
    identity: RunIdentity,
    deferred: DeferredMetrics,
}

impl<O: Objective> Learner<O> {
    /// A run at its beginning; parameters that are frozen by now stay as they are.
    pub fn new(objective: O, parameters: Parameters, config: FitConfig, identity: RunIdentity) -> Self {
        let optimizer = Adam::new(config.optimizer, parameters.trainable(), &config.groups);
        let average = config.average.map(|decay| Ema::new(decay, parameters.changing()));
        let (progress, deferred) = (Progress::new(), DeferredMetrics::new(parameters.device()));
        Self { objective, progress, config, parameters, optimizer, average, best: None, identity, deferred }
    }

    /// Reads the results of so many steps together, and not of 32 on a GPU and of each on a CPU; whoever observes
    /// the run is told of them as late. No number depends on it.
    #[must_use]
    pub fn reading_together(self, steps: usize) -> Self {
        Self { deferred: DeferredMetrics::every(steps), ..self }
    }

    /// How often [`fit`](crate::fit) waited for results of its steps, to read them.
    pub fn reads(&self) -> u64 {
        self.deferred.reads()
    }

    /// What observers are told when the run starts or continues.
    pub(crate) fn start(&self) -> Start<'_> {
        let (progress, config) = (&self.progress, &self.config);
        Start { epochs: config.epochs, step: progress.step, history: &progress.history, watch: &config.watch }
    }

    /// Where the run stands.
    pub fn progress(&self) -> &Progress<O::Outcome> {
        &self.progress
    }

    /// The parameters being trained.
    pub fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// Continues from the newest whole checkpoint of a store, if there is one; says which damaged ones were passed over.
    ///
    /// # Errors
    ///
    /// [`TrainError::Mismatch`] if the checkpoint was made with other data or another configuration.
    pub fn resume<F: FileSystem>(&mut self, store: &CheckpointStore<F>) -> Result<Vec<String>, TrainError> {
        self.resume_together(&SingleProcess, store)
    }

    /// The same in several processes, of which only the first need see the store.
    ///
    /// # Errors
    ///
    /// As [`resume`](Self::resume), and [`TrainError::Communication`] if another process is gone.
    pub fn resume_together<F: FileSystem>(
        &mut self,
        communicator: &dyn Communicator,
        store: &CheckpointStore<F>,
    ) -> Result<Vec<String>, TrainError> {
        let found = newest(communicator, store)?;
        if let Some(restored) = found.restored {
            self.restore(&restored, store.folder())?;
        }
        Ok(found.damaged)
    }

    /// Trains until the last epoch, without validation and observers; [`fit`](crate::fit) takes both.
    ///
    /// # Errors
    ///
    /// As [`fit`](crate::fit).
    pub fn fit<B: Batches<Batch = O::Batch>>(&mut self, train: &B) -> Result<(), TrainError> {
        fit(self, train, &None::<&B>, &mut [])
    }

    /// Ends training with the weights of the best epoch so far, if one has been evaluated: they are what is evaluated from
    /// here on, and no longer the moving average.
    ///
    /// # Errors
    ///
    /// [`TrainError::Model`] never, unless the library itself fails.
    pub fn use_best(&mut self) -> Result<(), TrainError> {
        if let Some(best) = &self.best {
            self.parameters.assign_all(best.iter().map(|(name, tensor)| (name.as_str(), tensor)))?;
            self.average = None;
        }
        Ok(())
    }

    /// Ends training with the moving average of the weights, if there is one.
    pub fn use_average(&mut self) {
        if let Some(average) = self.average.take() {
            average.finish();
        }
    }

    /// Writes the weights as they are as a sealed folder that [`Predictor`](s2s_model::Predictor) opens, in place of an earlier
    /// one; the scale of the targets is not among them, because the task of a regression says it.
    ///
    /// # Errors
    ///
    /// [`TrainError::Checkpoint`] if the folder cannot be written; an earlier model is left as it was then.
    pub fn seal<A: Architecture>(
        &self,
        folder: &Path,
        config: &CheckpointConfig<A>,
        card: &str,
    ) -> Result<(), TrainError> {
        let mut tensors = self.parameters.all();
        tensors.retain(|(name, _)| !name.starts_with(Standard::SCOPE));
        Ok(Checkpoint::replace(folder, config, &tensors, card)?)
    }

    /// Loss and outcome on other data, with the averaged weights if there are any.
    ///
    /// # Errors
    ///
    /// [`TrainError`] if a batch cannot be made.
    pub fn evaluate<B: Batches<Batch = O::Batch>>(
        &mut self,
        data: &B,
    ) -> Result<MetricAccumulator<O::Outcome>, TrainError> {
        self.evaluate_together(&SingleProcess, data)
    }

    /// The same, with the batches shared among several processes.
    ///
    /// # Errors
    ///
    /// As [`evaluate`](Self::evaluate), and [`TrainError::Communication`] if another process is gone.
    pub fn evaluate_together<B: Batches<Batch = O::Batch>>(
        &mut self,
        communicator: &dyn Communicator,
        data: &B,
    ) -> Result<MetricAccumulator<O::Outcome>, TrainError> {
        let precision = self.config.precision;
        self.with_average(|learner| precision.compute(|| evaluate_together(communicator, &learner.objective, data)))
    }

    /// Takes the gradients of a loss, and adds the last two sums of gradients so many times.
    pub(crate) fn backward(&mut self, loss: &Tensor, joins: usize) -> Result<(), TrainError> {
        self.optimizer.backward(loss)?;
        self.optimizer.join(joins);
        Ok(())
    }

    /// One optimizer step from the gradients of all processes, after the batches before `end`.
    pub(crate) fn update(
        &mut self,
        communicator: &dyn Communicator,
        end: usize,
        mut unread: Vec<UnreadBatch>,
    ) -> Result<(), TrainError> {
        let begun = Instant::now();
        all_reduce_gradients(communicator, self.optimizer.gradients())?;
        let norm = self.config.clip.map(|limit| self.optimizer.clip_gradients(limit));
        let factor = self.config.schedule.factor(self.progress.step);
        self.optimizer.step(factor);
        if let Some(average) = &mut self.average {
            average.update();
        }
        self.progress.step += 1;
        self.progress.batch = end;
        if let Some(last) = unread.last_mut() {
            last.timing.learning += begun.elapsed().as_secs_f64();
        }
        let learning_rate = self.config.optimizer.learning_rate * factor;
        self.deferred.push(Update { step: self.progress.step, end, learning_rate, norm }, unread);
        Ok(())
    }

    /// Adds what the steps gave to the metrics of the epoch, and reports it; nothing while it is `early`.
    pub(crate) fn report(
        &mut self,
        communicator: &dyn Communicator,
        plan: &BatchPlan,
        early: bool,
    ) -> Result<Vec<StepReport>, TrainError> {
        let (begun, epoch) = (Instant::now(), self.progress.epoch);
        let mut reports = Vec::new();
        for ReadStep { update, results } in self.deferred.read_steps(&self.objective, communicator, early)? {
            for result in results {
                let loss = result.loss();
                if !loss.is_finite() {
                    return Err(TrainError::Diverged { step: update.step - 1, epoch, loss });
                }
                reports.push(StepReport {
                    epoch,
                    batch: result.batch,
                    batches: plan.len(),
                    crystals: plan.batch(result.batch).len(),
                    step: update.step,
                    whole: result.batch + 1 == update.end,
                    loss,
                    learning_rate: update.learning_rate,
                    norm: update.norm,
                    timing: result.timing,
                });
                self.progress.metrics.add(loss, result.items, result.outcome);
            }
        }
        // What was waited for was learning.
        if let Some(last) = reports.last_mut() {
            last.timing.learning += begun.elapsed().as_secs_f64();
        }
        Ok(reports)
    }

    /// Keeps the weights if the newest epoch is the best so far.
    pub(crate) fn keep_if_best(&mut self) {
        let newest = self.progress.history.len().checked_sub(1);
        if newest.is_some() && self.config.watch.best(&self.progress.history) == newest {
            let copy = |(name, tensor): (String, Tensor)| (name, tensor.detach().copy());
            self.best = Some(self.with_average(|learner| learner.parameters.all().into_iter().map(copy).collect()));
        }
    }

    fn with_average<T>(&mut self, action: impl FnOnce(&Self) -> T) -> T {
        if let Some(average) = &mut self.average {
            average.exchange();
        }
        let result = action(self);
        if let Some(average) = &mut self.average {
            average.exchange();
        }
        result
    }

    fn restore(&mut self, restored: &Restored, folder: &Path) -> Result<(), TrainError> {
        let mismatch = |reason: String| TrainError::Mismatch { path: folder.to_owned(), reason };
        let file = |name: &str| {
            let bytes = restored.files.get(name).map(Vec::as_slice);
            bytes.ok_or_else(|| mismatch(format!("its checkpoint holds no {name}")))
        };
        let state: State<O::Outcome> =
            serde_json::from_slice(file(STATE)?).map_err(|e| mismatch(format!("its state is not readable ({e})")))?;
        if let Some(difference) = state.identity.difference(&self.identity) {
            return Err(mismatch(difference));
        }
        let pairs = |weights: NamedTensors| weights.into_iter().collect::<Vec<(String, Tensor)>>();
        let model = read_weights(file(MODEL)?)?;
        self.parameters.assign_all(model.iter().map(|(name, tensor)| (name.as_str(), tensor)))?;
        self.optimizer.restore(state.progress.step, &pairs(read_weights(file(OPTIMIZER)?)?))?;
        if let Some(average) = &mut self.average {
            average.restore(&pairs(read_weights(file(AVERAGE)?)?))?;
        }
        self.best = restored.files.get(BEST).map(|bytes| read_weights(bytes)).transpose()?;
        self.progress = state.progress;
        Ok(())
    }
}

/// What a checkpoint says beside its tensors.
#[derive(Debug, Serialize, Deserialize)]
struct State<T> {
    identity: RunIdentity,
    progress: Progress<T>,
}

impl<O: Objective> Snapshot for Learner<O> {
    fn step(&self) -> u64 {
        self.progress.step
    }

    fn files(&self) -> Result<BTreeMap<String, Vec<u8>>, TrainError> {
        let state = State { identity: self.identity.clone(), progress: self.progress.clone() };
        let bytes = serde_json::to_vec(&state).expect("invariant: progress and identity are JSON");
        let write = |tensors: &[(String, Tensor)]| write_weights(tensors, &BTreeMap::new());
        let mut files = BTreeMap::from([
            (STATE.to_owned(), bytes),
            (MODEL.to_owned(), write(&self.parameters.all())?),
            (OPTIMIZER.to_owned(), write(&self.optimizer.state())?),
        ]);
        if let Some(average) = &self.average {
            files.insert(AVERAGE.to_owned(), write(&average.state())?);
        }
        if let Some(best) = &self.best {
            let pairs: Vec<(String, Tensor)> = best.iter().map(|(n, t)| (n.clone(), t.shallow_clone())).collect();
            files.insert(BEST.to_owned(), write(&pairs)?);
        }
        Ok(files)
    }
}
