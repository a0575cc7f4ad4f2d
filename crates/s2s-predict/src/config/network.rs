//! Networks of the S2SNet family, layer by layer.

use std::fmt::Debug;

use s2s_featurize::{AtomFeaturizerConfig, LatticeDescriptor, NeighborRule};
use serde::{Deserialize, Serialize};

use super::{
    ConfigError,
    network_parts::{
        Composition, ElementNorm, EncoderConfig, FirstLayer, GlobalsConfig, Logits, ReadoutConfig, before,
    },
};
use crate::{
    Activation, LayerNormPlacement, MlpConfig, PaperEncoderConfig, PeriodicEncoderConfig, ReleasedEncoderConfig,
};

/// A network of the S2SNet family, layer by layer.
///
/// # Examples
///
/// Table 4 without the lattice, with fifteen layers of Table 3:
///
/// ```
/// use s2s_predict::S2sNetConfig;
///
/// let config = S2sNetConfig { lattice: None, ..S2sNetConfig::paper() }.with_layers(15);
/// assert_eq!(config.crystal_width(), 1024);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct S2sNetConfig {
    /// From atoms to vectors.
    pub encoder: EncoderConfig,
    /// From the vectors of a crystal to one (Eq. 4).
    pub readout: ReadoutConfig,
    /// What Eq. 5 adds to it; `None` is the ablation of Table 4.
    pub lattice: Option<LatticeDescriptor>,
    /// Whether statistics of the composition are added too (ours).
    pub composition: Composition,
    /// FC1, FC2 (Fig. 1).
    pub head: MlpConfig,
    /// How many logits the last layer has.
    pub logits: Logits,
    /// Where FC1 stands; a file that does not say so means after the lattice.
    #[serde(default = "before::first_layer", skip_serializing_if = "before::is_first_layer")]
    pub first_layer: FirstLayer,
    /// Normalization of states before elements are predicted from them; a file that does not say so means a layer norm.
    #[serde(default = "before::element_norm", skip_serializing_if = "before::is_element_norm")]
    pub element_norm: ElementNorm,
    /// Numbers about the crystal that the head reads beside its vector (ours); a file that does not say so means none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub globals: Option<GlobalsConfig>,
    /// How many networks share the matrices of the head, each with scales, offsets and a last layer of its own (ours); a file that
    /// does not say so means one head as usual.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub members: Option<i64>,
}

impl S2sNetConfig {
    /// The paper's network: §3.1 with ten layers, Set2Set, three lattice lengths, FC1 and FC2, one logit.
    ///
    /// It is not printed to the letter: [`PaperEncoderConfig::paper`] scales scores before the softmax, and names every
    /// choice where the paper is silent. The paper says neither how often Set2Set looks (10 in the released code and here),
    /// nor how wide FC1 is (512 here) and where it stands ([`FirstLayer`]), nor whether states are normalized before
    /// elements are predicted ([`ElementNorm`]; here they are, against Fig. 2).
    pub fn paper() -> Self {
        Self {
            encoder: EncoderConfig::Paper(PaperEncoderConfig::paper()),
            readout: ReadoutConfig::Set2Set { steps: 10 },
            lattice: Some(LatticeDescriptor::Lengths),
            composition: Composition::Omitted,
            head: MlpConfig::new([512], Activation::Relu),
            logits: Logits::One,
            first_layer: FirstLayer::AfterLattice,
            element_norm: ElementNorm::Layer,
            globals: None,
            members: None,
        }
    }

    /// The paper's formulas to the letter: [`PaperEncoderConfig::printed`], and no norm before elements are predicted.
    pub fn printed() -> Self {
        Self {
            encoder: EncoderConfig::Paper(PaperEncoderConfig::printed()),
            element_norm: ElementNorm::Omitted,
            ..Self::paper()
        }
    }

    /// The authors' released code: five transformer layers, Set2Set with ten steps, no lattice, two logits.
    pub fn released() -> Self {
        Self {
            encoder: EncoderConfig::Released(ReleasedEncoderConfig::released()),
            readout: ReadoutConfig::Set2Set { steps: 10 },
            lattice: None,
            composition: Composition::Omitted,
            head: Self::released_head(512),
            logits: Logits::Two,
            first_layer: FirstLayer::AfterLattice,
            element_norm: ElementNorm::Layer,
            globals: None,
            members: None,
        }
    }

    /// The released head for a width: 2 D → 3 D → 1.6 D → 0.8 D → 2, truncated to whole numbers, GELU between.
    pub fn released_head(width: i64) -> MlpConfig {
        MlpConfig::new([3 * width, width * 16 / 10, width * 8 / 10], Activation::Gelu)
    }

