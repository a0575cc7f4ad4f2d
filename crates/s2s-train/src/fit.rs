//! The training loop, on one page.

use std::time::Instant;

use s2s_model::{Mode, Noise};

use crate::{
    Batches, EpochReport, Learner, TrainError,
    objective::Objective,
    observer::{Observer, Signal, Start, StepReport, Timing, tell},
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
    let (epochs, seed, group) = (learner.config.epochs, learner.config.seed, learner.config.accumulate.max(1));
    let mut signal = tell(observers, |o| o.started(&Start::new(learner)))?;
    while signal == Signal::Continue && learner.progress.epoch < epochs {
        let epoch = learner.progress.epoch;
        let plan = train.plan(epoch);
        for number in learner.progress.batch..plan.len() {
            let mut timing = Timing::default();
            let begun = Instant::now();
            let batch = train.batch(epoch, plan.batch(number))?;
            let made = Instant::now();
            let noise = Noise::new(seed, epoch, number as u64);
            let step = learner.objective.step(&batch, Mode::Train(&noise))?;
            let loss = step.loss.f_double_value(&[])?;
            if !loss.is_finite() {
                return Err(TrainError::Diverged { step: learner.progress.step, epoch, loss });
            }
            learner.backward(&(step.loss / group as f64))?;
            let done = (number + 1) % group == 0 || number + 1 == plan.len();
            let (factor, norm) = if done { learner.update() } else { (0.0, None) };
            timing.batch = (made - begun).as_secs_f64();
            timing.learning = made.elapsed().as_secs_f64();
            learner.progress.batch = number + 1;
            learner.progress.tally.add(loss, step.items, step.outcome);
            let (crystals, batches) = (plan.batch(number).len(), plan.len());
            let report = StepReport {
                epoch,
                batch: number,
                batches,
                crystals,
                step: learner.progress.step,
                whole: done,
                loss,
                rate: learner.config.optimizer.rate * factor,
                norm,
                timing,
            };
            if tell(observers, |o| o.stepped(&report, learner))? == Signal::Stop {
                return tell(observers, |o| o.finished(learner)).map(drop);
            }
        }
        let validation = learner.evaluate(validation)?.metrics();
        let train = std::mem::take(&mut learner.progress.tally).metrics();
        learner.progress.history.push(EpochReport { epoch, step: learner.progress.step, train, validation });
        (learner.progress.epoch, learner.progress.batch) = (epoch + 1, 0);
        learner.keep_if_best();
        signal = tell(observers, |o| o.epoch_ended(&learner.progress.history, learner))?;
    }
    tell(observers, |o| o.finished(learner)).map(drop)
}
