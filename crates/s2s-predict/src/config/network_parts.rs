//! The parts of a network of the S2SNet family: encoder, readout, descriptors of the crystal, logits and normalization.

use s2s_featurize::{FeatureSet, Scaling};
use serde::{Deserialize, Serialize};

use crate::{PaperEncoderConfig, PeriodicEncoderConfig, ReleasedEncoderConfig};

/// Which numbers about the crystal a network reads, and on what scale.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GlobalsConfig {
    /// The descriptors, as rows of one table.
    pub descriptors: FeatureSet,
    /// How they are brought to a common scale, which is fitted on training crystals and saved with the weights.
    pub scaling: Scaling,
}

impl GlobalsConfig {
    /// How many numbers the head is given: each descriptor on its scale, and for each block of them the share that is missing.
    pub fn width(&self) -> i64 {
        (self.descriptors.width() + self.descriptors.blocks().len()) as i64
    }

    /// How many numbers each block of descriptors has.
    pub fn blocks(&self) -> Vec<usize> {
        self.descriptors.blocks().iter().map(|block| block.width()).collect()
    }
}

/// Which encoder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum EncoderConfig {
    /// The paper's.
    Paper(PaperEncoderConfig),
    /// The released code's.
    Released(ReleasedEncoderConfig),
    /// Ours.
    Periodic(PeriodicEncoderConfig),
}

/// Which readout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum ReadoutConfig {
    /// The mean over atoms.
    Mean,
    /// Set2Set (Vinyals et al. 2015).
    Set2Set {
        /// Rounds of attention.
        steps: usize,
    },
}

/// What the readout is told about the composition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Composition {
    /// Nothing (paper, released code).
    Omitted,
    /// Statistics of element properties, and the share of each element.
    Statistics,
}

/// The outputs of a classifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Logits {
    /// One number (paper).
    One,
    /// Two numbers, of which the difference counts (released code).
    Two,
}

/// Where FC1 (Fig. 1), the first of the fully connected layers, stands; §3.1 mentions FC2 alone.
///
/// In the released code the lattice is not used, and all fully connected layers follow Set2Set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FirstLayer {
    /// Behind Eq. 5: the head is FC1 and FC2. Without hidden layers it is FC2 alone.
    AfterLattice,
    /// Between Set2Set and Eq. 5, which then adds the lattice to what FC1 gives: the head is what remains, FC2.
    BeforeLattice,
}

/// Normalization of states before elements are predicted from them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ElementNorm {
    /// Nothing: "a layer with 95 neurons and a softmax layer" (Fig. 2).
    Omitted,
    /// A layer norm (ours).
    Layer,
}

/// What was before there was a choice.
pub(super) mod before {
    use super::{ElementNorm, FirstLayer};

    pub(in crate::config) fn first_layer() -> FirstLayer {
        FirstLayer::AfterLattice
    }

    pub(in crate::config) fn is_first_layer(layer: &FirstLayer) -> bool {
        *layer == first_layer()
    }

    pub(in crate::config) fn element_norm() -> ElementNorm {
        ElementNorm::Layer
    }

    pub(in crate::config) fn is_element_norm(norm: &ElementNorm) -> bool {
        *norm == element_norm()
    }
}

impl EncoderConfig {
    /// The same encoder, which drops nothing while it learns: equal for encoders that compute the same from the same weights.
    pub(super) fn without_dropout(&self) -> Self {
        let mut encoder = self.clone();
        match &mut encoder {
            Self::Paper(_) => {}
            Self::Released(config) => (config.dropout, config.attention_dropout) = (0.0, 0.0),
            Self::Periodic(config) => config.dropout = 0.0,
        }
        encoder
    }

    /// Width of an atom's vector, `D`.
    pub fn width(&self) -> i64 {
        match self {
            Self::Paper(config) => config.width,
            Self::Released(config) => config.width,
            Self::Periodic(config) => config.width,
        }
    }
}
