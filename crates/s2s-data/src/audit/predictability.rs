//! How well shortcut features alone predict the label, by random forests under several splits.

use std::fmt;

use rayon::prelude::*;
use s2s_crystal::StructureFingerprint;
use serde::{Deserialize, Serialize};
use smartcore::{
    ensemble::random_forest_regressor::{RandomForestRegressor, RandomForestRegressorParameters},
    linalg::basic::matrix::DenseMatrix,
};

use super::{AuditError, ShortcutFeature};
use crate::{
    Dataset, Folds, Groups, Split,
    metric::{roc_auc, stratified_roc_auc},
};

/// What the two sides of a split must not share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SplitKind {
    /// Nothing: records at random, classes in equal shares.
    Random,
    /// A reduced formula.
    Formula,
    /// A set of elements.
    ChemicalSystem,
    /// A cluster of similar compositions.
    CompositionCluster,
    /// A type of structure.
    Structure,
}

impl SplitKind {
    /// Every kind, from the most permissive to the strictest.
    pub const EVERY: [Self; 5] =
        [Self::Random, Self::Formula, Self::ChemicalSystem, Self::CompositionCluster, Self::Structure];

    /// The groups that must stay together; `None` for the random split.
    ///
    /// # Errors
    ///
    /// [`FingerprintError`](crate::split::FingerprintError) if a structure has no surroundings to compare.
    pub fn groups(self, dataset: &Dataset, plan: &AuditPlan) -> Result<Option<Groups>, crate::split::FingerprintError> {
        let records = dataset.records();
        Ok(match self {
            Self::Random => None,
            Self::Formula => Some(Groups::by_formula(records)),
            Self::ChemicalSystem => Some(Groups::by_chemical_system(records)),
            Self::CompositionCluster => Some(Groups::by_composition_cluster(records, plan.clusters, plan.seed)),
            Self::Structure => Some(Groups::by_structure(records, plan.structure_tolerance)?),
        })
    }
}

impl fmt::Display for SplitKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Random => "random",
            Self::Formula => "formula",
            Self::ChemicalSystem => "chemical system",
            Self::CompositionCluster => "family",
            Self::Structure => "structure",
        })
    }
}

/// How an audit is run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AuditPlan {
    /// Sets of features to try.
    #[serde(rename = "artefacts")]
    pub features: Vec<ShortcutFeature>,
    /// Splits to try them under.
    pub splits: Vec<SplitKind>,
    /// Folds of each cross-validation.
    pub folds: usize,
    /// Cross-validations with different folds.
    pub repeats: u64,
    /// Trees of each forest.
    pub trees: usize,
    /// Clusters of compositions, for [`SplitKind::CompositionCluster`].
    pub clusters: usize,
    /// Largest distance of fingerprints of one structure type, for [`SplitKind::Structure`].
    pub structure_tolerance: f64,
    /// What folds, clusters and forests depend on.
    pub seed: u64,
}

impl AuditPlan {
    /// All shortcut features under all splits: five-fold cross-validation, repeated three times.
    pub fn thorough(seed: u64) -> Self {
        Self {
            features: ShortcutFeature::EVERY.to_vec(),
            splits: SplitKind::EVERY.to_vec(),
            folds: 5,
            repeats: 3,
            trees: 200,
            clusters: 30, // as many as keep fifty records each on S2S
            structure_tolerance: StructureFingerprint::SAME,
            seed,
        }
    }

    /// All shortcut features under the random split and without shared chemical systems, once.
    pub fn quick(seed: u64) -> Self {
        let splits = vec![SplitKind::Random, SplitKind::ChemicalSystem];
        Self { splits, repeats: 1, trees: 60, ..Self::thorough(seed) }
    }
}

/// How well one set of features predicts the label under one split.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Predictability {
    /// What the forest sees.
    #[serde(rename = "artefact")]
    pub feature: ShortcutFeature,
    /// What the sides of the split must not share.
    pub split: SplitKind,
    /// Area under the ROC curve, mean over the folds that have both classes.
    pub roc_auc: f64,
    /// The same over pairs with equal numbers of elements; nothing if there are no such pairs.
    #[serde(rename = "matched_roc_auc")]
    pub stratified_roc_auc: Option<f64>,
    /// Share of right answers at one half, over all folds.
    pub accuracy: f64,
}

