//! The training loop.

use std::{ops::Range, thread, time::Instant};

use s2s_model::{Mode, Noise};

use crate::{
    Batches, Collation, Communicator, EpochReport, FitConfig, Learner, Settings, SingleProcess, TrainError,
    distributed::{AssignedBatch, UnreadBatch, any, shard_batches},
    objective::Objective,
    observer::{Observer, Signal, tell},
    timing::Timing,
};

/// Trains until the last epoch, or until an observer says stop; continues where the learner stands.
///
/// # Errors
///
/// [`TrainError::Diverged`] if the loss is not a number (the weights are then none either), and whatever batches, objective
/// and observers report.
pub fn fit<O: Objective>(
    learner: &mut Learner<O>,
    train: &impl Batches<Batch = O::Batch>,
    validation: &impl Batches<Batch = O::Batch>,
    observers: &mut [&mut dyn Observer],
) -> Result<(), TrainError> {
    fit_together(&SingleProcess, learner, train, validation, observers)
}

/// The same by several processes, each with this call: they share the batches of every optimizer step.
///
/// # Errors
///
/// As [`fit`], and [`TrainError::Communication`] if another process is gone.
pub fn fit_together<O: Objective>(
    communicator: &dyn Communicator,
    learner: &mut Learner<O>,
    train: &impl Batches<Batch = O::Batch>,
    validation: &impl Batches<Batch = O::Batch>,
    observers: &mut [&mut dyn Observer],
) -> Result<(), TrainError> {
    learner.config.check()?;
    let epochs = learner.config.epochs;
    let steps = train.plan(0).len().div_ceil(learner.config.accumulate.max(1)) as u64;
    learner.config.schedule = learner.config.schedule.over(epochs, steps);
    let mut signal = agreed(communicator, tell(observers, |o| o.started(&learner.start()))?)?;
    while signal == Signal::Continue && learner.progress.epoch < epochs {
        let epoch = learner.progress.epoch;
        if learn_epoch(communicator, learner, train, observers)? == Signal::Stop {
            return tell(observers, |o| o.finished(learner)).map(drop);
        }
        let validation = learner.evaluate_together(communicator, validation)?.metrics();
        // The last step may have been the one that spoiled the weights.
        if let Some(&loss) = validation.get("loss").filter(|loss| !loss.is_finite()) {
            return Err(TrainError::Diverged { step: learner.progress.step, epoch, loss });
        }
        let train = std::mem::take(&mut learner.progress.metrics).metrics();
        learner.progress.history.push(EpochReport { epoch, step: learner.progress.step, train, validation });
        (learner.progress.epoch, learner.progress.batch) = (epoch + 1, 0);
        learner.keep_if_best();
        signal = agreed(communicator, tell(observers, |o| o.epoch_ended(&learner.progress.history, learner))?)?;
    }
    tell(observers, |o| o.finished(learner)).map(drop)
}

/// What is left of the epoch at hand.
fn learn_epoch<O: Objective, B: Batches<Batch = O::Batch>>(
    communicator: &dyn Communicator,
    learner: &mut Learner<O>,
    train: &B,
    observers: &mut [&mut dyn Observer],
) -> Result<Signal, TrainError> {
    let FitConfig { seed, precision, accumulate, .. } = learner.config;
    let (epoch, group) = (learner.progress.epoch, accumulate.max(1));
    let plan = train.plan(epoch);
    let (rank, size) = (communicator.rank(), communicator.size());
    let step_from = |first: usize| first..(first + group).min(plan.len());
    let assigned = |step: Range<usize>| shard_batches(step, |number| plan.slots(number), rank, size);
    let firsts = (learner.progress.batch..plan.len()).step_by(group);
    let numbers = firsts.flat_map(|first| assigned(step_from(first))).map(|assigned| assigned.batch);
    thread::scope(|scope| {
        let collation = Collation::new(scope, train, &plan, epoch, numbers);
        while learner.progress.batch < plan.len() {
            let step = step_from(learner.progress.batch);
            let end = step.end;
            let mut unread = Vec::new();
            for AssignedBatch { batch: number, joins } in assigned(step) {
                let begun = Instant::now();
                let batch = collation.batch(number)?;
                let made = Instant::now();
                let noise = Noise::new(seed, epoch, number as u64);
                let step = precision.compute(|| learner.objective.step(&batch, Mode::Train(&noise)))?;
                learner.backward(&(&step.loss / group as f64), joins)?;
                let timing = Timing { batch: (made - begun).as_secs_f64(), learning: made.elapsed().as_secs_f64() };
                unread.push(UnreadBatch::new(number, step, timing));
            }
            learner.update(communicator, end, unread)?;
            let step = learner.progress.step;
            let early = end < plan.len() && !observers.iter().any(|o| o.awaits(step));
            let mut told = Signal::Continue;
            for report in learner.report(communicator, &plan, early)? {
                if tell(observers, |o| o.stepped(&report, learner))? == Signal::Stop {
                    told = Signal::Stop;
                }
            }
            if agreed(communicator, told)? == Signal::Stop {
                return Ok(Signal::Stop);
            }
        }
        Ok(Signal::Continue)
    })
}

/// `Stop` if any process says so.
fn agreed(communicator: &dyn Communicator, signal: Signal) -> Result<Signal, TrainError> {
    Ok(if any(communicator, signal == Signal::Stop)? { Signal::Stop } else { Signal::Continue })
}
