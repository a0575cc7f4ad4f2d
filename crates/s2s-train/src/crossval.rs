//! The same experiment on every fold.

use rayon::prelude::*;
use s2s_data::Split;
use serde::{Deserialize, Serialize};

use crate::TrainError;

/// Runs an experiment on each split, `parallel` of them at a time; results in the order of the splits.
///
/// The experiment gets the number of its fold. What it chooses (an epoch, a rate) it has to choose inside the training
/// side, for example on [`Split::hold_out`]. Every run is a function of its arguments alone, so the order in which folds
/// happen to finish changes nothing.
///
/// # Errors
///
/// [`TrainError::Config`] if no threads can be started, and the first error of an experiment.
pub fn cross_validate<T: Send, E: Send + From<TrainError>>(
    splits: &[Split],
    parallel: usize,
    experiment: impl Fn(usize, &Split) -> Result<T, E> + Sync,
) -> Result<Vec<T>, E> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(parallel.max(1)).build();
    let pool = pool.map_err(|error| TrainError::Config { reason: error.to_string() })?;
    pool.install(|| splits.par_iter().enumerate().map(|(fold, split)| experiment(fold, split)).collect())
}

/// Mean and spread of one metric over folds or seeds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Number of values.
    pub count: usize,
    /// Their mean.
    pub mean: f64,
    /// Their standard deviation (divided by n − 1); 0 for one value.
    pub deviation: f64,
}

impl Summary {
    /// The summary of these values; `None` of nothing.
    ///
    /// # Examples
    ///
    /// ```no_run,standalone_crate
    /// use s2s_train::Summary;
    ///
    /// let summary = Summary::of(&[1.0, 3.0]).expect("two values");
    /// assert_eq!((summary.mean, summary.deviation), (2.0, 2.0_f64.sqrt()));
    /// ```
    pub fn of(values: &[f64]) -> Option<Self> {
        let count = values.len();
        let mean = values.iter().sum::<f64>() / count as f64;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        let deviation = (squares / count.saturating_sub(1).max(1) as f64).sqrt();
        (count > 0).then_some(Self { count, mean, deviation })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folds_in_parallel_give_what_folds_in_turn_give() -> Result<(), TrainError> {
        let labels: Vec<bool> = (0..50).map(|k| k % 3 == 0).collect();
        let splits: Vec<Split> = s2s_data::Folds::stratified(&labels, 5, 1)?.splits().collect();
        let run = |parallel| {
            cross_validate(&splits, parallel, |fold, split| {
                Ok::<_, TrainError>((fold, split.test.iter().sum::<usize>()))
            })
        };
        assert_eq!(run(1)?, run(4)?);
        assert_eq!(run(3)?.iter().map(|r| r.1).sum::<usize>(), (0..50).sum::<usize>());
        Ok(())
    }

    #[test]
    fn the_error_of_a_fold_is_reported() {
        let split = Split { train: vec![0], test: vec![1] };
        let failed = cross_validate(&[split], 2, |fold, _| -> Result<(), _> {
            Err(TrainError::Data { reason: format!("fold {fold} is empty") })
        });
        assert_eq!(failed.map_err(|e| e.to_string()), Err("unusable data: fold 0 is empty".to_owned()));
    }
}
