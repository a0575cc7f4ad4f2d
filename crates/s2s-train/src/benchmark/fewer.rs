//! What a contender would be with fewer examples: a point of its learning curve.

use s2s_data::{Record, Split};

use super::{Contender, Example};
use crate::TrainError;

/// A contender that gets a share of each class of the examples, drawn at random.
#[derive(Debug)]
pub struct Fewer {
    /// Name of the row.
    pub name: String,
    /// Who learns.
    pub contender: Box<dyn Contender>,
    /// The share that it gets, above 0 and below 1.
    pub share: f64,
}

impl Contender for Fewer {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn settings(&self) -> String {
        format!("{} of the examples for {}", self.share, self.contender.settings())
    }

    fn fit_score(&self, train: &[Example<'_>], test: &[&Record], seed: u64) -> Result<Vec<f64>, TrainError> {
        let labels: Vec<bool> = train.iter().map(|example| example.superconducts).collect();
        let all = Split { train: (0..train.len()).collect(), test: Vec::new() };
        let kept = all.hold_out(&labels, 1.0 - self.share, seed)?.train;
        let fewer: Vec<Example<'_>> = kept.into_iter().map(|i| train[i]).collect();
        self.contender.fit_score(&fewer, test, seed)
    }
}
