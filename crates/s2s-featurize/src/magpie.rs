//! The Magpie set: 145 statistics of the elements of a composition.

use s2s_crystal::{Composition, Crystal};
use serde::{Deserialize, Serialize};

use crate::{
    CacheKey, ChargeBalance, ElementProperty, FeaturizeError, Featurizer,
    element_table::{electronegativity, imputed_properties, property_scales},
};

/// What the four numbers on valence orbitals are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ValenceOccupation {
    /// Mean number of s, p, d and f electrons per atom.
    Average,
    /// Share of s, p, d and f electrons among all valence electrons.
    Share,
}

/// The choices that the Magpie set leaves open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MagpieConfig {
    /// What is said about valence orbitals.
    pub valence: ValenceOccupation,
    /// When an ionic compound counts as possible.
    #[serde(rename = "neutrality")]
    pub charge_balance: ChargeBalance,
}

impl MagpieConfig {
    /// `Stoichiometry()`, `ElementProperty.from_preset("magpie")`, `ValenceOrbital(props=["avg"])` and
    /// `IonProperty(fast=True)` of matminer: the 145 features of Stanev et al.
    pub fn matminer() -> Self {
        Self { valence: ValenceOccupation::Average, charge_balance: ChargeBalance::OneStatePerElement }
    }
}

/// Computes the Magpie set: a pure function of the composition, for any description of a crystal.
///
/// | numbers | what |
/// |---|---|
/// | 6 | norms of the vector of element shares, p = 0 (number of elements), 2, 3, 5, 7, 10 |
/// | 132 | minimum, maximum, range, mean, mean absolute deviation and mode of each [`ElementProperty`] |
/// | 4 | occupation of the s, p, d and f valence orbitals |
/// | 3 | whether an ionic compound is possible (0 or 1), greatest and mean ionic character of pairs of elements |
///
/// Means are weighted by amounts. The mode is the value of the most abundant element, the smallest where several are.
/// Missing values are replaced by the mean over all elements.
///
/// # Source
///
/// Ward et al., npj Comput. Mater. 2, 16028 (2016); Stanev et al., npj Comput. Mater. 4, 29 (2018); agrees with
/// matminer 0.10.
///
/// # Examples
///
/// ```
/// use s2s_crystal::Composition;
/// use s2s_featurize::{MagpieConfig, MagpieFeaturizer};
///
/// let magpie = MagpieFeaturizer::new(MagpieConfig::matminer());
/// let hydride: Composition = "H3S".parse()?;
/// let features = magpie.describe(&hydride);
/// assert_eq!(features.len(), magpie.labels().len());
/// assert_eq!((magpie.labels()[9].as_str(), features[9]), ("MagpieData mean Number", (3.0 * 1.0 + 16.0) / 4.0));
/// # Ok::<(), s2s_crystal::FormulaError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct MagpieFeaturizer {
    config: MagpieConfig,
}

/// Goes up whenever the same configuration gives other numbers.
const VERSION: u32 = 1;

/// Orders of the norms; the first counts elements.
const NORMS: [i32; 6] = [0, 2, 3, 5, 7, 10];
const STATISTICS: [&str; 6] = ["minimum", "maximum", "range", "mean", "avg_dev", "mode"];
/// Which of the statistics are differences: range and mean absolute deviation.
const SPREADS: [usize; 2] = [2, 4];
const ORBITALS: [ElementProperty; 4] =
    [ElementProperty::SValence, ElementProperty::PValence, ElementProperty::DValence, ElementProperty::FValence];
const PROPERTIES: usize = ElementProperty::ALL.len();

impl MagpieFeaturizer {
    /// How many numbers one composition becomes.
    pub const LEN: usize = NORMS.len() + PROPERTIES * STATISTICS.len() + ORBITALS.len() + 3;

    /// A featurizer with these choices.
    pub fn new(config: MagpieConfig) -> Self {
        Self { config }
    }

    /// The choices.
    pub fn config(&self) -> &MagpieConfig {
        &self.config
    }

    /// What each number is, in matminer's words.
    pub fn labels(&self) -> Vec<String> {
        let norms = NORMS.iter().map(|p| format!("{p}-norm"));
        let properties = ElementProperty::ALL
            .iter()
            .flat_map(|property| STATISTICS.map(|statistic| format!("MagpieData {statistic} {}", property.name())));
        let word = match self.config.valence {
            ValenceOccupation::Average => "avg",
            ValenceOccupation::Share => "frac",
        };
        let valence = ["s", "p", "d", "f"].map(|orbital| format!("{word} {orbital} valence electrons"));
        let ionic = ["compound possible", "max ionic char", "avg ionic char"].map(str::to_owned);
        norms.chain(properties).chain(valence).chain(ionic).collect()
    }

