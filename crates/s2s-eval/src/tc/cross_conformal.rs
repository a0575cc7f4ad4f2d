//! Intervals and probabilities for learners that give bare numbers.

use rayon::prelude::*;
use s2s_crystal::Composition;
use s2s_data::{Folds, Groups};
use s2s_featurize::{FeatureSet, Featurizer};
use s2s_predict::{Conformal, IntervalGroup};

use super::{
    TcExample, TcInput, TcPrediction, TcRegressor,
    model::{LEVEL, check_count, from_scale, logit, system, to_scale},
    probability::ProbabilityMap,
};
use crate::EvalError;

/// What a learner says of one composition.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PointAnswer {
    /// The target; zero or less for none.
    pub value: f64,
    /// Standard deviation of the answer, in a unit of the learner's own; a constant if it does not know.
    pub std: f64,
    /// Probability of a Tc above zero, before calibration.
    pub probability: f64,
}

/// Learns `Tc ^ exponent` from rows of numbers or compositions, and gives bare numbers.
pub trait PointLearner: std::fmt::Debug + Sync {
    /// What has learned.
    type Model: PointModel;

    /// What its row is called.
    fn name(&self) -> String;

    /// Learns targets, zero for none, from compositions and their rows; missing numbers are NaN.
    ///
    /// A pure function of its arguments.
    ///
    /// # Errors
    ///
    /// [`EvalError`] if the examples do not suffice.
    fn fit(
        &self,
        compositions: &[&Composition],
        rows: &[&[f32]],
        targets: &[f64],
        seed: u64,
    ) -> Result<Self::Model, EvalError>;
}

/// A [`PointLearner`] that has learned.
pub trait PointModel: Sync {
    /// The answer for a composition, of which this is the row.
    fn answer(&self, composition: &Composition, row: &[f32]) -> PointAnswer;
}

/// A learner with the intervals and the calibration that its answers for held-out chemical systems ask for.
///
/// The learner learns once from all examples, for its answers, and once without each of the folds of chemical systems: the errors
/// there set the width of the intervals, family by family, and the map from its logits to probabilities. So intervals are those
/// of unseen chemical systems, and too wide for others.
///
/// # Source
///
/// Vovk, Cross-conformal predictors, Ann. Math. Artif. Intell. 74, 9 (2015), with one model of all examples for the answers.
#[derive(Debug)]
pub struct CrossConformal<L> {
    /// What learns.
    pub learner: L,
    /// What it sees; numbers of structures are missing where there is none.
    pub features: FeatureSet,
    /// The power of Tc that is learned.
    pub exponent: f64,
    /// Folds of chemical systems.
    pub folds: usize,
}

impl<L: PointLearner> TcRegressor for CrossConformal<L> {
    fn name(&self) -> String {
        format!("{} {}, Tc^{}", self.learner.name(), self.features, self.exponent)
    }

    fn fit_predict(
        &self,
        train: &[TcExample],
        test: &[TcInput<'_>],
        seed: u64,
    ) -> Result<Vec<TcPrediction>, EvalError> {
        check_count(train.len())?;
        let known: Vec<TcInput<'_>> = train.iter().map(TcExample::input).collect();
        let (rows, asked) = (self.rows(&known)?, self.rows(test)?);
        let targets: Vec<f64> = train.iter().map(|example| to_scale(example.kelvin, self.exponent)).collect();
        let learn = |of: &[usize]| {
            let compositions: Vec<&Composition> = of.iter().map(|&i| known[i].composition).collect();
            let rows: Vec<&[f32]> = of.iter().map(|&i| rows[i].as_slice()).collect();
            let targets: Vec<f64> = of.iter().map(|&i| targets[i]).collect();
            self.learner.fit(&compositions, &rows, &targets, seed)
        };
        let labels: Vec<bool> = targets.iter().map(|target| *target > 0.0).collect();
        let groups = Groups::by_key(train.iter().map(|example| system(&example.composition)));
        let (mut errors, mut logits, mut found) = (Vec::new(), Vec::new(), Vec::new());
        for split in Folds::grouped(&labels, &groups, self.folds.min(groups.num_groups()), seed)?.splits() {
            let model = learn(&split.train)?;
            let answers: Vec<PointAnswer> =
                split.test.par_iter().map(|&i| model.answer(known[i].composition, &rows[i])).collect();
            for (&i, answer) in split.test.iter().zip(&answers) {
                errors.push((known[i].composition, answer.std, targets[i] - answer.value));
                logits.push(logit(answer.probability));
                found.push(labels[i]);
            }
        }
        let interval = Conformal::fit(&errors, IntervalGroup::families(), LEVEL);
        let calibrated = ProbabilityMap::fit(&found, &logits);
        let model = learn(&(0..train.len()).collect::<Vec<_>>())?;
        let kelvin = |x: f64| from_scale(x, self.exponent);
        let predict = |(input, row): (&TcInput<'_>, &Vec<f32>)| {
            let PointAnswer { value, std, probability } = model.answer(input.composition, row);
            let half = interval.half_width(input.composition, std);
            let (low, high) = (kelvin(value - half), kelvin(value + half));
            TcPrediction { kelvin: kelvin(value), low, high, probability: calibrated.probability(logit(probability)) }
        };
        Ok(test.par_iter().zip(&asked).map(predict).collect())
    }
}

impl<L: Sync> CrossConformal<L> {
    fn rows(&self, inputs: &[TcInput<'_>]) -> Result<Vec<Vec<f32>>, EvalError> {
        let row = |input: &TcInput<'_>| -> Result<Vec<f32>, EvalError> {
            let row = match input.crystal {
                // A sum of occupancies is not exact: what follows from the composition is of that which was measured.
                Some(crystal) => {
                    let of_crystal = self.features.featurize(crystal).map_err(|error| EvalError::Data {
                        reason: format!("{} has no descriptors: {error}", input.composition),
                    })?;
                    let of_composition = self.features.row_of_composition(input.composition);
                    let both = of_composition.into_iter().zip(of_crystal);
                    both.map(|(own, crystal)| if own.is_nan() { crystal } else { own }).collect()
                }
                None => self.features.row_of_composition(input.composition),
            };
            Ok(row.into_iter().map(|x| x as f32).collect())
        };
        inputs.par_iter().map(row).collect()
    }
}
