//! Evaluation of an objective on data that it does not learn from.

use std::thread;

use s2s_model::Mode;
use tch::no_grad;

use crate::{
    Batches, Collation, Communicator, MetricAccumulator, SingleProcess, TrainError,
    distributed::{DeferredMetrics, UnreadBatch, gather_results},
    objective::Objective,
    timing::Timing,
};

/// Batches of an evaluation whose results are read together.
const EVALUATED: usize = 32;

/// Loss and outcome of an objective on all batches of some data; nothing is learned.
///
/// # Errors
///
/// [`TrainError`] if a batch cannot be made.
pub fn evaluate<O: Objective, B: Batches<Batch = O::Batch>>(
    objective: &O,
    data: &B,
) -> Result<MetricAccumulator<O::Outcome>, TrainError> {
    evaluate_together(&SingleProcess, objective, data)
}

/// The same, with the batches shared among several processes; every one gets the whole answer.
///
/// # Errors
///
/// As [`evaluate`], and [`TrainError::Communication`] if another process is gone.
pub fn evaluate_together<O: Objective, B: Batches<Batch = O::Batch>>(
    communicator: &dyn Communicator,
    objective: &O,
    data: &B,
) -> Result<MetricAccumulator<O::Outcome>, TrainError> {
    let plan = data.plan(0);
    let numbers = (communicator.rank()..plan.len()).step_by(communicator.size());
    let mut deferred = DeferredMetrics::every(EVALUATED);
    let (mut unread, mut results) = (Vec::new(), Vec::new());
    thread::scope(|scope| -> Result<(), TrainError> {
        let collation = Collation::new(scope, data, &plan, 0, numbers.clone());
        for number in numbers {
            let batch = collation.batch(number)?;
            let step = no_grad(|| objective.step(&batch, Mode::Eval))?;
            unread.push(UnreadBatch::new(number, step, Timing::default()));
            results.extend(deferred.read_batches(objective, &mut unread, false)?);
        }
        results.extend(deferred.read_batches(objective, &mut unread, true)?);
        Ok(())
    })?;
    let mut metrics = MetricAccumulator::default();
    for result in gather_results(communicator, results)? {
        metrics.add(result.loss(), result.items, result.outcome);
    }
    Ok(metrics)
}