    /// The numbers of one composition; all finite.
    pub fn describe(&self, composition: &Composition) -> [f64; Self::LEN] {
        let mut elements = Vec::with_capacity(composition.num_elements());
        elements.extend(composition.fractions().map(|(e, share)| (share, imputed_properties(e))));
        let mut features = [0.0; Self::LEN];
        let (norms, rest) = features.split_at_mut(NORMS.len());
        let (statistics, rest) = rest.split_at_mut(PROPERTIES * STATISTICS.len());
        let (valence, ionic) = rest.split_at_mut(ORBITALS.len());

        for (norm, p) in norms.iter_mut().zip(NORMS) {
            *norm = match p {
                0 => elements.len() as f64,
                _ => elements.iter().map(|(share, _)| share.powi(p)).sum::<f64>().powf(1.0 / f64::from(p)),
            };
        }
        write_statistics(&elements, statistics);
        let mean = |property: ElementProperty| -> f64 {
            elements.iter().map(|(share, values)| share * values[property as usize]).sum()
        };
        let electrons = match self.config.valence {
            ValenceOccupation::Average => 1.0,
            ValenceOccupation::Share => mean(ElementProperty::Valence),
        };
        for (value, orbital) in valence.iter_mut().zip(ORBITALS) {
            *value = mean(orbital) / electrons;
        }
        let (greatest, average) = ionic_character(composition);
        let possible = f64::from(u8::from(self.config.charge_balance.is_possible(composition)));
        ionic.copy_from_slice(&[possible, greatest, average]);
        features
    }
}

impl MagpieFeaturizer {
    /// The numbers of one composition on a common scale, for networks; all finite.
    ///
    /// Statistics of a property are in units of its standard deviation over all elements; minimum, maximum, mean and
    /// mode are counted from its mean. The scale comes from the element table alone: no dataset leaks through it.
    pub fn describe_scaled(&self, composition: &Composition) -> [f64; Self::LEN] {
        let mut features = self.describe(composition);
        let statistics = &mut features[NORMS.len()..NORMS.len() + PROPERTIES * STATISTICS.len()];
        for (six, (mean, deviation)) in statistics.chunks_exact_mut(STATISTICS.len()).zip(property_scales()) {
            for (k, value) in six.iter_mut().enumerate() {
                let origin = if SPREADS.contains(&k) { 0.0 } else { *mean };
                *value = (*value - origin) / deviation;
            }
        }
        features
    }
}

impl CacheKey for MagpieFeaturizer {
    fn cache_key(&self) -> String {
        let config = serde_json::to_string(&self.config).expect("invariant: a configuration is plain data");
        format!("magpie {VERSION} {config}")
    }
}

impl Featurizer for MagpieFeaturizer {
    type Features = [f64; Self::LEN];

    /// Of the reduced composition, so that a supercell has the same features; occupancies of disordered sites count as
    /// amounts.
    fn featurize(&self, crystal: &Crystal) -> Result<Self::Features, FeaturizeError> {
        Ok(self.describe(&crystal.composition().reduced().0))
    }
}

impl Featurizer<Composition> for MagpieFeaturizer {
    type Features = [f64; Self::LEN];

    fn featurize(&self, composition: &Composition) -> Result<Self::Features, FeaturizeError> {
        Ok(self.describe(composition))
    }
}

/// Six statistics of every property, property by property.
fn write_statistics(elements: &[(f64, &[f64; PROPERTIES])], out: &mut [f64]) {
    let mut minimum = [f64::MAX; PROPERTIES];
    let mut maximum = [f64::MIN; PROPERTIES];
    let mut mode = [f64::MAX; PROPERTIES];
    let (mut mean, mut deviation) = ([0.0; PROPERTIES], [0.0; PROPERTIES]);
    let most = elements.iter().map(|(share, _)| *share).fold(0.0, f64::max);
    for (share, values) in elements {
        let is_most_abundant = (share - most).abs() <= 1e-8 + 1e-5 * most;
        for k in 0..PROPERTIES {
            minimum[k] = minimum[k].min(values[k]);
            maximum[k] = maximum[k].max(values[k]);
            mean[k] += share * values[k];
        }
        if is_most_abundant {
            for k in 0..PROPERTIES {
                mode[k] = mode[k].min(values[k]);
            }
        }
    }
    for (share, values) in elements {
        for k in 0..PROPERTIES {
            deviation[k] += share * (values[k] - mean[k]).abs();
        }
    }
    for (k, six) in out.chunks_exact_mut(STATISTICS.len()).enumerate() {
        six.copy_from_slice(&[minimum[k], maximum[k], maximum[k] - minimum[k], mean[k], deviation[k], mode[k]]);
    }
}

/// Greatest and mean ionic character, `1 − exp(−¼ (χᵢ − χⱼ)²)`, of all pairs of elements; the mean is weighted by the
/// product of shares.
fn ionic_character(composition: &Composition) -> (f64, f64) {
    let elements: Vec<(f64, f64)> = composition.fractions().map(|(e, share)| (share, electronegativity(e))).collect();
    let (mut greatest, mut average) = (0.0, 0.0);
    for (i, (share, chi)) in elements.iter().enumerate() {
        for (other_share, other_chi) in &elements[..i] {
            let character = 1.0 - (-0.25 * (chi - other_chi).powi(2)).exp();
            greatest = f64::max(greatest, character);
            average += share * other_share * character;
        }
    }
    (greatest, average)
}
