//! The blend that predicts Tc: its members, weighted and calibrated on out-of-fold answers.

use std::collections::{BTreeMap, HashSet};

use rayon::prelude::*;
use s2s_crystal::{Composition, Element};
use s2s_data::{Folds, Groups};
use s2s_featurize::FeatureSet;
use serde::{Deserialize, Serialize};

use s2s_predict::{Conformal, DistanceWeight, IntervalGroup, Known, KnownCrystal, TcAdjustment, TcModelConfig};

use super::{
    Negatives, TcExample, TcInput, TcPrediction, TcRegressor,
    members::{Input, Members, Opinion},
    probability::ProbabilityMap,
    unlabeled,
};
use crate::{
    EvalError,
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
    /// What examples without a transition stand for.
    pub negatives: Negatives,
}

impl TcRecipe {
    /// Chosen on parts of the training side of the random and the chemical-system split of the SuperCon table.
    pub fn standard() -> Self {
        Self {
            features: "magpie+fractions+doping".to_owned(),
            exponent: 0.8,
            forest: ExtraTreesConfig { trees: 200, columns: 0.6, leaf: 1 },
            kernel: LocalKernelConfig { neighbors: 64, lengths: [0.1, 1.0], ridge: 0.02 },
            boosting: BoostingConfig {
                trees: 300,
                learning_rate: 0.08,
                depth: 7,
                columns: 0.25,
                ..BoostingConfig::plain()
            },
            folds: 4,
            fold_trees: 60,
            negatives: Negatives::All,
        }
    }

    /// A recipe whose forest takes two megabytes: what the bundled model is made by.
    pub fn small() -> Self {
        let standard = Self::standard();
        Self { forest: ExtraTreesConfig { trees: 60, leaf: 4, ..standard.forest }, ..standard }
    }

    /// A temperature in K on the scale on which the trees learn.
    pub fn scaled(&self, kelvin: f64) -> f64 {
        to_scale(kelvin, self.exponent)
    }

    /// The temperature in K.
    pub fn kelvin(&self, scaled: f64) -> f64 {
        from_scale(scaled, self.exponent)
    }
}

/// Whether the training data has the chemical system of a composition: how far to believe an answer depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Novelty {
    KnownSystem,
    NewSystem,
}

impl Novelty {
    fn of(composition: &Composition, systems: &HashSet<Vec<Element>>) -> Self {
        if systems.contains(&system(composition)) { Self::KnownSystem } else { Self::NewSystem }
    }
}

/// What out-of-fold answers have taught.
#[derive(Clone, Debug)]
struct Adjustment {
    /// Weight of the forest; the kernel has the rest.
    forest: DistanceWeight,
    probability: ProbabilityMap,
    interval: Conformal,
}

/// An out-of-fold answer.
struct Found<'e> {
    example: &'e TcExample,
    /// Probability of a Tc above zero.
    share: f64,
    opinion: Opinion,
}

impl Found<'_> {
    /// Label and logit, so many times: as often positive as the share says.
    fn labeled(&self, copies: u32) -> impl Iterator<Item = (bool, f64)> {
        let positive = (self.share * f64::from(copies)).round() as u32;
        let logit = logit(self.opinion.probability);
        (0..copies).map(move |k| (k < positive, logit))
    }
}

/// A model of Tc that has learned.
#[derive(Debug)]
pub struct TcModel {
    recipe: TcRecipe,
    features: FeatureSet,
    members: Members,
    systems: HashSet<Vec<Element>>,
    /// At least one of these is there.
    known_system: Option<Adjustment>,
    new_system: Option<Adjustment>,
}

/// Share of the answers inside an interval.
pub(super) const LEVEL: f64 = 0.8;

/// Fewer examples than this leave nothing to calibrate on.
const FEWEST: usize = 20;

/// Refuses too few examples.
pub(super) fn check_count(examples: usize) -> Result<(), EvalError> {
    if examples < FEWEST {
        return Err(EvalError::Data { reason: format!("{examples} examples are fewer than {FEWEST}") });
    }
    Ok(())
}