    /// Our own: attention over periodic neighbors, Set2Set, lattice numbers that are the same for every cell.
    pub fn periodic() -> Self {
        Self {
            encoder: EncoderConfig::Periodic(PeriodicEncoderConfig::standard()),
            readout: ReadoutConfig::Set2Set { steps: 3 },
            lattice: Some(LatticeDescriptor::Invariant),
            composition: Composition::Statistics,
            head: MlpConfig { hidden: vec![128], activation: Activation::Silu, dropout: 0.2 },
            logits: Logits::One,
            first_layer: FirstLayer::AfterLattice,
            element_norm: ElementNorm::Layer,
            globals: None,
            members: None,
        }
    }

    /// Ours with the numbers that trees read: the periodic encoder, its readout joined with all descriptors on the scale of their
    /// ranks, and a head of sixteen members.
    ///
    /// Lattice and composition are among the descriptors.
    ///
    /// # Source
    ///
    /// Gorishniy et al., TabM (2025), for the members.
    #[cfg(feature = "symmetry")]
    pub fn wide() -> Self {
        let descriptors = "all".parse().expect("invariant: there are descriptors of symmetry");
        let encoder =
            PeriodicEncoderConfig { width: 64, layers: 2, feed_forward: 128, ..PeriodicEncoderConfig::standard() };
        Self {
            encoder: EncoderConfig::Periodic(encoder),
            lattice: None,
            composition: Composition::Omitted,
            head: MlpConfig { hidden: vec![96, 96], activation: Activation::Relu, dropout: 0.1 },
            globals: Some(GlobalsConfig { descriptors, scaling: s2s_featurize::Scaling::Quantile { knots: 32 } }),
            members: Some(16),
            ..Self::periodic()
        }
    }

    /// The same network at another width: encoder and feed-forward layers keep their proportions, and so does the head unless it
    /// reads more than the encoder gives.
    #[must_use]
    pub fn with_width(mut self, width: i64) -> Self {
        match &mut self.encoder {
            EncoderConfig::Paper(encoder) => encoder.width = width,
            EncoderConfig::Released(encoder) => (encoder.width, encoder.feed_forward) = (width, 4 * width),
            EncoderConfig::Periodic(encoder) => (encoder.width, encoder.feed_forward) = (width, 2 * width),
        }
        if self.globals.is_some() {
            return self;
        }
        self.head = match self.encoder {
            EncoderConfig::Released(_) => Self::released_head(width),
            _ => MlpConfig { hidden: vec![width], ..self.head },
        };
        self
    }

    /// The same network with another number of encoder layers.
    #[must_use]
    pub fn with_layers(mut self, layers: usize) -> Self {
        match &mut self.encoder {
            EncoderConfig::Paper(encoder) => encoder.layers = layers,
            EncoderConfig::Released(encoder) => encoder.layers = layers,
            EncoderConfig::Periodic(encoder) => encoder.layers = layers,
        }
        self
    }

    /// Learning rate of Adam before any schedule: 10⁻³, and less for the paper's encoder where it is wide and deep:
    /// `min(10⁻³, p / (width · layers))` with p = 1.5 where layer norms bound the states, and 0.375 where none does.
    ///
    /// A step of Adam changes every weight by about the learning rate η, hence what a layer makes of states of width `D` by about η · D,
    /// and what `L` layers make of them by `L` times as much. With layer norms width 512 with ten layers learns at 3·10⁻⁴ (a product
    /// η · D · L of 1.5) and diverged at 2·10⁻³. Without them the norm of the states grows by as much from layer to layer: the paper's encoder
    /// as printed had, at 2.9·10⁻⁴, a loss of 10 after the first epoch of its pre-training, and 3.1 at a quarter of it. The other encoders
    /// normalize their states.
    pub fn learning_rate(&self) -> f64 {
        const LARGEST: f64 = 1e-3;
        const PRODUCT: f64 = 1.5;
        const PRODUCT_WITHOUT_NORM: f64 = 0.375;
        match &self.encoder {
            EncoderConfig::Paper(encoder) => {
                let product = match encoder.norm {
                    LayerNormPlacement::Omitted => PRODUCT_WITHOUT_NORM,
                    LayerNormPlacement::Before | LayerNormPlacement::After => PRODUCT,
                };
                LARGEST.min(product / (encoder.width.max(1) as f64 * encoder.layers.max(1) as f64))
            }
            EncoderConfig::Released(_) | EncoderConfig::Periodic(_) => LARGEST,
        }
    }

    /// What this network reads.
    pub fn featurizer(&self) -> AtomFeaturizerConfig {
        let mut features = match &self.encoder {
            EncoderConfig::Paper(encoder) => {
                AtomFeaturizerConfig { pairs: encoder.pairs(), ..AtomFeaturizerConfig::paper() }
            }
            EncoderConfig::Released(_) => AtomFeaturizerConfig::released(),
            EncoderConfig::Periodic(encoder) => AtomFeaturizerConfig {
                pairs: NeighborRule::Within { cutoff: encoder.cutoff },
                ..AtomFeaturizerConfig::invariant()
            },
        };
        features.lattice = self.lattice.unwrap_or(LatticeDescriptor::Omitted);
        features.globals = self.globals.as_ref().map(|globals| globals.descriptors.clone());
        features
    }

