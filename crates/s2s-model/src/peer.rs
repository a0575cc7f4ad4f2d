//! The published peers, composed of the same parts as S2SNet.

use ndarray::Array2;
use s2s_featurize::{AtomFeaturizerConfig, CgcnnVocabulary, Pairs, Vocabulary};
use serde::{Deserialize, Serialize};
use tch::Tensor;

use crate::{
    Activated, Activation, BinaryHead, BinaryLogits, CgcnnEncoder, CgcnnEncoderConfig, Classifier, CrystalStates, Head,
    Logits, MeanReadout, MegnetEncoder, MegnetEncoderConfig, MegnetReadout, MlpConfig, ModelError, Network, Parameters,
    RegressionHead, Regressor, TwoLogitHead,
};

/// CGCNN (Xie and Grossman 2018): gated convolutions, mean, softplus, one hidden layer.
///
/// # Examples
///
/// ```no_run,standalone_crate
/// use s2s_featurize::CgcnnVocabulary;
/// use s2s_model::{CgcnnConfig, Parameters, tch::Device};
///
/// let parameters = Parameters::new(1, Device::Cpu);
/// let regressor = CgcnnConfig::published().regressor(&parameters, &CgcnnVocabulary)?;
/// # Ok::<(), s2s_model::ModelError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CgcnnConfig {
    /// The convolutions.
    pub encoder: CgcnnEncoderConfig,
    /// The fully connected layers after the mean.
    pub head: MlpConfig,
    /// How many logits a classifier has.
    pub logits: Logits,
}

/// MEGNet (Chen et al. 2019): bonds, atoms and state update each other, two Set2Sets, two hidden layers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MegnetConfig {
    /// The blocks.
    pub encoder: MegnetEncoderConfig,
    /// Rounds of each Set2Set.
    pub steps: usize,
    /// The fully connected layers at the end.
    pub head: MlpConfig,
}

impl CgcnnConfig {
    /// As the published weights have it: four convolutions of width 64, 32 hidden numbers, two logits.
    pub fn published() -> Self {
        Self {
            encoder: CgcnnEncoderConfig::published(),
            head: MlpConfig { hidden: vec![32], activation: Activation::Softplus, dropout: 0.0 },
            logits: Logits::Two,
        }
    }

    /// What it reads.
    pub fn featurizer(&self) -> AtomFeaturizerConfig {
        AtomFeaturizerConfig::cgcnn()
    }

    /// A network for yes or no.
    ///
    /// # Errors
    ///
    /// [`ModelError::InvalidConfig`] if the vocabulary holds an element for which CGCNN has no numbers.
    pub fn classifier(&self, parameters: &Parameters, vocabulary: &dyn Vocabulary) -> Result<Classifier, ModelError> {
        let scope = parameters.root().child("head").child("classification");
        let width = self.encoder.width;
        let head: Box<dyn Head<CrystalStates, Output = BinaryLogits>> = match self.logits {
            Logits::One => Box::new(BinaryHead::new(&scope, &self.head, width)),
            Logits::Two => Box::new(TwoLogitHead::new(&scope, &self.head, width)),
        };
        Ok(Network { encoder: Box::new(self.encoder(parameters, vocabulary)?), readout: Box::new(SOFTPLUS_MEAN), head })
    }

    /// A network for a number.
    ///
    /// # Errors
    ///
    /// As [`classifier`](Self::classifier).
    pub fn regressor(&self, parameters: &Parameters, vocabulary: &dyn Vocabulary) -> Result<Regressor, ModelError> {
        let scope = parameters.root().child("head").child("regression");
        let head = Box::new(RegressionHead::new(&scope, &self.head, self.encoder.width));
        Ok(Network { encoder: Box::new(self.encoder(parameters, vocabulary)?), readout: Box::new(SOFTPLUS_MEAN), head })
    }

    fn encoder(&self, parameters: &Parameters, vocabulary: &dyn Vocabulary) -> Result<CgcnnEncoder, ModelError> {
        let table = element_vectors(vocabulary)?;
        Ok(CgcnnEncoder::new(&parameters.root().child("encoder"), &self.encoder, &Tensor::try_from(table)?))
    }
}

const SOFTPLUS_MEAN: Activated<MeanReadout> = Activated { inner: MeanReadout, activation: Activation::Softplus };

/// The published element vectors under the tokens of another vocabulary.
fn element_vectors(vocabulary: &dyn Vocabulary) -> Result<Array2<f32>, ModelError> {
    let published = CgcnnVocabulary::element_vectors();
    let mut table = Array2::zeros((vocabulary.num_tokens(), published.ncols()));
    for token in 0..vocabulary.num_tokens() as u16 {
        if let Some(element) = vocabulary.element(s2s_featurize::Token(token)) {
            let row = CgcnnVocabulary.lookup(element).ok_or_else(|| ModelError::InvalidConfig {
                reason: format!("CGCNN has no numbers for {element} of the vocabulary {:?}", vocabulary.name()),
            })?;
            table.row_mut(token.into()).assign(&published.row(row.0.into()));
        }
    }
    Ok(table)
}

impl MegnetConfig {
    /// As the published formation-energy weights have it.
    pub fn published() -> Self {
        Self {
            encoder: MegnetEncoderConfig::published(),
            steps: 2,
            head: MlpConfig { hidden: vec![32, 16], activation: Activation::ShiftedSoftplus, dropout: 0.0 },
        }
    }

    /// What it reads.
    pub fn featurizer(&self) -> AtomFeaturizerConfig {
        // The published list counts a pair as within the cutoff if it is no farther than this beyond it.
        let cutoff = self.encoder.cutoff + 1e-8;
        AtomFeaturizerConfig { pairs: Pairs::Within { cutoff }, ..AtomFeaturizerConfig::megnet() }
    }

    /// A network for yes or no.
    ///
    /// # Errors
    ///
    /// None today.
    pub fn classifier(&self, parameters: &Parameters, vocabulary: &dyn Vocabulary) -> Result<Classifier, ModelError> {
        let scope = parameters.root().child("head").child("classification");
        let head = Box::new(BinaryHead::new(&scope, &self.head, 5 * self.encoder.width));
        let (encoder, readout) = self.parts(parameters, vocabulary);
        Ok(Network { encoder: Box::new(encoder), readout: Box::new(readout), head })
    }

    /// A network for a number.
    ///
    /// # Errors
    ///
    /// None today.
    pub fn regressor(&self, parameters: &Parameters, vocabulary: &dyn Vocabulary) -> Result<Regressor, ModelError> {
        let scope = parameters.root().child("head").child("regression");
        let head = Box::new(RegressionHead::new(&scope, &self.head, 5 * self.encoder.width));
        let (encoder, readout) = self.parts(parameters, vocabulary);
        Ok(Network { encoder: Box::new(encoder), readout: Box::new(readout), head })
    }

    fn parts(&self, parameters: &Parameters, vocabulary: &dyn Vocabulary) -> (MegnetEncoder, MegnetReadout) {
        let root = parameters.root();
        let tokens = vocabulary.num_tokens() as i64;
        (
            MegnetEncoder::new(&root.child("encoder"), &self.encoder, tokens),
            MegnetReadout::new(&root.child("readout"), self.encoder.width, self.steps),
        )
    }
}
