//! A sealed folder of boosted trees, and its answers.

use std::{collections::BTreeMap, path::Path};

use rayon::prelude::*;
use s2s_crystal::Crystal;
use s2s_data::Record;
use s2s_model::{CheckpointError, SealedFolder};
use serde::{Deserialize, Serialize};

use super::{Assessment, BoostedTrees, FeatureSet, Known, TreeNode};
use crate::{Platt, TrainError};

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
///   trees.bin       the members' nodes, 16 bytes each (see the source for the layout)
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
        let features: FeatureSet =
            config.features.parse().map_err(|error: super::UnknownBlock| wrong(error.to_string()))?;
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
        let record = Record::new("asked", String::new(), crystal.clone());
        self.features.row(&record).map_err(|error| TrainError::Data { reason: error.to_string() })
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
        Assessment {
            value: line.slope * logit + line.offset,
            probability: line.probability(logit),
            spread: variance.sqrt(),
            nearest: self.known.nearest_positive(&crystal.composition()),
            unfamiliar: self.known.unfamiliar(crystal),
        }
    }
}

fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = values.len() as f64;
    values.sum::<f64>() / count
}

/// Marks a leaf where the column of a split would be.
const LEAF: u16 = u16::MAX;

/// Little-endian: number of members; per member its base, number of trees, and per tree the number of nodes and the nodes,
/// each as column, below, above, missing (`u16`) and threshold or leaf (`f64`).
fn encode(members: &[BoostedTrees]) -> Vec<u8> {
    let count = |n: usize| u32::try_from(n).expect("invariant: trees are small").to_le_bytes();
    let mut bytes = count(members.len()).to_vec();
    for member in members {
        bytes.extend(member.base().to_le_bytes());
        bytes.extend(count(member.trees().len()));
        for tree in member.trees() {
            bytes.extend(count(tree.len()));
            for node in tree {
                let (places, value) = match *node {
                    TreeNode::Leaf(value) => ([LEAF, 0, 0, 0], value),
                    TreeNode::Split { column, threshold, below, above, missing } => {
                        ([column, below, above, missing], threshold)
                    }
                };
                places.iter().for_each(|place| bytes.extend(place.to_le_bytes()));
                bytes.extend(value.to_le_bytes());
            }
        }
    }
    bytes
}

fn decode(bytes: &[u8]) -> Result<Vec<BoostedTrees>, String> {
    let mut reader = Reader(bytes);
    let count = reader.count()?;
    let mut members = Vec::new();
    for _ in 0..count {
        let base = reader.number()?;
        let mut trees = Vec::new();
        for _ in 0..reader.count()? {
            let mut nodes = Vec::new();
            for _ in 0..reader.count()? {
                let [column, below, above, missing] =
                    [reader.place()?, reader.place()?, reader.place()?, reader.place()?];
                let value = reader.number()?;
                nodes.push(match column {
                    LEAF => TreeNode::Leaf(value),
                    column => TreeNode::Split { column, threshold: value, below, above, missing },
                });
            }
            trees.push(nodes);
        }
        members.push(BoostedTrees::new(base, trees).map_err(|error| error.to_string())?);
    }
    if reader.0.is_empty() { Ok(members) } else { Err(format!("{} bytes too many", reader.0.len())) }
}

struct Reader<'b>(&'b [u8]);

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], String> {
        let (first, rest) = self.0.split_first_chunk().ok_or("it ends too early")?;
        self.0 = rest;
        Ok(*first)
    }

    fn count(&mut self) -> Result<u32, String> {
        self.take().map(u32::from_le_bytes)
    }

    fn place(&mut self) -> Result<u16, String> {
        self.take().map(u16::from_le_bytes)
    }

    fn number(&mut self) -> Result<f64, String> {
        self.take().map(f64::from_le_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trees_come_back_bit_for_bit() {
        let root = TreeNode::Split { column: 3, threshold: 0.1, below: 1, above: 2, missing: 1 };
        let tree = || vec![root, TreeNode::Leaf(-0.25), TreeNode::Leaf(1.0 / 3.0)];
        let members: Vec<BoostedTrees> =
            (0..2).map(|k| BoostedTrees::new(f64::from(k), [tree(), tree()]).expect("they are trees")).collect();
        let bytes = encode(&members);
        assert_eq!(decode(&bytes), Ok(members));
        assert_eq!(decode(&bytes[..bytes.len() - 1]), Err("it ends too early".to_owned()));
        assert_eq!(decode(&[&bytes[..], &[0]].concat()), Err("1 bytes too many".to_owned()));
    }
}