/// Trains a random forest on each set of features under each split and tests it on the folds that it has not seen.
pub(super) fn measure(dataset: &Dataset, plan: &AuditPlan) -> Result<Vec<Predictability>, AuditError> {
    let elements: Vec<usize> =
        dataset.records().iter().map(|record| record.crystal.composition().num_elements()).collect();
    let features: Vec<Vec<Vec<f64>>> = plan
        .features
        .iter()
        .map(|a| dataset.records().iter().enumerate().map(|(row, record)| a.features(row, record)).collect())
        .collect();
    let mut jobs: Vec<(usize, SplitKind, u64, Split)> = Vec::new();
    for &kind in &plan.splits {
        let groups = kind.groups(dataset, plan)?;
        for repeat in 0..plan.repeats {
            let seed = plan.seed.wrapping_add(repeat);
            let folds = match &groups {
                None => Folds::stratified(dataset.labels(), plan.folds, seed)?,
                Some(groups) => Folds::grouped(dataset.labels(), groups, plan.folds, seed)?,
            };
            for (feature, split) in (0..plan.features.len()).flat_map(|a| folds.splits().map(move |s| (a, s))) {
                jobs.push((feature, kind, seed, split));
            }
        }
    }
    let tested = jobs.into_par_iter().map(|(feature, kind, seed, split)| {
        let scores = forest_scores(&features[feature], dataset.labels(), &split, plan.trees, seed)?;
        let labels: Vec<bool> = split.test.iter().map(|&i| dataset.labels()[i]).collect();
        let strata: Vec<usize> = split.test.iter().map(|&i| elements[i]).collect();
        let right = scores.iter().zip(&labels).filter(|(score, label)| (**score > 0.5) == **label).count();
        let aucs = (roc_auc(&labels, &scores), stratified_roc_auc(&labels, &scores, &strata));
        Ok((feature, kind, aucs, right, labels.len()))
    });
    let tested: Vec<_> = tested.collect::<Result<_, AuditError>>()?;
    let mut results = Vec::new();
    for &split in &plan.splits {
        for (index, &feature) in plan.features.iter().enumerate() {
            let folds: Vec<_> = tested.iter().filter(|t| t.0 == index && t.1 == split).collect();
            let mean =
                |values: Vec<f64>| (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64);
            let Some(roc_auc) = mean(folds.iter().filter_map(|t| t.2.0).collect()) else { continue };
            let stratified_roc_auc = mean(folds.iter().filter_map(|t| t.2.1).collect());
            let (right, all) = folds.iter().fold((0, 0), |(right, all), t| (right + t.3, all + t.4));
            let accuracy = right as f64 / all as f64;
            results.push(Predictability { feature, split, roc_auc, stratified_roc_auc, accuracy });
        }
    }
    Ok(results)
}

/// The forest's share of superconductors for each tested record.
fn forest_scores(
    features: &[Vec<f64>],
    labels: &[bool],
    split: &Split,
    trees: usize,
    seed: u64,
) -> Result<Vec<f64>, AuditError> {
    let rows = |side: &[usize]| side.iter().map(|&i| features[i].clone()).collect::<Vec<_>>();
    let failed = |error: smartcore::error::Failed| AuditError::Forest(error.to_string());
    let train = DenseMatrix::from_2d_vec(&rows(&split.train)).map_err(failed)?;
    let test = DenseMatrix::from_2d_vec(&rows(&split.test)).map_err(failed)?;
    let target: Vec<f64> = split.train.iter().map(|&i| f64::from(u8::from(labels[i]))).collect();
    let width = features.first().map_or(1, Vec::len);
    let parameters = RandomForestRegressorParameters::default()
        .with_n_trees(trees)
        .with_min_samples_leaf(3)
        .with_m((width as f64).sqrt().ceil() as usize)
        .with_seed(seed);
    let forest = RandomForestRegressor::fit(&train, &target, parameters).map_err(failed)?;
    forest.predict(&test).map_err(failed)
}