    /// Checks that what a featurizer gives is what this network reads.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] names the first input that is not there, or not of the right kind.
    pub fn reads(&self, featurizer: &AtomFeaturizerConfig) -> Result<(), ConfigError> {
        self.reads_atoms(featurizer)?;
        let own = self.featurizer().globals;
        if own.is_none() || own == featurizer.globals {
            return Ok(());
        }
        let given = featurizer.globals.as_ref().map_or_else(|| "none".to_owned(), ToString::to_string);
        let own = own.map(|own| own.to_string()).unwrap_or_default();
        Err(ConfigError {
            reason: format!("the network reads the descriptors {own}, and the featurizer gives {given}"),
        })
    }

    /// [`reads`](Self::reads) for a network that learns masked elements, which reads no descriptors of the crystal.
    ///
    /// # Errors
    ///
    /// As [`reads`](Self::reads).
    pub fn reads_atoms(&self, featurizer: &AtomFeaturizerConfig) -> Result<(), ConfigError> {
        let own = self.featurizer();
        let unequal = |what: &str, wanted: &dyn Debug, given: &dyn Debug| {
            let reason = format!("the network reads {what} {wanted:?}, and the featurizer gives {given:?}");
            Err(ConfigError { reason })
        };
        if own.lattice != featurizer.lattice {
            return unequal("the lattice as", &own.lattice, &featurizer.lattice);
        }
        if own.positions.is_some() && featurizer.positions.is_none() {
            return unequal("positions as", &own.positions, &featurizer.positions);
        }
        let reaches = match (&self.encoder, featurizer.pairs) {
            (EncoderConfig::Released(_), _) => true,
            // Ours weighs pairs by a function that is zero from its cutoff on: longer ones change nothing.
            (EncoderConfig::Periodic(encoder), NeighborRule::Within { cutoff }) => cutoff >= encoder.cutoff,
            (EncoderConfig::Periodic(_), _) => false,
            // The paper's takes every pair that it is given for a neighbor.
            (EncoderConfig::Paper(_), given) => given == own.pairs,
        };
        if !reaches {
            return unequal("pairs of atoms as", &own.pairs, &featurizer.pairs);
        }
        if featurizer.weighted_atoms && !own.weighted_atoms {
            let reason = "the encoder takes every atom for a whole one, and the featurizer gives weighted atoms";
            return Err(ConfigError { reason: reason.to_owned() });
        }
        Ok(())
    }

    /// Width of a crystal's vector, `W`.
    pub fn crystal_width(&self) -> i64 {
        self.early_width().unwrap_or_else(|| self.set_width())
    }

    /// Width of what the head reads: a crystal's vector, and the numbers about the crystal.
    pub fn head_width(&self) -> i64 {
        self.crystal_width() + self.globals.as_ref().map_or(0, GlobalsConfig::width)
    }

    /// Width of what the readout makes of the atoms (Eq. 4).
    pub fn set_width(&self) -> i64 {
        match self.readout {
            ReadoutConfig::Mean => self.encoder.width(),
            ReadoutConfig::Set2Set { .. } => 2 * self.encoder.width(),
        }
    }

    /// Width of an FC1 that stands before the lattice.
    pub fn early_width(&self) -> Option<i64> {
        self.head.hidden.first().copied().filter(|_| self.first_layer == FirstLayer::BeforeLattice)
    }

    /// The layers behind the lattice.
    pub fn last_layers(&self) -> MlpConfig {
        let skipped = usize::from(self.early_width().is_some());
        MlpConfig { hidden: self.head.hidden[skipped..].to_vec(), ..self.head.clone() }
    }

