//! The members of the blend that predicts Tc, and their answers before calibration.

use s2s_crystal::Composition;
use s2s_predict::{BoostedTrees, DistanceWeight, RegressionForest};

use super::{Negatives, TcExample, TcRecipe};
use crate::{
    EvalError,
    learner::{ExtraTreesConfig, LocalKernel, boosted_shares, extra_trees},
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
    negatives: Negatives,
}

/// What the learners say; temperatures are on the scale of [`TcRecipe::scaled`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Opinion {
    /// Median of a mixture: zero with the probability of none, else the answers of the trees above zero.
    pub(super) forest: f64,
    /// Of the kernel.
    pub(super) kernel: f64,
    /// Distance of the nearest example, as [`s2s_predict::LocalAnswer::distance`].
    pub(super) distance: f64,
    /// Standard deviation over the trees.
    pub(super) std: f64,
    /// Mean of the probabilities of a Tc above zero: kernel, boosted classifier and, unless zeros are unlabeled, the share of
    /// the trees, which have learned these zeros.
    pub(super) probability: f64,
}

impl Opinion {
    /// Forest and kernel together.
    pub(super) fn mixed(&self, forest: DistanceWeight) -> f64 {
        let forest = forest.at(self.distance);
        forest * self.forest + (1.0 - forest) * self.kernel
    }
}

impl Members {
    /// Learns; `shares` are the probabilities of a Tc above zero, one per example.
    pub(super) fn fit(
        inputs: &[Input<'_>],
        examples: &[&TcExample],
        shares: &[f64],
        recipe: &TcRecipe,
        trees: usize,
        seed: u64,
    ) -> Result<Self, EvalError> {
        let targets: Vec<f64> = examples.iter().map(|example| recipe.scaled(example.kelvin)).collect();
        let rows: Vec<&[f32]> = inputs.iter().map(|input| input.row).collect();
        let forest = extra_trees(&rows, &targets, &ExtraTreesConfig { trees, ..recipe.forest }, seed)?;
        let both = targets.iter().zip(shares).map(|(t, share)| [*t, *share]).collect();
        let kernel = LocalKernel::new(inputs.iter().map(|input| input.composition), both, recipe.kernel);
        let positives: f64 = shares.iter().sum();
        let classifier = if positives == 0.0 || positives == shares.len() as f64 {
            None
        } else {
            Some(boosted_shares(&rows, shares, &recipe.boosting, seed)?)
        };
        let lowest = targets.iter().copied().filter(|t| *t > 0.0).fold(f64::INFINITY, f64::min);
        let base_rate = (positives + 1.0) / (shares.len() + 2) as f64;
        let (lowest, negatives) = ((0.5 * lowest) as f32, recipe.negatives);
        Ok(Self { forest, kernel, classifier, base_rate, lowest, negatives })
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
        let others = local.values[1].clamp(0.0, 1.0) + boosted;
        let probability = match self.negatives {
            Negatives::Unlabeled => others / 2.0,
            Negatives::All | Negatives::Tested => (share + others) / 3.0,
        };
        let positive = &answers[answers.partition_point(|x| *x < self.lowest)..];
        Opinion {
            forest: median_of_mixture(1.0 - probability, positive),
            kernel: local.values[0].max(0.0),
            distance: local.distance,
            std: variance.sqrt(),
            probability,
        }
    }
}

/// The median of zero, with this weight, and sorted positive answers, which share the rest.
pub(super) fn median_of_mixture(zero: f64, positive: &[f32]) -> f64 {
    if zero >= 0.5 || positive.is_empty() {
        return 0.0;
    }
    let rank = (0.5 - zero) / (1.0 - zero) * positive.len() as f64 - 0.5;
    let last = positive.len() - 1;
    let (low, high) = ((rank.max(0.0) as usize).min(last), ((rank.max(0.0) as usize) + 1).min(last));
    let (low, high) = (f64::from(positive[low]), f64::from(positive[high]));
    low + (high - low) * (rank.max(0.0).fract())
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
