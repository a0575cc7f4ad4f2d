//! The members of the blend as models of their own.

use s2s_crystal::Composition;
use s2s_predict::RegressionForest;

use super::{
    cross_conformal::{PointAnswer, PointLearner, PointModel},
    members::median_of_mixture,
};
use crate::{
    EvalError,
    learner::{ExtraTreesConfig, LocalKernel, LocalKernelConfig, extra_trees},
};

/// Extremely randomized trees: the median over the trees, and none where half of the trees say so.
#[derive(Clone, Copy, Debug)]
pub struct ForestLearner(pub ExtraTreesConfig);

/// Trees of a [`ForestLearner`].
#[derive(Debug)]
pub struct Forest {
    trees: RegressionForest,
    /// Less than this is none.
    lowest: f32,
}

impl PointLearner for ForestLearner {
    type Model = Forest;

    fn name(&self) -> String {
        "forest".to_owned()
    }

    fn fit(
        &self,
        _compositions: &[&Composition],
        rows: &[&[f32]],
        targets: &[f64],
        seed: u64,
    ) -> Result<Forest, EvalError> {
        let lowest = targets.iter().copied().filter(|target| *target > 0.0).fold(f64::INFINITY, f64::min);
        Ok(Forest { trees: extra_trees(rows, targets, &self.0, seed)?, lowest: (0.5 * lowest) as f32 })
    }
}

impl PointModel for Forest {
    fn answer(&self, _composition: &Composition, row: &[f32]) -> PointAnswer {
        let mut answers: Vec<f32> = self.trees.answers(row).collect();
        answers.sort_unstable_by(f32::total_cmp);
        let positive = &answers[answers.partition_point(|x| *x < self.lowest)..];
        let probability = positive.len() as f64 / answers.len() as f64;
        let (_, std) = self.trees.median_and_std(row);
        PointAnswer { value: median_of_mixture(1.0 - probability, positive), std, probability }
    }
}

/// Kernel regression on the nearest compositions; none where the same kernel says that it is the likelier answer.
#[derive(Clone, Copy, Debug)]
pub struct KernelLearner(pub LocalKernelConfig);

impl PointLearner for KernelLearner {
    type Model = LocalKernel<2>;

    fn name(&self) -> String {
        "kernel".to_owned()
    }

    fn fit(
        &self,
        compositions: &[&Composition],
        _rows: &[&[f32]],
        targets: &[f64],
        _seed: u64,
    ) -> Result<LocalKernel<2>, EvalError> {
        let both = targets.iter().map(|target| [*target, f64::from(u8::from(*target > 0.0))]).collect();
        Ok(LocalKernel::new(compositions.iter().copied(), both, self.0))
    }
}

impl PointModel for LocalKernel<2> {
    fn answer(&self, composition: &Composition, _row: &[f32]) -> PointAnswer {
        let local = LocalKernel::answer(self, composition);
        let probability = local.values[1].clamp(0.0, 1.0);
        let value = if probability < 0.5 { 0.0 } else { local.values[0].max(0.0) };
        PointAnswer { value, std: local.variance.max(0.0).sqrt(), probability }
    }
}
