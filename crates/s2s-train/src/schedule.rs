//! Learning-rate schedules.

use serde::{Deserialize, Serialize};

/// By what factor the learning rate is multiplied at each step.
///
/// # Examples
///
/// ```no_run,standalone_crate
/// use s2s_train::Schedule;
///
/// let schedule = Schedule::WarmupCosine { warmup_steps: 10, total_steps: 110, floor: 0.0 };
/// assert_eq!(schedule.factor(4), 0.5);
/// assert_eq!(schedule.factor(10), 1.0);
/// assert!((schedule.factor(60) - 0.5).abs() < 1e-12);
/// assert_eq!(schedule.factor(500), 0.0);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Schedule {
    /// Always 1.
    Constant,
    /// Rises linearly to 1 over the first steps, then falls along half a cosine to `floor`.
    WarmupCosine {
        /// Steps of the rise.
        warmup_steps: u64,
        /// Step from which the factor stays at the floor.
        total_steps: u64,
        /// Last factor.
        floor: f64,
    },
    /// [`WarmupCosine`](Self::WarmupCosine) over as many steps as the epochs of the run have, however many crystals there are.
    Falling {
        /// Share of the steps that the rise takes, in [0, 1].
        warmup: f64,
        /// Last factor.
        floor: f64,
        /// Epochs until the floor is reached; those of the run if not said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        epochs: Option<u64>,
    },
    /// Multiplied by `gamma` every `every` steps.
    Step {
        /// Steps between two reductions.
        every: u64,
        /// Factor of each reduction.
        gamma: f64,
    },
}

impl Schedule {
    /// The same schedule for a run of so many epochs of so many steps each.
    #[must_use]
    pub fn over(self, epochs: u64, steps_per_epoch: u64) -> Self {
        match self {
            Self::Falling { warmup, floor, epochs: own } => {
                let total_steps = own.unwrap_or(epochs).saturating_mul(steps_per_epoch);
                Self::WarmupCosine { warmup_steps: (warmup * total_steps as f64) as u64, total_steps, floor }
            }
            other => other,
        }
    }

    /// The factor of optimizer step `step`, counted from 0; 1 for what [`fit`](crate::fit) has not told the length of the run.
    pub fn factor(&self, step: u64) -> f64 {
        match *self {
            Self::Constant | Self::Falling { .. } => 1.0,
            Self::WarmupCosine { warmup_steps, .. } if step < warmup_steps => (step + 1) as f64 / warmup_steps as f64,
            Self::WarmupCosine { warmup_steps, total_steps, floor } => {
                let length = total_steps.saturating_sub(warmup_steps).max(1) as f64;
                let share = ((step - warmup_steps) as f64 / length).min(1.0);
                floor + (1.0 - floor) * 0.5 * (1.0 + (std::f64::consts::PI * share).cos())
            }
            Self::Step { every, gamma } => gamma.powi((step / every.max(1)).min(i32::MAX as u64) as i32),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_reduce_the_rate_at_their_multiples() {
        let schedule = Schedule::Step { every: 3, gamma: 0.5 };
        assert_eq!([0, 2, 3, 6].map(|s| schedule.factor(s)), [1.0, 1.0, 0.5, 0.25]);
    }

    #[test]
    fn a_falling_schedule_is_as_long_as_the_epochs_have_steps() {
        let schedule = Schedule::Falling { warmup: 0.1, floor: 0.5, epochs: None };
        assert_eq!(
            [schedule.over(10, 20), schedule.over(5, 100)],
            [(20, 200), (50, 500)].map(|(warmup_steps, total_steps)| Schedule::WarmupCosine {
                warmup_steps,
                total_steps,
                floor: 0.5
            })
        );
        // A second run of fewer epochs goes at the learning rates of the first.
        let second = Schedule::Falling { warmup: 0.1, floor: 0.5, epochs: Some(10) };
        assert_eq!(second.over(3, 20), schedule.over(10, 20));
        assert_eq!(Schedule::Constant.over(3, 20), Schedule::Constant);
    }

    #[test]
    fn a_schedule_without_warm_up_starts_at_one() {
        let schedule = Schedule::WarmupCosine { warmup_steps: 0, total_steps: 0, floor: 0.1 };
        assert_eq!(schedule.factor(0), 1.0);
        assert!((schedule.factor(1) - 0.1).abs() < 1e-12);
    }
}
