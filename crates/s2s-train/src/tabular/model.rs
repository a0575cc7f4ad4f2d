//! A sealed folder of boosted trees, and its answers.

use std::{collections::BTreeMap, path::Path};

use rayon::prelude::*;
use s2s_crystal::Crystal;
use s2s_eval::{BoostedTrees, Platt};
use s2s_featurize::{FeatureSet, Featurizer, UnknownBlock};
use s2s_model::{CheckpointError, SealedFolder};
use serde::{Deserialize, Serialize};

use super::{
    Assessment, Known,
    packed::{decode, encode},
};
use crate::TrainError;

/// Everything about a [`TreeModel`] except the numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TreeModelConfig {
    /// What a positive answer means, such as `listed as a superconductor`.
    pub positive: String,
    /// What the trees see, as [`FeatureSet`] writes it.
    pub features: String,
    /// Turns the mean logit of the members into that of a probability; fitted on examples that a member had not seen.
    pub calibration: Platt,
    /// SHA-256 of the data that it was trained on, in hexadecimal digits.
    pub dataset_sha256: String,
    /// What was measured on data that it did not see.
    pub metrics: BTreeMap<String, f64>,
}

/// Several sums of trees that learned from different parts of the data, their calibration, and what they learned from.
///
/// ```text
/// my-trees/
///   trees.bin       the members' nodes, 16 bytes each (`packed.rs` has the layout)
///   config.json     features, calibration, dataset hash, metrics
///   known.json      the training data, as far as new crystals are compared with it
///   README.md       model card
///   MANIFEST.json   size and SHA-256 of every file, and a seal over itself
/// ```
#[derive(Debug)]
pub struct TreeModel {
    config: TreeModelConfig,
    features: FeatureSet,
    members: Vec<BoostedTrees>,
    known: Known,
}

const TREES: &str = "trees.bin";
const CONFIG: &str = "config.json";
const KNOWN: &str = "known.json";
const CARD: &str = "README.md";

impl TreeModel {
    /// A model of at least one member.
    ///
    /// # Errors
    ///
    /// [`TrainError::Config`] if there is no member, or the features do not exist or are fewer than the trees ask
    /// about.
    pub fn new(config: TreeModelConfig, members: Vec<BoostedTrees>, known: Known) -> Result<Self, TrainError> {
        let wrong = |reason: String| TrainError::Config { reason };
        if members.is_empty() {
            return Err(wrong("a model of trees needs a member".to_owned()));
        }
        let features: FeatureSet = config.features.parse().map_err(|error: UnknownBlock| wrong(error.to_string()))?;
        let (width, asked) = (features.width(), members.iter().map(BoostedTrees::width).max().unwrap_or(0));
        if asked > width {
            return Err(wrong(format!("the trees ask about {asked} numbers where {} are {width}", config.features)));
        }
        Ok(Self { config, features, members, known })
    }

    /// Whether a folder claims to be one of these, rather than a network's.
    pub fn is_in(folder: impl AsRef<Path>) -> bool {
        folder.as_ref().join(TREES).is_file()
    }

    /// Reads a sealed folder.
    ///
    /// # Errors
    ///
    /// [`CheckpointError::Changed`] if any byte differs from what was written, and whatever else is wrong with it.
    pub fn load(folder: impl AsRef<Path>) -> Result<Self, TrainError> {
        let folder = folder.as_ref();
        let sealed = SealedFolder::open(folder)?;
        let bad = |name: &str, reason: String| CheckpointError::BadConfig { path: folder.join(name), reason };
        let config: TreeModelConfig =
            serde_json::from_slice(&sealed.read(CONFIG)?).map_err(|error| bad(CONFIG, error.to_string()))?;
        let known = serde_json::from_slice(&sealed.read(KNOWN)?).map_err(|error| bad(KNOWN, error.to_string()))?;
        let members = decode(&sealed.read(TREES)?).map_err(|reason| bad(TREES, reason))?;
        sealed.verify_others(&[CONFIG, KNOWN, TREES])?;
        Self::new(config, members, known)
    }

    /// Writes a sealed folder with a model card.
    ///
    /// # Errors
    ///
    /// [`CheckpointError::Exists`] if there is something under the name, [`CheckpointError::Io`]; nothing is left then.
    pub fn save(&self, folder: impl AsRef<Path>, card: &str) -> Result<(), TrainError> {
        let json = |value: serde_json::Result<Vec<u8>>| value.expect("invariant: names and numbers are plain data");
        let files = [
            (TREES, encode(&self.members)),
            (CONFIG, json(serde_json::to_vec_pretty(&self.config))),
            (KNOWN, json(serde_json::to_vec(&self.known))),
            (CARD, card.as_bytes().to_vec()),
        ];
        Ok(SealedFolder::write(folder.as_ref(), &files)?)
    }

    /// Everything except the numbers.
    pub fn config(&self) -> &TreeModelConfig {
        &self.config
    }

    /// How many members vote.
    pub fn num_members(&self) -> usize {
        self.members.len()
    }

    /// What it has learned from.
    pub fn known(&self) -> &Known {
        &self.known
    }

    /// One answer per crystal, in their order, on all threads; what is wrong with one crystal is the answer for that one
    /// alone.
    pub fn assess(&self, crystals: &[Crystal]) -> Vec<Result<Assessment, TrainError>> {
        let one = |crystal| self.row(crystal).map(|row| self.assess_row(crystal, &row));
        crystals.par_iter().map(one).collect()
    }

    /// Whether another model sees the same numbers, so that one [`row`](Self::row) serves both.
    pub fn sees_like(&self, other: &Self) -> bool {
        self.features == other.features
    }

    /// What the trees see of a crystal.
    ///
    /// # Errors
    ///
    /// [`TrainError::Data`] if it cannot be turned into numbers.
    pub fn row(&self, crystal: &Crystal) -> Result<Vec<f64>, TrainError> {
        self.features.featurize(crystal).map_err(|error| TrainError::Data { reason: error.to_string() })
    }

    /// Only the calibrated probability for a [`row`](Self::row).
    ///
    /// # Panics
    ///
    /// If the row is shorter than the trees ask for.
    pub fn probability(&self, row: &[f64]) -> f64 {
        self.config.calibration.probability(mean(self.members.iter().map(|member| member.logit(row))))
    }

    /// The answer for a crystal and its [`row`](Self::row).
    ///
    /// # Panics
    ///
    /// If the row is shorter than the trees ask for.
    pub fn assess_row(&self, crystal: &Crystal, row: &[f64]) -> Assessment {
        let line = &self.config.calibration;
        let logits: Vec<f64> = self.members.iter().map(|member| member.logit(row)).collect();
        let logit = mean(logits.iter().copied());
        let probabilities: Vec<f64> = logits.iter().map(|z| line.probability(*z)).collect();
        let center = mean(probabilities.iter().copied());
        let variance = mean(probabilities.iter().map(|p| (p - center).powi(2)));
        let (nearest, unfamiliar) = self.known.compare(crystal);
        Assessment {
            value: line.slope * logit + line.offset,
            probability: line.probability(logit),
            spread: variance.sqrt(),
            nearest,
            unfamiliar,
        }
    }
}

fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = values.len() as f64;
    values.sum::<f64>() / count
}
