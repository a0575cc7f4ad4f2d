//! The blend that predicts Tc: learners, and what out-of-fold answers say about how far to believe them.

use std::collections::{BTreeMap, HashSet};

use rayon::prelude::*;
use s2s_crystal::{Composition, Element};
use s2s_data::{Folds, Groups};
use s2s_featurize::FeatureSet;
use serde::{Deserialize, Serialize};

use s2s_predict::{Conformal, IntervalGroup, Known, KnownCrystal, TcAdjustment, TcModelConfig};

use super::{
    TcExample, TcPrediction, TcRegressor,
    members::{Input, Members, Opinion},
};
use crate::{
    Calibration, EvalError, fit_platt,
    learner::{BoostingConfig, ExtraTreesConfig, LocalKernelConfig},
};

/// How a [`TcModel`] is made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TcRecipe {
    /// What the trees see, as [`FeatureSet`] writes it.
    pub features: String,
    /// Trees learn `Tc ^ exponent`: the larger, the more the highest temperatures count.
    pub exponent: f64,
    /// The forest.
    pub forest: ExtraTreesConfig,
    /// The kernel regression.
    pub kernel: LocalKernelConfig,
    /// The classifier of "some" against "none".
    pub boosting: BoostingConfig,
    /// Folds in which out-of-fold answers are found.
    pub folds: usize,
    /// Trees of the forests of these folds.
    pub fold_trees: usize,
}

impl TcRecipe {
    /// Chosen on parts of the training side of the random and the chemical-system split of the SuperCon table.
    pub fn standard() -> Self {
        Self {
            features: "magpie+fractions+doping".to_owned(),
            exponent: 0.8,
            forest: ExtraTreesConfig { trees: 200, columns: 0.6, leaf: 1 },
            kernel: LocalKernelConfig { neighbors: 64, lengths: [0.1, 1.0], ridge: 0.05 },
            boosting: BoostingConfig { trees: 300, rate: 0.08, depth: 7, columns: 0.25, ..BoostingConfig::plain() },
            folds: 4,
            fold_trees: 60,
        }
    }

    /// A recipe whose forest takes two megabytes: what the bundled model is made by.
    pub fn small() -> Self {
        let standard = Self::standard();
        Self { forest: ExtraTreesConfig { trees: 60, leaf: 4, ..standard.forest }, ..standard }
    }

    /// A temperature in K on the scale on which the trees learn.
    pub fn scaled(&self, kelvin: f64) -> f64 {
        kelvin.max(0.0).powf(self.exponent)
    }

    /// The temperature in K.
    pub fn kelvin(&self, scaled: f64) -> f64 {
        scaled.max(0.0).powf(1.0 / self.exponent)
    }
}

/// Whether the training data has the chemical system of a composition: how far to believe an answer depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Novelty {
    KnownSystem,
    NewSystem,
}

/// What out-of-fold answers have taught.
#[derive(Clone, Debug)]
struct Adjustment {
    /// Weight of the forest; the kernel has the rest.
    forest: f64,
    line: Calibration,
    interval: Conformal,
}

/// A model of Tc that has learned.
#[derive(Debug)]
pub struct TcModel {
    recipe: TcRecipe,
    features: FeatureSet,
    members: Members,
    systems: HashSet<Vec<Element>>,
    known_system: Adjustment,
    new_system: Adjustment,
}

/// Share of the answers inside an interval.
const LEVEL: f64 = 0.8;

/// Fewer examples than this leave nothing to calibrate on.
const FEWEST: usize = 20;

impl TcModel {
    /// Learns from the examples.
    ///
    /// Weights, calibration and intervals come from answers of models that had not seen the example: for compositions of
    /// known chemical systems from random folds, for those of new ones from folds of chemical systems.
    ///
    /// # Errors
    ///
    /// [`EvalError::Data`] with fewer than twenty examples, or all of one chemical system.
    pub fn fit(examples: &[TcExample], recipe: &TcRecipe, seed: u64) -> Result<Self, EvalError> {
        if examples.len() < FEWEST {
            let reason = format!("{} examples are fewer than {FEWEST}", examples.len());
            return Err(EvalError::Data { reason });
        }
        let features: FeatureSet = recipe
            .features
            .parse()
            .map_err(|error: s2s_featurize::UnknownBlock| EvalError::Config { reason: error.to_string() })?;
        let rows: Vec<Vec<f32>> = examples.par_iter().map(|example| row(&features, &example.composition)).collect();
        let inputs: Vec<Input<'_>> =
            examples.iter().zip(&rows).map(|(example, row)| Input { composition: &example.composition, row }).collect();
        let all: Vec<&TcExample> = examples.iter().collect();
        let labels: Vec<bool> = examples.iter().map(|example| example.kelvin > 0.0).collect();
        let groups = Groups::by_key(examples.iter().map(|example| system(&example.composition)));
        let adjust = |novelty: Novelty| -> Result<Adjustment, EvalError> {
            let folds = match novelty {
                Novelty::KnownSystem => Folds::stratified(&labels, recipe.folds, seed)?,
                Novelty::NewSystem => Folds::grouped(&labels, &groups, recipe.folds.min(groups.num_groups()), seed)?,
            };
            let mut found = Vec::new();
            for split in folds.splits() {
                let pick = |places: &[usize]| -> (Vec<Input<'_>>, Vec<&TcExample>) {
                    places.iter().map(|&i| (inputs[i], all[i])).unzip()
                };
                let (known, learned) = pick(&split.train);
                let members = Members::fit(&known, &learned, recipe, recipe.fold_trees, seed)?;
                let systems: HashSet<u32> = split.train.iter().map(|&i| groups.of()[i]).collect();
                let asked =
                    split.test.iter().filter(|&&i| novelty == Novelty::NewSystem || systems.contains(&groups.of()[i]));
                let asked: Vec<usize> = asked.copied().collect();
                found.par_extend(asked.par_iter().map(|&i| (all[i], members.ask(inputs[i]))));
            }
            Ok(Adjustment::fit(&found, recipe))
        };
        let new_system = adjust(Novelty::NewSystem)?;
        let known_system = adjust(Novelty::KnownSystem)?;
        let members = Members::fit(&inputs, &all, recipe, recipe.forest.trees, seed)?;
        let systems = examples.iter().map(|example| system(&example.composition)).collect();
        Ok(Self { recipe: recipe.clone(), features, members, systems, known_system, new_system })
    }

