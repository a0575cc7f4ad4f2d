//! Positive–unlabeled learning: rows without a reported transition and without a limit.

use std::{fmt, str::FromStr};

use s2s_data::Folds;
use serde::{Deserialize, Serialize};

use super::{TcExample, members::Input};
use crate::{
    EvalError,
    learner::{BoostingConfig, boosted_classifier},
    sigmoid,
};

/// What examples without a transition stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Negatives {
    /// All of them have none.
    All,
    /// Those with a limit have none; the others take no part.
    Tested,
    /// Those with a limit have none; each of the others may have one, with a probability that is learned.
    Unlabeled,
}

impl Negatives {
    /// Every kind.
    pub const EVERY: [Self; 3] = [Self::All, Self::Tested, Self::Unlabeled];

    /// Whether an example takes part.
    pub fn include(self, example: &TcExample) -> bool {
        self != Self::Tested || !example.is_unlabeled()
    }

    fn word(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Tested => "tested",
            Self::Unlabeled => "unlabeled",
        }
    }
}

impl fmt::Display for Negatives {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

impl FromStr for Negatives {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        let known = || Self::EVERY.map(Self::word).join(", ");
        Self::EVERY.into_iter().find(|s| s.word() == word).ok_or_else(|| format!("`{word}` is none of {}", known()))
    }
}

/// Folds in which examples are told apart.
const FOLDS: usize = 3;

/// Probability of a transition for every example: 1 and 0 where it is known, else that of an unlabeled example.
///
/// ```text
/// w(x) = (1 − c) / c · g(x) / (1 − g(x)), at most 1
/// ```
///
/// g(x) is the probability that an example is a reported superconductor rather than an unlabeled one, of boosted trees
/// that have not seen it; c, the share of the superconductors that are reported, is the mean of g over those that are.
///
/// # Source
///
/// Elkan and Noto, Learning Classifiers from Only Positive and Unlabeled Data, KDD (2008), §§2 and 3: estimator e₁, and the
/// weights of §3.
///
/// # Errors
///
/// [`EvalError`] if the examples do not suffice.
pub(super) fn shares(
    inputs: &[Input<'_>],
    examples: &[&TcExample],
    boosting: &BoostingConfig,
    seed: u64,
) -> Result<Vec<f64>, EvalError> {
    let mut shares: Vec<f64> = examples.iter().map(|example| f64::from(u8::from(example.kelvin > 0.0))).collect();
    // Tested negatives are neither reported superconductors nor unlabeled.
    let asked: Vec<usize> =
        (0..examples.len()).filter(|&i| examples[i].kelvin > 0.0 || examples[i].is_unlabeled()).collect();
    let labels: Vec<bool> = asked.iter().map(|&i| examples[i].kelvin > 0.0).collect();
    let reported = labels.iter().filter(|label| **label).count();
    if reported < FOLDS || labels.len() - reported < FOLDS {
        return Ok(shares);
    }
    let mut found = vec![0.0; asked.len()];
    for split in Folds::stratified(&labels, FOLDS, seed)?.splits() {
        let rows: Vec<&[f32]> = split.train.iter().map(|&k| inputs[asked[k]].row).collect();
        let known: Vec<bool> = split.train.iter().map(|&k| labels[k]).collect();
        let trees = boosted_classifier(&rows, &known, boosting, seed)?;
        for k in split.test {
            let row: Vec<f64> = inputs[asked[k]].row.iter().map(|x| f64::from(*x)).collect();
            found[k] = sigmoid(trees.logit(&row)).clamp(1e-6, 1.0 - 1e-6);
        }
    }
    let of_reported = found.iter().zip(&labels).filter(|(_, label)| **label).map(|(g, _)| *g);
    let c = of_reported.sum::<f64>() / reported as f64;
    for ((&i, label), g) in asked.iter().zip(&labels).zip(found) {
        if !label {
            shares[i] = ((1.0 - c) / c * g / (1.0 - g)).min(1.0);
        }
    }
    Ok(shares)
}

#[cfg(test)]
mod tests {
    use s2s_crystal::Composition;
    use s2s_featurize::RandomStream;

    use super::*;

    #[test]
    fn hidden_superconductors_get_larger_shares_than_others_and_tested_negatives_none() -> Result<(), EvalError> {
        let composition: Composition = "Nb".parse().expect("a formula");
        let mut stream = RandomStream::new(*b"unlabled", 1, 0, 0);
        // Rows above one half superconduct; three in ten of them were not reported.
        let rows: Vec<[f32; 2]> = (0..1500).map(|_| [stream.unit() as f32, stream.unit() as f32]).collect();
        let example = |(k, row): (usize, &[f32; 2])| {
            let (superconducts, reported) = (row[0] > 0.5, k % 10 >= 3);
            let kelvin = if superconducts && reported { 5.0 } else { 0.0 };
            let tested_to = (!superconducts && k % 10 == 0).then_some(1.5);
            TcExample { composition: composition.clone(), kelvin, tested_to, crystal: None }
        };
        let examples: Vec<TcExample> = rows.iter().enumerate().map(example).collect();
        let inputs: Vec<Input<'_>> = rows.iter().map(|row| Input { composition: &composition, row }).collect();
        let boosting = BoostingConfig { trees: 60, depth: 3, columns: 1.0, ..BoostingConfig::plain() };
        let found = shares(&inputs, &examples.iter().collect::<Vec<_>>(), &boosting, 1)?;
        let mean = |wanted: &dyn Fn(usize) -> bool| {
            let of: Vec<f64> = (0..rows.len()).filter(|&i| wanted(i)).map(|i| found[i]).collect();
            of.iter().sum::<f64>() / of.len() as f64
        };
        assert_eq!(mean(&|i| examples[i].kelvin > 0.0), 1.0);
        assert_eq!(mean(&|i| examples[i].tested_to.is_some()), 0.0);
        let hidden = mean(&|i| examples[i].is_unlabeled() && rows[i][0] > 0.5);
        let others = mean(&|i| examples[i].is_unlabeled() && rows[i][0] < 0.5);
        assert!(hidden > 0.5 && others < 0.2, "{hidden} and {others}");
        Ok(())
    }
}
