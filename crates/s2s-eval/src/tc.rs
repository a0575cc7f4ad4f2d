//! Critical temperatures from compositions: a probability that there is a transition, Tc, and an interval that holds.
//!
//! ```text
//! (composition, Tc) ─ TcRecipe ─▶ forest, local kernel, boosted classifier ─ out-of-fold answers ─▶ weights, calibration, intervals
//! composition ─ TcModel ─▶ TcPrediction { kelvin, low, high, probability }
//! ```
//!
//! A Tc of zero stands for "none": none found, or none reported, as the table means it; [`Negatives`] says which of them count. [`TcModel`] is one more model of the
//! benchmark of regressions, [`TcRegressor`], beside [`AlwaysMedian`], [`BoostedRegression`] and single learners: [`CrossConformal`] gives a forest, a kernel machine or
//! a network their intervals.

mod baseline;
mod cross_conformal;
mod members;
mod model;
mod network;
mod overlap;
mod probability;
mod report;
mod single;
mod structure;
mod unlabeled;

pub use baseline::{AlwaysMedian, BoostedRegression};
pub use cross_conformal::{CrossConformal, PointAnswer, PointLearner, PointModel};
pub use model::{TcModel, TcRecipe};
pub use network::{NetworkConfig, NetworkLearner};
pub use overlap::{Overlap, Resemblance};
pub use report::{Figure, TcReport};
pub use single::{ForestLearner, KernelLearner};
pub use structure::Structures;
pub use unlabeled::Negatives;

use std::{collections::BTreeMap, sync::Arc};

use s2s_crystal::{Composition, Crystal};
use s2s_data::table::TcRow;

use crate::EvalError;

/// A composition, its critical temperature, and its structure where that is known.
#[derive(Clone, Debug, PartialEq)]
pub struct TcExample {
    /// What was measured.
    pub composition: Composition,
    /// Tc in K; zero for none.
    pub kelvin: f64,
    /// Lowest temperature in K of a measurement without a transition; `None` where none is stated.
    pub tested_to: Option<f64>,
    /// A crystal of this composition.
    pub crystal: Option<Arc<Crystal>>,
}

/// What is asked: a [`TcExample`] without what was measured.
#[derive(Clone, Copy, Debug)]
pub struct TcInput<'i> {
    /// A composition.
    pub composition: &'i Composition,
    /// A crystal of this composition, where one is known.
    pub crystal: Option<&'i Crystal>,
}

impl<'i> From<&'i Composition> for TcInput<'i> {
    fn from(composition: &'i Composition) -> Self {
        Self { composition, crystal: None }
    }
}

impl TcExample {
    /// The example that a row of a table is, if it has a composition and a temperature.
    pub fn of_row(row: &TcRow) -> Option<Self> {
        let tested_to = row.label?.tested_to().map(|limit| limit.0);
        Some(Self { composition: row.composition.clone().ok()?, kelvin: row.kelvin()?, tested_to, crystal: None })
    }

    /// Without what was measured.
    pub fn input(&self) -> TcInput<'_> {
        TcInput { composition: &self.composition, crystal: self.crystal.as_deref() }
    }

    /// Whether no transition was reported, and no limit either: it need not have been measured.
    pub fn is_unlabeled(&self) -> bool {
        self.kelvin <= 0.0 && self.tested_to.is_none()
    }
}

/// The superconductors among examples, one per composition, with the median of its temperatures: of the two in the middle
/// the lower one, which was measured. What was found without a transition has no share in any of them.
pub fn superconductors(examples: &[TcExample]) -> Vec<TcExample> {
    let mut by_composition: BTreeMap<Vec<(u8, u32)>, Vec<&TcExample>> = BTreeMap::new();
    for example in examples.iter().filter(|example| example.kelvin > 0.0) {
        by_composition.entry(rounded(&example.composition)).or_default().push(example);
    }
    let median = |mut same: Vec<&TcExample>| {
        same.sort_by(|a, b| a.kelvin.total_cmp(&b.kelvin));
        same[(same.len() - 1) / 2].clone()
    };
    by_composition.into_values().map(median).collect()
}

/// Shares of the atoms to five digits: the same for all ways to write a composition.
fn rounded(composition: &Composition) -> Vec<(u8, u32)> {
    composition.fractions().map(|(element, x)| (element.atomic_number(), (x * 1e5).round() as u32)).collect()
}

/// The median of the temperatures of examples, of the two in the middle the higher one; `None` without examples.
pub fn median_kelvin(examples: &[TcExample]) -> Option<f64> {
    let mut sorted: Vec<f64> = examples.iter().map(|example| example.kelvin).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied()
}

/// What is predicted for a composition.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TcPrediction {
    /// Tc in K, zero where none is the likelier answer: the median of what is expected.
    pub kelvin: f64,
    /// Lower end of the 80 % interval in K.
    pub low: f64,
    /// Upper end of the 80 % interval in K.
    pub high: f64,
    /// Calibrated probability of a Tc above zero, at the base rate of the training data.
    pub probability: f64,
}

/// A model of the benchmark of critical temperatures.
pub trait TcRegressor: std::fmt::Debug + Sync {
    /// What its row is called.
    fn name(&self) -> String;

    /// Learns from the examples and predicts the others, in their order.
    ///
    /// A pure function of its arguments.
    ///
    /// # Errors
    ///
    /// [`EvalError`] if the examples do not suffice.
    fn fit_predict(&self, train: &[TcExample], test: &[TcInput<'_>], seed: u64)
    -> Result<Vec<TcPrediction>, EvalError>;
}
