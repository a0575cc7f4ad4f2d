//! A sealed folder of a model of critical temperatures.

use std::{
    collections::{BTreeMap, HashSet},
    path::Path,
};

use s2s_crystal::{Composition, Element};
use s2s_featurize::FeatureSet;
use serde::{Deserialize, Serialize};

use crate::{
    Answer, ConfigError, Conformal, FolderError, Known, LocalKernel, LocalKernelConfig, RegressionForest, SealedFolder,
    TransitionTemperature,
};

/// Everything about a [`TcModel`] except trees and examples.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TcModelConfig {
    /// What is predicted, such as `critical temperature, if there is a transition`.
    pub quantity: String,
    /// What the trees see, as [`FeatureSet`] writes it: numbers of compositions alone.
    pub features: String,
    /// Trees and kernel have learned `Tc ^ exponent`.
    pub exponent: f64,
    /// The kernel regression on the examples.
    pub kernel: LocalKernelConfig,
    /// For compositions of chemical systems that examples have.
    pub known_system: TcAdjustment,
    /// For all others.
    pub new_system: TcAdjustment,
    /// Examples are nearer than this to another one, but for one in a hundred: element mover's distance.
    pub reach: f64,
    /// SHA-256 of the data that it was trained on, in hexadecimal digits.
    pub dataset_sha256: String,
    /// What was measured on data that it did not see.
    pub metrics: BTreeMap<String, f64>,
}

/// What answers for examples that were not learned from have taught.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TcAdjustment {
    /// Weight of the trees; the kernel has the rest.
    pub forest: DistanceWeight,
    /// How wide intervals are.
    pub interval: Conformal,
}

/// A weight in [0, 1] that depends on the distance of the nearest training composition.
///
/// At each of [`DISTANCES`](Self::DISTANCES) it is given; between two of them it is linear in the logarithm of the distance,
/// and beyond the first and the last it is that of theirs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DistanceWeight(pub [f64; 3]);

impl DistanceWeight {
    /// Shares of the atoms that differ, counted on both sides, as [`LocalAnswer::distance`](crate::LocalAnswer).
    pub const DISTANCES: [f64; 3] = [0.003, 0.01, 0.1];

    /// The weight at a distance.
    pub fn at(self, distance: f64) -> f64 {
        let ([near, middle, far], [a, b, c]) = (self.0, Self::DISTANCES);
        let between = |low: f64, high: f64| ((distance / low).ln() / (high / low).ln()).clamp(0.0, 1.0);
        match distance {
            d if d <= a => near,
            d if d <= b => near + (middle - near) * between(a, b),
            _ => middle + (far - middle) * between(b, c),
        }
    }
}

/// Randomized trees and a kernel regression that have learned from superconductors alone: Tc if there is a transition, with
/// an interval.
///
/// ```text
/// my-tc/
///   forest.bin      the trees' nodes, 6 bytes each
///   config.json     features, intervals, dataset hash, metrics
///   known.csv       formula and Tc in K of the superconductors that it has learned from
///   README.md       model card
///   MANIFEST.json   size and SHA-256 of every file, and a seal over itself
/// ```
#[derive(Debug)]
pub struct TcModel {
    config: TcModelConfig,
    features: FeatureSet,
    forest: RegressionForest,
    kernel: LocalKernel<1>,
    known: Known,
    /// The elements of the examples.
    systems: HashSet<Vec<Element>>,
}

const FOREST: &str = "forest.bin";
const CONFIG: &str = "config.json";
const KNOWN: &str = "known.csv";
const CARD: &str = "README.md";

/// A Cholesky factor of more is not computed for one answer.
const MAX_NEIGHBORS: usize = 1024;

/// Known superconductors that are named in an answer.
const NAMED: usize = 5;

/// No transition temperature is higher, in K.
const HIGHEST: f64 = 1000.0;

/// Lengths, ridges and exponents that can be computed with.
const USUAL: std::ops::RangeInclusive<f64> = 1e-6..=1e6;

const HEADER: &str = "formula,Tc";

impl TcModel {
    /// A model of these trees and these superconductors: formulas and Tc in K.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if a formula is none, a Tc is not positive, features are not numbers of compositions or fewer than the
    /// trees ask about, or a number of the configuration cannot be.
    pub fn new(
        config: TcModelConfig,
        forest: RegressionForest,
        examples: &[(String, f64)],
    ) -> Result<Self, ConfigError> {
        let wrong = |reason: String| ConfigError { reason };
        let features: FeatureSet =
            config.features.parse().map_err(|error: s2s_featurize::UnknownBlock| wrong(error.to_string()))?;
        if let Some(block) = features.blocks().iter().find(|block| !block.is_of_composition()) {
            return Err(wrong(format!("{block} needs a structure, and Tc is learned from compositions")));
        }
        if features.width() < forest.width() {
            let (asked, width) = (forest.width(), features.width());
            return Err(wrong(format!("the trees ask about {asked} numbers where {} are {width}", config.features)));
        }
        if examples.is_empty() || !(1..=MAX_NEIGHBORS).contains(&config.kernel.neighbors) {
            return Err(wrong(format!("a model of Tc needs superconductors, and 1 to {MAX_NEIGHBORS} as neighbors")));
        }
        let positive = |x: f64| x.is_finite() && x > 0.0;
        let usual = |x: f64| USUAL.contains(&x);
        let adjustments = [&config.known_system, &config.new_system];
        if !usual(config.exponent)
            || !config.kernel.lengths.iter().chain([&config.kernel.ridge]).all(|x| usual(*x))
            || !adjustments.iter().all(|adjustment| adjustment.forest.0.iter().all(|w| (0.0..=1.0).contains(w)))
            || config.reach.is_nan()
        {
            return Err(wrong("a length, a weight or an exponent cannot be".to_owned()));
        }
        adjustments.iter().try_for_each(|adjustment| adjustment.interval.validate())?;
        if let Some((formula, kelvin)) = examples.iter().find(|(_, kelvin)| !positive(*kelvin) || *kelvin > HIGHEST) {
            return Err(wrong(format!("a superconductor has no Tc of {kelvin} K: {formula}")));
        }
        let known =
            Known::of_superconductors(examples, config.reach).map_err(|error| wrong(format!("no formula: {error}")))?;
        let targets = examples.iter().map(|(_, kelvin)| [kelvin.powf(config.exponent)]).collect();
        let kernel = LocalKernel::new(known.compositions(), targets, config.kernel);
        let systems = known.compositions().iter().map(|known| known.elements().collect()).collect();
        Ok(Self { config, features, forest, kernel, known, systems })
    }

