//! The learners behind a prediction of Tc, and what they say before calibration.

use s2s_crystal::Composition;
use s2s_predict::{BoostedTrees, RegressionForest};

use super::{TcExample, TcRecipe};
use crate::{
    EvalError,
    learner::{ExtraTreesConfig, LocalKernel, boosted_classifier, extra_trees},
    sigmoid,
};

/// A composition as the learners see it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Input<'i> {
    pub(super) composition: &'i Composition,
    /// Its descriptors.
    pub(super) row: &'i [f32],
}

/// Learners of one training set.
#[derive(Debug)]
pub(super) struct Members {
    forest: RegressionForest,
    kernel: LocalKernel<2>,
    /// Nothing where all examples are of one class.
    classifier: Option<BoostedTrees>,
    base_rate: f64,
    lowest: f32,
}

/// What the learners say; temperatures are on the scale of [`TcRecipe::scaled`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Opinion {
    /// Median of a mixture: zero with the probability of none, else the answers of the trees above zero.
    pub(super) forest: f64,
    /// Of the kernel.
    pub(super) kernel: f64,
    /// Standard deviation over the trees.
    pub(super) spread: f64,
    /// Mean of three probabilities of a Tc above zero: share of the trees, kernel, boosted classifier.
    pub(super) probability: f64,
}

impl Members {
    pub(super) fn fit(
        inputs: &[Input<'_>],
        examples: &[&TcExample],
        recipe: &TcRecipe,
        trees: usize,
        seed: u64,
    ) -> Result<Self, EvalError> {
        let targets: Vec<f64> = examples.iter().map(|example| recipe.scaled(example.kelvin)).collect();
        let labels: Vec<bool> = examples.iter().map(|example| example.kelvin > 0.0).collect();
        let rows: Vec<&[f32]> = inputs.iter().map(|input| input.row).collect();
        let forest = extra_trees(&rows, &targets, &ExtraTreesConfig { trees, ..recipe.forest }, seed)?;
        let both = targets.iter().zip(&labels).map(|(t, label)| [*t, f64::from(u8::from(*label))]).collect();
        let kernel = LocalKernel::new(inputs.iter().map(|input| input.composition), both, recipe.kernel);
        let positives = labels.iter().filter(|label| **label).count();
        let classifier = if positives == 0 || positives == labels.len() {
            None
        } else {
            Some(boosted_classifier(&rows, &labels, &recipe.boosting, seed)?)
        };
        let lowest = targets.iter().copied().filter(|t| *t > 0.0).fold(f64::INFINITY, f64::min);
        let base_rate = (positives + 1) as f64 / (labels.len() + 2) as f64;
        Ok(Self { forest, kernel, classifier, base_rate, lowest: (0.5 * lowest) as f32 })
    }

    pub(super) fn into_forest(self) -> RegressionForest {
        self.forest
    }

    pub(super) fn ask(&self, input: Input<'_>) -> Opinion {
        let mut answers: Vec<f32> = self.forest.answers(input.row).collect();
        answers.sort_unstable_by(f32::total_cmp);
        let n = answers.len();
        let mean = answers.iter().map(|x| f64::from(*x)).sum::<f64>() / n as f64;
        let variance = answers.iter().map(|x| (f64::from(*x) - mean).powi(2)).sum::<f64>() / n as f64;
        let share = answers.iter().filter(|x| **x >= self.lowest).count() as f64 / n as f64;
        let local = self.kernel.answer(input.composition);
        let boosted = self.classifier.as_ref().map_or(self.base_rate, |trees| {
            let row: Vec<f64> = input.row.iter().map(|x| f64::from(*x)).collect();
            sigmoid(trees.logit(&row))
        });
        let probability = (share + local.values[1].clamp(0.0, 1.0) + boosted) / 3.0;
        let positive = &answers[answers.partition_point(|x| *x < self.lowest)..];
        Opinion {
            forest: median_of_mixture(1.0 - probability, positive),
            kernel: local.values[0].max(0.0),
            spread: variance.sqrt(),
            probability,
        }
    }
}

/// The median of zero, with this weight, and sorted positive answers, which share the rest.
fn median_of_mixture(zero: f64, positive: &[f32]) -> f64 {
    if zero >= 0.5 || positive.is_empty() {
        return 0.0;
    }
    let place = (0.5 - zero) / (1.0 - zero) * positive.len() as f64 - 0.5;
    let last = positive.len() - 1;
    let (low, high) = ((place.max(0.0) as usize).min(last), ((place.max(0.0) as usize) + 1).min(last));
    let (low, high) = (f64::from(positive[low]), f64::from(positive[high]));
    low + (high - low) * (place.max(0.0).fract())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gate_moves_the_median_down_and_closes_at_even_odds() {
        let positive = [1.0, 2.0, 3.0, 4.0, 5.0];
        assert_eq!(median_of_mixture(0.0, &positive), 3.0);
        assert_eq!(median_of_mixture(0.5, &positive), 0.0);
        assert_eq!(median_of_mixture(0.2, &[]), 0.0);
        let gated = median_of_mixture(0.25, &positive);
        assert!(1.0 < gated && gated < 3.0, "{gated}");
    }
}
