//! What a network learns of crystals, and of their masked atoms.

use s2s_featurize::{MaskPolicy, Replacement};
use s2s_model::TaskKind;
use serde::{Deserialize, Serialize};

use crate::objective::RegressionLoss;

/// One of several targets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetConfig {
    /// Its name, without a dot: "superconductor", "formation energy".
    pub name: String,
    /// What it is.
    pub kind: TargetKind,
    /// What its loss counts.
    pub weight: f64,
}

/// What a target is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum TargetKind {
    /// Something that is true of a crystal or not.
    Label,
    /// A number.
    Number {
        /// Its unit.
        unit: String,
        /// What a wrong number costs, in standard deviations.
        loss: RegressionLoss,
    },
}

impl TargetKind {
    /// The question of a network for such a target alone.
    pub fn task(&self) -> TaskKind {
        match self {
            Self::Label => TaskKind::Classification,
            Self::Number { .. } => TaskKind::Regression,
        }
    }
}

/// How masked atoms are learned beside other targets.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MaskedElements {
    /// How many atoms are masked.
    pub mask: MaskPolicy,
    /// What replaces those that are learned from; held-out ones are always replaced by the mask.
    pub replacement: Replacement,
    /// What their loss counts.
    pub weight: f64,
}

impl MaskedElements {
    /// As in §3.2, with the weight one.
    pub fn paper() -> Self {
        Self { mask: MaskPolicy::paper(), replacement: Replacement::Mask, weight: 1.0 }
    }
}

impl TargetConfig {
    /// A label of weight one.
    pub fn label(name: &str) -> Self {
        Self { name: name.to_owned(), kind: TargetKind::Label, weight: 1.0 }
    }

    /// A number of weight one, learned by the squared error up to a standard deviation and by the distance beyond.
    pub fn number(name: &str, unit: &str) -> Self {
        let kind = TargetKind::Number { unit: unit.to_owned(), loss: RegressionLoss::Huber(1.0) };
        Self { name: name.to_owned(), kind, weight: 1.0 }
    }

    /// What the names of its tensors begin with.
    pub(super) fn scope(&self) -> String {
        format!("targets.{}.", self.name)
    }
}