    /// The model as a sealed folder holds it: what has learned from superconductors alone, and is asked for Tc if there is
    /// a transition.
    ///
    /// # Errors
    ///
    /// [`EvalError::Data`] if an example has no transition, as the sealed model has no gate for that.
    pub fn into_sealed(
        self,
        examples: &[TcExample],
        dataset_sha256: String,
        metrics: BTreeMap<String, f64>,
    ) -> Result<s2s_predict::TcModel, EvalError> {
        if let Some(none) = examples.iter().find(|example| example.kelvin <= 0.0) {
            return Err(EvalError::Data { reason: format!("{} has no Tc to learn", none.composition) });
        }
        let written: Vec<(String, f64)> =
            examples.iter().map(|example| (example.composition.reduced().0.to_string(), example.kelvin)).collect();
        let data = |error: String| EvalError::Data { reason: error };
        let known = |(formula, kelvin): &(String, f64)| KnownCrystal::superconductor(formula, *kelvin);
        let known = Known::new(written.iter().map(known).collect()).map_err(|error| data(error.to_string()))?;
        let sealed = |adjustment: Adjustment| TcAdjustment { forest: adjustment.forest, interval: adjustment.interval };
        let config = TcModelConfig {
            quantity: "critical temperature, if there is a transition".to_owned(),
            features: self.features.to_string(),
            exponent: self.recipe.exponent,
            kernel: self.recipe.kernel,
            known_system: sealed(self.known_system),
            new_system: sealed(self.new_system),
            reach: known.reach(),
            dataset_sha256,
            metrics,
        };
        s2s_predict::TcModel::new(config, self.members.into_forest(), &written).map_err(|error| data(error.to_string()))
    }

    /// The prediction for one composition, which depends on nothing else.
    pub fn predict(&self, composition: &Composition) -> TcPrediction {
        let row = row(&self.features, composition);
        let opinion = self.members.ask(Input { composition, row: &row });
        let adjustment =
            if self.systems.contains(&system(composition)) { &self.known_system } else { &self.new_system };
        adjustment.predict(composition, &opinion, &self.recipe)
    }

    /// One prediction per composition, in their order, on all threads.
    pub fn predict_all(&self, compositions: &[&Composition]) -> Vec<TcPrediction> {
        compositions.par_iter().map(|composition| self.predict(composition)).collect()
    }
}

impl Adjustment {
    fn fit(found: &[(&TcExample, Opinion)], recipe: &TcRecipe) -> Self {
        let error = |forest: f64| -> f64 {
            let predicted =
                found.iter().map(|(example, opinion)| (recipe.kelvin(mixed(opinion, forest)) - example.kelvin).abs());
            predicted.sum()
        };
        let weights = (0..=10).map(|k| f64::from(10 - k) / 10.0);
        let forest = weights.min_by(|a, b| error(*a).total_cmp(&error(*b))).expect("invariant: there are weights");
        let labels: Vec<bool> = found.iter().map(|(example, _)| example.kelvin > 0.0).collect();
        let logits: Vec<f64> = found.iter().map(|(_, opinion)| logit(opinion.probability)).collect();
        let errors: Vec<_> = found
            .iter()
            .map(|(example, opinion)| {
                (&example.composition, opinion.spread, recipe.scaled(example.kelvin) - mixed(opinion, forest))
            })
            .collect();
        Self {
            forest,
            line: fit_platt(&labels, &logits),
            interval: Conformal::fit(&errors, IntervalGroup::families(), LEVEL),
        }
    }

    fn predict(&self, composition: &Composition, opinion: &Opinion, recipe: &TcRecipe) -> TcPrediction {
        let center = mixed(opinion, self.forest);
        let half = self.interval.half_width(composition, opinion.spread);
        TcPrediction {
            kelvin: recipe.kelvin(center),
            low: recipe.kelvin(center - half),
            high: recipe.kelvin(center + half),
            probability: self.line.probability(logit(opinion.probability)),
        }
    }
}

/// The recipe as a row of the benchmark.
impl TcRegressor for TcRecipe {
    fn name(&self) -> String {
        "blend".to_owned()
    }

    fn fit_predict(
        &self,
        train: &[TcExample],
        test: &[&Composition],
        seed: u64,
    ) -> Result<Vec<TcPrediction>, EvalError> {
        Ok(TcModel::fit(train, self, seed)?.predict_all(test))
    }
}

fn mixed(opinion: &Opinion, forest: f64) -> f64 {
    forest * opinion.forest + (1.0 - forest) * opinion.kernel
}

/// Kept finite: a share of trees can be 0 or 1.
fn logit(p: f64) -> f64 {
    let p = p.clamp(1e-3, 1.0 - 1e-3);
    (p / (1.0 - p)).ln()
}

/// The numbers of a composition as trees see them.
pub(super) fn row(features: &FeatureSet, composition: &Composition) -> Vec<f32> {
    features.row_of_composition(composition).into_iter().map(|x| x as f32).collect()
}

/// The elements of a composition.
pub(super) fn system(composition: &Composition) -> Vec<Element> {
    composition.elements().collect()
}