    /// Checks that the numbers fit together.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if a size is not positive or heads do not divide the width.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let invalid = |reason: &str| Err(ConfigError { reason: reason.to_owned() });
        if self.encoder.width() <= 0 || self.head.hidden.iter().any(|width| *width <= 0) {
            return invalid("a width is not positive");
        }
        if self.first_layer == FirstLayer::BeforeLattice && self.head.hidden.is_empty() {
            return invalid("FC1 stands before the lattice, and has no width");
        }
        if self.readout == (ReadoutConfig::Set2Set { steps: 0 }) {
            return invalid("Set2Set takes no step");
        }
        if self.lattice.is_some_and(LatticeDescriptor::is_empty) {
            return invalid("the lattice shift has no numbers");
        }
        if self.globals.as_ref().is_some_and(|globals| globals.descriptors.width() == 0) {
            return invalid("there are no descriptors beside the vector of a crystal");
        }
        if self.members.is_some() && self.logits == Logits::Two {
            return invalid("members give one logit each");
        }
        match &self.encoder {
            EncoderConfig::Paper(e) if !(e.cutoff.is_finite() && e.cutoff > 0.0) => {
                invalid("ρ is not a positive length")
            }
            EncoderConfig::Released(e) if e.heads <= 0 || e.width % e.heads != 0 => {
                invalid("the number of heads does not divide the width")
            }
            EncoderConfig::Periodic(e) if e.heads <= 0 || e.width % e.heads != 0 => {
                invalid("the number of heads does not divide the width")
            }
            EncoderConfig::Released(ReleasedEncoderConfig { feed_forward: ..=0, .. })
            | EncoderConfig::Periodic(PeriodicEncoderConfig { feed_forward: ..=0, .. }) => {
                invalid("a width is not positive")
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use s2s_featurize::Scaling;

    use super::*;

    #[test]
    fn learning_rates_fall_with_width_and_depth() {
        let rate = |width, layers| S2sNetConfig::paper().with_width(width).with_layers(layers).learning_rate();
        assert_eq!([rate(64, 1), rate(128, 1), rate(64, 5)], [1e-3; 3]);
        let normalized = |width, layers| {
            let mut network = S2sNetConfig::paper().with_width(width).with_layers(layers);
            if let EncoderConfig::Paper(encoder) = &mut network.encoder {
                encoder.norm = LayerNormPlacement::Before;
            }
            network.learning_rate()
        };
        assert_eq!([normalized(64, 10), normalized(128, 10)], [1e-3; 2]);
        let deep = [rate(512, 5), rate(512, 10), rate(512, 15), rate(128, 10), rate(1024, 10), normalized(512, 10)];
        for (found, expected) in deep.into_iter().zip([1.46e-4, 7.3e-5, 4.9e-5, 2.9e-4, 3.7e-5, 2.9e-4]) {
            assert!((found - expected).abs() < 0.02 * expected, "{found}");
        }
        assert_eq!(S2sNetConfig::released().learning_rate(), 1e-3);
    }

    #[test]
    fn networks_say_which_input_is_missing() {
        let presets = [S2sNetConfig::paper(), S2sNetConfig::released(), S2sNetConfig::periodic()];
        for preset in &presets {
            assert!(preset.reads(&preset.featurizer()).is_ok());
        }
        let refused = |network: &S2sNetConfig, other: &S2sNetConfig| {
            let lattice = network.featurizer().lattice;
            let given = AtomFeaturizerConfig { lattice, ..other.featurizer() };
            network.reads(&given).expect_err("something is missing").to_string()
        };
        let [paper, released, periodic] = &presets;
        assert_eq!(
            released.reads(&periodic.featurizer()).expect_err("another lattice").to_string(),
            "invalid model configuration: the network reads the lattice as Omitted, and the featurizer gives Invariant"
        );
        assert!(refused(paper, periodic).contains("positions as Some(Cartesian), and the featurizer gives None"));
        assert!(refused(periodic, released).contains("pairs of atoms as Within"));
        // Cut at 3 Å for an encoder that looks 5 Å far, twelve neighbors, or a radius that is as long or longer.
        let pairs = |pairs| periodic.reads(&AtomFeaturizerConfig { pairs, ..periodic.featurizer() });
        assert!(pairs(NeighborRule::Within { cutoff: 3.0 }).is_err());
        assert!(pairs(NeighborRule::NearestComplete { count: 12, radius: 8.0 }).is_err());
        assert!(pairs(NeighborRule::WithinCell { cutoff: 5.0 }).is_err());
        let described = S2sNetConfig {
            globals: Some(GlobalsConfig {
                descriptors: "magpie".parse().expect("descriptors"),
                scaling: Scaling::Standard,
            }),
            ..periodic.clone()
        };
        assert!(described.reads(&described.featurizer()).is_ok() && periodic.reads(&described.featurizer()).is_ok());
        let weighted = |network: &S2sNetConfig| {
            network.reads(&AtomFeaturizerConfig { weighted_atoms: true, ..network.featurizer() }).is_ok()
        };
        assert_eq!(presets.each_ref().map(weighted), [false, false, true]);
        let missing = described.reads(&periodic.featurizer()).expect_err("no descriptors").to_string();
        let reason = "the network reads the descriptors magpie, and the featurizer gives none";
        assert_eq!(missing, format!("invalid model configuration: {reason}"));
        assert!(described.reads_atoms(&periodic.featurizer()).is_ok());
        assert!(
            pairs(NeighborRule::Within { cutoff: 5.0 }).is_ok() && pairs(NeighborRule::Within { cutoff: 6.0 }).is_ok()
        );
    }
}
