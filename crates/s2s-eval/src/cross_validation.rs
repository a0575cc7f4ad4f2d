//! Cross-validation: the same experiment on every fold, in parallel and in shards.

use std::{fmt, str::FromStr};

use rayon::prelude::*;
use s2s_data::Split;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{EvalError, FoldResults};

/// Runs an experiment on each split, `parallel` of them at a time; results in the order of the splits.
///
/// The experiment gets the number of its fold. What it chooses (an epoch, a rate) it has to choose inside the training
/// side, for example on [`Split::hold_out`]. Every run is a function of its arguments alone, so the order in which folds
/// happen to finish changes nothing.
///
/// # Errors
///
/// [`EvalError::Config`] if no threads can be started, and the first error of an experiment.
pub fn cross_validate<T: Send, E: Send + From<EvalError>>(
    splits: &[Split],
    parallel: usize,
    experiment: impl Fn(usize, &Split) -> Result<T, E> + Sync,
) -> Result<Vec<T>, E> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(parallel.max(1)).build();
    let pool = pool.map_err(|error| EvalError::Config { reason: error.to_string() })?;
    pool.install(|| splits.par_iter().enumerate().map(|(fold, split)| experiment(fold, split)).collect())
}

/// The same for one shard of the folds, with results on disk: folds that are there already are not run again.
///
/// A process that was killed is started again and loses the folds that it was at. The results of all folds are returned
/// once they are there, whichever processes they come from, and `None` while folds of other shards are missing; what is
/// returned was read from disk, so that it does not depend on who computed it.
///
/// # Errors
///
/// As [`cross_validate`]; [`EvalError::Storage`], and [`EvalError::Mismatch`] if a result on disk is another run's.
pub fn cross_validate_shard<T, E>(
    splits: &[Split],
    parallel: usize,
    shard: Shard,
    results: &FoldResults,
    experiment: impl Fn(usize, &Split) -> Result<T, E> + Sync,
) -> Result<Option<Vec<T>>, E>
where
    T: Serialize + DeserializeOwned,
    E: Send + From<EvalError>,
{
    cross_validate(splits, parallel, |fold, split| -> Result<(), E> {
        if shard.contains(fold) && results.read::<T>(fold)?.is_none() {
            results.write(fold, &experiment(fold, split)?)?;
        }
        Ok(())
    })?;
    let all: Result<Option<Vec<T>>, EvalError> = (0..splits.len()).map(|fold| results.read(fold)).collect();
    Ok(all?)
}

/// One of several equal parts of some numbered work: the numbers that leave `index` when divided by `count`.
///
/// # Examples
///
/// ```
/// use s2s_eval::Shard;
///
/// let shard: Shard = "1/3".parse()?;
/// assert_eq!((0..7).filter(|&k| shard.contains(k)).collect::<Vec<_>>(), [1, 4]);
/// # Ok::<(), s2s_eval::EvalError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    index: usize,
    count: usize,
}

impl Shard {
    /// All of the work.
    pub const WHOLE: Self = Self { index: 0, count: 1 };

    /// Whether this number belongs to the shard.
    pub fn contains(self, number: usize) -> bool {
        number % self.count == self.index
    }
}

impl FromStr for Shard {
    type Err = EvalError;

    fn from_str(text: &str) -> Result<Self, EvalError> {
        let parts = text.split_once('/').and_then(|(k, n)| Some((k.parse().ok()?, n.parse().ok()?)));
        let shard = parts.filter(|(index, count)| index < count).map(|(index, count)| Self { index, count });
        let reason = format!("{text:?} is not a shard K/N with K below N, such as 0/4");
        shard.ok_or(EvalError::Config { reason })
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}

/// Mean and standard deviation of one metric over folds or seeds.
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
    /// ```
    /// use s2s_eval::Summary;
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
    fn folds_in_parallel_give_what_folds_in_turn_give() -> Result<(), EvalError> {
        let labels: Vec<bool> = (0..50).map(|k| k % 3 == 0).collect();
        let splits: Vec<Split> = s2s_data::Folds::stratified(&labels, 5, 1)?.splits().collect();
        let run = |parallel| {
            cross_validate(&splits, parallel, |fold, split| {
                Ok::<_, EvalError>((fold, split.test.iter().sum::<usize>()))
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
            Err(EvalError::Data { reason: format!("fold {fold} is empty") })
        });
        assert_eq!(failed.map_err(|e| e.to_string()), Err("unusable data: fold 0 is empty".to_owned()));
    }

    #[test]
    fn shards_share_the_work_and_no_fold_is_run_twice() -> Result<(), EvalError> {
        let splits = vec![Split { train: vec![0], test: vec![1] }; 5];
        let folder = std::env::temp_dir().join(format!("s2s-shards-{}", std::process::id()));
        let results = FoldResults::open(&folder, &serde_json::json!({"seed": 1}))?;
        let run = |shard: &str, broken: Option<usize>| {
            let ran = std::sync::Mutex::new(Vec::new());
            let all = cross_validate_shard(&splits, 1, shard.parse()?, &results, |fold, _| {
                if broken == Some(fold) {
                    return Err(EvalError::Data { reason: "killed".into() });
                }
                ran.lock().expect("invariant: no experiment panics").push(fold);
                // Needs all its digits.
                Ok(fold as f64 + 1.0 / 3.0)
            });
            Ok::<_, EvalError>((all, ran.into_inner().expect("invariant: no experiment panics")))
        };
        let (all, ran) = run("1/2", None)?;
        assert_eq!((all?, ran), (None, vec![1, 3]));
        let (all, ran) = run("0/2", Some(4))?;
        assert_eq!((all.map_err(|e| e.to_string()), ran), (Err("unusable data: killed".to_owned()), vec![0, 2]));
        let (all, ran) = run("0/2", None)?;
        let expected: Vec<f64> = (0..5).map(|fold| f64::from(fold) + 1.0 / 3.0).collect();
        assert_eq!((all?, ran), (Some(expected.clone()), vec![4]));
        let (all, ran) = run("0/1", None)?;
        assert_eq!((all?, ran), (Some(expected), vec![]));
        std::fs::remove_dir_all(folder).expect("the folder can be removed");
        Ok(())
    }

    #[test]
    fn what_is_no_shard_is_refused() {
        for text in ["2/2", "1", "a/b", "-1/2", "0/0"] {
            let refused = text.parse::<Shard>().map_err(|error| error.to_string());
            let reason = format!("invalid configuration: {text:?} is not a shard K/N with K below N, such as 0/4");
            assert_eq!(refused, Err(reason));
        }
        assert_eq!("3/4".parse::<Shard>().map(|shard| shard.to_string()).ok().as_deref(), Some("3/4"));
    }
}