/// A temperature in K on the scale `Tc ^ exponent`.
pub(super) fn to_scale(kelvin: f64, exponent: f64) -> f64 {
    kelvin.max(0.0).powf(exponent)
}

/// The temperature in K of a value on the scale `Tc ^ exponent`.
pub(super) fn from_scale(scaled: f64, exponent: f64) -> f64 {
    scaled.max(0.0).powf(1.0 / exponent)
}

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
        Self::fit_for(&[Novelty::KnownSystem, Novelty::NewSystem], examples, recipe, seed)
    }

    /// A model that is asked for such compositions only: most of the time goes into what is found out for one kind or the other.
    fn fit_for(asked: &[Novelty], examples: &[TcExample], recipe: &TcRecipe, seed: u64) -> Result<Self, EvalError> {
        let examples: Vec<&TcExample> = examples.iter().filter(|example| recipe.negatives.include(example)).collect();
        check_count(examples.len())?;
        let features: FeatureSet = recipe
            .features
            .parse()
            .map_err(|error: s2s_featurize::UnknownBlock| EvalError::Config { reason: error.to_string() })?;
        let rows: Vec<Vec<f32>> = examples.par_iter().map(|example| row(&features, &example.composition)).collect();
        let inputs: Vec<Input<'_>> =
            examples.iter().zip(&rows).map(|(example, row)| Input { composition: &example.composition, row }).collect();
        let shares = match recipe.negatives {
            Negatives::Unlabeled => unlabeled::shares(&inputs, &examples, &recipe.boosting, seed)?,
            Negatives::All | Negatives::Tested => {
                examples.iter().map(|example| f64::from(u8::from(example.kelvin > 0.0))).collect()
            }
        };
        let labels: Vec<bool> = examples.iter().map(|example| example.kelvin > 0.0).collect();
        let groups = Groups::by_key(examples.iter().map(|example| system(&example.composition)));
        let adjust = |novelty: Novelty| -> Result<Option<Adjustment>, EvalError> {
            if !asked.contains(&novelty) {
                return Ok(None);
            }
            let folds = match novelty {
                Novelty::KnownSystem => Folds::stratified(&labels, recipe.folds, seed)?,
                Novelty::NewSystem => Folds::grouped(&labels, &groups, recipe.folds.min(groups.num_groups()), seed)?,
            };
            let mut found = Vec::new();
            for split in folds.splits() {
                let known: Vec<Input<'_>> = split.train.iter().map(|&i| inputs[i]).collect();
                let learned: Vec<&TcExample> = split.train.iter().map(|&i| examples[i]).collect();
                let of_learned: Vec<f64> = split.train.iter().map(|&i| shares[i]).collect();
                let members = Members::fit(&known, &learned, &of_learned, recipe, recipe.fold_trees, seed)?;
                let systems: HashSet<u32> = split.train.iter().map(|&i| groups.of()[i]).collect();
                let asked =
                    split.test.iter().filter(|&&i| novelty == Novelty::NewSystem || systems.contains(&groups.of()[i]));
                let asked: Vec<usize> = asked.copied().collect();
                found.par_extend(asked.par_iter().map(|&i| Found {
                    example: examples[i],
                    share: shares[i],
                    opinion: members.ask(inputs[i]),
                }));
            }
            Ok(Some(Adjustment::fit(&found, recipe)))
        };
        let new_system = adjust(Novelty::NewSystem)?;
        let known_system = adjust(Novelty::KnownSystem)?;
        let members = Members::fit(&inputs, &examples, &shares, recipe, recipe.forest.trees, seed)?;
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
        let sealed = |adjustment: Option<Adjustment>| {
            let both = || data("a model for one kind of compositions cannot be sealed".to_owned());
            let Adjustment { forest, interval, .. } = adjustment.ok_or_else(both)?;
            Ok::<_, EvalError>(TcAdjustment { forest, interval })
        };
        let config = TcModelConfig {
            quantity: "critical temperature, if there is a transition".to_owned(),
            features: self.features.to_string(),
            exponent: self.recipe.exponent,
            kernel: self.recipe.kernel,
            known_system: sealed(self.known_system)?,
            new_system: sealed(self.new_system)?,
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
        let (known, new) = (self.known_system.as_ref(), self.new_system.as_ref());
        let adjustment = match Novelty::of(composition, &self.systems) {
            Novelty::KnownSystem => known.or(new),
            Novelty::NewSystem => new.or(known),
        };
        let adjustment = adjustment.expect("invariant: one of them is there");
        adjustment.predict(composition, &opinion, &self.recipe)
    }

    /// One prediction per composition, in their order, on all threads.
    pub fn predict_all(&self, compositions: &[&Composition]) -> Vec<TcPrediction> {
        compositions.par_iter().map(|composition| self.predict(composition)).collect()
    }
}