    /// Whether a sealed folder holds one of these.
    pub(crate) fn is_in(sealed: &SealedFolder) -> bool {
        sealed.contains(FOREST)
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
        let config: TcModelConfig =
            serde_json::from_slice(&sealed.read(CONFIG)?).map_err(|error| bad(CONFIG, error.to_string()))?;
        let known = examples(&sealed.read(KNOWN)?).map_err(|reason| bad(KNOWN, reason))?;
        let forest = RegressionForest::decode(&sealed.read(FOREST)?).map_err(|reason| bad(FOREST, reason))?;
        sealed.verify_others(&[CONFIG, KNOWN, FOREST])?;
        Self::new(config, forest, &known).map_err(|error| bad(CONFIG, error.to_string()))
    }

    /// Writes a sealed folder with a model card.
    ///
    /// # Errors
    ///
    /// [`FolderError::Exists`] if there is something under the name, [`FolderError::Io`]; nothing is left then.
    pub fn save(&self, folder: impl AsRef<Path>, card: &str) -> Result<(), FolderError> {
        let config = serde_json::to_vec_pretty(&self.config).expect("invariant: names and numbers are plain data");
        let known = self.known.crystals().iter().filter_map(|known| Some(format!("{},{}\n", known.formula, known.tc?)));
        let files = [
            (FOREST, self.forest.encode()),
            (CONFIG, config),
            (KNOWN, format!("{HEADER}\n{}", known.collect::<String>()).into_bytes()),
            (CARD, card.as_bytes().to_vec()),
        ];
        SealedFolder::write(folder.as_ref(), &files)
    }

    /// Everything except trees and examples.
    pub fn config(&self) -> &TcModelConfig {
        &self.config
    }

    /// How many trees answer.
    pub fn num_trees(&self) -> usize {
        self.forest.trees().len()
    }

    /// The superconductors that it has learned from.
    pub fn known(&self) -> &Known {
        &self.known
    }

    /// Tc of a composition if there is a transition, the interval, and the known superconductor that is nearest.
    ///
    /// All ends are finite and not negative, and the temperature is inside.
    pub fn answer(&self, composition: &Composition) -> Answer {
        let transition = self.transition(composition);
        let mut compared = self.known.compare(composition, None, NAMED);
        let next_nearest = compared.nearest.split_off(compared.nearest.len().min(1));
        Answer {
            value: transition.kelvin,
            probability: None,
            std: None,
            transition: Some(transition),
            nearest: compared.nearest.pop(),
            next_nearest,
            known: Some(compared.known),
            warnings: compared.warnings,
        }
    }

    /// Tc of a composition if there is a transition, and its interval.
    pub fn transition(&self, composition: &Composition) -> TransitionTemperature {
        let row: Vec<f32> = self.features.row_of_composition(composition).into_iter().map(|x| x as f32).collect();
        let (median, std) = self.forest.median_and_std(&row);
        let local = self.kernel.answer(composition);
        let is_known = self.systems.contains(&composition.elements().collect::<Vec<_>>());
        let TcAdjustment { forest, interval } =
            if is_known { &self.config.known_system } else { &self.config.new_system };
        let forest = forest.at(local.distance);
        let center = forest * median + (1.0 - forest) * local.values[0].max(0.0);
        let half = interval.half_width(composition, std);
        // Also of a model that was changed and sealed again the ends are numbers: `max` and `min` drop what is none.
        let kelvin = |scaled: f64| scaled.max(0.0).powf(1.0 / self.config.exponent).min(HIGHEST);
        TransitionTemperature { kelvin: kelvin(center), low: kelvin(center - half), high: kelvin(center + half) }
    }
}

/// Formulas and temperatures of a table.
fn examples(bytes: &[u8]) -> Result<Vec<(String, f64)>, String> {
    let text = str::from_utf8(bytes).map_err(|error| error.to_string())?;
    let mut lines = text.lines();
    if lines.next() != Some(HEADER) {
        return Err(format!("its first line is not {HEADER}"));
    }
    let row = |(number, line): (usize, &str)| {
        let parts = line.split_once(',').and_then(|(formula, tc)| Some((formula.to_owned(), tc.parse().ok()?)));
        parts.ok_or_else(|| format!("row {}: {line:?} is no formula with a Tc", number + 1))
    };
    lines.enumerate().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_weight_is_that_of_its_distances_and_goes_from_one_to_the_next() {
        let weight = DistanceWeight([0.1, 0.6, 0.9]);
        for (distance, wanted) in
            [(0.0, 0.1), (0.003, 0.1), (0.01, 0.6), (0.001_f64.sqrt(), 0.75), (0.1, 0.9), (2.0, 0.9)]
        {
            assert!((weight.at(distance) - wanted).abs() < 1e-12, "{distance}: {}", weight.at(distance));
        }
    }
}
