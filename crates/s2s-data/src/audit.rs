//! An audit of a labelled dataset: how well shortcut features predict its labels, duplicates, conflicts and implausible structures.

mod inspection;
mod predictability;
mod shortcut_feature;

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

pub use self::{
    inspection::{Duplicate, LabelConflict, Suspicion, SuspicionReason},
    predictability::{AuditPlan, Predictability, SplitKind},
    shortcut_feature::ShortcutFeature,
};
use crate::{DataError, Dataset, Folds, split::FingerprintError};

/// What a dataset gives away through shortcut features alone, and which of its records are in doubt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Audit {
    /// Number of records.
    pub records: usize,
    /// Number of superconductors among them.
    pub superconductors: usize,
    /// How well each set of shortcut features predicts the label under each split.
    pub predictability: Vec<Predictability>,
    /// Formulas that a random five-fold split has on both sides, mean over the folds.
    pub formulas_shared_at_random: f64,
    /// Records that are there twice.
    pub duplicates: Vec<Duplicate>,
    /// Compositions with both labels.
    pub label_conflicts: Vec<LabelConflict>,
    /// Implausible structures.
    pub suspicions: Vec<Suspicion>,
}

/// Why a dataset cannot be audited.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum AuditError {
    /// The plan has splits that the dataset cannot have.
    #[error(transparent)]
    Data(#[from] DataError),
    /// A structure has no surroundings to compare.
    #[error(transparent)]
    Fingerprint(#[from] FingerprintError),
    /// The forest could not be grown.
    #[error("the forest could not be grown: {0}")]
    Forest(String),
}

/// From this area under the curve on, a shortcut feature is worth a warning.
const TELLING: f64 = 0.7;

impl Audit {
    /// Audits a dataset. A pure function of dataset and plan.
    ///
    /// # Errors
    ///
    /// [`AuditError`] if the dataset has too few groups for the folds of the plan, or a structure cannot be searched.
    pub fn new(dataset: &Dataset, plan: &AuditPlan) -> Result<Self, AuditError> {
        let predictability = predictability::measure(dataset, plan)?;
        let formulas = crate::Groups::by_formula(dataset.records());
        let random = Folds::stratified(dataset.labels(), plan.folds, plan.seed)?;
        let shared: usize = random.splits().map(|split| formulas.shared_by(&split.train, &split.test)).sum();
        Ok(Self {
            records: dataset.len(),
            superconductors: dataset.num_superconductors(),
            predictability,
            formulas_shared_at_random: shared as f64 / plan.folds as f64,
            duplicates: inspection::duplicates(dataset)?,
            label_conflicts: inspection::label_conflicts(dataset),
            suspicions: inspection::suspicions(dataset),
        })
    }

    /// How well a set of shortcut features predicts the label under a split, if the plan had it.
    pub fn of(&self, feature: ShortcutFeature, split: SplitKind) -> Option<&Predictability> {
        self.predictability.iter().find(|p| p.feature == feature && p.split == split)
    }

    /// What a user of the dataset must know, in plain words; nothing where there is nothing to say.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        for p in self.predictability.iter().filter(|p| p.split == SplitKind::Random && p.roc_auc >= TELLING) {
            let auc = 100.0 * p.roc_auc;
            warnings.push(match p.feature {
                ShortcutFeature::RowNumber => {
                    format!("the {} tells the label (AUC {auc:.1}): never split without shuffling", p.feature)
                }
                ShortcutFeature::IdNumber => format!(
                    "the {} tells the label (AUC {auc:.1}): so may anything that is taken from one version of a database",
                    p.feature
                ),
                _ => format!(
                    "{}: AUC {auc:.1} under a random split and nothing else known; a model that reaches this need not know any physics",
                    p.feature
                ),
            });
        }
        if self.formulas_shared_at_random > 0.0 {
            warnings.push(format!(
                "a random fold shares {:.0} formulas with its training side: split by formula or chemical system",
                self.formulas_shared_at_random
            ));
        }
        let mut count = |number: usize, what: &str| {
            if number > 0 {
                warnings.push(format!("{number} {what}"));
            }
        };
        let contradicting = self.duplicates.iter().filter(|d| !d.same_label).count();
        count(self.duplicates.len() - contradicting, "pairs of records are the same structure with the same label");
        count(contradicting, "pairs of records are the same structure with different labels");
        count(self.label_conflicts.len(), "compositions have records of both labels");
        let positive = self.suspicions.iter().filter(|s| s.superconductor).count();
        count(positive, "superconductors have a structure that is hard to believe");
        count(self.suspicions.len() - positive, "other records have a structure that is hard to believe");
        warnings
    }
}

impl fmt::Display for Audit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} records, {} superconductors", self.records, self.superconductors)?;
        let mut splits: Vec<SplitKind> = Vec::new();
        let mut features: Vec<ShortcutFeature> = Vec::new();
        for p in &self.predictability {
            if !splits.contains(&p.split) {
                splits.push(p.split);
            }
            if !features.contains(&p.feature) {
                features.push(p.feature);
            }
        }
        writeln!(f, "\nThe label from shortcut features alone: ACC / AUC / AUC among equal numbers of elements, in %")?;
        write!(f, "{:<32}", "")?;
        splits.iter().try_for_each(|split| write!(f, "{split:>22}"))?;
        writeln!(f)?;
        for &feature in &features {
            write!(f, "{feature:<32}")?;
            for &split in &splits {
                match self.of(feature, split) {
                    Some(p) => {
                        let stratified =
                            p.stratified_roc_auc.map_or("–".to_owned(), |auc| format!("{:.1}", 100.0 * auc));
                        let cell = format!("{:.1} / {:.1} / {stratified}", 100.0 * p.accuracy, 100.0 * p.roc_auc);
                        write!(f, "{cell:>22}")?;
                    }
                    None => write!(f, "{:>22}", "–")?,
                }
            }
            writeln!(f)?;
        }
        let warnings = self.warnings();
        if !warnings.is_empty() {
            writeln!(f, "\nWarnings")?;
        }
        warnings.iter().try_for_each(|warning| writeln!(f, "* {warning}"))?;
        for suspicion in self.suspicions.iter().take(SHOWN) {
            writeln!(f, "  {} {}: {}", suspicion.id, suspicion.formula, suspicion.reason)?;
        }
        match self.suspicions.len().checked_sub(SHOWN + 1) {
            Some(more) => writeln!(f, "  … and {} more", more + 1),
            None => Ok(()),
        }
    }
}

/// Suspicious structures that the printed report lists one by one.
const SHOWN: usize = 20;