impl Adjustment {
    fn fit(found: &[Found<'_>], recipe: &TcRecipe) -> Self {
        let forest = weights(found, recipe);
        let copies = if recipe.negatives == Negatives::Unlabeled { 10 } else { 1 };
        let (labels, logits): (Vec<bool>, Vec<f64>) = found.iter().flat_map(|found| found.labeled(copies)).unzip();
        let errors: Vec<_> = found
            .iter()
            .map(|Found { example, opinion, .. }| {
                (&example.composition, opinion.std, recipe.scaled(example.kelvin) - opinion.mixed(forest))
            })
            .collect();
        Self {
            forest,
            probability: ProbabilityMap::fit(&labels, &logits),
            interval: Conformal::fit(&errors, IntervalGroup::families(), LEVEL),
        }
    }

    fn predict(&self, composition: &Composition, opinion: &Opinion, recipe: &TcRecipe) -> TcPrediction {
        let center = opinion.mixed(self.forest);
        let half = self.interval.half_width(composition, opinion.std);
        TcPrediction {
            kelvin: recipe.kelvin(center),
            low: recipe.kelvin(center - half),
            high: recipe.kelvin(center + half),
            probability: self.probability.probability(logit(opinion.probability)),
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
        test: &[TcInput<'_>],
        seed: u64,
    ) -> Result<Vec<TcPrediction>, EvalError> {
        let compositions: Vec<&Composition> = test.iter().map(|input| input.composition).collect();
        let learned = train.iter().filter(|example| self.negatives.include(example));
        let systems = learned.map(|example| system(&example.composition)).collect();
        let asked: Vec<Novelty> = compositions.iter().map(|composition| Novelty::of(composition, &systems)).collect();
        Ok(TcModel::fit_for(&asked, train, self, seed)?.predict_all(&compositions))
    }
}

/// The weights with the least mean absolute error, on a grid; they do not fall with the distance: the farther the nearest
/// example, the less the kernel has to go by.
fn weights(found: &[Found<'_>], recipe: &TcRecipe) -> DistanceWeight {
    let error = |weight: DistanceWeight| -> f64 {
        let one =
            |Found { example, opinion, .. }: &Found<'_>| (recipe.kelvin(opinion.mixed(weight)) - example.kelvin).abs();
        found.iter().map(one).sum()
    };
    let grid = |low: u8| (low..=10).map(|k| (k, f64::from(k) / 10.0));
    let near = grid(0).flat_map(|(k, near)| grid(k).map(move |(m, middle)| (m, near, middle)));
    let all = near.flat_map(|(m, near, middle)| grid(m).map(move |(_, far)| DistanceWeight([near, middle, far])));
    let all: Vec<(f64, DistanceWeight)> = all.collect::<Vec<_>>().into_par_iter().map(|w| (error(w), w)).collect();
    all.into_iter().min_by(|a, b| a.0.total_cmp(&b.0)).expect("invariant: there are weights").1
}

/// Kept finite: a share of trees can be 0 or 1.
pub(super) fn logit(p: f64) -> f64 {
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
