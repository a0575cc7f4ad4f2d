//! The training loop, on one page.

use std::{ops::Range, time::Instant};

use s2s_model::{Mode, Noise};

use crate::{
    Alone, Batches, EpochReport, Learner, Team, TrainError,
    objective::Objective,
    observer::{Observer, Signal, Start, StepReport, Timing, tell},
    team::{Share, agree, exchange},
};

/// Trains until the last epoch, or until an observer says stop; continues where the learner stands.
///
/// # Errors
///
/// [`TrainError::Diverged`] if the loss is not a number, and whatever batches, objective and observers report.
pub fn fit<O: Objective>(
    learner: &mut Learner<O>,
    train: &impl Batches<Batch = O::Batch>,
    validation: &impl Batches<Batch = O::Batch>,
    observers: &mut [&mut dyn Observer],
) -> Result<(), TrainError> {
    fit_together(&Alone, learner, train, validation, observers)
}

/// The same by several processes, each with this call: they share the batches of every optimizer step.
///
/// # Errors
///
/// As [`fit`], and [`TrainError::Team`] if another process is gone.
pub fn fit_together<O: Objective>(
    team: &dyn Team,
    learner: &mut Learner<O>,
    train: &impl Batches<Batch = O::Batch>,
    validation: &impl Batches<Batch = O::Batch>,
    observers: &mut [&mut dyn Observer],
) -> Result<(), TrainError> {
    let (epochs, seed, group) = (learner.config.epochs, learner.config.seed, learner.config.accumulate.max(1));
    let precision = learner.config.precision;
    let mut signal = agree(team, tell(observers, |o| o.started(&Start::new(learner)))?)?;
    while signal == Signal::Continue && learner.progress.epoch < epochs {
        let epoch = learner.progress.epoch;
        let plan = train.plan(epoch);
        while learner.progress.batch < plan.len() {
            let first = learner.progress.batch;
            let last = (first + group).min(plan.len());
            let mut shares = Vec::new();
            for number in own_part(first, group, team).filter(|number| *number < last) {
                let begun = Instant::now();
                let batch = train.batch(epoch, plan.batch(number))?;
                let made = Instant::now();
                let noise = Noise::new(seed, epoch, number as u64);
                let step = precision.compute(|| learner.objective.step(&batch, Mode::Train(&noise)))?;
                let loss = step.loss.f_double_value(&[])?;
                if loss.is_finite() {
                    learner.backward(&(step.loss / group as f64))?;
                }
                let timing = Timing { batch: (made - begun).as_secs_f64(), learning: made.elapsed().as_secs_f64() };
                shares.push(Share::new(number, loss, step.items, step.outcome, timing));
            }
            let mut shares = exchange(team, shares)?;
            if let Some(loss) = shares.iter().map(Share::loss).find(|loss| !loss.is_finite()) {
                return Err(TrainError::Diverged { step: learner.progress.step, epoch, loss });
            }
            let begun = Instant::now();
            let (factor, norm) = learner.update(team)?;
            if let Some(share) = shares.last_mut() {
                share.timing.learning += begun.elapsed().as_secs_f64();
            }
            learner.progress.batch = last;
            let mut reports = Vec::with_capacity(shares.len());
            for share in shares {
                reports.push(StepReport {
                    epoch,
                    batch: share.batch,
                    batches: plan.len(),
                    crystals: plan.batch(share.batch).len(),
                    step: learner.progress.step,
                    whole: share.batch + 1 == last,
                    loss: share.loss(),
                    rate: learner.config.optimizer.rate * factor,
                    norm,
                    timing: share.timing,
                });
                learner.progress.tally.add(share.loss(), share.items, share.outcome);
            }
            let mut told = Signal::Continue;
            for report in &reports {
                told = tell(observers, |o| o.stepped(report, learner))?;
                if told == Signal::Stop {
                    break;
                }
            }
            if agree(team, told)? == Signal::Stop {
                return tell(observers, |o| o.finished(learner)).map(drop);
            }
        }
        let validation = learner.evaluate_together(team, validation)?.metrics();
        let train = std::mem::take(&mut learner.progress.tally).metrics();
        learner.progress.history.push(EpochReport { epoch, step: learner.progress.step, train, validation });
        (learner.progress.epoch, learner.progress.batch) = (epoch + 1, 0);
        learner.keep_if_best();
        signal = agree(team, tell(observers, |o| o.epoch_ended(&learner.progress.history, learner))?)?;
    }
    tell(observers, |o| o.finished(learner)).map(drop)
}

/// Which batches of a step are this process's: neighbors, so that gradients are added in the same pairs everywhere.
fn own_part(first: usize, group: usize, team: &dyn Team) -> Range<usize> {
    let bound = |rank: usize| first + rank * group / team.size();
    bound(team.rank())..bound(team.rank() + 1)
}
