//! Deferred metrics: losses and outcomes of several steps are read from the device together.
//!
//! Reading a number waits for a GPU to finish everything before it, and for that time nothing new is given to it. So the
//! loop keeps the tensors of several steps, and copies all their numbers at once. What is read does not depend on when.

use tch::{Device, Kind, Tensor};

use super::{
    Communicator,
    batch_result::{BatchResult, gather_results},
};
use crate::{
    TrainError,
    objective::{Objective, Step},
    timing::Timing,
};

/// Steps whose results a GPU may owe at a time.
const STEPS_ON_GPU: usize = 32;

/// What one batch gave, not read yet.
#[derive(Debug)]
pub(crate) struct UnreadBatch {
    batch: usize,
    items: usize,
    loss: Tensor,
    seen: Vec<Tensor>,
    pub(crate) timing: Timing,
}

impl UnreadBatch {
    /// Lets go of the graph behind the loss.
    pub(crate) fn new(batch: usize, step: Step, timing: Timing) -> Self {
        let Step { loss, items, seen } = step;
        Self { batch, items, loss: loss.detach(), seen, timing }
    }
}

/// What an optimizer step did.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Update<N> {
    /// Optimizer steps taken so far, this one included.
    pub(crate) step: u64,
    /// The batch after its last.
    pub(crate) end: usize,
    pub(crate) learning_rate: f64,
    /// Norm of the gradient: a tensor, or its number.
    pub(crate) norm: Option<N>,
}

/// A step whose results were read.
#[derive(Debug)]
pub(crate) struct ReadStep<O> {
    pub(crate) update: Update<f64>,
    pub(crate) results: Vec<BatchResult<O>>,
}

/// Steps whose results were not read yet.
#[derive(Debug)]
pub(crate) struct DeferredMetrics {
    steps: Vec<(Update<Tensor>, Vec<UnreadBatch>)>,
    interval: usize,
    reads: u64,
}

/// Results of batches, and norms of gradients.
type BatchesAndNorms<O> = (Vec<BatchResult<O>>, Vec<f64>);

impl DeferredMetrics {
    /// Reads every step on a CPU, where that costs nothing, and several together on a GPU.
    pub(crate) fn new(device: Device) -> Self {
        Self::every(if device == Device::Cpu { 1 } else { STEPS_ON_GPU })
    }

    /// Reads so many steps together.
    pub(crate) fn every(interval: usize) -> Self {
        Self { steps: Vec::new(), interval: interval.max(1), reads: 0 }
    }

    /// How often something was copied from the device.
    pub(crate) fn reads(&self) -> u64 {
        self.reads
    }

    pub(crate) fn push(&mut self, update: Update<Tensor>, unread: Vec<UnreadBatch>) {
        self.steps.push((update, unread));
    }

    /// Everything in the order of the steps, with the batches of all processes; nothing while it is `early`.
    pub(crate) fn read_steps<O: Objective>(
        &mut self,
        objective: &O,
        communicator: &dyn Communicator,
        early: bool,
    ) -> Result<Vec<ReadStep<O::Outcome>>, TrainError> {
        // Processes that train together wait for each other in any case.
        if early && self.steps.len() < self.interval && communicator.size() == 1 {
            return Ok(Vec::new());
        }
        let (updates, unread): (Vec<Update<Tensor>>, Vec<Vec<UnreadBatch>>) = self.steps.drain(..).unzip();
        let norms: Vec<&Tensor> = updates.iter().filter_map(|update| update.norm.as_ref()).collect();
        let (results, norms) = self.read(objective, unread.iter().flatten(), &norms)?;
        let (mut results, mut norms) = (results.into_iter(), norms.into_iter());
        let step = |(update, unread): (Update<Tensor>, Vec<UnreadBatch>)| {
            let norm = update.norm.as_ref().and_then(|_| norms.next());
            let own = results.by_ref().take(unread.len()).collect();
            let Update { step, end, learning_rate, .. } = update;
            Ok(ReadStep {
                update: Update { step, end, learning_rate, norm },
                results: gather_results(communicator, own)?,
            })
        };
        updates.into_iter().zip(unread).map(step).collect()
    }

    /// Batches that are no part of a step, such as those of an evaluation: what is owed by now, if that is `due`.
    pub(crate) fn read_batches<O: Objective>(
        &mut self,
        objective: &O,
        unread: &mut Vec<UnreadBatch>,
        due: bool,
    ) -> Result<Vec<BatchResult<O::Outcome>>, TrainError> {
        if unread.len() < self.interval && !due {
            return Ok(Vec::new());
        }
        let (results, _) = self.read(objective, unread.iter(), &[])?;
        unread.clear();
        Ok(results)
    }

    /// One copy of all numbers.
    fn read<'u, O: Objective>(
        &mut self,
        objective: &O,
        unread: impl Iterator<Item = &'u UnreadBatch> + Clone,
        norms: &[&Tensor],
    ) -> Result<BatchesAndNorms<O::Outcome>, TrainError> {
        let of_batch = |unread: &'u UnreadBatch| std::iter::once(&unread.loss).chain(&unread.seen);
        let tensors: Vec<&Tensor> = unread.clone().flat_map(of_batch).chain(norms.iter().copied()).collect();
        if tensors.is_empty() {
            return Ok(Default::default());
        }
        self.reads += 1;
        let flat = |tensor: &&Tensor| tensor.detach().f_to_kind(Kind::Double)?.f_reshape([-1]);
        let flat = tensors.iter().map(flat).collect::<Result<Vec<Tensor>, _>>()?;
        let all = Tensor::f_cat(&flat, 0)?.f_to_device(Device::Cpu)?;
        let mut numbers = vec![0.0; all.numel()];
        all.f_copy_data(&mut numbers, all.numel())?;
        let mut lengths = tensors.iter().map(|tensor| tensor.numel());
        let mut rest = numbers.as_slice();
        let mut next = || {
            let (numbers, after) = rest.split_at(lengths.next().unwrap_or(0));
            rest = after;
            numbers
        };
        let result = |unread: &UnreadBatch| {
            let loss = next()[0];
            let seen: Vec<&[f64]> = unread.seen.iter().map(|_| next()).collect();
            BatchResult::new(unread.batch, loss, unread.items, objective.outcome(unread.items, &seen), unread.timing)
        };
        let results = unread.map(result).collect();
        Ok((results, rest.to_vec()))
    }
}
