//! Learning curves: a model that gets only a share of the examples.

use s2s_data::{Record, Split};

use super::{BenchmarkModel, Example};
use crate::EvalError;

/// A model that learns from a share of each class of the examples, drawn at random: a point of its learning curve.
#[derive(Debug)]
pub struct ShareOfExamples {
    /// Name of the row.
    pub name: String,
    /// The model that learns from them.
    pub model: Box<dyn BenchmarkModel>,
    /// The share that it gets, above 0 and below 1.
    pub share: f64,
}

impl BenchmarkModel for ShareOfExamples {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn settings(&self) -> String {
        format!("{} of the examples for {}", self.share, self.model.settings())
    }

    fn fit_score(&self, train: &[Example<'_>], test: &[&Record], seed: u64) -> Result<Vec<f64>, EvalError> {
        let labels: Vec<bool> = train.iter().map(|example| example.superconducts).collect();
        let all = Split { train: (0..train.len()).collect(), test: Vec::new() };
        let kept = all.hold_out(&labels, 1.0 - self.share, seed)?.train;
        let fewer: Vec<Example<'_>> = kept.into_iter().map(|i| train[i]).collect();
        self.model.fit_score(&fewer, test, seed)
    }
}
