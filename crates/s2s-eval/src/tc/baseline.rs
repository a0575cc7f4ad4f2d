//! Baselines of critical temperatures.

use s2s_featurize::FeatureSet;

use super::{
    TcExample, TcInput, TcPrediction, TcRegressor,
    model::{from_scale, row},
};
use crate::{
    EvalError,
    learner::{BoostingConfig, boosted_regression},
};

/// Predicts the median of the training data for everything.
#[derive(Clone, Copy, Debug)]
pub struct AlwaysMedian;

impl TcRegressor for AlwaysMedian {
    fn name(&self) -> String {
        "always the median".to_owned()
    }

    fn fit_predict(
        &self,
        train: &[TcExample],
        test: &[TcInput<'_>],
        _seed: u64,
    ) -> Result<Vec<TcPrediction>, EvalError> {
        let mut sorted: Vec<f64> = train.iter().map(|example| example.kelvin).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let at = |share: f64| {
            let rank = (share * sorted.len().saturating_sub(1) as f64).round() as usize;
            sorted.get(rank).copied().ok_or_else(|| EvalError::Data { reason: "there are no examples".to_owned() })
        };
        let positives = sorted.iter().filter(|kelvin| **kelvin > 0.0).count();
        let prediction = TcPrediction {
            kelvin: at(0.5)?,
            low: at(0.1)?,
            high: at(0.9)?,
            probability: positives as f64 / sorted.len().max(1) as f64,
        };
        Ok(vec![prediction; test.len()])
    }
}

/// Gradient boosting with the squared error of Tc, or of its root; its interval is its error on the training data, which is too narrow.
///
/// On [`Magpie`](s2s_featurize::FeatureBlock::Magpie) features it is what users of matminer and XGBoost have.
#[derive(Clone, Debug)]
pub struct BoostedRegression {
    /// What the trees see.
    pub features: FeatureSet,
    /// How they are boosted.
    pub boosting: BoostingConfig,
    /// The power of Tc that is learned: 1, or 1/2 for its root.
    pub exponent: f64,
}

impl TcRegressor for BoostedRegression {
    fn name(&self) -> String {
        format!("boosted {}, Tc^{}", self.features, self.exponent)
    }

    fn fit_predict(
        &self,
        train: &[TcExample],
        test: &[TcInput<'_>],
        seed: u64,
    ) -> Result<Vec<TcPrediction>, EvalError> {
        let rows: Vec<Vec<f32>> = train.iter().map(|example| row(&self.features, &example.composition)).collect();
        let targets: Vec<f64> = train.iter().map(|example| example.kelvin.powf(self.exponent)).collect();
        let trees = boosted_regression(&rows, &targets, &self.boosting, seed)?;
        let answer = |row: &[f32]| {
            let row: Vec<f64> = row.iter().map(|x| f64::from(*x)).collect();
            trees.logit(&row)
        };
        let mut errors: Vec<f64> = rows.iter().zip(&targets).map(|(row, t)| (answer(row) - t).abs()).collect();
        errors.sort_unstable_by(f64::total_cmp);
        let half = errors[(0.8 * (errors.len() - 1) as f64).round() as usize];
        let kelvin = |x: f64| from_scale(x, self.exponent);
        let predict = |TcInput { composition, .. }: &TcInput<'_>| {
            let found = answer(&row(&self.features, composition));
            let (low, high) = (kelvin(found - half), kelvin(found + half));
            // The rank is all that this probability is good for.
            TcPrediction { kelvin: kelvin(found), low, high, probability: 1.0 - (-found.max(0.0)).exp() }
        };
        Ok(test.iter().map(predict).collect())
    }
}
