//! A sealed folder of boosted trees.

use std::{collections::BTreeMap, path::Path};

use s2s_crystal::{Composition, Crystal};
use s2s_featurize::FeatureSet;
use serde::{Deserialize, Serialize};

use crate::{
    Answer, BoostedTrees, Calibration, ConfigError, FolderError, Known, SealedFolder,
    trees::{decode, encode},
};

/// Everything about a [`TreeModel`] except the numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TreeModelConfig {
    /// What a positive answer means, such as `listed as a superconductor`.
    pub positive: String,
    /// What the trees see, as [`FeatureSet`] writes it.
    pub features: String,
    /// Turns the mean logit of the members into that of a probability; fitted on examples that a member had not seen.
    pub calibration: Calibration,
    /// SHA-256 of the data that it was trained on, in hexadecimal digits.
    pub dataset_sha256: String,
    /// What was measured on data that it did not see.
    pub metrics: BTreeMap<String, f64>,
}

/// Several sums of trees that learned from different parts of the data, their calibration, and what they learned from.
///
/// ```text
/// my-trees/
///   trees.bin       the members' nodes, 16 bytes each
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

/// Every descriptor once, and a few more.
const MAX_DESCRIPTORS: usize = 32;

impl TreeModel {
    /// A model of at least one member.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if there is no member, the calibration does not rise, or the features do not exist or are fewer than
    /// the trees ask about.
    pub fn new(config: TreeModelConfig, members: Vec<BoostedTrees>, known: Known) -> Result<Self, ConfigError> {
        let wrong = |reason: String| ConfigError { reason };
        if members.is_empty() {
            return Err(wrong("a model of trees needs a member".to_owned()));
        }
        config.calibration.validate()?;
        let features: FeatureSet =
            config.features.parse().map_err(|error: s2s_featurize::UnknownBlock| wrong(error.to_string()))?;
        if features.blocks().len() > MAX_DESCRIPTORS {
            return Err(wrong(format!("{} sets of features are more than {MAX_DESCRIPTORS}", features.blocks().len())));
        }
        let (width, asked) = (features.width(), members.iter().map(BoostedTrees::width).max().unwrap_or(0));
        if asked > width {
            return Err(wrong(format!("the trees ask about {asked} numbers where {} are {width}", config.features)));
        }
        Ok(Self { config, features, members, known })
    }

    /// Whether a sealed folder holds one of these, rather than a network.
    pub(crate) fn is_in(sealed: &SealedFolder) -> bool {
        sealed.contains(TREES)
    }

    /// Reads a sealed folder.
    ///
    /// # Errors
    ///
    /// [`FolderError::Changed`] if any byte differs from what was written, and whatever else is wrong with it.
    pub fn load(folder: impl AsRef<Path>) -> Result<Self, FolderError> {
        Self::read(&SealedFolder::open(folder.as_ref())?)
    }

    pub(crate) fn read(sealed: &SealedFolder) -> Result<Self, FolderError> {
        let bad = |name: &str, reason: String| FolderError::BadConfig { path: sealed.path(name), reason };
        let config: TreeModelConfig =
            serde_json::from_slice(&sealed.read(CONFIG)?).map_err(|error| bad(CONFIG, error.to_string()))?;
        let known = serde_json::from_slice(&sealed.read(KNOWN)?).map_err(|error| bad(KNOWN, error.to_string()))?;
        let members = decode(&sealed.read(TREES)?).map_err(|reason| bad(TREES, reason))?;
        sealed.verify_others(&[CONFIG, KNOWN, TREES])?;
        Self::new(config, members, known).map_err(|error| bad(CONFIG, error.to_string()))
    }

    /// Writes a sealed folder with a model card.
    ///
    /// # Errors
    ///
    /// [`FolderError::Exists`] if there is something under the name, [`FolderError::Io`]; nothing is left then.
    pub fn save(&self, folder: impl AsRef<Path>, card: &str) -> Result<(), FolderError> {
        let json = |value: serde_json::Result<Vec<u8>>| value.expect("invariant: names and numbers are plain data");
        let files = [
            (TREES, encode(&self.members)),
            (CONFIG, json(serde_json::to_vec_pretty(&self.config))),
            (KNOWN, json(serde_json::to_vec(&self.known))),
            (CARD, card.as_bytes().to_vec()),
        ];
        SealedFolder::write(folder.as_ref(), &files)
    }

    /// Everything except the numbers.
    pub fn config(&self) -> &TreeModelConfig {
        &self.config
    }

    /// What the trees see.
    pub fn features(&self) -> &FeatureSet {
        &self.features
    }

    /// How many members vote.
    pub fn num_members(&self) -> usize {
        self.members.len()
    }

    /// What it has learned from.
    pub fn known(&self) -> &Known {
        &self.known
    }

    /// The answer for a row of [`features`](Self::features) of a composition, or of a crystal of it.
    ///
    /// # Panics
    ///
    /// If the row is shorter than the trees ask for.
    pub fn answer(&self, row: &[f64], composition: &Composition, crystal: Option<&Crystal>) -> Answer {
        let logits: Vec<f64> = self.members.iter().map(|member| member.logit(row)).collect();
        self.answer_of(&logits, composition, crystal)
    }

    /// The answers for crystals and their rows of [`features`](Self::features), each as [`answer`](Self::answer) gives it.
    ///
    /// # Panics
    ///
    /// If there are not as many rows as crystals, or a row is shorter than the trees ask for.
    pub fn answers(&self, rows: &[&[f64]], crystals: &[&Crystal]) -> Vec<Answer> {
        assert_eq!(rows.len(), crystals.len(), "one row per crystal");
        let members: Vec<Vec<f64>> = self.members.iter().map(|member| member.logits(rows)).collect();
        let answer = |(k, crystal): (usize, &&Crystal)| {
            let logits: Vec<f64> = members.iter().map(|logits| logits[k]).collect();
            self.answer_of(&logits, &crystal.composition(), Some(crystal))
        };
        crystals.iter().enumerate().map(answer).collect()
    }

    fn answer_of(&self, logits: &[f64], composition: &Composition, crystal: Option<&Crystal>) -> Answer {
        let line = &self.config.calibration;
        let logit = mean(logits.iter().copied());
        let probabilities: Vec<f64> = logits.iter().map(|z| line.probability(*z)).collect();
        let center = mean(probabilities.iter().copied());
        let variance = mean(probabilities.iter().map(|p| (p - center).powi(2)));
        let mut compared = self.known.compare(composition, crystal, 1);
        Answer {
            value: line.slope * logit + line.offset,
            probability: Some(line.probability(logit)),
            std: (self.members.len() > 1).then(|| variance.sqrt()),
            transition: None,
            nearest: compared.nearest.pop(),
            next_nearest: Vec::new(),
            known: Some(compared.known),
            warnings: compared.warnings,
        }
    }
}

fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = values.len() as f64;
    values.sum::<f64>() / count
}
